#include "rpc/client/response.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

#define LOCAL_2_6 "Failed on local exception: "
#define HOSTS_2_6                                                                                  \
    "; Host Details : local host is: \"client1/10.0.0.1\"; destination host is: \"nn\":8020; "

static bool is_eof(const struct stage_call *call, enum release_id release, uint64_t at_ms)
{
    if (!stage_ended(call, "eof", at_ms) ||
        !stage_is(call->outcome->cause_class, "java.io.EOFException"))
        return false;
    if (release == RELEASE_2_2)
        return stage_is(call->outcome->class_name, "java.io.IOException") &&
               stage_is(call->outcome->message, LOCAL_2_6 "java.io.EOFException" HOSTS_2_6);
    return stage_is(call->outcome->class_name, "java.io.EOFException") &&
           stage_is(call->outcome->message,
                    "End of File Exception between local host is: \"client1/10.0.0.1\"; "
                    "destination host is: \"nn\":8020; : java.io.EOFException; For more details "
                    "see:  http://wiki.apache.org/hadoop/EOFException");
}

/* DC-05, DC-07 */
Test(response, that_ends_before_its_length_word_is_eof)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        for (size_t length = 0; length < 4; length++) {
            struct stage_call *call;
            struct stage *stage = stage_pending(release, &call);
            if (length > 0)
                stage_send(stage, 0, "\0\0\0\0", length);
            stage_until(stage, 20);
            stage_close(stage, 0, false);
            stage_until(stage, 30);
            cr_assert(is_eof(call, release, 20));
            cr_assert(eq(sz, stage->link_count, 1));
            stage_free(stage);
        }
    }
}

/* DC-08, DC-09 */
Test(response, that_ends_in_the_midst_is_eof_as_each_release_words_it)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct wire_buffer bytes = {0};
        struct stage *stage = stage_create(release);
        stage_encode_reply(stage, 0, "a value", &bytes);
        stage_free(stage);
        size_t header_end = 5u + bytes.data[4];
        for (size_t cut = 4; cut < bytes.length; cut++) {
            struct stage_call *call;
            stage = stage_pending(release, &call);
            stage_send(stage, 0, bytes.data, cut);
            stage_until(stage, 20);
            stage_close(stage, 0, false);
            stage_until(stage, 30);
            if (release <= RELEASE_2_6 && cut == 4) {
                cr_assert(stage_ended(call, "eof", 20));
                cr_assert(stage_is(call->outcome->message,
                                   LOCAL_2_6 "java.io.IOException: Response is null." HOSTS_2_6));
            } else if (release <= RELEASE_2_6 && cut < header_end) {
                cr_assert(stage_ended(call, "eof", 20));
                cr_assert(stage_has(call->outcome->message,
                                    "While parsing a protocol message, the input ended "
                                    "unexpectedly"));
            } else {
                cr_assert(is_eof(call, release, 20));
            }
            stage_free(stage);
        }
        wire_buffer_release(&bytes);
    }
}

/* DC-10 */
Test(response, that_is_cut_by_a_reset_is_a_reset)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        stage_send(stage, 0, "\0\0", 2);
        stage_until(stage, 20);
        stage_close(stage, 0, true);
        stage_until(stage, 30);
        cr_assert(stage_ended(call, "reset", 20));
        if (release <= RELEASE_2_6)
            cr_assert(stage_is(call->outcome->message, LOCAL_2_6
                               "java.io.IOException: Connection reset by peer" HOSTS_2_6));
        else
            cr_assert(stage_is(call->outcome->message,
                               "Call From client1/10.0.0.1 to nn:8020 failed on socket exception: "
                               "java.net.SocketException: Connection reset; For more details see:  "
                               "http://wiki.apache.org/hadoop/SocketException"));
        stage_free(stage);
    }
}

