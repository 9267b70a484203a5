#include "harness/lua/chance.h"

#include <stdbool.h>
#include <string.h>

#include "harness/harness.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/units.h"

enum { BYTES_MAX = 64 << 20 };

static struct harness *drawing(lua_State *L)
{
    struct harness *harness = harness_of(L);
    if (harness == NULL)
        luaL_error(L, "chance is for a scenario's body; a file only declares");
    return harness;
}

static uint32_t draw32(struct harness *harness)
{
    return world_choose(harness->world, SITE_SCRIPT, 0, harness->draws++, UINT32_MAX);
}

static uint64_t draw64(struct harness *harness)
{
    uint64_t high = draw32(harness);
    return high << 32 | draw32(harness);
}

/* low … high, both included. */
static lua_Integer draw_between(lua_State *L, lua_Integer low, lua_Integer high)
{
    struct harness *harness = drawing(L);
    if (low > high)
        luaL_error(L, "random: nothing lies between %I and %I", (LUAI_UACINT)low,
                   (LUAI_UACINT)high);
    uint64_t range = (uint64_t)high - (uint64_t)low;
    if (range < UINT32_MAX)
        return (lua_Integer)((uint64_t)low + world_choose(harness->world, SITE_SCRIPT, 0,
                                                          harness->draws++, (uint32_t)range));
    uint64_t drawn = draw64(harness);
    return (lua_Integer)((uint64_t)low + (range == UINT64_MAX ? drawn : drawn % (range + 1)));
}

int harness_math_random(lua_State *L)
{
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (double)(draw64(drawing(L)) >> 11) * 0x1p-53);
        return 1;
    case 1: {
        lua_Integer high = luaL_checkinteger(L, 1);
        lua_pushinteger(L, high == 0 ? (lua_Integer)draw64(drawing(L)) : draw_between(L, 1, high));
        return 1;
    }
    default:
        lua_pushinteger(L, draw_between(L, luaL_checkinteger(L, 1), luaL_checkinteger(L, 2)));
        return 1;
    }
}

/* t:random(a, b): whole numbers, or durations in ms when one of them is a text */
static int t_random(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TSTRING || lua_type(L, 3) == LUA_TSTRING) {
        uint64_t low = harness_ms(L, 2, "random"), high = harness_ms(L, 3, "random");
        lua_pushinteger(L, draw_between(L, (lua_Integer)low, (lua_Integer)high));
        return 1;
    }
    lua_pushinteger(L, draw_between(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)));
    return 1;
}

/* t:random_bytes(n) */
static int t_random_bytes(lua_State *L)
{
    struct harness *harness = drawing(L);
    uint64_t count = harness_size(L, 2, "random_bytes");
    if (count > BYTES_MAX)
        return luaL_error(L, "random_bytes: at most 64 MiB");
    luaL_Buffer bytes;
    char *into = luaL_buffinitsize(L, &bytes, (size_t)count);
    for (size_t i = 0; i < count; i += 4) {
        uint32_t word = draw32(harness);
        memcpy(into + i, &word, count - i < 4 ? count - i : 4);
    }
    luaL_pushresultsize(&bytes, (size_t)count);
    return 1;
}

/* --- t:draw: what a site of the protocol's own chance answers --- */

struct scripted {
    bool always; /* one value for every draw; else a list, used up */
    uint32_t *values;
    size_t count, used;
    const char *file; /* of the script */
    int line;
};

struct harness_draws {
    struct scripted sites[SITE_COUNT];
};

