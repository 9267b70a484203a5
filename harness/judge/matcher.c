#include "harness/judge/matcher.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/lua/order.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "rpc/arena.h"

/* kind, what scripts call it, how it is said, how many values it takes */
#define KIND_MAP(X)                                                                                \
    X(ANY, "any", "anything", 0)                                                                   \
    X(HAS, "has", "something with", 1)                                                             \
    X(STARTS, "starts", "something that starts with", 1)                                           \
    X(BETWEEN, "between", "between", 2)                                                            \
    X(AT_LEAST, "at_least", "at least", 1)                                                         \
    X(AT_MOST, "at_most", "at most", 1)                                                            \
    X(ONE_OF, "one_of", "one of", -1)

enum kind {
#define X(name, text, said, values) KIND_##name,
    KIND_MAP(X)
#undef X
        KINDS
};

static const char *const names[] = {
#define X(name, text, said, values) [KIND_##name] = text,
    KIND_MAP(X)
#undef X
};

static const char *const said[] = {
#define X(name, text, said, values) [KIND_##name] = said,
    KIND_MAP(X)
#undef X
};

static const int values_of[] = {
#define X(name, text, said, values) [KIND_##name] = values,
    KIND_MAP(X)
#undef X
};

enum { DEPTH_MAX = 100 };

/* A userdata whose user value is the list of what it was given. */
struct matcher {
    enum kind kind;
};

static const char metatable; /* its address: the key of the matchers' metatable */

static struct matcher *matcher_at(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
    bool ours = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return ours ? lua_touserdata(L, index) : NULL;
}

bool harness_is_matcher(lua_State *L, int index)
{
    return matcher_at(L, index) != NULL;
}

/* Push value `i` of the matcher at `index`. */
static void push_value(lua_State *L, int index, lua_Integer i)
{
    lua_getiuservalue(L, index, 1);
    lua_rawgeti(L, -1, i);
    lua_remove(L, -2);
}

static lua_Integer value_count(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
    lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    lua_pop(L, 1);
    return count;
}

/* any, has(…), … : the kind is the upvalue */
static int create(lua_State *L)
{
    enum kind kind = (enum kind)lua_tointeger(L, lua_upvalueindex(1));
    int count = lua_gettop(L);
    if (values_of[kind] >= 0 && count != values_of[kind])
        return luaL_error(L, "%s takes %d value%s, got %d", names[kind], values_of[kind],
                          values_of[kind] == 1 ? "" : "s", count);
    if (kind == KIND_STARTS)
        luaL_checktype(L, 1, LUA_TSTRING);
    if (kind == KIND_HAS && lua_isnil(L, 1))
        return luaL_error(L, "has: a part of a text or list expected, got nil");
    lua_createtable(L, count, 0);
    for (int i = 1; i <= count; i++) {
        luaL_checkany(L, i);
        lua_pushvalue(L, i);
        lua_rawseti(L, -2, i);
    }
    struct matcher *matcher = lua_newuserdatauv(L, sizeof(*matcher), 1);
    matcher->kind = kind;
    lua_rotate(L, -2, 1);
    lua_setiuservalue(L, -2, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
    lua_setmetatable(L, -2);
    return 1;
}

static int to_text(lua_State *L)
{
    char text[HARNESS_SHOW_MAX];
    harness_show(L, 1, text, sizeof(text));
    lua_pushstring(L, text);
    return 1;
}

void harness_matchers_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, to_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushstring(L, "matcher");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable);
    for (int kind = 0; kind < KINDS; kind++) {
        lua_pushinteger(L, kind);
        lua_pushcclosure(L, create, 1);
        if (kind == KIND_ANY) /* a value, not a function */
            lua_call(L, 0, 1);
        lua_setfield(L, -2, names[kind]);
    }
}

/* --- values --- */

static bool matches(lua_State *L, int expected, int seen, char *why, int depth);

/* Whether both are texts, and the seen one has the matcher's as a part, or at its begin. */
static bool text_fits(lua_State *L, enum kind kind, int expected, int seen)
{
    size_t part_length, length;
    push_value(L, expected, 1);
    bool fits = lua_type(L, seen) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING;
    if (fits) {
        const char *text = lua_tolstring(L, seen, &length);
        const char *part = lua_tolstring(L, -1, &part_length);
        fits = part_length <= length &&
               (kind == KIND_STARTS ? memcmp(text, part, part_length) == 0
                                    : memmem(text, length, part, part_length) != NULL);
    }
    lua_pop(L, 1);
    return fits;
}

