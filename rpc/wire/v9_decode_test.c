/* How messages come apart, and what is told of those that do not. */
#include "rpc/arena.h"
#include "rpc/wire/v9_stage.h"

static char problem[WIRE_PROBLEM_MAX];

static struct arena arena = {.budget = WIRE_DECODED_MAX};

static bool is_absent(struct wire_bytes bytes)
{
    return bytes.data == NULL;
}

static void says(const char *text)
{
    cr_assert(eq(int, strcmp(problem, text), 0), "%s", problem);
}

/* The header of the frame that `hex` (without a length word) is. */
static enum rpc_status decode(enum wire_side side, const char *hex, struct wire_message *message)
{
    static struct wire_buffer frame;

    frame.length = 0;
    wire_hex_add(hex, &frame);
    struct wire_bytes bytes = {frame.data, frame.length};
    return wire_codec(9)->decode(side, WIRE_REQUEST, bytes, message, NULL, problem,
                                 sizeof(problem));
}

Test(v9, a_call_comes_apart)
{
    struct wire_message message;

    cr_assert(
        eq(int, (int)decode(WIRE_TO_SERVER, hex_of(EXAMPLE_STATE_CALL) + 8, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_REQUEST));
    cr_assert(eq(int, message.rpc_kind, WIRE_KIND_PROTOBUF));
    cr_assert(eq(int, message.rpc_op, 0));
    cr_assert(eq(int, message.call_id, 0));
    cr_assert(eq(int, message.retry, 0));
    cr_assert(eq(sz, message.client_id.length, 16));
    cr_assert(wire_is(message.caller_context, "app_1"));
    cr_assert(wire_is(message.caller_signature, "sig"));
    cr_assert(message.has_state_id);
    cr_assert(eq(i64, message.state_id, INT64_MIN));
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_OK));
    cr_assert(wire_is(message.method, "echo"));
    cr_assert(wire_is(message.protocol, echo_protocol));
    cr_assert(eq(u64, message.protocol_version, 1));
    cr_assert(eq(sz, message.body.length, 4));
    cr_assert(is_absent(message.trailing));
}

Test(v9, a_context_comes_apart)
{
    struct wire_message message;

    cr_assert(
        eq(int, (int)decode(WIRE_TO_SERVER, hex_of(EXAMPLE_CALLER_CONTEXT) + 8, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_CONTEXT));
    cr_assert(eq(int, message.retry, -1));
    cr_assert(eq(int, (int)wire_v9_open_context(&message, NULL, problem), RPC_OK));
    cr_assert(wire_is(message.user, "alice"));
    cr_assert(is_absent(message.real_user));
    cr_assert(wire_is(message.protocol, echo_protocol));
}

Test(v9, a_context_may_come_without_user_or_protocol)
{
    struct wire_message message;

    cr_assert(
        eq(int, (int)decode(WIRE_TO_SERVER, "06 18052200 2801 04 1200 1a00 ff", &message), RPC_OK));
    cr_assert(eq(int, message.rpc_kind, WIRE_NUMBER_ABSENT));
    cr_assert(eq(int, message.rpc_op, WIRE_NUMBER_ABSENT));
    cr_assert(eq(int, (int)wire_v9_open_context(&message, NULL, problem), RPC_OK));
    cr_assert(is_absent(message.user));
    cr_assert(wire_is(message.protocol, ""));
    cr_assert(eq(sz, message.trailing.length, 1));
}

Test(v9, a_response_comes_apart)
{
    struct wire_message message;

    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, hex_of(EXAMPLE_ERROR) + 8, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_RESPONSE));
    cr_assert(eq(int, message.call_id, 1));
    cr_assert(eq(int, (int)message.status, WIRE_ERROR));
    cr_assert(eq(int, message.ipc_version, 9));
    cr_assert(eq(int, message.code, WIRE_ERROR_APPLICATION));
    cr_assert(wire_is(message.class_name, "java.io.FileNotFoundException"));
    cr_assert(wire_is(message.text, "nofile"));
    cr_assert(eq(int, message.retry, 0));
    cr_assert(eq(sz, message.payload.length, 0));

    cr_assert(
        eq(int, (int)decode(WIRE_TO_CLIENT, hex_of(EXAMPLE_STATE_REPLY) + 8, &message), RPC_OK));
    cr_assert(eq(i64, message.state_id, 1001));
    cr_assert(eq(int, (int)wire_v9_open_value(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 4));

    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, "04 0803 1000", &message), RPC_OK));
    cr_assert(eq(int, message.retry, -1));
    cr_assert(eq(int, message.ipc_version, WIRE_NUMBER_ABSENT));
    cr_assert(is_absent(message.client_id));
    cr_assert(eq(int, (int)wire_v9_open_value(&message, NULL, problem), RPC_END));
}

