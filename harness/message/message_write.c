/*
 * Lua tables to messages.
 */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/lua/order.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/message/message.h"
#include "rpc/wire/schema_walk.h"
#include "rpc/world/world.h"

/* What is being built, and how deep inside. */
struct building {
    lua_State *L;
    struct arena *arena;
    const ProtobufCMessageDescriptor *type;
    unsigned depth;
};

static ProtobufCMessage *build(struct building *outer, int index,
                               const ProtobufCMessageDescriptor *type);

static void expected(const struct building *building, const ProtobufCFieldDescriptor *field,
                     const char *what, int index)
{
    luaL_error(building->L, "message %s: field '%s' takes %s, got %s", building->type->name,
               field->name, what, harness_show_given(building->L, index));
}

static void out_of_memory(const struct building *building)
{
    luaL_error(building->L, "message %s: %s", building->type->name,
               rpc_status_text(building->arena->refused));
}

static void *take(const struct building *building, size_t count, size_t size)
{
    void *taken = arena_take_array(building->arena, count, size);
    if (taken == NULL)
        out_of_memory(building);
    return taken;
}

/* --- values --- */

static lua_Integer integer(const struct building *building, const ProtobufCFieldDescriptor *field,
                           int index, lua_Integer least, lua_Integer most)
{
    lua_State *L = building->L;
    lua_Integer value;
    if (!harness_is_whole(L, index, &value))
        expected(building, field, "a whole number", index);
    if (value < least || value > most)
        luaL_error(L, "message %s: field '%s': %I is not between %I and %I", building->type->name,
                   field->name, (LUAI_UACINT)value, (LUAI_UACINT)least, (LUAI_UACINT)most);
    return value;
}

static int32_t enum_value(const struct building *building, const ProtobufCFieldDescriptor *field,
                          int index)
{
    const ProtobufCEnumDescriptor *type = field->descriptor;
    lua_State *L = building->L;
    if (lua_type(L, index) != LUA_TSTRING)
        return (int32_t)integer(building, field, index, INT32_MIN, INT32_MAX);
    const char *name = lua_tostring(L, index);
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name(type, name);
    if (value != NULL)
        return value->value;
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (unsigned i = 0; i < type->n_value_names; i++) {
        luaL_addstring(&names, type->values_by_name[i].name);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    return harness_no_such(L, type->name, "value", name, lua_tostring(L, -1));
}

static ProtobufCBinaryData bytes_value(const struct building *building,
                                       const ProtobufCFieldDescriptor *field, int index)
{
    size_t length;
    if (lua_type(building->L, index) != LUA_TSTRING)
        expected(building, field, "a string", index);
    const char *bytes = lua_tolstring(building->L, index, &length);
    uint8_t *copy = take(building, length + 1, 1);
    memcpy(copy, bytes, length);
    return (ProtobufCBinaryData){length, copy};
}

static double number(const struct building *building, const ProtobufCFieldDescriptor *field,
                     int index)
{
    if (lua_type(building->L, index) != LUA_TNUMBER)
        expected(building, field, "a number", index);
    return lua_tonumber(building->L, index);
}

static void set_value(struct building *building, const ProtobufCFieldDescriptor *field, int index,
                      void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        *(int32_t *)member = (int32_t)integer(building, field, index, INT32_MIN, INT32_MAX);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(uint32_t *)member = (uint32_t)integer(building, field, index, 0, UINT32_MAX);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *(int64_t *)member = integer(building, field, index, INT64_MIN, INT64_MAX);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)member = (float)number(building, field, index);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)member = number(building, field, index);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        if (!lua_isboolean(building->L, index))
            expected(building, field, "true or false", index);
        *(protobuf_c_boolean *)member = lua_toboolean(building->L, index);
        return;
    case PROTOBUF_C_TYPE_ENUM:
        *(int32_t *)member = enum_value(building, field, index);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)member = bytes_value(building, field, index);
        return;
    case PROTOBUF_C_TYPE_STRING:
        *(uint8_t **)member = bytes_value(building, field, index).data;
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (!lua_istable(building->L, index))
            expected(building, field, "a table", index);
        *(ProtobufCMessage **)member = build(building, index, field->descriptor);
        return;
    }
}

/* --- lists and maps --- */

static void set_list(struct building *building, const ProtobufCFieldDescriptor *field,
                     ProtobufCMessage *message)
{
    lua_State *L = building->L;
    if (!lua_istable(L, -1))
        expected(building, field, "a list", -1);
    size_t count = (size_t)lua_rawlen(L, -1), keys = 0;
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        keys++;
    }
    if (keys != count)
        luaL_error(L, "message %s: field '%s' takes a list, got a table with %I of %I keys in it",
                   building->type->name, field->name, (LUAI_UACINT)count, (LUAI_UACINT)keys);
    size_t size = schema_member_size(field->type);
    char *elements = take(building, count + 1, size);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        set_value(building, field, lua_gettop(L), elements + i * size);
        lua_pop(L, 1);
    }
    *(size_t *)schema_member(message, field->quantifier_offset) = count;
    *(char **)schema_member(message, field->offset) = elements;
}

static void set_part(struct building *building, const ProtobufCFieldDescriptor *field, int index,
                     ProtobufCMessage *entry)
{
    set_value(building, field, index, schema_member(entry, field->offset));
    *(protobuf_c_boolean *)schema_member(entry, field->quantifier_offset) = 1;
}

