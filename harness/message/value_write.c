/*
 * Lua values to Writables.
 */
#include <string.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/message/value_plain.h"

enum { LIST_MAX = 1 << 24 }; /* elements of a list */

static void put_shape(struct value_building *building, int index,
                      const struct writable_shape *shape);
static void put_object(struct value_building *building, int index, const char *declared);
static void put_fields(struct value_building *building, int index,
                       const struct writable_class *class);

/* --- lists --- */

bool harness_list_of(lua_State *L, int index, struct harness_list *list)
{
    lua_Integer last = 0;
    index = lua_absindex(L, index);
    *list = (struct harness_list){.counted = lua_getfield(L, index, "n") == LUA_TNUMBER &&
                                             lua_isinteger(L, -1)};
    lua_Integer most = list->counted ? lua_tointeger(L, -1) : LUA_MAXINTEGER;
    lua_pop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (list->counted && lua_type(L, -1) == LUA_TSTRING &&
            strcmp(lua_tostring(L, -1), "n") == 0)
            continue;
        lua_Integer place = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (place < 1 || place > most)
            return false;
        list->places++;
        last = place > last ? place : last;
    }
    list->length = (size_t)(list->counted && most > 0 ? most : last);
    return true;
}

/* How many elements the list at `index` has; nil: none. */
static size_t count_list(const struct value_building *building, int index)
{
    lua_State *L = building->L;
    struct harness_list list;
    if (lua_isnil(L, index))
        return 0;
    if (!lua_istable(L, index))
        value_expected(building, "a list", index);
    if (!harness_list_of(L, index, &list)) {
        const char *key = luaL_tolstring(L, -1, NULL);
        luaL_error(L, "%s takes a list, got a table with the key '%s'", value_place(building), key);
    }
    if (list.length > LIST_MAX || (list.length > list.places && !list.counted))
        luaL_error(L, "%s takes a list, got %I elements of %I; where nil is null, n says how many",
                   value_place(building), (LUAI_UACINT)list.places, (LUAI_UACINT)list.length);
    return list.length;
}

static void put_list(struct value_building *building, int index, const struct writable_shape *shape)
{
    lua_State *L = building->L;
    size_t count = count_list(building, index);
    value_check(building, writable_put_number(building->out,
                                              shape->prefix == WRITABLE_BY_VINT ? WRITABLE_VINT
                                                                                : WRITABLE_INT,
                                              (int64_t)count));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        put_shape(building, lua_gettop(L), shape->of);
        lua_pop(L, 1);
    }
}

static void put_primitive(struct value_building *building, int index, enum writable_kind kind)
{
    if (lua_isnil(building->L, index))
        value_expected(building, kind == WRITABLE_BOOLEAN ? "true or false" : "a number", index);
    if (kind == WRITABLE_BOOLEAN)
        value_put_boolean(building, index);
    else if (kind == WRITABLE_FLOAT || kind == WRITABLE_DOUBLE)
        value_put_real(building, index, kind);
    else
        value_put_number(building, index, kind);
}

/* Whether elements of that type are packed, as which kind. */
static bool is_packed(const struct value_building *building, const char *element,
                      enum writable_kind *kind)
{
    const struct writable_class *class;
    struct wire_bytes name = wire_text(element);
    return building->manner->packed &&
           writable_types_declared(building->manner->classes, &name, kind, &class) &&
           *kind <= WRITABLE_DOUBLE;
}

/* A Java array; byte[] may be a string. */
static void put_array(struct value_building *building, int index, const char *element)
{
    enum writable_kind kind;
    lua_State *L = building->L;
    bool bytes = strcmp(element, "byte") == 0 && lua_type(L, index) == LUA_TSTRING;
    size_t count = 0;
    const char *text = bytes ? lua_tolstring(L, index, &count) : NULL;
    bool packed = is_packed(building, element, &kind);
    if (!bytes)
        count = count_list(building, index);
    if (packed)
        value_put_name(building, element);
    value_check(building, writable_put_number(building->out, WRITABLE_INT, (int64_t)count));
    for (size_t i = 0; i < count && bytes; i++) {
        if (!packed)
            value_put_name(building, element);
        value_check(building, writable_put_number(building->out, WRITABLE_BYTE, text[i]));
    }
    for (size_t i = 0; i < count && !bytes; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        if (packed)
            put_primitive(building, lua_gettop(L), kind);
        else
            put_object(building, lua_gettop(L), element);
        lua_pop(L, 1);
    }
}

