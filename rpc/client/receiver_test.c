#include "rpc/client/receiver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* Times are milliseconds; names in comments are those of the scenario catalogue. */

static struct stage *open_with(enum release_id release, int64_t rpc_timeout_ms)
{
    struct stage *stage = stage_create(release);
    stage->remote.rpc_timeout_ms = rpc_timeout_ms;
    stage_start(stage);
    return stage;
}

/* SH-01 */
Test(receiver, keeps_a_long_call_alive_by_pings_and_closes_at_once_after_its_reply)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 150000);
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 150001);
        cr_assert(stage_returned(call, "ho", 150000));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 2));
        cr_assert(eq(u64, stage_got_ms(stage, 0, WIRE_PING, 1), 60000));
        cr_assert(eq(u64, stage_got_ms(stage, 0, WIRE_PING, 2), 120000));
        cr_assert(eq(u64, stage->links[0].ended_ms, 150000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_PING), 2));
        stage_free(stage);
    }
}

/* SH-02 */
Test(receiver, waits_for_ever_on_a_frozen_server_without_an_rpc_timeout)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 600000);
        cr_assert(not(call->done));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_PING), 10));
        stage_free(stage);
    }
}

/* SH-03, SH-05 */
Test(receiver, times_out_after_r_of_silence_and_the_next_call_has_a_new_connection)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = open_with(release, 5000);
        struct stage_call *late = stage_call(stage, "hi");
        stage_until(stage, 8000);
        cr_assert(stage_ended(late, "read_timeout", 5000));
        cr_assert(stage_is(late->outcome->class_name, "java.net.SocketTimeoutException"));
        cr_assert(
            stage_has(late->outcome->message,
                      release <= RELEASE_1_2
                          ? "Call to nn/10.0.0.2:8020 failed on socket timeout exception: "
                            "java.net.SocketTimeoutException: 5000 millis"
                          : "Call From client1/10.0.0.1 to nn:8020 failed on socket timeout "
                            "exception: java.net.SocketTimeoutException: 5000 millis timeout while "
                            "waiting for channel to be ready for read. ch : "
                            "java.nio.channels.SocketChannel[connected local=/10.0.0.1:"));
        if (release > RELEASE_1_2)
            cr_assert(
                stage_has(late->outcome->message,
                          "; For more details see:  http://wiki.apache.org/hadoop/SocketTimeout"));
        cr_assert(stage_has(late->outcome->cause_message, "5000 millis timeout"));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        cr_assert(eq(u64, stage->links[0].ended_ms, 5000));
        stage->echoes = true;
        struct stage_call *next = stage_call(stage, "again");
        stage_until(stage, 8001);
        cr_assert(stage_returned(next, "again", 8000));
        cr_assert(ne(u32, client_call_connection(next->call), client_call_connection(late->call)));
        stage_free(stage);
    }
}

/* SH-04 */
Test(receiver, of_3_4_rounds_the_rpc_timeout_up_to_whole_pings)
{
    static const struct {
        int64_t rpc;
        uint64_t ends;
        size_t pings;
        const char *text;
    } cases[] = {
        {100000, 120000, 1, "60000 millis timeout"},
        {120000, 120000, 1, "60000 millis timeout"},
        {120001, 180000, 2, "60000 millis timeout"},
        {50000, 50000, 0, "50000 millis timeout"},
    };
    for (int i = 0; i < 4; i++) {
        struct stage *stage = open_with(RELEASE_3_4, cases[i].rpc);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 200000);
        cr_assert(stage_ended(call, "read_timeout", cases[i].ends));
        cr_assert(stage_has(call->outcome->message, cases[i].text));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), cases[i].pings));
        stage_free(stage);
    }
}

/* SH-05 */
Test(receiver, sends_no_pings_when_they_are_switched_off)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        for (int limited = 0; limited < 2; limited++) {
            struct stage *stage = stage_create(release);
            stage->settings.value[SETTING_PING] = 0;
            stage->remote.rpc_timeout_ms = limited ? 90000 : 0;
            stage_start(stage);
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, 1000000);
            if (limited)
                cr_assert(stage_ended(call, "read_timeout", 90000));
            else
                cr_assert(not(call->done));
            cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
            stage_free(stage);
        }
    }
}

/* SH-06 */
Test(receiver, fails_every_call_of_the_connection_also_one_that_is_young)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = open_with(release, 1000);
        struct stage_call *old = stage_call(stage, "old");
        stage_until(stage, 999);
        struct stage_call *young = stage_call(stage, "young");
        stage_until(stage, 1001);
        cr_assert(stage_ended(old, "read_timeout", 1000));
        cr_assert(stage_ended(young, "read_timeout", 1000));
        stage_free(stage);
    }
}