static const char *site_names(lua_State *L)
{
    luaL_Buffer names;
    luaL_buffinit(L, &names);
#define X(name, text, rough)                                                                       \
    if (!(rough) && SITE_##name != SITE_SCRIPT) {                                                  \
        luaL_addstring(&names, text " ");                                                          \
    }
    WORLD_SITE_MAP(X)
#undef X
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

static enum world_site check_site(lua_State *L, int index)
{
    static const char *const names[] = {
#define X(name, text, rough) [SITE_##name] = (rough) ? "" : text,
        WORLD_SITE_MAP(X)
#undef X
    };
    /* Nobody draws there: what would draw is not built. */
    static const char *const missing[SITE_COUNT] = {
        [SITE_CLIENT_RETRY] = "the retry layer",
        [SITE_CLIENT_SASL] = "SASL",
    };
    const char *name = luaL_checkstring(L, index);
    for (unsigned site = 0; site < SITE_COUNT; site++) {
        if (site == SITE_SCRIPT || strcmp(names[site], name) != 0)
            continue;
        if (site == SITE_CLIENT_PORT && !harness_of(L)->world->virtual_time)
            harness_skip(L, "the kernel draws the ports of clients");
        if (missing[site] != NULL)
            luaL_error(L, "draw: nobody draws %s, for this ripcord does not have %s", name,
                       missing[site]);
        return (enum world_site)site;
    }
    harness_no_such(L, "draw", "site", name, site_names(L));
    return SITE_COUNT;
}

/* What a script gives for a site in the unit of world_choose's answer. */
static uint32_t check_value(lua_State *L, int index, enum world_site site)
{
    if (site == SITE_CLIENT_RETRY) { /* u, from 0 to 1 */
        double u = luaL_checknumber(L, index);
        if (!(u >= 0 && u <= 1))
            luaL_error(L, "draw: u lies between 0 and 1");
        return (uint32_t)(u * UINT32_MAX);
    }
    if (site == SITE_CLIENT_SASL || site == SITE_SERVER_SELECT)
        return (uint32_t)harness_ms(L, index, "draw");
    lua_Integer value = luaL_checkinteger(L, index);
    if (site == SITE_SERVER_CLEANUP && value < 0 && value >= INT32_MIN) /* Random.nextInt() */
        return (uint32_t)value;
    if (value < 0 || value > UINT32_MAX)
        luaL_error(L, "draw: %I does not fit", (LUAI_UACINT)value);
    return (uint32_t)value;
}

static uint32_t answer(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                       uint32_t max, uint32_t drawn)
{
    struct harness_draws *draws = owner;
    struct scripted *scripted = &draws->sites[site];
    (void)entity;
    (void)ordinal;
    if (scripted->count == 0)
        return drawn;
    if (!scripted->always && scripted->used >= scripted->count)
        return drawn;
    uint32_t value = scripted->values[scripted->always ? 0 : scripted->used];
    scripted->used++;
    return value > max ? max : value;
}

/* t:draw(site, value | list) */
static int t_draw(lua_State *L)
{
    struct harness *harness = drawing(L);
    enum world_site site = check_site(L, 2);
    bool list = lua_istable(L, 3);
    size_t count = list ? (size_t)lua_rawlen(L, 3) : 1;
    if (count == 0)
        return luaL_error(L, "draw: an empty list scripts nothing; give what the draws answer");
    if (harness->draws_scripted == NULL)
        harness->draws_scripted = harness_keep(L, sizeof(struct harness_draws));
    uint32_t *values = harness_keep(L, count * sizeof(*values) + 1);
    for (size_t i = 0; i < count; i++) {
        if (list)
            lua_rawgeti(L, 3, (lua_Integer)i + 1);
        else
            lua_pushvalue(L, 3);
        values[i] = check_value(L, lua_gettop(L), site);
        lua_pop(L, 1);
    }
    int line;
    const char *file = harness_keep_place(L, &line);
    harness_lock(harness);
    harness->draws_scripted->sites[site] = (struct scripted){
        .always = !list, .values = values, .count = count, .file = file, .line = line};
    harness->world->draw = answer;
    harness->world->draw_owner = harness->draws_scripted;
    harness_unlock(harness);
    return 0;
}

void harness_draws_check(struct harness *harness)
{
    static const char *const names[] = {
#define X(name, text, rough) [SITE_##name] = text,
        WORLD_SITE_MAP(X)
#undef X
    };
    if (harness->draws_scripted == NULL)
        return;
    for (unsigned site = 0; site < SITE_COUNT; site++) {
        const struct scripted *scripted = &harness->draws_scripted->sites[site];
        size_t wanted = scripted->always && scripted->count > 0 ? 1 : scripted->count;
        if (scripted->used < wanted)
            harness_void(harness, "%s:%d: %zu of %zu scripted draws of %s were left over",
                         scripted->file, scripted->line, wanted - scripted->used, wanted,
                         names[site]);
    }
}

const luaL_Reg harness_t_chance[] = {
    {"draw", t_draw}, {"random", t_random}, {"random_bytes", t_random_bytes}, {NULL, NULL}};