/* Whether the seen list, a table or a handle, has what the matcher says. */
static bool list_has(lua_State *L, int expected, int seen, int depth)
{
    const struct harness_type *type = harness_type_at(L, seen, NULL);
    int top = lua_gettop(L);
    bool found = false;
    if (!lua_istable(L, seen) && (type == NULL || !type->list))
        return false;
    push_value(L, expected, 1);
    for (lua_Integer i = 1, count = luaL_len(L, seen); !found && i <= count; i++) {
        lua_geti(L, seen, i);
        found = matches(L, top + 1, top + 2, NULL, depth + 1);
        lua_settop(L, top + 1);
    }
    lua_settop(L, top);
    return found;
}

/* A text where a number was seen: only `at`, `took` and an event's field know a unit. */
static int no_unit(lua_State *L, int text, int seen)
{
    char shown[HARNESS_SHOW_MAX];
    uint64_t value;
    lua_Integer whole;
    harness_show(L, text, shown, sizeof(shown));
    if (harness_is_duration(L, text, &value))
        return luaL_error(L, "%s can't be compared with the number %s; write ms %s", shown,
                          harness_push_text(L, seen), shown);
    if (harness_is_whole(L, text, &whole))
        return luaL_error(L, "%s can't be compared with the number %s; write %I", shown,
                          harness_push_text(L, seen), (LUAI_UACINT)whole);
    return luaL_error(L, "%s can't be compared with the number %s; compare with a number", shown,
                      harness_push_text(L, seen));
}

/* Whether what the matcher's value `i` says is in `order` (LUA_OPLE …) with the seen one. */
static bool in_order(lua_State *L, int expected, lua_Integer i, int seen, bool value_first)
{
    push_value(L, expected, i);
    if (lua_type(L, -1) == LUA_TSTRING && lua_type(L, seen) == LUA_TNUMBER)
        no_unit(L, lua_gettop(L), seen);
    bool comparable = lua_type(L, -1) == lua_type(L, seen) &&
                      (lua_type(L, seen) == LUA_TNUMBER || lua_type(L, seen) == LUA_TSTRING);
    bool fits = comparable && (value_first ? lua_compare(L, -1, seen, LUA_OPLE)
                                           : lua_compare(L, seen, -1, LUA_OPLE));
    lua_pop(L, 1);
    return fits;
}

static bool matcher_fits(lua_State *L, enum kind kind, int expected, int seen, int depth)
{
    switch (kind) {
    case KIND_ANY:
        return true;
    case KIND_HAS:
        return text_fits(L, kind, expected, seen) || list_has(L, expected, seen, depth);
    case KIND_STARTS:
        return text_fits(L, kind, expected, seen);
    case KIND_BETWEEN:
        return in_order(L, expected, 1, seen, true) && in_order(L, expected, 2, seen, false);
    case KIND_AT_LEAST:
        return in_order(L, expected, 1, seen, true);
    case KIND_AT_MOST:
        return in_order(L, expected, 1, seen, false);
    case KIND_ONE_OF:
    case KINDS:
        break;
    }
    for (lua_Integer i = 1; i <= value_count(L, expected); i++) {
        push_value(L, expected, i);
        bool fits = matches(L, lua_gettop(L), seen, NULL, depth + 1);
        lua_pop(L, 1);
        if (fits)
            return true;
    }
    return false;
}

/* "field: expected …, seen …" for the values at the top two places; `inner` is what is known
 * from deeper inside. */
static void say_difference(lua_State *L, int key, int expected, int seen, const char *inner,
                           char *why)
{
    char field[HARNESS_WHY_MAX / 4], a[HARNESS_WHY_MAX / 4], b[HARNESS_WHY_MAX / 4];
    if (why == NULL)
        return;
    if (lua_type(L, key) == LUA_TSTRING)
        snprintf(field, sizeof(field), "%s", lua_tostring(L, key));
    else
        harness_show(L, key, field, sizeof(field));
    if (inner[0] != '\0') {
        snprintf(why, HARNESS_WHY_MAX, "%.100s.%.350s", field, inner);
        return;
    }
    harness_show(L, expected, a, sizeof(a));
    harness_show(L, seen, b, sizeof(b));
    snprintf(why, HARNESS_WHY_MAX, "%s: expected %s, seen %s", field, a, b);
}