/* FA-03 */
Test(response, that_is_fatal_ends_every_call_with_one_reason)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[5];
        for (int i = 0; i < 5; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 10);
        /* Before 2.x it has no call's id. */
        stage_reply_error(stage, 0, release <= RELEASE_1_2 ? -1 : 2, WIRE_FATAL,
                          "org.example.Denied", "go away");
        stage_until(stage, 20);
        for (int i = 0; i < 5; i++) {
            cr_assert(stage_ended(calls[i], "remote_fatal", 10));
            cr_assert(stage_is(calls[i]->outcome->message, "go away"));
            cr_assert(stage_is(calls[i]->outcome->class_name, "org.example.Denied"));
        }
        cr_assert(eq(u64, stage->links[0].ended_ms, 10));
        stage->echoes = true;
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 21);
        cr_assert(stage_returned(next, "next", 20));
        cr_assert(eq(sz, stage->link_count, 2));
        stage_free(stage);
    }
}

/* FA-15 */
Test(response, that_is_an_error_keeps_the_connection_and_fatal_ends_it)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        for (int i = 0; i < 10; i++) {
            struct stage_call *call = stage_call(stage, "hi");
            stage_until(stage, (uint64_t)i + 1);
            if (i < 5)
                stage_reply_error(stage, 0, i, WIRE_ERROR, "a.B", "no");
            else if (i < 9)
                stage_reply(stage, 0, i, "yes");
            else
                stage_reply_error(stage, 0, i, WIRE_FATAL, "a.C", "never");
            stage_until(stage, (uint64_t)i + 1);
            cr_assert(stage_ended(call,
                                  i < 5   ? "remote_error"
                                  : i < 9 ? "value"
                                          : "remote_fatal",
                                  (uint64_t)i + 1));
        }
        cr_assert(eq(sz, stage->link_count, 1));
        stage_call(stage, "hi");
        stage_until(stage, 100);
        cr_assert(eq(sz, stage->link_count, 2));
        stage_free(stage);
    }
}

/* CC-02 */
Test(response, finds_its_own_call_in_any_order)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[100];
        char text[32];
        for (int i = 0; i < 100; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 10);
        for (int i = 0; i < 100; i++) {
            int id = i * 37 % 100;
            snprintf(text, sizeof(text), "value %d", id);
            stage_reply(stage, 0, id, text);
        }
        stage_until(stage, 11);
        for (int i = 0; i < 100; i++) {
            snprintf(text, sizeof(text), "value %d", i);
            cr_assert(stage_returned(calls[i], text, 10));
        }
        stage_free(stage);
    }
}

/* CC-03, CC-04 */
Test(response, for_nobody_ends_all_calls)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct stage_call *calls[3];
        for (int i = 0; i < 3; i++)
            calls[i] = stage_call(stage, "hi");
        stage_until(stage, 10);
        stage_reply(stage, 0, 1, "once");
        stage_reply(stage, 0, 1, "twice");
        stage_until(stage, 20);
        cr_assert(stage_returned(calls[1], "once", 10));
        for (int i = 0; i < 3; i += 2) {
            cr_assert(stage_ended(calls[i], "bad_reply", 10));
            cr_assert(stage_is(calls[i]->outcome->class_name, "java.io.IOException"));
            cr_assert(stage_has(calls[i]->outcome->message,
                                "java.io.IOException: Error reading responses"));
        }
        stage->echoes = true;
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 21);
        cr_assert(stage_returned(next, "next", 20));
        stage_free(stage);
    }
}

/* CC-07 */
Test(response, of_another_clients_call_ends_all_calls)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        struct wire_message message = wire_message(WIRE_RESPONSE);
        message.client_id = wire_text("0123456789abcdef");
        message.body = wire_text("ho");
        stage_send_message(stage, 0, &message);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "bad_reply", 10));
        cr_assert(stage_has(call->outcome->message, "Client IDs not matched: local ID="));
        cr_assert(stage_has(call->outcome->message,
                            release == RELEASE_2_2 /* as it is spelt there */
                                ? ", ID in reponse=30313233343536373839616263646566"
                                : ", ID in response=30313233343536373839616263646566"));
        stage_free(stage);
    }
}

