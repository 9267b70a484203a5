#include "rpc/wire/v4.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/arena.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/fields.h"
#include "rpc/wire/writable.h"

static const char *const echo_protocol = "org.example.EchoProtocol";
static char problem[WIRE_PROBLEM_MAX];

static const struct wire_codec *v4(void)
{
    return wire_codec(4);
}

static struct wire_bytes bytes_of(const struct wire_buffer *buffer)
{
    return (struct wire_bytes){buffer->data, buffer->length};
}

/* Bytes from hex, for as long as the test runs. */
static struct wire_bytes hex(const char *digits)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    wire_hex_add(digits, &buffer);
    return buffer.data != NULL ? bytes_of(&buffer) : wire_text("");
}

static struct wire_bytes bytes_of_example(enum wire_example example)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    wire_example_add(example, &buffer);
    return bytes_of(&buffer);
}

static void give_back(struct wire_bytes bytes)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    memcpy(&buffer.data, &bytes.data, sizeof(bytes.data));
    if (bytes.length > 0)
        wire_buffer_release(&buffer);
}

/* The codec's bytes for the messages are `expected`, which is given back. */
static void are(const struct wire_codec *codec, const struct wire_message *messages, size_t count,
                struct wire_bytes expected)
{
    struct wire_buffer out = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++)
        cr_assert(eq(int, (int)codec->encode(&messages[i], &out), RPC_OK));
    cr_assert(eq(sz, out.length, expected.length));
    cr_assert(memcmp(out.data, expected.data, expected.length) == 0);
    wire_buffer_release(&out);
    give_back(expected);
}

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

static const char string_hi[] = "00106a6176612e6c616e672e537472696e670002 6869";
static const char two_of_string_hi_and_7[] =
    "00000002 00106a6176612e6c616e672e537472696e670002 6869 0003696e7400000007";

/* --- encoding --------------------------------------------------------------------- */

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

/* --- what comes to a server --------------------------------------------------------- */

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

static struct wire_bytes held[8];
static size_t held_count;

/* The next message of `decoder`, from `digits`, which are to be all of it. */
static enum rpc_status next(struct wire_decoder *decoder, const char *digits,
                            struct wire_message *message)
{
    struct wire_bytes bytes = hex(digits);
    size_t used;

    enum rpc_status status = wire_decoder_feed(decoder, bytes, &used, message);
    cr_assert(eq(sz, used, bytes.length));
    cr_assert(held_count < 8);
    held[held_count++] = bytes;
    return status;
}

