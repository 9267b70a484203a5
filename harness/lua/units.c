#include "harness/lua/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "rpc/world/world.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Larger first: a duration names them in this order. */
static const struct unit times[] = {
    {"d", UINT64_C(86400000000000)},
    {"h", UINT64_C(3600000000000)},
    {"m", UINT64_C(60000000000)},
    {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},
    {"us", UINT64_C(1000)},
    {"ns", UINT64_C(1)},
};

static const struct unit sizes[] = {
    {"B", UINT64_C(1)},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
};

static const int64_t ms_ns = WORLD_MS, minute_ns = 60 * WORLD_SEC;

enum { TIMES = sizeof(times) / sizeof(times[0]), SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* "30m": a whole number and a unit at or behind `least`.  Where it ends, or NULL. */
static const char *read_part(const char *at, size_t *least, uint64_t *sum)
{
    if (!isdigit((unsigned char)*at))
        return NULL;
    char *end;
    errno = 0;
    unsigned long long count = strtoull(at, &end, 10);
    if (errno != 0)
        return NULL;
    size_t length = 0;
    while (isalpha((unsigned char)end[length]))
        length++;
    for (size_t i = *least; i < TIMES; i++) {
        if (strlen(times[i].name) != length || memcmp(times[i].name, end, length) != 0)
            continue;
        uint64_t part;
        if (__builtin_mul_overflow((uint64_t)count, times[i].factor, &part) ||
            __builtin_add_overflow(*sum, part, sum))
            return NULL;
        *least = i + 1;
        return end + length;
    }
    return NULL;
}

enum rpc_status harness_duration_parse(const char *text, int64_t *ns)
{
    const char *at = text;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    uint64_t sum = 0;
    size_t least = 0;
    if (strcmp(at, "0") == 0) {
        *ns = 0;
        return RPC_OK;
    }
    do {
        at = read_part(at, &least, &sum);
        if (at == NULL)
            return RPC_BAD_VALUE;
    } while (*at != '\0');
    if (sum > INT64_MAX)
        return RPC_BAD_VALUE;
    *ns = negative ? -(int64_t)sum : (int64_t)sum;
    return RPC_OK;
}

enum rpc_status harness_size_parse(const char *text, uint64_t *bytes)
{
    if (!isdigit((unsigned char)*text))
        return RPC_BAD_VALUE;
    char *end;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (errno != 0)
        return RPC_BAD_VALUE;
    if (*end == '\0') {
        *bytes = count;
        return RPC_OK;
    }
    for (size_t i = 0; i < SIZES; i++) {
        if (strcmp(sizes[i].name, end) != 0)
            continue;
        uint64_t size;
        if (__builtin_mul_overflow((uint64_t)count, sizes[i].factor, &size))
            return RPC_BAD_VALUE;
        *bytes = size;
        return RPC_OK;
    }
    return RPC_BAD_VALUE;
}

char *harness_duration_text(uint64_t ns, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < TIMES; i++) {
        uint64_t count = ns / times[i].factor;
        ns %= times[i].factor;
        if (count > 0)
            used += (size_t)snprintf(text + used, HARNESS_DURATION_MAX - used, "%" PRIu64 "%s",
                                     count, times[i].name);
    }
    if (used == 0)
        snprintf(text, HARNESS_DURATION_MAX, "0");
    return text;
}

/* A number of ms as ns; false when it does not fit. */
static bool from_ms(lua_State *L, int index, int64_t *ns)
{
    if (lua_isinteger(L, index))
        return !__builtin_mul_overflow((int64_t)lua_tointeger(L, index), INT64_C(1000000), ns);
    double value = lua_tonumber(L, index) * 1e6;
    if (!(fabs(value) < 9e18))
        return false;
    *ns = llround(value);
    return true;
}

static bool read_duration(lua_State *L, int index, int64_t *ns)
{
    if (lua_type(L, index) == LUA_TNUMBER)
        return from_ms(L, index, ns);
    return lua_type(L, index) == LUA_TSTRING &&
           harness_duration_parse(lua_tostring(L, index), ns) == RPC_OK;
}

static int no_duration(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) == LUA_TSTRING || lua_type(L, index) == LUA_TNUMBER)
        return luaL_error(L,
                          "%s: '%s' is no duration; write \"15m\", \"1h30m\", \"250ms\" or "
                          "milliseconds",
                          what, lua_tostring(L, index));
    return luaL_error(L, "%s: a duration expected (\"15m\", \"250ms\" or milliseconds), got %s",
                      what, luaL_typename(L, index));
}

int64_t harness_signed_duration(lua_State *L, int index, const char *what)
{
    int64_t ns = 0;
    if (!read_duration(L, index, &ns))
        no_duration(L, index, what);
    return ns;
}

uint64_t harness_duration(lua_State *L, int index, const char *what)
{
    int64_t ns = harness_signed_duration(L, index, what);
    if (ns < 0)
        luaL_error(L, "%s: a duration can't be negative", what);
    return (uint64_t)ns;
}

