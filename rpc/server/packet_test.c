/* Preambles, contexts and frames, good and bad. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/parts.h"
#include "rpc/server/rig.h"

static const struct rig_options c26 = {.release = "2.6"};

#define RSE "org.apache.hadoop.ipc.RpcServerException"

/* The only reply of `peer` is this FATAL, and the server has closed. */
static void is_fatal(unsigned peer, int32_t id, int code, const char *class_name, const char *text)
{
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, id);
    cr_assert(eq(ulong, rig_peers[peer].reply_count, 1ul));
    cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
    cr_assert(eq(int, reply->code, code));
    cr_assert(eq(ulong, reply->client_id_length, 0ul));
    IS_TEXT(reply->class_name, class_name);
    IS_TEXT(reply->text, text);
    cr_assert(ne(int, (int)rig_peers[peer].ended, RPC_OK));
    cr_assert(eq(ulong, rig_counters().open_connections, 0ul));
}

static void is_silent(unsigned peer)
{
    rig_hear(peer);
    cr_assert(eq(ulong, rig_peers[peer].bytes, 0ul));
    cr_assert(ne(int, (int)rig_peers[peer].ended, RPC_OK));
    cr_assert(eq(ulong, rig_counters().open_connections, 0ul));
}

static void still_serves(void)
{
    unsigned peer = rig_open();
    rig_call(peer, 0, "echo", "hi");
    rig_hear(peer);
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 2ul));
}

static unsigned dial_with(const void *bytes, size_t length)
{
    unsigned peer = rig_connect();
    rig_peers[peer].raw_only = true;
    rig_send(peer, bytes, length);
    rig_hear(peer);
    return peer;
}

/* --- preambles ------------------------------------------------------------------------ */

Test(packet, each_old_version_gets_the_goodbye_that_it_understands) /* FA-06 */
{
    static const struct {
        int version;
        size_t bytes;
        uint8_t first;
    } rows[] = {{3, 118, 0xff}, {8, 118, 0xff}, {4, 118, 0xff}, {2, 115, 0},
                {0, 0, 0},      {1, 0, 0},      {0x80, 0, 0},   {0xff, 0, 0}};
    rig_begin(NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char preamble[7] = {'h', 'r', 'p', 'c', (char)rows[i].version, 0, 0};
        unsigned peer = dial_with(preamble, 7);
        cr_assert(eq(ulong, rig_peers[peer].bytes, rows[i].bytes), "version %d", rows[i].version);
        cr_assert(eq(int, rig_peers[peer].raw[0], rows[i].first));
        cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    }
    still_serves();
    rig_end();
}

static void refuses_version(int version)
{
    char text[80];
    const char preamble[7] = {'h', 'r', 'p', 'c', (char)version, 0, 0};

    rig_begin(NULL);
    unsigned peer = rig_connect();
    rig_send(peer, preamble, 7);
    snprintf(text, sizeof(text), "Server IPC version 9 cannot communicate with client version %d",
             version);
    is_fatal(peer, -1, WIRE_FATAL_VERSION_MISMATCH, "org.apache.hadoop.ipc.RPC$VersionMismatch",
             text);
    rig_end();
}

Test(packet, a_newer_version_gets_a_fatal_of_ours) /* FA-06 */
{
    refuses_version(10);
    refuses_version(127);
}

Test(packet, garbage_is_answered_by_its_fifth_byte) /* BI-01 */
{
    rig_begin(NULL);
    cr_assert(eq(ulong, rig_peers[dial_with("xxxx\x04zz", 7)].bytes, 118ul));
    cr_assert(eq(ulong, rig_peers[dial_with("xxxx\x01zz", 7)].bytes, 0ul));
    still_serves();
    rig_end();
}

Test(packet, a_browser_is_told_so) /* BI-02 */
{
    rig_begin(NULL);
    unsigned peer = dial_with("GET / HTTP/1.0\r\n\r\n", 18);
    cr_assert(eq(ulong, rig_peers[peer].bytes, 187ul));
    cr_assert(memcmp(rig_peers[peer].raw, "HTTP/1.1 404 Not Found\r\n", 24) == 0);
    cr_assert(ne(int, (int)rig_peers[peer].ended, RPC_OK));
    still_serves();
    rig_end();
}

Test(packet, the_first_three_bytes_of_a_get_are_not_answered) /* BI-02 */
{
    rig_begin(NULL);
    unsigned peer = dial_with("GET /x", 6);
    cr_assert(eq(ulong, rig_peers[peer].bytes, 0ul));
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_OK));
    rig_end();
}