/* --- objects --- */

/* The class that the value at `index` is of: the one that it names at [1], or the declared. */
static const struct writable_class *class_of(const struct value_building *building, int index,
                                             const struct writable_class *declared)
{
    lua_State *L = building->L;
    const struct writable_class *class = declared;
    if (!lua_istable(L, index))
        value_expected(building, "a table of fields", index);
    if (lua_rawgeti(L, index, 1) == LUA_TSTRING) {
        class = writable_types_find(building->manner->classes, wire_text(lua_tostring(L, -1)));
        if (class == NULL)
            value_no_such_class(building, lua_tostring(L, -1));
    } else if (!lua_isnil(L, -1)) {
        value_expected(building, "fields by name", index);
    }
    if (class == NULL || class->kind != WRITABLE_STRUCT)
        luaL_error(L, "%s: %s is abstract: a table for it says its class, as in { \"%s\", … }",
                   value_place(building), class == NULL ? "an object" : class->name,
                   "org.example.Name");
    lua_pop(L, 1);
    return class;
}

static void put_instance(struct value_building *building, int index,
                         const struct writable_class *declared)
{
    const struct writable_class *class = class_of(building, index, declared);
    value_put_name(building, class->name);
    put_fields(building, index, class);
}

static void put_null(struct value_building *building, const char *declared)
{
    value_check(building, writable_put_null_object(building->out, declared));
}

/* The declared class's name, and what stands behind it. */
static void put_declared(struct value_building *building, int index, const char *declared,
                         enum writable_kind kind, const struct writable_class *class,
                         struct wire_bytes element)
{
    enum writable_kind of;
    char name[WRITABLE_NAME_MAX + 1];
    if (kind == WRITABLE_ARRAY && (element.length > WRITABLE_NAME_MAX || class != NULL))
        luaL_error(building->L, "%s can't be written as %s", value_place(building), declared);
    snprintf(name, sizeof(name), "%.*s", (int)element.length, (const char *)element.data);
    bool packed = kind == WRITABLE_ARRAY && is_packed(building, name, &of);
    value_put_name(building, packed ? WRITABLE_PACKED_CLASS : declared);
    switch ((int)kind) {
    case WRITABLE_UTF8:
        value_put_text(building, index, kind);
        return;
    case WRITABLE_ENUM:
        value_put_enum(building, index, class, WRITABLE_BY_UTF8);
        return;
    case WRITABLE_ARRAY:
        put_array(building, index, name);
        return;
    case WRITABLE_CLASS:
        put_instance(building, index, class);
        return;
    default:
        put_primitive(building, index, kind);
    }
}

static void put_object(struct value_building *building, int index, const char *declared)
{
    enum writable_kind kind;
    const struct writable_class *class;
    struct wire_bytes element = wire_text(declared);
    if (!writable_types_declared(building->manner->classes, &element, &kind, &class))
        value_no_such_class(building, declared);
    if (kind == WRITABLE_NULL && !lua_isnil(building->L, index))
        value_expected(building, "nil", index);
    if (lua_isnil(building->L, index) && kind > WRITABLE_DOUBLE)
        put_null(building, declared);
    else
        put_declared(building, index, declared, kind, class, element);
}

