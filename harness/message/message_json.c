#include "harness/message/message_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/message/message.h"
#include "rpc/wire/schema_walk.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- messages to JSON -------------------------------------------------------------------- */

static json_t *from_message(const ProtobufCMessage *message);

static json_t *base64(const ProtobufCBinaryData *bytes)
{
    size_t length = (bytes->len + 2) / 3 * 4;
    char *text = malloc(length + 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0, at = 0; i < bytes->len; i += 3) {
        size_t left = bytes->len - i;
        uint32_t bits = (uint32_t)bytes->data[i] << 16;
        bits |= left > 1 ? (uint32_t)bytes->data[i + 1] << 8 : 0;
        bits |= left > 2 ? bytes->data[i + 2] : 0;
        text[at++] = digits64[bits >> 18];
        text[at++] = digits64[bits >> 12 & 63];
        text[at++] = '=';
        text[at++] = '=';
        if (left > 1)
            text[at - 2] = digits64[bits >> 6 & 63];
        if (left > 2)
            text[at - 1] = digits64[bits & 63];
    }
    json_t *json = json_stringn(text, length);
    free(text);
    return json;
}

/* A text that is no UTF-8 is shown as bytes are. */
static json_t *from_bytes(const ProtobufCFieldDescriptor *field, const ProtobufCBinaryData *bytes)
{
    json_t *text = schema_is_text(field)
                       ? json_stringn(bytes->len == 0 ? "" : (const char *)bytes->data, bytes->len)
                       : NULL;
    return text != NULL ? text : base64(bytes);
}

static json_t *from_enum(const ProtobufCFieldDescriptor *field, int32_t number)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(field->descriptor, number);
    return value != NULL ? json_string(value->name) : json_integer(number);
}

static json_t *from_unsigned(uint64_t number)
{
    char text[24];
    if (number <= INT64_MAX)
        return json_integer((json_int_t)number);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return json_string(text);
}

static json_t *from_value(const ProtobufCFieldDescriptor *field, const void *member)
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
        return from_unsigned(*(const uint64_t *)member);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)member);
    case PROTOBUF_C_TYPE_ENUM:
        return from_enum(field, *(const int32_t *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return from_bytes(field, member);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return from_message(*(ProtobufCMessage *const *)member);
    }
    return NULL;
}

