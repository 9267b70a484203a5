/*
 * The fields of a class of Writables, from their declarations.
 */
#ifndef RPC_WIRE_WRITABLE_FIELDS_H
#define RPC_WIRE_WRITABLE_FIELDS_H

#include "rpc/arena.h"
#include "rpc/wire/writable.h"

/* Make the `count` fields of `class_name` from the arena; conditions may name constants of what
 * `types` knows.  The errors of writable_types_add, with the problem. */
enum rpc_status writable_fields_make(struct arena *arena, const struct writable_types *types,
                                     const char *class_name,
                                     const struct writable_declared *declared, size_t count,
                                     const struct writable_field **fields, char *problem);

#endif