/* How many `unit_ns` a duration has, which must be a whole number: nothing is cut off unsaid. */
static int64_t whole(lua_State *L, int index, const char *what, const char *units, int64_t unit_ns)
{
    int64_t ns = harness_signed_duration(L, index, what);
    if (ns % unit_ns != 0)
        luaL_error(L, "%s: %s is no whole number of %s", what, harness_show_given(L, index), units);
    return ns / unit_ns;
}

int64_t harness_signed_ms(lua_State *L, int index, const char *what)
{
    return whole(L, index, what, "milliseconds, in which Hadoop counts", ms_ns);
}

uint64_t harness_ms(lua_State *L, int index, const char *what)
{
    harness_duration(L, index, what); /* not negative */
    return (uint64_t)harness_signed_ms(L, index, what);
}

bool harness_is_duration(lua_State *L, int index, uint64_t *ns)
{
    int64_t value;
    if (!read_duration(L, index, &value) || value < 0)
        return false;
    *ns = (uint64_t)value;
    return true;
}

uint64_t harness_size(lua_State *L, int index, const char *what)
{
    uint64_t bytes = 0;
    if (lua_isinteger(L, index) && lua_tointeger(L, index) >= 0)
        return (uint64_t)lua_tointeger(L, index);
    if (lua_type(L, index) != LUA_TSTRING ||
        harness_size_parse(lua_tostring(L, index), &bytes) != RPC_OK)
        luaL_error(L, "%s: a size expected (\"4KiB\" or bytes), got %s", what,
                   harness_show_given(L, index));
    return bytes;
}

void harness_push_ms(lua_State *L, uint64_t ns)
{
    if (ns % 1000000 == 0)
        lua_pushinteger(L, (lua_Integer)(ns / 1000000));
    else
        lua_pushnumber(L, (double)ns / 1e6);
}

/* The value at the top in the unit of `setting`. */
static int64_t setting_value(lua_State *L, enum release_setting setting, const char *key)
{
    switch (release_setting_kind(setting)) {
    case SETTING_MS:
        return harness_signed_ms(L, -1, key);
    case SETTING_MINUTES:
        if (lua_type(L, -1) == LUA_TNUMBER) /* Hadoop counts this one in minutes */
            return (int64_t)luaL_checkinteger(L, -1);
        return whole(L, -1, key, "minutes, in which Hadoop counts", minute_ns);
    case SETTING_BYTES:
        return (int64_t)harness_size(L, -1, key);
    case SETTING_BOOL:
        if (!lua_isboolean(L, -1))
            luaL_error(L, "%s: true or false expected, got %s", key, harness_show_given(L, -1));
        return lua_toboolean(L, -1);
    case SETTING_NUMBER:
        if (!lua_isinteger(L, -1))
            luaL_error(L, "%s: a whole number expected, got %s", key, harness_show_given(L, -1));
        return (int64_t)lua_tointeger(L, -1);
    }
    return luaL_error(L, "%s: of an unknown kind", key);
}

static void set(lua_State *L, const char *key, const struct release *release,
                struct release_settings *settings)
{
    char keys[RELEASE_KEYS_MAX];
    enum release_setting setting = release_setting_by_key(key);
    if (setting == SETTING_COUNT)
        harness_no_such(L, "conf", "key", key, release_setting_keys(keys));
    bool is_false = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    if (is_false && release_setting_kind(setting) != SETTING_BOOL) {
        release_unset(release, settings, setting);
        return;
    }
    switch ((int)release_set(release, settings, setting, setting_value(L, setting, key))) {
    case RPC_OK:
        return;
    case RPC_NOT_IN_RELEASE:
        luaL_error(L, "release %s has no setting '%s'", release->name, key);
        return;
    default:
        luaL_error(L, "conf: '%s' can't be %s", key, harness_show_given(L, -1));
    }
}

void harness_conf(lua_State *L, int index, const struct release *release,
                  struct release_settings *settings)
{
    if (lua_isnoneornil(L, index))
        return;
    if (!lua_istable(L, index))
        luaL_error(L,
                   "conf: a table of Hadoop's keys expected, { [\"ipc.ping.interval\"] = \"1m\" }; "
                   "got %s",
                   harness_push_text(L, index));
    index = lua_absindex(L, index);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L,
                       "conf: keys are Hadoop's names, [\"ipc.ping.interval\"] = \"1m\"; got a %s",
                       luaL_typename(L, -2));
        set(L, lua_tostring(L, -2), release, settings);
        lua_pop(L, 1);
    }
}

bool harness_is_whole(lua_State *L, int index, lua_Integer *number)
{
    int whole = 0;
    uint64_t bytes;
    int64_t ns;
    *number = 0;
    if (lua_type(L, index) == LUA_TNUMBER) {
        *number = lua_tointegerx(L, index, &whole);
        return whole != 0;
    }
    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    const char *text = lua_tostring(L, index);
    if (harness_size_parse(text, &bytes) == RPC_OK) {
        *number = (lua_Integer)bytes;
        return true;
    }
    if (harness_duration_parse(text, &ns) != RPC_OK || ns % (int64_t)WORLD_MS != 0)
        return false;
    *number = ns / (int64_t)WORLD_MS;
    return true;
}
