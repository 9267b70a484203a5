#include "harness/lua/heap.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Small blocks are cut from chunks, by classes of 16 bytes; large ones are chunks of their own. */
enum { GRAIN = 16, SMALL_MAX = 1024, CLASSES = SMALL_MAX / GRAIN + 1, CHUNK = 64 * 1024 };

struct chunk {
    struct chunk *next, **link;
    uint8_t *kept; /* its bytes when the heap was kept; NULL: it did not exist */
    size_t kept_size;
    _Alignas(GRAIN) uint8_t bytes[];
};

struct spare {
    struct spare *next;
};

/* What has to be put back besides the bytes. */
struct state {
    size_t used;                   /* bytes given out */
    struct spare *spares[CLASSES]; /* freed blocks by class */
    struct chunk *current;         /* where new small blocks are cut */
    size_t top;                    /* bytes of it that are cut */
};

struct harness_heap {
    size_t limit;
    struct state state, kept;
    bool is_kept;
    struct chunk *chunks;
};

struct harness_heap *harness_heap_create(size_t limit)
{
    struct harness_heap *heap = calloc(1, sizeof(*heap));
    if (heap != NULL)
        heap->limit = limit;
    return heap;
}

static void chunk_free(struct chunk *chunk)
{
    *chunk->link = chunk->next;
    if (chunk->next != NULL)
        chunk->next->link = chunk->link;
    free(chunk->kept);
    free(chunk);
}

void harness_heap_free(struct harness_heap *heap)
{
    if (heap == NULL)
        return;
    while (heap->chunks != NULL)
        chunk_free(heap->chunks);
    free(heap);
}

/* --- blocks --- */

static struct chunk *chunk_create(struct harness_heap *heap, size_t size)
{
    struct chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct chunk){.next = heap->chunks, .link = &heap->chunks, .kept_size = size};
    if (chunk->next != NULL)
        chunk->next->link = &chunk->next;
    heap->chunks = chunk;
    return chunk;
}

static size_t class_of(size_t size)
{
    return (size + GRAIN - 1) / GRAIN;
}

static void *take_small(struct harness_heap *heap, size_t class)
{
    struct state *state = &heap->state;
    struct spare *spare = state->spares[class];
    if (spare != NULL) {
        state->spares[class] = spare->next;
        return spare;
    }
    if (state->current == NULL || CHUNK - state->top < class * GRAIN) {
        struct chunk *chunk = chunk_create(heap, CHUNK);
        if (chunk == NULL)
            return NULL;
        state->current = chunk;
        state->top = 0;
    }
    void *block = state->current->bytes + state->top;
    state->top += class * GRAIN;
    return block;
}

static void *take(struct harness_heap *heap, size_t size)
{
    if (size > heap->limit - heap->state.used)
        return NULL;
    void *block;
    if (size <= SMALL_MAX) {
        block = take_small(heap, class_of(size));
    } else {
        struct chunk *chunk = chunk_create(heap, size);
        block = chunk != NULL ? chunk->bytes : NULL;
    }
    if (block != NULL)
        heap->state.used += size;
    return block;
}

static void give_back(struct harness_heap *heap, void *block, size_t size)
{
    heap->state.used -= size;
    if (size <= SMALL_MAX) {
        struct spare *spare = block;
        spare->next = heap->state.spares[class_of(size)];
        heap->state.spares[class_of(size)] = spare;
        return;
    }
    struct chunk *chunk = (struct chunk *)((uint8_t *)block - offsetof(struct chunk, bytes));
    if (chunk->kept == NULL)
        chunk_free(chunk);
}

void *harness_heap_allocate(void *owner, void *block, size_t old_size, size_t new_size)
{
    struct harness_heap *heap = owner;
    if (block == NULL)
        return new_size > 0 ? take(heap, new_size) : NULL;
    if (new_size == 0) {
        give_back(heap, block, old_size);
        return NULL;
    }
    if (old_size <= SMALL_MAX && class_of(old_size) == class_of(new_size)) {
        heap->state.used += new_size - old_size;
        return block;
    }
    void *moved = take(heap, new_size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    give_back(heap, block, old_size);
    return moved;
}

/* --- keep and restore --- */

bool harness_heap_keep(struct harness_heap *heap)
{
    assert(!heap->is_kept);
    for (struct chunk *chunk = heap->chunks; chunk != NULL; chunk = chunk->next) {
        if (chunk == heap->state.current)
            chunk->kept_size = heap->state.top;
        chunk->kept = malloc(chunk->kept_size);
        if (chunk->kept == NULL)
            return false;
        memcpy(chunk->kept, chunk->bytes, chunk->kept_size);
    }
    heap->kept = heap->state;
    heap->is_kept = true;
    return true;
}

void harness_heap_restore(struct harness_heap *heap)
{
    assert(heap->is_kept);
    for (struct chunk *chunk = heap->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (chunk->kept != NULL)
            memcpy(chunk->bytes, chunk->kept, chunk->kept_size);
        else
            chunk_free(chunk);
    }
    heap->state = heap->kept;
}