/* CC-08 */
Test(response, whose_length_disagrees_gives_its_value_first)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        struct stage_call *other = stage_call(stage, "other");
        stage_until(stage, 11);
        struct wire_buffer bytes = {0};
        stage_encode_reply(stage, 0, "ho", &bytes);
        bytes.data[3] = (uint8_t)(bytes.data[3] + 4);
        wire_buffer_add(&bytes, "junk", 4);
        stage_send(stage, 0, bytes.data, bytes.length - (release <= RELEASE_2_6 ? 4 : 0));
        stage_until(stage, 20);
        cr_assert(stage_returned(call, "ho", 11));
        if (release <= RELEASE_2_6) {
            cr_assert(stage_ended(other, "bad_reply", 11));
            cr_assert(stage_is(other->outcome->message,
                               LOCAL_2_6 "org.apache.hadoop.ipc.RpcClientException: RPC response "
                                         "length mismatch on rpc success" HOSTS_2_6));
        } else {
            cr_assert(not(other->done));
        }
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

Test(response, that_is_an_error_with_more_behind_it_ends_all_calls)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        struct wire_message message = wire_message(WIRE_RESPONSE);
        message.status = WIRE_ERROR;
        message.class_name = wire_text("a.B");
        message.text = wire_text("no");
        message.code = WIRE_ERROR_APPLICATION;
        message.payload = wire_text("junk");
        stage_send_message(stage, 0, &message);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "bad_reply", 10));
        if (release <= RELEASE_2_6)
            cr_assert(
                stage_has(call->outcome->message, "RPC response length mismatch on rpc error"));
        else {
            cr_assert(stage_is(call->outcome->message, "RPC response length mismatch"));
            cr_assert(
                stage_is(call->outcome->class_name, "org.apache.hadoop.ipc.RpcClientException"));
        }
        stage_free(stage);
    }
}

/* BI-15, HT-02 */
Test(response, of_3_4_must_have_a_length_within_the_limit)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"\0\0\0\0", "RPC response has invalid length of 0"},
        {"\xff\xff\xff\xfe", "RPC response has invalid length of -2"},
        {"HTTP", "RPC response has a length of 1213486160 exceeds maximum data length"},
        {"\x08\0\0\1", "RPC response has a length of 134217729 exceeds maximum data length"},
    };
    for (int i = 0; i < 4; i++) {
        struct stage_call *call;
        struct stage *stage = stage_pending(RELEASE_3_4, &call);
        stage_send(stage, 0, cases[i].bytes, 4);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "bad_reply", 10));
        cr_assert(stage_is(call->outcome->class_name, "org.apache.hadoop.ipc.RpcException"));
        cr_assert(stage_is(call->outcome->message, cases[i].text));
        stage_free(stage);
    }
}

Test(response, of_3_4_may_be_as_long_as_the_limit)
{
    for (int over = 0; over < 2; over++) {
        struct wire_buffer bytes = {0};
        struct stage *stage = stage_create(RELEASE_3_4);
        stage_encode_reply(stage, 0, "a value", &bytes);
        stage->settings.value[SETTING_RESPONSE_LENGTH_MAX] = (int64_t)bytes.length - 4 - over;
        stage_start(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 10);
        stage_send(stage, 0, bytes.data, bytes.length);
        stage_until(stage, 20);
        if (over)
            cr_assert(stage_has(call->outcome->message, "exceeds maximum data length"));
        else
            cr_assert(stage_returned(call, "a value", 10));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

/* HT-01 */
Test(response, of_the_old_kind_is_understood_by_3_4_as_the_first)
{
    static const char class_name[] = "org.apache.hadoop.ipc.RPC$VersionMismatch";
    static const char text[] = "Server IPC version 9 cannot communicate with client version 3";
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        stage_send(stage, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x29", 12);
        stage_send(stage, 0, class_name, 41);
        stage_send(stage, 0, "\0\0\0\x3d", 4);
        stage_send(stage, 0, text, 61);
        stage_until(stage, 20);
        if (release == RELEASE_3_4) {
            cr_assert(stage_ended(call, "remote_fatal", 10));
            cr_assert(stage_is(call->outcome->class_name, class_name));
            cr_assert(stage_is(call->outcome->message, text));
        } else {
            cr_assert(call->done);
            cr_assert(ne(int, (int)call->outcome->ending, CLIENT_VALUE));
        }
        stage_free(stage);
    }
}

/* wire.md 5.7 */
Test(response, whose_value_does_not_decode_fails_its_call_alone_in_3_4)
{
    struct stage_call *call;
    struct stage *stage = stage_pending(RELEASE_3_4, &call);
    struct stage_call *other = stage_call(stage, "other");
    stage_until(stage, 11);
    struct wire_message message = wire_message(WIRE_RESPONSE);
    message.payload = (struct wire_bytes){(const uint8_t *)"\x7fx", 2};
    stage_send_message(stage, 0, &message);
    stage_until(stage, 20);
    cr_assert(stage_ended(call, "bad_reply", 11));
    cr_assert(stage_is(call->outcome->class_name,
                       "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException"));
    stage_reply(stage, 0, client_call_id(other->call), "fine");
    stage_until(stage, 21);
    cr_assert(stage_returned(other, "fine", 20));
    cr_assert(eq(sz, stage->link_count, 1));
    stage_free(stage);
}

Test(response, whose_header_does_not_decode_ends_all_calls)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        stage_send(stage, 0, "\0\0\0\3\2\x08\0", 7); /* a call id, but no status */
        stage_until(stage, 20);
        cr_assert(stage_ended(call, "bad_reply", 10));
        cr_assert(stage_has(call->outcome->message, "InvalidProtocolBufferException"));
        stage_free(stage);
    }
}

