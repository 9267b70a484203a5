#include "rpc/client/setup.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* RC-01 */
Test(setup, makes_46_attempts_at_a_black_hole_and_rests_after_each_before_2_x_only)
{
    STAGE_EACH_RELEASE(release)
    {
        bool rests = release <= RELEASE_1_2;
        uint64_t each = rests ? 21000 : 20000, end = 45 * each + 20000;
        struct stage *stage = stage_lonely(release);
        stage_drop_connects(stage, 1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, end - 1);
        cr_assert(not(call->done));
        stage_until(stage, 1000000);
        cr_assert(stage_ended(call, "connect_timeout", end));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 46));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_SLEEP), rests ? 45 : 0));
        for (size_t i = 0; i < 46; i++)
            cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CONNECT, i + 1)->at_ms, i * each));
        cr_assert(stage_is(call->outcome->class_name,
                           rests ? "java.net.SocketTimeoutException"
                                 : "org.apache.hadoop.net.ConnectTimeoutException"));
        if (rests)
            cr_assert(stage_has(call->outcome->message,
                                "Call to nn/10.0.0.2:8020 failed on socket timeout exception: "
                                "java.net.SocketTimeoutException: 20000 millis timeout"));
        cr_assert(stage_has(call->outcome->message,
                            "20000 millis timeout while waiting for channel to be ready for "
                            "connect. ch : java.nio.channels.SocketChannel[connection-pending "
                            "remote=nn/10.0.0.2:8020]"));
        stage_free(stage);
    }
}

Test(setup, logs_in_1_2_how_many_attempts_there_may_be)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        stage_drop_connects(stage, 1);
        stage_call(stage, "hi");
        stage_until(stage, 21000);
        cr_assert(stage_is(stage_event(stage, POINT_LOG, 1)->text,
                           release == RELEASE_0_20
                               ? "Retrying connect to server: nn/10.0.0.2:8020. Already tried 0 "
                                 "time(s)."
                               : "Retrying connect to server: nn/10.0.0.2:8020. Already tried 0 "
                                 "time(s); maxRetries=45"));
        stage_free(stage);
    }
}

Test(setup, times_out_as_well_when_the_syn_is_lost_for_good)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_TIMEOUT] = 500;
        stage->settings.value[SETTING_CONNECT_TIMEOUT_RETRIES] = 2;
        stage_begin(stage);
        world_partition(stage->here, stage->there, true);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 5000);
        cr_assert(stage_ended(call, "connect_timeout", 1500));
        stage_free(stage);
    }
}

/* RC-02 */
Test(setup, tries_eleven_times_a_second_apart_when_refused)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        cr_assert(stage_is(client_call_doing(call->call), "sleep"));
        stage_until(stage, 20000);
        cr_assert(stage_refused(call, 10000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        for (size_t i = 0; i < 11; i++) {
            const struct stage_event *event = stage_event(stage, POINT_CLIENT_CONNECT, i + 1);
            cr_assert(eq(u64, event->at_ms, i * 1000));
            cr_assert(stage_is(event->text, "refused"));
            cr_assert(eq(i64, event->number, (int64_t)i + 1));
        }
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        stage_free(stage);
    }
}

Test(setup, tries_once_when_it_may_not_retry)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_RETRIES] = 0;
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1);
        cr_assert(stage_refused(call, 0));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 1));
        stage_free(stage);
    }
}

/* RC-03 */
Test(setup, succeeds_when_the_server_has_come_up)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        stage->echoes = true;
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 2500);
        stage_listen(stage);
        stage_until(stage, 5000);
        cr_assert(stage_returned(call, "hi", 3000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 4));
        stage_free(stage);
    }
}

/* RC-05 */
Test(setup, keeps_to_the_retry_interval)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_RETRIES] = 3;
        stage->settings.value[SETTING_CONNECT_RETRY_INTERVAL] = 100;
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        cr_assert(stage_refused(call, 300));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 4));
        stage_free(stage);
    }
}

/* RC-07 (a) */
Test(setup, is_shared_by_callers_that_have_joined_before)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        struct stage_call *calls[20];
        stage_hold(stage, POINT_CLIENT_SETUP, 20);
        for (int i = 0; i < 20; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 0);
        cr_assert(eq(sz, stage->held_count, 20));
        stage_release(stage);
        stage_until(stage, 30000);
        for (int i = 0; i < 20; i++)
            cr_assert(stage_refused(calls[i], 10000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_SETUP), 1));
        stage_free(stage);
    }
}

