#include "harness/cli/json_lua.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "harness/cli/base64.h"

enum { DEPTH_MAX = 200 };

enum rpc_status cli_json_load(const char *text, size_t length, json_t **json, char *problem)
{
    json_error_t error;
    *json =
        json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (*json != NULL)
        return RPC_OK;
    snprintf(problem, CLI_JSON_PROBLEM_MAX, "the request is no JSON: line %d, column %d: %s",
             error.line, error.column, error.text);
    return RPC_MALFORMED;
}

json_t *cli_json_real(double number)
{
    if (isfinite(number))
        return json_real(number);
    return json_string(isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
}

json_t *cli_json_base64(const uint8_t *bytes, size_t length)
{
    char *encoded = malloc(CLI_BASE64_SIZE(length));
    if (encoded == NULL)
        return NULL;
    cli_base64_encode(bytes, length, encoded);
    json_t *json = json_string(encoded);
    free(encoded);
    return json;
}

enum rpc_status cli_json_run(lua_CFunction function, void *owner, char *problem)
{
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        snprintf(problem, CLI_JSON_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
        return RPC_NO_MEMORY;
    }
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, owner);
    int failed = lua_pcall(L, 1, 0, 0);
    if (failed != LUA_OK)
        snprintf(problem, CLI_JSON_PROBLEM_MAX, "%s", lua_tostring(L, -1));
    lua_close(L);
    return failed == LUA_OK ? RPC_OK : failed == LUA_ERRMEM ? RPC_NO_MEMORY : RPC_MALFORMED;
}

/* --- JSON to Lua --- */

struct pushing {
    lua_State *L;
    const struct cli_json_reading *reading;
    unsigned depth;
};

static void push(struct pushing *pushing, json_t *json, const void *type);

static void push_object(struct pushing *pushing, json_t *json, const void *type)
{
    const char *key;
    json_t *member;
    lua_newtable(pushing->L);
    json_object_foreach(json, key, member)
    {
        push(pushing, member, pushing->reading->push_key(pushing->L, type, key));
        lua_rawset(pushing->L, -3);
    }
}

/* A list with null in it says its length, as table.pack's do. */
static void push_list(struct pushing *pushing, json_t *json, const void *type)
{
    bool has_null = false;
    lua_Integer count = (lua_Integer)json_array_size(json);
    lua_newtable(pushing->L);
    for (lua_Integer i = 0; i < count; i++) {
        json_t *element = json_array_get(json, (size_t)i);
        has_null = has_null || json_is_null(element);
        push(pushing, element, type);
        lua_rawseti(pushing->L, -2, i + 1);
    }
    if (has_null) {
        lua_pushinteger(pushing->L, count);
        lua_setfield(pushing->L, -2, "n");
    }
}

static void push_text(struct pushing *pushing, json_t *json, const void *type)
{
    const char *text = json_string_value(json);
    size_t length = json_string_length(json);
    if (pushing->reading->push_text != NULL)
        pushing->reading->push_text(pushing->L, type, text, length);
    else
        lua_pushlstring(pushing->L, text, length);
}

static void push(struct pushing *pushing, json_t *json, const void *type)
{
    lua_State *L = pushing->L;
    luaL_checkstack(L, 8, "JSON nested too deeply");
    if (pushing->depth++ > DEPTH_MAX)
        luaL_error(L, "JSON nested deeper than %d levels", DEPTH_MAX);
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        push_object(pushing, json, type);
        break;
    case JSON_ARRAY:
        push_list(pushing, json, type);
        break;
    case JSON_STRING:
        push_text(pushing, json, type);
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(json));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(json));
        break;
    case JSON_NULL:
        lua_pushnil(L);
        break;
    }
    pushing->depth--;
}

void cli_json_push(lua_State *L, json_t *json, const struct cli_json_reading *reading,
                   const void *type)
{
    push(&(struct pushing){.L = L, .reading = reading}, json, type);
}

/* --- Lua to JSON --- */

static json_t *take_text(lua_State *L, int index)
{
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    json_t *json = json_stringn(text, length);
    return json != NULL ? json : cli_json_base64((const uint8_t *)text, length);
}

/* What is empty has none, so it is a list. */
static bool has_names(lua_State *L, int index)
{
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            lua_pop(L, 1);
            return true;
        }
    }
    return false;
}

static json_t *take_list(lua_State *L, int index, const char *first)
{
    json_t *list = json_array();
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    if (lua_getfield(L, index, "n") == LUA_TNUMBER) /* there is null in it */
        count = lua_tointeger(L, -1);
    lua_pop(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        json_array_append_new(list, cli_json_take(L, lua_gettop(L), first));
        lua_pop(L, 1);
    }
    return list;
}

static json_t *take_object(lua_State *L, int index, const char *first)
{
    json_t *object = json_object();
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : first;
        json_object_set_new(object, key, cli_json_take(L, lua_gettop(L), first));
        lua_pop(L, 1);
    }
    return object;
}

json_t *cli_json_take(lua_State *L, int index, const char *first)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        return take_text(L, index);
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? json_integer(lua_tointeger(L, index))
                                       : cli_json_real(lua_tonumber(L, index));
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    case LUA_TTABLE:
        return has_names(L, index) ? take_object(L, index, first) : take_list(L, index, first);
    default:
        return json_null();
    }
}
