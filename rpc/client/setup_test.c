#include "rpc/client/setup.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

#define SEE_REFUSED "; For more details see:  http://wiki.apache.org/hadoop/ConnectionRefused"
#define REFUSED                                                                                    \
    "Call From client1/10.0.0.1 to nn:8020 failed on connection exception: "                       \
    "java.net.ConnectException: Connection refused" SEE_REFUSED

static bool is_refused(const struct stage_call *call, uint64_t at_ms)
{
    return stage_ended(call, "refused", at_ms) &&
           stage_is(call->outcome->class_name, "java.net.ConnectException") &&
           stage_is(call->outcome->message, REFUSED) &&
           stage_is(call->outcome->cause_message, "Connection refused");
}

/* Nobody listens yet. */
static struct stage *lonely(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage_begin(stage);
    return stage;
}

static void drop_connects(struct stage *stage)
{
    stage_arm(stage, POINT_CLIENT_CONNECT, &(struct point_strike){.effect = EFFECT_DROP}, 1000);
}

/* RC-01 */
Test(setup, makes_46_attempts_at_a_black_hole_without_a_pause)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        drop_connects(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 919999);
        cr_assert(not(call->done));
        stage_until(stage, 1000000);
        cr_assert(stage_ended(call, "connect_timeout", 920000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 46));
        cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CONNECT, 46)->at_ms, 900000));
        cr_assert(
            stage_is(call->outcome->class_name, "org.apache.hadoop.net.ConnectTimeoutException"));
        cr_assert(stage_has(call->outcome->message,
                            "20000 millis timeout while waiting for channel to be ready for "
                            "connect. ch : java.nio.channels.SocketChannel[connection-pending "
                            "remote=nn/10.0.0.2:8020]"));
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
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        cr_assert(stage_is(client_call_doing(call->call), "sleep"));
        stage_until(stage, 20000);
        cr_assert(is_refused(call, 10000));
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
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_RETRIES] = 0;
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1);
        cr_assert(is_refused(call, 0));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 1));
        stage_free(stage);
    }
}

/* RC-03 */
Test(setup, succeeds_when_the_server_has_come_up)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
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
        cr_assert(is_refused(call, 300));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 4));
        stage_free(stage);
    }
}

/* RC-07 (a) */
Test(setup, is_shared_by_callers_that_have_joined_before)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct stage_call *calls[20];
        stage_hold(stage, POINT_CLIENT_SETUP, 20);
        for (int i = 0; i < 20; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 0);
        cr_assert(eq(sz, stage->held_count, 20));
        stage_release(stage);
        stage_until(stage, 30000);
        for (int i = 0; i < 20; i++)
            cr_assert(is_refused(calls[i], 10000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_SETUP), 1));
        stage_free(stage);
    }
}

/* RC-07 (b) */
Test(setup, keeps_later_callers_out_until_it_has_failed)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct stage_call *first = stage_call(stage, "hi");
        stage_until(stage, 500);
        struct stage_call *calls[19];
        for (int i = 0; i < 19; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 9999);
        cr_assert(stage_is(client_call_doing(calls[3]->call), "add"));
        stage_until(stage, 500000);
        cr_assert(is_refused(first, 10000));
        size_t connections = 0;
        for (int i = 0; i < 19; i++) {
            cr_assert(calls[i]->done);
            cr_assert(ge(u64, calls[i]->at_ms, 20000));
            cr_assert(is_refused(calls[i], calls[i]->at_ms));
        }
        for (size_t i = 1; i <= stage_count(stage, POINT_CLIENT_SETUP); i++)
            connections++;
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11 * connections));
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        stage_free(stage);
    }
}

