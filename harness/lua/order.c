#include "harness/lua/order.h"

#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"

static int rank(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return 0;
    case LUA_TNUMBER:
        return 1;
    case LUA_TSTRING:
        return 2;
    case LUA_TUSERDATA:
        return harness_serial(L, index) > 0 ? 3 : -1;
    default:
        return -1;
    }
}

static int compare_texts(lua_State *L, int a, int b)
{
    size_t a_length, b_length;
    const char *a_text = lua_tolstring(L, a, &a_length), *b_text = lua_tolstring(L, b, &b_length);
    int order = memcmp(a_text, b_text, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

int harness_compare_keys(lua_State *L, int a, int b)
{
    int a_rank = rank(L, a), b_rank = rank(L, b);
    if (a_rank != b_rank)
        return a_rank - b_rank;
    switch (a_rank) {
    case 0:
        return lua_toboolean(L, a) - lua_toboolean(L, b);
    case 1:
        return lua_compare(L, b, a, LUA_OPLT) - lua_compare(L, a, b, LUA_OPLT);
    case 2:
        return compare_texts(L, a, b);
    default:
        return (harness_serial(L, a) > harness_serial(L, b)) -
               (harness_serial(L, a) < harness_serial(L, b));
    }
}

/* Whether item `i` of the list stands before item `j`. */
static bool is_before(lua_State *L, int list, lua_Integer i, lua_Integer j)
{
    lua_rawgeti(L, list, i);
    lua_rawgeti(L, list, j);
    bool before = harness_compare_keys(L, -2, -1) < 0;
    lua_pop(L, 2);
    return before;
}

static void swap(lua_State *L, int list, lua_Integer i, lua_Integer j)
{
    lua_rawgeti(L, list, i);
    lua_rawgeti(L, list, j);
    lua_rawseti(L, list, i);
    lua_rawseti(L, list, j);
}

static void sift(lua_State *L, int list, lua_Integer at, lua_Integer count)
{
    for (lua_Integer child; (child = at * 2) <= count; at = child) {
        if (child < count && is_before(L, list, child, child + 1))
            child++;
        if (!is_before(L, list, at, child))
            return;
        swap(L, list, at, child);
    }
}

static void sort(lua_State *L, int list, lua_Integer count)
{
    for (lua_Integer at = count / 2; at >= 1; at--)
        sift(L, list, at, count);
    for (lua_Integer last = count; last > 1; last--) {
        swap(L, list, 1, last);
        sift(L, list, 1, last - 1);
    }
}

void harness_keys(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 5, "too many values");
    lua_createtable(L, 4, 0);
    int list = lua_gettop(L);
    lua_Integer count = 0;
    bool sorted = true; /* most tables are lists, whose keys come in order */
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (rank(L, -1) < 0)
            luaL_error(L, "a key of type %s has no order", luaL_typename(L, -1));
        count++;
        sorted = sorted && lua_isinteger(L, -1) && lua_tointeger(L, -1) == count;
        lua_pushvalue(L, -1);
        lua_rawseti(L, list, count);
    }
    if (!sorted)
        sort(L, list, count);
}