static json_t *from_list(const ProtobufCFieldDescriptor *field, size_t count, const char *elements)
{
    size_t size = harness_message_element(field->type);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, from_value(field, elements + i * size)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Keys of any kind as texts. */
static char *key_text(json_t *key)
{
    return json_is_string(key) ? strdup(json_string_value(key))
                               : json_dumps(key, JSON_ENCODE_ANY | JSON_COMPACT);
}

static json_t *from_map(size_t count, ProtobufCMessage *const *entries)
{
    json_t *map = json_object();
    for (size_t i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
        json_t *key = from_value(&fields[0], harness_message_member(entries[i], fields[0].offset));
        bool empty = fields[1].type == PROTOBUF_C_TYPE_MESSAGE &&
                     !harness_message_has(entries[i], &fields[1]);
        json_t *value =
            empty ? json_object()
                  : from_value(&fields[1], harness_message_member(entries[i], fields[1].offset));
        char *text = key == NULL ? NULL : key_text(key);
        int failed = json_object_set_new(map, text == NULL ? "" : text, value);
        json_decref(key);
        free(text);
        if (failed != 0) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

static json_t *from_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *member = harness_message_member(message, field->offset);
    size_t *count = harness_message_member(message, field->quantifier_offset);
    if (schema_is_map(field))
        return from_map(*count, *(ProtobufCMessage ***)member);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return from_list(field, *count, *(char **)member);
    return from_value(field, member);
}

static json_t *from_message(const ProtobufCMessage *message)
{
    json_t *json = json_object();
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool filled = field->default_value != NULL && field->label == PROTOBUF_C_LABEL_OPTIONAL;
        if (!harness_message_has(message, field) && !filled)
            continue;
        if (json_object_set_new(json, field->name, from_field(message, field)) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

enum rpc_status harness_json_decode(const ProtobufCMessageDescriptor *type, struct wire_bytes bytes,
                                    json_t **json, char *problem)
{
    struct schema_pool pool;
    ProtobufCMessage *message;
    *json = NULL;
    schema_pool_init(&pool, SCHEMA_BUDGET);
    enum rpc_status status = schema_decode(type, bytes, &pool, &message, problem);
    if (status == RPC_OK) {
        *json = from_message(message);
        status = *json == NULL ? RPC_NO_MEMORY : RPC_OK;
        if (*json == NULL)
            snprintf(problem, WIRE_PROBLEM_MAX, "%s", rpc_status_text(status));
    }
    schema_pool_release(&pool);
    return status;
}

/* --- JSON to messages -------------------------------------------------------------------- */

struct reading {
    struct schema_pool *pool;
    const ProtobufCMessageDescriptor *type;
    unsigned depth;
    char *problem;
};

static enum rpc_status to_message(struct reading *outer, const json_t *json,
                                  const ProtobufCMessageDescriptor *type,
                                  ProtobufCMessage **message);

static enum rpc_status expected(const struct reading *reading,
                                const ProtobufCFieldDescriptor *field, const char *what,
                                const json_t *got)
{
    static const char *const types[] = {"an object", "an array", "a text", "a whole number",
                                        "a number",  "true",     "false",  "null"};
    snprintf(reading->problem, WIRE_PROBLEM_MAX, "message %s: field '%s' takes %s, got %s",
             reading->type->name, field->name, what, types[json_typeof(got)]);
    return RPC_BAD_VALUE;
}

/* Numbers, or texts of numbers (whole ones beyond 2^53 can't be written otherwise everywhere). */
static bool whole(const json_t *json, bool natural, int64_t *number)
{
    char *end;
    if (json_is_integer(json)) {
        *number = json_integer_value(json);
        return !natural || *number >= 0;
    }
    if (!json_is_string(json))
        return false;
    const char *text = json_string_value(json);
    errno = 0;
    *number = natural ? (int64_t)strtoull(text, &end, 10) : strtoll(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' && !(natural && *text == '-');
}

static enum rpc_status to_integer(const struct reading *reading,
                                  const ProtobufCFieldDescriptor *field, const json_t *json,
                                  void *member)
{
    bool natural = field->type == PROTOBUF_C_TYPE_UINT32 ||
                   field->type == PROTOBUF_C_TYPE_FIXED32 ||
                   field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_FIXED64;
    int64_t number;
    if (!whole(json, natural, &number))
        return expected(reading, field, "a whole number", json);
    if (harness_message_element(field->type) == 8) {
        *(int64_t *)member = number;
        return RPC_OK;
    }
    if (number < (natural ? 0 : INT32_MIN) || number > (natural ? UINT32_MAX : INT32_MAX))
        return expected(reading, field, "a number of 32 bits", json);
    *(uint32_t *)member = (uint32_t)number;
    return RPC_OK;
}

static enum rpc_status to_enum(const struct reading *reading, const ProtobufCFieldDescriptor *field,
                               const json_t *json, int32_t *member)
{
    if (!json_is_string(json))
        return to_integer(reading, field, json, member);
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, json_string_value(json));
    if (value == NULL)
        return expected(reading, field, ((const ProtobufCEnumDescriptor *)field->descriptor)->name,
                        json);
    *member = value->value;
    return RPC_OK;
}

/* Base64 with or without padding; false when it is none. */
static bool unbase64(const char *text, size_t length, uint8_t *bytes, size_t *count)
{
    uint32_t bits = 0;
    unsigned have = 0;
    *count = 0;
    while (length > 0 && text[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] == '\0' ? NULL : strchr(digits64, text[i]);
        if (digit == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(digit - digits64);
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes[(*count)++] = (uint8_t)(bits >> have);
        }
    }
    return length % 4 != 1;
}

static enum rpc_status to_bytes(const struct reading *reading,
                                const ProtobufCFieldDescriptor *field, const json_t *json,
                                ProtobufCBinaryData *member)
{
    if (!json_is_string(json))
        return expected(reading, field, "a text", json);
    const char *text = json_string_value(json);
    size_t length = json_string_length(json);
    member->data = schema_pool_take(reading->pool, length + 1);
    if (member->data == NULL)
        return RPC_NO_MEMORY;
    if (!schema_is_text(field))
        return unbase64(text, length, member->data, &member->len)
                   ? RPC_OK
                   : expected(reading, field, "bytes in base64", json);
    memcpy(member->data, text, length);
    member->len = length;
    return RPC_OK;
}

static enum rpc_status to_value(struct reading *reading, const ProtobufCFieldDescriptor *field,
                                const json_t *json, void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!json_is_number(json))
            return expected(reading, field, "a number", json);
        if (field->type == PROTOBUF_C_TYPE_FLOAT)
            *(float *)member = (float)json_number_value(json);
        else
            *(double *)member = json_number_value(json);
        return RPC_OK;
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return expected(reading, field, "true or false", json);
        *(protobuf_c_boolean *)member = json_is_true(json);
        return RPC_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return to_enum(reading, field, json, member);
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_STRING:
        return to_bytes(reading, field, json, member);
    case PROTOBUF_C_TYPE_MESSAGE:
        if (!json_is_object(json))
            return expected(reading, field, "an object", json);
        return to_message(reading, json, field->descriptor, member);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return to_integer(reading, field, json, member);
    }
    return RPC_BAD_VALUE;
}

static enum rpc_status to_list(struct reading *reading, const ProtobufCFieldDescriptor *field,
                               const json_t *json, ProtobufCMessage *message)
{
    if (!json_is_array(json))
        return expected(reading, field, "an array", json);
    size_t count = json_array_size(json), size = harness_message_element(field->type);
    char *elements = schema_pool_take_array(reading->pool, count + 1, size);
    enum rpc_status status = elements == NULL ? RPC_NO_MEMORY : RPC_OK;
    for (size_t i = 0; i < count && status == RPC_OK; i++)
        status = to_value(reading, field, json_array_get(json, i), elements + i * size);
    *(size_t *)harness_message_member(message, field->quantifier_offset) = count;
    *(char **)harness_message_member(message, field->offset) = elements;
    return status;
}

static enum rpc_status to_part(struct reading *reading, const ProtobufCFieldDescriptor *field,
                               const json_t *json, ProtobufCMessage *entry)
{
    *(protobuf_c_boolean *)harness_message_member(entry, field->quantifier_offset) = 1;
    return to_value(reading, field, json, harness_message_member(entry, field->offset));
}

/* An object's keys in the order in which they stand there. */
static enum rpc_status to_map(struct reading *reading, const ProtobufCFieldDescriptor *field,
                              json_t *json, ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = field->descriptor;
    const char *key;
    json_t *value;
    size_t count = 0;
    if (!json_is_object(json))
        return expected(reading, field, "an object", json);
    ProtobufCMessage **entries =
        schema_pool_take_array(reading->pool, json_object_size(json) + 1, sizeof(*entries));
    if (entries == NULL)
        return RPC_NO_MEMORY;
    json_object_foreach(json, key, value)
    {
        bool truth = type->fields[0].type == PROTOBUF_C_TYPE_BOOL;
        json_t *text = truth ? json_boolean(strcmp(key, "true") == 0) : json_string(key);
        enum rpc_status status = RPC_NO_MEMORY;
        entries[count] = schema_new(type, reading->pool);
        if (entries[count] != NULL)
            status = to_part(reading, &type->fields[0], text, entries[count]);
        if (status == RPC_OK)
            status = to_part(reading, &type->fields[1], value, entries[count]);
        json_decref(text);
        if (status != RPC_OK)
            return status;
        count++;
    }
    *(size_t *)harness_message_member(message, field->quantifier_offset) = count;
    *(ProtobufCMessage ***)harness_message_member(message, field->offset) = entries;
    return RPC_OK;
}

static enum rpc_status to_field(struct reading *reading, const ProtobufCFieldDescriptor *field,
                                json_t *json, ProtobufCMessage *message)
{
    uint32_t *quantifier = harness_message_member(message, field->quantifier_offset);
    if (schema_is_map(field))
        return to_map(reading, field, json, message);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return to_list(reading, field, json, message);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*quantifier != 0)
            return expected(reading, field, "nothing beside another of its oneof", json);
        *quantifier = field->id;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL) {
        *quantifier = 1;
    }
    return to_value(reading, field, json, harness_message_member(message, field->offset));
}

