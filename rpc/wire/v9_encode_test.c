/* What the codec writes is what Java writes. */
#include "rpc/wire/v9_stage.h"

static const uint8_t client_id[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const uint8_t hi[] = {0x0a, 2, 'h', 'i'};
static const struct wire_bytes own_id = {client_id, sizeof(client_id)};
static const struct wire_bytes hi_body = {hi, sizeof(hi)};

/* What `count` messages look like, as hex. */
static const char *encoded(const struct wire_message *messages, size_t count)
{
    struct wire_buffer out = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++)
        cr_assert(eq(int, (int)wire_codec(9)->encode(&messages[i], &out), RPC_OK));
    const char *text = hex_of_bytes(&out);
    wire_buffer_release(&out);
    return text;
}

static void is(const char *seen, const char *expected)
{
    cr_assert(eq(int, strcmp(seen, expected), 0), "\nseen     %s\nexpected %s", seen, expected);
}

static void looks_like(const struct wire_message *messages, size_t count, enum wire_example example)
{
    char expected[4096];

    snprintf(expected, sizeof(expected), "%s", hex_of(example));
    is(encoded(messages, count), expected);
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
