#include "harness/trace/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/handles/handles.h"
#include "harness/message/types.h"
#include "harness/trace/ledger.h"
#include "harness/trace/picture.h"
#include "rpc/wire/fields.h"
#include "rpc/wire/proto/IpcConnectionContext.pb-c.h"
#include "rpc/wire/proto/ProtobufRpcEngine.pb-c.h"
#include "rpc/wire/proto/RpcHeader.pb-c.h"
#include "rpc/wire/schema_walk.h"

enum { LENGTH_WORD = 4, AUTH_BYTE = 5 /* before version 9 */ };

/* --- values --- */

static const char *show_enum(struct picture *picture, const struct schema_item *item)
{
    const ProtobufCEnumDescriptor *type = item->field->descriptor;
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, (int)item->value);
    return value != NULL ? value->name : picture_print(picture, "%" PRIu64, item->value);
}

static const char *show_value(struct picture *picture, const struct schema_item *item)
{
    uint64_t bits = item->value;
    if (item->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        return picture_bytes(picture, item->bytes);
    if (item->field == NULL)
        return picture_print(picture, "%" PRIu64, bits);
    switch (item->field->type) {
    case PROTOBUF_C_TYPE_ENUM:
        return show_enum(picture, item);
    case PROTOBUF_C_TYPE_BOOL:
        return bits != 0 ? "true" : "false";
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SINT64:
        return picture_print(picture, "%" PRId64, (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1));
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FIXED64:
        return picture_print(picture, "%" PRIu64, bits);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return picture_print(picture, "%" PRId64, (int64_t)bits);
}

/* --- protobuf messages --- */

static void visit(void *owner, const struct schema_item *item)
{
    struct picture *picture = owner;
    bool inner = item->field != NULL && item->field->type == PROTOBUF_C_TYPE_MESSAGE;
    const char *name = item->field != NULL ? item->field->name
                                           : picture_print(picture, "field %" PRIu32, item->number);
    picture_add(picture, picture->base + item->offset, item->length, picture->depth + item->depth,
                name, inner ? NULL : show_value(picture, item));
}

/* A delimited message of this type at `at`; NULL: nobody knows its type. */
static void show_message(struct picture *picture, const char *name,
                         const ProtobufCMessageDescriptor *type)
{
    struct wire_bytes rest = {picture->bytes.data + picture->at,
                              picture->bytes.length - picture->at};
    char problem[WIRE_PROBLEM_MAX];
    uint64_t length;
    size_t prefix = rest.length > 0 ? schema_read_varint(rest, &length) : 0;
    if (prefix == 0 || length > rest.length - prefix)
        return;
    picture_add(picture, picture->at, prefix + (size_t)length, 0, name, NULL);
    size_t place = picture->count - 1;
    picture->base = picture->at + prefix;
    picture->depth = 1;
    struct wire_bytes body = {rest.data + prefix, (size_t)length};
    if (type != NULL && schema_walk(type, body, visit, picture, problem) != RPC_OK &&
        place < picture->count)
        picture->fields[place].problem = picture_print(picture, "%s", problem);
    picture->at += prefix + (size_t)length;
}

/* --- frames --- */

static void show_preamble(struct picture *picture, const struct wire_message *message)
{
    const uint8_t *bytes = picture->bytes.data;
    size_t length = message->size;
    if (picture->bytes.length < length)
        return;
    picture_add(picture, 0, 4, 0, "magic", picture_bytes(picture, (struct wire_bytes){bytes, 4}));
    picture_add(picture, 4, 1, 0, "version", picture_print(picture, "%d", bytes[4]));
    if (length > AUTH_BYTE + 1)
        picture_add(picture, AUTH_BYTE, 1, 0, "service class",
                    picture_print(picture, "%d", bytes[AUTH_BYTE]));
    picture_add(picture, length - 1, 1, 0, "auth",
                picture_print(picture, "%d", (signed char)message->auth));
}

/* The types of a call's parameter and value, as far as they are known. */
static struct schema_method types_of(struct harness *harness, const struct wire_message *message,
                                     uint32_t connection)
{
    char protocol[256], method[256];
    struct harness_carried carried = {.call = 0};
    if (message->kind == WIRE_REQUEST && message->protocol.data != NULL) {
        snprintf(protocol, sizeof(protocol), "%.*s", (int)message->protocol.length,
                 (const char *)message->protocol.data);
        snprintf(method, sizeof(method), "%.*s", (int)message->method.length,
                 (const char *)message->method.data);
        carried.protocol = protocol;
        carried.method = method;
    } else {
        carried = harness_ledger_carried(harness->ledger, connection, message->call_id);
    }
    if (carried.protocol == NULL || carried.method == NULL ||
        harness_service(carried.protocol) == NULL)
        return (struct schema_method){.name = NULL};
    return harness_method(carried.protocol, carried.method);
}

/* What a call or reply carries, behind its header. */
static void show_call(struct harness *harness, struct picture *picture, uint32_t connection,
                      const struct wire_message *message)
{
    bool to_server = message->kind == WIRE_REQUEST;
    if (message->rpc_kind == WIRE_KIND_WRITABLE && to_server) {
        picture_invocation(picture, harness_writable_types(harness));
    } else if (message->rpc_kind == WIRE_KIND_WRITABLE) {
        picture_values(picture, WRITABLE_GOAL_OBJECT, harness_writable_types(harness));
    } else if (message->rpc_kind != WIRE_KIND_BUILTIN) {
        const struct schema_method types = types_of(harness, message, connection);
        if (to_server)
            show_message(picture, "request header",
                         &hadoop__common__request_header_proto__descriptor);
        show_message(picture, to_server ? "request" : "value",
                     to_server ? types.request : types.response);
    }
}

static void show_frame(struct harness *harness, struct picture *picture, uint32_t connection,
                       const struct wire_message *message)
{
    bool to_server = message->kind == WIRE_REQUEST || message->kind == WIRE_CONTEXT ||
                     message->kind == WIRE_PING;
    const uint8_t *bytes = picture->bytes.data;
    if (picture->bytes.length < LENGTH_WORD)
        return;
    uint32_t length =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    picture_add(picture, 0, LENGTH_WORD, 0, "length",
                picture_print(picture, "%" PRId32, (int32_t)length));
    picture->at = LENGTH_WORD;
    show_message(picture, "header",
                 to_server ? &hadoop__common__rpc_request_header_proto__descriptor
                           : &hadoop__common__rpc_response_header_proto__descriptor);
    if (message->kind == WIRE_CONTEXT)
        show_message(picture, "context", &hadoop__common__ipc_connection_context_proto__descriptor);
    else if (message->kind == WIRE_REQUEST ||
             (message->kind == WIRE_RESPONSE && message->status == WIRE_SUCCESS))
        show_call(harness, picture, connection, message);
    picture_add_rest(picture, "more");
}

/* A SASL message stands in either direction behind that direction's header. */
static void show_sasl(struct picture *picture, bool to_server)
{
    if (picture->bytes.length < LENGTH_WORD)
        return;
    picture_add(picture, 0, LENGTH_WORD, 0, "length", NULL);
    picture->at = LENGTH_WORD;
    show_message(picture, "header",
                 to_server ? &hadoop__common__rpc_request_header_proto__descriptor
                           : &hadoop__common__rpc_response_header_proto__descriptor);
    show_message(picture, "sasl", &hadoop__common__rpc_sasl_proto__descriptor);
}

/* Behind protobuf headers (IPC version 9). */
static void show_protobuf(struct harness *harness, struct picture *picture, uint32_t connection,
                          bool to_server, const struct wire_message *message)
{
    switch (message->kind) {
    case WIRE_SASL:
        show_sasl(picture, to_server);
        break;
    case WIRE_CONTEXT:
    case WIRE_REQUEST:
    case WIRE_PING:
    case WIRE_RESPONSE:
        show_frame(harness, picture, connection, message);
        break;
    case WIRE_PREAMBLE:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
}

void harness_frame_record(struct harness *harness, uint32_t number, uint32_t connection,
                          bool to_server, const struct wire_message *message,
                          struct wire_bytes bytes)
{
    struct picture picture = {.bytes = bytes};
    if (message->kind == WIRE_PREAMBLE)
        show_preamble(&picture, message);
    else if (wire_codec((int)harness->release->ipc_version)->protobuf_headers)
        show_protobuf(harness, &picture, connection, to_server, message);
    else if (message->kind != WIRE_GOODBYE && message->kind != WIRE_HTTP)
        picture_v4(&picture, message, harness_writable_types(harness));
    record_frame(harness->record, &(struct record_frame){.frame = number,
                                                         .length = bytes.length,
                                                         .bytes = bytes.data,
                                                         .byte_count = bytes.length,
                                                         .fields = picture.fields,
                                                         .field_count = picture.count});
}
