#include "rpc/world/sim/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "rpc/poison.h"

struct sim_arena_piece {
    struct sim_arena_piece *next;
};

static unsigned class_of(size_t size)
{
    if (size <= SIM_ARENA_SMALL_MAX)
        return (unsigned)((size + SIM_ARENA_GRAIN - 1) / SIM_ARENA_GRAIN) - (size > 0);
    return SIM_ARENA_SMALL_CLASSES + 54u - (unsigned)__builtin_clzll(size - 1);
}

/* How many bytes a piece of `size` really has. */
static size_t room_of(size_t size)
{
    if (size <= SIM_ARENA_SMALL_MAX)
        return (class_of(size) + 1u) * (size_t)SIM_ARENA_GRAIN;
    return (size_t)1 << (64 - __builtin_clzll(size - 1));
}

static void *new_piece(struct sim_arena *arena, size_t size)
{
    const size_t room = room_of(size);
    unsigned char *piece = arena_room(&arena->pieces, room);
    if (piece == NULL) {
        fputs("ripcord: the simulated world is out of memory\n", stderr);
        abort();
    }
    ASAN_POISON_MEMORY_REGION(piece + size, room - size);
    return piece;
}

void *sim_arena_take(struct sim_arena *arena, size_t size)
{
    struct sim_arena_piece **list = &arena->free[class_of(size)];
    struct sim_arena_piece *piece = *list;
    if (piece == NULL)
        return new_piece(arena, size);
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    *list = piece->next;
    return piece;
}

void sim_arena_give(struct sim_arena *arena, void *memory, size_t size)
{
    struct sim_arena_piece *piece = memory;
    struct sim_arena_piece **list = &arena->free[class_of(size)];
    piece->next = *list;
    *list = piece;
    ASAN_POISON_MEMORY_REGION(piece, size);
}

void sim_arena_release(struct sim_arena *arena)
{
    arena_release(&arena->pieces);
    *arena = (struct sim_arena){.free = {NULL}};
}
