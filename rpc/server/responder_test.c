/* Writing: inline, handed over, in passes, purged. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

enum { MINUTE = 60000, G = 15 * MINUTE };

static const struct rig_options c26 = {.release = "2.6"};

Test(responder, a_small_response_is_one_write_of_the_handler_and_wakes_nobody) /* SW-01 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 0, "blob", "200");
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_WRITE), 1ul));
    cr_assert(eq(long, rig_nth(POINT_SERVER_WRITE, 0)->values[FIELD_DONE], 1l));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_WAKEUP), 0ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_SELECT), 1ul));
    rig_end();
}

Test(responder, a_short_write_is_handed_over_once_and_frees_the_handler) /* SW-02 */
{
    rig_begin(&c26);
    unsigned deaf = rig_open(), lively = rig_open();
    rig_call(deaf, 0, "blob", "1000000");
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_WAKEUP), 1ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_HANDOVER), 1ul));
    rig_call(lively, 0, "echo", "hi");
    rig_hear(lively);
    cr_assert(eq(ulong, rig_reply(lively, 0)->length, 2ul));

    for (unsigned ms = 1; ms < 40; ms++)
        rig_run(ms);
    cr_assert(eq(ulong, rig_reply(deaf, 0)->length, 1000000ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_HANDOVER), 1ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_REST), 1ul));
    IS_TEXT(rig_doing("responder"), "select");
    rig_end();
}

Test(responder, nothing_larger_than_8192_bytes_is_written_at_once) /* SW-04 */
{
    static const struct {
        const char *blob;
        size_t writes;
        int64_t last;
    } rows[] = {{"8159", 1, 8192}, {"8160", 2, 1}, {"19966", 3, 3616}};

    rig_begin(NULL);
    unsigned peer = rig_open();
    size_t before = 0;
    for (int i = 0; i < 3; i++) {
        rig_call(peer, i, "blob", rows[i].blob);
        rig_settle();
        cr_assert(eq(ulong, rig_count(POINT_SERVER_WRITE) - before, rows[i].writes));
        before += rows[i].writes;
        const struct rig_event *last = rig_nth(POINT_SERVER_WRITE, before - 1);
        cr_assert(eq(long, last->values[FIELD_BYTES], rows[i].last));
        cr_assert(eq(long, last->values[FIELD_PASS], 0l));
        rig_read(peer);
    }
    rig_end();
}

Test(responder, two_slow_clients_get_one_response_each_in_every_pass) /* SW-06 */
{
    rig_begin(&(struct rig_options){.handlers = 2});
    unsigned first = rig_open(), second = rig_open();
    rig_call(first, 0, "blob", "500000");
    rig_call(second, 0, "blob", "500000");
    for (int i = 1; i < 10; i++) {
        rig_call(first, i, "echo", "a");
        rig_call(second, i, "echo", "b");
        rig_settle();
    }
    size_t before = rig_event_count;
    for (unsigned ms = 1; ms < 60; ms++)
        rig_run(ms);
    cr_assert(rig_has_reply(first, 9) && rig_has_reply(second, 9));

    /* Passes in which a response was finished finish one of each connection. */
    int64_t pass = 0;
    unsigned done[3] = {0, 0, 0}, passes = 0;
    for (size_t i = before; i < rig_event_count; i++) {
        const struct rig_event *event = &rig_events[i];
        if (event->point != POINT_SERVER_WRITE || event->values[FIELD_DONE] == 0)
            continue;
        if (event->values[FIELD_PASS] != pass) {
            cr_assert(eq(uint, done[1], done[2]));
            pass = event->values[FIELD_PASS];
            passes++;
            done[1] = done[2] = 0;
        }
        done[event->connection]++;
        cr_assert(done[event->connection] == 1);
    }
    cr_assert(eq(uint, passes, 10u));
    rig_end();
}

Test(responder, it_does_not_select_between_a_wake_up_and_its_registration) /* SW-07 */
{
    rig_begin(&(struct rig_options){.handlers = 2});
    unsigned first = rig_open(), second = rig_open();
    rig_hold(POINT_SERVER_HANDOVER);
    rig_call(first, 0, "blob", "1000000");
    rig_call(second, 0, "blob", "1000000");
    rig_settle();
    cr_assert(eq(uint, rig_held(), 2u));
    size_t selects = rig_count(POINT_SERVER_SELECT);
    rig_run_deaf(5);
    cr_assert(eq(ulong, rig_count(POINT_SERVER_SELECT), selects));
    IS_TEXT(rig_doing("responder"), "wait");
    rig_release();
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_SELECT), selects + 1));
    for (unsigned ms = 6; ms < 60; ms++)
        rig_run(ms);
    cr_assert(eq(ulong, rig_reply(first, 0)->length, 1000000ul));
    cr_assert(eq(ulong, rig_reply(second, 0)->length, 1000000ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CLOSE), 0ul));
    rig_end();
}

