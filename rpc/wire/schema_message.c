#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "rpc/wire/schema.h"
#include "rpc/wire/schema_walk.h"

/* --- members --- */

void *schema_member(const ProtobufCMessage *message, size_t offset)
{
    return (char *)(uintptr_t)message + offset;
}

bool schema_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *member = schema_member(message, field->offset);
    void *quantifier = schema_member(message, field->quantifier_offset);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(uint32_t *)quantifier == field->id;
    switch (field->label) {
    case PROTOBUF_C_LABEL_REPEATED:
        return *(size_t *)quantifier > 0;
    case PROTOBUF_C_LABEL_REQUIRED:
    case PROTOBUF_C_LABEL_NONE:
        return true;
    case PROTOBUF_C_LABEL_OPTIONAL:
        break;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(ProtobufCMessage **)member != NULL;
    return *(protobuf_c_boolean *)quantifier;
}

size_t schema_member_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    }
    assert(false);
    return 0;
}

/* --- making --- */

ProtobufCMessage *schema_new(const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    ProtobufCMessage *message = arena_take(arena, descriptor->sizeof_message);
    if (message == NULL)
        return NULL;
    message->descriptor = descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->default_value == NULL || field->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        if (field->type == PROTOBUF_C_TYPE_STRING)
            memcpy(schema_member(message, field->offset), &field->default_value, sizeof(void *));
        else
            memcpy(schema_member(message, field->offset), field->default_value,
                   schema_member_size(field->type));
    }
    return message;
}

/* --- numbers that an enum does not have --- */

static bool knows(const ProtobufCFieldDescriptor *field, int32_t number)
{
    return protobuf_c_enum_descriptor_get_value(field->descriptor, number) != NULL;
}

static enum rpc_status add_unknown(ProtobufCMessage *message, uint32_t number, int32_t value,
                                   struct arena *arena)
{
    size_t count = message->n_unknown_fields;
    ProtobufCMessageUnknownField *all = arena_take_array(arena, count + 1, sizeof(*all));
    uint8_t *data = arena_take(arena, 10);
    if (all == NULL || data == NULL)
        return arena->refused;
    if (count > 0)
        memcpy(all, message->unknown_fields, count * sizeof(*all));
    size_t length = schema_write_varint(data, (uint64_t)(int64_t)value);
    all[count] = (ProtobufCMessageUnknownField){number, PROTOBUF_C_WIRE_TYPE_VARINT, length, data};
    message->unknown_fields = all;
    message->n_unknown_fields++;
    return RPC_OK;
}

static enum rpc_status settle_list(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                   struct arena *arena)
{
    size_t *count = schema_member(message, field->quantifier_offset);
    int32_t **values = schema_member(message, field->offset);
    size_t kept = 0;
    enum rpc_status status = RPC_OK;
    for (size_t i = 0; i < *count && status == RPC_OK; i++) {
        if (knows(field, (*values)[i]))
            (*values)[kept++] = (*values)[i];
        else
            status = add_unknown(message, field->id, (*values)[i], arena);
    }
    *count = kept;
    return status;
}

static enum rpc_status settle_enum(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                   struct arena *arena)
{
    int32_t *value = schema_member(message, field->offset);
    if (!schema_has(message, field) || knows(field, *value))
        return RPC_OK;
    int32_t number = *value;
    if (field->label != PROTOBUF_C_LABEL_REQUIRED)
        memset(schema_member(message, field->quantifier_offset), 0, sizeof(uint32_t));
    *value = 0;
    if (field->default_value != NULL)
        memcpy(value, field->default_value, sizeof(*value));
    return add_unknown(message, field->id, number, arena);
}

static enum rpc_status settle(ProtobufCMessage *message, struct arena *arena);

static enum rpc_status settle_inner(ProtobufCMessage *message,
                                    const ProtobufCFieldDescriptor *field, struct arena *arena)
{
    enum rpc_status status = RPC_OK;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(size_t *)schema_member(message, field->quantifier_offset);
        ProtobufCMessage **inner = *(ProtobufCMessage ***)schema_member(message, field->offset);
        for (size_t i = 0; i < count && status == RPC_OK; i++)
            status = settle(inner[i], arena);
        return status;
    }
    ProtobufCMessage *inner = *(ProtobufCMessage **)schema_member(message, field->offset);
    if (inner != NULL && schema_has(message, field))
        status = settle(inner, arena);
    return status;
}