/* SH-07 */
Test(receiver, does_not_time_out_a_stuck_call_while_its_neighbours_are_answered)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = open_with(release, 5000);
        struct stage_call *stuck = stage_call(stage, "stuck");
        for (uint64_t at = 2000; at <= 60000; at += 2000) {
            stage_until(stage, at);
            struct stage_call *quick = stage_call(stage, "quick");
            stage_until(stage, at);
            stage_reply(stage, 0, client_call_id(quick->call), "done");
            stage_until(stage, at + 1);
            cr_assert(stage_returned(quick, "done", at));
        }
        cr_assert(not(stuck->done));
        stage_until(stage, 70000);
        cr_assert(stage_ended(stuck, "read_timeout", 65000));
        stage_free(stage);
    }
}

/* SH-08 */
Test(receiver, never_times_out_a_reply_that_dribbles)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = open_with(release, 5000);
        struct stage_call *call = stage_call(stage, "hi");
        struct wire_buffer bytes = {0};
        stage_encode_reply(stage, 0, "a value that takes its time", &bytes);
        for (size_t i = 0; i < bytes.length; i++) {
            stage_until(stage, (i + 1) * 4000);
            stage_send(stage, 0, bytes.data + i, 1);
        }
        stage_until(stage, bytes.length * 4000 + 1);
        cr_assert(stage_returned(call, "a value that takes its time", bytes.length * 4000));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

/* SH-15 */
Test(receiver, does_not_ping_while_replies_come)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[3];
        for (int i = 0; i < 3; i++)
            calls[i] = stage_call(stage, "hi");
        for (int i = 0; i < 3; i++) {
            stage_until(stage, (uint64_t)(i + 1) * 50000);
            stage_reply(stage, 0, i, "ho");
        }
        stage_until(stage, 150001);
        cr_assert(stage_returned(calls[2], "ho", 150000));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        stage_free(stage);
    }
}

/* behaviour.md 4.8, measured on 3.4.3 */
Test(receiver, of_3_4_pings_and_times_out_as_was_measured)
{
    struct stage *stage = stage_create(RELEASE_3_4);
    stage->settings.value[SETTING_PING_INTERVAL] = 300;
    stage->remote.rpc_timeout_ms = 1000;
    stage_start(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 2000);
    cr_assert(stage_ended(call, "read_timeout", 1200));
    cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 3));
    cr_assert(eq(u64, stage_got_ms(stage, 0, WIRE_PING, 3), 900));
    cr_assert(stage_has(call->outcome->message, "300 millis timeout"));
    stage_free(stage);
}

/* ID-01 */
Test(receiver, closes_an_idle_connection_counting_from_the_start_of_the_last_read)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 5);
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 9999);
        cr_assert(stage_returned(call, "ho", 5));
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 1));
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
        stage_until(stage, 10000);
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_END));
        cr_assert(eq(u64, stage->links[0].ended_ms, 10000));
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_IDLE, 1)->at_ms, 10000));
        cr_assert(stage_is(stage_event(stage, POINT_CLIENT_CLOSE, 1)->text, "idle"));
        stage_free(stage);
    }
}

/* ID-02 */
Test(receiver, closes_at_once_after_a_call_longer_than_the_idle_time)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 12000);
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 12001);
        cr_assert(stage_returned(call, "ho", 12000));
        cr_assert(eq(u64, stage->links[0].ended_ms, 12000));
        struct stage_call *next = stage_call(stage, "hi");
        stage_until(stage, 12002);
        cr_assert(eq(sz, stage->link_count, 2));
        cr_assert(not(next->done));
        stage_free(stage);
    }
}

/* ID-04 */
Test(receiver, keeps_to_a_large_idle_time)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_MAX_IDLE] = 3600000;
        stage->echoes = true;
        stage_start(stage);
        stage_call(stage, "hi");
        stage_until(stage, 3599999);
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
        stage_until(stage, 3600000);
        cr_assert(eq(u64, stage->links[0].ended_ms, 3600000));
        stage_free(stage);
    }
}

/* ID-14 */
Test(receiver, serves_a_call_that_races_the_idle_close_one_way_or_the_other)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 9999);
        stage_hold(stage, POINT_CLIENT_IDLE, 1);
        stage_until(stage, 10000);
        struct stage_call *call = stage_call(stage, "just in time");
        stage_until(stage, 10001);
        stage_release(stage);
        stage_until(stage, 10002);
        cr_assert(stage_returned(call, "just in time", 10001));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_until(stage, 30000);
        struct stage_call *late = stage_call(stage, "too late");
        stage_until(stage, 30001);
        cr_assert(stage_returned(late, "too late", 30000));
        cr_assert(eq(sz, stage->link_count, 2));
        stage_free(stage);
    }
}

