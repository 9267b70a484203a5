/*
 * Memory that is freed all at once: of a file's declarations, of a case.
 */
#ifndef HARNESS_PLAY_ARENA_H
#define HARNESS_PLAY_ARENA_H

#include <stddef.h>

struct harness_arena;

/* NULL when out of memory. */
struct harness_arena *harness_arena_create(void);
void harness_arena_free(struct harness_arena *arena);

/* `size` bytes for any type, zeroed or as they happen to be.  NULL when out of memory. */
void *harness_arena_take(struct harness_arena *arena, size_t size);
void *harness_arena_room(struct harness_arena *arena, size_t size);

/* The same for texts. */
char *harness_arena_text(struct harness_arena *arena, const char *text);
char *harness_arena_print(struct harness_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
