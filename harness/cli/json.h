/*
 * Protobuf messages as JSON, of any type: fields by their names in the .proto, whole numbers as
 * numbers (as texts beyond 2^63), enums by name, `bytes` in base64.
 */
#ifndef HARNESS_CLI_JSON_H
#define HARNESS_CLI_JSON_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "harness/cli/json_lua.h"
#include "rpc/status.h"
#include "rpc/wire/wire.h"

/* Append the bytes of the message that `text` says.  RPC_MALFORMED: it is no JSON, or does not
 * fit the type; `problem` (CLI_JSON_PROBLEM_MAX bytes) says where and why.  RPC_NO_MEMORY. */
enum rpc_status cli_json_encode(const char *text, size_t length,
                                const ProtobufCMessageDescriptor *type, struct wire_buffer *out,
                                char *problem);

/* The message as JSON on one line, to be freed.  NULL: `problem` says why. */
char *cli_json_decode(struct wire_bytes bytes, const ProtobufCMessageDescriptor *type,
                      char *problem);

#endif
