#include "rpc/wire/v9.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/arena.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/proto/IpcConnectionContext.pb-c.h"
#include "rpc/wire/proto/ProtobufRpcEngine.pb-c.h"
#include "rpc/wire/proto/RpcHeader.pb-c.h"

static const uint8_t client_id[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const uint8_t hi[] = {0x0a, 2, 'h', 'i'};
static const char *const echo_protocol = "org.example.EchoProtocol";
static const struct wire_bytes own_id = {client_id, sizeof(client_id)};
static const struct wire_bytes hi_body = {hi, sizeof(hi)};

/* What `count` messages look like, as hex. */
static const char *encoded(const struct wire_message *messages, size_t count)
{
    static char text[4096];
    struct wire_buffer out = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++)
        cr_assert(eq(int, (int)wire_codec(9)->encode(&messages[i], &out), RPC_OK));
    cr_assert(out.length < sizeof(text) / 2);
    for (size_t i = 0; i < out.length; i++)
        snprintf(text + 2 * i, 3, "%02x", out.data[i]);
    text[2 * out.length] = '\0';
    wire_buffer_release(&out);
    return text;
}

static const char *hex_of(enum wire_example example)
{
    static char text[4096];
    struct wire_buffer out = {NULL, 0, 0};

    wire_example_add(example, &out);
    for (size_t i = 0; i < out.length; i++)
        snprintf(text + 2 * i, 3, "%02x", out.data[i]);
    text[2 * out.length] = '\0';
    wire_buffer_release(&out);
    return text;
}

static void is(const char *seen, const char *expected)
{
    cr_assert(eq(int, strcmp(seen, expected), 0), "\nseen     %s\nexpected %s", seen, expected);
}

static void looks_like(const struct wire_message *messages, size_t count, enum wire_example example)
{
    is(encoded(messages, count), hex_of(example));
}

static struct wire_message a_context(void)
{
    struct wire_message context = wire_message(WIRE_CONTEXT);
    context.client_id = own_id;
    context.user = wire_text("alice");
    context.protocol = wire_text(echo_protocol);
    return context;
}

static struct wire_message a_call(int32_t call_id, const char *method, struct wire_bytes body)
{
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.call_id = call_id;
    call.client_id = own_id;
    call.method = wire_text(method);
    call.protocol = wire_text(echo_protocol);
    call.body = body;
    return call;
}

static struct wire_message a_reply(int32_t call_id, struct wire_bytes body)
{
    struct wire_message reply = wire_message(WIRE_RESPONSE);
    reply.call_id = call_id;
    reply.client_id = own_id;
    reply.retry = 0;
    reply.body = body;
    return reply;
}

static struct wire_message a_failure(int32_t call_id, enum wire_status status,
                                     const char *class_name, const char *text, enum wire_code code)
{
    struct wire_message failure = wire_message(WIRE_RESPONSE);
    failure.call_id = call_id;
    failure.status = status;
    failure.retry = 0;
    failure.class_name = wire_text(class_name);
    failure.text = wire_text(text);
    failure.code = code;
    return failure;
}

Test(v9, a_connection_opens_as_javas_does)
{
    const struct wire_message opening[] = {wire_message(WIRE_PREAMBLE), a_context()};
    looks_like(opening, 2, EXAMPLE_PREAMBLE_CONTEXT);

    struct wire_message context = a_context();
    context.caller_context = wire_text("app_1");
    context.caller_signature = wire_text("sig");
    looks_like(&context, 1, EXAMPLE_CALLER_CONTEXT);
}

Test(v9, calls_and_pings_are_javas_byte_for_byte)
{
    struct wire_message call = a_call(0, "echo", hi_body);
    looks_like(&call, 1, EXAMPLE_CALL);

    call.caller_context = wire_text("app_1");
    call.caller_signature = wire_text("sig");
    call.has_state_id = true;
    call.state_id = INT64_MIN;
    looks_like(&call, 1, EXAMPLE_STATE_CALL);

    call = a_call(1, "fail", wire_text("\x0a\x06nofile"));
    looks_like(&call, 1, EXAMPLE_FAILING_CALL);

    struct wire_message ping = wire_message(WIRE_PING);
    ping.client_id = own_id;
    looks_like(&ping, 1, EXAMPLE_PING);
}

