#include "harness/lua/heap.h"

#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { LIMIT = 1 << 20 };

static struct harness_heap *heap;

static void begin(void)
{
    heap = harness_heap_create(LIMIT);
}

static void end(void)
{
    harness_heap_free(heap);
}

TestSuite(heap, .init = begin, .fini = end);

static char *take(size_t size)
{
    return harness_heap_allocate(heap, NULL, 0, size);
}

Test(heap, blocks_are_aligned_and_do_not_overlap)
{
    char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = take(i * 7 + 1);
        cr_assert(eq(sz, (uintptr_t)blocks[i] % 16, 0));
        memset(blocks[i], (int)i, i * 7 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i * 7 + 1; j++)
            cr_assert(eq(i8, blocks[i][j], (int8_t)i));
}

Test(heap, what_is_given_back_is_taken_again)
{
    char *first = take(40);
    harness_heap_allocate(heap, first, 40, 0);
    cr_assert(take(33) == first);
}

Test(heap, a_block_that_grows_keeps_its_bytes)
{
    char *block = take(4);
    memcpy(block, "abc", 4);
    for (size_t size = 4; size < 100000; size *= 3)
        block = harness_heap_allocate(heap, block, size, size * 3);
    cr_assert(strcmp(block, "abc") == 0);
}

Test(heap, beyond_the_limit_there_is_nothing)
{
    char *half = take(LIMIT / 2);
    cr_assert(take(LIMIT / 2 + 1) == NULL);
    harness_heap_allocate(heap, half, LIMIT / 2, 0);
    cr_assert(take(LIMIT / 2 + 1) != NULL);
}

Test(heap, everything_can_be_put_back)
{
    char *small = take(10), *large = take(5000), *gone = take(20);
    memcpy(small, "small", 6);
    memcpy(large, "large", 6);
    memcpy(gone, "gone", 5);
    cr_assert(harness_heap_keep(heap));
    for (int round = 0; round < 3; round++) {
        memcpy(small, "other", 6);
        harness_heap_allocate(heap, large, 5000, 0);
        harness_heap_allocate(heap, gone, 20, 0);
        memset(take(20), 'x', 20);
        for (int i = 0; i < 100; i++)
            memset(take(3000), 'x', 3000);
        harness_heap_restore(heap);
        cr_assert(strcmp(small, "small") == 0);
        cr_assert(strcmp(large, "large") == 0);
        cr_assert(strcmp(gone, "gone") == 0);
    }
    cr_assert(take(LIMIT / 2) != NULL); /* what had come since is free again */
    cr_assert(take(20) != gone);
}