/* As deep as the walker has allowed. */
static enum rpc_status settle(ProtobufCMessage *message, struct arena *arena)
{
    enum rpc_status status = RPC_OK;
    for (unsigned i = 0; i < message->descriptor->n_fields && status == RPC_OK; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            status = settle_inner(message, field, arena);
        else if (field->type != PROTOBUF_C_TYPE_ENUM)
            continue;
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
            status = settle_list(message, field, arena);
        else
            status = settle_enum(message, field, arena);
    }
    return status;
}

/* --- decoding and encoding --- */

static void look_for_strange(void *owner, const struct schema_item *item)
{
    bool *strange = owner;
    if (item->field != NULL)
        return;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(item->message, item->number);
    *strange = *strange || field != NULL;
}

static void *allocate(void *arena, size_t size)
{
    return arena_room(arena, size);
}

static void forget(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

enum rpc_status schema_decode(const ProtobufCMessageDescriptor *descriptor, struct wire_bytes bytes,
                              struct arena *arena, ProtobufCMessage **message, char *problem)
{
    static const uint8_t nothing[1];
    ProtobufCAllocator allocator = {.alloc = allocate, .free = forget, .allocator_data = arena};
    bool strange = false;
    *message = NULL;
    enum rpc_status status = schema_walk(descriptor, bytes, look_for_strange, &strange, problem);
    if (status != RPC_OK)
        return status;
    *message = protobuf_c_message_unpack(descriptor, &allocator, bytes.length,
                                         bytes.data == NULL ? nothing : bytes.data);
    if (*message == NULL)
        status = arena->refused != RPC_OK ? arena->refused : RPC_MALFORMED;
    else if (strange)
        status = settle(*message, arena);
    if (status != RPC_OK)
        snprintf(problem, WIRE_PROBLEM_MAX, "message %s: %s", descriptor->name,
                 status == RPC_TOO_LONG ? "needs more memory than one message may have"
                                        : rpc_status_text(status));
    return status;
}

enum rpc_status schema_encode(const ProtobufCMessage *message, struct wire_buffer *out)
{
    size_t length = protobuf_c_message_get_packed_size(message);
    if (length == 0)
        return RPC_OK;
    uint8_t *room = wire_buffer_room(out, length);
    if (room == NULL)
        return RPC_NO_MEMORY;
    size_t written = protobuf_c_message_pack(message, room);
    assert(written == length);
    out->length += written;
    return RPC_OK;
}

enum rpc_status schema_encode_unknown(const ProtobufCMessage *message, struct wire_buffer *out)
{
    enum rpc_status status = RPC_OK;
    for (unsigned i = 0; i < message->n_unknown_fields && status == RPC_OK; i++) {
        const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        uint8_t tag[10];
        size_t used = schema_write_varint(tag, (uint64_t)field->tag << 3 | field->wire_type);
        status = wire_buffer_add(out, tag, used);
        if (status == RPC_OK)
            status = wire_buffer_add(out, field->data, field->len);
    }
    return status;
}

/* One visit an unknown field; fields behind the walked bytes' start. */
struct unknowns {
    ProtobufCMessageUnknownField *fields;
    unsigned count;
    struct wire_bytes bytes;
};

static void keep_unknown(void *owner, const struct schema_item *item)
{
    struct unknowns *unknowns = owner;
    if (unknowns->fields != NULL) {
        struct wire_bytes whole = {unknowns->bytes.data + item->offset, item->length};
        uint64_t tag;
        size_t used = schema_read_varint(whole, &tag);
        unknowns->fields[unknowns->count] =
            (ProtobufCMessageUnknownField){item->number, item->wire_type, whole.length - used,
                                           (uint8_t *)(uintptr_t)(whole.data + used)};
    }
    unknowns->count++;
}

enum rpc_status schema_decode_unknown(ProtobufCMessage *message, struct wire_bytes bytes,
                                      struct arena *arena, char *problem)
{
    static const ProtobufCIntRange no_range = {0, 0};
    static const ProtobufCMessageDescriptor nothing = {
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = "of unknown fields",
        .sizeof_message = sizeof(ProtobufCMessage),
        .field_ranges = &no_range,
    };
    struct unknowns unknowns = {.bytes = bytes};
    enum rpc_status status = schema_walk(&nothing, bytes, keep_unknown, &unknowns, problem);
    if (status != RPC_OK)
        return status;
    unknowns.fields = arena_take_array(arena, unknowns.count + 1u, sizeof(*unknowns.fields));
    if (unknowns.fields == NULL)
        return RPC_NO_MEMORY;
    unknowns.count = 0;
    status = schema_walk(&nothing, bytes, keep_unknown, &unknowns, problem);
    message->unknown_fields = unknowns.fields;
    message->n_unknown_fields = unknowns.count;
    return status;
}
