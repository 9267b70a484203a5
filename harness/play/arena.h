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

/* Zeroed; NULL when out of memory. */
void *harness_arena_take(struct harness_arena *arena, size_t size);
char *harness_arena_text(struct harness_arena *arena, const char *text);
char *harness_arena_print(struct harness_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
