#include "rpc/arena.h"

#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define SAME_TEXT(a, b) cr_assert(strcmp((a), (b)) == 0, "%s", (a))

static struct arena arena;

static void begin(void)
{
    arena = (struct arena){.newest = NULL};
}

static void end(void)
{
    arena_release(&arena);
    cr_assert(eq(sz, arena.held, 0));
}

TestSuite(arena, .init = begin, .fini = end);

/* So much that it has many blocks. */
static void fill(size_t pieces)
{
    for (size_t i = 0; i < pieces; i++)
        memset(arena_room(&arena, 1000), 0xff, 1000);
}

Test(arena, gives_aligned_memory_that_does_not_overlap)
{
    unsigned char *taken[200];
    for (size_t i = 0; i < 200; i++) {
        taken[i] = arena_room(&arena, i + 1);
        cr_assert(eq(sz, (uintptr_t)taken[i] % _Alignof(max_align_t), 0));
        memset(taken[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < 200; i++)
        cr_assert(taken[i][0] == i && taken[i][i] == i);
}

Test(arena, gives_a_piece_of_any_size_to_its_last_byte)
{
    memset(arena_room(&arena, 5 << 20), 1, 5 << 20);
    for (size_t size = 4000; size < 5000; size++)
        memset(arena_room(&arena, size), 1, size);
    cr_assert(eq(sz, arena.refused, RPC_OK));
}

Test(arena, clears_what_is_taken_of_memory_that_was_used_before)
{
    fill(10);
    arena_reset(&arena);
    const unsigned char *taken = arena_take(&arena, 1000);
    const uint32_t *array = arena_take_array(&arena, 100, sizeof(*array));
    for (size_t i = 0; i < 1000; i++)
        cr_assert(eq(u8, taken[i], 0));
    for (size_t i = 0; i < 100; i++)
        cr_assert(eq(u32, array[i], 0));
}

Test(arena, refuses_what_is_beyond_its_budget_and_says_so_until_a_reset)
{
    arena.budget = 1024;
    cr_assert(arena_room(&arena, 1000) != NULL);
    cr_assert(eq(int, arena.refused, RPC_OK));
    cr_assert(arena_room(&arena, 100) == NULL);
    cr_assert(eq(int, arena.refused, RPC_TOO_LONG));
    cr_assert(arena_room(&arena, 16) != NULL);
    arena_reset(&arena);
    cr_assert(eq(int, arena.refused, RPC_OK));
    cr_assert(arena_room(&arena, 1024) != NULL);
    cr_assert(arena_room(&arena, 1) == NULL);
}

Test(arena, never_holds_more_than_its_budget)
{
    arena.budget = 100000;
    size_t given = 0;
    while (arena_room(&arena, 3000) != NULL)
        cr_assert(lt(sz, given += 3000, 100000));
    cr_assert(le(sz, arena.held, 100000));
    cr_assert(gt(sz, given, 80000));
    while (arena_room(&arena, 16) != NULL)
        given += 16;
    cr_assert(gt(sz, given, 90000));
}

Test(arena, refuses_sizes_that_no_machine_has)
{
    fill(1);
    cr_assert(arena_room(&arena, SIZE_MAX) == NULL);
    cr_assert(arena_take(&arena, SIZE_MAX - 8) == NULL);
    cr_assert(arena_take_array(&arena, SIZE_MAX / 8 + 2, 8) == NULL);
    cr_assert(eq(int, arena.refused, RPC_TOO_LONG));
}

Test(arena, keeps_one_block_over_a_reset)
{
    fill(100);
    arena_reset(&arena);
    const size_t held = arena.held;
    void *first = arena_room(&arena, 1000);
    for (int i = 0; i < 10; i++) {
        arena_reset(&arena);
        cr_assert(eq(ptr, arena_room(&arena, 1000), first));
    }
    cr_assert(eq(sz, arena.held, held));
    cr_assert(lt(sz, held, 100000));
}

Test(arena, keeps_no_giant_over_a_reset)
{
    arena_room(&arena, 2 << 20);
    arena_reset(&arena);
    cr_assert(eq(sz, arena.held, 0));
}

Test(arena, goes_back_to_a_mark)
{
    char *before = arena_text(&arena, "before");
    const struct arena_mark mark = arena_mark(&arena);
    const size_t held = arena.held;
    char *after = arena_text(&arena, "after");
    fill(100);
    arena_give_back(&arena, mark);
    cr_assert(eq(sz, arena.held, held));
    cr_assert(eq(ptr, arena_text(&arena, "again"), after));
    SAME_TEXT(before, "before");
}

Test(arena, goes_back_to_nothing)
{
    const struct arena_mark nothing = arena_mark(&arena);
    fill(100);
    arena_give_back(&arena, nothing);
    cr_assert(eq(sz, arena.held, 0));
}

Test(arena, lengthens_lists_now_and_then)
{
    uint32_t room = 0, moves = 0, *list = NULL;
    for (uint32_t at = 0; at < 1000; at++) {
        uint32_t *longer = arena_lengthen(&arena, list, &room, at, sizeof(*list));
        moves += longer != list;
        list = longer;
        cr_assert(lt(u32, at, room));
        cr_assert(eq(u32, list[at], 0));
        list[at] = at;
    }
    for (uint32_t at = 0; at < 1000; at++)
        cr_assert(eq(u32, list[at], at));
    cr_assert(lt(u32, moves, 10));
    cr_assert(lt(u32, room, 3000));
}

Test(arena, leaves_a_list_as_it_was_without_memory)
{
    uint32_t room = 0;
    char *list = arena_lengthen(&arena, NULL, &room, 0, 1);
    const uint32_t before = room;
    list[0] = 'x';
    arena.budget = arena.held;
    cr_assert(eq(ptr, arena_lengthen(&arena, list, &room, 1 << 20, 1), NULL));
    cr_assert(eq(u32, room, before));
    cr_assert(eq(chr, list[0], 'x'));
}

Test(arena, ends_texts_with_nul)
{
    fill(10);
    arena_reset(&arena);
    SAME_TEXT(arena_copy(&arena, "texts", 4), "text");
    SAME_TEXT(arena_copy(&arena, NULL, 0), "");
    SAME_TEXT(arena_text(&arena, "a text"), "a text");
}

Test(arena, prints_texts_of_any_length)
{
    SAME_TEXT(arena_print(&arena, "%s-%d", "a", 7), "a-7");
    for (int length = 120; length < 140; length++) {
        const char *text = arena_print(&arena, "%*s|", length, "x");
        cr_assert(eq(sz, strlen(text), (size_t)length + 1));
        SAME_TEXT(text + length - 1, "x|");
    }
}
