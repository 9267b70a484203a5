#include "harness/fault/condition.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/trace/event.h"
#include "harness/trace/ledger.h"
#include "rpc/arena.h"

const char *harness_condition_name(unsigned what)
{
    static const char *const names[] = {"lane", "call_id", "retry", "direction", "proxy"};
    return what < FIELD_COUNT ? point_field_name((enum point_field)what)
                              : names[what - FIELD_COUNT];
}

/* --- what the event has --- */

static bool own_value(const struct point_event *event, unsigned field, struct point_value *value)
{
    const struct point_value *own =
        point_find_value(event->values, event->value_count, (enum point_field)field);
    if (own != NULL)
        *value = *own;
    return own != NULL;
}

/* False: nothing. */
static bool value_of(struct harness *harness, unsigned what, const struct point_event *event,
                     struct point_value *value)
{
    *value = (struct point_value){0};
    switch (what) {
    case CONDITION_LANE:
        harness_lock(harness);
        value->text = harness_trace_lane_name(harness->trace, event->lane);
        harness_unlock(harness);
        return value->text != NULL;
    case CONDITION_CALL_ID:
        value->number = event->call_id;
        return event->call_id != POINT_NO_CALL;
    case CONDITION_RETRY:
        value->number = event->retry;
        return true;
    case CONDITION_DIRECTION:
        value->text = event->direction == DIRECTION_C2S ? "c2s" : "s2c";
        return event->direction != DIRECTION_NONE;
    case CONDITION_PROXY:
        return false; /* it may be several's */
    default:
        return own_value(event, what, value);
    }
}

/* --- judging --- */

bool harness_condition_ask(struct harness *harness, lua_State *judge, int arguments)
{
    bool fits = false;
    int below = lua_gettop(judge) - arguments - 1; /* it may be at work already */
    harness->judging++;
    if (harness->misjudged) {
        fits = false;
    } else if (lua_pcall(judge, arguments, 1, 0) == LUA_OK) {
        fits = lua_toboolean(judge, -1);
    } else {
        harness_broken(harness, "%s", harness_push_text(judge, -1));
        harness->misjudged = true;
    }
    harness->judging--;
    lua_settop(judge, below);
    return fits;
}

/* Protected: expected (a reference), event → whether the field that scripts see fits. */
static int fits_in_lua(lua_State *L)
{
    const struct harness_condition *condition = lua_touserdata(L, 1);
    const struct point_event *event = lua_touserdata(L, 2);
    struct point_value value;
    lua_rawgeti(L, LUA_REGISTRYINDEX, condition->reference);
    if (condition->what < FIELD_COUNT) {
        own_value(event, condition->what, &value);
        harness_push_value(L, harness_of(L), &value);
    } else {
        harness_push_visit(L, harness_of(L), event);
        lua_getfield(L, -1, harness_condition_name(condition->what));
        lua_remove(L, -2);
    }
    lua_pushboolean(L, harness_matches(L, 3, 4, NULL));
    return 1;
}

bool harness_condition_asks_lua(const struct harness_condition *condition)
{
    return condition->pattern == NULL && condition->reference != LUA_NOREF;
}

static bool pattern_fits(const struct harness_condition *condition, const struct point_value *value)
{
    if (harness_pattern_fits(condition->pattern, value->text, value->number))
        return true;
    const char *slash = condition->what == CONDITION_LANE ? strchr(value->text, '/') : NULL;
    return slash != NULL && harness_pattern_fits(condition->pattern, slash + 1, 0);
}

bool harness_condition_fits(struct harness *harness, const struct harness_condition *condition,
                            const struct point_event *event)
{
    struct point_value value;
    if (condition->what == CONDITION_PROXY)
        return harness_ledger_is_of(harness, event, (uint32_t)condition->number);
    if (!value_of(harness, condition->what, event, &value))
        return false;
    if (condition->pattern != NULL)
        return pattern_fits(condition, &value);
    if (!harness_condition_asks_lua(condition)) {
        if (value.text != NULL)
            return condition->text != NULL && strcmp(condition->text, value.text) == 0;
        return condition->has_number && condition->number == value.number;
    }
    lua_State *judge = harness_judge_state(harness);
    lua_pushcfunction(judge, fits_in_lua);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)condition);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)event);
    return harness_condition_ask(harness, judge, 2);
}

/* --- reading --- */

/* A duration in ms or a size in bytes, as this field counts. */
static bool read_number(lua_State *L, int index, enum point_field field, int64_t *number)
{
    uint64_t value;
    if (lua_isinteger(L, index)) {
        *number = lua_tointeger(L, index);
        return true;
    }
    if (lua_isboolean(L, index)) {
        *number = lua_toboolean(L, index);
        return true;
    }
    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    bool is_time = field == FIELD_AGE || field == FIELD_DELAY || field == FIELD_TIME;
    bool is_size = field == FIELD_BYTES || field == FIELD_LENGTH || field == FIELD_ACCEPTED;
    if (is_time && harness_is_duration(L, index, &value))
        *number = (int64_t)(value / 1000000);
    else if (is_size && harness_size_parse(lua_tostring(L, index), &value) == RPC_OK)
        *number = (int64_t)value;
    else
        return false;
    return true;
}

const struct harness_condition *harness_condition_read(lua_State *L, unsigned what,
                                                       struct harness_condition *condition)
{
    *condition = (struct harness_condition){.what = what, .reference = LUA_NOREF};
    if (lua_type(L, -1) == LUA_TSTRING)
        condition->text = arena_text(harness_of(L)->arena, lua_tostring(L, -1));
    condition->has_number = read_number(L, -1, (enum point_field)what, &condition->number);
    if (condition->text == NULL && !condition->has_number) {
        if (what != FIELD_TO) /* scripts see a host there */
            condition->pattern = harness_pattern(L, -1, read_number, (enum point_field)what);
        lua_pushvalue(L, -1);
        condition->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return condition;
}

struct harness_condition harness_condition_of_proxy(uint32_t number)
{
    return (struct harness_condition){
        .what = CONDITION_PROXY, .number = number, .reference = LUA_NOREF};
}

/* --- for people --- */

void harness_condition_text(struct harness *harness, const struct harness_condition *condition,
                            char *text, size_t size)
{
    char shown[HARNESS_SHOW_MAX] = "?";
    if (condition->what == CONDITION_PROXY) {
        snprintf(text, size, "of proxy %lld", (long long)condition->number);
        return;
    }
    if (condition->reference != LUA_NOREF) {
        lua_State *judge = harness_judge_state(harness);
        lua_rawgeti(judge, LUA_REGISTRYINDEX, condition->reference);
        harness_show(judge, -1, shown, sizeof(shown));
        lua_pop(judge, 1);
    } else if (condition->text != NULL) {
        snprintf(shown, sizeof(shown), "\"%s\"", condition->text);
    } else {
        snprintf(shown, sizeof(shown), "%lld", (long long)condition->number);
    }
    snprintf(text, size, "with %s = %.200s", harness_condition_name(condition->what), shown);
}

bool harness_condition_seen(struct harness *harness, const struct harness_condition *condition,
                            const struct point_event *event, char *text, size_t size)
{
    struct point_value value;
    if (!value_of(harness, condition->what, event, &value))
        return false;
    if (value.text != NULL)
        snprintf(text, size, "\"%.60s\"", value.text);
    else
        snprintf(text, size, "%lld", (long long)value.number);
    return true;
}
