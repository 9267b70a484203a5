#include "harness/fault/aim.h"

#include <stdio.h>
#include <string.h>

#include "faults/aim.h"
#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/play/arena.h"
#include "harness/trace/event.h"

/* One field of the event and what it must be. */
struct harness_aim_condition {
    enum point_field field;
    const char *text; /* this text, or */
    bool has_number;
    int64_t number;                        /* this number (of bytes, of ms), or */
    const struct harness_pattern *pattern; /* what this matcher says, or */
    int reference; /* what this Lua value says; of a pattern too, to show it */
};

static const char *const who = "host server client connection call lane method call_id retry "
                               "direction";
static const char *const when = "nth times from to chance maybe where";

/* --- judging --- */

static const struct point_value *value_of(const struct point_event *event, enum point_field field)
{
    for (size_t i = 0; i < event->value_count; i++)
        if (event->values[i].field == field)
            return &event->values[i];
    return NULL;
}

/* Protected: expected (a reference), event, field → whether it fits. */
static int fits_in_lua(lua_State *L)
{
    const struct harness_aim_condition *condition = lua_touserdata(L, 1);
    const struct point_value *value = lua_touserdata(L, 2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, condition->reference);
    harness_push_value(L, harness_of(L), value);
    lua_pushboolean(L, harness_matches(L, 3, 4, NULL));
    return 1;
}

static bool call_judge(struct harness *harness, lua_State *judge, int arguments)
{
    bool fits = false;
    int below = lua_gettop(judge) - arguments - 1; /* it may be at work already */
    if (lua_pcall(judge, arguments, 1, 0) == LUA_OK)
        fits = lua_toboolean(judge, -1);
    else
        harness_broken(harness, "%s", harness_push_text(judge, -1));
    lua_settop(judge, below);
    return fits;
}

static bool value_fits(struct harness *harness, const struct harness_aim_condition *condition,
                       const struct point_value *value)
{
    if (value == NULL)
        return false;
    if (condition->pattern != NULL)
        return harness_pattern_fits(condition->pattern, value->text, value->number);
    if (condition->reference == LUA_NOREF) {
        if (value->text != NULL)
            return condition->text != NULL && strcmp(condition->text, value->text) == 0;
        return condition->has_number && condition->number == value->number;
    }
    lua_State *judge = harness_judge_state(harness);
    lua_pushcfunction(judge, fits_in_lua);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)condition);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)value);
    return call_judge(harness, judge, 2);
}

/* Protected: the function's reference, the event → what it says. */
static int ask_function(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, lua_tointeger(L, 1));
    harness_push_visit(L, harness_of(L), lua_touserdata(L, 2));
    lua_call(L, 1, 1);
    return 1;
}

static bool function_fits(const struct harness_aim *aim, const struct point_event *event)
{
    lua_State *judge = harness_judge_state(aim->harness);
    lua_pushcfunction(judge, ask_function);
    lua_pushinteger(judge, aim->function);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)event);
    return call_judge(aim->harness, judge, 2);
}

static bool judge(void *owner, const struct point_event *event)
{
    const struct harness_aim *aim = owner;
    for (size_t i = 0; i < aim->count; i++)
        if (!value_fits(aim->harness, &aim->conditions[i],
                        value_of(event, aim->conditions[i].field)))
            return false;
    return aim->function == LUA_NOREF || function_fits(aim, event);
}

bool harness_aim_fits(const struct harness_aim *aim, const struct point_event *event,
                      const char *lane)
{
    return aim_fits(&aim->plan, event, lane, event->at_ns);
}

/* --- reading --- */

/* The handle on the top of the stack. */
static void take_handle(lua_State *L, struct harness_aim *aim, const char *what)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, -1, &object);
    if (type == NULL || type->aim == NULL)
        luaL_error(L, "%s can't be aimed at %s", point_name(aim->point),
                   type != NULL ? type->name : harness_push_text(L, -1));
    if (what != NULL && strcmp(what, type->name) != 0)
        luaL_error(L, "aim: %s expected, got %s", what, harness_push_text(L, -1));
    type->aim(object, &aim->plan);
}

static void take_handles(lua_State *L, int index, struct harness_aim *aim)
{
    static const char *const named[] = {"host", "server", "client", "connection", "call"};
    for (lua_Integer i = 1; lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
        take_handle(L, aim, NULL);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (harness_option_push(L, index, named[i]) != LUA_TNIL)
            take_handle(L, aim, named[i]);
        lua_pop(L, 1);
    }
}