Test(v9, sasl_comes_apart_on_both_sides)
{
    struct wire_message message;

    cr_assert(eq(int, (int)decode(WIRE_TO_SERVER, hex_of(EXAMPLE_INITIATE_SIMPLE) + 8, &message),
                 RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_SASL));
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, &arena, problem), RPC_OK));
    cr_assert(eq(int, (int)message.sasl_state, WIRE_SASL_INITIATE));
    cr_assert(eq(sz, message.auth_count, 1));
    cr_assert(wire_is(message.auths[0].method, "SIMPLE"));
    cr_assert(wire_is(message.auths[0].mechanism, ""));
    cr_assert(is_absent(message.auths[0].protocol));
    cr_assert(is_absent(message.token));

    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, hex_of(EXAMPLE_LAYERS) + 8, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_SASL));
    cr_assert(eq(int, message.call_id, WIRE_CALL_SASL));
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, &arena, problem), RPC_OK));
    cr_assert(eq(int, (int)message.sasl_state, WIRE_SASL_CHALLENGE));
    cr_assert(eq(sz, message.token.length, 32));
}

Test(v9, a_sasl_failure_is_a_response)
{
    struct wire_message message;
    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, "0808 dfffffff0f 1002", &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_RESPONSE));
    cr_assert(eq(int, message.call_id, WIRE_CALL_SASL));
}

Test(v9, any_order_the_last_of_duplicates_and_unknown_fields_are_fine)
{
    struct wire_message message;

    /* 5, 100, 4, 3 twice, 2 and 1 in long varints, field 3 as bytes, a group */
    cr_assert(eq(int,
                 (int)decode(WIRE_TO_SERVER,
                             "20 2804 a206 0161 2201ff 1802 180a 90808000 00 08 8280808000 1a00"
                             "f3063801f406",
                             &message),
                 RPC_OK),
              "%s", problem);
    cr_assert(eq(int, message.retry, 2));
    cr_assert(eq(int, message.call_id, 5));
    cr_assert(eq(int, message.rpc_kind, 2));
}

Test(v9, an_unknown_enum_number_is_an_absent_field)
{
    struct wire_message message;

    cr_assert(eq(int, (int)decode(WIRE_TO_SERVER, "0a 0803 1009 18002200 2801", &message), RPC_OK));
    cr_assert(eq(int, message.rpc_kind, WIRE_NUMBER_ABSENT));
    cr_assert(eq(int, message.rpc_op, WIRE_NUMBER_ABSENT));
    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, "06 0800 1001 3007", &message), RPC_OK));
    cr_assert(eq(int, message.code, WIRE_CODE_NONE));
    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, "04 0800 1003", &message), RPC_MALFORMED));
    says("Message missing required fields: status");
}

struct refusal {
    enum wire_side side;
    const char *hex;
    const char *begins; /* the problem does */
};