Test(responder, a_write_error_closes_and_drops_what_is_queued) /* SW-11 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_fault(
        POINT_SERVER_WRITE,
        &(struct point_strike){.effect = EFFECT_ERROR, .after = 3000, .error = RPC_BROKEN_PIPE},
        UINT32_MAX);
    rig_call(peer, 0, "blob", "100000");
    rig_hear(peer);
    cr_assert(eq(ulong, rig_peers[peer].bytes, 3000ul));
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, rig_counters().output_errors, 1ul));
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "output_error");
    rig_fault(POINT_SERVER_WRITE, &(struct point_strike){.effect = EFFECT_ERROR}, 0);
    unsigned next = rig_open();
    rig_call(next, 0, "echo", "hi");
    rig_hear(next);
    cr_assert(rig_has_reply(next, 0));
    rig_end();
}

Test(responder, a_socket_that_takes_no_byte_is_written_short) /* SW-12 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_fault(POINT_SERVER_WRITE, &(struct point_strike){.effect = EFFECT_SHORT, .bytes = 0}, 1);
    rig_call(peer, 0, "echo", "hi");
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_HANDOVER), 1ul));
    cr_assert(eq(ulong, rig_counters().output_errors, 0ul));
    rig_read(peer);
    cr_assert(rig_has_reply(peer, 0));
    rig_end();
}

/* --- purge -------------------------------------------------------------------------- */

static void stuck_at_zero(const struct rig_options *options, uint64_t purged_ms)
{
    rig_begin(options);
    rig_settle();
    unsigned peer = rig_open();
    rig_call(peer, 0, "blob", "4194304");
    rig_run_deaf(purged_ms - 1);
    cr_assert(eq(ulong, rig_count(POINT_SERVER_PURGE), 0ul));
    rig_run_deaf(purged_ms);
    cr_assert(eq(ulong, rig_count(POINT_SERVER_PURGE), 1ul));
    cr_assert(eq(ulong, rig_nth(POINT_SERVER_PURGE, 0)->at_ns, purged_ms * WORLD_MS));
    cr_assert(eq(long, rig_nth(POINT_SERVER_PURGE, 0)->values[FIELD_AGE], (long)purged_ms));
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "purge");
    cr_assert(eq(ulong, rig_counters().open_connections, 0ul));
    rig_run_deaf(3 * purged_ms);
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    rig_read(peer);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    rig_end();
}

Test(responder, a_stuck_response_is_purged_after_15_minutes_and_a_little) /* PU-01 */
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        stuck_at_zero(&(struct rig_options){.release = release}, G + 1);
    }
}

Test(responder, at_exact_equality_it_survives_one_check) /* PU-02 */
{
    rig_begin(&c26);
    rig_lateness(0);
    unsigned peer = rig_open();
    rig_call(peer, 0, "blob", "4194304");
    rig_run_deaf(2 * G - 1);
    /* The first select began before the draw was scripted; the ones that count did not. */
    cr_assert(eq(ulong, rig_counters().purged, 0ul));
    rig_run_deaf(2 * G);
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    rig_end();
}

Test(responder, progress_does_not_save_a_response) /* PU-04 */
{
    rig_begin(&c26);
    unsigned peer = rig_open();
    rig_peers[peer].raw_only = true;
    rig_call(peer, 0, "blob", "40000000");
    /* 40 MB in 20 minutes: 2 MB a minute. */
    for (unsigned second = 1; second <= 20 * 60; second++) {
        rig_run_deaf(second * 1000 + 500);
        rig_read_some(peer, 33334);
        rig_settle();
        if (rig_counters().purged > 0)
            break;
    }
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    uint64_t at_ns = rig_nth(POINT_SERVER_PURGE, 0)->at_ns;
    cr_assert(at_ns > G * WORLD_MS && at_ns <= (G + 2000) * WORLD_MS);
    rig_end();
}