static enum rpc_status check_required(const struct reading *reading, const json_t *json)
{
    for (unsigned i = 0; i < reading->type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &reading->type->fields[i];
        if (field->label != PROTOBUF_C_LABEL_REQUIRED || json_object_get(json, field->name) != NULL)
            continue;
        snprintf(reading->problem, WIRE_PROBLEM_MAX, "message %s: field '%s' is required",
                 reading->type->name, field->name);
        return RPC_BAD_VALUE;
    }
    return RPC_OK;
}

static enum rpc_status to_message(struct reading *outer, const json_t *json,
                                  const ProtobufCMessageDescriptor *type,
                                  ProtobufCMessage **message)
{
    struct reading reading = {outer->pool, type, outer->depth + 1, outer->problem};
    union {
        const json_t *in;
        json_t *out;
    } object = {.in = json};
    const char *key;
    json_t *value;
    if (reading.depth > SCHEMA_DEPTH_MAX)
        return RPC_TOO_DEEP;
    *message = schema_new(type, reading.pool);
    if (*message == NULL)
        return RPC_NO_MEMORY;
    json_object_foreach(object.out, key, value)
    {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(type, key);
        if (field == NULL) {
            snprintf(reading.problem, WIRE_PROBLEM_MAX, "message %s has no field '%s'", type->name,
                     key);
            return RPC_UNKNOWN_NAME;
        }
        enum rpc_status status = to_field(&reading, field, value, *message);
        if (status != RPC_OK)
            return status;
    }
    return check_required(&reading, json);
}

enum rpc_status harness_json_encode(const json_t *json, const ProtobufCMessageDescriptor *type,
                                    struct wire_buffer *out, char *problem)
{
    struct schema_pool pool;
    ProtobufCMessage *message;
    problem[0] = '\0';
    schema_pool_init(&pool, SCHEMA_BUDGET);
    struct reading reading = {&pool, type, 0, problem};
    enum rpc_status status = RPC_BAD_VALUE;
    if (json_is_object(json))
        status = to_message(&reading, json, type, &message);
    else
        snprintf(problem, WIRE_PROBLEM_MAX, "message %s takes an object", type->name);
    if (status == RPC_OK)
        status = schema_encode(message, out);
    if (status == RPC_NO_MEMORY && pool.exceeded)
        status = RPC_TOO_LONG;
    if (status != RPC_OK && problem[0] == '\0')
        snprintf(problem, WIRE_PROBLEM_MAX, "message %s: %s", type->name, rpc_status_text(status));
    schema_pool_release(&pool);
    return status;
}
