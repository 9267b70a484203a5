/* What clients of 0.20 and 1.2 do that later ones do not. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"
#include "rpc/wire/writable.h"

static struct stage *lonely(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage_begin(stage);
    return stage;
}

static void throw_at(struct stage *stage, enum point point, const char *class_name,
                     const char *message, uint32_t times)
{
    stage_arm(stage, point,
              &(struct point_strike){
                  .effect = EFFECT_THROW, .class_name = class_name, .message = message},
              times);
}

/* A reply by the word: id, status, and what follows. */
static void put_reply(struct wire_buffer *out, int32_t id, int32_t status, const void *rest,
                      size_t length)
{
    uint32_t words[] = {(uint32_t)id, (uint32_t)status};
    for (int i = 0; i < 8; i++) {
        uint8_t byte = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
        wire_buffer_add(out, &byte, 1);
    }
    wire_buffer_add(out, rest, length);
}

static void send_reply(struct stage *stage, int32_t id, int32_t status, const void *rest,
                       size_t length)
{
    struct wire_buffer bytes = {0};
    put_reply(&bytes, id, status, rest, length);
    stage_send(stage, 0, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

/* --- connecting ------------------------------------------------------------------------ */

/* RC-01 */
Test(old_release, sleeps_a_second_after_each_connect_that_took_too_long)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        stage_arm(stage, POINT_CLIENT_CONNECT, &(struct point_strike){.effect = EFFECT_DROP}, 1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000000);
        cr_assert(stage_ended(call, "connect_timeout", 965000));
        cr_assert(stage_is(call->outcome->class_name, "java.net.SocketTimeoutException"));
        cr_assert(stage_has(call->outcome->message,
                            "Call to nn/10.0.0.2:8020 failed on socket timeout exception: "
                            "java.net.SocketTimeoutException: 20000 millis timeout while waiting "
                            "for channel to be ready for connect. ch : java.nio.channels."
                            "SocketChannel[connection-pending remote=nn/10.0.0.2:8020]"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 46));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_SLEEP), 45));
        for (size_t i = 1; i < 46; i++)
            cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CONNECT, i + 1)->at_ms, i * 21000));
        cr_assert(stage_is(stage_event(stage, POINT_LOG, 1)->text,
                           release == RELEASE_0_20
                               ? "Retrying connect to server: nn/10.0.0.2:8020. Already tried 0 "
                                 "time(s)."
                               : "Retrying connect to server: nn/10.0.0.2:8020. Already tried 0 "
                                 "time(s); maxRetries=45"));
        stage_free(stage);
    }
}

/* RC-02 */
Test(old_release, tries_eleven_times_when_refused)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "refused", 10000));
        cr_assert(stage_is(call->outcome->class_name, "java.net.ConnectException"));
        cr_assert(stage_is(call->outcome->message,
                           "Call to nn/10.0.0.2:8020 failed on connection exception: "
                           "java.net.ConnectException: Connection refused"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        stage_free(stage);
    }
}

/* 4.4 */
Test(old_release, goes_on_when_a_sleep_is_interrupted)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = lonely(release);
        struct client_caller *caller = client_caller_create(stage->client);
        struct stage_call *call = stage_call_to(stage, &stage->remote, "hi", caller);
        stage_until(stage, 1500);
        client_call_interrupt(call->call);
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "refused", 9500));
        cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CONNECT, 3)->at_ms, 1500));
        cr_assert(not(client_caller_interrupted(caller)));
        client_caller_free(caller);
        stage_free(stage);
    }
}

Test(old_release, counts_an_interrupted_connect_and_does_not_sleep_after_it)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->echoes = true;
        stage_begin(stage);
        stage_arm(stage, POINT_CLIENT_CONNECT, &(struct point_strike){.effect = EFFECT_DROP}, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        client_call_interrupt(call->call);
        stage_listen(stage);
        stage_until(stage, 20000);
        cr_assert(stage_returned(call, "hi", 1000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 2));
        stage_free(stage);
    }
}

