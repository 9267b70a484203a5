/*
 * The walker: one pass over the bytes of a protobuf message, with its descriptor and
 * without building anything.
 *
 * It goes over the bytes before protobuf-c does, because protobuf_c_message_unpack
 * recurses without limit and never says what is wrong.  It works with run-time descriptors
 * and with generated ones, and tells a visitor what lies where.
 */
#ifndef RPC_WIRE_SCHEMA_WALK_H
#define RPC_WIRE_SCHEMA_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "rpc/status.h"
#include "rpc/wire/wire.h"

enum {
    SCHEMA_DEPTH_MAX = 100,   /* as CodedInputStream's recursion limit in protobuf 3 */
    SCHEMA_FIELDS_MAX = 1024, /* of one message type */
};

/* One field of one message; elements of a packed field come one by one. */
struct schema_item {
    const ProtobufCMessageDescriptor *message; /* that it stands in */
    const ProtobufCFieldDescriptor *field;     /* NULL: unknown, and so is an unknown enum number */
    uint32_t number;
    ProtobufCWireType wire_type; /* of the element */
    unsigned depth;              /* 0: in the outermost message */
    size_t offset, length;       /* with its tag, from the first byte of the outermost message */
    uint64_t value;              /* of a varint, or the bits of a fixed one */
    struct wire_bytes bytes;     /* of a length-prefixed one, without the length */
};

/* Told of each field, outer before inner. */
typedef void schema_visit_fn(void *owner, const struct schema_item *item);

/* Walk over `bytes`.  `visit` may be NULL.  `problem` has WIRE_PROBLEM_MAX bytes.
 * RPC_MALFORMED: truncated, a wrong wire type, a group, or a required field is missing;
 * RPC_TOO_DEEP: more than SCHEMA_DEPTH_MAX levels; `problem` names message and field. */
enum rpc_status schema_walk(const ProtobufCMessageDescriptor *descriptor, struct wire_bytes bytes,
                            schema_visit_fn *visit, void *owner, char *problem);

/* Up to ten bytes: how many were used, 0 when it does not end. */
size_t schema_read_varint(struct wire_bytes bytes, uint64_t *value);
/* Writes up to ten bytes, returns how many. */
size_t schema_write_varint(uint8_t *out, uint64_t value);

/* Whether `field` holds text: what is a `string` in its .proto. */
bool schema_is_text(const ProtobufCFieldDescriptor *field);
/* Whether it is a map, whose elements are messages of a key (1) and a value (2). */
bool schema_is_map(const ProtobufCFieldDescriptor *field);

/* How many bytes a value of the type takes in a message's struct, and in an array of them. */
size_t schema_member_size(ProtobufCType type);
/* What lies there in a message: a field's value, or its quantifier. */
void *schema_member(const ProtobufCMessage *message, size_t offset);
/* Whether a message has the field. */
bool schema_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Bits of our own in a field's flags. */
#define SCHEMA_FLAG_TEXT (1u << 30)
#define SCHEMA_FLAG_MAP  (1u << 29)

#endif