Test(v9, responses_are_javas_byte_for_byte)
{
    struct wire_message reply = a_reply(0, hi_body);
    looks_like(&reply, 1, EXAMPLE_REPLY);
    reply.has_state_id = true;
    reply.state_id = 1001;
    looks_like(&reply, 1, EXAMPLE_STATE_REPLY);
    reply = a_reply(2, wire_text(""));
    looks_like(&reply, 1, EXAMPLE_EMPTY_REPLY);
    reply =
        a_failure(1, WIRE_ERROR, "java.io.FileNotFoundException", "nofile", WIRE_ERROR_APPLICATION);
    reply.client_id = own_id;
    looks_like(&reply, 1, EXAMPLE_ERROR);
}

Test(v9, failures_of_the_connection_are_javas_byte_for_byte)
{
    const char *retriable = "org.apache.hadoop.ipc.RetriableException";
    struct wire_message fatal =
        a_failure(5, WIRE_FATAL, "org.apache.hadoop.ipc.RpcServerException",
                  "Connection context not established", WIRE_FATAL_INVALID_RPC_HEADER);
    looks_like(&fatal, 1, EXAMPLE_FATAL);
    fatal = a_failure(5, WIRE_ERROR, retriable, "Server too busy", WIRE_ERROR_RPC_SERVER);
    looks_like(&fatal, 1, EXAMPLE_BUSY);
    fatal = a_failure(2, WIRE_FATAL, retriable, "Server too busy - disconnecting",
                      WIRE_ERROR_RPC_SERVER);
    looks_like(&fatal, 1, EXAMPLE_BUSY_FATAL);
    fatal = a_failure(-1, WIRE_FATAL, "org.apache.hadoop.ipc.IpcException",
                      "Unknown auth protocol:80", WIRE_FATAL_UNAUTHORIZED);
    fatal.retry = -1;
    looks_like(&fatal, 1, EXAMPLE_AUTH_FATAL);
}

Test(v9, sasl_messages_are_javas_byte_for_byte)
{
    struct wire_message begin[] = {wire_message(WIRE_PREAMBLE), wire_message(WIRE_SASL)};
    begin[0].auth = WIRE_AUTH_SASL;
    begin[1].sasl_state = WIRE_SASL_NEGOTIATE;
    looks_like(begin, 2, EXAMPLE_NEGOTIATE);

    struct wire_message sasl = wire_message(WIRE_SASL);
    sasl.side = WIRE_TO_CLIENT;
    sasl.sasl_state = WIRE_SASL_SUCCESS;
    looks_like(&sasl, 1, EXAMPLE_SASL_SUCCESS);

    sasl = wire_message(WIRE_SASL);
    sasl.sasl_state = WIRE_SASL_INITIATE;
    const struct wire_sasl_auth simple = {.method = wire_text("SIMPLE"),
                                          .mechanism = wire_text("")};
    sasl.auths = &simple;
    sasl.auth_count = 1;
    looks_like(&sasl, 1, EXAMPLE_INITIATE_SIMPLE);

    sasl = wire_message(WIRE_SASL);
    sasl.sasl_state = WIRE_SASL_RESPONSE;
    sasl.token = wire_text("");
    looks_like(&sasl, 1, EXAMPLE_EMPTY_TOKEN);
}

