#include <assert.h>
#include <string.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/coded.h"
#include "rpc/wire/goodbye.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/writable.h"

/* What stands in a frame behind its length word: delimited headers, then bytes as they are. */
struct frame {
    struct wire_coded_message header;
    struct wire_coded_message second; /* RequestHeaderProto, or the whole of a payload */
    bool has_second;
    struct wire_bytes invocation; /* of a Writable call: what stands before its parameters */
    struct wire_bytes body;
    bool delimited; /* whether the body is */
};

/* int32 and enum fields: a negative number takes ten bytes. */
static uint64_t extended(int number)
{
    return (uint64_t)(int64_t)number;
}

static void add_optional(struct wire_coded_message *header, uint32_t field, int number)
{
    if (number != WIRE_NUMBER_ABSENT)
        wire_coded_add_number(header, field, extended(number));
}

static void add_retry(struct wire_coded_message *header, uint32_t field, int32_t retry)
{
    if (retry != WIRE_NUMBER_ABSENT)
        wire_coded_add_number(header, field, wire_coded_zigzag(retry));
}

static void add_states(struct wire_coded_message *header, uint32_t field,
                       const struct wire_message *message)
{
    if (message->has_state_id)
        wire_coded_add_number(header, field, (uint64_t)message->state_id);
    wire_coded_add_bytes(header, field + 1, message->router_state);
}

/* RpcRequestHeaderProto.  `context` lives as long as the header. */
static void request_header(const struct wire_message *message, struct wire_coded_message *header,
                           struct wire_coded_message *context)
{
    wire_coded_init(header);
    add_optional(header, 1, message->rpc_kind);
    add_optional(header, 2, message->rpc_op);
    wire_coded_add_number(header, 3, wire_coded_zigzag(message->call_id));
    wire_coded_add_bytes(header, 4, message->client_id);
    add_retry(header, 5, message->retry);
    wire_coded_init(context);
    wire_coded_add_bytes(context, 1, message->caller_context);
    wire_coded_add_bytes(context, 2, message->caller_signature);
    if (context->count > 0)
        wire_coded_add_message(header, 7, context);
    add_states(header, 8, message);
}

/* RpcResponseHeaderProto */
static void response_header(const struct wire_message *message, struct wire_coded_message *header)
{
    wire_coded_init(header);
    wire_coded_add_number(header, 1, (uint32_t)message->call_id);
    wire_coded_add_number(header, 2, extended((int)message->status));
    if (message->ipc_version != WIRE_NUMBER_ABSENT)
        wire_coded_add_number(header, 3, (uint32_t)message->ipc_version);
    wire_coded_add_bytes(header, 4, message->class_name);
    wire_coded_add_bytes(header, 5, message->text);
    if (message->code != WIRE_CODE_NONE)
        wire_coded_add_number(header, 6, extended(message->code));
    wire_coded_add_bytes(header, 7, message->client_id);
    add_retry(header, 8, message->retry);
    add_states(header, 9, message);
}

static uint8_t *write_bytes(uint8_t *out, struct wire_bytes bytes)
{
    if (bytes.length > 0)
        memcpy(out, bytes.data, bytes.length);
    return out + bytes.length;
}

static uint8_t *write_payload(const struct frame *frame, uint8_t *out)
{
    if (frame->has_second)
        out = wire_coded_write(out, &frame->second);
    out = write_bytes(out, frame->invocation);
    if (frame->body.data == NULL)
        return out;
    if (frame->delimited)
        return wire_coded_write_bytes(out, frame->body);
    return write_bytes(out, frame->body);
}

static size_t frame_size(const struct frame *frame, struct wire_bytes trailing)
{
    size_t size =
        wire_coded_delimited_size(frame->header.size) + frame->invocation.length + trailing.length;
    if (frame->has_second)
        size += wire_coded_delimited_size(frame->second.size);
    if (frame->body.data != NULL)
        size +=
            frame->delimited ? wire_coded_delimited_size(frame->body.length) : frame->body.length;
    return size;
}

static enum rpc_status write_frame(const struct wire_message *message, struct frame *frame,
                                   struct wire_buffer *out)
{
    if (message->payload.data != NULL) {
        frame->has_second = false;
        frame->invocation = WIRE_ABSENT;
        frame->body = message->payload;
        frame->delimited = false;
    }
    size_t length = frame_size(frame, message->trailing);
    if (length > INT32_MAX)
        return RPC_TOO_LONG;
    uint8_t *at = wire_buffer_room(out, 4 + length);
    if (at == NULL)
        return RPC_NO_MEMORY;
    at = wire_write_int32(at, message->has_length ? message->length : (int32_t)length);
    at = wire_coded_write(at, &frame->header);
    at = write_payload(frame, at);
    write_bytes(at, message->trailing);
    out->length += 4 + length;
    return RPC_OK;
}

static enum rpc_status encode_preamble(const struct wire_message *message, struct wire_buffer *out)
{
    const uint8_t rest[] = {(uint8_t)message->version, (uint8_t)message->service_class,
                            (uint8_t)message->auth};
    struct wire_bytes magic = message->magic.data != NULL ? message->magic : wire_text("hrpc");

    enum rpc_status status = wire_buffer_add(out, magic.data, magic.length);
    if (status == RPC_OK)
        status = wire_buffer_add(out, rest, sizeof(rest));
    if (status == RPC_OK)
        status = wire_buffer_add(out, message->trailing.data, message->trailing.length);
    return status;
}

