#include "harness/play/scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/judge/findings.h"
#include "harness/lua/options.h"
#include "harness/lua/order.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/tap/tap.h"
#include "harness/trace/trace.h"

/* --- fields --- */

static void push_now(lua_State *L, struct harness *harness, void *object)
{
    (void)object;
    harness_push_ms(L, world_now(harness->world));
}

static void push_seed(lua_State *L, struct harness *harness, void *object)
{
    (void)object;
    lua_pushinteger(L, (lua_Integer)harness->seed);
}

static void push_release(lua_State *L, struct harness *harness, void *object)
{
    (void)object;
    lua_pushstring(L, harness->release->name);
}

static void push_world(lua_State *L, struct harness *harness, void *object)
{
    (void)object;
    lua_pushstring(L, harness->kind == HARNESS_SIM ? "sim" : "live");
}

static const struct harness_field fields[] = {{"now", push_now},
                                              {"seed", push_seed},
                                              {"release", push_release},
                                              {"world", push_world},
                                              {NULL, NULL}};

/* --- methods --- */

/* A method of `t` and its module are the upvalues. */
static int call_method(lua_State *L)
{
    const luaL_Reg *method = lua_touserdata(L, lua_upvalueindex(1));
    const struct harness_module *module = lua_touserdata(L, lua_upvalueindex(2));
    if (harness_test(L, 1, &harness_scene_type) == NULL)
        return luaL_error(L, "write t:%s(…), with a colon", method->name);
    return harness_call_method(L, "t", method, module->looks);
}

static bool push_method(lua_State *L, struct harness *harness, void *object, const char *name)
{
    (void)harness, (void)object;
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        for (const luaL_Reg *method = (*module)->methods; method != NULL && method->name != NULL;
             method++) {
            if (method->name[0] != name[0] || strcmp(method->name, name) != 0)
                continue;
            lua_pushlightuserdata(L, (void *)(uintptr_t)method);
            lua_pushlightuserdata(L, (void *)(uintptr_t)*module);
            lua_pushcclosure(L, call_method, 2);
            return true;
        }
    }
    return false;
}

static const char *push_names(lua_State *L, struct harness *harness, void *object)
{
    luaL_Buffer names;
    (void)harness, (void)object;
    luaL_buffinit(L, &names);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        for (const luaL_Reg *method = (*module)->methods; method != NULL && method->name != NULL;
             method++) {
            luaL_addstring(&names, method->name);
            luaL_addchar(&names, ' ');
        }
    }
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

const struct harness_type harness_scene_type = {
    .name = "t", .fields = fields, .dynamic = push_method, .names = push_names};

/* The releases of the range at `index`. */
static unsigned check_range(lua_State *L, int index)
{
    unsigned mask;
    const char *range = luaL_checkstring(L, index);
    if (release_range(range, &mask) != RPC_OK)
        luaL_error(L, "'%s' is no range of releases; write \"2.6\", \"-1.2\" or \"2.3-\"", range);
    return mask;
}

/* t:since "2.3" */
static int t_since(lua_State *L)
{
    const char *release = luaL_checkstring(L, 2);
    unsigned mask;
    lua_pushfstring(L, "%s-", release);
    if (release_range(lua_tostring(L, -1), &mask) != RPC_OK)
        luaL_error(L, "since: '%s' is no release; write \"2.6\"", release);
    lua_pushboolean(L, (mask & 1u << harness_of(L)->release->id) != 0);
    return 1;
}

/* t:by { ["-2.2"] = a, ["2.3-"] = b }: just one entry fits */
static int t_by(lua_State *L)
{
    struct harness *harness = harness_of(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    harness_keys(L, 2);
    lua_pushnil(L); /* what fits */
    const char *found = NULL;
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 3); i++) {
        if (lua_rawgeti(L, 3, i) != LUA_TSTRING)
            return luaL_error(L, "by: keys are ranges of releases, got %s", luaL_typename(L, -1));
        bool fits = (check_range(L, -1) & 1u << harness->release->id) != 0;
        if (fits && found != NULL)
            return luaL_error(L, "by: '%s' and '%s' both fit release %s", found,
                              lua_tostring(L, -1), harness->release->name);
        if (fits) {
            found = lua_tostring(L, -1); /* the list of keys keeps it */
            lua_rawget(L, 2);
            lua_replace(L, 4);
        } else {
            lua_pop(L, 1);
        }
    }
    if (found == NULL)
        return luaL_error(L, "by: nothing fits release %s", harness->release->name);
    lua_settop(L, 4);
    return 1;
}

/* t:log(text) */
static int t_log(lua_State *L)
{
    luaL_checkany(L, 2);
    harness_log(harness_of(L), "info", harness_push_text(L, 2));
    return 0;
}

/* t:answer(text) */
static int t_answer(lua_State *L)
{
    luaL_checkany(L, 2);
    harness_answer(harness_of(L), harness_push_text(L, 2));
    return 0;
}

/* t:net { latency, buffer, rto } */
static int t_net(lua_State *L)
{
    harness_options(L, 2, "net", "latency buffer rto", 0);
    struct world_net net = {
        .latency_ns = harness_option_duration(L, 2, "latency", 0),
        .buffer = (size_t)harness_option_size(L, 2, "buffer", 64 * 1024),
        .give_up_ns = harness_option_duration(L, 2, "rto", 924 * WORLD_SEC),
    };
    if (harness_trace_point_count(harness_of(L)->trace, POINT_NET_SYN) > 0)
        return luaL_error(L, "net: it comes before all else, and a connection is there already");
    enum rpc_status status = world_net(harness_of(L)->world, &net);
    if (status == RPC_UNSUPPORTED)
        return harness_skip(L, "live has the machine's own network: no t:net");
    if (status != RPC_OK)
        return luaL_error(L, "net: %s", rpc_status_text(status));
    harness_tap_give_up(harness_of(L)->tap, net.give_up_ns);
    return 0;
}

const luaL_Reg harness_t_scene[] = {{"answer", t_answer}, {"by", t_by},       {"log", t_log},
                                    {"net", t_net},       {"since", t_since}, {NULL, NULL}};