/* RC-08 */
Test(setup, ends_when_its_caller_is_interrupted_in_a_sleep)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1500);
        client_call_interrupt(call->call);
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "interrupted", 1500));
        const char *reason =
            release <= RELEASE_2_6
                ? "reason=null), retry policy="
                : "reason=retries get failed due to exceeded maximum allowed retries number: 10), "
                  "retry policy=";
        cr_assert(stage_has(call->outcome->message,
                            "java.io.InterruptedIOException: Interrupted: "
                            "action=RetryAction(action=RETRY, delayMillis=1000, "));
        cr_assert(stage_has(call->outcome->message, reason));
        cr_assert(stage_has(call->outcome->message,
                            release == RELEASE_2_2
                                ? "RetryUpToMaximumCountWithFixedSleep(maxRetries=10, sleepTime=1 "
                                  "SECONDS)"
                                : "RetryUpToMaximumCountWithFixedSleep(maxRetries=10, "
                                  "sleepTime=1000 MILLISECONDS)"));
        stage_free(stage);
    }
}

Test(setup, that_is_interrupted_before_its_sleep_tells_3_4_the_failure)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        stage_hold(stage, POINT_CLIENT_CONNECT, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 100);
        client_call_interrupt(call->call);
        stage_release(stage);
        stage_until(stage, 200);
        if (release == RELEASE_3_4)
            cr_assert(is_refused(call, 100));
        else
            cr_assert(stage_has(call->outcome->message, "Interrupted: action="));
        stage_free(stage);
    }
}

/* 4.4: the connect itself is interrupted; the flag stays up for the sleep. */
Test(setup, that_is_interrupted_while_it_connects_ends_at_once)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        drop_connects(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        cr_assert(stage_is(client_call_doing(call->call), "connect"));
        client_call_interrupt(call->call);
        stage_until(stage, 2000);
        cr_assert(stage_ended(call, "interrupted", 1000));
        cr_assert(stage_has(call->outcome->message,
                            release <= RELEASE_2_6 ? "Interrupted: action="
                                                   : "Total timeout mills is 20000, 19000 millis "
                                                     "timeout left."));
        stage_free(stage);
    }
}

/* RC-09 */
Test(setup, finds_a_server_that_has_moved)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        struct world_host *old = world_host(stage->world, "old");
        stage->remote.name = "service";
        world_dns(stage->world, "service", old);
        stage->echoes = true;
        stage_begin(stage);
        stage_listen(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        world_dns(stage->world, "service", stage->there);
        stage_until(stage, 5000);
        cr_assert(stage_returned(call, "hi", 2000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 3));
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 5001);
        cr_assert(stage_returned(next, "next", 5000));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_free(stage);
    }
}

/* RC-10 */
Test(setup, survives_a_name_that_stops_resolving_as_its_release_does)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "service";
        world_dns(stage->world, "service", stage->there);
        stage->echoes = true;
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        world_dns(stage->world, "service", NULL);
        stage_until(stage, 15000);
        if (release <= RELEASE_2_6) {
            cr_assert(stage_ended(call, "internal", 2000));
            cr_assert(stage_is(call->outcome->class_name, "java.io.IOException"));
            cr_assert(stage_has(call->outcome->message, "Couldn't set up IO streams"));
            cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 2));
        } else {
            cr_assert(stage_ended(call, "refused", 10000));
            cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        }
        world_dns(stage->world, "service", stage->there);
        stage_listen(stage);
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 15001);
        cr_assert(stage_returned(next, "next", 15000));
        stage_free(stage);
    }
}

/* RC-13 */
Test(setup, retries_a_socket_factory_that_throws)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        stage_arm(stage, POINT_CLIENT_CONNECT,
                  &(struct point_strike){.effect = EFFECT_THROW,
                                         .class_name = "java.io.IOException",
                                         .message = "no sockets"},
                  1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "setup_failed", 10000));
        cr_assert(stage_is(call->outcome->cause_message, "no sockets"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        stage_free(stage);
    }
}

/* DC-15 */
Test(setup, leaves_no_half_built_connection)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_arm(stage, POINT_CLIENT_STREAMS,
                  &(struct point_strike){.effect = EFFECT_THROW,
                                         .class_name = "java.lang.RuntimeException",
                                         .message = "Injected fault"},
                  1);
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

