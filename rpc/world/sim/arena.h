/*
 * Memory of one simulated world: pieces come from blocks, go to a free list by size, and all
 * blocks go at once with the world.  No piece costs a malloc in the steady state.
 */
#ifndef RPC_WORLD_SIM_ARENA_H
#define RPC_WORLD_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum {
    ARENA_GRAIN = 32,
    ARENA_SMALL_MAX = 1024, /* sizes up to here are rounded to the grain, above to 2^n */
    ARENA_SMALL_CLASSES = ARENA_SMALL_MAX / ARENA_GRAIN,
    ARENA_CLASSES = ARENA_SMALL_CLASSES + 54,
};

struct sim_arena_block;
struct sim_arena_piece;

struct sim_arena {
    struct sim_arena_block *blocks;
    uint8_t *next, *end; /* of the newest block */
    size_t block_size;
    struct sim_arena_piece *free[ARENA_CLASSES];
};

/* Take room for `size` bytes, aligned for anything, its content arbitrary.  Running out of
 * memory ends the program. */
void *sim_arena_take(struct sim_arena *arena, size_t size);

/* Give a piece back that was taken with the same size. */
void sim_arena_give(struct sim_arena *arena, void *piece, size_t size);

/* How many bytes a piece of `size` really has. */
size_t sim_arena_room(size_t size);

/* Give all memory back. */
void sim_arena_release(struct sim_arena *arena);

#endif