/* RC-07 (b) */
Test(setup, keeps_later_callers_out_until_it_has_failed)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        struct stage_call *first = stage_call(stage, "hi");
        stage_until(stage, 500);
        struct stage_call *calls[19];
        for (int i = 0; i < 19; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 9999);
        cr_assert(stage_is(client_call_doing(calls[3]->call), "add"));
        stage_until(stage, 500000);
        cr_assert(stage_refused(first, 10000));
        for (int i = 0; i < 19; i++) {
            cr_assert(calls[i]->done);
            cr_assert(ge(u64, calls[i]->at_ms, 20000));
            cr_assert(stage_refused(calls[i], calls[i]->at_ms));
        }
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT),
                     11 * stage_count(stage, POINT_CLIENT_SETUP)));
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        stage_free(stage);
    }
}

/* RC-13 */
Test(setup, retries_a_socket_factory_that_throws)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        stage_throw(stage, POINT_CLIENT_CONNECT, "java.io.IOException", "no sockets", 1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "setup_failed", 10000));
        cr_assert(stage_is(call->outcome->cause_message, "no sockets"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        stage_free(stage);
    }
}

/* RC-13 (HADOOP-6724), as run on both */
Test(setup, trips_over_the_socket_that_a_factory_did_not_make)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_throw(stage, POINT_CLIENT_CONNECT, "java.io.IOException", "no sockets", 1);
        struct stage_call *first = stage_call(stage, "first");
        stage_until(stage, 10);
        cr_assert(eq(u64, first->at_ms, 0));
        if (release == RELEASE_0_20) {
            cr_assert(stage_is(first->outcome->class_name, "java.lang.NullPointerException"));
            cr_assert(eq(ptr, (void *)(uintptr_t)first->outcome->message, NULL));
        } else {
            cr_assert(stage_is(first->outcome->message,
                               "Call to nn/10.0.0.2:8020 failed on local exception: "
                               "java.io.IOException: Couldn't set up IO streams"));
            cr_assert(stage_is(first->outcome->root_class, "java.lang.NullPointerException"));
        }
        struct stage_call *second = stage_call(stage, "second");
        stage_until(stage, 20);
        cr_assert(stage_returned(second, "second", 10));
        stage_free(stage);
    }
}

/* DC-15 */
Test(setup, leaves_no_half_built_connection_from_1_2_on)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_throw(stage, POINT_CLIENT_STREAMS, "java.lang.RuntimeException", "Injected fault", 1);
        struct stage_call *first = stage_call(stage, "first");
        stage_until(stage, 10);
        cr_assert(stage_ended(first, "internal", 0));
        cr_assert(stage_is(first->outcome->cause_message,
                           release <= RELEASE_2_6
                               ? "Couldn't set up IO streams"
                               : "Couldn't set up IO streams: java.lang.RuntimeException: "
                                 "Injected fault"));
        cr_assert(stage_is(first->outcome->root_message, "Injected fault"));
        struct stage_call *second = stage_call(stage, "second");
        stage_until(stage, 20);
        cr_assert(stage_returned(second, "second", 10));
        stage_free(stage);
    }
}

/* DC-15 (HADOOP-7428) */
Test(setup, of_0_20_keeps_a_half_built_connection_for_ever)
{
    struct stage *stage = stage_open(RELEASE_0_20);
    stage->echoes = true;
    stage_throw(stage, POINT_CLIENT_STREAMS, "java.lang.RuntimeException", "Injected fault", 1);
    struct stage_call *first = stage_call(stage, "first"), *beside = stage_call(stage, "beside");
    stage_until(stage, 10);
    cr_assert(eq(u64, first->at_ms, 0));
    cr_assert(stage_is(first->outcome->class_name, "java.lang.RuntimeException"));
    cr_assert(stage_is(first->outcome->message, "Injected fault"));
    cr_assert(stage_ended(beside, "internal", 0));
    struct stage_call *later = stage_call(stage, "later");
    stage_until(stage, 1000000);
    cr_assert(stage_ended(later, "internal", 10));
    cr_assert(stage_is(later->outcome->class_name, "java.lang.NullPointerException"));
    cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 1));
    cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
    stage_stop(stage);
    stage_until(stage, 2000000);
    cr_assert(eq(u64, stage->stopped_ms, UINT64_MAX));
    cr_assert(client_stop_hangs(stage->client));
    stage_free(stage);
}

/* The NullPointerException is closeConnection's, which has no socket to close. */
Test(setup, of_0_20_keeps_a_connection_that_never_had_a_socket_until_a_later_call)
{
    for (int later = 0; later <= 1; later++) {
        struct stage *stage = stage_open(RELEASE_0_20);
        stage->echoes = true;
        stage_throw(stage, POINT_CLIENT_CONNECT, "java.io.IOException", "no socket", 1);
        struct stage_call *first = stage_call(stage, "first");
        stage_until(stage, 10);
        cr_assert(stage_is(first->outcome->class_name, "java.lang.NullPointerException"));
        struct stage_call *second = later == 1 ? stage_call(stage, "second") : NULL;
        stage_until(stage, 1000);
        cr_assert(later == 0 || stage_ended(second, "value", 10));
        stage_stop(stage);
        cr_assert(eq(int, client_stop_hangs(stage->client), later == 0));
        stage_until(stage, 2000000);
        cr_assert(eq(int, stage->stopped_ms < UINT64_MAX, later == 1));
        stage_free(stage);
    }
}

