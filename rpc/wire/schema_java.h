/*
 * What protoc's Java calls the classes of a file's types.
 */
#ifndef RPC_WIRE_SCHEMA_JAVA_H
#define RPC_WIRE_SCHEMA_JAVA_H

#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/arena.h"

/* What precedes the names of the types that are outermost in the file: "org.ripcord.TestProtos$".
 * NULL when memory or the budget ends. */
char *schema_java_prefix(struct arena *arena, const Google__Protobuf__FileDescriptorProto *file);

#endif