/* RC-13 (HADOOP-6724), as run on both */
Test(old_release, trips_over_the_socket_that_a_factory_did_not_make)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        throw_at(stage, POINT_CLIENT_CONNECT, "java.io.IOException", "no sockets", 1);
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

/* DC-15 (HADOOP-7428) */
Test(old_release, of_0_20_keeps_a_half_built_connection_for_ever)
{
    struct stage *stage = stage_open(RELEASE_0_20);
    stage->echoes = true;
    throw_at(stage, POINT_CLIENT_STREAMS, "java.lang.RuntimeException", "Injected fault", 1);
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

Test(old_release, of_1_2_leaves_no_half_built_connection)
{
    struct stage *stage = stage_open(RELEASE_1_2);
    stage->echoes = true;
    throw_at(stage, POINT_CLIENT_STREAMS, "java.lang.RuntimeException", "Injected fault", 1);
    struct stage_call *first = stage_call(stage, "first");
    stage_until(stage, 10);
    cr_assert(stage_ended(first, "internal", 0));
    cr_assert(stage_is(first->outcome->root_message, "Injected fault"));
    struct stage_call *second = stage_call(stage, "second");
    stage_until(stage, 20);
    cr_assert(stage_returned(second, "second", 10));
    stage_free(stage);
}

/* DC-16 (HADOOP-10081) */
Test(old_release, leaks_the_socket_of_a_set_up_that_failed_before_2_3)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        throw_at(stage, POINT_CLIENT_STREAMS, "java.io.IOException", "no streams", 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        cr_assert(eq(u64, call->at_ms, 0));
        cr_assert(eq(int, (int)stage->links[0].ended, release <= RELEASE_2_2 ? RPC_OK : RPC_END));
        stage_free(stage);
    }
}

/* RC-15 */
Test(old_release, refuses_a_name_that_is_not_known)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "nowhere";
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        cr_assert(stage_ended(call, "unreachable", 0));
        cr_assert(stage_is(call->outcome->class_name, "java.net.UnknownHostException"));
        cr_assert(stage_is(call->outcome->message, "unknown host: nowhere"));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 0));
        stage_free(stage);
    }
}

/* RC-09 */
Test(old_release, of_1_2_finds_a_server_that_has_moved_and_of_0_20_does_not_look)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->remote.name = "service";
        stage->echoes = true;
        world_dns(stage->world, "service", world_host(stage->world, "old"));
        stage_begin(stage);
        stage_listen(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        world_dns(stage->world, "service", stage->there);
        stage_until(stage, 15000);
        if (release == RELEASE_0_20) {
            cr_assert(stage_ended(call, "refused", 10000));
            cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_RESOLVE), 1));
        } else {
            cr_assert(stage_returned(call, "hi", 2000));
        }
        stage_free(stage);
    }
}

/* RC-10 */
Test(old_release, of_1_2_takes_up_an_address_that_does_not_resolve)
{
    struct stage *stage = stage_create(RELEASE_1_2);
    stage->remote.name = "service";
    world_dns(stage->world, "service", stage->there);
    stage->echoes = true;
    stage_begin(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 500);
    world_dns(stage->world, "service", NULL);
    stage_until(stage, 15000);
    cr_assert(stage_ended(call, "internal", 2000));
    cr_assert(stage_has(call->outcome->message, "Couldn't set up IO streams"));
    world_dns(stage->world, "service", stage->there);
    stage_listen(stage);
    struct stage_call *next = stage_call(stage, "next");
    stage_until(stage, 15001);
    cr_assert(stage_returned(next, "next", 15000));
    stage_free(stage);
}

/* RC-11 */
Test(old_release, of_0_20_talks_to_itself)
{
    struct stage *stage = stage_create(RELEASE_0_20);
    stage->remote.name = "client1";
    stage_begin(stage);
    struct world_stream *probe;
    cr_assert(
        eq(int, (int)world_connect(stage->here, (struct world_address){0x0a000001, 1}, 999, &probe),
           RPC_OK));
    stage->remote.address.port = (uint16_t)(probe->local.port + 1);
    world_close(probe);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 50000);
    cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 1));
    cr_assert(stage_is(stage_event(stage, POINT_CLIENT_CONNECT, 1)->text, "ok"));
    cr_assert(not(call->done && call->outcome->ending == CLIENT_VALUE));
    stage_free(stage);
}

