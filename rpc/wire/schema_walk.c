#include "rpc/wire/schema_walk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct walk {
    const uint8_t *start;
    schema_visit_fn *visit;
    void *owner;
    char *problem;
};

/* One message on the way down. */
struct level {
    const ProtobufCMessageDescriptor *descriptor;
    struct wire_bytes rest;
    unsigned depth;
    uint64_t seen[SCHEMA_FIELDS_MAX / 64];
};

__attribute__((format(printf, 3, 4))) static enum rpc_status
wrong(struct walk *walk, const struct level *level, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(walk->problem, WIRE_PROBLEM_MAX, "message %s: ", level->descriptor->name);
    if (used < 0 || used >= WIRE_PROBLEM_MAX)
        return RPC_MALFORMED;
    va_start(arguments, format);
    vsnprintf(walk->problem + used, (size_t)(WIRE_PROBLEM_MAX - used), format, arguments);
    va_end(arguments);
    return RPC_MALFORMED;
}

size_t schema_read_varint(struct wire_bytes bytes, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < bytes.length && i < 10; i++) {
        *value |= (uint64_t)(bytes.data[i] & 0x7f) << (7 * i);
        if (bytes.data[i] < 0x80)
            return i + 1;
    }
    return 0;
}

size_t schema_write_varint(uint8_t *out, uint64_t value)
{
    size_t used = 0;
    while (value >= 0x80) {
        out[used++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[used++] = (uint8_t)value;
    return used;
}

bool schema_is_text(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING || (field->flags & SCHEMA_FLAG_TEXT) != 0;
}

bool schema_is_map(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & SCHEMA_FLAG_MAP) != 0;
}

static ProtobufCWireType wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    }
    assert(false);
    return PROTOBUF_C_WIRE_TYPE_VARINT;
}

static struct wire_bytes skipped(struct wire_bytes bytes, size_t count)
{
    return (struct wire_bytes){bytes.data + count, bytes.length - count};
}

/* "field 7", or its name when it is known. */
static const char *name_of(const struct level *level, uint32_t number, char *text, size_t size)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(level->descriptor, number);
    if (field != NULL)
        snprintf(text, size, "field `%s`", field->name);
    else
        snprintf(text, size, "unknown field %" PRIu32, number);
    return text;
}

/* The value behind a tag: `item` says its wire type, and gets value or bytes. */
static enum rpc_status take_value(struct walk *walk, struct level *level, struct schema_item *item)
{
    char name[96];
    struct wire_bytes rest = level->rest;
    size_t used = 0;

    switch ((int)item->wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        used = schema_read_varint(rest, &item->value);
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        used = item->wire_type == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
        item->value = 0;
        for (size_t i = 0; i < used && used <= rest.length; i++)
            item->value |= (uint64_t)rest.data[i] << (8 * i);
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: {
        uint64_t length;
        size_t prefix = schema_read_varint(rest, &length);
        if (prefix == 0 || prefix > 5 || length > rest.length - prefix)
            return wrong(walk, level, "%s is longer than what is there",
                         name_of(level, item->number, name, sizeof(name)));
        item->bytes = (struct wire_bytes){rest.data + prefix, (size_t)length};
        used = prefix + (size_t)length;
        break;
    }
    case 3:
    case 4:
        return wrong(walk, level, "%s is a group, which is not supported",
                     name_of(level, item->number, name, sizeof(name)));
    default:
        return wrong(walk, level, "%s has the wire type %d, which does not exist",
                     name_of(level, item->number, name, sizeof(name)), (int)item->wire_type);
    }
    if (used == 0 || used > rest.length)
        return wrong(walk, level, "%s is cut off",
                     name_of(level, item->number, name, sizeof(name)));
    level->rest = skipped(rest, used);
    item->length = (size_t)(level->rest.data - walk->start) - item->offset;
    return RPC_OK;
}

static enum rpc_status take_item(struct walk *walk, struct level *level, struct schema_item *item)
{
    uint64_t tag;
    *item = (struct schema_item){.message = level->descriptor,
                                 .depth = level->depth,
                                 .offset = (size_t)(level->rest.data - walk->start)};
    size_t used = schema_read_varint(level->rest, &tag);
    if (used == 0)
        return wrong(walk, level, "a tag is cut off");
    if (used > 5 || tag > UINT32_MAX || tag >> 3 == 0)
        return wrong(walk, level, "a tag that does not exist");
    item->number = (uint32_t)(tag >> 3);
    item->wire_type = (ProtobufCWireType)(tag & 7);
    level->rest = skipped(level->rest, used);
    return take_value(walk, level, item);
}

