/*
 * What the faults `change` and `inject` get from a script.
 */
#include "harness/handles/payload.h"

#include <string.h>

#include "harness/handles/dialect.h"
#include "harness/handles/handles.h"
#include "harness/lua/order.h"
#include "harness/tap/tap.h"

/* A value of a field that lives as long as the case. */
static struct wire_value keep_value(lua_State *L, int index, const char *name)
{
    size_t length;
    int whole;
    switch (lua_type(L, index)) {
    case LUA_TNUMBER: {
        lua_Integer number = lua_tointegerx(L, index, &whole);
        if (!whole)
            luaL_error(L, "%s: a whole number expected", name);
        return wire_number(number);
    }
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &length);
        uint8_t *copy = harness_keep(L, length + 1);
        memcpy(copy, text, length);
        return wire_value((struct wire_bytes){copy, length});
    }
    case LUA_TBOOLEAN:
        if (!lua_toboolean(L, index))
            return (struct wire_value){.type = WIRE_VALUE_ABSENT};
        break;
    default:
        break;
    }
    luaL_error(L, "%s: a number, a string or false (absent) expected, got %s", name,
               luaL_typename(L, index));
    return (struct wire_value){.type = WIRE_VALUE_ABSENT};
}

/* The codec's name of a field of our tables. */
static const char *codec_name(const char *name)
{
    return strcmp(name, "call_id") == 0 ? "call" : name;
}

static bool is_a_field(const char *name)
{
    const char *known;
    for (unsigned kind = 0; kind <= WIRE_HTTP; kind++)
        for (size_t n = 0; (known = wire_field_name((enum wire_kind)kind, n)) != NULL; n++)
            if (strcmp(known, name) == 0)
                return true;
    return false;
}

static const void *make_change(lua_State *L, int index)
{
    harness_keys(L, index);
    int keys = lua_gettop(L);
    size_t count = (size_t)lua_rawlen(L, keys);
    struct harness_tap_change *change = harness_keep(L, sizeof(*change));
    struct harness_tap_field *fields = harness_keep(L, (count + 1) * sizeof(*fields));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, keys, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "fields: names of fields expected as keys");
        const char *name = codec_name(lua_tostring(L, -1));
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        if (strcmp(name, "cut") == 0) {
            change->has_cut = true;
            change->cut = (size_t)luaL_checkinteger(L, -1);
        } else {
            if (!is_a_field(name))
                luaL_error(L, "no message has a field '%s'", name);
            char *copy = harness_keep(L, strlen(name) + 1);
            memcpy(copy, name, strlen(name));
            fields[change->count++] =
                (struct harness_tap_field){copy, keep_value(L, lua_gettop(L), copy)};
        }
        lua_pop(L, 2);
    }
    change->fields = fields;
    return change;
}

static int encode(lua_State *L)
{
    harness_dialect_encode(L, 1, lua_touserdata(L, 2), lua_touserdata(L, 3));
    return 0;
}

static const void *make_inject(lua_State *L, int index)
{
    struct wire_buffer bytes = {0};
    struct harness_tap_inject *inject = harness_keep(L, sizeof(*inject));
    struct harness_dialect *dialect = harness_keep(L, sizeof(*dialect));
    *dialect =
        (struct harness_dialect){.codec = wire_codec((int)harness_of(L)->release->ipc_version),
                                 .writables = harness_writes(harness_of(L), HARNESS_TEST_PROTOCOL),
                                 .protocol = HARNESS_TEST_PROTOCOL,
                                 .user = "ripcord",
                                 .protocol_version = 1};
    lua_pushcfunction(L, encode);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, dialect);
    lua_pushlightuserdata(L, &bytes);
    bool well = lua_pcall(L, 3, 0, 0) == LUA_OK;
    wire_kinds_release(&dialect->kinds);
    if (!well) {
        wire_buffer_release(&bytes);
        lua_error(L);
    }
    uint8_t *copy = harness_allocate(harness_of(L), bytes.length + 1);
    if (copy != NULL && bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    size_t length = bytes.length;
    wire_buffer_release(&bytes);
    if (copy == NULL)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    inject->bytes = (struct wire_bytes){copy, length};
    return inject;
}

const void *harness_fault_payload(lua_State *L, int index, enum point_effect effect)
{
    luaL_checkstack(L, 16, "too many values");
    if (effect == EFFECT_CHANGE && lua_istable(L, index))
        return make_change(L, index);
    if (effect == EFFECT_INJECT && (lua_istable(L, index) || lua_type(L, index) == LUA_TSTRING))
        return make_inject(L, index);
    return NULL;
}
