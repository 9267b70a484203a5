/*
 * What stands in a place of a declared type.
 */
#ifndef RPC_WIRE_WRITABLE_SHAPE_H
#define RPC_WIRE_WRITABLE_SHAPE_H

#include "rpc/wire/writable_stack.h"

/* A value, or the head of one with parts.  RPC_AGAIN; the errors of writable_scan. */
enum rpc_status writable_shape_read(struct writable_scan *scan, const struct writable_shape *shape,
                                    struct writable_item *item);

#endif