Test(packet, simple_on_a_server_that_requires_sasl_is_refused) /* FA-01 */
{
    rig_begin(&(struct rig_options){.requires_sasl = true});
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\0", 7);
    is_fatal(peer, -1, WIRE_FATAL_UNAUTHORIZED, "org.apache.hadoop.security.AccessControlException",
             "SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]");
    cr_assert(eq(ulong, rig_counters().executions, 0ul));
    rig_end();
}

Test(packet, bytes_that_follow_a_refused_preamble_are_never_executed) /* FA-01, FA-02 */
{
    rig_begin(&(struct rig_options){.requires_sasl = true});
    unsigned peer = rig_open();
    rig_call(peer, 0, "echo", "x");
    rig_hear(peer);
    cr_assert(ne(int, (int)rig_peers[peer].ended, RPC_OK));
    cr_assert(eq(ulong, rig_counters().executions, 0ul));
    rig_end();
}

Test(packet, an_unknown_auth_byte_is_a_silent_close_in_2x) /* FA-07 */
{
    rig_begin(&c26);
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\x07", 7);
    is_silent(peer);
    still_serves();
    rig_end();
}

Test(packet, an_unknown_auth_byte_is_answered_in_3x) /* FA-07 */
{
    rig_begin(NULL);
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\xde", 7);
    is_fatal(peer, -1, WIRE_FATAL_UNAUTHORIZED, "org.apache.hadoop.ipc.IpcException",
             "Unknown auth protocol:-34");
    rig_end();
}

/* --- lengths -------------------------------------------------------------------------- */

static void is_silent_after(const struct rig_options *options, const char *length)
{
    rig_begin(options);
    unsigned peer = rig_open();
    rig_settle();
    rig_send(peer, length, 4);
    is_silent(peer);
    still_serves();
    rig_end();
}

Test(packet, a_length_of_minus_one_is_a_silent_close) /* BI-03 */
{
    is_silent_after(&c26, "\xff\xff\xff\xff");
}

Test(packet, the_smallest_length_is_a_silent_close) /* BI-03 */
{
    is_silent_after(NULL, "\x80\0\0\0");
}

Test(packet, a_giant_length_is_a_silent_close) /* BI-04 */
{
    is_silent_after(NULL, "\x7f\xff\xff\xff");
}

Test(packet, one_more_than_the_limit_is_a_silent_close_in_2x) /* BI-05 */
{
    is_silent_after(&c26, "\x04\0\0\x01");
}

Test(packet, one_more_than_the_limit_is_a_silent_close_in_3x) /* BI-05 */
{
    is_silent_after(NULL, "\x08\0\0\x01");
}

Test(packet, the_limit_itself_is_waited_for) /* BI-05 */
{
    unsigned peer = rig_meet("3.4");
    rig_send(peer, "\x08\0\0\0", 4);
    rig_run(1000);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_OK));
    cr_assert(eq(ulong, rig_counters().open_connections, 1ul));
    rig_end();
}

#define CANNOT_DECODE "Error decoding RpcRequestHeaderProto: "

/* The text of the FATAL after `bytes`. */
static void is_undecodable(const char *release, const char *bytes, size_t length, const char *text)
{
    unsigned peer = rig_meet(release);
    rig_send(peer, bytes, length);
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, -1);
    cr_assert(eq(int, reply->code, WIRE_FATAL_DESERIALIZING_REQUEST));
    cr_assert(eq(int, strncmp(reply->text, text, strlen(text)), 0), "%s", reply->text);
    rig_end();
}

Test(packet, an_empty_frame_is_an_undecodable_header)
{
    is_undecodable("2.6", "\0\0\0\0", 4,
                   CANNOT_DECODE "com.google.protobuf.InvalidProtocolBufferException: Message "
                                 "missing required fields: callId, clientId");
    is_undecodable("3.4", "\0\0\0\0", 4,
                   CANNOT_DECODE "org.apache.hadoop.thirdparty.protobuf."
                                 "InvalidProtocolBufferException: While parsing a protocol "
                                 "message, the input ended unexpectedly");
}

Test(packet, a_wire_type_that_does_not_exist_has_a_class_of_its_own_in_3x)
{
    static const char text[] = ": Protocol message tag had invalid wire type.";
    char wanted[256];
    snprintf(wanted, sizeof(wanted), "%scom.google.protobuf.InvalidProtocolBufferException%s",
             CANNOT_DECODE, text);
    is_undecodable("2.6", "\0\0\0\3\2\x0f\0", 7, wanted);
    snprintf(wanted, sizeof(wanted),
             "%sorg.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException"
             "$InvalidWireTypeException%s",
             CANNOT_DECODE, text);
    is_undecodable("3.4", "\0\0\0\3\2\x0f\0", 7, wanted);
}