Test(v9, a_wrapped_reply_has_the_short_header_and_long_tokens_fit)
{
    static uint8_t token[707];
    struct wire_message sasl = wire_message(WIRE_SASL);

    sasl.side = WIRE_TO_CLIENT;
    sasl.sasl_state = WIRE_SASL_WRAP;
    sasl.ipc_version = WIRE_NUMBER_ABSENT;
    sasl.retry = WIRE_NUMBER_ABSENT;
    sasl.client_id = WIRE_ABSENT;
    sasl.token = (struct wire_bytes){token, 64};
    const char *begin = "0000004e0808dfffffff0f10004410051a40";
    cr_assert(eq(int, strncmp(encoded(&sasl, 1), begin, strlen(begin)), 0));

    sasl = wire_message(WIRE_SASL);
    sasl.sasl_state = WIRE_SASL_INITIATE;
    sasl.token = (struct wire_bytes){token, sizeof(token)};
    const struct wire_sasl_auth kerberos = {.method = wire_text("KERBEROS"),
                                            .mechanism = wire_text("GSSAPI"),
                                            .protocol = wire_text("nn"),
                                            .server_id = wire_text("localhost")};
    sasl.auths = &kerberos;
    sasl.auth_count = 1;
    begin = "000002f80a08021000184122002801eb0510021ac305";
    const char *bytes = encoded(&sasl, 1);
    cr_assert(eq(int, strncmp(bytes, begin, strlen(begin)), 0));
    is(bytes + strlen(begin) + 2 * sizeof(token),
       "22210a084b45524245524f5312064753534150491a026e6e22096c6f63616c686f7374");
}

Test(v9, something_wrong_is_sent_as_it_is_asked_for)
{
    struct wire_message reply = a_reply(0, hi_body);
    reply.has_length = true;
    reply.length = -2;
    cr_assert(eq(int, strncmp(encoded(&reply, 1), "fffffffe1a", 10), 0));

    reply = a_reply(0, WIRE_ABSENT); /* a value without even its delimiter */
    is(encoded(&reply, 1), "0000001b1a0800100018093a1000112233445566778899aabbccddeeff4000");

    reply.trailing = wire_text("x");
    reply.payload = wire_text("\xff");
    is(encoded(&reply, 1), "0000001d1a0800100018093a1000112233445566778899aabbccddeeff4000ff78");

    struct wire_message ping = wire_message(WIRE_PING);
    ping.rpc_kind = ping.rpc_op = ping.retry = WIRE_NUMBER_ABSENT;
    ping.client_id = WIRE_ABSENT;
    is(encoded(&ping, 1), "00000003021807");
    ping.rpc_kind = -1; /* an enum is an int32: ten bytes */
    is(encoded(&ping, 1), "0000000e0d08ffffffffffffffffff011807");

    struct wire_message preamble = wire_message(WIRE_PREAMBLE);
    preamble.magic = wire_text("xxxx");
    preamble.version = -1;
    preamble.service_class = 7;
    preamble.auth = 0x50;
    is(encoded(&preamble, 1), "78787878ff0750");
}

/* --- decoding --------------------------------------------------------------------- */

static char problem[WIRE_PROBLEM_MAX];

static struct wire_arena *arena(void)
{
    static struct wire_arena *one;
    if (one == NULL)
        one = wire_arena_create(WIRE_ARENA_BUDGET);
    return one;
}

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
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, arena(), problem), RPC_OK));
    cr_assert(eq(int, (int)message.sasl_state, WIRE_SASL_INITIATE));
    cr_assert(eq(sz, message.auth_count, 1));
    cr_assert(wire_is(message.auths[0].method, "SIMPLE"));
    cr_assert(wire_is(message.auths[0].mechanism, ""));
    cr_assert(is_absent(message.auths[0].protocol));
    cr_assert(is_absent(message.token));

    cr_assert(eq(int, (int)decode(WIRE_TO_CLIENT, hex_of(EXAMPLE_LAYERS) + 8, &message), RPC_OK));
    cr_assert(eq(int, (int)message.kind, WIRE_SASL));
    cr_assert(eq(int, message.call_id, WIRE_CALL_SASL));
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, arena(), problem), RPC_OK));
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
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, arena(), problem), RPC_MALFORMED));
    says("Message missing required fields: state, auths[0].method, auths[0].mechanism");
    decode(WIRE_TO_SERVER, "04 1841 2200 02 1006", &message);
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, arena(), problem), RPC_MALFORMED));
    says("Message missing required fields: state");
    decode(WIRE_TO_SERVER, "04 1841 2200 12 2200 2200 2200 2200 2200 2200 2200 2200 2200",
           &message);
    cr_assert(eq(int, (int)wire_v9_open_sasl(&message, arena(), problem), RPC_MALFORMED));
    says("There are more SASL auths than ripcord takes.");
}

/* --- the same through protobuf-c, which shares no line with the codec ---------------- */

static uint64_t random_state;