/* A duration in ms or a size in bytes, as this field counts. */
static bool read_number(lua_State *L, enum point_field field, int64_t *number)
{
    uint64_t value;
    if (lua_isinteger(L, -1)) {
        *number = lua_tointeger(L, -1);
        return true;
    }
    if (lua_isboolean(L, -1)) {
        *number = lua_toboolean(L, -1);
        return true;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    bool is_time = field == FIELD_AGE || field == FIELD_DELAY || field == FIELD_TIME;
    bool is_size = field == FIELD_BYTES || field == FIELD_LENGTH || field == FIELD_ACCEPTED;
    if (is_time && harness_is_duration(L, -1, &value))
        *number = (int64_t)(value / 1000000);
    else if (is_size && harness_size_parse(lua_tostring(L, -1), &value) == RPC_OK)
        *number = (int64_t)value;
    else
        return false;
    return true;
}

/* The value on top is what `field` must be. */
static void add_condition(lua_State *L, struct harness_aim *aim, enum point_field field)
{
    struct harness_aim_condition *condition = &aim->conditions[aim->count++];
    *condition = (struct harness_aim_condition){.field = field, .reference = LUA_NOREF};
    if (lua_type(L, -1) == LUA_TSTRING)
        condition->text = harness_arena_text(aim->harness->arena, lua_tostring(L, -1));
    condition->has_number = read_number(L, field, &condition->number);
    if (condition->text == NULL && !condition->has_number) {
        if (field != FIELD_TO) /* scripts see a host there */
            condition->pattern = harness_pattern(L, -1);
        lua_pushvalue(L, -1);
        condition->reference = luaL_ref(L, LUA_REGISTRYINDEX);
        aim->needs_lua |= condition->pattern == NULL;
    }
}

static bool is_time(lua_State *L)
{
    uint64_t ns;
    return harness_is_duration(L, -1, &ns);
}

/* The event's own fields. */
static void take_fields(lua_State *L, int index, struct harness_aim *aim, const char *more)
{
    const char *fields = point_fields(aim->point);
    aim->conditions = harness_keep(L, FIELD_COUNT * sizeof(*aim->conditions));
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        const char *name = point_field_name((enum point_field)i);
        if (i == FIELD_METHOD || !harness_is_among(name, fields) || harness_is_among(name, more))
            continue;
        int type = harness_option_push(L, index, name);
        if (type != LUA_TNIL && !(i == FIELD_TO && is_time(L)))
            add_condition(L, aim, (enum point_field)i);
        lua_pop(L, 1);
    }
    if (harness_option_push(L, index, "method") == LUA_TSTRING)
        aim->plan.method = harness_arena_text(aim->harness->arena, lua_tostring(L, -1));
    else if (!lua_isnil(L, -1))
        add_condition(L, aim, FIELD_METHOD);
    lua_pop(L, 1);
}

static void take_call(lua_State *L, int index, struct plan_aim *plan)
{
    int top = lua_gettop(L);
    if (harness_option_push(L, index, "call_id") != LUA_TNIL) {
        plan->has_call = true;
        plan->call_id =
            (int32_t)harness_option_integer(L, index, "call_id", 0, INT32_MIN, INT32_MAX);
    }
    if (harness_option_push(L, index, "retry") != LUA_TNIL) {
        plan->has_retry = true;
        plan->retry = (int32_t)harness_option_integer(L, index, "retry", 0, INT32_MIN, INT32_MAX);
    }
    lua_pop(L, 2);
    if (harness_option_push(L, index, "lane") != LUA_TNIL) /* a text, or a handle */
        plan->lane = harness_arena_text(harness_of(L)->arena, harness_push_text(L, -1));
    lua_settop(L, top);
    int direction = harness_option_word(L, index, "direction", "c2s s2c");
    plan->direction = direction < 0    ? DIRECTION_NONE
                      : direction == 0 ? DIRECTION_C2S
                                       : DIRECTION_S2C;
}

static void take_when(lua_State *L, int index, struct harness_aim *aim)
{
    struct plan_aim *plan = &aim->plan;
    plan->nth = (uint32_t)harness_option_integer(L, index, "nth", 0, 1, UINT32_MAX);
    plan->times = (uint32_t)harness_option_integer(L, index, "times", 0, 1, UINT32_MAX);
    plan->from_ns = harness_option_duration(L, index, "from", 0);
    if (harness_option_push(L, index, "to") != LUA_TNIL &&
        (is_time(L) || !harness_is_among("to", point_fields(aim->point))))
        plan->to_ns = harness_duration(L, -1, "to");
    if (harness_option_push(L, index, "chance") != LUA_TNIL) {
        double chance = lua_tonumber(L, -1);
        if (!lua_isnumber(L, -1) || !(chance >= 0 && chance <= 1))
            luaL_error(L, "chance: a number from 0 to 1 expected, got %s",
                       harness_push_text(L, -1));
        plan->has_chance = true;
        plan->chance = (uint32_t)(chance * UINT32_MAX);
    }
    lua_pop(L, 2);
    plan->maybe = harness_option_boolean(L, index, "maybe", false);
    if (harness_option_push(L, index, "where") != LUA_TNIL) {
        if (!lua_isfunction(L, -1))
            luaL_error(L, "where: a function expected, function(event) return … end; got %s",
                       harness_push_text(L, -1));
        lua_pushvalue(L, -1);
        aim->function = luaL_ref(L, LUA_REGISTRYINDEX);
        aim->needs_lua = true;
    }
    lua_pop(L, 1);
}

