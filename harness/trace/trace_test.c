#include "harness/trace/trace.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/arena.h"
#include "rpc/world/world.h"

static struct arena arena;

static void begin(void)
{
    arena = (struct arena){.newest = NULL};
}

static void end(void)
{
    arena_release(&arena);
}

TestSuite(trace, .init = begin, .fini = end);

Test(trace, events_stay_where_they_are_however_many_come)
{
    struct harness_trace *trace = harness_trace_create(&arena);
    const struct harness_event *first = NULL;
    for (uint32_t i = 0; i < 10000; i++) {
        struct point_event event = {.point = POINT_SERVER_PUT, .at_ns = i, .connection = i};
        const struct harness_event *kept = harness_trace_add(trace, &event);
        if (i == 0)
            first = kept;
        cr_assert(eq(u32, kept->number, i + 1));
    }
    cr_assert(eq(u32, harness_trace_point_count(trace, POINT_SERVER_PUT), 10000));
    cr_assert(eq(u32, harness_trace_point_count(trace, POINT_SERVER_TAKE), 0));
    cr_assert(harness_trace_at(trace, POINT_SERVER_PUT, 0) == first);
    for (uint32_t i = 0; i < 10000; i++)
        cr_assert(eq(u64, harness_trace_at(trace, POINT_SERVER_PUT, i)->at_ns, i));
}

Test(trace, texts_outlive_the_visit_and_equal_ones_are_one)
{
    struct harness_trace *trace = harness_trace_create(&arena);
    char text[16] = "echo";
    struct point_event event = {.point = POINT_SERVER_TAKE,
                                WORLD_VALUES(WORLD_TEXT(METHOD, text), WORLD_NUMBER(LEVEL, 3))};
    const struct harness_event *first = harness_trace_add(trace, &event);
    strcpy(text, "other");
    const struct harness_event *second = harness_trace_add(trace, &event);
    strcpy(text, "echo");
    const struct harness_event *third = harness_trace_add(trace, &event);
    cr_assert(strcmp(harness_event_value(first, FIELD_METHOD)->text, "echo") == 0);
    cr_assert(strcmp(harness_event_value(second, FIELD_METHOD)->text, "other") == 0);
    cr_assert(harness_event_value(third, FIELD_METHOD)->text ==
              harness_event_value(first, FIELD_METHOD)->text);
    cr_assert(eq(i64, harness_event_value(first, FIELD_LEVEL)->number, 3));
    cr_assert(harness_event_value(first, FIELD_WHY) == NULL);
}

Test(trace, a_full_trace_says_so_and_keeps_what_it_has)
{
    struct harness_trace *trace = harness_trace_create(&arena);
    struct point_event event = {.point = POINT_SERVER_PUT, .at_ns = 7};
    while (harness_trace_add(trace, &event) != NULL)
        ;
    uint32_t count = harness_trace_count(trace);
    cr_assert(harness_trace_is_full(trace));
    cr_assert(gt(u32, count, 100000));
    cr_assert(eq(u64, harness_trace_at(trace, POINT_SERVER_PUT, count - 1)->at_ns, 7));
}

Test(trace, lanes_have_names)
{
    struct harness_trace *trace = harness_trace_create(&arena);
    struct world_host host = {.id = 4};
    cr_assert(eq(int, harness_trace_lane(trace, 700, "server1/reader/0", &host), RPC_OK));
    cr_assert(strcmp(harness_trace_lane_name(trace, 700), "server1/reader/0") == 0);
    cr_assert(eq(u32, harness_trace_lane_host(trace, 700), 4));
    cr_assert(harness_trace_lane_name(trace, 3) == NULL);
    cr_assert(harness_trace_lane_name(trace, 100000) == NULL);
}
