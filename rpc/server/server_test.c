/* Accepting, stopping, ending. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

Test(server, bound_but_not_started_it_accepts_nothing) /* SH-16 */
{
    rig_begin(&(struct rig_options){.not_started = true});
    unsigned peer = rig_open();
    rig_call(peer, 0, "echo", "x");
    rig_run(3000);
    cr_assert(eq(ulong, rig_counters().accepted, 0ul));
    server_start(rig_server);
    rig_run(3001);
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    rig_end();
}

Test(server, readers_are_taken_in_turn_beginning_with_the_second)
{
    rig_begin(&(struct rig_options){.settings = {{SETTING_READERS, 3}}, .setting_count = 1});
    for (int i = 0; i < 4; i++)
        rig_open();
    rig_settle();
    static const int64_t readers[] = {1, 2, 0, 1};
    for (size_t i = 0; i < 4; i++)
        cr_assert(eq(long, rig_nth(POINT_SERVER_ACCEPT, i)->values[FIELD_READER], readers[i]));
    rig_end();
}

Test(server, without_descriptors_the_listener_tries_again_and_nobody_is_lost) /* OV-12 */
{
    rig_begin(NULL);
    unsigned before = rig_open();
    rig_settle();
    rig_fault(POINT_SERVER_ACCEPT,
              &(struct point_strike){.effect = EFFECT_ERROR, .error = RPC_NO_DESCRIPTORS},
              UINT32_MAX);
    unsigned peer = rig_open();
    rig_call(peer, 0, "echo", "x");
    rig_call(before, 0, "echo", "x");
    rig_run(1000);
    cr_assert(rig_has_reply(before, 0));
    cr_assert(eq(ulong, rig_counters().accepted, 1ul));
    cr_assert(rig_strikes() > 900);
    rig_fault(POINT_SERVER_ACCEPT, &(struct point_strike){.effect = EFFECT_ERROR}, 0);
    rig_run(1002);
    cr_assert(rig_has_reply(peer, 0));
    rig_end();
}

Test(server, the_connection_beyond_the_maximum_is_closed_at_once) /* OV-13 */
{
    rig_begin(
        &(struct rig_options){.settings = {{SETTING_CONNECTIONS_MAX, 3}}, .setting_count = 1});
    for (int i = 0; i < 3; i++)
        rig_open();
    rig_settle();
    unsigned fourth = rig_dial();
    rig_run(1);
    cr_assert(eq(int, (int)rig_peers[fourth].ended, RPC_END));
    cr_assert(eq(ulong, rig_peers[fourth].bytes, 0ul));
    cr_assert(eq(ulong, rig_counters().dropped_connections, 1ul));
    cr_assert(eq(ulong, rig_counters().open_connections, 3ul));
    IS_TEXT(rig_nth(POINT_SERVER_REFUSE, 0)->text, "max_connections");
    rig_close(0);
    rig_run(2);
    unsigned fifth = rig_open();
    rig_call(fifth, 0, "echo", "x");
    rig_run(3);
    cr_assert(rig_has_reply(fifth, 0));
    rig_end();
}

Test(server, stop_executes_nothing_that_is_queued) /* SD-06 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 0, "hang", "");
    for (int i = 1; i < 6; i++)
        rig_call(peer, i, "echo", "x");
    rig_run(1000);
    rig_stop();
    rig_hear(peer);
    cr_assert(eq(uint, rig_stops_done(), 1u));
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, rig_peers[peer].reply_count, 0ul));
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    cr_assert(server_call_interrupted(rig_hung));
    /* It finishes all the same, and meets a closed channel. */
    server_call_return(rig_hung, wire_text("x"));
    server_call_finish(rig_hung);
    rig_settle();
    cr_assert(eq(ulong, rig_counters().output_errors, 1ul));
    rig_end();
}

Test(server, of_3_4_that_stops_frees_a_reader_that_stands_before_the_queue) /* SD-05 */
{
    rig_begin(&(struct rig_options){
        .release = "3.4", .queue = 1, .settings = {{SETTING_READER_QUEUE, 1}}, .setting_count = 1});
    for (int i = 0; i < 8; i++) {
        unsigned peer = rig_open();
        rig_call(peer, 0, "hang", "");
        rig_call(peer, 1, "hang", "");
        rig_run_deaf((uint64_t)i + 1);
    }
    IS_TEXT(rig_doing("reader/0"), "put");
    IS_TEXT(rig_doing("listener"), "put");
    rig_stop();
    rig_run(20);
    cr_assert(eq(uint, rig_stops_done(), 1u));
    for (unsigned i = 0; i < 8; i++)
        cr_assert(ne(int, (int)rig_peers[i].ended, RPC_OK), "peer %u", i);
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    rig_end();
}

Test(server, a_second_stop_is_harmless_and_done_is_told_again) /* SD-14 */
{
    rig_begin(NULL);
    rig_open();
    rig_settle();
    rig_stop();
    rig_stop();
    cr_assert(eq(uint, rig_stops_done(), 2u));
    rig_end();
}

Test(server, after_stop_no_scan_and_no_select_is_left) /* SD-17 */
{
    rig_begin(NULL);
    rig_open();
    rig_run(1000);
    server_stop(rig_server, NULL, NULL);
    rig_settle();
    size_t events = rig_event_count;
    rig_run_deaf(3600000);
    cr_assert(eq(ulong, rig_event_count, events));
    rig_end();
}

Test(server, a_killed_one_tells_nothing)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 0, "hang", "");
    rig_run(10);
    server_kill(rig_server);
    rig_hear(peer);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_CLOSE), 0ul));
    rig_end();
}

Test(server, it_can_be_freed_while_calls_and_connections_are_alive)
{
    rig_begin(&(struct rig_options){.queue = 1, .release = "2.6"});
    for (int i = 0; i < 6; i++) {
        unsigned peer = rig_open();
        rig_call(peer, 0, i == 0 ? "blob" : "hang", "1000000");
    }
    rig_settle();
    for (unsigned i = 0; i < 6; i++)
        rig_close(i);
    rig_free();
}
