#include <assert.h>
#include <string.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/coded.h"
#include "rpc/wire/goodbye.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/writable.h"

/* A frame is written from its first byte to its last, where there is room for the most that it can
 * take: all bytes that it has, and so much for the keys, numbers and lengths around them. */
enum {
    HEADER_MAX = 6 * WIRE_CODED_NUMBER_MAX + 6 * WIRE_CODED_LENGTH_MAX,
    SECOND_MAX = WIRE_CODED_NUMBER_MAX + 5 * WIRE_CODED_LENGTH_MAX,
    FRAME_MAX = 4 + HEADER_MAX + SECOND_MAX + WIRE_CODED_LENGTH_MAX,
    AUTH_MAX = 6 * WIRE_CODED_LENGTH_MAX,
};

/* Writes a part of a frame at `out`, and returns the end of it. */
typedef uint8_t *part_fn(const struct wire_message *message, uint8_t *out);

/* int32 and enum fields: a negative number takes ten bytes. */
static uint64_t extended(int number)
{
    return (uint64_t)(int64_t)number;
}

static uint8_t *put_optional(uint8_t *out, uint32_t field, int number)
{
    if (number == WIRE_NUMBER_ABSENT)
        return out;
    return wire_coded_put_number(out, field, extended(number));
}

static uint8_t *put_retry(uint8_t *out, uint32_t field, int32_t retry)
{
    if (retry == WIRE_NUMBER_ABSENT)
        return out;
    return wire_coded_put_number(out, field, wire_coded_zigzag(retry));
}

static uint8_t *put_states(uint8_t *out, uint32_t field, const struct wire_message *message)
{
    if (message->has_state_id)
        out = wire_coded_put_number(out, field, (uint64_t)message->state_id);
    return wire_coded_put_bytes(out, field + 1, message->router_state);
}

/* RPCCallerContextProto */
static uint8_t *put_caller(uint8_t *out, uint32_t field, const struct wire_message *message)
{
    if (message->caller_context.data == NULL && message->caller_signature.data == NULL)
        return out;
    uint8_t *caller = wire_coded_begin_field(out, field);
    out = wire_coded_put_bytes(caller, 1, message->caller_context);
    out = wire_coded_put_bytes(out, 2, message->caller_signature);
    return wire_coded_end(caller, out);
}

/* RpcRequestHeaderProto */
static uint8_t *request_header(const struct wire_message *message, uint8_t *out)
{
    uint8_t *header = wire_coded_begin(out);
    out = put_optional(header, 1, message->rpc_kind);
    out = put_optional(out, 2, message->rpc_op);
    out = wire_coded_put_number(out, 3, wire_coded_zigzag(message->call_id));
    out = wire_coded_put_bytes(out, 4, message->client_id);
    out = put_retry(out, 5, message->retry);
    out = put_caller(out, 7, message);
    out = put_states(out, 8, message);
    return wire_coded_end(header, out);
}

/* RpcResponseHeaderProto */
static uint8_t *response_header(const struct wire_message *message, uint8_t *out)
{
    uint8_t *header = wire_coded_begin(out);
    out = wire_coded_put_number(header, 1, (uint32_t)message->call_id);
    out = wire_coded_put_number(out, 2, extended((int)message->status));
    if (message->ipc_version != WIRE_NUMBER_ABSENT)
        out = wire_coded_put_number(out, 3, (uint32_t)message->ipc_version);
    out = wire_coded_put_bytes(out, 4, message->class_name);
    out = wire_coded_put_bytes(out, 5, message->text);
    if (message->code != WIRE_CODE_NONE)
        out = wire_coded_put_number(out, 6, extended(message->code));
    out = wire_coded_put_bytes(out, 7, message->client_id);
    out = put_retry(out, 8, message->retry);
    out = put_states(out, 9, message);
    return wire_coded_end(header, out);
}

static uint8_t *write_bytes(uint8_t *out, struct wire_bytes bytes)
{
    if (bytes.length > 0)
        memcpy(out, bytes.data, bytes.length);
    return out + bytes.length;
}

static size_t frame_max(const struct wire_message *message)
{
    size_t size = FRAME_MAX + message->client_id.length + message->caller_context.length +
                  message->caller_signature.length + message->router_state.length +
                  message->user.length + message->real_user.length + message->protocol.length +
                  message->method.length + message->class_name.length + message->text.length +
                  message->token.length + message->payload.length + message->body.length +
                  message->trailing.length;
    for (size_t i = 0; i < message->auth_count; i++) {
        const struct wire_sasl_auth *auth = &message->auths[i];
        size += AUTH_MAX + auth->method.length + auth->mechanism.length + auth->protocol.length +
                auth->server_id.length + auth->challenge.length;
    }
    return size;
}

