#include "harness/lua/options.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"

enum { NAME_MAX_LENGTH = 64 };

/* The next word of a list with spaces between; its length, 0 at the end. */
static size_t next_word(const char **at)
{
    while (**at == ' ')
        (*at)++;
    return strcspn(*at, " ");
}

bool harness_is_among(const char *name, const char *words)
{
    size_t wanted = strlen(name);
    const char *at = words;
    for (size_t length; (length = next_word(&at)) > 0; at += length)
        if (length == wanted && memcmp(at, name, length) == 0)
            return true;
    return false;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put in, left out, replaced or swapped with a neighbour. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *harness_nearest(const char *name, const char *known, char *nearest, size_t size)
{
    size_t name_length = strlen(name);
    if (name_length > NAME_MAX_LENGTH)
        return NULL;
    size_t best = name_length < 4 ? 2 : name_length / 2 + 1; /* farther is no help */
    bool found = false;
    const char *at = known;
    for (size_t length; (length = next_word(&at)) > 0; at += length) {
        if (length > NAME_MAX_LENGTH || length >= size)
            continue;
        size_t far = distance(name, name_length, at, length);
        if (far >= best)
            continue;
        best = far;
        found = true;
        memcpy(nearest, at, length);
        nearest[length] = '\0';
    }
    return found ? nearest : NULL;
}

/* The words with one space between, pushed. */
static const char *push_single(lua_State *L, const char *words)
{
    luaL_Buffer single;
    const char *at = words;
    luaL_buffinit(L, &single);
    for (size_t length, before = 0; (length = next_word(&at)) > 0; at += length, before = 1) {
        luaL_addlstring(&single, " ", before);
        luaL_addlstring(&single, at, length);
    }
    luaL_pushresult(&single);
    return lua_tostring(L, -1);
}

int harness_no_such(lua_State *L, const char *what, const char *kind, const char *name,
                    const char *known)
{
    char nearest[NAME_MAX_LENGTH + 1];
    if (harness_nearest(name, known, nearest, sizeof(nearest)) != NULL)
        return harness_error(L, "%s has no %s '%s'; did you mean '%s'?", what, kind, name, nearest);
    return harness_error(L, "%s has no %s '%s' (it has: %s)", what, kind, name,
                         push_single(L, known));
}

/* The first wrong key in the order of names goes to `wrong`; hash order must not show. */
static bool find_wrong(lua_State *L, int index, const char *known, const char **wrong)
{
    *wrong = NULL;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            continue;
        const char *key = lua_tostring(L, -1);
        if (!harness_is_among(key, known) && (*wrong == NULL || strcmp(key, *wrong) < 0))
            *wrong = key;
    }
    return *wrong != NULL;
}

static void check_other_keys(lua_State *L, int index, const char *what, int flags)
{
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        bool position = lua_isinteger(L, -1) && (flags & HARNESS_POSITIONS);
        if (lua_type(L, -1) != LUA_TSTRING && !position)
            luaL_error(L, "%s takes options by name; got a value by position", what);
    }
}

void harness_options(lua_State *L, int index, const char *what, const char *known, int flags)
{
    if (lua_isnoneornil(L, index))
        return;
    index = lua_absindex(L, index);
    if (!lua_istable(L, index))
        luaL_error(L, "%s: a table of options expected, got %s", what, luaL_typename(L, index));
    const char *wrong;
    if (find_wrong(L, index, known, &wrong))
        harness_no_such(L, what, "option", wrong, known);
    check_other_keys(L, index, what, flags);
}

int harness_option_push(lua_State *L, int index, const char *key)
{
    if (!lua_istable(L, index)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    lua_pushstring(L, key);
    return lua_rawget(L, index < 0 && index > LUA_REGISTRYINDEX ? index - 1 : index);
}

lua_Integer harness_option_integer(lua_State *L, int index, const char *key, lua_Integer otherwise,
                                   lua_Integer least_value, lua_Integer most)
{
    lua_Integer value = otherwise;
    if (harness_option_push(L, index, key) != LUA_TNIL) {
        int whole;
        value = lua_tointegerx(L, -1, &whole);
        if (!whole || lua_type(L, -1) != LUA_TNUMBER)
            luaL_error(L, "%s: a whole number expected, got %s", key, harness_show_given(L, -1));
        if (value < least_value || value > most)
            luaL_error(L, "%s: %I is not between %I and %I", key, (LUAI_UACINT)value,
                       (LUAI_UACINT)least_value, (LUAI_UACINT)most);
    }
    lua_pop(L, 1);
    return value;
}

bool harness_option_boolean(lua_State *L, int index, const char *key, bool otherwise)
{
    bool value = otherwise;
    if (harness_option_push(L, index, key) != LUA_TNIL) {
        if (!lua_isboolean(L, -1))
            luaL_error(L, "%s: true or false expected, got %s", key, harness_show_given(L, -1));
        value = lua_toboolean(L, -1);
    }
    lua_pop(L, 1);
    return value;
}

const char *harness_option_text(lua_State *L, int index, const char *key, const char *otherwise)
{
    const char *value = otherwise;
    if (harness_option_push(L, index, key) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s: a text expected, got %s", key, harness_show_given(L, -1));
        value = lua_tostring(L, -1);
    }
    lua_pop(L, 1);
    return value;
}

uint64_t harness_option_duration(lua_State *L, int index, const char *key, uint64_t otherwise_ns)
{
    uint64_t value = otherwise_ns;
    if (harness_option_push(L, index, key) != LUA_TNIL)
        value = harness_duration(L, -1, key);
    lua_pop(L, 1);
    return value;
}

uint64_t harness_option_size(lua_State *L, int index, const char *key, uint64_t otherwise)
{
    uint64_t value = otherwise;
    if (harness_option_push(L, index, key) != LUA_TNIL)
        value = harness_size(L, -1, key);
    lua_pop(L, 1);
    return value;
}

int harness_option_word(lua_State *L, int index, const char *key, const char *words)
{
    const char *value = harness_option_text(L, index, key, NULL);
    if (value == NULL)
        return -1;
    const char *at = words;
    int place = 0;
    for (size_t length; (length = next_word(&at)) > 0; at += length, place++)
        if (length == strlen(value) && memcmp(at, value, length) == 0)
            return place;
    char nearest[NAME_MAX_LENGTH + 1];
    if (harness_nearest(value, words, nearest, sizeof(nearest)) != NULL)
        return luaL_error(L, "%s can't be '%s'; did you mean '%s'?", key, value, nearest);
    return luaL_error(L, "%s can't be '%s' (one of: %s)", key, value, words);
}
