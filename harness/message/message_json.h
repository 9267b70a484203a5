/*
 * Protobuf messages as JSON, for the command line.
 *
 * Fields are keys of their names in the .proto.  Integers are numbers (a uint64 above 2^63 a
 * text), enums their names, texts strings, bytes strings in base64, lists arrays, maps
 * objects.  What is absent is not there; a default that stands in the .proto is filled in.
 * Unknown fields are left out.
 */
#ifndef HARNESS_MESSAGE_MESSAGE_JSON_H
#define HARNESS_MESSAGE_MESSAGE_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "rpc/status.h"
#include "rpc/wire/schema.h"
#include "rpc/wire/wire.h"

/* Append the bytes of the message that `json` (an object) says.  RPC_BAD_VALUE, with message
 * and field in `problem` (WIRE_PROBLEM_MAX bytes); RPC_UNKNOWN_NAME: it has no such field;
 * RPC_TOO_DEEP, RPC_TOO_LONG, RPC_NO_MEMORY. */
enum rpc_status harness_json_encode(const json_t *json, const ProtobufCMessageDescriptor *type,
                                    struct wire_buffer *out, char *problem);

/* The message in `bytes`, which the caller decrefs; NULL with its `problem`.  The errors of
 * schema_decode. */
enum rpc_status harness_json_decode(const ProtobufCMessageDescriptor *type, struct wire_bytes bytes,
                                    json_t **json, char *problem);

#endif