/* ID-17 */
Test(receiver, closes_early_when_the_wall_clock_has_jumped)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 100);
        world_clock_jump(stage->here, (int64_t)(3600 * WORLD_SEC));
        stage_until(stage, 200);
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 201);
        cr_assert(stage_returned(call, "ho", 200));
        cr_assert(eq(u64, stage->links[0].ended_ms, 200));
        stage_free(stage);
    }
}

/* net/SocketIOWithTimeout.java: a select that is over looks at the wall clock. */
Test(receiver, waits_longer_for_its_ping_when_the_wall_clock_was_set_back)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_call(stage, "hi");
        stage_until(stage, 100);
        world_clock_jump(stage->here, -(int64_t)(30 * WORLD_SEC));
        stage_until(stage, 89999);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        stage_until(stage, 90001);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 1));
        stage_free(stage);
    }
}

/* DC-12 */
Test(receiver, does_not_notice_while_idle_that_the_server_has_closed)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 3000);
        stage_close(stage, 0, false);
        stage_until(stage, 5000);
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 1));
        struct stage_call *stale = stage_call(stage, "stale");
        stage_until(stage, 5001);
        cr_assert(stale->done);
        cr_assert(eq(u64, stale->at_ms, 5000));
        cr_assert(stale->outcome->ending == CLIENT_EOF || stale->outcome->ending == CLIENT_RESET);
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 5002);
        cr_assert(stage_returned(next, "next", 5001));
        cr_assert(eq(sz, stage->link_count, 2));
        stage_free(stage);
    }
}

/* DC-17 */
Test(receiver, of_3_4_times_out_when_the_cable_is_pulled)
{
    struct stage *stage = open_with(RELEASE_3_4, 120000);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 1000);
    world_partition(stage->here, stage->there, true);
    stage_until(stage, 130000);
    cr_assert(stage_ended(call, "read_timeout", 120000));
    stage_free(stage);
}

Test(receiver, hears_of_a_pulled_cable_when_the_kernel_gives_up_on_its_ping)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        world_partition(stage->here, stage->there, true);
        stage_until(stage, 1000000);
        cr_assert(stage_ended(call, "reset", 60000 + 924000));
        cr_assert(stage_has(call->outcome->message, "java.io.IOException: Connection timed out"));
        stage_free(stage);
    }
}

/* DC-18 */
Test(receiver, and_callers_block_behind_a_stalled_write)
{
    const char *body = stage_long_text();
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        struct stage_call *first = stage_call(stage, body);
        stage_until(stage, 1000);
        cr_assert(stage_is(client_call_doing(first->call), "write"));
        struct stage_call *second = stage_call(stage, "second");
        stage_until(stage, 60001);
        cr_assert(stage_is(client_call_doing(second->call), "write_lock"));
        struct client_connection_view view;
        cr_assert(eq(sz, client_connections(stage->client, &view, 1), 1));
        cr_assert(stage_is(view.doing, "ping"));
        stage_until(stage, 70000);
        struct stage_call *third = stage_call(stage, "third");
        stage_until(stage, 100000);
        cr_assert(stage_is(client_call_doing(third->call), "add"));
        stage_hear(stage, 0);
        stage_until(stage, 101001);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 3));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 1));
        for (int i = 0; i < 3; i++)
            stage_reply(stage, 0, i, "ho");
        stage_until(stage, 101002);
        cr_assert(stage_returned(first, "ho", 101001));
        cr_assert(stage_returned(third, "ho", 101001));
        stage_free(stage);
    }
}

Test(receiver, that_times_out_cannot_close_past_a_stalled_write)
{
    const char *body = stage_long_text();
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.rpc_timeout_ms = 5000;
        stage->deaf = true;
        stage_start(stage);
        struct stage_call *stuck = stage_call(stage, body);
        stage_until(stage, 20000);
        cr_assert(not(stuck->done));
        cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CLOSE, 1)->at_ms, 5000));
        stage->deaf = false;
        stage->echoes = true;
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 20001);
        cr_assert(stage_returned(other, "other", 20000)); /* the pool has a new connection */
        stage_hear(stage, 0);
        stage_until(stage, 21000);
        cr_assert(stage_ended(stuck, "read_timeout", 20001));
        stage_free(stage);
    }
}

/* PU-01's client: what stops the receiver stops nobody else. */
Test(receiver, can_stand_still_while_callers_write)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_hold(stage, POINT_CLIENT_READ, 1);
        struct stage_call *stuck = stage_call(stage, "stuck");
        stage_until(stage, 1000);
        cr_assert(eq(sz, stage->held_count, 1));
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 70000);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 2));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        cr_assert(not(stuck->done));
        stage_release(stage);
        stage_until(stage, 70001);
        cr_assert(stage_returned(stuck, "stuck", 70000));
        cr_assert(stage_returned(other, "other", 70000));
        stage_free(stage);
    }
}
