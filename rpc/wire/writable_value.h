/*
 * Values of Writables that have no parts: numbers, texts, bytes, constants of enums.
 *
 * Each takes the unit, all of it, and tells of it; until all its bytes have come, RPC_AGAIN.
 */
#ifndef RPC_WIRE_WRITABLE_VALUE_H
#define RPC_WIRE_WRITABLE_VALUE_H

#include "rpc/wire/writable_stack.h"

/* BOOLEAN … DOUBLE. */
enum rpc_status writable_value_fixed(struct writable_scan *scan, enum writable_kind kind,
                                     struct writable_item *item);

/* The name of a constant of `class`; NULL: any name.  RPC_UNKNOWN_NAME (Enum.valueOf), and the
 * errors of a length. */
enum rpc_status writable_value_enum(struct writable_scan *scan, enum writable_prefix prefix,
                                    const struct writable_class *class, struct writable_item *item);

/* UTF8 … BYTES.  The errors of a length. */
enum rpc_status writable_value_bytes(struct writable_scan *scan, const struct writable_shape *shape,
                                     struct writable_item *item);

#endif
