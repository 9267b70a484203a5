#include "harness/lua/units.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define S INT64_C(1000000000)

static int64_t duration(const char *text)
{
    int64_t ns = -1;
    cr_assert(eq(int, harness_duration_parse(text, &ns), RPC_OK), "%s", text);
    return ns;
}

static uint64_t size(const char *text)
{
    uint64_t bytes = 0;
    cr_assert(eq(int, harness_size_parse(text, &bytes), RPC_OK), "%s", text);
    return bytes;
}

Test(units, a_duration_is_the_sum_of_its_parts)
{
    cr_assert(eq(i64, duration("15m"), 900 * S));
    cr_assert(eq(i64, duration("1h30m"), 5400 * S));
    cr_assert(eq(i64, duration("15m1ms"), 900 * S + 1000000));
    cr_assert(eq(i64, duration("1d1ns"), 86400 * S + 1));
    cr_assert(eq(i64, duration("-1h"), -3600 * S));
    cr_assert(eq(i64, duration("0"), 0));
}

Test(units, what_has_no_unit_a_wrong_one_or_a_wrong_order_is_no_duration)
{
    const char *const wrong[] = {"",     "15",   "15 m", "m",    "1x",  "1ms1s",
                                 "1m1m", "1.5s", "+",    "1s -", "1ss", "999999999999d"};
    int64_t ns;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert(eq(int, harness_duration_parse(wrong[i], &ns), RPC_BAD_VALUE), "%s", wrong[i]);
}

Test(units, a_duration_is_told_in_its_shortest_exact_form)
{
    char text[HARNESS_DURATION_MAX];
    cr_assert(strcmp(harness_duration_text(0, text), "0") == 0);
    cr_assert(strcmp(harness_duration_text(900001000000, text), "15m1ms") == 0);
    cr_assert(strcmp(harness_duration_text(86400000000001, text), "1d1ns") == 0);
}

Test(units, what_is_told_reads_as_the_same)
{
    char text[HARNESS_DURATION_MAX];
    for (uint64_t ns = 1; ns < UINT64_C(1) << 60; ns = ns * 7 + 3)
        cr_assert(eq(i64, duration(harness_duration_text(ns, text)), (int64_t)ns));
}

Test(units, sizes_are_powers_of_two_and_say_so)
{
    cr_assert(eq(u64, size("7"), 7));
    cr_assert(eq(u64, size("7B"), 7));
    cr_assert(eq(u64, size("4KiB"), 4096));
    cr_assert(eq(u64, size("3MiB"), 3u << 20));
    cr_assert(eq(u64, size("2GiB"), UINT64_C(2) << 30));
}

Test(units, other_sizes_are_refused)
{
    const char *const wrong[] = {"", "4kb", "4 KiB", "-1", "KiB", "99999999999999GiB"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert(eq(int, harness_size_parse(wrong[i], &bytes), RPC_BAD_VALUE), "%s", wrong[i]);
}
