/* The clean-up of idle connections before Hadoop 2.3. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

#define CLEANUP(idle, kill, threshold)                                                             \
    .settings = {{SETTING_MAX_IDLE, idle},                                                         \
                 {SETTING_KILL_MAX, kill},                                                         \
                 {SETTING_IDLE_THRESHOLD, threshold}},                                             \
    .setting_count = 3

static const int32_t *drawn;
static unsigned draws;

/* What Random.nextInt gives, one after the other; the last one for ever. */
static uint32_t draw(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                     uint32_t max, uint32_t by_itself)
{
    (void)owner, (void)entity, (void)ordinal, (void)max;
    if (site != SITE_SERVER_CLEANUP)
        return by_itself;
    return (uint32_t)drawn[draws++];
}

static void draw_these(const int32_t *numbers)
{
    drawn = numbers;
    draws = 0;
    rig_world->draw = draw;
}

static unsigned long open_now(void)
{
    return rig_counters().open_connections;
}

static void open_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rig_open();
    rig_settle();
}

Test(cleanup, without_a_wakeup_nobody_looks) /* ID-06 */
{
    static const int32_t all[] = {0, 59};
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release, CLEANUP(1000, 10, 40)});
        open_many(40);
        rig_run_deaf(3600000);
        cr_assert(eq(ulong, open_now(), 40ul));
        draw_these(all);
        rig_open();
        rig_settle();
        cr_assert(eq(ulong, rig_counters().idle_closed, 10ul));
        cr_assert(eq(ulong, open_now(), 31ul));
        cr_assert(eq(uint, draws, 2u));
        rig_end();
    }
}

Test(cleanup, at_the_threshold_there_is_none)
{
    static const int32_t all[] = {0, 2};
    rig_begin(&(struct rig_options){.release = "1.2", CLEANUP(1000, 10, 3)});
    open_many(2);
    rig_run_deaf(5000);
    draw_these(all);
    rig_open(); /* the third: not more than three */
    rig_settle();
    cr_assert(eq(uint, draws, 0u));
    rig_open();
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 2ul));
    rig_end();
}

Test(cleanup, a_negative_start_ends_it_and_the_next_wakeup_tries_again) /* ID-05 */
{
    static const int32_t numbers[] = {-8, 5, /* mod 7: -1, 5 */
                                      9, 0 /* mod 8: 1 and 0, in order */};
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release, CLEANUP(1000, 10, 0)});
        open_many(6);
        size_t scans = rig_count(POINT_SERVER_SCAN);
        rig_run_deaf(12000);
        draw_these(numbers);
        rig_open();
        rig_settle();
        cr_assert(eq(uint, draws, 2u));
        cr_assert(eq(ulong, rig_counters().idle_closed, 0ul));
        rig_run_deaf(12001); /* the run was not recorded: no gap */
        rig_open();
        rig_settle();
        cr_assert(eq(uint, draws, 4u));
        cr_assert(eq(ulong, rig_counters().idle_closed, 2ul));
        cr_assert(eq(ulong, rig_count(POINT_SERVER_SCAN), scans + 1));
        IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "idle");
        cr_assert(eq(uint, rig_nth(POINT_SERVER_CLOSE, 0)->connection, 1u));
        cr_assert(eq(uint, rig_nth(POINT_SERVER_CLOSE, 1)->connection, 2u));
        rig_end();
    }
}

Test(cleanup, ten_seconds_lie_between_two)
{
    static const int32_t numbers[] = {0, 0, 0, 0, 0, 0, 0, 0};
    rig_begin(&(struct rig_options){.release = "2.2", CLEANUP(1000, 10, 0)});
    open_many(5);
    rig_run_deaf(20000);
    draw_these(numbers);
    rig_open(); /* the first one runs */
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 1ul));
    rig_run_deaf(29999);
    rig_open();
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 1ul));
    rig_run_deaf(30000);
    rig_open();
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 2ul));
    rig_end();
}

Test(cleanup, busy_connections_and_fresh_ones_stay)
{
    static const int32_t all[] = {0, 3};
    rig_begin(&(struct rig_options){.release = "1.2", CLEANUP(1000, 10, 0)});
    unsigned busy = rig_open();
    rig_call(busy, 0, "hang", "");
    rig_open();
    rig_run_deaf(10000);
    rig_open();
    rig_run_deaf(11999);
    draw_these(all);
    rig_open();
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 1ul));
    cr_assert(eq(uint, rig_nth(POINT_SERVER_CLOSE, 0)->connection, 2u));
    rig_end();
}

Test(cleanup, exactly_the_limit_survives)
{
    static const int32_t numbers[] = {0, 1, 0, 1, 0, 1};
    rig_begin(&(struct rig_options){.release = "0.20", CLEANUP(1000, 10, 0)});
    rig_open();
    rig_run_deaf(12000);
    draw_these(numbers);
    rig_call(0, 0, "echo", "x");
    rig_run_deaf(14000); /* 2 s after its last read */
    rig_open();
    rig_settle();
    cr_assert(eq(ulong, rig_counters().idle_closed, 0ul));
    cr_assert(eq(uint, draws, 2u));
    rig_end();
}

Test(cleanup, without_default_resources_1x_servers_take_a_second) /* ID-07 */
{
    static const struct {
        const char *release;
        bool no_key;
        unsigned long closed;
    } cases[] = {{"0.20", true, 1}, {"1.2", true, 1}, {"1.2", false, 0}, {"2.2", true, 0}};
    static const int32_t all[] = {0, 1};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_begin(&(struct rig_options){.release = cases[i].release,
                                        .no_idle_key = cases[i].no_key,
                                        .settings = {{SETTING_IDLE_THRESHOLD, 1}},
                                        .setting_count = 1});
        rig_open();
        rig_run_deaf(3000);
        draw_these(all);
        rig_open();
        rig_settle();
        cr_assert(eq(ulong, rig_counters().idle_closed, cases[i].closed));
        rig_end();
    }
}

Test(cleanup, out_of_memory_closes_all_idle_ones_and_none_that_was_just_accepted) /* ID-16 */
{
    static const int32_t none[] = {-1, -1};
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(
            &(struct rig_options){.release = release, .handlers = 5, CLEANUP(1000, 10, 4000)});
        open_many(50);
        for (int i = 0; i < 5; i++) {
            unsigned busy = rig_open();
            rig_call(busy, 0, "sleep", "200000");
        }
        rig_run_deaf(5000);
        draw_these(none);
        rig_fault(POINT_SERVER_ACCEPT, &(struct point_strike){.effect = EFFECT_MEMORY}, 1);
        rig_dial();
        rig_settle();
        cr_assert(eq(ulong, rig_counters().idle_closed, 50ul));
        cr_assert(eq(ulong, open_now(), 5ul));
        IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "oom");
        IS_TEXT(rig_doing("listener"), "sleep");
        rig_run_deaf(64999);
        cr_assert(eq(ulong, open_now(), 5ul));
        rig_run_deaf(65000);
        cr_assert(eq(ulong, open_now(), 6ul));
        rig_end();
    }
}

Test(cleanup, no_timer_scans)
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release, CLEANUP(1000, 10, 0)});
        rig_open();
        rig_run_deaf(1);
        size_t scans = rig_count(POINT_SERVER_SCAN);
        rig_run_deaf(100000);
        cr_assert(eq(ulong, rig_count(POINT_SERVER_SCAN), scans));
        cr_assert(eq(ulong, open_now(), 1ul));
        rig_end();
    }
}