/* DC-16 (HADOOP-10081) */
Test(setup, leaks_the_socket_of_a_set_up_that_failed_before_2_3)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_throw(stage, POINT_CLIENT_STREAMS, "java.io.IOException", "no streams", 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        cr_assert(eq(u64, call->at_ms, 0));
        cr_assert(eq(int, (int)stage->links[0].ended, release <= RELEASE_2_2 ? RPC_OK : RPC_END));
        stage_free(stage);
    }
}

/* 4.5: what leaves in one piece. */
Test(setup, sends_its_header_at_once_in_2_x_only_the_preamble_before_and_nothing_in_3_4)
{
    STAGE_EACH_RELEASE(release)
    {
        uint64_t first = release <= RELEASE_1_2 ? 6 : release <= RELEASE_2_6 ? 7 : 0;
        struct stage *stage = stage_open(release);
        stage_hold(stage, POINT_CLIENT_ENCODE, 1);
        stage_call(stage, "hi");
        stage_until(stage, 100);
        cr_assert(eq(u64, stage->links[0].bytes, first));
        stage_release(stage);
        stage_until(stage, 200);
        cr_assert(eq(sz, stage->links[0].message_count, 3));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_CONTEXT), 1));
        cr_assert(eq(u64, stage_got_ms(stage, 0, WIRE_CONTEXT, 1), 100));
        cr_assert(stage_is(stage->links[0].messages[1].text, "alice"));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
        cr_assert(stage_is(stage->links[0].messages[2].text, "hi"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_WRITE), first > 0 ? 2 : 1));
        stage_free(stage);
    }
}

/* HT-03 */
Test(setup, sends_the_service_class_of_the_first_creator)
{
    static const int given[] = {-128, 0, 127, -129, 128}, seen[] = {-128, 0, 127, 127, -128};
    STAGE_EACH_NEW_RELEASE(release)
    {
        for (int i = 0; i < 5; i++) {
            struct stage *stage = stage_create(release);
            stage->config.service_class = given[i];
            stage->echoes = true;
            stage_start(stage);
            stage_call(stage, "hi");
            stage_until(stage, 1);
            struct client_remote other = stage->remote;
            other.own_service_class = true;
            other.service_class = 5;
            stage_call_to(stage, &other, "hi", NULL);
            stage_until(stage, 2);
            cr_assert(eq(sz, stage->link_count, 1));
            cr_assert(eq(int, stage->links[0].messages[0].service_class, seen[i]));
            stage_free(stage);
        }
    }
}

/* DC-01, DC-02 */
Test(setup, that_meets_a_server_which_closes_at_once_ends_its_call_once)
{
    STAGE_EACH_RELEASE(release)
    {
        for (int reset = 0; reset < 2; reset++) {
            struct stage *stage = stage_deaf(release);
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, 10);
            stage_close(stage, 0, reset);
            stage_until(stage, 20);
            cr_assert(call->done);
            cr_assert(eq(u64, call->at_ms, 10));
            cr_assert(call->outcome->ending == CLIENT_EOF || call->outcome->ending == CLIENT_RESET);
            cr_assert(eq(sz, stage->link_count, 1));
            stage_free(stage);
        }
    }
}

/* Its server's port is the one that it will be given itself. */
static struct stage *meeting_itself(enum release_id release, struct stage_call **call)
{
    struct stage *stage = stage_create(release);
    struct world_address nobody = {0x0a000001, 1};
    struct world_stream *probe;
    stage->remote.name = "client1";
    stage_begin(stage);
    cr_assert(eq(int, (int)world_connect(stage->here, nobody, 999, &probe), RPC_OK));
    stage->remote.address.port = (uint16_t)(probe->local.port + 1);
    world_close(probe);
    *call = stage_call(stage, "hi");
    return stage;
}

/* RC-11 */
Test(setup, takes_a_connect_to_itself_for_a_refusal_from_1_2_on)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage_call *call;
        struct stage *stage = meeting_itself(release, &call);
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "refused", 10000));
        cr_assert(stage_is(stage_event(stage, POINT_CLIENT_CONNECT, 1)->text, "self"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        stage_free(stage);
    }
}

Test(setup, of_0_20_talks_to_itself)
{
    struct stage_call *call;
    struct stage *stage = meeting_itself(RELEASE_0_20, &call);
    stage_until(stage, 50000);
    cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 1));
    cr_assert(stage_is(stage_event(stage, POINT_CLIENT_CONNECT, 1)->text, "ok"));
    cr_assert(not(call->done && call->outcome->ending == CLIENT_VALUE));
    stage_free(stage);
}
