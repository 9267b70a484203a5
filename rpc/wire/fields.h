/*
 * A message's fields by name, as scenarios and records call them.
 *
 * Which kind has which:
 *   preamble   magic version service_class auth
 *   sasl       state token; before version 9 also status class message
 *   context    user real effective protocol client_id
 *   request    method protocol version hash value call retry client_id kind op
 *   ping       call retry client_id
 *   response   status class message code value call retry client_id version
 *   goodbye    version class message
 * and any of them: length trailing; any frame: bytes, what its header is followed by (those of the
 * value, where it has one).
 *
 * In a context `user` is who speaks and `effective` for whom: of two the first is realUser,
 * one alone is effectiveUser.  A `user` that is set goes before the `effective` of the same
 * context.
 */
#ifndef RPC_WIRE_FIELDS_H
#define RPC_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/wire/wire.h"

/* A field's value. */
enum wire_value_type { WIRE_VALUE_ABSENT, WIRE_VALUE_NUMBER, WIRE_VALUE_BYTES };
struct wire_value {
    enum wire_value_type type;
    int64_t number;
    struct wire_bytes bytes; /* borrowed */
};

struct wire_value wire_number(int64_t number);
struct wire_value wire_value(struct wire_bytes bytes);

/* Read on behind the decoded header, as the kind wants it; then the message is made of its
 * fields, payload being absent.  What has no more to it (a ping, an error) is done, what this
 * does not know (another rpc kind) stays a payload.  RPC_MALFORMED, RPC_END as wire_open_…,
 * and the payload stays. */
enum rpc_status wire_message_open(const struct wire_codec *codec, struct wire_message *message,
                                  struct arena *arena, char *problem);

/* Set a field.  Texts of numbers are taken where there are names: "FATAL", "INITIATE",
 * "ERROR_APPLICATION", "SASL".  The value's bytes are borrowed.  RPC_UNKNOWN_NAME: this kind
 * has no such field; RPC_BAD_VALUE: of another type, or out of range. */
enum rpc_status wire_field_set(struct wire_message *message, const char *name,
                               struct wire_value value);

/* Get it: numbers that have names as their names.  RPC_UNKNOWN_NAME. */
enum rpc_status wire_field_get(const struct wire_message *message, const char *name,
                               struct wire_value *value);

/* The n-th field of this kind; NULL behind the last. */
const char *wire_field_name(enum wire_kind kind, size_t n);

/* "request"; NULL and false for what is no kind. */
const char *wire_kind_name(enum wire_kind kind);
bool wire_kind_by_name(const char *name, enum wire_kind *kind);

/* "FATAL_UNAUTHORIZED"; NULL when the number has no name. */
const char *wire_code_name(int code);
const char *wire_status_name(int status);
const char *wire_sasl_state_name(int state);

#endif
