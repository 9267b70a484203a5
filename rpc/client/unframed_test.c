/* Replies without frames, to clients of 0.20 and 1.2. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* A reply by the word: id, status, and what follows. */
static void send_reply(struct stage *stage, int32_t id, int32_t status, const void *rest,
                       size_t length)
{
    uint32_t words[] = {(uint32_t)id, (uint32_t)status};
    uint8_t head[8];
    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
    stage_send(stage, 0, head, sizeof(head));
    stage_send(stage, 0, rest, length);
}

/* CC-04 (HADOOP-6723) */
Test(unframed, hangs_when_a_reply_nobody_asked_for_kills_its_receiver)
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
Test(unframed, hangs_when_a_value_is_of_a_class_that_it_does_not_know)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        static const char value[] = "\0\13com.foo.Bar\0\13com.foo.Bar";
        send_reply(stage, 0, 0, value, sizeof(value) - 1);
        stage_until(stage, 1000000);
        cr_assert(not(call->done));
        cr_assert(stage_has(stage_event(stage, POINT_LOG, 1)->text, "Exception in thread"));
        stage_free(stage);
    }
}

/* CC-06 */
Test(unframed, hangs_when_its_decoder_throws_what_is_not_checked)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        for (int io = 0; io < 2; io++) {
            struct stage_call *call;
            struct stage *stage = stage_pending(release, &call);
            stage_throw(stage, POINT_CLIENT_REPLY,
                        io ? "java.io.IOException" : "java.lang.IllegalStateException", "injected",
                        1);
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
Test(unframed, fails_a_call_whose_reply_ends_in_the_midst)
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
Test(unframed, of_0_20_never_forgets_a_call_that_was_answered_with_an_error)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
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

/* BI-02, FA-06: what a server of version 9 answers. */
Test(unframed, takes_the_goodbye_of_a_newer_server_for_a_fatal_reply)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct wire_buffer bytes = {0};
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
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

Test(unframed, passes_over_a_status_that_means_nothing)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
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

Test(unframed, takes_a_null_class_and_a_null_message)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        send_reply(stage, 0, 1, "\377\377\377\377\377\377\377\377", 8);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "remote_error", 10));
        cr_assert(stage_is(call->outcome->class_name, "null"));
        cr_assert(eq(ptr, (void *)(uintptr_t)call->outcome->message, NULL));
        stage_free(stage);
    }
}

Test(unframed, reads_replies_however_their_bytes_come)
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
