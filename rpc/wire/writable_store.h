/*
 * Memory that classes of Writables are made in: given back all at once, or as far back as a mark.
 */
#ifndef RPC_WIRE_WRITABLE_STORE_H
#define RPC_WIRE_WRITABLE_STORE_H

#include <stddef.h>

struct writable_piece;

/* All zero: empty. */
struct writable_store {
    struct writable_piece *newest; /* owned */
};

/* `size` bytes for any type, zeroed.  NULL when out of memory. */
void *writable_store_take(struct writable_store *store, size_t size);

/* A text of `length` bytes, with NUL.  NULL when out of memory. */
const char *writable_store_copy(struct writable_store *store, const char *text, size_t length);

/* Give back what was taken since `newest` was this; NULL: everything. */
void writable_store_give_back(struct writable_store *store, const struct writable_piece *until);

#endif