/* `rest` is what follows the header, unless the message says so itself. */
static enum rpc_status write_frame(const struct wire_message *message, part_fn *header,
                                   part_fn *rest, struct wire_buffer *out)
{
    size_t most = frame_max(message);
    if (most > INT32_MAX)
        return RPC_TOO_LONG;
    uint8_t *begin = wire_buffer_room(out, most);
    if (begin == NULL)
        return RPC_NO_MEMORY;
    uint8_t *at = header(message, begin + 4);
    at = message->payload.data != NULL ? write_bytes(at, message->payload) : rest(message, at);
    at = write_bytes(at, message->trailing);
    size_t size = (size_t)(at - begin);
    assert(size <= most);
    wire_write_int32(begin, message->has_length ? message->length : (int32_t)(size - 4));
    out->length += size;
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

static uint8_t *nothing(const struct wire_message *message, uint8_t *out)
{
    (void)message;
    return out;
}

/* IpcConnectionContextProto; Java always sends userInfo, even an empty one. */
static uint8_t *context(const struct wire_message *message, uint8_t *out)
{
    uint8_t *fields = wire_coded_begin(out), *user = wire_coded_begin_field(fields, 2);
    out = wire_coded_put_bytes(user, 1, message->user);
    out = wire_coded_put_bytes(out, 2, message->real_user);
    out = wire_coded_end(user, out);
    out = wire_coded_put_bytes(out, 3, message->protocol);
    return wire_coded_end(fields, out);
}

/* RpcSaslProto.SaslAuth */
static uint8_t *put_auth(uint8_t *out, uint32_t field, const struct wire_sasl_auth *auth)
{
    uint8_t *fields = wire_coded_begin_field(out, field);
    out = wire_coded_put_bytes(fields, 1, auth->method);
    out = wire_coded_put_bytes(out, 2, auth->mechanism);
    out = wire_coded_put_bytes(out, 3, auth->protocol);
    out = wire_coded_put_bytes(out, 4, auth->server_id);
    out = wire_coded_put_bytes(out, 5, auth->challenge);
    return wire_coded_end(fields, out);
}

/* RpcSaslProto, behind the header of either side. */
static uint8_t *sasl(const struct wire_message *message, uint8_t *out)
{
    uint8_t *fields = wire_coded_begin(out);
    out = wire_coded_put_number(fields, 2, extended((int)message->sasl_state));
    out = wire_coded_put_bytes(out, 3, message->token);
    for (size_t i = 0; i < message->auth_count; i++)
        out = put_auth(out, 4, &message->auths[i]);
    return wire_coded_end(fields, out);
}

/* The other rpc kinds have neither RequestHeaderProto nor delimiters. */
static bool is_protobuf(const struct wire_message *message)
{
    return message->rpc_kind != WIRE_KIND_BUILTIN && message->rpc_kind != WIRE_KIND_WRITABLE;
}

static uint8_t *write_body(const struct wire_message *message, uint8_t *out)
{
    if (message->body.data == NULL)
        return out;
    if (is_protobuf(message))
        return wire_coded_write_bytes(out, message->body);
    return write_bytes(out, message->body);
}

/* RequestHeaderProto, and the parameter. */
static uint8_t *request(const struct wire_message *message, uint8_t *out)
{
    if (is_protobuf(message)) {
        uint8_t *fields = wire_coded_begin(out);
        out = wire_coded_put_bytes(fields, 1, message->method);
        out = wire_coded_put_bytes(out, 2, message->protocol);
        out = wire_coded_put_number(out, 3, message->protocol_version);
        out = wire_coded_end(fields, out);
    }
    return write_body(message, out);
}

static uint8_t *response(const struct wire_message *message, uint8_t *out)
{
    return message->status == WIRE_SUCCESS ? write_body(message, out) : out;
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

/* The parameters follow as they are. */
static enum rpc_status encode_writable(const struct wire_message *message, struct wire_buffer *out)
{
    struct wire_buffer whole = {NULL, 0, 0};
    struct wire_message call = *message;

    enum rpc_status status = invocation(message, &whole);
    if (status == RPC_OK)
        status = wire_buffer_add(&whole, message->body.data, message->body.length);
    call.payload = (struct wire_bytes){whole.data, whole.length};
    if (status == RPC_OK)
        status = write_frame(&call, request_header, nothing, out);
    wire_buffer_release(&whole);
    return status;
}

static enum rpc_status encode_request(const struct wire_message *message, struct wire_buffer *out)
{
    bool invokes = message->rpc_kind == WIRE_KIND_WRITABLE && message->method.data != NULL &&
                   message->payload.data == NULL;
    return invokes ? encode_writable(message, out)
                   : write_frame(message, request_header, request, out);
}

enum rpc_status wire_v9_encode(const struct wire_message *message, struct wire_buffer *out)
{
    switch (message->kind) {
    case WIRE_PREAMBLE:
        return encode_preamble(message, out);
    case WIRE_SASL:
        return write_frame(
            message, message->side == WIRE_TO_SERVER ? request_header : response_header, sasl, out);
    case WIRE_CONTEXT:
        return write_frame(message, request_header, context, out);
    case WIRE_REQUEST:
        return encode_request(message, out);
    case WIRE_PING:
        return write_frame(message, request_header, nothing, out);
    case WIRE_RESPONSE:
        return write_frame(message, response_header, response, out);
    case WIRE_GOODBYE:
        return wire_goodbye_encode(message, out);
    case WIRE_HTTP:
        return wire_http_encode(message, out);
    }
    return RPC_OK;
}
