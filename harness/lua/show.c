#include "harness/lua/show.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/order.h"
#include "harness/lua/units.h"

enum { DEPTH_MAX = 6, ITEMS_MAX = 32, BYTES_MAX = 200 };

struct output {
    char *text;
    size_t size, used; /* of which one is for the NUL */
};

static void put(struct output *out, const char *text)
{
    while (*text != '\0' && out->used + 1 < out->size)
        out->text[out->used++] = *text++;
    out->text[out->used] = '\0';
}

/* Whether all bytes behind 0x7f belong to well-formed UTF-8. */
static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char first = (unsigned char)bytes[i];
        size_t more = first < 0x80 ? 0 : first < 0xc2 ? 4 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if (more > 3 || first > 0xf4 || i + more >= length + (more == 0))
            return false;
        for (size_t j = 1; j <= more; j++)
            if (((unsigned char)bytes[i + j] & 0xc0) != 0x80)
                return false;
        i += 1 + more;
    }
    return true;
}

static void put_quoted(struct output *out, const char *text, size_t length)
{
    char piece[8];
    bool readable = is_text(text, length);
    put(out, "\"");
    for (size_t i = 0; i < length && i < BYTES_MAX; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\')
            snprintf(piece, sizeof(piece), "\\%c", byte);
        else if (byte == '\n')
            snprintf(piece, sizeof(piece), "\\n");
        else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !readable))
            snprintf(piece, sizeof(piece), "\\x%02x", byte);
        else
            snprintf(piece, sizeof(piece), "%c", byte);
        put(out, piece);
    }
    put(out, "\"");
    if (length > BYTES_MAX) {
        char rest[64];
        snprintf(rest, sizeof(rest), " ... (%zu bytes)", length);
        put(out, rest);
    }
}

static void put_value(lua_State *L, struct output *out, int index, int depth);

static bool is_name(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    const char *text = lua_tostring(L, index);
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return *text == '\0';
}

static void put_table(lua_State *L, struct output *out, int index, int depth)
{
    harness_keys(L, index);
    int keys = lua_gettop(L);
    lua_Integer count = (lua_Integer)lua_rawlen(L, keys);
    put(out, count == 0 ? "{" : "{ ");
    for (lua_Integer i = 1; i <= count && i <= ITEMS_MAX; i++) {
        put(out, i > 1 ? ", " : "");
        lua_rawgeti(L, keys, i);
        bool position = lua_isinteger(L, -1) && lua_tointeger(L, -1) == i;
        if (is_name(L, -1)) {
            put(out, lua_tostring(L, -1));
            put(out, " = ");
        } else if (!position) {
            put(out, "[");
            put_value(L, out, -1, depth + 1);
            put(out, "] = ");
        }
        lua_rawget(L, index);
        put_value(L, out, -1, depth + 1);
        lua_pop(L, 1);
    }
    put(out, count > ITEMS_MAX ? ", ..." : "");
    put(out, count == 0 ? "}" : " }");
    lua_pop(L, 1);
}

static void put_list(lua_State *L, struct output *out, int index, int depth)
{
    lua_Integer count = luaL_len(L, index);
    put(out, count == 0 ? "{" : "{ ");
    for (lua_Integer i = 1; i <= count && i <= ITEMS_MAX; i++) {
        put(out, i > 1 ? ", " : "");
        lua_geti(L, index, i);
        put_value(L, out, -1, depth + 1);
        lua_pop(L, 1);
    }
    put(out, count > ITEMS_MAX ? ", ..." : "");
    put(out, count == 0 ? "}" : " }");
}

static void put_userdata(lua_State *L, struct output *out, int index, int depth)
{
    const struct harness_type *type = harness_type_at(L, index, NULL);
    if (harness_is_matcher(L, index)) {
        harness_matcher_show(L, index, harness_show, out->text + out->used, out->size - out->used);
        out->used += strlen(out->text + out->used);
    } else if (type != NULL && type->list) {
        put_list(L, out, index, depth);
    } else {
        put(out, harness_push_text(L, index));
        lua_pop(L, 1);
    }
}

static void put_value(lua_State *L, struct output *out, int index, int depth)
{
    luaL_checkstack(L, 6, "nested too deep");
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING: {
        size_t length;
        const char *text = lua_tolstring(L, index, &length);
        put_quoted(out, text, length);
        return;
    }
    case LUA_TTABLE:
        if (depth >= DEPTH_MAX)
            put(out, "{...}");
        else
            put_table(L, out, index, depth);
        return;
    case LUA_TUSERDATA:
        put_userdata(L, out, index, depth);
        return;
    case LUA_TFUNCTION:
    case LUA_TTHREAD:
    case LUA_TLIGHTUSERDATA:
        put(out, luaL_typename(L, index));
        return;
    default:
        put(out, harness_push_text(L, index));
        lua_pop(L, 1);
    }
}

const char *harness_show_given(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TSTRING)
        return lua_pushfstring(L, "'%s'", lua_tostring(L, index));
    if (lua_type(L, index) == LUA_TNUMBER)
        return luaL_tolstring(L, index, NULL);
    return luaL_typename(L, index);
}

const char *harness_push_text(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
    case LUA_TUSERDATA:
        if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL)
            break;
        lua_pop(L, 1);
        return luaL_tolstring(L, index, NULL);
    case LUA_TFUNCTION:
    case LUA_TTHREAD:
    case LUA_TLIGHTUSERDATA:
        break;
    default:
        return luaL_tolstring(L, index, NULL);
    }
    return lua_pushstring(L, luaL_typename(L, index));
}

void harness_show(lua_State *L, int index, char *text, size_t size)
{
    struct output out = {.text = text, .size = size};
    text[0] = '\0';
    put_value(L, &out, index, 0);
}

void harness_show_time(lua_State *L, int index, char *text, size_t size)
{
    char duration[HARNESS_DURATION_MAX];
    uint64_t ns;
    index = lua_absindex(L, index);
    if (harness_is_matcher(L, index))
        harness_matcher_show(L, index, harness_show_time, text, size);
    else if (harness_is_duration(L, index, &ns))
        snprintf(text, size, "%s", harness_duration_text(ns, duration));
    else
        harness_show(L, index, text, size);
}
