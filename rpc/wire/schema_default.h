/*
 * The default of a field, from the text that a descriptor set has for it.
 */
#ifndef RPC_WIRE_SCHEMA_DEFAULT_H
#define RPC_WIRE_SCHEMA_DEFAULT_H

#include <protobuf-c/protobuf-c.h>

#include "rpc/arena.h"
#include "rpc/status.h"

/* Set `field`'s default_value, whose type and flags are set.  RPC_BAD_VALUE when the text does
 * not read as one; RPC_NO_MEMORY. */
enum rpc_status schema_default(ProtobufCFieldDescriptor *field, const char *text,
                               struct arena *arena);

#endif
