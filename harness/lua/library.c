#include "harness/lua/library.h"

#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "harness/harness.h"
#include "harness/lua/chance.h"
#include "harness/lua/order.h"
#include "harness/lua/show.h"

/* --- pairs and next, in order --- */

/* state: { keys, table, place } as upvalues 1, 2, 3 */
static int next_pair(lua_State *L)
{
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(3));
    for (;;) {
        place++;
        if (lua_rawgeti(L, lua_upvalueindex(1), place) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
            break;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int sorted_pairs(lua_State *L)
{
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    harness_keys(L, 1);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

static int sorted_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    harness_keys(L, 1);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 3);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 3, i);
        if (lua_isnil(L, 2) || harness_compare_keys(L, -1, 2) > 0) {
            lua_pushvalue(L, -1);
            lua_rawget(L, 1);
            return 2;
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    return 1;
}

/* --- no addresses --- */

static int to_text(lua_State *L)
{
    luaL_checkany(L, 1);
    harness_push_text(L, 1);
    return 1;
}

/* The conversion behind each % of a format: its letter, or 0 at the end. */
static const char *next_conversion(const char *at, char *letter)
{
    for (at = strchr(at, '%'); at != NULL; at = strchr(at + 2, '%')) {
        if (at[1] == '%')
            continue;
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        *letter = *at;
        return *at == '\0' ? at : at + 1;
    }
    *letter = '\0';
    return NULL;
}

/* string.format, its real self in the upvalue */
static int format(lua_State *L)
{
    const char *at = luaL_checkstring(L, 1);
    char letter;
    int argument = 2;
    while ((at = next_conversion(at, &letter)) != NULL && letter != '\0') {
        if (letter == 'p')
            return luaL_error(L, "format: %%p would show an address");
        if (letter == 's' && argument <= lua_gettop(L)) {
            harness_push_text(L, argument);
            lua_replace(L, argument);
        }
        argument++;
    }
    int arguments = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, arguments, 1);
    return 1;
}

static int print(lua_State *L)
{
    luaL_Buffer line;
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        harness_push_text(L, i);
        lua_replace(L, i);
    }
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        luaL_addvalue(&line);
        if (i < count)
            luaL_addchar(&line, '\t');
    }
    luaL_pushresult(&line);
    if (harness_of(L) != NULL)
        harness_log(harness_of(L), "info", lua_tostring(L, -1));
    return 0;
}

/* --- no finalizers, no weak tables --- */

/* setmetatable, its real self in the upvalue */
static int set_metatable(lua_State *L)
{
    static const char *const refused[] = {"__gc", "__mode"};
    if (lua_istable(L, 2)) {
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
            lua_pushstring(L, refused[i]);
            if (lua_rawget(L, 2) != LUA_TNIL)
                return luaL_error(L, "setmetatable: no %s here", refused[i]);
            lua_pop(L, 1);
        }
    }
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

/* --- a stable sort: Lua's own one asks the clock --- */

static bool is_less(lua_State *L, int a, int b)
{
    if (lua_isnil(L, 2))
        return lua_compare(L, a, b, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a < 0 ? a - 1 : a);
    lua_pushvalue(L, b < 0 ? b - 2 : b);
    lua_call(L, 2, 1);
    bool less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return less;
}

/* Merge [low, middle) and [middle, high) of table `from` into `to`. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer left = low, right = middle;
    for (lua_Integer at = low; at < high; at++) {
        bool take_right = left >= middle;
        if (!take_right && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = is_less(L, -1, -2);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right : left);
        lua_rawseti(L, to, at);
        *(take_right ? &right : &left) += 1;
    }
}

static int sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_Integer count = luaL_len(L, 1);
    lua_createtable(L, (int)count, 0);
    int from = 1, to = 3;
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            lua_Integer middle = low + width > count + 1 ? count + 1 : low + width;
            lua_Integer high = low + 2 * width > count + 1 ? count + 1 : low + 2 * width;
            merge(L, from, to, low, middle, high);
        }
        int other = from;
        from = to;
        to = other;
    }
    for (lua_Integer i = 1; from != 1 && i <= count; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

/* --- the library --- */

static void leave_out(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

/* Put `replacement` into the table on top, with what it replaces as its upvalue. */
static void wrap(lua_State *L, const char *name, lua_CFunction replacement)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, replacement, 1);
    lua_setfield(L, -2, name);
}

static void open_base(lua_State *L)
{
    static const char *const unwanted[] = {"_G",       "collectgarbage", "dofile", "load",
                                           "loadfile", "warn",           NULL};
    static const luaL_Reg ours[] = {{"next", sorted_next},
                                    {"pairs", sorted_pairs},
                                    {"print", print},
                                    {"tostring", to_text},
                                    {NULL, NULL}};
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    leave_out(L, unwanted);
    luaL_setfuncs(L, ours, 0);
    wrap(L, "setmetatable", set_metatable);
}

static void open_string(lua_State *L)
{
    static const char *const unwanted[] = {"dump", NULL};
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    leave_out(L, unwanted);
    wrap(L, "format", format);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    lua_setfield(L, -2, LUA_STRLIBNAME);
}

void harness_library_open(lua_State *L)
{
    open_base(L);
    open_string(L);

    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
    lua_setfield(L, -2, LUA_TABLIBNAME);

    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    lua_pushcfunction(L, harness_math_random);
    lua_setfield(L, -2, "random");
    lua_setfield(L, -2, LUA_MATHLIBNAME);

    luaL_requiref(L, LUA_COLIBNAME, luaopen_coroutine, 0);
    lua_setfield(L, -2, LUA_COLIBNAME);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 0);
    lua_setfield(L, -2, LUA_UTF8LIBNAME);
}
