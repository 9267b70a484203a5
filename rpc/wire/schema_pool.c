#include "rpc/wire/schema_pool.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct schema_block {
    struct schema_block *older;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20 };

static void *allocate(void *owner, size_t size)
{
    return schema_pool_take(owner, size);
}

static void forget(void *owner, void *pointer)
{
    (void)owner;
    (void)pointer;
}

void schema_pool_init(struct schema_pool *pool, size_t budget)
{
    *pool = (struct schema_pool){
        .allocator = {.alloc = allocate, .free = forget, .allocator_data = pool}, .budget = budget};
}

void schema_pool_release(struct schema_pool *pool)
{
    while (pool->newest != NULL) {
        struct schema_block *block = pool->newest;
        pool->newest = block->older;
        free(block);
    }
}

static size_t next_size(const struct schema_pool *pool, size_t needed)
{
    size_t size = pool->newest == NULL ? BLOCK_MIN : pool->newest->size * 2;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    return size > needed ? size : needed;
}

void *schema_pool_take(struct schema_pool *pool, size_t size)
{
    assert(pool->allocator.allocator_data == pool);
    size_t align = alignof(max_align_t);
    if (size > pool->budget || size > SIZE_MAX / 2) {
        pool->exceeded = true;
        return NULL;
    }
    size_t rounded = (size + align - 1) / align * align;
    struct schema_block *block = pool->newest;
    if (block == NULL || block->size - block->used < rounded) {
        size_t room = next_size(pool, rounded);
        block = malloc(sizeof(*block) + room);
        if (block == NULL) {
            pool->starved = true;
            return NULL;
        }
        *block = (struct schema_block){.older = pool->newest, .size = room};
        pool->newest = block;
    }
    void *taken = block->bytes + block->used;
    block->used += rounded;
    pool->budget -= size;
    return memset(taken, 0, rounded);
}

void *schema_pool_take_array(struct schema_pool *pool, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / 2 / size) {
        pool->exceeded = true;
        return NULL;
    }
    return schema_pool_take(pool, count * size);
}

char *schema_pool_copy(struct schema_pool *pool, struct wire_bytes bytes)
{
    char *copy = schema_pool_take(pool, bytes.length + 1);
    if (copy != NULL && bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return copy;
}

char *schema_pool_join(struct schema_pool *pool, const char *prefix, const char *name)
{
    size_t first = strlen(prefix), second = strlen(name);
    char *joined = schema_pool_take(pool, first + second + 2);
    if (joined == NULL)
        return NULL;
    memcpy(joined, prefix, first);
    if (first > 0)
        joined[first++] = '.';
    memcpy(joined + first, name, second);
    return joined;
}