/* --- headers -------------------------------------------------------------------------- */

static struct wire_message request(int32_t id)
{
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.call_id = id;
    call.retry = 3;
    call.client_id = wire_text("0123456789abcdef");
    call.protocol = wire_text("test.Echo");
    call.method = wire_text("echo");
    return call;
}

static void refuses(const struct wire_message *message, const char *text)
{
    unsigned peer = rig_meet("3.4");
    rig_send_message(peer, message);
    is_fatal(peer, message->call_id, WIRE_FATAL_INVALID_RPC_HEADER, RSE, text);
    cr_assert(eq(int, rig_reply(peer, message->call_id)->retry, 3));
    still_serves();
    rig_end();
}

Test(packet, a_header_without_operation_is_fatal) /* BI-07 */
{
    struct wire_message call = request(5);
    call.rpc_op = WIRE_NUMBER_ABSENT;
    refuses(&call, " IPC Server: No rpc op in rpcRequestHeader");
}

Test(packet, an_operation_that_nobody_implements_is_fatal) /* BI-07 */
{
    struct wire_message call = request(5);
    call.rpc_op = 2;
    refuses(&call, "IPC Server does not implement rpc header operationRPC_CLOSE_CONNECTION");
}

Test(packet, a_header_without_kind_is_fatal) /* BI-07 */
{
    struct wire_message call = request(5);
    call.rpc_kind = WIRE_NUMBER_ABSENT;
    refuses(&call, " IPC Server: No rpc kind in rpcRequestHeader");
}

Test(packet, a_kind_without_an_engine_is_fatal) /* BI-10 */
{
    struct wire_message call = request(5);
    call.rpc_kind = 1;
    refuses(&call, "Unknown rpc kind in rpc headerRPC_WRITABLE");
}

Test(packet, an_unknown_call_id_below_zero_is_fatal)
{
    struct wire_message call = request(-5);
    refuses(&call, "Unknown out of band call #-5");
}

Test(packet, a_call_before_the_context_is_fatal)
{
    rig_begin(NULL);
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\0", 7);
    rig_call(peer, 5, "echo", "x");
    is_fatal(peer, 5, WIRE_FATAL_INVALID_RPC_HEADER, RSE, "Connection context not established");
    rig_end();
}

Test(packet, a_second_context_is_fatal)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    struct wire_message context = wire_message(WIRE_CONTEXT);
    rig_send_message(peer, &context);
    is_fatal(peer, -3, WIRE_FATAL_INVALID_RPC_HEADER, RSE, "Connection context already processed");
    rig_end();
}

Test(packet, an_empty_user_is_a_silent_close)
{
    rig_begin(NULL);
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\0", 7);
    struct wire_message context = wire_message(WIRE_CONTEXT);
    context.user = wire_text("");
    rig_send_message(peer, &context);
    is_silent(peer);
    rig_end();
}

Test(packet, a_sasl_frame_on_a_simple_connection_is_fatal) /* BI-17 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    struct wire_message sasl = wire_message(WIRE_SASL);
    sasl.sasl_state = WIRE_SASL_NEGOTIATE;
    rig_send_message(peer, &sasl);
    is_fatal(peer, -33, WIRE_FATAL_INVALID_RPC_HEADER, RSE,
             "SASL protocol not requested by client");
    rig_end();
}

Test(packet, a_sasl_client_is_switched_to_simple_and_never_idle) /* ID-10 */
{
    rig_begin(&(struct rig_options){
        .settings = {{SETTING_MAX_IDLE, 1000}, {SETTING_IDLE_THRESHOLD, 0}}, .setting_count = 2});
    unsigned peer = rig_connect();
    rig_send(peer, "hrpc\x09\0\xdf", 7);
    struct wire_message sasl = wire_message(WIRE_SASL);
    sasl.sasl_state = WIRE_SASL_NEGOTIATE;
    rig_send_message(peer, &sasl);
    rig_hear(peer);
    cr_assert(eq(int, (int)rig_reply(peer, -33)->kind, WIRE_SASL));
    cr_assert(eq(ulong, rig_peers[peer].bytes, 22ul));
    struct wire_message context = wire_message(WIRE_CONTEXT);
    context.user = wire_text("alice");
    rig_send_message(peer, &context);
    rig_call(peer, 0, "echo", "hi");
    rig_hear(peer);
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 2ul));
    struct server_connection_view view = rig_connection();
    cr_assert(eq(long, view.rpc_count, -1l));
    IS_TEXT(view.state, "open");
    IS_TEXT(view.user, "alice");
    rig_run_deaf(100000);
    cr_assert(eq(ulong, rig_counters().open_connections, 1ul));
    rig_end();
}