Test(v9, what_does_not_decode_is_refused_in_javas_words)
{
    static const struct refusal refusals[] = {
        {WIRE_TO_SERVER, "", "Message missing required fields: callId, clientId"},
        {WIRE_TO_SERVER, "00", "Message missing required fields: callId, clientId"},
        {WIRE_TO_SERVER, "02 1800", "Message missing required fields: clientId"},
        {WIRE_TO_SERVER, "08 3a02 1200 1800 2200",
         "Message missing required fields: callerContext.context"},
        {WIRE_TO_SERVER, "06 18 00 3a02 1200",
         "Message missing required fields: clientId, callerContext.context"},
        {WIRE_TO_SERVER, "05 1800", "While parsing a protocol message, the input ended"},
        {WIRE_TO_SERVER, "02 2205", "While parsing a protocol message, the input ended"},
        {WIRE_TO_SERVER, "ffffffffff", "CodedInputStream encountered a malformed varint."},
        {WIRE_TO_SERVER, "80808080 08", "CodedInputStream encountered an embedded string"},
        {WIRE_TO_SERVER, "0218 80", "While parsing a protocol message"},
        {WIRE_TO_SERVER, "0c18ffffffffffffffffffff01", "CodedInputStream encountered a malf"},
        {WIRE_TO_SERVER, "06 22ffffffff0f", "CodedInputStream encountered an embedded string"},
        {WIRE_TO_SERVER, "02 0000", "Protocol message contained an invalid tag (zero)."},
        {WIRE_TO_SERVER, "02 0f00", "Protocol message tag had invalid wire type."},
        {WIRE_TO_SERVER, "01 0c", "Protocol message end-group tag did not match expected tag."},
        {WIRE_TO_SERVER, "03 0b 0c 14", "Protocol message end-group tag did not"},
        {WIRE_TO_SERVER, "01 0b", "While parsing a protocol message, the input ended"},
        {WIRE_TO_SERVER, "07 1800 2200 320108", "While parsing a protocol message"},
        {WIRE_TO_CLIENT, "", "Message missing required fields: callId, status"},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];
        struct wire_message message;
        enum rpc_status status = decode(refusal->side, refusal->hex, &message);
        cr_assert(eq(int, (int)status, RPC_MALFORMED), "%s", refusal->hex);
        cr_assert(eq(int, strncmp(problem, refusal->begins, strlen(refusal->begins)), 0), "%s: %s",
                  refusal->hex, problem);
    }
}

Test(v9, groups_nest_to_a_limit_and_must_match)
{
    struct wire_buffer frame = {NULL, 0, 0};
    struct wire_message message;

    wire_hex_add("ac 02", &frame); /* 300 bytes */
    for (int i = 0; i < 300; i++)
        wire_hex_add("0b", &frame);
    struct wire_bytes bytes = {frame.data, frame.length};
    cr_assert(eq(int,
                 (int)wire_codec(9)->decode(WIRE_TO_SERVER, WIRE_REQUEST, bytes, &message, NULL,
                                            problem, sizeof(problem)),
                 RPC_MALFORMED));
    cr_assert(eq(int, strncmp(problem, "Protocol message had too many levels of nesting.", 48), 0));
    wire_buffer_release(&frame);

    cr_assert(eq(int, (int)decode(WIRE_TO_SERVER, "02 0b 14", &message), RPC_MALFORMED));
    says("Protocol message end-group tag did not match expected tag.");
}

Test(v9, a_request_says_what_is_wrong_with_it)
{
    struct wire_message message;

    /* no RequestHeaderProto at all */
    cr_assert(eq(int, (int)decode(WIRE_TO_SERVER, "04 1800 2200", &message), RPC_OK));
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_END));
    /* one without fields */
    decode(WIRE_TO_SERVER, "04 1800 2200 00", &message);
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_MALFORMED));
    says("Message missing required fields: methodName, declaringClassProtocolName, "
         "clientProtocolVersion");
    /* no body: the method is known all the same */
    decode(WIRE_TO_SERVER, "04 1800 2200 08 0a0161 120162 1803", &message);
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_END));
    cr_assert(wire_is(message.method, "a"));
    cr_assert(eq(u64, message.protocol_version, 3));
    cr_assert(is_absent(message.body));
    /* a body shorter than it says */
    decode(WIRE_TO_SERVER, "04 1800 2200 08 0a0161 120162 1803 0261", &message);
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_END));
    /* an unknown version reads as unsigned */
    decode(WIRE_TO_SERVER, "04 1800 2200 11 0a0161 120162 18ffffffffffffffffff01 00 ff", &message);
    cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_OK));
    cr_assert(eq(u64, message.protocol_version, UINT64_MAX));
    cr_assert(eq(sz, message.trailing.length, 1));
}

