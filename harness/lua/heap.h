/*
 * The memory of one Lua state, which can be put back to how it once was: so a file is loaded
 * once, and each of its cases begins with the state as the file has left it.
 */
#ifndef HARNESS_LUA_HEAP_H
#define HARNESS_LUA_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct harness_heap;

/* For at most `limit` bytes.  NULL when out of memory. */
struct harness_heap *harness_heap_create(size_t limit);
void harness_heap_free(struct harness_heap *heap);

/* A lua_Alloc; `owner` is the heap. */
void *harness_heap_allocate(void *owner, void *block, size_t old_size, size_t new_size);

/* Remember every byte as it is.  Once; false when out of memory. */
bool harness_heap_keep(struct harness_heap *heap);

/* Put every byte back to where it was and how it was, and free what has come since. */
void harness_heap_restore(struct harness_heap *heap);

#endif
