/*
 * JSON to messages: as a table of Lua's, which knows how to say what does not fit.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>

#include "harness/cli/base64.h"
#include "harness/cli/json.h"
#include "harness/message/message.h"
#include "rpc/wire/schema_walk.h"

struct request {
    const json_t *json;
    const ProtobufCMessageDescriptor *type;
    struct wire_buffer *out;
};

static void push(lua_State *L, const json_t *json, const ProtobufCFieldDescriptor *field);

static void push_bytes(lua_State *L, const json_t *json, const ProtobufCFieldDescriptor *field)
{
    size_t length = json_string_length(json), decoded;
    uint8_t *room = lua_newuserdatauv(L, length + 1, 0);
    if (!cli_base64_decode(json_string_value(json), length, room, &decoded))
        luaL_error(L, "field '%s' takes bytes in base64, got '%s'", field->name,
                   json_string_value(json));
    lua_pushlstring(L, (const char *)room, decoded);
    lua_remove(L, -2);
}

/* The field of a map's values, or of a message's member. */
static const ProtobufCFieldDescriptor *member_of(const ProtobufCFieldDescriptor *field,
                                                 const char *name)
{
    if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return NULL;
    const ProtobufCMessageDescriptor *type = field->descriptor;
    return schema_is_map(field) ? &type->fields[1]
                                : protobuf_c_message_descriptor_get_field_by_name(type, name);
}

/* Maps with whole numbers as keys have them as texts in JSON. */
static void push_key(lua_State *L, const ProtobufCFieldDescriptor *field, const char *key)
{
    lua_pushstring(L, key);
    if (field == NULL || !schema_is_map(field))
        return;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    if (schema_is_text(&entry->fields[0]))
        return;
    if (entry->fields[0].type == PROTOBUF_C_TYPE_BOOL) {
        lua_pushboolean(L, strcmp(key, "true") == 0);
        lua_remove(L, -2);
    } else if (lua_stringtonumber(L, key) > 0) {
        lua_remove(L, -2);
    }
}

static void push_object(lua_State *L, const json_t *json, const ProtobufCFieldDescriptor *field)
{
    lua_newtable(L);
    union {
        const json_t *in;
        json_t *out;
    } object = {.in = json};
    for (void *at = json_object_iter(object.out); at != NULL;
         at = json_object_iter_next(object.out, at)) {
        const char *key = json_object_iter_key(at);
        push_key(L, field, key);
        push(L, json_object_iter_value(at), member_of(field, key));
        lua_rawset(L, -3);
    }
}

static void push(lua_State *L, const json_t *json, const ProtobufCFieldDescriptor *field)
{
    luaL_checkstack(L, 8, "JSON nested too deeply");
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        push_object(L, json, field);
        return;
    case JSON_ARRAY:
        lua_newtable(L);
        for (size_t i = 0; i < json_array_size(json); i++) {
            push(L, json_array_get(json, i), field);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        return;
    case JSON_STRING:
        if (field != NULL && field->type == PROTOBUF_C_TYPE_BYTES && !schema_is_text(field))
            push_bytes(L, json, field);
        else
            lua_pushlstring(L, json_string_value(json), json_string_length(json));
        return;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(json));
        return;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(json));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(json));
        return;
    case JSON_NULL:
        lua_pushnil(L);
        return;
    }
}

/* The members of the outermost object are the message's fields. */
static void push_message(lua_State *L, const json_t *json, const ProtobufCMessageDescriptor *type)
{
    const ProtobufCFieldDescriptor whole = {.type = PROTOBUF_C_TYPE_MESSAGE, .descriptor = type};
    push(L, json, &whole);
}

static int encode(lua_State *L)
{
    const struct request *request = lua_touserdata(L, 1);
    lua_settop(L, 0);
    push_message(L, request->json, request->type);
    harness_message_encode(L, 1, request->type, request->out);
    return 0;
}

enum rpc_status cli_json_encode(const char *text, size_t length,
                                const ProtobufCMessageDescriptor *type, struct wire_buffer *out,
                                char *problem)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL) {
        snprintf(problem, CLI_JSON_PROBLEM_MAX, "the request is no JSON: line %d, column %d: %s",
                 error.line, error.column, error.text);
        return RPC_MALFORMED;
    }
    lua_State *L = luaL_newstate();
    enum rpc_status status = L != NULL ? RPC_OK : RPC_NO_MEMORY;
    struct request request = {json, type, out};
    snprintf(problem, CLI_JSON_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
    if (status == RPC_OK) {
        lua_pushcfunction(L, encode);
        lua_pushlightuserdata(L, &request);
        int failed = lua_pcall(L, 1, 0, 0);
        if (failed != LUA_OK) {
            status = failed == LUA_ERRMEM ? RPC_NO_MEMORY : RPC_MALFORMED;
            snprintf(problem, CLI_JSON_PROBLEM_MAX, "%s", lua_tostring(L, -1));
        }
        lua_close(L);
    }
    json_decref(json);
    return status;
}
