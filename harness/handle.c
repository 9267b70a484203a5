/*
 * Handles: userdata that hold a pointer to an object of the case.
 *
 * A type's metatable stands in the registry under the address of its struct harness_type, with
 * a cache from objects to their handles, so that a handle is equal to itself wherever it comes
 * from.  Nothing is finalized: what a handle names belongs to the case.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/handles/handles.h"
#include "harness/handles/server.h"
#include "harness/harness.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"

struct handle {
    const struct harness_type *type;
    void *object;
    lua_Integer serial;
};

static const char is_handle; /* its address: what every handle's metatable has at MARK */
static const char calls;     /* its address: the registry's table of calls' handles by number */

enum { TEXT_MAX = 128 };

/* Of a metatable: the table of objects to their handles, and the mark. */
enum { KNOWN = 1, MARK = 2 };

static struct handle *handle_at(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    bool ours =
        lua_rawgeti(L, -1, MARK) == LUA_TLIGHTUSERDATA && lua_touserdata(L, -1) == &is_handle;
    lua_pop(L, 2);
    return ours ? lua_touserdata(L, index) : NULL;
}

const struct harness_type *harness_type_at(lua_State *L, int index, void **object)
{
    struct handle *handle = handle_at(L, index);
    if (handle == NULL)
        return NULL;
    if (object != NULL)
        *object = handle->object;
    return handle->type;
}

void *harness_test(lua_State *L, int index, const struct harness_type *type)
{
    struct handle *handle = handle_at(L, index);
    return handle != NULL && handle->type == type ? handle->object : NULL;
}

/* A method that has something else in place of its handle: `client.call("echo")`. */
static void complain_of_dot(lua_State *L, const struct harness_type *type)
{
    lua_Debug called;
    if (lua_getstack(L, 0, &called) == 0 || lua_getinfo(L, "n", &called) == 0 ||
        called.name == NULL || strcmp(called.namewhat, "method") == 0)
        return;
    luaL_error(L, "write %s:%s(…), with a colon", type->name, called.name);
}

void *harness_check(lua_State *L, int index, const struct harness_type *type)
{
    void *object = harness_test(L, index, type);
    if (object == NULL && index == 1)
        complain_of_dot(L, type);
    if (object == NULL) {
        const char *got =
            handle_at(L, index) != NULL ? harness_push_text(L, index) : luaL_typename(L, index);
        luaL_argerror(L, index, lua_pushfstring(L, "%s expected, got %s", type->name, got));
    }
    return object;
}

/* All names of methods and fields, with spaces between. */
static const char *names_of(lua_State *L, const struct handle *handle)
{
    const struct harness_type *type = handle->type;
    luaL_Buffer names;
    if (type->names != NULL)
        type->names(L, harness_of(L), handle->object);
    else
        lua_pushliteral(L, "");
    int own = lua_gettop(L);
    luaL_buffinit(L, &names);
    lua_pushvalue(L, own);
    luaL_addvalue(&names);
    luaL_addchar(&names, ' ');
    for (const luaL_Reg *method = type->methods; method != NULL && method->name != NULL; method++) {
        luaL_addstring(&names, method->name);
        luaL_addchar(&names, ' ');
    }
    for (const struct harness_field *field = type->fields; field != NULL && field->name != NULL;
         field++) {
        luaL_addstring(&names, field->name);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

static int index_handle(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    const struct harness_type *type = handle->type;
    struct harness *harness = harness_of(L);
    if (lua_isinteger(L, 2) && type->item != NULL) {
        type->item(L, harness, handle->object, lua_tointeger(L, 2));
        return 1;
    }
    if (lua_type(L, 2) != LUA_TSTRING)
        return harness_error(L, "%s has no field %s", type->name, harness_push_text(L, 2));
    const char *name = lua_tostring(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    for (const struct harness_field *field = type->fields; field != NULL && field->name != NULL;
         field++) {
        if (strcmp(field->name, name) == 0) {
            field->push(L, harness, handle->object);
            return 1;
        }
    }
    if (type->dynamic != NULL && type->dynamic(L, harness, handle->object, name))
        return 1;
    return harness_no_such(L, type->name, "field or method", name, names_of(L, handle));
}

static int refuse_write(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    return harness_error(L, "%s: '%s' can't be set", handle->type->name, harness_push_text(L, 2));
}

static int describe(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    char text[TEXT_MAX];
    snprintf(text, sizeof(text), "%s", handle->type->name);
    if (handle->type->describe != NULL)
        handle->type->describe(handle->object, text, sizeof(text));
    lua_pushstring(L, text);
    return 1;
}

static int length(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    if (handle->type->length == NULL)
        return harness_error(L, "%s has no length", handle->type->name);
    lua_pushinteger(L, handle->type->length(harness_of(L), handle->object));
    return 1;
}

static int are_equal(lua_State *L)
{
    struct handle *a = handle_at(L, 1), *b = handle_at(L, 2);
    lua_pushboolean(L, a != NULL && b != NULL && a->type == b->type && a->object == b->object);
    return 1;
}

/* A method and its type are the upvalues. */
static int call_method(lua_State *L)
{
    const luaL_Reg *method = lua_touserdata(L, lua_upvalueindex(1));
    const struct harness_type *type = lua_touserdata(L, lua_upvalueindex(2));
    return harness_call_method(L, type->name, method, type->looks);
}

/* A table of the methods of `type`, by name. */
static void push_methods(lua_State *L, const struct harness_type *type)
{
    lua_newtable(L);
    for (const luaL_Reg *method = type->methods; method != NULL && method->name != NULL; method++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)method);
        lua_pushlightuserdata(L, (void *)(uintptr_t)type);
        lua_pushcclosure(L, call_method, 2);
        lua_setfield(L, -2, method->name);
    }
}

/* The metatable of `type` on top. */
static void push_metatable(lua_State *L, const struct harness_type *type)
{
    static const luaL_Reg metamethods[] = {
        {"__newindex", refuse_write},
        {"__tostring", describe},
        {"__len", length},
        {"__eq", are_equal},
        {NULL, NULL},
    };
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, type) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 2, 8);
    luaL_setfuncs(L, metamethods, 0);
    push_methods(L, type);
    lua_pushcclosure(L, index_handle, 1);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, type->name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pushlightuserdata(L, (void *)(uintptr_t)&is_handle);
    lua_rawseti(L, -2, MARK);
    lua_createtable(L, 0, 2); /* objects to handles */
    if (type->fleeting) {
        lua_createtable(L, 0, 1);
        lua_pushliteral(L, "v");
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
    }
    lua_rawseti(L, -2, KNOWN);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, type);
}