struct harness_aim *harness_aim(lua_State *L, int index, enum point point, const char *more)
{
    struct harness *harness = harness_of(L);
    struct harness_aim *aim = harness_keep(L, sizeof(*aim));
    *aim =
        (struct harness_aim){.harness = harness, .point = point, .function = LUA_NOREF, .text = ""};
    if (lua_isnoneornil(L, index))
        return aim;
    index = lua_absindex(L, index);
    const char *known = lua_pushfstring(L, "%s %s %s %s", who, point_fields(point), when, more);
    harness_options(L, index, point_name(point), known, HARNESS_POSITIONS);
    lua_pop(L, 1);
    take_handles(L, index, aim);
    take_call(L, index, &aim->plan);
    take_fields(L, index, aim, more);
    take_when(L, index, aim);
    if (aim->count > 0 || aim->function != LUA_NOREF) {
        aim->plan.where = judge;
        aim->plan.where_owner = aim;
    }
    char text[HARNESS_SHOW_MAX];
    harness_show(L, index, text, sizeof(text));
    aim->text = harness_arena_text(harness->arena, text);
    return aim;
}

/* --- part by part --- */

/* What an aim can have besides the event's own fields. */
enum part {
    PART_HOST,
    PART_SERVER,
    PART_CLIENT,
    PART_CONNECTION,
    PART_CALL,
    PART_RETRY,
    PART_LANE,
    PART_METHOD,
    PART_DIRECTION,
    PART_TIME,
    PARTS
};

/* Only that part of the aim; false: it has none. */
static bool take_part(const struct plan_aim *aim, enum part part, struct plan_aim *only)
{
    *only = (struct plan_aim){0};
    switch (part) {
    case PART_HOST:
        only->host = aim->host;
        return aim->host != 0;
    case PART_SERVER:
        only->server = aim->server;
        return aim->server != 0;
    case PART_CLIENT:
        only->client = aim->client;
        return aim->client != 0;
    case PART_CONNECTION:
        only->connection = aim->connection;
        return aim->connection != 0;
    case PART_CALL:
        only->has_call = aim->has_call, only->call_id = aim->call_id;
        return aim->has_call;
    case PART_RETRY:
        only->has_retry = aim->has_retry, only->retry = aim->retry;
        return aim->has_retry;
    case PART_LANE:
        only->lane = aim->lane;
        return aim->lane != NULL;
    case PART_METHOD:
        only->method = aim->method;
        return aim->method != NULL;
    case PART_DIRECTION:
        only->direction = aim->direction;
        return aim->direction != DIRECTION_NONE;
    case PART_TIME:
        only->from_ns = aim->from_ns, only->to_ns = aim->to_ns;
        return aim->from_ns != 0 || aim->to_ns != 0;
    case PARTS:
        break;
    }
    return false;
}

/* The part of that place: one of enum part, or PARTS and the condition `*condition` (the last one
 * is `where`). */
static enum part part_at(const struct harness_aim *aim, size_t place, size_t *condition)
{
    struct plan_aim only;
    for (unsigned part = 0; part < PARTS; part++)
        if (take_part(&aim->plan, (enum part)part, &only) && place-- == 0)
            return (enum part)part;
    *condition = place;
    return PARTS;
}

size_t harness_aim_parts(const struct harness_aim *aim)
{
    struct plan_aim only;
    size_t count = aim->count + (aim->function != LUA_NOREF);
    for (unsigned part = 0; part < PARTS; part++)
        count += take_part(&aim->plan, (enum part)part, &only);
    return count;
}

bool harness_aim_part_fits(const struct harness_aim *aim, size_t place,
                           const struct point_event *event, const char *lane)
{
    struct plan_aim only;
    size_t i = 0;
    enum part part = part_at(aim, place, &i);
    if (part != PARTS)
        return take_part(&aim->plan, part, &only) && aim_fits(&only, event, lane, event->at_ns);
    if (i == aim->count)
        return function_fits(aim, event);
    return value_fits(aim->harness, &aim->conditions[i], value_of(event, aim->conditions[i].field));
}

static void show_time(const struct plan_aim *aim, char *text, size_t size)
{
    char from[HARNESS_DURATION_MAX], to[HARNESS_DURATION_MAX];
    harness_duration_text(aim->from_ns, from);
    harness_duration_text(aim->to_ns, to);
    if (aim->to_ns == 0)
        snprintf(text, size, "from %s on", from);
    else
        snprintf(text, size, "from %s to %s", from, to);
}

