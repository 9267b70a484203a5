#include "rpc/wire/arena.h"

#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(arena, gives_aligned_memory_that_does_not_overlap)
{
    struct wire_arena *arena = wire_arena_create(1 << 20);
    unsigned char *taken[200];

    for (size_t i = 0; i < 200; i++) {
        taken[i] = wire_arena_take(arena, i + 1);
        cr_assert(eq(sz, (uintptr_t)taken[i] % _Alignof(max_align_t), 0));
        memset(taken[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < 200; i++)
        cr_assert(taken[i][0] == i && taken[i][i] == i);
    wire_arena_free(arena);
}

Test(arena, refuses_what_is_beyond_its_budget_and_says_so)
{
    struct wire_arena *arena = wire_arena_create(1024);

    cr_assert(wire_arena_take(arena, 1000) != NULL);
    cr_assert(not(wire_arena_exhausted(arena)));
    cr_assert(wire_arena_take(arena, 100) == NULL);
    cr_assert(wire_arena_exhausted(arena));
    cr_assert(wire_arena_take(arena, SIZE_MAX) == NULL);
    wire_arena_reset(arena);
    cr_assert(not(wire_arena_exhausted(arena)));
    cr_assert(eq(sz, wire_arena_used(arena), 0));
    cr_assert(wire_arena_take(arena, 1024) != NULL);
    wire_arena_free(arena);
}

Test(arena, gives_the_same_memory_again_after_a_reset)
{
    struct wire_arena *arena = wire_arena_create(1 << 30);

    for (int i = 0; i < 100; i++)
        wire_arena_take(arena, 1000);
    wire_arena_reset(arena);
    void *first = wire_arena_take(arena, 1000);
    for (int i = 0; i < 10; i++) {
        wire_arena_reset(arena);
        cr_assert(eq(ptr, wire_arena_take(arena, 1000), first));
    }
    wire_arena_free(arena);
}

Test(arena, serves_protobuf_c)
{
    struct wire_arena *arena = wire_arena_create(1024);
    ProtobufCAllocator *allocator = wire_arena_allocator(arena);

    void *taken = allocator->alloc(allocator->allocator_data, 100);
    cr_assert(taken != NULL);
    allocator->free(allocator->allocator_data, taken);
    cr_assert(allocator->alloc(allocator->allocator_data, 10000) == NULL);
    wire_arena_free(arena);
}
