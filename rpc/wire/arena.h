/*
 * An arena: memory for one decoded message, given back all at once.
 *
 * It never gives more than its budget, so a small frame that unpacks to a giant cannot take
 * the process down, and it keeps one chunk, so that a steady stream of messages of common
 * size allocates nothing.  It is an allocator for protobuf-c as well.
 */
#ifndef RPC_WIRE_ARENA_H
#define RPC_WIRE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct wire_arena;

/* The most that one decoded message may take. */
enum { WIRE_ARENA_BUDGET = 256 * 1024 * 1024 };

/* NULL when out of memory.  `budget` bytes may be taken between two resets. */
struct wire_arena *wire_arena_create(size_t budget);

/* Free it and everything taken from it.  NULL is allowed. */
void wire_arena_free(struct wire_arena *arena);

/* Give back everything that has been taken. */
void wire_arena_reset(struct wire_arena *arena);

/* `size` bytes for any type, not zeroed, until the next reset.  NULL when the budget or the
 * machine's memory is used up. */
void *wire_arena_take(struct wire_arena *arena, size_t size);

/* Bytes taken since the last reset. */
size_t wire_arena_used(const struct wire_arena *arena);

/* Whether the budget has refused anything since the last reset: tells a message that is too
 * large from one that is malformed. */
bool wire_arena_exhausted(const struct wire_arena *arena);

/* The arena as protobuf-c wants it; freeing does nothing.  Lives as long as the arena. */
ProtobufCAllocator *wire_arena_allocator(struct wire_arena *arena);

#endif
