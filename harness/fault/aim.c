#include "harness/fault/aim.h"

#include <stdio.h>
#include <string.h>

#include "faults/aim.h"
#include "harness/fault/condition.h"
#include "harness/handles/server.h"
#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/trace/event.h"
#include "harness/trace/listening.h"
#include "rpc/arena.h"

static const char *const who = "host server client connection call lane method call_id retry "
                               "direction";
static const char *const when = "nth times from to chance maybe where";

/* --- judging --- */

/* Protected: the function's reference, the event → what it says. */
static int ask_function(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, lua_tointeger(L, 1));
    harness_push_visit(L, harness_of(L), lua_touserdata(L, 2));
    lua_call(L, 1, 1);
    return 1;
}

bool harness_aim_function_fits(const struct harness_aim *aim, const struct point_event *event)
{
    lua_State *judge = harness_judge_state(aim->harness);
    lua_pushcfunction(judge, ask_function);
    lua_pushinteger(judge, aim->function);
    lua_pushlightuserdata(judge, (void *)(uintptr_t)event);
    return harness_condition_ask(aim->harness, judge, 2);
}

static bool conditions_fit(const struct harness_aim *aim, const struct point_event *event,
                           bool in_lua)
{
    for (size_t i = 0; i < aim->count; i++)
        if (harness_condition_asks_lua(&aim->conditions[i]) == in_lua &&
            !harness_condition_fits(aim->harness, &aim->conditions[i], event))
            return false;
    return true;
}

/* What a visitor, who may be on another thread than the script, wants to know of that. */
struct question {
    struct world_task task;
    const struct harness_aim *aim;
    const struct point_event *event;
    bool fits;
};

static void answer(struct world_task *task)
{
    struct question *question = world_container(task, struct question, task);
    const struct harness_aim *aim = question->aim;
    question->fits =
        conditions_fit(aim, question->event, true) &&
        (aim->function == LUA_NOREF || harness_aim_function_fits(aim, question->event));
}

static bool judge(void *owner, const struct point_event *event)
{
    const struct harness_aim *aim = owner;
    struct question question = {.task.run = answer, .aim = aim, .event = event, .fits = true};
    if (!conditions_fit(aim, event, false))
        return false;
    if (aim->needs_lua)
        world_ask(aim->harness->world, &question.task);
    return question.fits;
}

/* What has happened, as the plan would have seen it. */
bool harness_aim_plan_fits(const struct harness_aim *aim, const struct plan_aim *plan,
                           const struct point_event *event, const char *lane)
{
    struct point_event seen = *event;
    seen.server = harness_first_number(aim->harness, event->server);
    return aim_fits(plan, &seen, lane, event->at_ns);
}

bool harness_aim_fits(const struct harness_aim *aim, const struct point_event *event,
                      const char *lane)
{
    return harness_aim_plan_fits(aim, &aim->plan, event, lane);
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
    const char *besides = point_besides(aim->point);
    if ((aim->plan.lane != NULL && !harness_is_among("lane", besides)) ||
        (aim->plan.has_call && !harness_is_among("call", besides)))
        luaL_error(L, "%s can't be aimed at %s: it is about none", point_name(aim->point),
                   harness_push_text(L, -1));
    if (type->proxy != NULL)
        aim->conditions[aim->count++] = harness_condition_of_proxy(type->proxy(object));
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

/* The value on top is what the event must have there. */
static void add_condition(lua_State *L, struct harness_aim *aim, unsigned what)
{
    const struct harness_condition *condition =
        harness_condition_read(L, what, &aim->conditions[aim->count++]);
    aim->needs_lua |= harness_condition_asks_lua(condition);
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
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        const char *name = point_field_name((enum point_field)i);
        if (i == FIELD_METHOD || !harness_is_among(name, fields) || harness_is_among(name, more))
            continue;
        int type = harness_option_push(L, index, name);
        if (type != LUA_TNIL && !(i == FIELD_TO && is_time(L)))
            add_condition(L, aim, i);
        lua_pop(L, 1);
    }
    if (harness_option_push(L, index, "method") == LUA_TSTRING)
        aim->plan.method = arena_text(aim->harness->arena, lua_tostring(L, -1));
    else if (!lua_isnil(L, -1))
        add_condition(L, aim, FIELD_METHOD);
    lua_pop(L, 1);
}

/* Push the option; whether it is a plain value.  A matcher becomes a condition. */
static bool push_plain(lua_State *L, int index, struct harness_aim *aim, unsigned what)
{
    bool there = harness_option_push(L, index, harness_condition_name(what)) != LUA_TNIL;
    bool matcher = there && harness_is_matcher(L, -1);
    if (matcher)
        add_condition(L, aim, what);
    return there && !matcher;
}