Test(responder, a_check_comes_late_when_a_lone_wake_up_was_too_early) /* PU-05 */
{
    rig_begin(&c26);
    unsigned early = rig_open(), stuck = rig_open(), lone = rig_open();
    /* The last check is at 0. */
    rig_call(early, 0, "blob", "200000");
    rig_settle();
    for (int i = 0; i < 4; i++) {
        rig_read(early);
        rig_settle();
    }
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CHECK), 1ul));
    rig_run_deaf(1000);
    rig_call(stuck, 0, "blob", "4194304");
    rig_run_deaf(14 * MINUTE + 59000);
    rig_call(lone, 0, "blob", "200000");
    rig_settle();
    for (int i = 0; i < 4; i++) {
        rig_read(lone);
        rig_settle();
    }
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CHECK), 1ul));
    rig_run_deaf(29 * MINUTE + 59000);
    cr_assert(eq(ulong, rig_counters().purged, 0ul));
    rig_run_deaf(29 * MINUTE + 59001);
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    rig_end();
}

Test(responder, the_first_wake_up_runs_a_check) /* PU-06 */
{
    rig_begin(&c26);
    unsigned peer = rig_open();
    rig_call(peer, 0, "blob", "200000");
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CHECK), 1ul));
    cr_assert(eq(ulong, rig_nth(POINT_SERVER_CHECK, 0)->at_ns, 0ul));
    rig_end();
}

Test(responder, after_the_purge_nothing_is_written_or_executed) /* PU-07 */
{
    rig_begin(&c26);
    unsigned peer = rig_open();
    rig_call(peer, 0, "blob", "4194304");
    rig_settle();
    rig_run_deaf(G);
    rig_call(peer, 1, "hang", "");
    rig_settle();
    for (int i = 2; i < 5; i++)
        rig_call(peer, i, "echo", "x");
    rig_run_deaf(G + 1);
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    size_t writes = rig_count(POINT_SERVER_WRITE);
    server_call_return(rig_hung, wire_text("late"));
    server_call_finish(rig_hung);
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_WRITE), writes));
    cr_assert(eq(ulong, rig_counters().output_errors, 0ul));
    cr_assert(eq(ulong, rig_counters().executions, 2ul));
    cr_assert(eq(ulong, rig_counters().skipped, 3ul));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CLOSE), 1ul));
    rig_end();
}

/* The hanging call ends now, with so many bytes. */
static void answer_hung(size_t length)
{
    static uint8_t value[4000000];
    server_call_return(rig_hung, (struct wire_bytes){value, length});
    server_call_finish(rig_hung);
    rig_settle();
}

Test(responder, an_inline_short_write_makes_an_old_response_young) /* PU-03 */
{
    rig_begin(&c26);
    unsigned peer = rig_open();
    rig_call(peer, 0, "hang", "");
    rig_run_deaf(20 * MINUTE);
    answer_hung(sizeof(uint8_t[4000000]));
    /* The first wake-up runs a check, and the call is 20 minutes old. */
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CHECK), 1ul));
    rig_run_deaf(35 * MINUTE);
    cr_assert(eq(ulong, rig_counters().purged, 0ul));
    rig_run_deaf(35 * MINUTE + 1);
    cr_assert(eq(long, rig_nth(POINT_SERVER_PURGE, 0)->values[FIELD_AGE], (long)(15 * MINUTE + 1)));
    rig_end();
}

Test(responder, an_old_response_behind_another_closes_its_connection) /* PU-03 */
{
    rig_begin(&(struct rig_options){.release = "2.6", .handlers = 2});
    unsigned peer = rig_open(), early = rig_open(), lone = rig_open();
    rig_call(peer, 0, "hang", "");
    rig_call(early, 0, "blob", "200000"); /* the last check is at 0 */
    rig_hear(early);
    rig_run_deaf(14 * MINUTE);
    rig_read(early);
    rig_call(peer, 1, "blob", "4000000");
    rig_run_deaf(15 * MINUTE - 1);
    answer_hung(1);
    rig_run_deaf(15 * MINUTE + 500);
    /* A check is due, and the young head's neighbour has been there since 0. */
    rig_call(lone, 0, "blob", "200000");
    rig_settle();
    cr_assert(eq(ulong, rig_counters().purged, 1ul));
    cr_assert(
        eq(long, rig_nth(POINT_SERVER_PURGE, 0)->values[FIELD_AGE], (long)(15 * MINUTE + 500)));
    rig_end();
}

Test(responder, the_purge_interval_is_a_setting_of_3x) /* PU-10 */
{
    stuck_at_zero(
        &(struct rig_options){.settings = {{SETTING_PURGE_INTERVAL, 1}}, .setting_count = 1},
        MINUTE + 1);
}

Test(responder, a_purge_interval_that_is_not_positive_is_15_minutes) /* PU-10 */
{
    stuck_at_zero(
        &(struct rig_options){.settings = {{SETTING_PURGE_INTERVAL, -5}}, .setting_count = 1},
        G + 1);
}
