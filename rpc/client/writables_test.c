/* A client of WritableRpcEngine over IPC version 9. */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

static struct stage *begin(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage->writables = stage->config.writables = true;
    stage_start(stage);
    return stage;
}

Test(writables, are_taken_byte_by_byte)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = begin(release);
        struct wire_buffer bytes = {0};
        struct stage_call *first = stage_call(stage, "a"), *second = stage_call(stage, "b");
        stage_until(stage, 10);
        stage_encode_reply(stage, 1, "of the second", &bytes);
        size_t half = bytes.length;
        stage_encode_reply(stage, 0, "of the first", &bytes);
        for (size_t i = 0; i < bytes.length; i++) {
            stage_send(stage, 0, bytes.data + i, 1);
            stage_until(stage, 11 + i);
        }
        cr_assert(stage_returned(second, "of the second", 9 + half));
        cr_assert(stage_returned(first, "of the first", 9 + bytes.length));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

Test(writables, are_taken_when_several_come_at_once)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = begin(release);
        struct wire_buffer bytes = {0};
        struct stage_call *first = stage_call(stage, "a"), *second = stage_call(stage, "b");
        stage_until(stage, 10);
        stage_encode_reply(stage, 0, "of the first", &bytes);
        stage_encode_reply(stage, 1, "of the second", &bytes);
        stage_send(stage, 0, bytes.data, bytes.length);
        stage_until(stage, 20);
        cr_assert(stage_returned(first, "of the first", 10));
        cr_assert(stage_returned(second, "of the second", 10));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

Test(writables, that_end_within_the_frame_are_waited_for_in_2x_and_fail_in_3x)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = begin(release);
        struct stage_call *call = stage_call(stage, "a");
        struct wire_message reply = stage->codec->message(WIRE_RESPONSE);
        stage_until(stage, 10);
        reply.rpc_kind = WIRE_KIND_WRITABLE;
        reply.body = wire_text("\x7f half a name");
        stage_send_message(stage, 0, &reply);
        stage_until(stage, 20);
        bool waits = release <= RELEASE_2_6;
        cr_assert(eq(int, call->done, !waits));
        stage_close(stage, 0, false);
        stage_until(stage, 30);
        cr_assert(stage_ended(call, waits ? "eof" : "bad_reply", waits ? 20 : 10));
        cr_assert(stage_is(call->outcome->cause_class, "java.io.EOFException"));
        stage_free(stage);
    }
}