/* The handle or name on the top of the stack. */
static void take_lane(lua_State *L, struct harness_aim *aim)
{
    if (lua_type(L, -1) != LUA_TSTRING) {
        take_handle(L, aim, "lane");
        return;
    }
    const char *point = point_name(aim->point);
    aim->plan.lane = arena_text(aim->harness->arena, lua_tostring(L, -1));
    if (strncmp(point, "server.", 7) == 0)
        harness_check_lane(L, point, harness_server_by_id(aim->harness, aim->plan.server),
                           aim->plan.lane);
}

static void take_call(lua_State *L, int index, struct harness_aim *aim)
{
    struct plan_aim *plan = &aim->plan;
    int top = lua_gettop(L);
    if (push_plain(L, index, aim, CONDITION_LANE))
        take_lane(L, aim);
    if (push_plain(L, index, aim, CONDITION_CALL_ID)) {
        plan->has_call = true;
        plan->call_id =
            (int32_t)harness_option_integer(L, index, "call_id", 0, INT32_MIN, INT32_MAX);
    }
    if (push_plain(L, index, aim, CONDITION_RETRY)) {
        plan->has_retry = true;
        plan->retry = (int32_t)harness_option_integer(L, index, "retry", 0, INT32_MIN, INT32_MAX);
    }
    if (push_plain(L, index, aim, CONDITION_DIRECTION))
        plan->direction = harness_option_word(L, index, "direction", "c2s s2c") == 0
                              ? DIRECTION_C2S
                              : DIRECTION_S2C;
    lua_settop(L, top);
}

/* The time on the top of the stack. */
static void take_end(lua_State *L, struct plan_aim *plan)
{
    char from[HARNESS_DURATION_MAX], to[HARNESS_DURATION_MAX];
    plan->to_ns = harness_duration(L, -1, "to");
    if (plan->to_ns <= plan->from_ns)
        luaL_error(L, "from, to: no time is between %s and %s",
                   harness_duration_text(plan->from_ns, from),
                   harness_duration_text(plan->to_ns, to));
}

static void take_when(lua_State *L, int index, struct harness_aim *aim)
{
    struct plan_aim *plan = &aim->plan;
    plan->nth = (uint32_t)harness_option_integer(L, index, "nth", 0, 1, UINT32_MAX);
    plan->times = (uint32_t)harness_option_integer(L, index, "times", 0, 1, UINT32_MAX);
    plan->from_ns = harness_option_duration(L, index, "from", 0);
    if (harness_option_push(L, index, "to") != LUA_TNIL &&
        (is_time(L) || !harness_is_among("to", point_fields(aim->point))))
        take_end(L, plan);
    if (harness_option_push(L, index, "chance") != LUA_TNIL) {
        double chance = lua_tonumber(L, -1);
        if (!lua_isnumber(L, -1) || !(chance >= 0 && chance <= 1))
            luaL_error(L, "chance: a number from 0 to 1 expected, got %s",
                       harness_show_given(L, -1));
        plan->has_chance = true;
        plan->chance = (uint32_t)(chance * UINT32_MAX);
    }
    lua_pop(L, 2);
    plan->maybe = harness_option_boolean(L, index, "maybe", false);
    if (harness_option_push(L, index, "where") != LUA_TNIL) {
        if (!lua_isfunction(L, -1))
            luaL_error(L, "where: a function expected, function(event) return … end; got %s",
                       harness_show_given(L, -1));
        lua_pushvalue(L, -1);
        aim->function = luaL_ref(L, LUA_REGISTRYINDEX);
        aim->needs_lua = true;
    }
    lua_pop(L, 1);
}

/* What no visit of the point ever says can't be aimed at. */
static void check_besides(lua_State *L, int index, enum point point)
{
    static const char *const names[] = {"call", "lane", "call_id", "retry", "direction"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool there = harness_option_push(L, index, names[i]) != LUA_TNIL;
        if (there && !harness_is_among(names[i], point_besides(point)))
            harness_error(L, "%s has no %s", point_name(point), names[i]);
        lua_pop(L, 1);
    }
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
    check_besides(L, index, point);
    aim->conditions =
        harness_keep(L, (CONDITIONS_MAX + lua_rawlen(L, index)) * sizeof(*aim->conditions));
    take_handles(L, index, aim);
    take_call(L, index, aim);
    take_fields(L, index, aim, more);
    take_when(L, index, aim);
    if (aim->count > 0 || aim->function != LUA_NOREF) {
        aim->plan.where = judge;
        aim->plan.where_owner = aim;
    }
    char text[HARNESS_SHOW_MAX];
    harness_show(L, index, text, sizeof(text));
    aim->text = arena_text(harness->arena, text);
    return aim;
}
