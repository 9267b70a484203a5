/*
 * Memory that classes of Writables are made in: given back all at once, or as far back as a mark.
 */
#ifndef RPC_WIRE_WRITABLE_STORE_H
#define RPC_WIRE_WRITABLE_STORE_H

#include <stddef.h>

struct writable_piece;

/* All zero: empty. */
struct writable_store {
    struct writable_piece *newest; /* owned, with all older ones */
};

/* How much was taken at a time; all zero: nothing. */
struct writable_mark {
    struct writable_piece *newest;
    size_t used; /* of it */
};

/* `size` bytes for any type, zeroed.  NULL when out of memory. */
void *writable_store_take(struct writable_store *store, size_t size);

/* A text of `length` bytes, with NUL.  NULL when out of memory. */
const char *writable_store_copy(struct writable_store *store, const char *text, size_t length);

struct writable_mark writable_store_mark(const struct writable_store *store);

/* Give back what was taken since. */
void writable_store_give_back(struct writable_store *store, struct writable_mark mark);

#endif