/* --- calls ---------------------------------------------------------------------------- */

/* A call whose payload is these bytes. */
static void send_payload(unsigned peer, int32_t id, const char *bytes, size_t length)
{
    struct wire_message call = request(id);
    call.payload = (struct wire_bytes){(const uint8_t *)bytes, length};
    rig_send_message(peer, &call);
}

Test(packet, undecodable_parameters_are_fatal_in_2x) /* BI-08 */
{
    unsigned peer = rig_meet("2.6");
    send_payload(peer, 5, "\x02\x0a\x7f", 3);
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, 5);
    cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
    cr_assert(eq(int, reply->code, WIRE_FATAL_DESERIALIZING_REQUEST));
    cr_assert(strncmp(reply->text, "IPC server unable to read call parameters: ", 43) == 0);
    still_serves();
    rig_end();
}

Test(packet, an_undecodable_method_header_is_never_answered_in_3x) /* BI-08 */
{
    rig_begin(&(struct rig_options){
        .settings = {{SETTING_MAX_IDLE, 1000}, {SETTING_IDLE_THRESHOLD, 0}}, .setting_count = 2});
    unsigned peer = rig_open();
    rig_settle();
    send_payload(peer, 5, "\x02\x0a\x7f", 3);
    rig_run(1000);
    cr_assert(eq(ulong, rig_peers[peer].reply_count, 0ul));
    rig_call(peer, 6, "echo", "hi");
    rig_run(1001);
    cr_assert(eq(ulong, rig_reply(peer, 6)->length, 2ul));
    rig_run_deaf(100000);
    cr_assert(eq(ulong, rig_counters().open_connections, 1ul));
    rig_end();
}

Test(packet, a_missing_body_fails_its_call_alone_in_3x) /* BI-08 */
{
    struct wire_message call = request(5);
    call.body = WIRE_ABSENT;
    unsigned peer = rig_meet("3.4");
    rig_send_message(peer, &call);
    rig_call(peer, 6, "echo", "hi");
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, 5);
    cr_assert(eq(int, (int)reply->status, WIRE_ERROR));
    cr_assert(eq(int, reply->code, WIRE_ERROR_APPLICATION));
    IS_TEXT(reply->class_name,
            "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException");
    cr_assert(eq(ulong, rig_reply(peer, 6)->length, 2ul));
    rig_end();
}

Test(packet, a_value_that_cannot_be_written_is_an_error) /* BI-09 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 5, "broken", "");
    rig_hear(peer);
    cr_assert(eq(int, rig_reply(peer, 5)->code, WIRE_ERROR_SERIALIZING_RESPONSE));
    IS_TEXT(rig_reply(peer, 5)->text, "java.io.IOException: cannot be written");
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_OK));
    rig_end();
}

static void is_error(unsigned peer, struct wire_message *call, int code, const char *class_name,
                     const char *text)
{
    rig_send_message(peer, call);
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, call->call_id);
    cr_assert(eq(int, (int)reply->status, WIRE_ERROR));
    cr_assert(eq(int, reply->code, code));
    cr_assert(eq(int, reply->retry, 3));
    cr_assert(eq(ulong, reply->client_id_length, 16ul));
    IS_TEXT(reply->class_name, class_name);
    IS_TEXT(reply->text, text);
}

Test(packet, unknown_methods_protocols_and_versions_are_errors) /* BI-11, FA-15 */
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    struct wire_message call = request(1);
    call.method = wire_text("nope");
    is_error(peer, &call, WIRE_ERROR_NO_SUCH_METHOD,
             "org.apache.hadoop.ipc.RpcNoSuchMethodException",
             "Unknown method nope called on test.Echo protocol.");
    call = request(2);
    call.protocol = wire_text("test.Nope");
    is_error(peer, &call, WIRE_ERROR_NO_SUCH_PROTOCOL,
             "org.apache.hadoop.ipc.RpcNoSuchProtocolException", "Unknown protocol: test.Nope");
    call = request(3);
    call.protocol_version = 7;
    is_error(peer, &call, WIRE_ERROR_RPC_VERSION_MISMATCH,
             "org.apache.hadoop.ipc.RPC$VersionMismatch",
             "Protocol test.Echo version mismatch. (client = 7, server = 1)");
    call = request(4);
    call.method = wire_text("throw");
    is_error(peer, &call, WIRE_ERROR_APPLICATION, "java.io.FileNotFoundException", "no such file");
    rig_call(peer, 5, "echo", "hi");
    rig_hear(peer);
    cr_assert(eq(int, (int)rig_reply(peer, 5)->status, WIRE_SUCCESS));
    cr_assert(eq(ulong, rig_counters().accepted, 1ul));
    cr_assert(eq(ulong, rig_counters().executions, 2ul));
    rig_end();
}

