#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/wire.h"

enum { LIMIT = 1 << 20 };

static struct wire_buffer all_bytes(const enum wire_example *examples, size_t count)
{
    struct wire_buffer bytes = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++)
        wire_example_add(examples[i], &bytes);
    return bytes;
}

static struct wire_decoder *decoder_to(enum wire_side side)
{
    return wire_decoder_create(wire_codec(9), side, LIMIT);
}

/* Feeds the bytes from *at to `end`; the status of the first thing that is not RPC_AGAIN. */
static enum rpc_status feed(struct wire_decoder *decoder, const struct wire_buffer *bytes,
                            size_t *at, size_t end, struct wire_message *message)
{
    size_t used;
    struct wire_bytes part = {bytes->data + *at, end - *at};
    enum rpc_status status = wire_decoder_feed(decoder, part, &used, message);
    *at += used;
    return status;
}

/* The kinds of all messages when the bytes come in pieces that end at `cuts`. */
static size_t kinds_of(enum wire_side side, const struct wire_buffer *bytes, const size_t *cuts,
                       size_t cut_count, enum wire_kind *kinds)
{
    struct wire_decoder *decoder = decoder_to(side);
    size_t at = 0, count = 0;

    for (size_t i = 0; i <= cut_count; i++) {
        size_t end = i < cut_count ? cuts[i] : bytes->length;
        while (at < end) {
            struct wire_message message;
            enum rpc_status status = feed(decoder, bytes, &at, end, &message);
            if (status == RPC_OK)
                kinds[count++] = message.kind;
            else
                cr_assert(eq(int, (int)status, RPC_AGAIN));
        }
    }
    cr_assert(not(wire_decoder_amid(decoder)));
    wire_decoder_free(decoder);
    return count;
}

Test(decoder, every_split_of_a_request_stream_gives_the_same_messages)
{
    const enum wire_example stream[] = {EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_PING,
                                        EXAMPLE_FAILING_CALL};
    const enum wire_kind expected[] = {WIRE_PREAMBLE, WIRE_CONTEXT, WIRE_REQUEST, WIRE_PING,
                                       WIRE_REQUEST};
    struct wire_buffer bytes = all_bytes(stream, 4);

    for (size_t first = 0; first <= bytes.length; first++) {
        for (size_t second = first; second <= bytes.length; second += 7) {
            const size_t cuts[] = {first, second};
            enum wire_kind kinds[8];
            cr_assert(eq(sz, kinds_of(WIRE_TO_SERVER, &bytes, cuts, 2, kinds), 5));
            cr_assert(eq(int, memcmp(kinds, expected, sizeof(expected)), 0));
        }
    }
    wire_buffer_release(&bytes);
}

Test(decoder, a_stream_of_responses_can_come_byte_by_byte)
{
    const enum wire_example stream[] = {EXAMPLE_REPLY, EXAMPLE_EMPTY_REPLY, EXAMPLE_SASL_SUCCESS,
                                        EXAMPLE_ERROR, EXAMPLE_FATAL};
    const enum wire_kind expected[] = {WIRE_RESPONSE, WIRE_RESPONSE, WIRE_SASL, WIRE_RESPONSE,
                                       WIRE_RESPONSE};
    struct wire_buffer bytes = all_bytes(stream, 5);
    size_t cuts[512];
    enum wire_kind kinds[8];

    for (size_t i = 0; i < bytes.length; i++)
        cuts[i] = i + 1;
    cr_assert(eq(sz, kinds_of(WIRE_TO_CLIENT, &bytes, cuts, bytes.length, kinds), 5));
    cr_assert(eq(int, memcmp(kinds, expected, sizeof(expected)), 0));
    wire_buffer_release(&bytes);
}

Test(decoder, it_never_asks_for_a_byte_beyond_the_piece)
{
    const enum wire_example stream[] = {EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL};
    const size_t expected[] = {4, 3, 4, 63, 4, 67};
    struct wire_buffer bytes = all_bytes(stream, 2);
    struct wire_decoder *decoder = decoder_to(WIRE_TO_SERVER);
    size_t at = 0;

    for (size_t i = 0; i < 6; i++) {
        uint8_t *into;
        struct wire_message message;
        size_t want = wire_decoder_want(decoder, &into);
        cr_assert(eq(sz, want, expected[i]));
        memcpy(into, bytes.data + at, want);
        wire_decoder_take(decoder, want, &message);
        at += want;
    }
    wire_decoder_free(decoder);
    wire_buffer_release(&bytes);
}

