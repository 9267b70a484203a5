#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/codec_stage.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/fields.h"
#include "rpc/wire/v4.h"
#include "rpc/wire/writable.h"

static char problem[WIRE_PROBLEM_MAX];

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

Test(v4_replies, a_reply_is_read_to_its_end_and_no_further)
{
    struct writable_types *known = types();
    unsigned replies = 0;

    for (int i = EXAMPLE_COUNT; i < EXAMPLE_ALL; i++) {
        if (!comes_to_client((enum wire_example)i))
            continue;
        replies++;
        struct wire_bytes reply = bytes_of_example((enum wire_example)i);
        for (size_t piece = 1; piece < reply.length; piece += 1 + piece / 3)
            ends_there(reply, known, piece);
        ends_there(reply, known, SIZE_MAX);
        give_back(reply);
    }
    cr_assert(gt(uint, replies, 10u));
    writable_types_free(known);
}

Test(v4_replies, decoding_and_encoding_again_gives_the_same_bytes)
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

Test(v4_replies, replies_follow_each_other)
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

Test(v4_replies, a_status_that_means_nothing_is_no_more_than_a_header)
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

Test(v4_replies, the_goodbye_of_a_newer_server_is_a_fatal_reply)
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

Test(v4_replies, what_no_client_can_read_on_behind_ends_all)
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

Test(v4_replies, sasl_replies_are_read_while_they_are_expected)
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

/* Whoever begins anew with each byte is not done in time. */
Test(v4_replies, a_great_array_of_strings_is_not_looked_at_twice, .timeout = 60)
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
