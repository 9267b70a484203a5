/*
 * Messages to Lua tables.
 */
#include <lauxlib.h>

#include "harness/message/message.h"
#include "rpc/wire/schema_walk.h"

static void push_enum(lua_State *L, const ProtobufCEnumDescriptor *type, int32_t number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
    if (value != NULL)
        lua_pushstring(L, value->name);
    else
        lua_pushinteger(L, number);
}

static void push_value(lua_State *L, const ProtobufCFieldDescriptor *field, const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        lua_pushinteger(L, *(const int32_t *)member);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        lua_pushinteger(L, *(const uint32_t *)member);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        lua_pushinteger(L, *(const int64_t *)member);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        lua_pushnumber(L, (lua_Number) * (const float *)member);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        lua_pushnumber(L, *(const double *)member);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        lua_pushboolean(L, *(const protobuf_c_boolean *)member);
        return;
    case PROTOBUF_C_TYPE_ENUM:
        push_enum(L, field->descriptor, *(const int32_t *)member);
        return;
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = member;
        lua_pushlstring(L, bytes->len == 0 ? "" : (const char *)bytes->data, bytes->len);
        return;
    }
    case PROTOBUF_C_TYPE_STRING:
        lua_pushstring(L, *(const char *const *)member);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        harness_message_push(L, *(ProtobufCMessage *const *)member);
        return;
    }
}

static void push_list(lua_State *L, const ProtobufCFieldDescriptor *field, size_t count,
                      const char *elements)
{
    size_t size = schema_member_size(field->type);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_value(L, field, elements + i * size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* An entry's key and value are optional: absent ones are their type's zero. */
static void push_map(lua_State *L, size_t count, ProtobufCMessage *const *entries)
{
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
        if (fields[0].type == PROTOBUF_C_TYPE_MESSAGE ||
            (fields[1].type == PROTOBUF_C_TYPE_MESSAGE && !schema_has(entries[i], &fields[1])))
            continue;
        push_value(L, &fields[0], schema_member(entries[i], fields[0].offset));
        push_value(L, &fields[1], schema_member(entries[i], fields[1].offset));
        lua_rawset(L, -3);
    }
}

static void push_unknown(lua_State *L, const ProtobufCMessage *message)
{
    struct wire_buffer bytes = {0};
    if (schema_encode_unknown(message, &bytes) == RPC_OK) {
        lua_pushlstring(L, (const char *)bytes.data, bytes.length);
        lua_setfield(L, -2, HARNESS_UNKNOWN_FIELDS);
    }
    wire_buffer_release(&bytes);
}

/* Whether a field that is absent reads as something all the same. */
static bool has_default(const ProtobufCFieldDescriptor *field)
{
    return field->default_value != NULL && field->label == PROTOBUF_C_LABEL_OPTIONAL;
}

void harness_message_push(lua_State *L, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    luaL_checkstack(L, 8, "a message nested too deeply");
    lua_createtable(L, 0, 4);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        void *member = schema_member(message, field->offset);
        void *quantifier = schema_member(message, field->quantifier_offset);
        if (!schema_has(message, field) && !has_default(field))
            continue;
        if (schema_is_map(field))
            push_map(L, *(size_t *)quantifier, *(ProtobufCMessage ***)member);
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
            push_list(L, field, *(size_t *)quantifier, *(char **)member);
        else
            push_value(L, field, member);
        lua_setfield(L, -2, field->name);
    }
    if (message->n_unknown_fields > 0)
        push_unknown(L, message);
}