static uint32_t drawn(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static int32_t some_number(void)
{
    if (drawn(20) == 0)
        return drawn(2) == 1 ? INT32_MIN : INT32_MAX;
    int32_t number = (int32_t)(drawn(1u << 30) >> drawn(31));
    return drawn(2) == 1 ? number : -number;
}

static struct wire_bytes some_bytes(void)
{
    static uint8_t bytes[300];
    return drawn(4) == 0 ? WIRE_ABSENT : (struct wire_bytes){bytes, drawn(sizeof(bytes))};
}

static ProtobufCBinaryData binary(struct wire_bytes bytes)
{
    return (ProtobufCBinaryData){.len = bytes.length, .data = (uint8_t *)(uintptr_t)bytes.data};
}

/* Whether the frame of `message` begins with `expected`, delimited. */
static void begins_with(const struct wire_message *message, const ProtobufCMessage *expected)
{
    struct wire_buffer out = {NULL, 0, 0};
    uint8_t packed[2048];

    cr_assert(eq(int, (int)wire_codec(9)->encode(message, &out), RPC_OK));
    size_t size = protobuf_c_message_pack(expected, packed);
    size_t delimiter = size < 128 ? 1 : 2;
    cr_assert(ge(sz, out.length, 4 + delimiter + size));
    cr_assert(eq(int, memcmp(out.data + 4 + delimiter, packed, size), 0));
    wire_buffer_release(&out);
}

Test(v9, request_headers_are_what_protobuf_packs)
{
    for (int i = 0; i < 2000; i++) {
        Hadoop__Common__RpcRequestHeaderProto header =
            HADOOP__COMMON__RPC_REQUEST_HEADER_PROTO__INIT;
        Hadoop__Common__RPCCallerContextProto caller =
            HADOOP__COMMON__RPCCALLER_CONTEXT_PROTO__INIT;
        struct wire_message message = wire_message(WIRE_PING);

        header.has_rpckind = header.has_rpcop = header.has_retrycount = 1;
        header.rpckind = message.rpc_kind = some_number();
        header.rpcop = message.rpc_op = some_number();
        header.callid = message.call_id = some_number();
        header.retrycount = message.retry = some_number();
        header.clientid = binary(message.client_id = wire_text("abc"));
        message.caller_context = some_bytes();
        if (message.caller_context.data != NULL) {
            caller.context = binary(message.caller_context);
            message.caller_signature = some_bytes();
            caller.has_signature = message.caller_signature.data != NULL;
            caller.signature = binary(message.caller_signature);
            header.callercontext = &caller;
        }
        header.has_stateid = message.has_state_id = drawn(2) == 1;
        header.stateid = message.state_id = (int64_t)some_number() * some_number();
        message.router_state = some_bytes();
        header.has_routerfederatedstate = message.router_state.data != NULL;
        header.routerfederatedstate = binary(message.router_state);
        begins_with(&message, &header.base);
    }
}

Test(v9, response_headers_are_what_protobuf_packs)
{
    for (int i = 0; i < 2000; i++) {
        Hadoop__Common__RpcResponseHeaderProto header =
            HADOOP__COMMON__RPC_RESPONSE_HEADER_PROTO__INIT;
        struct wire_message message = wire_message(WIRE_RESPONSE);

        header.callid = (uint32_t)(message.call_id = some_number());
        header.status = (int32_t)(message.status = (enum wire_status)drawn(3));
        header.has_serveripcversionnum = 1;
        header.serveripcversionnum = (uint32_t)(message.ipc_version = some_number());
        message.class_name = some_bytes();
        header.has_exceptionclassname = message.class_name.data != NULL;
        header.exceptionclassname = binary(message.class_name);
        message.text = some_bytes();
        header.has_errormsg = message.text.data != NULL;
        header.errormsg = binary(message.text);
        header.errordetail = message.code = some_number();
        header.has_errordetail = message.code != 0;
        message.client_id = some_bytes();
        header.has_clientid = message.client_id.data != NULL;
        header.clientid = binary(message.client_id);
        header.has_retrycount = 1;
        header.retrycount = message.retry = some_number();
        begins_with(&message, &header.base);
    }
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
