/*
 * Protobuf types at run time: message types and services, read from the descriptor sets
 * that `protoc --descriptor_set_out` writes, and messages of these types.
 *
 * The types are ProtobufCMessageDescriptors like those of generated code, but strings are
 * described as bytes, since protobuf-c would end them at their first NUL (schema_is_text
 * tells them apart), and c_name is that of protoc's Java class,
 * "org.ripcord.TestProtos$EchoRequest".  Groups do not exist here; extensions are unknown fields.
 */
#ifndef RPC_WIRE_SCHEMA_H
#define RPC_WIRE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "rpc/arena.h"
#include "rpc/status.h"
#include "rpc/wire/wire.h"

struct schema;

struct schema_method {
    const char *name; /* "getFileInfo" */
    const ProtobufCMessageDescriptor *request, *response;
};

struct schema_service {
    const char *name; /* "hadoop.hdfs.ClientNamenodeProtocol" */
    const struct schema_method *methods;
    size_t method_count;
};

/* NULL when out of memory. */
struct schema *schema_create(void);
void schema_free(struct schema *schema);

/* Add the types of a FileDescriptorSet, which has its imports in it, or they have been added
 * before.  A file of a name that is known is not read again.  On failure nothing is added and
 * `problem` (WIRE_PROBLEM_MAX bytes) says what is wrong: RPC_MALFORMED, RPC_TOO_DEEP,
 * RPC_TOO_LONG, RPC_UNKNOWN_NAME for a type that is not there, RPC_UNSUPPORTED for a group,
 * RPC_NO_MEMORY. */
enum rpc_status schema_add(struct schema *schema, struct wire_bytes set, char *problem);

/* By full name, "hadoop.common.EchoRequestProto".  NULL when there is none.  They live as long
 * as the schema. */
const ProtobufCMessageDescriptor *schema_message(const struct schema *schema, const char *name);
const struct schema_service *schema_service(const struct schema *schema, const char *name);
const struct schema_method *schema_method(const struct schema_service *service,
                                          struct wire_bytes name);

/* All names of messages, enums and services, sorted; NULL from the end on. */
const char *schema_name_at(const struct schema *schema, size_t index);

/* --- messages --- */

/* An empty message with its defaults set, in `arena`; NULL when memory or the budget ends.  To
 * set a field see protobuf-c: the quantifier says that it is there. */
ProtobufCMessage *schema_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena);

/* Bytes to a message, which lives in `arena`, as Java reads it: a number that an enum does not
 * have becomes an unknown field.  Also for generated types.  The errors of schema_walk, and
 * RPC_TOO_LONG when the arena's budget does not suffice. */
enum rpc_status schema_decode(const ProtobufCMessageDescriptor *descriptor, struct wire_bytes bytes,
                              struct arena *arena, ProtobufCMessage **message, char *problem);

/* Append the message's bytes, as protoc writes them: fields in order of their numbers, then the
 * unknown ones.  RPC_NO_MEMORY. */
enum rpc_status schema_encode(const ProtobufCMessage *message, struct wire_buffer *out);

/* The unknown fields as bytes, with their tags.  RPC_NO_MEMORY. */
enum rpc_status schema_encode_unknown(const ProtobufCMessage *message, struct wire_buffer *out);
/* Make fields out of such bytes, which must outlive the message.  RPC_MALFORMED. */
enum rpc_status schema_decode_unknown(ProtobufCMessage *message, struct wire_bytes bytes,
                                      struct arena *arena, char *problem);

#endif