/* An ObjectWritable whose type the value says itself. */
static void put_loose(struct value_building *building, int index)
{
    lua_State *L = building->L;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        put_null(building, "org.apache.hadoop.io.Writable");
        return;
    case LUA_TBOOLEAN:
        put_object(building, index, "boolean");
        return;
    case LUA_TNUMBER:
        put_object(building, index, lua_isinteger(L, index) ? "long" : "double");
        return;
    case LUA_TSTRING:
        put_object(building, index, "java.lang.String");
        return;
    case LUA_TTABLE:
        break;
    default:
        value_expected(building, "a value", index);
    }
    if (lua_rawgeti(L, index, 1) != LUA_TSTRING)
        luaL_error(L, "%s: a table begins with its type, as in { \"int\", 5 }",
                   value_place(building));
    const char *declared = lua_tostring(L, -1);
    const struct writable_class *class =
        writable_types_find(building->manner->classes, wire_text(declared));
    if (class != NULL && class->kind == WRITABLE_STRUCT) {
        put_object(building, index, declared);
    } else {
        lua_rawgeti(L, index, 2);
        put_object(building, lua_gettop(L), declared);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void put_named(struct value_building *building, int index, enum writable_prefix prefix)
{
    const struct writable_class *class = class_of(building, index, NULL);
    value_check(building,
                writable_put_text(building->out,
                                  prefix == WRITABLE_BY_UTF8 ? WRITABLE_UTF8 : WRITABLE_TEXT,
                                  wire_text(class->name), false));
    put_fields(building, index, class);
}

static void put_class(struct value_building *building, int index, const char *name)
{
    const struct writable_class *class =
        writable_types_find(building->manner->classes, wire_text(name));
    if (class == NULL || class->kind != WRITABLE_STRUCT)
        value_no_such_class(building, name);
    put_fields(building, index, class);
}

/* --- any type --- */

static void put_optional(struct value_building *building, int index,
                         const struct writable_shape *shape)
{
    bool there = !lua_isnil(building->L, index);
    value_check(building, writable_put_number(building->out, WRITABLE_BOOLEAN, there));
    if (there)
        put_shape(building, index, shape->of);
}

static void put_shape(struct value_building *building, int index,
                      const struct writable_shape *shape)
{
    luaL_checkstack(building->L, 16, "a value nested too deeply");
    switch (shape->kind) {
    case WRITABLE_BOOLEAN:
        value_put_boolean(building, index);
        return;
    case WRITABLE_BYTE:
    case WRITABLE_CHAR:
    case WRITABLE_SHORT:
    case WRITABLE_INT:
    case WRITABLE_LONG:
    case WRITABLE_VINT:
    case WRITABLE_VLONG:
        value_put_number(building, index, shape->kind);
        return;
    case WRITABLE_FLOAT:
    case WRITABLE_DOUBLE:
        value_put_real(building, index, shape->kind);
        return;
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
    case WRITABLE_TEXT:
    case WRITABLE_STRING:
        value_put_text(building, index, shape->kind);
        return;
    case WRITABLE_BYTES:
        value_put_bytes(building, index, shape);
        return;
    case WRITABLE_ENUM:
        value_put_enum(
            building, index,
            shape->class_name == NULL
                ? NULL
                : writable_types_find(building->manner->classes, wire_text(shape->class_name)),
            shape->prefix);
        return;
    case WRITABLE_LIST:
        put_list(building, index, shape);
        return;
    case WRITABLE_OPTIONAL:
        put_optional(building, index, shape);
        return;
    case WRITABLE_CLASS:
        put_class(building, index, shape->class_name);
        return;
    case WRITABLE_NAMED:
        put_named(building, index, shape->prefix);
        return;
    case WRITABLE_OBJECT:
        put_loose(building, index);
        return;
    case WRITABLE_ARRAY:
    case WRITABLE_NULL:
        return;
    }
}

/* --- classes --- */

static bool has_field(const struct value_building *building, const struct writable_class *class,
                      const char *name, luaL_Buffer *names, unsigned depth)
{
    bool known = false;
    for (size_t i = 0; i < class->field_count && depth < WRITABLE_DEPTH_MAX; i++) {
        const struct writable_field *field = &class->fields[i];
        if (field->name[0] == '\0') {
            const struct writable_class *super =
                writable_types_find(building->manner->classes, wire_text(field->shape.class_name));
            known = (super != NULL && has_field(building, super, name, names, depth + 1)) || known;
            continue;
        }
        known = known || strcmp(field->name, name) == 0;
        if (names != NULL) {
            luaL_addstring(names, field->name);
            luaL_addchar(names, ' ');
        }
    }
    return known;
}

static void no_such_field(const struct value_building *building, const struct writable_class *class,
                          const char *name)
{
    lua_State *L = building->L;
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    has_field(building, class, name, &names, 0);
    luaL_pushresult(&names);
    const char *known = lua_tostring(L, -1);
    lua_pushfstring(L, "class %s", class->name);
    harness_no_such(L, lua_tostring(L, -1), "field", name, known);
}

/* Every key is a field, or [1], the class; of wrong ones the first in order is told. */
static void check_keys(const struct value_building *building, int index,
                       const struct writable_class *class)
{
    lua_State *L = building->L;
    const char *wrong = NULL;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        bool is_class =
            lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1 && lua_type(L, -1) == LUA_TSTRING;
        lua_pop(L, 1);
        if (is_class)
            continue;
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "class %s takes fields by name, got a value by position", class->name);
        const char *key = lua_tostring(L, -1);
        if (!has_field(building, class, key, NULL, 0) && (wrong == NULL || strcmp(key, wrong) < 0))
            wrong = key;
    }
    if (wrong != NULL)
        no_such_field(building, class, wrong);
}

