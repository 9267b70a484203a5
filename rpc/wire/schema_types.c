#include "rpc/wire/schema_types.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/schema_default.h"
#include "rpc/wire/schema_walk.h"

typedef Google__Protobuf__FieldDescriptorProto field_source;

#define SOURCE_TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const int types[] = {
    [SOURCE_TYPE(DOUBLE)] = PROTOBUF_C_TYPE_DOUBLE,
    [SOURCE_TYPE(FLOAT)] = PROTOBUF_C_TYPE_FLOAT,
    [SOURCE_TYPE(INT64)] = PROTOBUF_C_TYPE_INT64,
    [SOURCE_TYPE(UINT64)] = PROTOBUF_C_TYPE_UINT64,
    [SOURCE_TYPE(INT32)] = PROTOBUF_C_TYPE_INT32,
    [SOURCE_TYPE(FIXED64)] = PROTOBUF_C_TYPE_FIXED64,
    [SOURCE_TYPE(FIXED32)] = PROTOBUF_C_TYPE_FIXED32,
    [SOURCE_TYPE(BOOL)] = PROTOBUF_C_TYPE_BOOL,
    [SOURCE_TYPE(STRING)] = PROTOBUF_C_TYPE_BYTES,
    [SOURCE_TYPE(MESSAGE)] = PROTOBUF_C_TYPE_MESSAGE,
    [SOURCE_TYPE(BYTES)] = PROTOBUF_C_TYPE_BYTES,
    [SOURCE_TYPE(UINT32)] = PROTOBUF_C_TYPE_UINT32,
    [SOURCE_TYPE(ENUM)] = PROTOBUF_C_TYPE_ENUM,
    [SOURCE_TYPE(SFIXED32)] = PROTOBUF_C_TYPE_SFIXED32,
    [SOURCE_TYPE(SFIXED64)] = PROTOBUF_C_TYPE_SFIXED64,
    [SOURCE_TYPE(SINT32)] = PROTOBUF_C_TYPE_SINT32,
    [SOURCE_TYPE(SINT64)] = PROTOBUF_C_TYPE_SINT64,
};

enum { FIELD_NUMBER_MAX = (1 << 29) - 1 };

static enum rpc_status wrong(const struct schema_lookup *lookup, enum rpc_status status,
                             const char *type, const char *field, const char *what)
{
    snprintf(lookup->problem, WIRE_PROBLEM_MAX, "type %s: %s%s%s%s", type,
             field == NULL ? "" : "field `", field == NULL ? "" : field, field == NULL ? "" : "` ",
             what);
    return status;
}

/* The ranges of consecutive numbers among `count` ascending ones, and the end behind them. */
static const ProtobufCIntRange *ranges(struct arena *arena, const void *first, size_t size,
                                       unsigned count, unsigned *range_count)
{
    ProtobufCIntRange *all = arena_take_array(arena, (size_t)count + 1, sizeof(*all));
    if (all == NULL)
        return NULL;
    int64_t before = INT64_MIN;
    *range_count = 0;
    for (unsigned i = 0; i < count; i++) {
        int number;
        memcpy(&number, (const char *)first + i * size, sizeof(number));
        if (number != before + 1 || i == 0)
            all[(*range_count)++] = (ProtobufCIntRange){number, i};
        before = number;
    }
    all[*range_count] = (ProtobufCIntRange){0, count};
    return all;
}

/* --- enums --- */

