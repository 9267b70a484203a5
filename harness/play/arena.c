#include "harness/play/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct harness_arena {
    struct block *first; /* the one that is being filled */
};

struct harness_arena *harness_arena_create(void)
{
    return calloc(1, sizeof(struct harness_arena));
}

void harness_arena_free(struct harness_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *block = arena->first, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

void *harness_arena_room(struct harness_arena *arena, size_t size)
{
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct block *block = arena->first;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = malloc(sizeof(*block) + room);
        if (block == NULL)
            return NULL;
        *block = (struct block){.next = arena->first, .size = room};
        arena->first = block;
    }
    void *taken = block->bytes + block->used;
    block->used += size;
    return taken;
}

void *harness_arena_take(struct harness_arena *arena, size_t size)
{
    void *taken = harness_arena_room(arena, size);
    return taken != NULL ? memset(taken, 0, size) : NULL;
}

char *harness_arena_text(struct harness_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = harness_arena_room(arena, size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

char *harness_arena_print(struct harness_arena *arena, const char *format, ...)
{
    char usual[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(usual, sizeof(usual), format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : harness_arena_room(arena, (size_t)length + 1);
    if (text == NULL)
        return NULL;
    if ((size_t)length < sizeof(usual))
        return memcpy(text, usual, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
