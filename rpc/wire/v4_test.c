#include "rpc/wire/v4.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/arena.h"
#include "rpc/wire/codec_stage.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/fields.h"
#include "rpc/wire/writable.h"

static const char *const echo_protocol = "org.example.EchoProtocol";
static char problem[WIRE_PROBLEM_MAX];

static void is_hex(const struct wire_message *message, const char *digits)
{
    are(v4(), message, 1, hex(digits));
}

static struct wire_message a_call(int32_t id, const char *method, const char *body,
                                  struct wire_bytes *held)
{
    struct wire_message message = wire_v4_message(WIRE_REQUEST);
    *held = hex(body);
    message.call_id = id;
    message.method = wire_text(method);
    message.body = *held;
    return message;
}

/* --- encoding --- */

Test(v4, a_connection_opens_as_javas_does)
{
    struct wire_message opening[] = {wire_v4_message(WIRE_PREAMBLE), wire_v4_message(WIRE_CONTEXT)};

    opening[1].protocol = wire_text(echo_protocol);
    opening[1].user = wire_text("alice");
    are(v4(), opening, 2, bytes_of_example(EXAMPLE_V4_CONTEXT));
}

Test(v4, a_header_may_have_two_users_or_none)
{
    struct wire_message header = wire_v4_message(WIRE_CONTEXT);

    is_hex(&header, "00000002 00 00");
    header.protocol = wire_text("P");
    header.user = wire_text("alice");
    header.real_user = wire_text("bob");
    is_hex(&header, "00000010 0150 01 0005616c696365 01 0003626f62");
    header.user = wire_text("\xf0\x9f\x98\x80");
    header.real_user = (struct wire_bytes){(const uint8_t *)"", 1};
    is_hex(&header, "00000010 0150 01 0006eda0bdedb880 01 0002c080");
}

Test(v4, calls_and_pings_are_javas_byte_for_byte)
{
    struct wire_bytes held;
    struct wire_message call = a_call(1, "echo", two_of_string_hi_and_7, &held);
    are(v4(), &call, 1, bytes_of_example(EXAMPLE_V4_CALL));
    give_back(held);

    call = a_call(0, "getProtocolVersion",
                  "00000002 00106a6176612e6c616e672e537472696e67"
                  "00186f72672e6578616d706c652e4563686f50726f746f636f6c"
                  "00046c6f6e670000000000000001",
                  &held);
    are(v4(), &call, 1, bytes_of_example(EXAMPLE_V4_VERSION_CALL));
    give_back(held);

    struct wire_message ping = wire_v4_message(WIRE_PING);
    are(v4(), &ping, 1, bytes_of_example(EXAMPLE_V4_PING));
}

Test(v4, a_call_without_parameters_says_so)
{
    struct wire_message call = wire_v4_message(WIRE_REQUEST);

    call.call_id = -2;
    call.method = wire_text("ls");
    is_hex(&call, "0000000c fffffffe 00026c73 00000000");
}

static struct wire_message a_reply(int32_t id, enum wire_status status)
{
    struct wire_message reply = wire_v4_message(WIRE_RESPONSE);
    reply.call_id = id;
    reply.status = status;
    return reply;
}

Test(v4, replies_are_javas_byte_for_byte)
{
    struct wire_buffer body = {NULL, 0, 0};
    struct wire_message reply = a_reply(0, WIRE_SUCCESS);

    cr_assert(eq(int, (int)writable_put_long_object(&body, 1), RPC_OK));
    reply.body = bytes_of(&body);
    are(v4(), &reply, 1, bytes_of_example(EXAMPLE_V4_VERSION_REPLY));
    body.length = 0;
    cr_assert(eq(int, (int)writable_put_string_object(&body, wire_text("hi7"), false), RPC_OK));
    reply.call_id = 1;
    reply.body = bytes_of(&body);
    are(v4(), &reply, 1, bytes_of_example(EXAMPLE_V4_REPLY));
    wire_buffer_release(&body);
    reply = a_reply(7, WIRE_SUCCESS);
    are(v4(), &reply, 1, bytes_of_example(EXAMPLE_V4_VOID));
}

