#include "harness/play/refs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/play/scenario.h"
#include "rpc/arena.h"

static struct harness_scenario scenarios[] = {{.line = 2}, {.line = 6}};

static struct harness_file file = {
    .source = "-- HADOOP-1 is the file's\n"
              "scenario(\"A title (HADOOP-2789)\", {\n"
              "    tags = { \"regression\" }, -- HADOOP-4797, and HADOOP-2789 again; see RFC 793\n"
              "}, function(t) end)\n"
              "\n"
              "scenario(\"Another: HDFS-1, HADOOP- and XHADOOP-7x\", function(t) end)\n",
    .scenarios = scenarios,
    .count = 2,
};

static struct arena arena;

static void make_arena(void)
{
    arena = (struct arena){.newest = NULL};
}

static void free_arena(void)
{
    arena_release(&arena);
}

TestSuite(refs, .init = make_arena, .fini = free_arena);

static size_t refs_of(size_t index, const char **refs)
{
    return harness_refs(&arena, &file, &scenarios[index], refs);
}

Test(refs, are_those_of_the_scenario_and_each_comes_once)
{
    const char *refs[HARNESS_REFS_MAX];
    cr_assert(eq(sz, refs_of(0, refs), 3));
    cr_assert_str_eq(refs[0], "HADOOP-2789");
    cr_assert_str_eq(refs[1], "HADOOP-4797");
    cr_assert_str_eq(refs[2], "RFC 793");
}

Test(refs, of_the_last_scenario_reach_to_the_end_of_the_file)
{
    const char *refs[HARNESS_REFS_MAX];
    cr_assert(eq(sz, refs_of(1, refs), 1));
    cr_assert_str_eq(refs[0], "HDFS-1");
}

Test(refs, are_no_more_than_there_is_room_for)
{
    const char *refs[HARNESS_REFS_MAX];
    struct harness_file many = file;
    many.source = "\nRFC 1 RFC 2 RFC 3 RFC 4 RFC 5 RFC 6 RFC 7 RFC 8 RFC 9\n";
    cr_assert(eq(sz, harness_refs(&arena, &many, &scenarios[0], refs), HARNESS_REFS_MAX));
}
