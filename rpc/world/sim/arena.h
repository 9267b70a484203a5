/*
 * Memory of one simulated world: pieces come from an arena, go to a free list by size, and all of
 * them go at once with the world.  No piece costs a malloc in the steady state.
 */
#ifndef RPC_WORLD_SIM_ARENA_H
#define RPC_WORLD_SIM_ARENA_H

#include <stddef.h>

#include "rpc/arena.h"

enum {
    SIM_ARENA_GRAIN = 32,
    SIM_ARENA_SMALL_MAX = 1024, /* sizes up to here are rounded to the grain, above to 2^n */
    SIM_ARENA_SMALL_CLASSES = SIM_ARENA_SMALL_MAX / SIM_ARENA_GRAIN,
    SIM_ARENA_CLASSES = SIM_ARENA_SMALL_CLASSES + 54,
};

struct sim_arena_piece;

struct sim_arena {
    struct arena pieces; /* whether in use or not */
    struct sim_arena_piece *free[SIM_ARENA_CLASSES];
};

/* Take room for `size` bytes, aligned for anything, its content arbitrary.  Running out of
 * memory ends the program. */
void *sim_arena_take(struct sim_arena *arena, size_t size);

/* Give a piece back that was taken with the same size. */
void sim_arena_give(struct sim_arena *arena, void *piece, size_t size);

/* Give all memory back. */
void sim_arena_release(struct sim_arena *arena);

#endif