Test(v4, failures_are_javas_byte_for_byte)
{
    struct wire_message error = a_reply(8, WIRE_ERROR), fatal = a_reply(-1, WIRE_FATAL);

    error.class_name = wire_text("java.io.FileNotFoundException");
    error.text = wire_text("java.io.FileNotFoundException: nofile\n"
                           "\tat org.example.Impl.fail(Impl.java:10)\n");
    are(v4(), &error, 1, bytes_of_example(EXAMPLE_V4_ERROR));
    fatal.class_name = wire_text("org.apache.hadoop.security.authorize.AuthorizationException");
    fatal.text = wire_text("User: bob is not allowed to impersonate alice");
    are(v4(), &fatal, 1, bytes_of_example(EXAMPLE_V4_FATAL));
    error.text = WIRE_ABSENT;
    error.class_name = wire_text("X");
    is_hex(&error, "00000008 00000001 00000001 58 ffffffff");
}

Test(v4, sasl_has_no_ids)
{
    struct wire_message token = wire_v4_message(WIRE_SASL);

    is_hex(&token, "00000000");
    token.token = wire_text("abc");
    is_hex(&token, "00000003 616263");
    token.side = WIRE_TO_CLIENT;
    token.sasl_state = WIRE_SASL_CHALLENGE;
    is_hex(&token, "00000000 00000003 616263");
    token.token = WIRE_ABSENT;
    is_hex(&token, "00000000 00000000");
    token.sasl_state = WIRE_SASL_SUCCESS;
    are(v4(), &token, 1, bytes_of_example(EXAMPLE_V4_SWITCH));
    token.status = WIRE_ERROR;
    token.class_name = wire_text("C");
    token.text = wire_text("no");
    is_hex(&token, "00000001 00000001 43 00000002 6e6f");
}

Test(v4, something_wrong_is_sent_as_it_is_asked_for)
{
    struct wire_message message = wire_v4_message(WIRE_PREAMBLE);

    message.magic = wire_text("hrpx");
    message.version = -3;
    message.auth = 79;
    is_hex(&message, "68727078 fd 4f");
    message = wire_v4_message(WIRE_REQUEST);
    message.method = wire_text("m");
    message.has_length = true;
    message.length = -5;
    message.trailing = wire_text("!");
    is_hex(&message, "fffffffb 00000000 00016d 00000000 21");
    message.payload = wire_text("raw");
    is_hex(&message, "fffffffb 00000000 726177 21");
    message = wire_v4_message(WIRE_PING);
    message.has_length = true;
    message.length = -2;
    is_hex(&message, "fffffffe");
    message = a_reply(3, WIRE_STATUS_OTHER);
    message.code = 9;
    is_hex(&message, "00000003 00000009");
    message = a_reply(3, WIRE_SUCCESS);
    message.body = WIRE_ABSENT;
    is_hex(&message, "00000003 00000000");
}

Test(v4, a_server_leaves_other_versions_without_a_word)
{
    struct wire_buffer out = {NULL, 0, 0};

    for (int version = -128; version < 128; version++)
        cr_assert(eq(int, (int)v4()->encode_mismatch(version, &out), RPC_OK));
    cr_assert(eq(sz, out.length, 0));
    cr_assert(eq(int, (int)wire_codec(9)->encode_mismatch(4, &out), RPC_OK));
    struct wire_bytes goodbye = bytes_of_example(EXAMPLE_GOODBYE);
    cr_assert(eq(sz, out.length, goodbye.length));
    cr_assert(memcmp(out.data, goodbye.data, goodbye.length) == 0);
    wire_buffer_release(&out);
    give_back(goodbye);
}

/* --- what comes to a server --- */