Test(decoder, a_message_says_how_long_it_was)
{
    const enum wire_example stream[] = {EXAMPLE_PREAMBLE_CONTEXT};
    struct wire_buffer bytes = all_bytes(stream, 1);
    struct wire_decoder *decoder = decoder_to(WIRE_TO_SERVER);
    struct wire_message message;
    size_t at = 0;

    cr_assert(eq(int, (int)feed(decoder, &bytes, &at, bytes.length, &message), RPC_OK));
    cr_assert(wire_is(message.magic, "hrpc"));
    cr_assert(eq(int, message.version, 9));
    cr_assert(eq(int, message.auth, 0));
    cr_assert(eq(sz, message.size, 7));
    cr_assert(eq(int, (int)feed(decoder, &bytes, &at, bytes.length, &message), RPC_OK));
    cr_assert(eq(sz, message.size, 67));
    cr_assert(eq(int, message.length, 63));
    cr_assert(not(message.has_length));
    cr_assert(not(wire_decoder_amid(decoder)));
    wire_decoder_free(decoder);
    wire_buffer_release(&bytes);
}

/* What comes of bytes that a server gets. */
static enum rpc_status given(enum wire_side side, const char *hex, struct wire_message *message)
{
    static struct wire_decoder *decoder;
    struct wire_buffer bytes = {NULL, 0, 0};
    size_t at = 0;
    enum rpc_status status;

    wire_decoder_free(decoder);
    decoder = decoder_to(side);
    wire_hex_add(hex, &bytes);
    do {
        status = feed(decoder, &bytes, &at, bytes.length, message);
    } while (status == RPC_OK && at < bytes.length);
    wire_buffer_release(&bytes);
    return status;
}

Test(decoder, a_strange_preamble_is_given_as_it_is)
{
    struct wire_message message;

    cr_assert(eq(int, (int)given(WIRE_TO_SERVER, "78787878 ff 80 50", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_PREAMBLE));
    cr_assert(wire_is(message.magic, "xxxx"));
    cr_assert(eq(int, message.version, -1));
    cr_assert(eq(int, message.service_class, -128));
    cr_assert(eq(int, message.auth, 0x50));
}

Test(decoder, a_browser_is_recognised_after_seven_bytes)
{
    struct wire_message message;

    cr_assert(eq(int, (int)given(WIRE_TO_SERVER, "47455420 2f20", &message), RPC_AGAIN));
    cr_assert(eq(int, (int)given(WIRE_TO_SERVER, "47455420 2f2048", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_HTTP));
}

Test(decoder, lengths_beyond_the_limit_are_refused_and_the_limit_itself_is_not)
{
    struct wire_message message;

    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "00100000", &message), RPC_AGAIN));
    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "00100001", &message), RPC_TOO_LONG));
    cr_assert(eq(int, message.length, LIMIT + 1));
    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "7fffffff", &message), RPC_TOO_LONG));
    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "80000000", &message), RPC_TOO_LONG));
    cr_assert(eq(int, message.length, INT32_MIN));
    cr_assert(
        eq(int, (int)given(WIRE_TO_SERVER, "68727063 090000 ffffffff", &message), RPC_TOO_LONG));
    cr_assert(eq(int, message.length, -1));
}

Test(decoder, a_frame_without_a_byte_is_a_header_without_fields)
{
    struct wire_message message;

    cr_assert(
        eq(int, (int)given(WIRE_TO_SERVER, "68727063 090000 00000000", &message), RPC_MALFORMED));
    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "00000000", &message), RPC_MALFORMED));
    cr_assert(eq(int, message.length, 0));
}

Test(decoder, a_bad_header_costs_its_frame_only)
{
    struct wire_buffer bytes = {NULL, 0, 0};
    struct wire_decoder *decoder = decoder_to(WIRE_TO_CLIENT);
    struct wire_message message;
    size_t at = 0;

    wire_hex_add("00000003 020800 00000005 0408031000", &bytes);
    cr_assert(eq(int, (int)feed(decoder, &bytes, &at, bytes.length, &message), RPC_MALFORMED));
    cr_assert(eq(
        int, strcmp(wire_decoder_problem(decoder), "Message missing required fields: status"), 0));
    cr_assert(eq(int, (int)feed(decoder, &bytes, &at, bytes.length, &message), RPC_OK));
    cr_assert(eq(int, message.call_id, 3));
    wire_decoder_free(decoder);
    wire_buffer_release(&bytes);
}

