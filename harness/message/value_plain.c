#include "harness/message/value_plain.h"

#include <string.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"

const char *value_place(const struct value_building *building)
{
    if (building->field == NULL)
        return lua_pushfstring(building->L, "%s", building->class);
    return lua_pushfstring(building->L, "class %s: field '%s'", building->class, building->field);
}

void value_expected(const struct value_building *building, const char *what, int index)
{
    luaL_error(building->L, "%s takes %s, got %s", value_place(building), what,
               harness_show_given(building->L, index));
}

void value_check(const struct value_building *building, enum rpc_status status)
{
    if (status != RPC_OK)
        luaL_error(building->L, "%s: %s", value_place(building), rpc_status_text(status));
}

int value_no_such_class(const struct value_building *building, const char *name)
{
    lua_State *L = building->L;
    const char *known;
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (size_t i = 0; (known = writable_types_name_at(building->manner->classes, i)) != NULL;
         i++) {
        luaL_addstring(&names, known);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    char nearest[WRITABLE_NAME_MAX + 1];
    if (harness_nearest(name, lua_tostring(L, -1), nearest, sizeof(nearest)) != NULL)
        return luaL_error(L, "%s: no class %s is declared; did you mean %s?", value_place(building),
                          name, nearest);
    return luaL_error(L, "%s: no class %s is declared", value_place(building), name);
}

/* --- putting them --- */

void value_put_number(struct value_building *building, int index, enum writable_kind kind)
{
    static const struct {
        lua_Integer least, most;
    } ranges[] = {
        [WRITABLE_BYTE] = {INT8_MIN, INT8_MAX},     [WRITABLE_CHAR] = {0, UINT16_MAX},
        [WRITABLE_SHORT] = {INT16_MIN, UINT16_MAX}, [WRITABLE_INT] = {INT32_MIN, INT32_MAX},
        [WRITABLE_LONG] = {INT64_MIN, INT64_MAX},   [WRITABLE_VINT] = {INT32_MIN, INT32_MAX},
        [WRITABLE_VLONG] = {INT64_MIN, INT64_MAX},
    };
    lua_Integer value = 0;
    if (!lua_isnil(building->L, index) && !harness_is_whole(building->L, index, &value))
        value_expected(building, "a whole number", index);
    if (value < ranges[kind].least || value > ranges[kind].most)
        luaL_error(building->L, "%s: %I is not between %I and %I", value_place(building),
                   (LUAI_UACINT)value, (LUAI_UACINT)ranges[kind].least,
                   (LUAI_UACINT)ranges[kind].most);
    value_check(building, writable_put_number(building->out, kind, value));
}

void value_put_boolean(struct value_building *building, int index)
{
    if (!lua_isnil(building->L, index) && !lua_isboolean(building->L, index))
        value_expected(building, "true or false", index);
    value_check(building, writable_put_number(building->out, WRITABLE_BOOLEAN,
                                              lua_toboolean(building->L, index)));
}

void value_put_real(struct value_building *building, int index, enum writable_kind kind)
{
    if (!lua_isnil(building->L, index) && lua_type(building->L, index) != LUA_TNUMBER)
        value_expected(building, "a number", index);
    value_check(building, writable_put_real(building->out, kind, lua_tonumber(building->L, index)));
}

/* A string; nil is empty, or absent where that can be. */
static struct wire_bytes take_string(const struct value_building *building, int index,
                                     bool nullable)
{
    size_t length;
    if (lua_isnil(building->L, index))
        return nullable ? WIRE_ABSENT : wire_text("");
    if (lua_type(building->L, index) != LUA_TSTRING)
        value_expected(building, "a string", index);
    const char *text = lua_tolstring(building->L, index, &length);
    return (struct wire_bytes){(const uint8_t *)text, length};
}

void value_put_bytes(struct value_building *building, int index, const struct writable_shape *shape)
{
    struct wire_bytes bytes = take_string(building, index, shape->nullable);
    if (bytes.data == NULL) {
        value_check(building, writable_put_number(building->out,
                                                  shape->prefix == WRITABLE_BY_VINT ? WRITABLE_VINT
                                                                                    : WRITABLE_INT,
                                                  -1));
        return;
    }
    if (shape->prefix == WRITABLE_BY_SIZE && lua_isnil(building->L, index)) {
        for (size_t i = 0; i < shape->size; i++)
            value_check(building, wire_buffer_add(building->out, "", 1));
        return;
    }
    if (shape->prefix == WRITABLE_BY_SIZE && bytes.length != shape->size)
        luaL_error(building->L, "%s takes %I bytes, got %I", value_place(building),
                   (LUAI_UACINT)shape->size, (LUAI_UACINT)bytes.length);
    value_check(building, writable_put_bytes(building->out, shape->prefix, bytes));
}

void value_put_text(struct value_building *building, int index, enum writable_kind kind)
{
    struct wire_bytes text = take_string(building, index, kind == WRITABLE_STRING);
    value_check(building, writable_put_text(building->out, kind, text, building->manner->overlong));
}

void value_put_name(struct value_building *building, const char *name)
{
    value_check(building, writable_put_text(building->out, WRITABLE_UTF8, wire_text(name), false));
}

void value_put_enum(struct value_building *building, int index, const struct writable_class *class,
                    enum writable_prefix prefix)
{
    lua_State *L = building->L;
    const char *name = NULL;
    if (lua_isnil(L, index) && class != NULL && class->constant_count > 0)
        name = class->constants[0];
    else if (lua_type(L, index) == LUA_TSTRING)
        name = lua_tostring(L, index);
    else
        value_expected(building, "the name of a constant", index);
    bool known = class == NULL;
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (size_t i = 0; class != NULL && i < class->constant_count; i++) {
        known = known || strcmp(class->constants[i], name) == 0;
        luaL_addstring(&names, class->constants[i]);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    if (!known)
        harness_no_such(L, class->name, "constant", name, lua_tostring(L, -1));
    lua_pop(L, 1);
    enum writable_kind kind = prefix == WRITABLE_BY_UTF8 ? WRITABLE_UTF8 : WRITABLE_TEXT;
    value_check(building, writable_put_text(building->out, kind, wire_text(name),
                                            building->manner->overlong));
}