Test(v9, contexts_and_sasl_say_what_is_wrong_with_them)
{
    struct wire_message message;

    decode(WIRE_TO_SERVER, "04 1805 2200", &message);
    cr_assert(eq(int, (int)wire_v9_open_context(&message, NULL, problem), RPC_END));
    decode(WIRE_TO_SERVER, "04 1805 2200 04 12020aff", &message);
    cr_assert(eq(int, (int)wire_v9_open_context(&message, NULL, problem), RPC_MALFORMED));

    decode(WIRE_TO_SERVER, "04 1841 2200 02 2200", &message);
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, &arena, problem), RPC_MALFORMED));
    says("Message missing required fields: state, auths[0].method, auths[0].mechanism");
    decode(WIRE_TO_SERVER, "04 1841 2200 02 1006", &message);
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, &arena, problem), RPC_MALFORMED));
    says("Message missing required fields: state");
    decode(WIRE_TO_SERVER, "04 1841 2200 12 2200 2200 2200 2200 2200 2200 2200 2200 2200",
           &message);
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, &arena, problem), RPC_MALFORMED));
    says("There are more SASL auths than ripcord takes.");
}

Test(v9, decoding_and_encoding_again_gives_the_same_bytes)
{
    for (int example = 0; example < EXAMPLE_COUNT; example++) {
        enum wire_side side = wire_example_side((enum wire_example)example);
        struct wire_buffer bytes = {NULL, 0, 0}, again = {NULL, 0, 0};
        struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), side, 1 << 20);
        struct wire_message message;
        size_t at = 0, used;

        if (side == WIRE_TO_SERVER && hex_of((enum wire_example)example)[0] == '0')
            wire_example_add(EXAMPLE_PREAMBLE_CONTEXT, &bytes);
        wire_example_add((enum wire_example)example, &bytes);
        if (example == EXAMPLE_GOODBYE_2 || example == EXAMPLE_HTTP_ANSWER)
            bytes.length = 0; /* nothing that a client of version 9 can read */
        while (at < bytes.length) {
            struct wire_bytes rest = {bytes.data + at, bytes.length - at};
            cr_assert(eq(int, (int)wire_decoder_feed(decoder, rest, &used, &message), RPC_OK));
            at += used;
            if (message.kind == WIRE_CONTEXT)
                cr_assert(eq(int, (int)wire_v9_open_context(&message, NULL, problem), RPC_OK));
            else if (message.kind == WIRE_SASL)
                cr_assert(eq(int,
                             (int)wire_v9_open_sasl(&message, wire_decoder_arena(decoder), problem),
                             RPC_OK));
            else if (message.kind == WIRE_REQUEST)
                cr_assert(eq(int, (int)wire_v9_open_request(&message, NULL, problem), RPC_OK));
            else if (message.kind == WIRE_RESPONSE && message.status == WIRE_SUCCESS)
                cr_assert(eq(int, (int)wire_v9_open_value(&message, NULL, problem), RPC_OK));
            message.payload = WIRE_ABSENT;
            cr_assert(eq(int, (int)wire_codec(9)->encode(&message, &again), RPC_OK));
            cr_assert(eq(sz, message.size, used));
        }
        cr_assert(eq(sz, again.length, bytes.length));
        cr_assert(bytes.length == 0 || memcmp(again.data, bytes.data, bytes.length) == 0, "%s",
                  wire_example_name((enum wire_example)example));
        wire_decoder_free(decoder);
        wire_buffer_release(&bytes);
        wire_buffer_release(&again);
    }
}
