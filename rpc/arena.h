/*
 * An arena: memory that is given back all at once, or as far back as a mark.
 *
 * What is taken lies one behind the other in blocks, each twice as large as the one before up to a
 * limit; a piece that is larger still gets a block of its size.  An arena belongs to whoever
 * embeds it, on one thread at a time; it may be moved, as nothing in its blocks points to it.
 * Under AddressSanitizer nobody may touch what has not been taken, or has been given back.
 */
#ifndef RPC_ARENA_H
#define RPC_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"

struct arena_block;

/* All zero: empty, and without a budget. */
struct arena {
    struct arena_block *newest; /* owned, with all older ones */
    size_t held;                /* bytes in the blocks, taken or not */
    size_t budget;              /* `held` never exceeds it; 0: as much as the machine has */
    enum rpc_status refused;    /* what has let the last NULL be given since arena_reset:
                                 * RPC_TOO_LONG the budget, RPC_NO_MEMORY the machine; else
                                 * RPC_OK */
};

/* `size` bytes, aligned for any type: zeroed; the same for `count` elements; as they happen to be.
 * NULL when the budget or the machine's memory is used up, and `refused` says which. */
void *arena_take(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);
void *arena_room(struct arena *arena, size_t size);

/* `list`, of `*room` elements, if it has one at the place `at`; else a copy that does, zeroed
 * behind the old ones, and `*room` tells its length.  NULL as above, and the list is as it was. */
void *arena_lengthen(struct arena *arena, void *list, uint32_t *room, uint32_t at, size_t size);

/* The same for texts, with NUL: `length` bytes, a text, what printf makes. */
char *arena_copy(struct arena *arena, const void *bytes, size_t length);
char *arena_text(struct arena *arena, const char *text);
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How much was taken at a time; all zero: nothing. */
struct arena_mark {
    struct arena_block *newest;
    size_t used; /* of it */
};

struct arena_mark arena_mark(const struct arena *arena);

/* Give back what was taken since; nothing older than the mark has been given back meanwhile. */
void arena_give_back(struct arena *arena, struct arena_mark mark);

/* Give back all, but keep one block of the usual size: who takes and resets again and again
 * allocates nothing. */
void arena_reset(struct arena *arena);

/* Give back all. */
void arena_release(struct arena *arena);

#endif