static int by_value(const void *left, const void *right)
{
    const ProtobufCEnumValue *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

static int by_value_name(const void *left, const void *right)
{
    const ProtobufCEnumValueIndex *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* Distinct numbers in order; among aliases the one that was declared first stays. */
static unsigned sort_values(ProtobufCEnumValue *values, unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        bool alias = false;
        for (unsigned k = 0; k < kept && !alias; k++)
            alias = values[k].value == values[i].value;
        if (!alias)
            values[kept++] = values[i];
    }
    qsort(values, kept, sizeof(*values), by_value);
    return kept;
}

enum rpc_status schema_fill_enum(ProtobufCEnumDescriptor *type,
                                 const Google__Protobuf__EnumDescriptorProto *source,
                                 struct arena *arena, const struct schema_lookup *lookup)
{
    size_t count = source->n_value;
    if (count == 0 || count > SCHEMA_FIELDS_MAX)
        return wrong(lookup, RPC_TOO_LONG, type->name, NULL,
                     count == 0 ? "has no values" : "has too many values");
    ProtobufCEnumValue *values = arena_take_array(arena, count, sizeof(*values));
    ProtobufCEnumValueIndex *names = arena_take_array(arena, count, sizeof(*names));
    if (values == NULL || names == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const Google__Protobuf__EnumValueDescriptorProto *value = source->value[i];
        if (value->name == NULL)
            return wrong(lookup, RPC_MALFORMED, type->name, NULL, "a value has no name");
        char *name = arena_text(arena, value->name);
        if (name == NULL)
            return RPC_NO_MEMORY;
        values[i] = (ProtobufCEnumValue){name, name, value->number};
        names[i].name = name;
    }
    type->n_values = sort_values(values, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < type->n_values; k++)
            if (values[k].value == source->value[i]->number)
                names[i].index = k;
    qsort(names, count, sizeof(*names), by_value_name);
    type->values = values;
    type->n_value_names = (unsigned)count;
    type->values_by_name = names;

    int *numbers = arena_take_array(arena, type->n_values, sizeof(*numbers));
    if (numbers == NULL)
        return RPC_NO_MEMORY;
    for (unsigned i = 0; i < type->n_values; i++)
        numbers[i] = values[i].value;
    type->value_ranges =
        ranges(arena, numbers, sizeof(*numbers), type->n_values, &type->n_value_ranges);
    return type->value_ranges == NULL ? RPC_NO_MEMORY : RPC_OK;
}

/* --- fields --- */

/* A message type being filled. */
struct filling {
    ProtobufCMessageDescriptor *type;
    const Google__Protobuf__DescriptorProto *source;
    bool proto3;
    struct arena *arena;
    const struct schema_lookup *lookup;
};

static bool is_packable(ProtobufCType type)
{
    return type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_STRING &&
           type != PROTOBUF_C_TYPE_MESSAGE;
}

static bool in_real_oneof(const field_source *source)
{
    return source->has_oneof_index && !source->proto3_optional;
}

static void set_label(const struct filling *filling, const field_source *source,
                      ProtobufCFieldDescriptor *field)
{
    switch ((int)source->label) {
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED:
        field->label = PROTOBUF_C_LABEL_REQUIRED;
        break;
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED:
        field->label = PROTOBUF_C_LABEL_REPEATED;
        break;
    default:
        field->label = PROTOBUF_C_LABEL_OPTIONAL;
        if (filling->proto3 && !source->has_oneof_index && field->type != PROTOBUF_C_TYPE_MESSAGE)
            field->label = PROTOBUF_C_LABEL_NONE;
    }
    bool packed = filling->proto3;
    if (source->options != NULL && source->options->has_packed)
        packed = source->options->packed;
    if (field->label == PROTOBUF_C_LABEL_REPEATED && packed && is_packable(field->type))
        field->flags |= PROTOBUF_C_FIELD_FLAG_PACKED;
    if (in_real_oneof(source))
        field->flags |= PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static enum rpc_status set_type(const struct filling *filling, const field_source *source,
                                ProtobufCFieldDescriptor *field)
{
    const struct schema_lookup *lookup = filling->lookup;
    const char *owner = filling->type->name;
    const char *name = source->type_name == NULL ? "" : source->type_name;

    if (source->type == SOURCE_TYPE(GROUP))
        return wrong(lookup, RPC_UNSUPPORTED, owner, field->name,
                     "is a group, which is not supported");
    if (!source->has_type || source->type < SOURCE_TYPE(DOUBLE) ||
        source->type > SOURCE_TYPE(SINT64))
        return wrong(lookup, RPC_MALFORMED, owner, field->name, "has no type");
    field->type = (ProtobufCType)types[source->type];
    if (source->type == SOURCE_TYPE(STRING))
        field->flags |= SCHEMA_FLAG_TEXT;
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        field->descriptor = lookup->enumeration(lookup->owner, name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        field->descriptor = lookup->message(lookup->owner, name);
    bool named = field->type == PROTOBUF_C_TYPE_ENUM || field->type == PROTOBUF_C_TYPE_MESSAGE;
    if (named && field->descriptor == NULL) {
        snprintf(lookup->problem, WIRE_PROBLEM_MAX,
                 "type %s: field `%s` is of type %s, which is not there", owner, field->name, name);
        return RPC_UNKNOWN_NAME;
    }
    return RPC_OK;
}

static enum rpc_status fill_field(const struct filling *filling, const field_source *source,
                                  ProtobufCFieldDescriptor *field)
{
    if (source->name == NULL || source->number < 1 || source->number > FIELD_NUMBER_MAX)
        return wrong(filling->lookup, RPC_MALFORMED, filling->type->name, NULL,
                     "a field has no name or a number that does not exist");
    if (in_real_oneof(source) &&
        (source->oneof_index < 0 || (size_t)source->oneof_index >= filling->source->n_oneof_decl))
        return wrong(filling->lookup, RPC_MALFORMED, filling->type->name, source->name,
                     "is in a oneof that does not exist");
    field->name = arena_text(filling->arena, source->name);
    if (field->name == NULL)
        return RPC_NO_MEMORY;
    field->id = (uint32_t)source->number;
    enum rpc_status status = set_type(filling, source, field);
    if (status != RPC_OK)
        return status;
    set_label(filling, source, field);
    if (in_real_oneof(source) && field->label != PROTOBUF_C_LABEL_OPTIONAL)
        return wrong(filling->lookup, RPC_MALFORMED, filling->type->name, source->name,
                     "is in a oneof and not optional");
    if (source->default_value == NULL || field->label == PROTOBUF_C_LABEL_REPEATED ||
        in_real_oneof(source))
        return RPC_OK;
    status = schema_default(field, source->default_value, filling->arena);
    if (status == RPC_BAD_VALUE)
        return wrong(filling->lookup, status, filling->type->name, field->name,
                     "has a default that does not fit");
    return status;
}

/* Where the field lies in the struct: first how many or whether, then what. */
static size_t place_field(ProtobufCFieldDescriptor *field, size_t at)
{
    field->quantifier_offset = (unsigned)at;
    field->offset = (unsigned)(at + 8);
    return at + 8 + sizeof(ProtobufCBinaryData);
}

static enum rpc_status place_fields(const struct filling *filling, ProtobufCFieldDescriptor *fields,
                                    const field_source *const *sources)
{
    size_t at = sizeof(ProtobufCMessage);
    size_t oneofs = filling->source->n_oneof_decl;
    size_t *places = arena_take_array(filling->arena, oneofs + 1, sizeof(*places));
    if (places == NULL)
        return RPC_NO_MEMORY;
    for (unsigned i = 0; i < filling->type->n_fields; i++) {
        if (!in_real_oneof(sources[i])) {
            at = place_field(&fields[i], at);
            continue;
        }
        size_t *place = &places[sources[i]->oneof_index];
        if (*place == 0) {
            *place = at;
            at = place_field(&fields[i], at);
        } else {
            place_field(&fields[i], *place);
        }
    }
    filling->type->sizeof_message = at;
    return RPC_OK;
}

/* --- messages --- */

static int by_number(const void *left, const void *right)
{
    const field_source *const *a = left, *const *b = right;
    return ((*a)->number > (*b)->number) - ((*a)->number < (*b)->number);
}

static enum rpc_status name_index(const struct filling *filling)
{
    ProtobufCMessageDescriptor *type = filling->type;
    unsigned *index = arena_take_array(filling->arena, type->n_fields + 1u, sizeof(*index));
    if (index == NULL)
        return RPC_NO_MEMORY;
    for (unsigned i = 0; i < type->n_fields; i++) {
        unsigned at = i;
        for (; at > 0; at--) {
            int order = strcmp(type->fields[index[at - 1]].name, type->fields[i].name);
            if (order == 0)
                return wrong(filling->lookup, RPC_MALFORMED, type->name, type->fields[i].name,
                             "is there twice");
            if (order < 0)
                break;
            index[at] = index[at - 1];
        }
        index[at] = i;
    }
    type->fields_sorted_by_name = index;
    return RPC_OK;
}

static enum rpc_status fill_fields(const struct filling *filling, const field_source **sources)
{
    ProtobufCMessageDescriptor *type = filling->type;
    ProtobufCFieldDescriptor *fields =
        arena_take_array(filling->arena, type->n_fields + 1u, sizeof(*fields));
    int *numbers = arena_take_array(filling->arena, type->n_fields + 1u, sizeof(*numbers));
    if (fields == NULL || numbers == NULL)
        return RPC_NO_MEMORY;
    type->fields = fields;
    for (unsigned i = 0; i < type->n_fields; i++) {
        enum rpc_status status = fill_field(filling, sources[i], &fields[i]);
        if (status != RPC_OK)
            return status;
        numbers[i] = (int)fields[i].id;
        if (i > 0 && numbers[i] == numbers[i - 1])
            return wrong(filling->lookup, RPC_MALFORMED, type->name, fields[i].name,
                         "has the number of another field");
    }
    type->field_ranges =
        ranges(filling->arena, numbers, sizeof(*numbers), type->n_fields, &type->n_field_ranges);
    if (type->field_ranges == NULL)
        return RPC_NO_MEMORY;
    enum rpc_status status = name_index(filling);
    return status == RPC_OK ? place_fields(filling, fields, sources) : status;
}

bool schema_is_entry(const Google__Protobuf__DescriptorProto *source)
{
    return source->options != NULL && source->options->map_entry;
}

enum rpc_status schema_fill_message(ProtobufCMessageDescriptor *type,
                                    const Google__Protobuf__DescriptorProto *source, bool proto3,
                                    struct arena *arena, const struct schema_lookup *lookup)
{
    struct filling filling = {
        .type = type, .source = source, .proto3 = proto3, .arena = arena, .lookup = lookup};
    if (source->n_field > SCHEMA_FIELDS_MAX)
        return wrong(lookup, RPC_TOO_LONG, type->name, NULL, "has too many fields");
    const field_source **sources = arena_take_array(arena, source->n_field + 1, sizeof(*sources));
    if (sources == NULL)
        return RPC_NO_MEMORY;
    for (size_t i = 0; i < source->n_field; i++)
        sources[i] = source->field[i];
    /* Map entries always have both parts on the wire, so nothing of them is implicit. */
    if (schema_is_entry(source))
        filling.proto3 = false;
    qsort(sources, source->n_field, sizeof(*sources), by_number);
    type->n_fields = (unsigned)source->n_field;
    return fill_fields(&filling, sources);
}