Test(response, of_a_megabyte_comes_whole_in_pieces_of_any_size)
{
    const char *value = stage_long_text();
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        struct wire_buffer bytes = {0};
        stage_encode_reply(stage, 0, value, &bytes);
        uint64_t at = 10;
        for (size_t sent = 0, step = 1; sent < bytes.length; step = step * 3 % 50021 + 1) {
            size_t length = bytes.length - sent < step ? bytes.length - sent : step;
            stage_send(stage, 0, bytes.data + sent, length);
            sent += length;
            stage_until(stage, ++at);
        }
        cr_assert(stage_returned(call, value, at - 1));
        wire_buffer_release(&bytes);
        stage_free(stage);
    }
}

/* wire.md 5.7: 2.6 reckons how long the header should have been. */
Test(response, with_a_longer_header_than_it_needs_is_an_error_to_2_6_only)
{
    /* callId 0 and status ERROR in two bytes each, class "a", text "b" */
    static const char bytes[] = "\0\0\0\x0d\x0c\x08\x80\0\x10\x81\0\x22\1a\x2a\1b";
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        stage_send(stage, 0, bytes, sizeof(bytes) - 1);
        stage_until(stage, 20);
        cr_assert(stage_ended(call, release <= RELEASE_2_6 ? "bad_reply" : "remote_error", 10));
        cr_assert(
            stage_has(call->outcome->message,
                      release <= RELEASE_2_6 ? "RPC response length mismatch on rpc error" : "b"));
        stage_free(stage);
    }
}

Test(response, can_stand_before_its_call_ends)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage_call *call;
        struct stage *stage = stage_pending(release, &call);
        stage_hold(stage, POINT_CLIENT_REPLY, 1);
        stage_reply(stage, 0, 0, "held");
        stage_until(stage, 50);
        cr_assert(not(call->done));
        stage->echoes = true;
        struct client_remote other = stage->remote;
        other.protocol = "org.example.Other";
        struct stage_call *quick = stage_call_to(stage, &other, "passing by", NULL);
        stage_until(stage, 60);
        cr_assert(stage_returned(quick, "passing by", 50));
        stage_release(stage);
        stage_until(stage, 70);
        cr_assert(stage_returned(call, "held", 60));
        stage_free(stage);
    }
}

Test(response, that_throws_while_it_is_decoded_ends_all_calls)
{
    static const char *const classes[] = {"java.io.IOException", "java.lang.RuntimeException"};
    STAGE_EACH_NEW_RELEASE(release)
    {
        for (int i = 0; i < 2; i++) {
            struct stage_call *call;
            struct stage *stage = stage_pending(release, &call);
            stage_throw(stage, POINT_CLIENT_REPLY, classes[i], "oops", 1);
            stage_reply(stage, 0, 0, "ho");
            stage_until(stage, 20);
            cr_assert(stage_ended(call, "bad_reply", 10));
            cr_assert(stage_has(call->outcome->cause_message,
                                i == 0 ? "oops" : "Error reading responses"));
            stage_free(stage);
        }
    }
}
