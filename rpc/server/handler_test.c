/* Queueing, executing and skipping. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

static uint64_t ms_of(enum point point, size_t n)
{
    return rig_nth(point, n)->at_ns / WORLD_MS;
}

Test(handler, a_queued_call_of_a_vanished_client_is_skipped) /* SH-10 */
{
    rig_begin(&(struct rig_options){.release = "2.6"});
    unsigned busy = rig_open(), vanished = rig_open();
    rig_call(busy, 0, "sleep", "1000");
    rig_run(50);
    rig_call(vanished, 0, "echo", "x");
    rig_run(100);
    rig_close(vanished);
    rig_run(2000);
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    cr_assert(eq(ulong, rig_counters().skipped, 1ul));
    cr_assert(eq(ulong, ms_of(POINT_SERVER_SKIP, 0), 1000ul));
    cr_assert(eq(ulong, ms_of(POINT_SERVER_CLOSE, 0), 100ul));
    cr_assert(eq(ulong, rig_counters().output_errors, 0ul));
    rig_end();
}

Test(handler, calls_wait_for_the_handler_and_then_run) /* SH-11 */
{
    rig_begin(NULL);
    unsigned first = rig_open(), second = rig_open();
    rig_call(first, 0, "sleep", "1000");
    rig_run(100);
    rig_call(second, 0, "sleep", "1000");
    rig_run(500);
    cr_assert(eq(ulong, rig_counters().call_queue_length, 1ul));
    IS_TEXT(rig_doing("handler/0"), "execute");
    rig_run(2500);
    cr_assert(eq(ulong, ms_of(POINT_SERVER_EXECUTE, 0), 0ul));
    cr_assert(eq(ulong, ms_of(POINT_SERVER_PUT, 1), 100ul));
    cr_assert(eq(ulong, ms_of(POINT_SERVER_EXECUTE, 1), 1000ul));
    cr_assert(eq(ulong, rig_reply(first, 0)->at_ns, 1000 * WORLD_MS));
    cr_assert(eq(ulong, rig_reply(second, 0)->at_ns, 2000 * WORLD_MS));
    rig_end();
}

Test(handler, two_handlers_answer_out_of_order) /* SH-12 */
{
    rig_begin(&(struct rig_options){.handlers = 2});
    unsigned peer = rig_open();
    rig_call(peer, 1, "sleep", "500");
    rig_call(peer, 2, "sleep", "100");
    rig_run(1000);
    cr_assert(eq(ulong, rig_reply(peer, 2)->at_ns, 100 * WORLD_MS));
    cr_assert(eq(ulong, rig_reply(peer, 1)->at_ns, 500 * WORLD_MS));
    cr_assert(eq(int, rig_reply(peer, 1)->first, '5'));
    rig_end();
}

Test(handler, a_deferred_call_frees_the_handler)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 1, "defer", "500");
    rig_call(peer, 2, "echo", "x");
    rig_run(1000);
    cr_assert(eq(ulong, rig_reply(peer, 2)->at_ns, 1 * WORLD_MS));
    cr_assert(eq(ulong, rig_reply(peer, 1)->at_ns, 500 * WORLD_MS));
    rig_end();
}

Test(handler, a_fin_before_execution_leaves_nothing_to_execute) /* DC-05 */
{
    unsigned peer = rig_meet("3.4");
    rig_hold(POINT_SERVER_TAKE);
    rig_call(peer, 0, "echo", "x");
    rig_run(10);
    cr_assert(eq(uint, rig_held(), 1u));
    cr_assert(eq(ulong, rig_counters().call_queue_length, 1ul));
    rig_close(peer);
    rig_run(20);
    rig_release();
    rig_run(30);
    cr_assert(eq(ulong, rig_counters().executions, 0ul));
    cr_assert(eq(ulong, rig_counters().skipped, 1ul));
    rig_end();
}

Test(handler, a_half_close_is_a_close) /* DC-11 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 0, "sleep", "1000");
    rig_call(peer, 1, "echo", "x");
    rig_run(10);
    world_shutdown(rig_peers[peer].stream);
    rig_run(11);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, ms_of(POINT_SERVER_CLOSE, 0), 10ul));
    rig_run(2000);
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    cr_assert(eq(ulong, rig_counters().skipped, 1ul));
    cr_assert(eq(ulong, rig_counters().output_errors, 1ul));
    rig_end();
}

Test(handler, a_slow_client_does_not_hold_a_handler) /* OV-18 */
{
    rig_begin(NULL);
    for (int i = 0; i < 50; i++)
        rig_call(rig_open(), 0, "blob", "1000000");
    unsigned normal = rig_open();
    rig_call(normal, 0, "echo", "x");
    rig_hear(normal);
    cr_assert(eq(ulong, rig_reply(normal, 0)->at_ns, 0ul));
    IS_TEXT(rig_doing("handler/0"), "wait");
    rig_end();
}

Test(handler, a_delay_and_a_throw_can_be_put_before_the_method)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_fault(POINT_SERVER_EXECUTE,
              &(struct point_strike){.effect = EFFECT_DELAY, .by_ns = 300 * WORLD_MS}, 1);
    rig_call(peer, 0, "echo", "x");
    rig_run(500);
    cr_assert(eq(ulong, rig_reply(peer, 0)->at_ns, 300 * WORLD_MS));
    rig_fault(POINT_SERVER_EXECUTE,
              &(struct point_strike){
                  .effect = EFFECT_THROW, .class_name = "java.lang.Error", .message = "m"},
              1);
    rig_call(peer, 1, "echo", "x");
    rig_run(600);
    IS_TEXT(rig_reply(peer, 1)->class_name, "java.lang.Error");
    IS_TEXT(rig_reply(peer, 1)->text, "m");
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    rig_end();
}

Test(handler, a_reply_that_throws_is_never_sent_and_keeps_its_connection_busy)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_fault(POINT_SERVER_REPLY, &(struct point_strike){.effect = EFFECT_THROW}, 1);
    rig_call(peer, 0, "echo", "x");
    rig_call(peer, 1, "echo", "x");
    rig_run(10);
    cr_assert(not(rig_has_reply(peer, 0)));
    cr_assert(rig_has_reply(peer, 1));
    cr_assert(eq(long, rig_connection().rpc_count, 1l));
    rig_end();
}

static uint64_t slow_calls_after(int samples, int64_t threshold)
{
    rig_begin(&(struct rig_options){
        .settings = {{SETTING_SLOW_RPC, 1}, {SETTING_SLOW_RPC_THRESHOLD, threshold}},
        .setting_count = 2});
    unsigned peer = rig_open();
    for (int i = 0; i < samples; i++) {
        rig_call(peer, i, "sleep", i % 2 == 0 ? "9" : "11");
        rig_run_deaf(world_now(rig_world) / WORLD_MS + 11);
        rig_peers[peer].reply_count = 0;
        rig_read(peer);
    }
    rig_call(peer, samples, "sleep", "10000");
    rig_run_deaf(world_now(rig_world) / WORLD_MS + 10001);
    uint64_t slow = rig_counters().slow_calls;
    rig_end();
    return slow;
}

Test(handler, a_slow_call_counts_after_1025_others) /* SH-19 */
{
    cr_assert(eq(ulong, slow_calls_after(1025, 0), 1ul));
}

Test(handler, a_slow_call_does_not_count_after_1024_others) /* SH-19 */
{
    cr_assert(eq(ulong, slow_calls_after(1024, 0), 0ul));
}

Test(handler, a_slow_call_does_not_count_below_the_threshold) /* SH-19 */
{
    cr_assert(eq(ulong, slow_calls_after(1025, 20000), 0ul));
}
