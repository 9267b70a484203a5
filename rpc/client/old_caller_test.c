/* Callers of 0.20 and 1.2: they write their requests themselves. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* 4.6 */
Test(old_caller, ends_the_connection_when_a_request_cannot_be_encoded)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 10);
        stage_throw(stage, POINT_CLIENT_ENCODE, "java.io.IOException", "no bytes", 1);
        struct stage_call *bad = stage_call(stage, "bad");
        stage_until(stage, 100000);
        cr_assert(stage_ended(other, "encode_error", 60000)); /* when the read comes back */
        cr_assert(stage_ended(bad, "encode_error", 60000));
        cr_assert(stage_is(bad->outcome->message, "Call to nn/10.0.0.2:8020 failed on local "
                                                  "exception: java.io.IOException: no bytes"));
        stage_free(stage);
    }
}

Test(old_caller, fails_a_caller_alone_whose_request_throws_what_is_not_checked)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_throw(stage, POINT_CLIENT_ENCODE, "java.lang.NullPointerException", "a null", 1);
        struct stage_call *bad = stage_call(stage, "bad"), *good = stage_call(stage, "good");
        stage_until(stage, 600000);
        cr_assert(stage_ended(bad, "encode_error", 0));
        cr_assert(stage_is(bad->outcome->class_name, "java.lang.NullPointerException"));
        cr_assert(stage_returned(good, "good", 0));
        cr_assert(ge(sz, stage_got(stage, 0, WIRE_PING), 9)); /* its entry stays */
        stage_free(stage);
    }
}

/* CC-09 (HADOOP-6762), as run on 1.2.1: the others learn of it when their read comes back. */
Test(old_caller, ends_the_connection_when_a_writer_is_interrupted)
{
    const char *body = stage_long_text();
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 100);
        struct client_caller *caller = client_caller_create(stage->client);
        struct stage_call *writer = stage_call_to(stage, &stage->remote, body, caller);
        stage_until(stage, 200);
        cr_assert(stage_is(client_call_doing(writer->call), "write"));
        client_call_interrupt(writer->call);
        stage_until(stage, 100000);
        cr_assert(stage_ended(other, "interrupted", 60000));
        cr_assert(stage_ended(writer, "interrupted", 60000));
        cr_assert(stage_has(writer->outcome->message,
                            "failed on local exception: java.io.InterruptedIOException: Interruped "
                            "while waiting for IO on channel java.nio.channels.SocketChannel["));
        cr_assert(stage_has(writer->outcome->message, "]. 0 millis timeout left."));
        cr_assert(client_caller_interrupted(caller));
        client_caller_free(caller);
        stage_free(stage);
    }
}

Test(old_caller, closes_the_channel_when_its_flag_is_up_before_it_writes)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 10);
        stage_hold(stage, POINT_CLIENT_ENCODE, 1);
        struct stage_call *writer = stage_call(stage, "writer");
        stage_until(stage, 20);
        client_call_interrupt(writer->call);
        stage_release(stage);
        stage_until(stage, 30);
        cr_assert(eq(int, (int)stage->links[0].ended, RPC_END));
        stage_until(stage, 40);
        cr_assert(stage_ended(other, "interrupted", 20));
        cr_assert(stage_ended(writer, "interrupted", 20));
        cr_assert(
            stage_is(other->outcome->cause_class, "java.nio.channels.ClosedByInterruptException"));
        stage_free(stage);
    }
}

/* 4.6: behind a writer that is stuck, and then fails. */
Test(old_caller, writes_nothing_behind_a_torn_frame)
{
    const char *body = stage_long_text();
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        struct stage_call *writer = stage_call(stage, body);
        stage_until(stage, 100);
        struct stage_call *behind = stage_call(stage, "behind");
        stage_until(stage, 200);
        cr_assert(stage_is(client_call_doing(behind->call), "write_lock"));
        client_call_interrupt(writer->call);
        stage_until(stage, 300);
        stage_hear(stage, 0);
        stage_until(stage, 400);
        cr_assert(eq(sz, stage_got(stage, 0, WIRE_REQUEST), 0));
        cr_assert(lt(u64, stage->links[0].bytes, 1 << 20));
        stage_close(stage, 0, false);
        stage_until(stage, 500);
        cr_assert(stage_ended(writer, "interrupted", 400));
        cr_assert(stage_ended(behind, "interrupted", 400));
        stage_free(stage);
    }
}

/* SH-05 */
Test(old_caller, pings_whatever_the_key_says)
{
    struct stage *stage = stage_create(RELEASE_1_2);
    stage->settings.value[SETTING_PING] = 0;
    stage_start(stage);
    stage_call(stage, "hi");
    stage_until(stage, 300001);
    cr_assert(eq(sz, stage_got(stage, 0, WIRE_PING), 5));
    stage_free(stage);
}

/* 4.1 */
Test(old_caller, of_0_20_has_no_rpc_time_out)
{
    struct stage *stage = stage_create(RELEASE_0_20);
    stage->remote.rpc_timeout_ms = 5000;
    stage_start(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 1000000);
    cr_assert(not(call->done));
    stage_free(stage);
}