lua_Integer harness_serial(lua_State *L, int index)
{
    struct handle *handle = handle_at(L, index);
    return handle != NULL ? handle->serial : 0;
}

void harness_push(lua_State *L, const struct harness_type *type, void *object)
{
    if (object == NULL) {
        lua_pushnil(L);
        return;
    }
    luaL_checkstack(L, 4, "too many values");
    push_metatable(L, type);
    lua_rawgeti(L, -1, KNOWN);
    if (lua_rawgetp(L, -1, object) != LUA_TNIL) {
        lua_replace(L, -3);
        lua_pop(L, 1);
        return;
    }
    lua_pop(L, 1);
    struct handle *handle = lua_newuserdatauv(L, sizeof(*handle), type->push_value != NULL);
    *handle =
        (struct handle){.type = type, .object = object, .serial = ++harness_of(L)->handles_made};
    lua_pushvalue(L, -3);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -3, object);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

bool harness_is_held(lua_State *L, const struct harness_type *type, const void *object)
{
    luaL_checkstack(L, 4, "too many values");
    push_metatable(L, type);
    lua_rawgeti(L, -1, KNOWN);
    bool held = lua_rawgetp(L, -1, object) != LUA_TNIL;
    lua_pop(L, 3);
    return held;
}

void harness_handles_open(lua_State *L)
{
    for (const struct harness_type *const *type = harness_types; *type != NULL; type++) {
        push_metatable(L, *type);
        lua_pop(L, 1);
    }
    lua_createtable(L, 4, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &calls);
}

void harness_enter_call(lua_State *L, uint32_t number, struct harness_call *call)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &calls);
    harness_push(L, &harness_call_type, call);
    lua_rawseti(L, -2, (lua_Integer)number);
    lua_pop(L, 1);
}

void harness_push_entity(lua_State *L, enum harness_entity kind, uint32_t id)
{
    struct harness *harness = harness_of(L);
    switch (kind) {
    case HARNESS_HOST:
        harness_push(L, &harness_host_type, harness_host_by_id(harness, id));
        return;
    case HARNESS_SERVER:
        harness_push(L, &harness_server_type, harness_server_by_id(harness, id));
        return;
    case HARNESS_CLIENT:
        harness_push(L, &harness_client_type, harness_client_by_id(harness, id));
        return;
    case HARNESS_CONNECTION:
        harness_push_connection(L, id);
        return;
    case HARNESS_CALL:
        lua_rawgetp(L, LUA_REGISTRYINDEX, &calls);
        lua_rawgeti(L, -1, (lua_Integer)id);
        lua_remove(L, -2);
        return;
    }
}
