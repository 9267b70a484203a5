/*
 * Messages to JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/cli/json.h"
#include "harness/message/message.h"
#include "rpc/wire/schema.h"
#include "rpc/wire/schema_walk.h"

static json_t *message_of(const ProtobufCMessage *message);

static json_t *unsigned_of(uint64_t number)
{
    if (number <= INT64_MAX)
        return json_integer((json_int_t)number);
    return json_sprintf("%" PRIu64, number); /* JSON here knows signed ones */
}

/* What is not UTF-8 can't be said: '?' for each such byte. */
static json_t *text_of(const ProtobufCBinaryData *text)
{
    const char *bytes = text->len > 0 ? (const char *)text->data : "";
    json_t *string = json_stringn(bytes, text->len);
    if (string != NULL)
        return string;
    char *plain = malloc(text->len + 1);
    if (plain == NULL)
        return NULL;
    for (size_t i = 0; i < text->len; i++)
        plain[i] = (unsigned char)bytes[i] < 0x80 ? bytes[i] : '?';
    string = json_stringn(plain, text->len);
    free(plain);
    return string;
}

static json_t *bytes_of(const ProtobufCBinaryData *bytes)
{
    return cli_json_base64(bytes->data, bytes->len);
}

static json_t *enum_of(const ProtobufCEnumDescriptor *type, int32_t number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
    return value != NULL ? json_string(value->name) : json_integer(number);
}

static json_t *value_of(const ProtobufCFieldDescriptor *field, const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)member);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)member);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_integer(*(const int64_t *)member);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return unsigned_of(*(const uint64_t *)member);
    case PROTOBUF_C_TYPE_FLOAT:
        return cli_json_real((double)*(const float *)member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return cli_json_real(*(const double *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)member);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_of(field->descriptor, *(const int32_t *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return schema_is_text(field) ? text_of(member) : bytes_of(member);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_of(*(ProtobufCMessage *const *)member);
    }
    return NULL;
}

static json_t *list_of(const ProtobufCFieldDescriptor *field, size_t count, const char *elements)
{
    size_t size = schema_member_size(field->type);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, value_of(field, elements + i * size));
    return list;
}

static json_t *map_of(size_t count, ProtobufCMessage *const *entries)
{
    json_t *map = json_object();
    for (size_t i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
        if (fields[1].type == PROTOBUF_C_TYPE_MESSAGE && !schema_has(entries[i], &fields[1]))
            continue;
        json_t *key = value_of(&fields[0], schema_member(entries[i], fields[0].offset));
        char *text =
            json_is_string(key) ? strdup(json_string_value(key)) : json_dumps(key, JSON_ENCODE_ANY);
        if (text != NULL)
            json_object_set_new(map, text,
                                value_of(&fields[1], schema_member(entries[i], fields[1].offset)));
        free(text);
        json_decref(key);
    }
    return map;
}

static json_t *field_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *member = schema_member(message, field->offset);
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_of(field, member);
    size_t count = *(size_t *)schema_member(message, field->quantifier_offset);
    return schema_is_map(field) ? map_of(count, *(ProtobufCMessage ***)member)
                                : list_of(field, count, *(char **)member);
}

/* In the order of the fields' numbers. */
static json_t *message_of(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    json_t *object = json_object();
    for (unsigned i = 0; i < type->n_fields; i++)
        if (schema_has(message, &type->fields[i]))
            json_object_set_new(object, type->fields[i].name, field_of(message, &type->fields[i]));
    return object;
}

char *cli_json_decode(struct wire_bytes bytes, const ProtobufCMessageDescriptor *type,
                      char *problem)
{
    char why[WIRE_PROBLEM_MAX] = "";
    struct arena arena = {.budget = WIRE_DECODED_MAX};
    ProtobufCMessage *message;
    char *text = NULL;
    enum rpc_status status = schema_decode(type, bytes, &arena, &message, why);
    if (status == RPC_OK) {
        json_t *json = message_of(message);
        text = json_dumps(json, 0);
        json_decref(json);
    }
    snprintf(problem, CLI_JSON_PROBLEM_MAX, "%s",
             why[0] != '\0' ? why : rpc_status_text(RPC_NO_MEMORY));
    arena_release(&arena);
    return text;
}