static void show_condition(const struct harness_aim *aim, size_t i, char *text, size_t size)
{
    char shown[HARNESS_SHOW_MAX] = "?";
    if (i == aim->count) {
        snprintf(text, size, "that its `where` lets pass");
        return;
    }
    const struct harness_aim_condition *condition = &aim->conditions[i];
    if (condition->reference != LUA_NOREF) {
        lua_State *judge = harness_judge_state(aim->harness);
        lua_rawgeti(judge, LUA_REGISTRYINDEX, condition->reference);
        harness_show(judge, -1, shown, sizeof(shown));
        lua_pop(judge, 1);
    } else if (condition->text != NULL) {
        snprintf(shown, sizeof(shown), "\"%s\"", condition->text);
    } else {
        snprintf(shown, sizeof(shown), "%lld", (long long)condition->number);
    }
    snprintf(text, size, "with %s = %.200s", point_field_name(condition->field), shown);
}

/* "of server1" */
static void show_entity(struct harness *harness, enum harness_entity kind, uint32_t id, char *text,
                        size_t size)
{
    lua_State *judge = harness_judge_state(harness);
    harness_push_entity(judge, kind, id);
    bool known = !lua_isnil(judge, -1);
    snprintf(text, size, "%s %s", kind == HARNESS_HOST ? "on" : "of",
             known ? harness_push_text(judge, -1) : "that one");
    lua_pop(judge, 1 + known);
}

static void show_part(struct harness *harness, enum part part, const struct plan_aim *aim,
                      char *text, size_t size)
{
    switch (part) {
    case PART_HOST:
        show_entity(harness, HARNESS_HOST, aim->host, text, size);
        return;
    case PART_SERVER:
        show_entity(harness, HARNESS_SERVER, aim->server, text, size);
        return;
    case PART_CLIENT:
        show_entity(harness, HARNESS_CLIENT, aim->client, text, size);
        return;
    case PART_CONNECTION:
        snprintf(text, size, "on connection %u", aim->connection);
        return;
    case PART_CALL:
        snprintf(text, size, "for call id %d", (int)aim->call_id);
        return;
    case PART_RETRY:
        snprintf(text, size, "with retry = %d", (int)aim->retry);
        return;
    case PART_LANE:
        snprintf(text, size, "in lane %s", aim->lane);
        return;
    case PART_METHOD:
        snprintf(text, size, "with method = \"%s\"", aim->method);
        return;
    case PART_DIRECTION:
        snprintf(text, size, "in direction %s", aim->direction == DIRECTION_C2S ? "c2s" : "s2c");
        return;
    case PART_TIME:
        show_time(aim, text, size);
        return;
    case PARTS:
        break;
    }
}

void harness_aim_part_text(const struct harness_aim *aim, size_t place, char *text, size_t size)
{
    size_t i = 0;
    enum part part = part_at(aim, place, &i);
    if (part == PARTS)
        show_condition(aim, i, text, size);
    else
        show_part(aim->harness, part, &aim->plan, text, size);
}

static bool show_value(const struct point_value *value, char *text, size_t size)
{
    if (value == NULL)
        return false;
    if (value->text != NULL)
        snprintf(text, size, "\"%.60s\"", value->text);
    else
        snprintf(text, size, "%lld", (long long)value->number);
    return true;
}

bool harness_aim_part_seen(const struct harness_aim *aim, size_t place,
                           const struct point_event *event, const char *lane, char *text,
                           size_t size)
{
    size_t i = 0;
    switch (part_at(aim, place, &i)) {
    case PART_CONNECTION:
        snprintf(text, size, "%u", event->connection);
        return event->connection != 0;
    case PART_CALL:
        snprintf(text, size, "%d", (int)event->call_id);
        return event->call_id != POINT_NO_CALL;
    case PART_RETRY:
        snprintf(text, size, "%d", (int)event->retry);
        return true;
    case PART_LANE:
        snprintf(text, size, "%s", lane != NULL ? lane : "");
        return lane != NULL;
    case PART_METHOD:
        return show_value(value_of(event, FIELD_METHOD), text, size);
    case PART_DIRECTION:
        snprintf(text, size, "%s", event->direction == DIRECTION_C2S ? "c2s" : "s2c");
        return event->direction != DIRECTION_NONE;
    case PART_TIME:
        snprintf(text, size, "at ");
        harness_duration_text(event->at_ns, text + 3);
        return true;
    case PARTS:
        return i < aim->count && show_value(value_of(event, aim->conditions[i].field), text, size);
    case PART_HOST:
    case PART_SERVER:
    case PART_CLIENT:
        break;
    }
    return false;
}
