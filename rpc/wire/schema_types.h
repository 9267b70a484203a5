/*
 * Run-time descriptors out of the messages of descriptor.proto, for schema.c.
 */
#ifndef RPC_WIRE_SCHEMA_TYPES_H
#define RPC_WIRE_SCHEMA_TYPES_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/arena.h"
#include "rpc/status.h"

/* How a type's name, ".a.B", becomes the type.  NULL when there is none of that kind. */
struct schema_lookup {
    const ProtobufCMessageDescriptor *(*message)(const void *owner, const char *name);
    const ProtobufCEnumDescriptor *(*enumeration)(const void *owner, const char *name);
    const void *owner;
    char *problem; /* WIRE_PROBLEM_MAX bytes */
};

/* Whether the type is the element of a map. */
bool schema_is_entry(const Google__Protobuf__DescriptorProto *source);

/* Fill `type`, whose name is set.  Enums come before messages, for their defaults. */
enum rpc_status schema_fill_enum(ProtobufCEnumDescriptor *type,
                                 const Google__Protobuf__EnumDescriptorProto *source,
                                 struct arena *arena, const struct schema_lookup *lookup);
enum rpc_status schema_fill_message(ProtobufCMessageDescriptor *type,
                                    const Google__Protobuf__DescriptorProto *source, bool proto3,
                                    struct arena *arena, const struct schema_lookup *lookup);

#endif