/* IpcConnectionContextProto; Java always sends userInfo, even an empty one. */
static enum rpc_status encode_context(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_coded_message caller, user;
    struct frame frame;

    request_header(message, &frame.header, &caller);
    wire_coded_init(&user);
    wire_coded_add_bytes(&user, 1, message->user);
    wire_coded_add_bytes(&user, 2, message->real_user);
    wire_coded_init(&frame.second);
    wire_coded_add_message(&frame.second, 2, &user);
    wire_coded_add_bytes(&frame.second, 3, message->protocol);
    frame.has_second = true;
    frame.invocation = frame.body = WIRE_ABSENT;
    return write_frame(message, &frame, out);
}

/* RpcSaslProto, behind the header of either side. */
static enum rpc_status encode_sasl(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_coded_message caller, auths[WIRE_SASL_AUTHS_MAX];
    struct frame frame;

    if (message->side == WIRE_TO_SERVER)
        request_header(message, &frame.header, &caller);
    else
        response_header(message, &frame.header);
    wire_coded_init(&frame.second);
    wire_coded_add_number(&frame.second, 2, extended((int)message->sasl_state));
    wire_coded_add_bytes(&frame.second, 3, message->token);
    assert(message->auth_count <= WIRE_SASL_AUTHS_MAX);
    for (size_t i = 0; i < message->auth_count; i++) {
        const struct wire_sasl_auth *auth = &message->auths[i];
        wire_coded_init(&auths[i]);
        wire_coded_add_bytes(&auths[i], 1, auth->method);
        wire_coded_add_bytes(&auths[i], 2, auth->mechanism);
        wire_coded_add_bytes(&auths[i], 3, auth->protocol);
        wire_coded_add_bytes(&auths[i], 4, auth->server_id);
        wire_coded_add_bytes(&auths[i], 5, auth->challenge);
        wire_coded_add_message(&frame.second, 4, &auths[i]);
    }
    frame.has_second = true;
    frame.invocation = frame.body = WIRE_ABSENT;
    return write_frame(message, &frame, out);
}

static enum rpc_status encode_ping(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_coded_message caller;
    struct frame frame;

    request_header(message, &frame.header, &caller);
    frame.has_second = false;
    frame.invocation = frame.body = WIRE_ABSENT;
    return write_frame(message, &frame, out);
}

/* The other rpc kinds have neither RequestHeaderProto nor delimiters. */
static bool is_protobuf(const struct wire_message *message)
{
    return message->rpc_kind != WIRE_KIND_BUILTIN && message->rpc_kind != WIRE_KIND_WRITABLE;
}

/* WritableRpcEngine.Invocation, write, up to the parameters. */
static enum rpc_status invocation(const struct wire_message *message, struct wire_buffer *out)
{
    const struct wire_bytes none = wire_text("");
    const struct wire_bytes protocol = message->protocol.data != NULL ? message->protocol : none;

    enum rpc_status status = writable_put_number(out, WRITABLE_LONG, message->writable_version);
    if (status == RPC_OK)
        status = writable_put_text(out, WRITABLE_UTF8, protocol, false);
    if (status == RPC_OK)
        status = writable_put_text(out, WRITABLE_UTF8, message->method, false);
    if (status == RPC_OK)
        status = writable_put_number(out, WRITABLE_LONG, (int64_t)message->protocol_version);
    if (status == RPC_OK)
        status = writable_put_number(out, WRITABLE_INT, message->methods_hash);
    return status;
}

static enum rpc_status encode_writable(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_coded_message caller;
    struct wire_buffer before = {NULL, 0, 0};
    struct frame frame = {.body = message->body};

    request_header(message, &frame.header, &caller);
    enum rpc_status status = message->method.data != NULL ? invocation(message, &before) : RPC_OK;
    frame.invocation = (struct wire_bytes){before.data, before.length};
    if (status == RPC_OK)
        status = write_frame(message, &frame, out);
    wire_buffer_release(&before);
    return status;
}

static enum rpc_status encode_request(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_coded_message caller;
    struct frame frame;

    if (message->rpc_kind == WIRE_KIND_WRITABLE)
        return encode_writable(message, out);
    request_header(message, &frame.header, &caller);
    frame.invocation = WIRE_ABSENT;
    frame.has_second = frame.delimited = is_protobuf(message);
    wire_coded_init(&frame.second);
    wire_coded_add_bytes(&frame.second, 1, message->method);
    wire_coded_add_bytes(&frame.second, 2, message->protocol);
    wire_coded_add_number(&frame.second, 3, message->protocol_version);
    frame.body = message->body;
    return write_frame(message, &frame, out);
}

static enum rpc_status encode_response(const struct wire_message *message, struct wire_buffer *out)
{
    struct frame frame;

    response_header(message, &frame.header);
    frame.has_second = false;
    frame.invocation = WIRE_ABSENT;
    frame.body = message->status == WIRE_SUCCESS ? message->body : WIRE_ABSENT;
    frame.delimited = is_protobuf(message);
    return write_frame(message, &frame, out);
}

enum rpc_status wire_v9_encode(const struct wire_message *message, struct wire_buffer *out)
{
    switch (message->kind) {
    case WIRE_PREAMBLE:
        return encode_preamble(message, out);
    case WIRE_SASL:
        return encode_sasl(message, out);
    case WIRE_CONTEXT:
        return encode_context(message, out);
    case WIRE_REQUEST:
        return encode_request(message, out);
    case WIRE_PING:
        return encode_ping(message, out);
    case WIRE_RESPONSE:
        return encode_response(message, out);
    case WIRE_GOODBYE:
        return wire_goodbye_encode(message, out);
    case WIRE_HTTP:
        return wire_http_encode(message, out);
    }
    return RPC_OK;
}
