/*
 * Memory that is given back all at once, with a budget: descriptors and decoded messages
 * live in one.
 *
 * protobuf-c allocates through `allocator`; its single frees do nothing.
 */
#ifndef RPC_WIRE_SCHEMA_POOL_H
#define RPC_WIRE_SCHEMA_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "rpc/wire/wire.h"

/* A decoded message and all it holds. */
#define SCHEMA_BUDGET ((size_t)256 << 20)

struct schema_block;

struct schema_pool {
    ProtobufCAllocator allocator; /* its data is the pool: it must not be moved */
    struct schema_block *newest;
    size_t budget; /* bytes that may still be taken */
    bool exceeded; /* something was refused because of the budget */
    bool starved;  /* something was refused because the machine has no memory */
};

void schema_pool_init(struct schema_pool *pool, size_t budget);
void schema_pool_release(struct schema_pool *pool);

/* Zeroed and aligned for anything; NULL when memory or the budget runs out. */
void *schema_pool_take(struct schema_pool *pool, size_t size);
/* The same for `count` elements. */
void *schema_pool_take_array(struct schema_pool *pool, size_t count, size_t size);

/* Copies, with a NUL behind them. */
char *schema_pool_copy(struct schema_pool *pool, struct wire_bytes bytes);
/* "a.b" from "a" and "b", "b" when `prefix` is empty. */
char *schema_pool_join(struct schema_pool *pool, const char *prefix, const char *name);

#endif
