/*
 * ObjectWritables: a declared class, by its name, and what stands behind it (io/ObjectWritable.java
 * and, from IPC version 5 on, io/ArrayPrimitiveWritable.java).
 */
#ifndef RPC_WIRE_WRITABLE_OBJECT_H
#define RPC_WIRE_WRITABLE_OBJECT_H

#include "rpc/wire/writable_stack.h"

/* A value, or the head of one with parts.  RPC_AGAIN; the errors of writable_scan. */
enum rpc_status writable_object_read(struct writable_scan *scan, struct writable_item *item);

/* The class of that name, of which there must be objects (ReflectionUtils.newInstance).
 * RPC_UNKNOWN_NAME, with the problem. */
enum rpc_status writable_object_class(struct writable_scan *scan, struct wire_bytes name,
                                      const struct writable_class **class);

#endif
