/* Reading, and standing before a full queue. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

Test(reader, three_requests_in_one_segment_take_three_passes) /* SW-15 */
{
    rig_begin(&(struct rig_options){.handlers = 1});
    unsigned first = rig_open(), other = rig_open();
    rig_settle();
    size_t before = rig_count(POINT_SERVER_PUT);
    cr_assert(eq(ulong, before, 0ul));
    for (int i = 0; i < 3; i++)
        rig_call(first, i, "echo", "x");
    rig_call(other, 10, "echo", "x");
    rig_settle();
    static const int32_t order[] = {0, 10, 1, 2};
    for (size_t i = 0; i < 4; i++)
        cr_assert(eq(int, rig_nth(POINT_SERVER_PUT, i)->call_id, order[i]), "the %zu. put", i);
    rig_end();
}

Test(reader, a_ping_takes_a_pass_of_its_own) /* SW-15 */
{
    struct wire_message ping = wire_message(WIRE_PING);
    rig_begin(NULL);
    unsigned first = rig_open(), other = rig_open();
    rig_settle();
    rig_send_message(first, &ping);
    rig_call(first, 0, "echo", "x");
    rig_call(other, 10, "echo", "x");
    rig_settle();
    cr_assert(eq(int, rig_nth(POINT_SERVER_PUT, 0)->call_id, 10));
    rig_end();
}

Test(reader, no_read_is_larger_than_8192_bytes_or_its_piece) /* SW-04 */
{
    static char text[20001];
    memset(text, 'x', 20000);
    unsigned peer = rig_meet("3.4");
    size_t before = rig_count(POINT_SERVER_READ);
    cr_assert(eq(long, rig_nth(POINT_SERVER_READ, 0)->values[FIELD_BYTES], 4l));
    cr_assert(eq(long, rig_nth(POINT_SERVER_READ, 1)->values[FIELD_BYTES], 3l));
    rig_call(peer, 0, "echo", text);
    rig_settle();
    static const int64_t sizes[] = {4, 8192, 8192};
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(long, rig_nth(POINT_SERVER_READ, before + i)->values[FIELD_BYTES], sizes[i]));
    rig_read(peer);
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 20000ul));
    rig_end();
}

Test(reader, byte_by_byte_a_request_is_executed_once) /* SW-13 */
{
    rig_begin(NULL);
    rig_fault(POINT_SERVER_READ, &(struct point_strike){.effect = EFFECT_SHORT, .bytes = 1},
              UINT32_MAX);
    unsigned peer = rig_open();
    rig_call(peer, 0, "echo", "hi");
    rig_hear(peer);
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 2ul));
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    rig_end();
}

Test(reader, an_error_of_the_socket_closes)
{
    unsigned peer = rig_meet("3.4");
    rig_fault(POINT_SERVER_READ, &(struct point_strike){.effect = EFFECT_ERROR, .error = RPC_RESET},
              1);
    rig_call(peer, 0, "echo", "hi");
    rig_settle();
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "reset");
    cr_assert(eq(ulong, rig_counters().executions, 0ul));
    rig_end();
}

Test(reader, a_full_queue_stops_it_and_nothing_is_lost) /* OV-01 */
{
    rig_begin(&(struct rig_options){.release = "2.6", .queue = 5});
    unsigned peer = rig_open();
    rig_call(peer, 0, "hang", "");
    for (int i = 1; i < 50; i++)
        rig_call(peer, i, "sleep", "10");
    rig_settle();
    cr_assert(eq(ulong, rig_count(POINT_SERVER_PUT), 6ul));
    cr_assert(eq(ulong, rig_counters().call_queue_length, 5ul));
    IS_TEXT(rig_doing("reader/0"), "put");
    size_t reads = rig_count(POINT_SERVER_READ);
    rig_run(1000);
    cr_assert(eq(ulong, rig_count(POINT_SERVER_READ), reads));
    /* Pings and ends are not seen either. */
    unsigned other = rig_open();
    rig_run(1001);
    cr_assert(eq(ulong, rig_count(POINT_SERVER_READ), reads));
    (void)other;

    server_call_return(rig_hung, wire_text("x"));
    server_call_finish(rig_hung);
    rig_run(2000);
    for (int i = 0; i < 50; i++)
        cr_assert(rig_has_reply(peer, i));
    for (size_t i = 0; i < 50; i++)
        cr_assert(eq(int, rig_nth(POINT_SERVER_EXECUTE, i)->call_id, (int32_t)i));
    cr_assert(eq(ulong, rig_reply(peer, 49)->at_ns, (1001 + 490) * WORLD_MS));
    rig_end();
}

