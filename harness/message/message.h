/*
 * Protobuf messages as Lua tables, of any type.
 *
 * A field is a key of its name in the .proto.  Integers are Lua integers (a uint64 above 2^63
 * is negative); where one is given, "15m" (in milliseconds) and "4KiB" (in bytes) stand for
 * one too.  An enum is its value's name, and may be given as a number.  Texts and bytes are
 * strings, a repeated field is a list, a map a table.
 *
 * Read: what is absent is nil, but a default that stands in the .proto is filled in, and in
 * proto3 zero is.  An empty list is nil.  The unknown fields are one string of bytes, with
 * their tags, at the key "?".  Whatever was read can be given again.
 */
#ifndef HARNESS_MESSAGE_MESSAGE_H
#define HARNESS_MESSAGE_MESSAGE_H

#include <lua.h>
#include <protobuf-c/protobuf-c.h>

#include "rpc/status.h"
#include "rpc/wire/schema.h"
#include "rpc/wire/wire.h"

#define HARNESS_UNKNOWN_FIELDS "?"

/* Push the table of `bytes`; on failure nothing is pushed, and `problem` (WIRE_PROBLEM_MAX)
 * names message and field.  The errors of schema_decode. */
enum rpc_status harness_message_decode(lua_State *L, const ProtobufCMessageDescriptor *descriptor,
                                       struct wire_bytes bytes, char *problem);

/* Append the bytes of the table at `index` (nil: an empty message).  A Lua error names message,
 * field and what was given: "message EchoRequest has no field 'mesage'; did you mean
 * 'message'?". */
void harness_message_encode(lua_State *L, int index, const ProtobufCMessageDescriptor *descriptor,
                            struct wire_buffer *out);

/* The two halves of it, for who has messages of its own. */
void harness_message_push(lua_State *L, const ProtobufCMessage *message);
ProtobufCMessage *harness_message_build(lua_State *L, int index,
                                        const ProtobufCMessageDescriptor *descriptor,
                                        struct arena *arena);

#endif
