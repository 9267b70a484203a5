#include "rpc/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/poison.h"

/* Sizes of blocks are multiples of the grain, and so is what is used of them. */
enum { GRAIN = alignof(max_align_t), ROOM_MIN = 16, BLOCK_MIN = 4 << 10, BLOCK_MAX = 64 << 10 };

struct arena_block {
    struct arena_block *older;
    size_t size, used; /* of bytes[] */
    alignas(max_align_t) unsigned char bytes[];
};

static size_t rounded(size_t size)
{
    return (size + GRAIN - 1) / GRAIN * GRAIN;
}

static struct arena_block *refuse(struct arena *arena, enum rpc_status why)
{
    arena->refused = why;
    return NULL;
}

/* A block with room for at least `needed` bytes becomes the newest one. */
static struct arena_block *add_block(struct arena *arena, size_t needed)
{
    const size_t most = arena->budget > 0 ? arena->budget : SIZE_MAX / 2;
    const size_t left = (most - arena->held) / GRAIN * GRAIN;
    if (needed > left)
        return refuse(arena, RPC_TOO_LONG);
    size_t size = arena->newest == NULL ? BLOCK_MIN : 2 * arena->newest->size;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < needed)
        size = rounded(needed);
    if (size > left)
        size = left;
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return refuse(arena, RPC_NO_MEMORY);
    *block = (struct arena_block){.older = arena->newest, .size = size};
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    arena->newest = block;
    arena->held += size;
    return block;
}

void *arena_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->newest;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(arena, size);
        if (block == NULL)
            return NULL;
    }
    void *taken = block->bytes + block->used;
    block->used += rounded(size);
    ASAN_UNPOISON_MEMORY_REGION(taken, size);
    return taken;
}

void *arena_take(struct arena *arena, size_t size)
{
    void *taken = arena_room(arena, size);
    return taken != NULL ? memset(taken, 0, size) : NULL;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    const bool countable = size == 0 || count <= SIZE_MAX / size;
    return arena_take(arena, countable ? count * size : SIZE_MAX);
}

void *arena_lengthen(struct arena *arena, void *list, uint32_t *room, uint32_t at, size_t size)
{
    if (at < *room)
        return list;
    const uint32_t longer = at < UINT32_MAX / 2 - ROOM_MIN ? 2 * at + ROOM_MIN : UINT32_MAX;
    void *copy = arena_take_array(arena, longer, size);
    if (copy == NULL)
        return NULL;
    if (*room > 0)
        memcpy(copy, list, *room * size);
    *room = longer;
    return copy;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
    char *copy = arena_room(arena, length + 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    char usual[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(usual, sizeof(usual), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(usual))
        return arena_copy(arena, usual, (size_t)length);
    char *text = length < 0 ? NULL : arena_room(arena, (size_t)length + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    struct arena_block *newest = arena->newest;
    return (struct arena_mark){newest, newest == NULL ? 0 : newest->used};
}

/* Free blocks from *newest on until `last`. */
static void drop(struct arena *arena, struct arena_block **newest, const struct arena_block *last)
{
    while (*newest != last) {
        struct arena_block *block = *newest;
        *newest = block->older;
        arena->held -= block->size;
        free(block);
    }
}

static void set_used(struct arena_block *block, size_t used)
{
    block->used = used;
    ASAN_POISON_MEMORY_REGION(block->bytes + used, block->size - used);
}

void arena_give_back(struct arena *arena, struct arena_mark mark)
{
    drop(arena, &arena->newest, mark.newest);
    if (mark.newest != NULL)
        set_used(mark.newest, mark.used);
}

void arena_reset(struct arena *arena)
{
    struct arena_block *newest = arena->newest;
    arena->refused = RPC_OK;
    if (newest == NULL || newest->size > BLOCK_MAX) {
        arena_release(arena);
        return;
    }
    drop(arena, &newest->older, NULL);
    set_used(newest, 0);
}

void arena_release(struct arena *arena)
{
    drop(arena, &arena->newest, NULL);
}