/* What a condition on the field compares with (writable_scan.c does the same with bytes). */
static int64_t slot_value(const struct value_building *building, const struct writable_field *field,
                          int index)
{
    lua_State *L = building->L;
    lua_Integer number = 0;
    if (lua_type(L, index) == LUA_TBOOLEAN)
        return lua_toboolean(L, index);
    if (field->shape.kind != WRITABLE_ENUM) {
        harness_is_whole(L, index, &number);
        return number;
    }
    const struct writable_class *class =
        field->shape.class_name == NULL
            ? NULL
            : writable_types_find(building->manner->classes, wire_text(field->shape.class_name));
    const char *name = lua_tostring(L, index);
    for (size_t i = 0; class != NULL && name != NULL && i < class->constant_count; i++)
        if (strcmp(class->constants[i], name) == 0)
            return (int64_t)i;
    return 0;
}

static void put_all(struct value_building *building, int index, const struct writable_class *class)
{
    lua_State *L = building->L;
    int64_t slots[WRITABLE_SLOTS_MAX] = {0};
    if (building->depth == WRITABLE_DEPTH_MAX)
        luaL_error(L, "class %s: nested deeper than %d levels", class->name, WRITABLE_DEPTH_MAX);
    for (size_t i = 0; i < class->field_count; i++) {
        const struct writable_field *field = &class->fields[i];
        struct value_building inner = *building;
        inner.class = class->name;
        inner.field = field->name;
        inner.depth++;
        bool there = field->when_field == WRITABLE_ALWAYS ||
                     slots[class->fields[field->when_field].slot] == field->when_is;
        if (field->name[0] == '\0') {
            const struct writable_class *super =
                writable_types_find(building->manner->classes, wire_text(field->shape.class_name));
            if (super == NULL)
                value_no_such_class(&inner, field->shape.class_name);
            if (there)
                put_all(&inner, index, super);
            continue;
        }
        if (lua_isnil(L, index))
            lua_pushnil(L);
        else
            lua_getfield(L, index, field->name);
        if (!there && !lua_isnil(L, -1))
            luaL_error(L, "%s is not there as '%s' is", value_place(&inner),
                       class->fields[field->when_field].name);
        if (there && harness_value_converter(L, class->name, field->name, "write")) {
            lua_insert(L, -2);
            lua_call(L, 1, 1);
        }
        if (field->slot >= 0)
            slots[field->slot] = slot_value(building, field, lua_gettop(L));
        if (there)
            put_shape(&inner, lua_gettop(L), &field->shape);
        lua_pop(L, 1);
    }
}

static void put_fields(struct value_building *building, int index,
                       const struct writable_class *class)
{
    luaL_checkstack(building->L, 16, "a value nested too deeply");
    if (lua_istable(building->L, index))
        check_keys(building, index, class);
    else if (!lua_isnil(building->L, index))
        luaL_error(building->L, "class %s takes a table of fields, got %s", class->name,
                   harness_show_given(building->L, index));
    put_all(building, index, class);
}

/* --- for others --- */

void harness_value_encode_object(lua_State *L, int index, const struct harness_manner *manner,
                                 const char *declared, struct wire_buffer *out)
{
    struct value_building building = {.L = L, .manner = manner, .out = out, .class = declared};
    put_object(&building, lua_absindex(L, index), declared);
}

void harness_value_encode(lua_State *L, int index, const struct harness_manner *manner,
                          const struct writable_class *class, struct wire_buffer *out)
{
    struct value_building building = {.L = L, .manner = manner, .out = out, .class = class->name};
    put_fields(&building, lua_absindex(L, index), class);
}
