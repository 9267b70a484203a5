#include "rpc/client/client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

Test(client, gives_a_call_its_value)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 5);
        cr_assert(stage_returned(call, "hi", 0));
        cr_assert(eq(sz, stage->link_count, 1));
        cr_assert(stage_is(stage->links[0].messages[1].text, "alice"));
        stage_free(stage);
    }
}

/* RC-14 */
Test(client, has_one_connection_for_each_connection_id)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->echoes = true;
        struct release_settings idle = stage->settings, retries = stage->settings,
                                class = stage->settings;
        idle.value[SETTING_MAX_IDLE] = 9000;
        retries.value[SETTING_CONNECT_RETRIES] = 3;
        class.value[SETTING_CONNECT_TIMEOUT_RETRIES] = 3;
        stage_start(stage);
        struct client_remote same = stage->remote, remotes[9];
        for (int i = 0; i < 9; i++)
            remotes[i] = same;
        remotes[2].protocol = "org.example.Other";
        remotes[3].user = "bob";
        remotes[4].login = 2;
        remotes[5].rpc_timeout_ms = 5000;
        remotes[6].rpc_timeout_ms = -1;
        remotes[7].settings = &idle;
        remotes[8].settings = &retries;
        for (int i = 0; i < 9; i++) {
            stage_call_to(stage, &remotes[i], "hi", NULL);
            stage_until(stage, (uint64_t)i);
            size_t keys = i == 0 ? 1 : (size_t)i;
            if (release == RELEASE_0_20 && i > 4) /* has no rpc time-out */
                keys = i < 7 ? 4 : (size_t)i - 2;
            cr_assert(eq(sz, stage->link_count, keys));
        }
        same.settings = &class;
        same.own_service_class = true;
        stage_call_to(stage, &same, "hi", NULL);
        stage_until(stage, 10);
        cr_assert(eq(sz, stage->link_count, release == RELEASE_0_20 ? 6 : 8));
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), stage->link_count));
        stage_free(stage);
    }
}

/* SD-01 */
Test(client, stops_when_idle_at_once_or_at_its_next_look)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 1000);
        stage_stop(stage);
        stage_until(stage, 2000);
        cr_assert(eq(u64, stage->stopped_ms, release <= RELEASE_2_6 ? 1100 : 1000));
        cr_assert(eq(u64, stage->links[0].ended_ms, 1000));
        stage_free(stage);
    }
}

Test(client, without_connections_stops_at_once)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_stop(stage);
        stage_until(stage, 1);
        cr_assert(eq(u64, stage->stopped_ms, 0));
        stage_free(stage);
    }
}

/* SD-02 */
Test(client, that_stops_interrupts_the_read_of_a_pending_call)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        stage_stop(stage);
        stage_until(stage, 2000);
        cr_assert(stage_ended(call, "stopped", 1000));
        cr_assert(stage_is(call->outcome->cause_class, "java.io.InterruptedIOException"));
        cr_assert(stage_has(call->outcome->cause_message,
                            release <= RELEASE_2_6
                                ? "Interruped while waiting for IO on channel "
                                  "java.nio.channels.SocketChannel[connected local=/10.0.0.1:"
                                : "Interrupted while waiting for IO on channel "));
        cr_assert(stage_has(call->outcome->cause_message,
                            release <= RELEASE_2_6
                                ? "]. 59000 millis timeout left."
                                : "]. Total timeout mills is 60000, 59000 millis timeout left."));
        cr_assert(stage_is(call->outcome->class_name, release <= RELEASE_2_6
                                                          ? "java.io.IOException"
                                                          : "java.io.InterruptedIOException"));
        cr_assert(eq(u64, stage->stopped_ms, release <= RELEASE_2_6 ? 1100 : 1000));
        stage_free(stage);
    }
}

/* SD-03 */
Test(client, that_stops_waits_for_the_read_of_a_plain_socket)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->config.plain_sockets = true;
        stage_start(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        stage_stop(stage);
        stage_until(stage, 70000);
        cr_assert(stage_ended(call, "read_timeout", 60000));
        cr_assert(stage_is(call->outcome->class_name, "java.net.SocketTimeoutException"));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        cr_assert(ge(u64, stage->stopped_ms, 60000));
        cr_assert(le(u64, stage->stopped_ms, 60100));
        stage_free(stage);
    }
}

/* SD-08 */
Test(client, that_stops_while_connecting_waits_in_2_6_and_interrupts_in_3_4)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage_begin(stage);
        stage_drop_connects(stage, 1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        stage_stop(stage);
        stage_until(stage, 1000000);
        if (release <= RELEASE_2_6) {
            uint64_t end = release <= RELEASE_1_2 ? 965000 : 920000;
            cr_assert(stage_ended(call, "connect_timeout", end));
            cr_assert(ge(u64, stage->stopped_ms, end));
            cr_assert(le(u64, stage->stopped_ms, end + 100));
        } else {
            cr_assert(stage_ended(call, "stopped", 1000));
            cr_assert(stage_is(call->outcome->class_name, "java.io.InterruptedIOException"));
            cr_assert(eq(u64, stage->stopped_ms, 1000));
        }
        stage_free(stage);
    }
}

/* SD-14 */
Test(client, can_be_stopped_twice_and_refuses_calls_then)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_stop(stage);
        stage_until(stage, 1);
        stage->stopped_ms = UINT64_MAX;
        stage_stop(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 2);
        cr_assert(eq(u64, stage->stopped_ms, 1));
        cr_assert(stage_ended(call, "stopped", 1));
        cr_assert(stage_is(call->outcome->class_name, "java.io.IOException"));
        if (release <= RELEASE_2_6)
            cr_assert(stage_is(call->outcome->message, "The client is stopped"));
        else
            cr_assert(stage_has(call->outcome->message,
                                "Failed to get connection for nn/10.0.0.2:8020, Call0: Client-"));
        stage_free(stage);
    }
}

/* 4.11: a writer that is stuck holds the pool of 2.x for a minute, and is interrupted then. */
Test(client, of_2_6_stops_a_minute_later_when_its_sender_is_stuck)
{
    struct stage *stage = stage_deaf(RELEASE_2_6);
    struct stage_call *call = stage_call(stage, stage_long_text());
    stage_until(stage, 1000);
    stage_stop(stage);
    stage_until(stage, 100000);
    cr_assert(eq(u64, stage->stopped_ms, 61100));
    cr_assert(stage_ended(call, "stopped", 61100));
    stage_free(stage);
}

/* 4.1: whether to ping is part of the key from 2.x on, and an interval then only if it pings. */
Test(client, has_connections_by_ping_as_its_release_keys_them)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = stage_create(release);
        stage->echoes = true;
        struct release_settings silent = stage->settings, slower;
        silent.value[SETTING_PING] = 0;
        slower = silent;
        slower.value[SETTING_PING_INTERVAL] = 90000;
        stage_start(stage);
        struct client_remote remotes[] = {stage->remote, stage->remote, stage->remote};
        remotes[1].settings = &silent;
        remotes[2].settings = &slower;
        size_t old[] = {1, 1, 2}, later[] = {1, 2, 2};
        for (size_t i = 0; i < 3; i++) {
            stage_call_to(stage, &remotes[i], "hi", NULL);
            stage_until(stage, i + 1);
            cr_assert(eq(sz, stage->link_count, release == RELEASE_1_2 ? old[i] : later[i]));
        }
        stage_free(stage);
    }
}
