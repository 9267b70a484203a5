#include "rpc/client/caller.h"

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* CC-09 */
Test(caller, that_is_interrupted_while_its_request_is_written_leaves_alone)
{
    const char *body = stage_long_text();
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        struct stage_call *calls[4];
        for (int i = 0; i < 3; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 100);
        calls[3] = stage_call(stage, body);
        stage_until(stage, 200);
        cr_assert(stage_is(client_call_doing(calls[3]->call), "write"));
        client_call_interrupt(calls[3]->call);
        stage_until(stage, 300);
        cr_assert(stage_ended(calls[3], "interrupted", 200));
        if (release <= RELEASE_2_6) {
            cr_assert(stage_is(calls[3]->outcome->class_name, "java.io.IOException"));
            cr_assert(stage_is(calls[3]->outcome->cause_class, "java.lang.InterruptedException"));
        } else {
            cr_assert(stage_is(calls[3]->outcome->class_name, "java.io.InterruptedIOException"));
        }
        stage_hear(stage, 0);
        stage_until(stage, 400);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 4));
        for (int i = 3; i >= 0; i--)
            stage_reply(stage, 0, i, "ho");
        stage_until(stage, 500);
        for (int i = 0; i < 3; i++)
            cr_assert(stage_returned(calls[i], "ho", 400));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_free(stage);
    }
}

/* 4.6; HT-07 */
Test(caller, of_3_4_that_is_interrupted_before_the_sender_takes_its_request_sends_nothing)
{
    const char *body = stage_long_text();
    struct stage *stage = stage_deaf(RELEASE_3_4);
    struct stage_call *first = stage_call(stage, body);
    stage_until(stage, 100);
    struct stage_call *calls[50];
    for (int i = 0; i < 50; i++)
        calls[i] = stage_call(stage, "hi");
    stage_until(stage, 3500);
    for (int i = 0; i < 50; i++) {
        cr_assert(stage_is(client_call_doing(calls[i]->call), "write_lock"));
        client_call_interrupt(calls[i]->call);
    }
    stage_until(stage, 3600);
    for (int i = 0; i < 50; i++) {
        cr_assert(stage_ended(calls[i], "interrupted", 3500));
        cr_assert(stage_is(calls[i]->outcome->message,
                           "Interrupted waiting to send RPC request to server"));
    }
    stage_hear(stage, 0);
    stage_until(stage, 4000);
    cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
    stage_reply(stage, 0, 0, "ho");
    stage_until(stage, 4100);
    cr_assert(stage_returned(first, "ho", 4000));
    stage_free(stage);
}

/* CC-10 */
Test(caller, that_is_interrupted_while_it_waits_goes_on_in_2_6_and_leaves_in_3_4)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct client_caller *caller = client_caller_create(stage->client);
        struct stage_call *call = stage_call_to(stage, &stage->remote, "hi", caller);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 500);
        client_call_interrupt(call->call);
        stage_until(stage, 2000);
        stage_reply(stage, 0, client_call_id(call->call), "late");
        stage_reply(stage, 0, client_call_id(other->call), "fine");
        stage_until(stage, 2001);
        if (release <= RELEASE_2_6) {
            cr_assert(stage_returned(call, "late", 2000));
        } else {
            cr_assert(stage_ended(call, "interrupted", 500));
            cr_assert(stage_is(call->outcome->message, "Call interrupted"));
        }
        cr_assert(client_caller_interrupted(caller));
        cr_assert(not(client_caller_interrupted(caller)));
        cr_assert(stage_returned(other, "fine", 2000));
        stage_until(stage, 12000);
        cr_assert(eq(u64, stage->links[0].ended_ms, 12000));
        stage_free(stage);
    }
}

/* CC-11 */
Test(caller, whose_request_cannot_be_encoded_fails_alone_and_its_entry_stays)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 10);
        stage_throw(stage, POINT_CLIENT_ENCODE, "java.io.IOException", "no bytes", 1);
        struct stage_call *bad = stage_call(stage, "bad");
        stage_until(stage, 20);
        cr_assert(stage_ended(bad, "encode_error", 10));
        cr_assert(stage_is(bad->outcome->class_name, "java.io.IOException"));
        cr_assert(stage_is(bad->outcome->message, "no bytes"));
        stage_reply(stage, 0, client_call_id(other->call), "fine");
        stage_until(stage, 200000);
        cr_assert(stage_returned(other, "fine", 20));
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 3));
        stage_free(stage);
    }
}

/* CC-13 */
Test(caller, never_hangs_when_connections_close_under_it)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        for (uint64_t at = 1; at <= 40; at++) {
            for (int i = 0; i < 5; i++)
                stage_call(stage, "hi");
            if (at % 3 == 0) {
                size_t last = stage->link_count - 1;
                if (stage->links[last].stream != NULL)
                    stage_close(stage, last, at % 2 == 0);
            }
            stage_until(stage, at);
        }
        stage_until(stage, 2000); /* an offer of 3.4 looks once a second */
        for (size_t i = 0; i < stage->call_count; i++)
            cr_assert(stage->calls[i].done);
        stage_until(stage, 20000);
        cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
        stage_free(stage);
    }
}

/* CC-14; 4.2 */
Test(caller, draws_ids_that_wrap_without_a_sign_and_before_2_x_with_it)
{
    static const int32_t later[] = {INT32_MAX - 1, INT32_MAX, 0, 1},
                         before[] = {INT32_MAX - 1, INT32_MAX, INT32_MIN, INT32_MIN + 1};
    STAGE_EACH_RELEASE(release)
    {
        const int32_t *ids = release <= RELEASE_1_2 ? before : later;
        struct stage *stage = stage_create(release);
        stage->config.first_call_id = ids[0];
        stage->echoes = true;
        stage_start(stage);
        for (int i = 0; i < 4; i++) {
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, (uint64_t)i + 1);
            cr_assert(eq(i32, client_call_id(call->call), ids[i]));
            cr_assert(stage_returned(call, "hi", (uint64_t)i));
        }
        stage_free(stage);
    }
}