static bool knows_number(const ProtobufCFieldDescriptor *field, uint64_t value)
{
    return protobuf_c_enum_descriptor_get_value(field->descriptor, (int)(int32_t)value) != NULL;
}

static bool is_strange(const struct schema_item *item)
{
    return item->field->type == PROTOBUF_C_TYPE_ENUM && !knows_number(item->field, item->value);
}

static void tell(struct walk *walk, const struct schema_item *item)
{
    if (walk->visit == NULL)
        return;
    struct schema_item told = *item;
    if (told.field != NULL && is_strange(&told))
        told.field = NULL;
    walk->visit(walk->owner, &told);
}

static enum rpc_status take_packed(struct walk *walk, struct level *level,
                                   const struct schema_item *whole)
{
    struct level inside = {
        .descriptor = level->descriptor, .rest = whole->bytes, .depth = level->depth};
    while (inside.rest.length > 0) {
        struct schema_item element = *whole;
        element.offset = (size_t)(inside.rest.data - walk->start);
        element.wire_type = wire_type_of(whole->field->type);
        element.bytes = WIRE_ABSENT;
        enum rpc_status status = take_value(walk, &inside, &element);
        if (status != RPC_OK)
            return status;
        if (whole->field->type == PROTOBUF_C_TYPE_BOOL &&
            (element.length != 1 || element.value > 1))
            return wrong(walk, level, "field `%s` has a bool of %" PRIu64, whole->field->name,
                         element.value); /* which protobuf-c does not take */
        tell(walk, &element);
    }
    return RPC_OK;
}

static enum rpc_status walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor,
                                    struct wire_bytes bytes, unsigned depth);

static enum rpc_status take_field(struct walk *walk, struct level *level, struct schema_item *item)
{
    const ProtobufCFieldDescriptor *field = item->field;
    ProtobufCWireType wanted = wire_type_of(field->type);
    if (field->label == PROTOBUF_C_LABEL_REPEATED &&
        item->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && wanted != item->wire_type)
        return take_packed(walk, level, item);
    if (item->wire_type != wanted)
        return wrong(walk, level, "field `%s` has wire type %d, not %d", field->name,
                     (int)item->wire_type, (int)wanted);
    size_t index = (size_t)(field - level->descriptor->fields);
    if (!is_strange(item))
        level->seen[index / 64] |= UINT64_C(1) << (index % 64);
    tell(walk, item);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return walk_message(walk, field->descriptor, item->bytes, level->depth + 1);
    return RPC_OK;
}

static enum rpc_status check_required(struct walk *walk, struct level *level)
{
    for (unsigned i = 0; i < level->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &level->descriptor->fields[i];
        bool seen = (level->seen[i / 64] >> (i % 64)) & 1;
        if (field->label == PROTOBUF_C_LABEL_REQUIRED && !seen)
            return wrong(walk, level, "required field `%s` is missing", field->name);
    }
    return RPC_OK;
}

static enum rpc_status walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor,
                                    struct wire_bytes bytes, unsigned depth)
{
    struct level level = {.descriptor = descriptor, .rest = bytes, .depth = depth};
    assert(descriptor->n_fields <= SCHEMA_FIELDS_MAX);
    if (depth >= SCHEMA_DEPTH_MAX) {
        wrong(walk, &level, "nested deeper than %d levels", SCHEMA_DEPTH_MAX);
        return RPC_TOO_DEEP;
    }
    while (level.rest.length > 0) {
        struct schema_item item;
        enum rpc_status status = take_item(walk, &level, &item);
        if (status != RPC_OK)
            return status;
        item.field = protobuf_c_message_descriptor_get_field(descriptor, item.number);
        if (item.field != NULL)
            status = take_field(walk, &level, &item);
        else
            tell(walk, &item);
        if (status != RPC_OK)
            return status;
    }
    return check_required(walk, &level);
}

enum rpc_status schema_walk(const ProtobufCMessageDescriptor *descriptor, struct wire_bytes bytes,
                            schema_visit_fn *visit, void *owner, char *problem)
{
    static const uint8_t nothing[1];
    if (bytes.data == NULL)
        bytes.data = nothing;
    struct walk walk = {.start = bytes.data, .visit = visit, .owner = owner, .problem = problem};
    problem[0] = '\0';
    return walk_message(&walk, descriptor, bytes, 0);
}