static void done(struct wire_decoder *decoder)
{
    wire_decoder_free(decoder);
    while (held_count > 0)
        give_back(held[--held_count]);
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
    struct wire_arena *arena = wire_decoder_arena(decoder);
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
    static struct wire_arena *arena;
    if (arena == NULL)
        arena = wire_arena_create(1 << 16);
    struct wire_bytes bytes = hex(digits);
    struct wire_message fresh = {.payload = bytes};
    *message = fresh;
    enum rpc_status status = open(message, arena, problem);
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
        {"8c7fffffff 00", RPC_END, ""},
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

/* --- what comes to a client ----------------------------------------------------------- */

static struct writable_types *types(void)
{
    static const char *const colours[] = {"RED", "GREEN", "BLUE"};
    struct writable_types *known = writable_types_create(NULL);

    cr_assert(known != NULL);
    cr_assert(eq(
        int,
        (int)writable_types_add_enum(known, "org.example.EchoProtocol$Color", colours, 3, problem),
        RPC_OK));
    /* versions from 5 on */
    cr_assert(eq(int, (int)writable_types_add_packed(known, problem), RPC_OK));
    return known;
}

static bool comes_to_client(enum wire_example example)
{
    return wire_example_side(example) == WIRE_TO_CLIENT && example != EXAMPLE_V4_SWITCH;
}

/* Read piece by piece with nothing but what is wanted: the reply ends where it should. */
static void ends_there(struct wire_bytes reply, const struct writable_types *known, size_t piece)
{
    struct wire_decoder *decoder = wire_decoder_create(v4(), WIRE_TO_CLIENT, 1 << 20);
    struct wire_message message;
    enum rpc_status status = RPC_AGAIN;
    size_t at = 0;

    wire_decoder_types(decoder, known);
    while (status == RPC_AGAIN) {
        uint8_t *into;
        size_t want = wire_decoder_want(decoder, &into);
        cr_assert(want > 0 && want <= reply.length - at);
        want = want > piece ? piece : want;
        memcpy(into, reply.data + at, want);
        at += want;
        status = wire_decoder_take(decoder, want, &message);
    }
    cr_assert(eq(int, (int)status, RPC_OK), "%s", wire_decoder_problem(decoder));
    cr_assert(eq(sz, at, reply.length));
    cr_assert(eq(sz, message.size, reply.length));
    wire_decoder_free(decoder);
}

Test(v4, a_reply_is_read_to_its_end_and_no_further)
{
    struct writable_types *known = types();

    for (int i = EXAMPLE_COUNT; i < EXAMPLE_ALL; i++) {
        if (!comes_to_client((enum wire_example)i))
            continue;
        struct wire_bytes reply = bytes_of_example((enum wire_example)i);
        for (size_t piece = 1; piece < reply.length; piece += 1 + piece / 3)
            ends_there(reply, known, piece);
        ends_there(reply, known, SIZE_MAX);
        give_back(reply);
    }
    writable_types_free(known);
}

Test(v4, decoding_and_encoding_again_gives_the_same_bytes)
{
    struct writable_types *known = types();

    for (int i = EXAMPLE_COUNT; i < EXAMPLE_ALL; i++) {
        enum wire_side side = wire_example_side((enum wire_example)i);
        struct wire_buffer bytes = {NULL, 0, 0}, again = {NULL, 0, 0};
        struct wire_decoder *decoder = wire_decoder_create(v4(), side, 1 << 20);
        struct wire_message message;
        size_t at = 0, used;

        wire_decoder_types(decoder, known);
        if (i == EXAMPLE_V4_SWITCH)
            wire_decoder_expect(decoder, WIRE_SASL);
        if (side == WIRE_TO_SERVER && i != EXAMPLE_V4_CONTEXT)
            wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
        wire_example_add((enum wire_example)i, &bytes);
        while (at < bytes.length) {
            struct wire_bytes rest = {bytes.data + at, bytes.length - at};
            cr_assert(eq(int, (int)wire_decoder_feed(decoder, rest, &used, &message), RPC_OK));
            cr_assert(eq(sz, message.size, used));
            at += used;
            cr_assert(eq(
                int, (int)wire_message_open(v4(), &message, wire_decoder_arena(decoder), problem),
                RPC_OK));
            cr_assert(eq(int, (int)v4()->encode(&message, &again), RPC_OK));
        }
        cr_assert(eq(sz, again.length, bytes.length));
        cr_assert(memcmp(again.data, bytes.data, bytes.length) == 0, "%s",
                  wire_example_name((enum wire_example)i));
        wire_decoder_free(decoder);
        wire_buffer_release(&bytes);
        wire_buffer_release(&again);
    }
    writable_types_free(known);
}

static struct wire_decoder *client_decoder(void)
{
    return wire_decoder_create(v4(), WIRE_TO_CLIENT, 1 << 20);
}

Test(v4, replies_follow_each_other)
{
    struct wire_decoder *decoder = client_decoder();
    struct wire_message message;

    cr_assert(
        eq(int, (int)next(decoder, "00000005 00000000 0003696e74 0000000a", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_RESPONSE));
    cr_assert(eq(int, message.call_id, 5));
    cr_assert(eq(int, (int)message.status, WIRE_SUCCESS));
    cr_assert(eq(int, (int)v4()->open_value(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 9));
    cr_assert(
        eq(int, (int)next(decoder, "00000004 00000001 00000001 58 ffffffff", &message), RPC_OK));
    cr_assert(eq(int, (int)message.status, WIRE_ERROR));
    cr_assert(wire_is(message.class_name, "X"));
    cr_assert(message.text.data == NULL);
    cr_assert(not(wire_decoder_amid(decoder)));
    cr_assert(eq(int, (int)next(decoder, "00000005 0000", &message), RPC_AGAIN));
    cr_assert(wire_decoder_amid(decoder));
    done(decoder);
}

Test(v4, a_status_that_means_nothing_is_no_more_than_a_header)
{
    struct wire_decoder *decoder = client_decoder();
    struct wire_message message;

    cr_assert(eq(int, (int)next(decoder, "00000005 00000007", &message), RPC_OK));
    cr_assert(eq(int, (int)message.status, WIRE_STATUS_OTHER));
    cr_assert(eq(int, message.code, 7));
    cr_assert(eq(int, (int)next(decoder, "00000006 00000001 ffffffff ffffffff", &message), RPC_OK));
    cr_assert(eq(int, message.call_id, 6));
    done(decoder);
}

Test(v4, the_goodbye_of_a_newer_server_is_a_fatal_reply)
{
    struct wire_decoder *decoder = client_decoder();
    struct wire_bytes goodbye = bytes_of_example(EXAMPLE_GOODBYE);
    struct wire_message message;
    size_t used;

    cr_assert(eq(int, (int)wire_decoder_feed(decoder, goodbye, &used, &message), RPC_OK));
    cr_assert(eq(sz, used, goodbye.length));
    cr_assert(eq(int, (int)message.kind, WIRE_RESPONSE));
    cr_assert(eq(int, (int)message.status, WIRE_FATAL));
    cr_assert(eq(int, message.call_id, -1));
    cr_assert(
        wire_is(message.text, "Server IPC version 9 cannot communicate with client version 4"));
    wire_decoder_free(decoder);
    give_back(goodbye);
}

Test(v4, what_no_client_can_read_on_behind_ends_all)
{
    static const struct {
        const char *digits;
        enum rpc_status status;
        const char *problem;
    } cases[] = {
        {"00000005 00000001 fffffffe", RPC_BAD_VALUE, "-2"},
        {"00000005 ffffffff 00000000 80000000", RPC_BAD_VALUE, "-2147483648"},
        {"00000005 00000001 7fffffff", RPC_TOO_LONG, "a reply of more than 1048576 bytes"},
        {"00000005 00000000 0001 78", RPC_UNKNOWN_NAME, NULL},
        {"00000005 00000000 00025b49 ffffffff", RPC_BAD_VALUE, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wire_decoder *decoder = client_decoder();
        struct wire_message message = {.call_id = 0};
        cr_assert(eq(int, (int)next(decoder, cases[i].digits, &message), (int)cases[i].status),
                  "%s", cases[i].digits);
        cr_assert(eq(int, message.call_id, 5), "%s", cases[i].digits);
        if (cases[i].problem != NULL)
            cr_assert(eq(int, strcmp(wire_decoder_problem(decoder), cases[i].problem), 0), "%s",
                      wire_decoder_problem(decoder));
        done(decoder);
    }
}

Test(v4, sasl_replies_are_read_while_they_are_expected)
{
    struct wire_decoder *decoder = client_decoder();
    struct wire_message message;

    wire_decoder_expect(decoder, WIRE_SASL);
    cr_assert(eq(int, (int)next(decoder, "00000000 00000002 6162", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_SASL));
    cr_assert(eq(int, (int)v4()->open_sasl(&message, NULL, problem), RPC_OK));
    cr_assert(eq(int, (int)message.sasl_state, WIRE_SASL_CHALLENGE));
    cr_assert(wire_is(message.token, "ab"));
    cr_assert(eq(int, (int)next(decoder, "00000001 00000001 43 00000002 6e6f", &message), RPC_OK));
    cr_assert(eq(int, (int)message.status, WIRE_ERROR));
    cr_assert(wire_is(message.text, "no"));
    cr_assert(eq(int, (int)next(decoder, "00000000 ffffffa8", &message), RPC_OK));
    cr_assert(eq(int, (int)v4()->open_sasl(&message, NULL, problem), RPC_OK));
    cr_assert(eq(int, (int)message.sasl_state, WIRE_SASL_SUCCESS));
    cr_assert(message.token.data == NULL);
    wire_decoder_expect(decoder, WIRE_RESPONSE);
    cr_assert(
        eq(int, (int)next(decoder, "00000000 00000000 0003696e74 0000000a", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_RESPONSE));
    wire_decoder_expect(decoder, WIRE_SASL);
    cr_assert(eq(int, (int)next(decoder, "00000000 ffffffff", &message), RPC_BAD_VALUE));
    done(decoder);
}

Test(v4, a_great_array_of_strings_is_not_looked_at_twice)
{
    enum { COUNT = 20000 };
    struct wire_buffer reply = {NULL, 0, 0};
    struct wire_decoder *decoder = wire_decoder_create(v4(), WIRE_TO_CLIENT, 1 << 24);
    struct wire_message message;
    enum rpc_status status = RPC_AGAIN;
    size_t at = 0, used;

    wire_hex_add("00000001 00000000 00135b4c6a6176612e6c616e672e537472696e673b", &reply);
    cr_assert(eq(int, (int)writable_put_number(&reply, WRITABLE_INT, COUNT), RPC_OK));
    for (int i = 0; i < COUNT; i++)
        wire_hex_add(string_hi, &reply);
    while (status == RPC_AGAIN) {
        struct wire_bytes one = {reply.data + at, 1};
        status = wire_decoder_feed(decoder, one, &used, &message);
        at += used;
    }
    cr_assert(eq(int, (int)status, RPC_OK));
    cr_assert(eq(sz, at, reply.length));
    wire_decoder_free(decoder);
    wire_buffer_release(&reply);
}

/* --- Writable calls over version 9 ----------------------------------------------------- */

static const uint8_t client_id[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static struct wire_message of_version_9(enum wire_kind kind, int rpc_kind)
{
    struct wire_message message = wire_codec(9)->message(kind);
    message.rpc_kind = rpc_kind;
    message.retry = 0;
    message.client_id = (struct wire_bytes){client_id, sizeof(client_id)};
    return message;
}

Test(v4, version_9_has_writable_calls_too)
{
    struct wire_message call = of_version_9(WIRE_REQUEST, WIRE_KIND_WRITABLE);
    struct wire_bytes body = hex(two_of_string_hi_and_7);

    call.call_id = 4;
    call.protocol = wire_text("org.example.WritableEcho");
    call.method = wire_text("echo");
    call.protocol_version = 3;
    call.body = body;
    are(wire_codec(9), &call, 1, bytes_of_example(EXAMPLE_WRITABLE_CALL));
    give_back(body);

    struct wire_message reply = of_version_9(WIRE_RESPONSE, WIRE_KIND_WRITABLE);
    body = hex("00106a6176612e6c616e672e537472696e670003 686937");
    reply.call_id = 4;
    reply.body = body;
    are(wire_codec(9), &reply, 1, bytes_of_example(EXAMPLE_WRITABLE_REPLY));
    give_back(body);
}

Test(v4, version_9_has_builtin_calls_too)
{
    struct wire_message call = of_version_9(WIRE_REQUEST, WIRE_KIND_BUILTIN);
    struct wire_bytes body = hex("0000000000000029");

    call.body = body;
    are(wire_codec(9), &call, 1, bytes_of_example(EXAMPLE_BUILTIN_CALL));
    give_back(body);
    struct wire_message reply = of_version_9(WIRE_RESPONSE, WIRE_KIND_BUILTIN);
    body = hex("000000000000002a");
    reply.body = body;
    are(wire_codec(9), &reply, 1, bytes_of_example(EXAMPLE_BUILTIN_REPLY));
    give_back(body);
}

static struct wire_decoder *v9_decoder(enum wire_example example, struct wire_message *message)
{
    enum wire_side side = wire_example_side(example);
    struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), side, 1 << 20);
    size_t used;

    if (side == WIRE_TO_SERVER)
        next(decoder, "68727063 09 00 00", message);
    held[held_count] = bytes_of_example(example);
    cr_assert(eq(int, (int)wire_decoder_feed(decoder, held[held_count++], &used, message), RPC_OK));
    return decoder;
}

Test(v4, writable_calls_of_version_9_come_apart)
{
    struct wire_message message;
    struct wire_decoder *decoder = v9_decoder(EXAMPLE_WRITABLE_CALL, &message);

    cr_assert(eq(int,
                 (int)wire_codec(9)->open_request(&message, wire_decoder_arena(decoder), problem),
                 RPC_OK));
    cr_assert(eq(i64, message.writable_version, 2));
    cr_assert(wire_is(message.protocol, "org.example.WritableEcho"));
    cr_assert(wire_is(message.method, "echo"));
    cr_assert(eq(u64, message.protocol_version, 3));
    cr_assert(eq(int, message.methods_hash, 0));
    cr_assert(eq(sz, message.body.length, 35));
    message.payload.length = 30;
    cr_assert(eq(int, (int)wire_codec(9)->open_request(&message, NULL, problem), RPC_END));
    done(decoder);

    decoder = v9_decoder(EXAMPLE_WRITABLE_REPLY, &message);
    message.rpc_kind = WIRE_KIND_WRITABLE;
    cr_assert(eq(int, (int)wire_codec(9)->open_value(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 23));
    done(decoder);
}

Test(v4, builtin_calls_of_version_9_are_their_bytes)
{
    struct wire_message message;
    struct wire_decoder *decoder = v9_decoder(EXAMPLE_BUILTIN_CALL, &message);

    cr_assert(eq(int, (int)wire_codec(9)->open_request(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 8));
    cr_assert(eq(int, message.body.data[7], 41));
    cr_assert(message.method.data == NULL);
    done(decoder);
}