/* RC-15 */
Test(setup, of_a_name_that_is_not_known_fails_in_2_6_and_is_retried_in_3_4)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "nowhere";
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "unreachable", release <= RELEASE_2_6 ? 0 : 10000));
        cr_assert(stage_is(call->outcome->class_name, "java.net.UnknownHostException"));
        if (release <= RELEASE_2_6)
            cr_assert(stage_is(call->outcome->message,
                               "Invalid host name: local host is: (unknown); destination host is: "
                               "\"nowhere\":8020; java.net.UnknownHostException; For more details "
                               "see:  http://wiki.apache.org/hadoop/UnknownHost"));
        else
            cr_assert(stage_has(call->outcome->message,
                                "Invalid host name: local host is: \"client1/10.0.0.1\"; "
                                "destination host is: \"nowhere\":8020; "
                                "java.net.UnknownHostException: Invalid host name: local host is: "
                                "\"client1/10.0.0.1\"; destination host is: \"nowhere\":8020; "
                                "java.net.UnknownHostException; For"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 0));
        stage_free(stage);
    }
}

Test(setup, of_3_4_succeeds_when_the_name_appears_meanwhile)
{
    struct stage *stage = stage_create(RELEASE_3_4);
    stage->remote.name = "soon";
    stage->echoes = true;
    stage_begin(stage);
    stage_listen(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 2500);
    world_dns(stage->world, "soon", stage->there);
    stage_until(stage, 20000);
    cr_assert(stage_returned(call, "hi", 4000));
    stage_free(stage);
}

/* RC-18 */
Test(setup, counts_anew_when_the_address_has_changed)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "service";
        world_dns(stage->world, "service", world_host(stage->world, "x"));
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 8500);
        world_dns(stage->world, "service", world_host(stage->world, "y"));
        stage_until(stage, 30000);
        cr_assert(stage_ended(call, "refused", 19000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 20));
        stage_free(stage);
    }
}

Test(setup, of_3_4_tries_a_new_address_once_whatever_the_policy_says)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->settings.value[SETTING_CONNECT_RETRIES] = 0;
        stage->remote.name = "service";
        world_dns(stage->world, "service", world_host(stage->world, "x"));
        stage_begin(stage);
        stage_hold(stage, POINT_CLIENT_CONNECT, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 0);
        world_dns(stage->world, "service", world_host(stage->world, "y"));
        stage_release(stage);
        stage_until(stage, 10);
        cr_assert(stage_ended(call, "refused", 0));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), release <= RELEASE_2_6 ? 1 : 2));
        stage_free(stage);
    }
}

/* 4.5: what leaves in one piece. */
Test(setup, sends_the_header_at_once_in_2_6_and_with_the_first_call_in_3_4)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_hold(stage, POINT_CLIENT_ENCODE, 1);
        stage_call(stage, "hi");
        stage_until(stage, 100);
        cr_assert(eq(u64, stage->links[0].bytes, release <= RELEASE_2_6 ? 7 : 0));
        stage_release(stage);
        stage_until(stage, 200);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_CONTEXT), 1));
        cr_assert(eq(u64, stage_got_ms(stage, 0, WIRE_CONTEXT, 1), 100));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_WRITE), release <= RELEASE_2_6 ? 2 : 1));
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
            stage_begin(stage);
            stage_listen(stage);
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
    STAGE_EACH_NEW_RELEASE(release)
    {
        for (int reset = 0; reset < 2; reset++) {
            struct stage *stage = stage_create(release);
            stage->deaf = true;
            stage_begin(stage);
            stage_listen(stage);
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

/* RC-11 */
Test(setup, takes_a_connect_to_itself_for_a_refusal)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "client1";
        stage_begin(stage);
        struct world_stream *probe;
        cr_assert(
            eq(int,
               (int)world_connect(stage->here, (struct world_address){0x0a000001, 1}, 999, &probe),
               RPC_OK));
        stage->remote.address.port = (uint16_t)(probe->local.port + 1);
        world_close(probe);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "refused", 10000));
        cr_assert(stage_is(stage_event(stage, POINT_CLIENT_CONNECT, 1)->text, "self"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        stage_free(stage);
    }
}