/* 4.5 */
Test(old_release, sends_the_preamble_at_once_and_the_header_with_the_first_call)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage_hold(stage, POINT_CLIENT_ENCODE, 1);
        stage_call(stage, "hi");
        stage_until(stage, 10);
        cr_assert(eq(u64, stage->links[0].bytes, 6));
        stage_release(stage);
        stage_until(stage, 20);
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_WRITE), 2));
        cr_assert(eq(sz, stage->links[0].message_count, 3));
        cr_assert(stage_is(stage->links[0].messages[1].text, "alice"));
        cr_assert(stage_is(stage->links[0].messages[2].text, "hi"));
        stage_free(stage);
    }
}

/* --- replies --------------------------------------------------------------------------- */

/* CC-04 (HADOOP-6723) */
Test(old_release, hangs_when_a_reply_nobody_asked_for_kills_its_receiver)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[3];
        for (int i = 0; i < 3; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 10);
        stage_reply(stage, 0, 999, "what?");
        stage_reply(stage, 0, 0, "too late");
        stage_until(stage, 100);
        struct stage_call *later = stage_call(stage, "later");
        stage_until(stage, 10000000);
        for (int i = 0; i < 3; i++)
            cr_assert(not(calls[i]->done));
        cr_assert(not(later->done));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 4));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 0));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_stop(stage);
        stage_until(stage, 20000000);
        cr_assert(eq(u64, stage->stopped_ms, UINT64_MAX));
        cr_assert(client_stop_hangs(stage->client));
        stage_free(stage);
    }
}

/* 4.7 */
Test(old_release, hangs_when_a_value_is_of_a_class_that_it_does_not_know)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        static const char value[] = "\0\13com.foo.Bar\0\13com.foo.Bar";
        send_reply(stage, 0, 0, value, sizeof(value) - 1);
        stage_until(stage, 1000000);
        cr_assert(not(call->done));
        cr_assert(stage_has(stage_event(stage, POINT_LOG, 1)->text, "Exception in thread"));
        stage_free(stage);
    }
}

/* CC-06 */
Test(old_release, hangs_when_its_decoder_throws_what_is_not_checked)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        for (int io = 0; io < 2; io++) {
            struct stage *stage = stage_open(release);
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, 10);
            throw_at(stage, POINT_CLIENT_REPLY,
                     io ? "java.io.IOException" : "java.lang.IllegalStateException", "injected", 1);
            stage_reply(stage, 0, 0, "ho");
            stage_until(stage, 1000000);
            if (io)
                cr_assert(stage_ended(call, "bad_reply", 10));
            else
                cr_assert(not(call->done));
            stage_free(stage);
        }
    }
}

/* CC-05 (HADOOP-6498) */
Test(old_release, fails_a_call_whose_reply_ends_in_the_midst)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct wire_buffer bytes = {0};
        struct stage *stage = stage_open(release);
        stage_encode_reply(stage, 0, "a value", &bytes);
        stage_free(stage);
        for (size_t cut = 0; cut < bytes.length; cut++) {
            stage = stage_open(release);
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, 10);
            stage_send(stage, 0, bytes.data, cut);
            stage_until(stage, 20);
            cr_assert(not(call->done));
            stage_close(stage, 0, false);
            stage_until(stage, 30);
            cr_assert(stage_ended(call, "eof", 20));
            cr_assert(stage_is(call->outcome->class_name, "java.io.IOException"));
            cr_assert(stage_is(call->outcome->message,
                               "Call to nn/10.0.0.2:8020 failed on local exception: "
                               "java.io.EOFException"));
            stage_free(stage);
        }
        wire_buffer_release(&bytes);
    }
}