static void set_map(struct building *building, const ProtobufCFieldDescriptor *field,
                    ProtobufCMessage *message)
{
    lua_State *L = building->L;
    const ProtobufCMessageDescriptor *type = field->descriptor;
    if (!lua_istable(L, -1))
        expected(building, field, "a table", -1);
    int map = lua_gettop(L);
    harness_keys(L, map);
    size_t count = (size_t)lua_rawlen(L, -1);
    ProtobufCMessage **entries = take(building, count + 1, sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        entries[i] = schema_new(type, building->arena);
        if (entries[i] == NULL)
            out_of_memory(building);
        lua_rawgeti(L, map + 1, (lua_Integer)i + 1);
        set_part(building, &type->fields[0], lua_gettop(L), entries[i]);
        lua_rawget(L, map);
        set_part(building, &type->fields[1], lua_gettop(L), entries[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *(size_t *)schema_member(message, field->quantifier_offset) = count;
    *(ProtobufCMessage ***)schema_member(message, field->offset) = entries;
}

/* --- messages --- */

static int no_such_field(const struct building *building, const char *name)
{
    lua_State *L = building->L;
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (unsigned i = 0; i < building->type->n_fields; i++) {
        luaL_addstring(&names, building->type->fields[i].name);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    const char *known = lua_tostring(L, -1);
    lua_pushfstring(L, "message %s", building->type->name);
    return harness_no_such(L, lua_tostring(L, -1), "field", name, known);
}

/* Every key is a field; of wrong ones the first in order is told. */
static void check_keys(const struct building *building, int index)
{
    lua_State *L = building->L;
    const char *wrong = NULL;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "message %s takes fields by name, got a value by position",
                       building->type->name);
        const char *key = lua_tostring(L, -1);
        bool known = strcmp(key, HARNESS_UNKNOWN_FIELDS) == 0 ||
                     protobuf_c_message_descriptor_get_field_by_name(building->type, key) != NULL;
        if (!known && (wrong == NULL || strcmp(key, wrong) < 0))
            wrong = key;
    }
    if (wrong != NULL)
        no_such_field(building, wrong);
}

static void set_choice(const struct building *building, const ProtobufCFieldDescriptor *field,
                       void *quantifier)
{
    uint32_t *chosen = quantifier;
    if (*chosen != 0)
        luaL_error(building->L, "message %s: of the fields '%s' and '%s' only one can be there",
                   building->type->name,
                   protobuf_c_message_descriptor_get_field(building->type, *chosen)->name,
                   field->name);
    *chosen = field->id;
}

/* The value is at the top. */
static void set_field(struct building *building, const ProtobufCFieldDescriptor *field,
                      ProtobufCMessage *message)
{
    void *quantifier = schema_member(message, field->quantifier_offset);
    void *member = schema_member(message, field->offset);
    if (schema_is_map(field)) {
        set_map(building, field, message);
        return;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        set_list(building, field, message);
        return;
    }
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        set_choice(building, field, quantifier);
    else if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        *(protobuf_c_boolean *)quantifier = 1;
    set_value(building, field, lua_gettop(building->L), member);
}

static void set_unknown(const struct building *building, ProtobufCMessage *message)
{
    lua_State *L = building->L;
    char problem[WIRE_PROBLEM_MAX];
    size_t length;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "message %s: unknown fields are a string of bytes, got %s",
                   building->type->name, luaL_typename(L, -1));
    const char *text = lua_tolstring(L, -1, &length);
    uint8_t *copy = take(building, length + 1, 1);
    memcpy(copy, text, length);
    if (schema_decode_unknown(message, (struct wire_bytes){copy, length}, building->arena,
                              problem) != RPC_OK)
        luaL_error(L, "message %s: the unknown fields: %s", building->type->name, problem);
}

static ProtobufCMessage *build(struct building *outer, int index,
                               const ProtobufCMessageDescriptor *type)
{
    lua_State *L = outer->L;
    struct building building = {L, outer->arena, type, outer->depth + 1};
    luaL_checkstack(L, 12, "a message nested too deeply");
    if (building.depth > SCHEMA_DEPTH_MAX)
        luaL_error(L, "message %s: nested deeper than %d levels", type->name, SCHEMA_DEPTH_MAX);
    ProtobufCMessage *message = schema_new(type, building.arena);
    if (message == NULL)
        out_of_memory(&building);
    if (lua_istable(L, index))
        check_keys(&building, index);
    else if (!lua_isnoneornil(L, index))
        luaL_error(L, "message %s takes a table of fields, got %s", type->name,
                   harness_show_given(L, index));
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (harness_option_push(L, index, field->name) != LUA_TNIL)
            set_field(&building, field, message);
        else if (field->label == PROTOBUF_C_LABEL_REQUIRED)
            luaL_error(L, "message %s: field '%s' is required", type->name, field->name);
        lua_pop(L, 1);
    }
    if (harness_option_push(L, index, HARNESS_UNKNOWN_FIELDS) != LUA_TNIL)
        set_unknown(&building, message);
    lua_pop(L, 1);
    return message;
}

ProtobufCMessage *harness_message_build(lua_State *L, int index,
                                        const ProtobufCMessageDescriptor *descriptor,
                                        struct arena *arena)
{
    struct building building = {L, arena, descriptor, 0};
    return build(&building, lua_absindex(L, index), descriptor);
}
