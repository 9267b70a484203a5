/* The same through protobuf-c, which shares no line with the codec. */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/proto/RpcHeader.pb-c.h"
#include "rpc/wire/wire.h"

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