static void accepts(unsigned readers, unsigned pending, unsigned queue, unsigned clients,
                    unsigned long accepted, const char *release)
{
    rig_begin(&(struct rig_options){
        .release = release,
        .queue = queue,
        .settings = {{SETTING_READERS, (int64_t)readers}, {SETTING_READER_QUEUE, (int64_t)pending}},
        .setting_count = 2});
    for (unsigned i = 0; i < clients; i++) {
        unsigned peer = rig_open();
        rig_call(peer, 0, i == 0 ? "hang" : "echo", "x");
        rig_run_deaf(i + 1);
    }
    rig_run_deaf(1000);
    cr_assert(eq(ulong, rig_counters().open_connections, accepted));
    IS_TEXT(rig_doing("listener"), "put");
    server_call_return(rig_hung, wire_text("x"));
    server_call_finish(rig_hung);
    rig_run(2000);
    cr_assert(eq(ulong, rig_counters().open_connections, clients));
    for (unsigned i = 0; i < clients; i++)
        cr_assert(rig_has_reply(i, 0), "client %u", i);
    rig_end();
}

Test(reader, one_reader_one_pending_one_queued_accept_five) /* OV-04 */
{
    accepts(1, 1, 1, 10, 5, "2.6");
}

Test(reader, one_reader_one_pending_one_queued_accept_five_in_3x) /* OV-04 */
{
    accepts(1, 1, 1, 10, 5, "3.4");
}

Test(reader, four_readers_five_pending_two_queued_accept_28) /* OV-04 */
{
    accepts(4, 5, 2, 56, 28, "2.6");
}

/* One call runs, one is queued, and one too many comes. */
static void overflow(unsigned peer)
{
    rig_call(peer, 0, "hang", "");
    rig_settle();
    rig_call(peer, 1, "echo", "x");
    rig_call(peer, 2, "echo", "x");
    rig_hear(peer);
}

Test(reader, with_back_off_a_full_queue_refuses_and_closes) /* OV-07 */
{
    rig_begin(
        &(struct rig_options){.queue = 1, .settings = {{SETTING_BACKOFF, 1}}, .setting_count = 1});
    unsigned peer = rig_open();
    overflow(peer);
    cr_assert(eq(ulong, rig_peers[peer].reply_count, 1ul));
    const struct rig_reply *reply = rig_reply(peer, 2);
    cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
    cr_assert(eq(int, reply->code, WIRE_ERROR_RPC_SERVER));
    cr_assert(eq(int, reply->retry, 0));
    IS_TEXT(reply->class_name, "org.apache.hadoop.ipc.RetriableException");
    IS_TEXT(reply->text, "Server too busy - disconnecting");
    cr_assert(eq(ulong, rig_peers[peer].bytes, 92ul)); /* wire.md 13.23 */
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, rig_counters().backoffs, 1ul));
    rig_end();
}

Test(reader, with_back_off_and_failover_it_is_a_standby) /* OV-10 */
{
    rig_begin(
        &(struct rig_options){.queue = 1,
                              .settings = {{SETTING_BACKOFF, 1}, {SETTING_OVERFLOW_FAILOVER, 1}},
                              .setting_count = 2});
    unsigned peer = rig_open();
    overflow(peer);
    IS_TEXT(rig_reply(peer, 2)->class_name, "org.apache.hadoop.ipc.StandbyException");
    IS_TEXT(rig_reply(peer, 2)->text, "Server too busy - disconnect and failover");
    rig_end();
}

/* How many calls the server takes in, one running, none in the Reader's hand. */
static void holds(const char *release, unsigned handlers, unsigned queue, unsigned long capacity)
{
    rig_begin(&(struct rig_options){.release = release, .handlers = handlers, .queue = queue});
    unsigned peer = rig_open();
    for (unsigned i = 0; i < handlers + capacity + 5; i++) {
        rig_call(peer, (int32_t)i, "hang", "");
        if (i % 200 == 0)
            rig_settle();
    }
    rig_settle();
    cr_assert(eq(ulong, rig_counters().call_queue_length, capacity));
    rig_quit();
}

Test(reader, the_queue_holds_a_hundred_calls_for_each_handler) /* OV-17 */
{
    holds("3.4", 10, 0, 1000);
}

Test(reader, a_queue_override_is_the_total_in_2x) /* OV-17 */
{
    holds("2.6", 10, 7, 7);
}

Test(reader, a_queue_override_is_for_each_handler_in_3x) /* OV-17 */
{
    holds("3.4", 10, 7, 70);
}