/* Each field of `fields_of` is the same in both. */
static bool fields_fit(lua_State *L, int fields_of, int expected, int seen, char *why, int depth)
{
    bool fits = true;
    char inner[HARNESS_WHY_MAX] = "";
    luaL_checkstack(L, 8, "nested too deep");
    harness_keys(L, fields_of);
    int keys = lua_gettop(L);
    for (lua_Integer i = 1; fits && i <= (lua_Integer)lua_rawlen(L, keys); i++) {
        lua_rawgeti(L, keys, i);
        int key = lua_gettop(L);
        lua_pushvalue(L, key);
        lua_gettable(L, expected);
        lua_pushvalue(L, key);
        lua_gettable(L, seen);
        fits = matches(L, key + 1, key + 2, inner, depth + 1);
        if (!fits)
            say_difference(L, key, key + 1, key + 2, inner, why);
        lua_settop(L, keys);
    }
    lua_settop(L, keys - 1);
    return fits;
}

/* Whether both are numbers, and the same one. */
static bool plainly_equal(lua_State *L, int expected, int seen)
{
    return lua_compare(L, expected, seen, LUA_OPEQ) == 1;
}

/* Push the items of a handle that is a list as a table in its place; whether it was one. */
static bool unfold(lua_State *L, int index)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, index, &object);
    if (type == NULL || !type->list)
        return false;
    lua_Integer count = luaL_len(L, index);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, index, i);
        lua_rawseti(L, -2, i);
    }
    return true;
}

static bool matches(lua_State *L, int expected, int seen, char *why, int depth)
{
    if (why != NULL)
        why[0] = '\0';
    if (depth > DEPTH_MAX)
        return luaL_error(L, "values are nested more than %d deep", DEPTH_MAX);
    struct matcher *matcher = matcher_at(L, expected);
    if (matcher != NULL)
        return matcher_fits(L, matcher->kind, expected, seen, depth);
    if (!lua_istable(L, expected))
        return plainly_equal(L, expected, seen);
    if (!lua_istable(L, seen)) {
        int top = lua_gettop(L);
        bool fits = unfold(L, seen) && matches(L, expected, lua_gettop(L), why, depth + 1);
        lua_settop(L, top);
        return fits;
    }
    return fields_fit(L, expected, expected, seen, why, depth) &&
           fields_fit(L, seen, expected, seen, why, depth);
}

bool harness_matches(lua_State *L, int expected, int seen, char *why)
{
    int top = lua_gettop(L);
    bool fits = matches(L, lua_absindex(L, expected), lua_absindex(L, seen), why, 0);
    lua_settop(L, top);
    return fits;
}

bool harness_matches_fields(lua_State *L, int expected, int seen, char *why)
{
    luaL_checktype(L, expected, LUA_TTABLE);
    int top = lua_gettop(L);
    expected = lua_absindex(L, expected);
    if (why != NULL)
        why[0] = '\0';
    bool fits = fields_fit(L, expected, expected, lua_absindex(L, seen), why, 0);
    lua_settop(L, top);
    return fits;
}

/* --- as data --- */

struct harness_pattern {
    enum kind kind; /* KINDS: it is just this value */
    const char *text;
    size_t length; /* of the text */
    bool counted;  /* `number` is what it says, a text too in the field's unit */
    int64_t number;
    double real;
    const struct harness_pattern *values; /* of a matcher */
    size_t count;
};

/* What reads texts in the unit of the field that a pattern is for. */
struct unit {
    harness_unit_fn *read;
    enum point_field field;
};

static bool read_pattern(lua_State *L, int index, const struct unit *unit,
                         struct harness_pattern *pattern, int depth);

/* Of a matcher: what it was given. */
static bool read_values(lua_State *L, int index, const struct unit *unit,
                        struct harness_pattern *pattern, int depth)
{
    pattern->count = (size_t)value_count(L, index);
    struct harness_pattern *values = harness_keep(L, (pattern->count + 1) * sizeof(*values));
    pattern->values = values;
    bool plain = true;
    for (size_t i = 0; plain && i < pattern->count; i++) {
        push_value(L, index, (lua_Integer)i + 1);
        plain = read_pattern(L, lua_gettop(L), unit, &values[i], depth + 1);
        lua_pop(L, 1);
    }
    return plain;
}

static bool read_pattern(lua_State *L, int index, const struct unit *unit,
                         struct harness_pattern *pattern, int depth)
{
    const struct matcher *matcher = matcher_at(L, index);
    luaL_checkstack(L, 4, "nested too deep");
    *pattern = (struct harness_pattern){.kind = matcher != NULL ? matcher->kind : KINDS};
    if (matcher != NULL)
        return depth < DEPTH_MAX && read_values(L, index, unit, pattern, depth);
    if (lua_type(L, index) == LUA_TSTRING) {
        pattern->text = arena_text(harness_of(L)->arena, lua_tostring(L, index));
        pattern->length = strlen(pattern->text);
        pattern->counted = unit->read(L, index, unit->field, &pattern->number);
        return pattern->length == lua_rawlen(L, index);
    }
    pattern->counted = lua_isinteger(L, index);
    pattern->number = lua_tointeger(L, index);
    pattern->real = lua_tonumber(L, index);
    return lua_type(L, index) == LUA_TNUMBER;
}