/* ID-08 (HADOOP-6833) */
Test(old_release, of_0_20_never_forgets_a_call_that_was_answered_with_an_error)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        stage_reply_error(stage, 0, 0, WIRE_ERROR, "java.io.IOException", "no");
        stage_until(stage, 600000);
        cr_assert(stage_ended(call, "remote_error", 10));
        cr_assert(stage_is(call->outcome->class_name, "java.io.IOException"));
        cr_assert(stage_is(call->outcome->message, "no"));
        if (release == RELEASE_0_20) {
            cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
            cr_assert(ge(sz, stage_got(stage, 0, WIRE_PING), 9));
            stage_reply_error(stage, 0, 0, WIRE_ERROR, "java.io.IOException", "again");
            stage_close(stage, 0, false);
            stage_until(stage, 600010);
            cr_assert(stage_is(call->outcome->message, "no"));
            cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        } else {
            cr_assert(eq(u64, stage->links[0].ended_ms, 10000));
        }
        stage_free(stage);
    }
}

Test(old_release, gives_a_fatal_reply_to_every_call)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[] = {stage_call(stage, "1"), stage_call(stage, "2")};
        stage_until(stage, 10);
        stage_reply_error(stage, 0, -1, WIRE_FATAL, "org.example.Denied", "go away");
        stage_until(stage, 20);
        for (int i = 0; i < 2; i++) {
            cr_assert(stage_ended(calls[i], "remote_fatal", 10));
            cr_assert(stage_is(calls[i]->outcome->class_name, "org.example.Denied"));
            cr_assert(stage_is(calls[i]->outcome->message, "go away"));
        }
        cr_assert(eq(u64, stage->links[0].ended_ms, 10));
        stage_free(stage);
    }
}

/* BI-02, FA-06: what a server of version 9 answers. */
Test(old_release, takes_the_goodbye_of_a_newer_server_for_a_fatal_reply)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct wire_buffer bytes = {0};
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        wire_encode_version_mismatch(4, &bytes);
        stage_send(stage, 0, bytes.data, bytes.length);
        stage_close(stage, 0, false);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "remote_fatal", 10));
        cr_assert(stage_is(call->outcome->class_name, "org.apache.hadoop.ipc.RPC$VersionMismatch"));
        cr_assert(stage_is(call->outcome->message,
                           "Server IPC version 9 cannot communicate with client version 4"));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

Test(old_release, passes_over_a_status_that_means_nothing)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        send_reply(stage, 0, 7, "", 0);
        send_reply(stage, 999, 7, "", 0);
        stage_until(stage, 20);
        cr_assert(not(call->done));
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 30);
        cr_assert(stage_returned(call, "ho", 20));
        stage_free(stage);
    }
}

Test(old_release, takes_a_null_class_and_a_null_message)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        send_reply(stage, 0, 1, "\377\377\377\377\377\377\377\377", 8);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "remote_error", 10));
        cr_assert(stage_is(call->outcome->class_name, "null"));
        cr_assert(eq(ptr, (void *)(uintptr_t)call->outcome->message, NULL));
        stage_free(stage);
    }
}

Test(old_release, reads_replies_however_their_bytes_come)
{
    enum { CALLS = 40, LARGE = 20000 };
    char *large = malloc(LARGE + 1);
    memset(large, 'x', LARGE);
    large[LARGE] = '\0';
    STAGE_EACH_OLD_RELEASE(release)
    {
        for (int64_t most = 0; most <= 5; most++) {
            struct stage *stage = stage_open(release);
            struct stage_call *calls[CALLS];
            for (int i = 0; i < CALLS; i++)
                calls[i] = stage_call(stage, "hi");
            stage_until(stage, 10);
            if (most > 0)
                stage_arm(stage, POINT_CLIENT_READ,
                          &(struct point_strike){.effect = EFFECT_SHORT, .bytes = most},
                          UINT32_MAX);
            for (int i = CALLS - 1; i >= 0; i--)
                stage_reply(stage, 0, i, i % 4 == 3 ? large : "ho");
            stage_until(stage, 20);
            for (int i = 0; i < CALLS; i++)
                cr_assert(stage_returned(calls[i], i % 4 == 3 ? large : "ho", 10));
            stage_free(stage);
        }
    }
    free(large);
}
