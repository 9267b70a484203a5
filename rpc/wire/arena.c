#include "rpc/wire/arena.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHUNK_MIN = 4096,
    CHUNK_KEPT_MAX = 1024 * 1024, /* a larger one goes back to the machine at the next reset */
};

struct chunk {
    struct chunk *older;
    size_t size, used; /* of bytes[] */
    _Alignas(max_align_t) unsigned char bytes[];
};

struct wire_arena {
    ProtobufCAllocator allocator;
    struct chunk *newest; /* owned, with all older ones */
    size_t budget, used;
    bool exhausted;
};

static void *allocate(void *owner, size_t size)
{
    return wire_arena_take(owner, size);
}

static void forget(void *owner, void *pointer)
{
    (void)owner;
    (void)pointer;
}

struct wire_arena *wire_arena_create(size_t budget)
{
    struct wire_arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL)
        return NULL;
    arena->budget = budget;
    arena->allocator =
        (ProtobufCAllocator){.alloc = allocate, .free = forget, .allocator_data = arena};
    return arena;
}

static void free_chunks(struct chunk *newest)
{
    while (newest != NULL) {
        struct chunk *older = newest->older;
        free(newest);
        newest = older;
    }
}

void wire_arena_free(struct wire_arena *arena)
{
    if (arena == NULL)
        return;
    free_chunks(arena->newest);
    free(arena);
}

/* Each chunk is twice as large as the one before, so the newest is the one to keep. */
void wire_arena_reset(struct wire_arena *arena)
{
    struct chunk *newest = arena->newest;
    arena->used = 0;
    arena->exhausted = false;
    if (newest == NULL)
        return;
    if (newest->size > CHUNK_KEPT_MAX) {
        free_chunks(newest);
        arena->newest = NULL;
        return;
    }
    free_chunks(newest->older);
    newest->older = NULL;
    newest->used = 0;
}

static bool add_chunk(struct wire_arena *arena, size_t at_least)
{
    size_t size = arena->newest != NULL ? 2 * arena->newest->size : CHUNK_MIN;
    if (size < at_least)
        size = at_least;
    struct chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL)
        return false;
    chunk->older = arena->newest;
    chunk->size = size;
    chunk->used = 0;
    arena->newest = chunk;
    return true;
}

void *wire_arena_take(struct wire_arena *arena, size_t size)
{
    const size_t grain = _Alignof(max_align_t);
    if (size > arena->budget || arena->budget - size < arena->used) {
        arena->exhausted = true;
        return NULL;
    }
    size_t rounded = (size + grain - 1) / grain * grain;
    if (rounded == 0)
        rounded = grain;
    struct chunk *chunk = arena->newest;
    if (chunk == NULL || chunk->size - chunk->used < rounded) {
        if (!add_chunk(arena, rounded))
            return NULL;
        chunk = arena->newest;
    }
    void *taken = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used += rounded;
    return taken;
}

size_t wire_arena_used(const struct wire_arena *arena)
{
    return arena->used;
}

bool wire_arena_exhausted(const struct wire_arena *arena)
{
    return arena->exhausted;
}

ProtobufCAllocator *wire_arena_allocator(struct wire_arena *arena)
{
    return &arena->allocator;
}