const struct harness_pattern *harness_pattern(lua_State *L, int index, harness_unit_fn *read,
                                              enum point_field field)
{
    const struct unit unit = {.read = read, .field = field};
    index = lua_absindex(L, index);
    if (matcher_at(L, index) == NULL)
        return NULL;
    struct harness_pattern *pattern = harness_keep(L, sizeof(*pattern));
    return read_pattern(L, index, &unit, pattern, 0) ? pattern : NULL;
}

/* How the plain value is to what was seen: below 0, 0, above; false: they are of two kinds. */
static bool compare(const struct harness_pattern *value, const char *text, int64_t number,
                    int *order)
{
    if (value->kind != KINDS ||
        (text != NULL ? value->text == NULL : value->text != NULL && !value->counted))
        return false;
    if (text != NULL)
        *order = strcmp(value->text, text);
    else if (value->counted)
        *order = (value->number > number) - (value->number < number);
    else
        *order = (value->real > (double)number) - (value->real < (double)number);
    return true;
}

bool harness_pattern_fits(const struct harness_pattern *pattern, const char *text, int64_t number)
{
    const struct harness_pattern *first = pattern->values;
    int low, high;
    switch (pattern->kind) {
    case KIND_ANY:
        return true;
    case KIND_HAS:
        return text != NULL && first->text != NULL && strstr(text, first->text) != NULL;
    case KIND_STARTS:
        return text != NULL && strncmp(text, first->text, first->length) == 0;
    case KIND_BETWEEN:
        return compare(&first[0], text, number, &low) && low <= 0 &&
               compare(&first[1], text, number, &high) && high >= 0;
    case KIND_AT_LEAST:
        return compare(first, text, number, &low) && low <= 0;
    case KIND_AT_MOST:
        return compare(first, text, number, &high) && high >= 0;
    case KIND_ONE_OF:
        for (size_t i = 0; i < pattern->count; i++)
            if (harness_pattern_fits(&first[i], text, number))
                return true;
        return false;
    case KINDS:
        break;
    }
    return compare(pattern, text, number, &low) && low == 0;
}

/* --- times --- */

static uint64_t time_value(lua_State *L, int expected, lua_Integer i)
{
    push_value(L, expected, i);
    uint64_t ns = harness_duration(L, -1, "a time");
    lua_pop(L, 1);
    return ns;
}

bool harness_matches_time(lua_State *L, int expected, uint64_t seen_ns, uint64_t early_ns,
                          uint64_t late_ns)
{
    expected = lua_absindex(L, expected);
    struct matcher *matcher = matcher_at(L, expected);
    if (matcher == NULL) {
        uint64_t ns = harness_duration(L, expected, "a time");
        return seen_ns + early_ns >= ns && seen_ns <= ns + late_ns;
    }
    switch (matcher->kind) {
    case KIND_ANY:
        return true;
    case KIND_BETWEEN:
        return seen_ns + early_ns >= time_value(L, expected, 1) &&
               seen_ns <= time_value(L, expected, 2) + late_ns;
    case KIND_AT_LEAST:
        return seen_ns + early_ns >= time_value(L, expected, 1);
    case KIND_AT_MOST:
        return seen_ns <= time_value(L, expected, 1) + late_ns;
    case KIND_ONE_OF:
        for (lua_Integer i = 1; i <= value_count(L, expected); i++) {
            push_value(L, expected, i);
            bool fits = harness_matches_time(L, -1, seen_ns, early_ns, late_ns);
            lua_pop(L, 1);
            if (fits)
                return true;
        }
        return false;
    case KIND_HAS:
    case KIND_STARTS:
    case KINDS:
        break;
    }
    return luaL_error(L, "%s does not fit a time", names[matcher->kind]);
}

void harness_matcher_show(lua_State *L, int index, harness_show_fn *show, char *text, size_t size)
{
    index = lua_absindex(L, index);
    enum kind kind = matcher_at(L, index)->kind;
    size_t used = (size_t)snprintf(text, size, "%s", said[kind]);
    lua_Integer count = value_count(L, index);
    for (lua_Integer i = 1; i <= count && used + 8 < size; i++) {
        const char *between = i == 1 ? " " : kind == KIND_BETWEEN ? " and " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s", between);
        push_value(L, index, i);
        show(L, -1, text + used, size - used);
        used += strlen(text + used);
        lua_pop(L, 1);
    }
}