Test(decoder, a_goodbye_is_one_when_it_comes_first_however_it_is_cut)
{
    const enum wire_example stream[] = {EXAMPLE_GOODBYE};
    struct wire_buffer bytes = all_bytes(stream, 1);

    for (size_t cut = 1; cut < bytes.length; cut++) {
        struct wire_decoder *decoder = decoder_to(WIRE_TO_CLIENT);
        struct wire_message message;
        size_t at = 0;
        cr_assert(eq(int, (int)feed(decoder, &bytes, &at, cut, &message), RPC_AGAIN));
        cr_assert(wire_decoder_amid(decoder));
        cr_assert(eq(int, (int)feed(decoder, &bytes, &at, bytes.length, &message), RPC_OK));
        cr_assert(eq(int, (int)message.kind, WIRE_GOODBYE));
        cr_assert(wire_is(message.class_name, "org.apache.hadoop.ipc.RPC$VersionMismatch"));
        cr_assert(
            wire_is(message.text, "Server IPC version 9 cannot communicate with client version 4"));
        cr_assert(eq(sz, message.size, 118));
        wire_decoder_free(decoder);
    }
    wire_buffer_release(&bytes);
}

Test(decoder, later_a_length_of_minus_one_is_only_that)
{
    struct wire_message message;

    cr_assert(eq(int, (int)given(WIRE_TO_CLIENT, "00000005 0408031000 ffffffff", &message),
                 RPC_TOO_LONG));
    cr_assert(eq(int, message.length, -1));
}

Test(decoder, a_goodbye_with_an_impossible_text_is_refused)
{
    struct wire_message message;

    cr_assert(
        eq(int, (int)given(WIRE_TO_CLIENT, "ffffffff ffffffff fffffffe", &message), RPC_TOO_LONG));
    cr_assert(eq(int,
                 (int)given(WIRE_TO_CLIENT, "ffffffff ffffffff 00000001 61 7fffffff", &message),
                 RPC_TOO_LONG));
}

Test(decoder, memory_grows_with_what_has_come_and_not_with_what_was_announced)
{
    struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), WIRE_TO_CLIENT, 128 << 20);
    const uint8_t length[] = {0x08, 0, 0, 0}; /* 128 MiB */
    struct wire_message message;
    uint8_t *into;
    size_t used, come = 0;

    cr_assert(eq(int,
                 (int)wire_decoder_feed(decoder, (struct wire_bytes){length, 4}, &used, &message),
                 RPC_AGAIN));
    while (come < 1 << 20) {
        size_t want = wire_decoder_want(decoder, &into);
        cr_assert(le(sz, want, come > 8192 ? come : 8192));
        memset(into, 0, want);
        cr_assert(eq(int, (int)wire_decoder_take(decoder, want, &message), RPC_AGAIN));
        come += want;
    }
    wire_decoder_free(decoder);
}

Test(decoder, random_bytes_end_in_a_refusal_or_in_waiting)
{
    uint64_t state = 1;
    unsigned refused = 0;

    for (int seed = 0; seed < 1000; seed++) {
        const enum wire_example stream[] = {EXAMPLE_PREAMBLE_CONTEXT};
        struct wire_buffer bytes = all_bytes(stream, 1);
        struct wire_decoder *decoder = decoder_to(WIRE_TO_SERVER);
        struct wire_message message;
        enum rpc_status status = RPC_OK;
        size_t at = 0;
        for (int i = 0; i < 10000; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            /* a length word that is small, now and then */
            uint8_t byte = i % 64 < 3 ? 0 : (uint8_t)(state >> 56);
            wire_buffer_add(&bytes, &byte, 1);
        }
        while (at < bytes.length && status != RPC_TOO_LONG) {
            char problem[WIRE_PROBLEM_MAX];
            status = feed(decoder, &bytes, &at, bytes.length, &message);
            if (status == RPC_OK && message.kind == WIRE_REQUEST)
                cr_assert(ne(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_OK));
            refused += status == RPC_MALFORMED;
        }
        cr_assert(ne(int, (int)status, RPC_OK));
        cr_assert(ne(int, (int)status, RPC_NO_MEMORY));
        wire_decoder_free(decoder);
        wire_buffer_release(&bytes);
    }
    cr_assert(gt(uint, refused, 1000u));
}