Test(packet, pings_are_not_answered_and_may_come_before_the_context) /* BI-14, SH-14 */
{
    rig_begin(NULL);
    unsigned peer = rig_dial();
    struct wire_message preamble = wire_message(WIRE_PREAMBLE), ping = wire_message(WIRE_PING),
                        context = wire_message(WIRE_CONTEXT);
    ping.client_id = wire_text("0123456789abcdef");
    rig_settle();
    rig_send_message(peer, &preamble);
    rig_send_message(peer, &ping);
    rig_send_message(peer, &context);
    rig_run(500);
    uint64_t before = rig_connection().last_contact_ms;
    rig_send_message(peer, &ping);
    rig_run(501);
    cr_assert(eq(ulong, rig_connection().last_contact_ms, before + 500));
    rig_call(peer, 0, "echo", "hi");
    rig_run(502);
    cr_assert(eq(ulong, rig_peers[peer].reply_count, 1ul));
    rig_end();
}

Test(packet, whom_the_list_does_not_admit_is_refused) /* FA-04 */
{
    rig_begin(&(struct rig_options){.acl = true});
    unsigned peer = rig_open();
    is_fatal(peer, -3, WIRE_FATAL_UNAUTHORIZED,
             "org.apache.hadoop.security.authorize.AuthorizationException",
             "User alice (auth:SIMPLE) is not authorized for protocol interface test.Echo: denied "
             "by configured ACL");
    cr_assert(eq(ulong, rig_counters().authorization_failures, 1ul));
    rig_end();
}

Test(packet, random_bytes_never_execute_anything) /* BI-12 */
{
    static uint8_t bytes[10000];
    uint64_t state = 1;
    for (int round = 0; round < 1000; round++) {
        if (round % 50 == 0)
            rig_begin(round % 100 == 0 ? NULL : &c26);
        unsigned peer = rig_open();
        rig_settle();
        for (size_t i = 0; i < sizeof(bytes); i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            bytes[i] = (uint8_t)(state >> 56);
        }
        /* Half of them with a length that lets the decoders see more. */
        if (round % 2 == 0)
            bytes[0] = 0, bytes[1] = 0, bytes[2] &= 0x1f;
        size_t accepted;
        world_write(rig_peers[peer].stream, bytes, sizeof(bytes), &accepted);
        cr_assert(eq(ulong, accepted, sizeof(bytes)));
        rig_settle();
        cr_assert(eq(ulong, rig_counters().executions, 0ul));
        if (round % 50 == 49) {
            still_serves();
            rig_end();
        }
    }
}

/* --- what another thread does meanwhile --- */

static void doom(void)
{
    server_connection_close(TAILQ_FIRST(&rig_server->connections), &rig_server->listener.lane,
                            CLOSE_STOP);
}

static void doomed_while_it_reads(enum wire_kind kind)
{
    struct wire_message message = wire_codec(9)->message(kind);
    rig_begin(&(struct rig_options){.thread_each = true});
    unsigned peer = kind == WIRE_PREAMBLE ? rig_connect() : rig_open();
    rig_settle();
    size_t before = rig_count(POINT_SERVER_READ);
    rig_meanwhile(POINT_SERVER_READ, doom);
    rig_send_message(peer, &message);
    rig_hear(peer);
    cr_assert(gt(ulong, rig_count(POINT_SERVER_READ), before));
    cr_assert(eq(ulong, rig_count(POINT_SERVER_REPLY), 0ul));
    cr_assert(eq(ulong, rig_counters().open_connections, 0ul));
    rig_end();
}

Test(packet, a_preamble_that_another_thread_dooms_while_it_is_read_is_passed_over)
{
    doomed_while_it_reads(WIRE_PREAMBLE);
}

Test(packet, a_frame_that_another_thread_dooms_while_it_is_read_is_passed_over)
{
    doomed_while_it_reads(WIRE_CONTEXT);
}
