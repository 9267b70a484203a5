/*
 * The classes of Writables that Hadoop has by itself (org.apache.hadoop.io).
 */
#ifndef RPC_WIRE_WRITABLE_SIMPLE_H
#define RPC_WIRE_WRITABLE_SIMPLE_H

#include "rpc/wire/writable.h"

/* All of them, sorted by name; NULL from the end on. */
const struct writable_class *writable_simple_at(size_t index);

#endif