static struct wire_decoder *server_decoder(const char *preamble)
{
    struct wire_decoder *decoder = wire_decoder_create(v4(), WIRE_TO_SERVER, 1 << 20);
    struct wire_message message;
    struct wire_bytes bytes = hex(preamble);
    size_t used;

    cr_assert(eq(int, (int)wire_decoder_feed(decoder, bytes, &used, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_PREAMBLE));
    cr_assert(eq(sz, used, 6));
    cr_assert(eq(sz, message.size, 6));
    give_back(bytes);
    return decoder;
}

Test(v4, a_preamble_of_any_kind_is_given)
{
    struct wire_decoder *decoder = wire_decoder_create(v4(), WIRE_TO_SERVER, 1 << 20);
    struct wire_message message;

    cr_assert(eq(int, (int)next(decoder, "47455420 09df", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_PREAMBLE));
    cr_assert(wire_is(message.magic, "GET "));
    cr_assert(eq(int, message.version, 9));
    cr_assert(eq(int, message.auth, 0xdf));
    done(decoder);
}

Test(v4, the_first_frame_is_the_header_and_the_next_are_calls)
{
    struct wire_decoder *decoder = server_decoder("68727063 04 50");
    struct arena *arena = wire_decoder_arena(decoder);
    struct wire_message message;

    cr_assert(eq(int, (int)next(decoder, "00000010 0150 01 0006eda0bdedb880 01 0002c080", &message),
                 RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_CONTEXT));
    cr_assert(eq(int, message.length, 16));
    cr_assert(eq(sz, message.size, 20));
    cr_assert(eq(int, (int)v4()->open_context(&message, arena, problem), RPC_OK));
    cr_assert(wire_is(message.protocol, "P"));
    cr_assert(wire_is(message.user, "\xf0\x9f\x98\x80"));
    cr_assert(eq(sz, message.real_user.length, 1));
    cr_assert(eq(int, message.real_user.data[0], 0));
    cr_assert(message.trailing.data == NULL);

    cr_assert(eq(int, (int)next(decoder, "ffffffff", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_PING));
    cr_assert(eq(sz, message.size, 4));
    cr_assert(eq(int, message.call_id, WIRE_CALL_PING));

    cr_assert(
        eq(int, (int)next(decoder, "0000000d fffffffd 00026c73 0000000021", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_REQUEST));
    cr_assert(eq(int, message.call_id, -3));
    cr_assert(eq(int, message.rpc_kind, WIRE_KIND_WRITABLE));
    cr_assert(eq(int, (int)v4()->open_request(&message, arena, problem), RPC_OK));
    cr_assert(wire_is(message.method, "ls"));
    cr_assert(eq(sz, message.body.length, 5));
    done(decoder);
}

Test(v4, a_ping_may_come_first_of_all)
{
    struct wire_decoder *decoder = server_decoder("68727063 04 50");
    struct wire_message message;

    cr_assert(eq(int, (int)next(decoder, "ffffffff", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_PING));
    cr_assert(not(wire_decoder_amid(decoder)));
    cr_assert(eq(int, (int)next(decoder, "00000002 00 00", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_CONTEXT));
    done(decoder);
}

Test(v4, tokens_come_until_the_server_expects_something_else)
{
    struct wire_decoder *decoder = server_decoder("68727063 04 52");
    struct wire_message message;

    cr_assert(eq(int, (int)next(decoder, "00000000", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_SASL));
    cr_assert(eq(int, (int)v4()->open_sasl(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.token.length, 0));
    cr_assert(eq(int, (int)next(decoder, "00000002 6162", &message), RPC_OK));
    cr_assert(eq(int, (int)v4()->open_sasl(&message, NULL, problem), RPC_OK));
    cr_assert(wire_is(message.token, "ab"));
    wire_decoder_expect(decoder, WIRE_CONTEXT);
    cr_assert(eq(int, (int)next(decoder, "00000002 00 00", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_CONTEXT));
    cr_assert(eq(int, (int)next(decoder, "00000004 00000000", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_REQUEST));
    done(decoder);
}

Test(v4, a_negative_or_great_length_ends_all)
{
    static const char *const lengths[] = {"fffffffe", "80000000", "00100001", "7fffffff"};
    for (size_t i = 0; i < 4; i++) {
        struct wire_decoder *decoder = server_decoder("68727063 04 50");
        struct wire_message message;
        cr_assert(eq(int, (int)next(decoder, lengths[i], &message), RPC_TOO_LONG));
        cr_assert(eq(int, message.length, i == 0 ? -2 : message.length));
        done(decoder);
    }
}

/* What `digits`, as a frame, open to. */
static enum rpc_status opens(wire_open_fn *open, const char *digits, struct wire_message *message)
{
    static struct arena arena = {.budget = 1 << 16};
    struct wire_bytes bytes = hex(digits);
    struct wire_message fresh = {.payload = bytes};
    *message = fresh;
    enum rpc_status status = open(message, &arena, problem);
    give_back(bytes);
    return status;
}

Test(v4, a_header_that_ends_early_or_has_a_bad_text_is_refused)
{
    struct wire_message message;
    static const struct {
        const char *digits;
        enum rpc_status status;
        const char *problem;
    } cases[] = {
        {"", RPC_END, ""},
        {"05 6162", RPC_END, ""},
        {"8e", RPC_END, ""},
        {"00", RPC_END, ""},
        {"00 01 0003 6162", RPC_END, ""},
        {"00 01 0001 61", RPC_END, ""},
        {"ff 00", RPC_MALFORMED, "-1"},
        {"8c7fffffff 00", RPC_TOO_LONG, ""},
        {"8b80000000 00", RPC_END, ""},
        {"00 01 0002 6180 00", RPC_MALFORMED, "malformed input around byte 1"},
        {"00 01 0002 c041 00", RPC_MALFORMED, "malformed input around byte 2"},
        {"00 01 0003 e08041 00", RPC_MALFORMED, "malformed input around byte 2"},
        {"00 01 0004 f09f9880 00", RPC_MALFORMED, "malformed input around byte 0"},
        {"00 01 0002 61e0 00", RPC_MALFORMED, "malformed input: partial character at end"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum rpc_status status = opens(wire_v4_open_context, cases[i].digits, &message);
        cr_assert(eq(int, (int)status, (int)cases[i].status), "%s", cases[i].digits);
        cr_assert(eq(int, strcmp(problem, cases[i].problem), 0), "%s: %s", cases[i].digits,
                  problem);
    }
}

Test(v4, a_vint_is_cut_to_an_int_as_java_cuts_it)
{
    struct wire_message message;

    /* 2^32 + 1 */
    cr_assert(eq(int, (int)opens(wire_v4_open_context, "8b0100000001 50 00", &message), RPC_OK));
    cr_assert(eq(sz, message.protocol.length, 1));
}

Test(v4, what_trails_in_a_header_is_told)
{
    struct wire_message message;

    cr_assert(eq(int, (int)opens(wire_v4_open_context, "00 00 6162", &message), RPC_OK));
    cr_assert(eq(sz, message.trailing.length, 2));
}

Test(v4, a_call_that_ends_early_is_refused)
{
    struct wire_decoder *decoder = server_decoder("68727063 04 50");
    struct wire_message message;

    next(decoder, "00000002 00 00", &message);
    cr_assert(eq(int, (int)next(decoder, "00000003 000000", &message), RPC_MALFORMED));
    cr_assert(eq(int, (int)message.kind, WIRE_REQUEST));
    cr_assert(eq(int, (int)next(decoder, "00000000", &message), RPC_MALFORMED));
    cr_assert(eq(int, (int)next(decoder, "00000006 00000009 0009", &message), RPC_OK));
    cr_assert(eq(int, (int)v4()->open_request(&message, NULL, problem), RPC_END));
    done(decoder);
}
