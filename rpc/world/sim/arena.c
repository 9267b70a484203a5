#include "rpc/world/sim/arena.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAVE_ADDRESS_SANITIZER 1
#endif

#ifdef HAVE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(piece, size)   ((void)(piece), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(piece, size) ((void)(piece), (void)(size))
#endif

enum { FIRST_BLOCK = 8 << 10, LARGEST_BLOCK = 64 << 10 };

struct sim_arena_block {
    struct sim_arena_block *next;
    uint64_t pad[3]; /* the pieces behind it stay aligned to the grain */
};

struct sim_arena_piece {
    struct sim_arena_piece *next;
};

static unsigned class_of(size_t size)
{
    if (size <= ARENA_SMALL_MAX)
        return (unsigned)((size + ARENA_GRAIN - 1) / ARENA_GRAIN) - (size > 0);
    return ARENA_SMALL_CLASSES + 54u - (unsigned)__builtin_clzll(size - 1);
}

size_t sim_arena_room(size_t size)
{
    if (size <= ARENA_SMALL_MAX)
        return (class_of(size) + 1u) * (size_t)ARENA_GRAIN;
    return (size_t)1 << (64 - __builtin_clzll(size - 1));
}

/* A block with room for at least `size` bytes becomes the newest one. */
static void add_block(struct sim_arena *arena, size_t size)
{
    if (arena->block_size < LARGEST_BLOCK)
        arena->block_size = arena->block_size == 0 ? FIRST_BLOCK : arena->block_size * 2;
    size_t length = sizeof(struct sim_arena_block) + size;
    if (length < arena->block_size)
        length = arena->block_size;
    struct sim_arena_block *block = malloc(length);
    if (block == NULL) {
        fputs("ripcord: the simulated world is out of memory\n", stderr);
        abort();
    }
    block->next = arena->blocks;
    arena->blocks = block;
    arena->next = (uint8_t *)(block + 1);
    arena->end = (uint8_t *)block + length;
    ASAN_POISON_MEMORY_REGION(arena->next, (size_t)(arena->end - arena->next));
}

void *sim_arena_take(struct sim_arena *arena, size_t size)
{
    size_t room = sim_arena_room(size);
    struct sim_arena_piece **list = &arena->free[class_of(size)];
    struct sim_arena_piece *piece = *list;
    if (piece != NULL) {
        ASAN_UNPOISON_MEMORY_REGION(piece, size);
        *list = piece->next;
        return piece;
    }
    if ((size_t)(arena->end - arena->next) < room)
        add_block(arena, room);
    piece = (struct sim_arena_piece *)(void *)arena->next;
    arena->next += room;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
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
    struct sim_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct sim_arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct sim_arena){0};
}