Test(caller, makes_one_call_after_the_other)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct client_caller *caller = client_caller_create(stage->client);
        struct stage_call *first = stage_call_to(stage, &stage->remote, "1", caller);
        struct stage_call *second = stage_call_to(stage, &stage->remote, "2", caller);
        stage_until(stage, 10);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 1));
        stage_reply(stage, 0, 0, "one");
        stage_until(stage, 20);
        cr_assert(stage_returned(first, "one", 10));
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 2));
        client_caller_free(caller);
        stage_reply(stage, 0, 1, "two");
        stage_until(stage, 30);
        cr_assert(stage_returned(second, "two", 20));
        stage_free(stage);
    }
}

/* RX-12 */
Test(caller, sends_a_retry_count_that_nobody_has_cleared)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        struct client_caller *caller = client_caller_create(stage->client);
        struct client_call *call;
        cr_assert(eq(int,
                     (int)client_call_again(stage->client, &stage->remote, "echo", wire_text("hi"),
                                            caller, client_next_call_id(stage->client), 255, NULL,
                                            NULL, &call),
                     RPC_OK));
        stage_call_to(stage, &stage->remote, "plain", caller);
        stage_call(stage, "other thread");
        stage_until(stage, 10);
        cr_assert(eq(i32, stage->links[0].messages[2].retry, 255));
        cr_assert(eq(i32, stage->links[0].messages[3].retry, 0));
        cr_assert(eq(i32, stage->links[0].messages[4].retry, 255));
        client_call_free(call);
        stage_free(stage);
    }
}

Test(caller, can_be_forgotten_while_its_call_is_pending)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        client_call_free(call->call);
        call->call = NULL;
        stage_reply(stage, 0, 0, "ho");
        stage_until(stage, 20);
        cr_assert(not(call->done));
        stage_free(stage);
    }
}

/* 4.6: a torn frame is followed by nothing. */
Test(caller, whose_write_fails_ends_the_connection_after_the_bytes_that_went)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 10);
        uint64_t before = stage->links[0].bytes;
        stage_arm(
            stage, POINT_CLIENT_WRITE,
            &(struct point_strike){.effect = EFFECT_ERROR, .after = 10, .error = RPC_BROKEN_PIPE},
            1);
        struct stage_call *call = stage_call(stage, "torn");
        stage_until(stage, 30);
        cr_assert(eq(u64, stage->links[0].bytes, before + 10));
        if (release <= RELEASE_1_2) { /* the caller has written before the receiver woke up */
            cr_assert(stage_ended(call, "reset", 10));
        } else {
            cr_assert(not(call->done)); /* the receiver sits in its read */
            stage_until(stage, 70000);
            cr_assert(stage_ended(call, "reset", 60010));
        }
        cr_assert(stage_has(call->outcome->message, "java.io.IOException: Broken pipe"));
        cr_assert(eq(u64, stage->links[0].bytes, before + 10));
        stage_free(stage);
    }
}

Test(caller, writes_whole_frames_however_short_each_write_is)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_arm(stage, POINT_CLIENT_WRITE,
                  &(struct point_strike){.effect = EFFECT_SHORT, .bytes = 3}, 10000);
        struct stage_call *call = stage_call(stage, "in small bits");
        stage_until(stage, 10);
        cr_assert(stage_returned(call, "in small bits", 0));
        stage_free(stage);
    }
}

/* CC-12 (HADOOP-9916): the entry goes before the value comes. */
static void call_again(struct client_call *call, void *owner)
{
    struct stage *stage = owner;
    stage->rounds++;
    struct client_call *next;
    if (stage->rounds < 10000)
        cr_assert(
            eq(int,
               (int)client_call_again(stage->client, &stage->remote, "echo", wire_text("hi"), NULL,
                                      7, (int32_t)stage->rounds, call_again, stage, &next),
               RPC_OK));
    client_call_free(call);
}

Test(caller, can_use_an_id_again_at_once)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        struct client_call *call;
        client_call_again(stage->client, &stage->remote, "echo", wire_text("hi"), NULL, 7, 0,
                          call_again, stage, &call);
        stage_until(stage, 100);
        cr_assert(eq(sz, stage->rounds, 10000));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_free(stage);
    }
}

static bool is_ho(const void *owner, struct wire_bytes value, char *problem)
{
    snprintf(problem, WIRE_PROBLEM_MAX, "%s", (const char *)owner);
    return wire_is(value, "ho");
}

/* 4.7: ProtobufRpcEngine decodes in the caller's thread. */
Test(caller, whose_value_does_not_decode_fails_alone)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *bad = stage_call(stage, "bad"), *good = stage_call(stage, "good");
        client_call_check(bad->call, is_ho, "not what was meant");
        client_call_check(good->call, is_ho, "not what was meant");
        stage_until(stage, 10);
        stage_reply(stage, 0, client_call_id(bad->call), "hm");
        stage_reply(stage, 0, client_call_id(good->call), "ho");
        stage_until(stage, 20);
        cr_assert(stage_ended(bad, "bad_reply", 10));
        cr_assert(stage_has(bad->outcome->class_name, "InvalidProtocolBufferException"));
        cr_assert(stage_is(bad->outcome->message, "not what was meant"));
        cr_assert(stage_returned(good, "ho", 10));
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_OK));
        stage_free(stage);
    }
}
