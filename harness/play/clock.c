#include "harness/play/clock.h"

#include <stdio.h>

#include "harness/fault/fault.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/play/task.h"

#define DELAYED_MAX_NS (10 * WORLD_SEC)

static int at_once(lua_State *L, struct harness *harness, void *owner)
{
    (void)L, (void)harness, (void)owner;
    return 0;
}

uint64_t harness_late_ns(const struct harness *harness)
{
    return harness->late_ns + harness->world->delays_ns;
}

/* Where the seed draws delays, what was due may still be under way: it goes first, though
 * nobody waits for ever. */
static int time_has_come(lua_State *L, struct harness *harness, void *owner)
{
    uint64_t now_ns = world_now(harness->world), due_ns = (uint64_t)lua_tointeger(L, -1);
    uint64_t until_ns = harness->world->delayed_until_ns;
    (void)owner;
    if (now_ns < due_ns)
        return HARNESS_NOT_YET;
    if (now_ns >= until_ns || now_ns >= due_ns + DELAYED_MAX_NS)
        return 0;
    harness_wait_until(harness, until_ns);
    return HARNESS_NOT_YET;
}

/* What was due at an instant takes its time where time is not exact. */
static uint64_t grace_of(const struct harness *harness)
{
    return harness->late_ns / 4;
}

/* From when a sleep counts: lateness of the last one must not add up. */
static uint64_t sleep_base(const struct harness *harness)
{
    uint64_t now_ns = world_now(harness->world);
    bool just_slept = harness->planned_ns != 0 && now_ns >= harness->planned_ns &&
                      now_ns - harness->planned_ns <= harness_late_ns(harness);
    return just_slept ? harness->planned_ns : now_ns;
}

/* Wait until `ns`; lua_Integer is wide enough for it. */
static int sleep_until(lua_State *L, uint64_t ns, const char *what)
{
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)ns);
    return harness_wait(
        L, &(struct harness_wait){.ready = time_has_come, .what = what, .until_ns = ns});
}

/* t:sleep(d) */
static int t_sleep(lua_State *L)
{
    struct harness *harness = harness_of(L);
    uint64_t until_ns = sleep_base(harness) + harness_duration(L, 2, "sleep");
    harness->planned_ns = until_ns;
    return sleep_until(L, until_ns + grace_of(harness), "time to pass");
}

/* t:settle() */
static int t_settle(lua_State *L)
{
    struct harness *harness = harness_of(L);
    if (harness->late_ns != 0)
        return sleep_until(L, world_now(harness->world) + grace_of(harness), "the world to settle");
    return harness_wait(L, &(struct harness_wait){.ready = at_once, .what = "the world to settle"});
}

/* --- t:wait(what, n) --- */

/* Whether the value at `index` is over, or there are `count` of it. */
static bool is_over(lua_State *L, int index, lua_Integer count)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, index, &object);
    if (lua_isfunction(L, index)) {
        lua_pushvalue(L, index);
        lua_call(L, 0, 1);
        bool over = lua_toboolean(L, -1);
        lua_pop(L, 1);
        return over;
    }
    if (type == &harness_task_type)
        return harness_task_ended(object);
    if (type == &harness_gate_type)
        return plan_gate_held(harness_gate_plan(object)) >= count;
    if (type->call != NULL) {
        struct harness_call_view view = {0};
        type->call(object, &view);
        return view.ended;
    }
    if (type->program != NULL) {
        struct harness_program_view view = {0};
        type->program(object, &view);
        return view.ended;
    }
    return type->length(harness_of(L), object) >= count;
}

static bool can_end(lua_State *L, int index)
{
    const struct harness_type *type = harness_type_at(L, index, NULL);
    return lua_isfunction(L, index) ||
           (type != NULL && (type == &harness_task_type || type == &harness_gate_type ||
                             type->call != NULL || type->program != NULL || type->length != NULL));
}

static int is_waited_for(lua_State *L, struct harness *harness, void *owner)
{
    (void)harness, (void)owner;
    lua_Integer count = lua_tointeger(L, 3);
    if (!lua_istable(L, 2)) {
        if (!is_over(L, 2, count))
            return HARNESS_NOT_YET;
        lua_settop(L, 2);
        return 1;
    }
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 2); i++) {
        lua_rawgeti(L, 2, i);
        bool over = is_over(L, lua_gettop(L), count);
        lua_pop(L, 1);
        if (!over)
            return HARNESS_NOT_YET;
    }
    lua_settop(L, 2);
    return 1;
}

static void check_waitable(lua_State *L, int index)
{
    if (!can_end(L, index))
        luaL_error(L, "wait: calls, tasks, programs, gates, events or a function expected, got %s",
                   harness_push_text(L, index));
}

static int t_wait(lua_State *L)
{
    char what[128];
    lua_settop(L, 3);
    if (lua_istable(L, 2)) {
        for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 2); i++) {
            lua_rawgeti(L, 2, i);
            check_waitable(L, -1);
            lua_pop(L, 1);
        }
    } else {
        check_waitable(L, 2);
    }
    lua_Integer count = luaL_optinteger(L, 3, 1);
    char to_be[32] = "";
    if (count > 1)
        snprintf(to_be, sizeof(to_be), " to be %lld", (long long)count);
    lua_pushinteger(L, count);
    lua_replace(L, 3);
    snprintf(what, sizeof(what), "%.60s%s (t:wait)", harness_push_text(L, 2), to_be);
    lua_settop(L, 3);
    return harness_wait(L, &(struct harness_wait){.ready = is_waited_for,
                                                  .what = lua_pushstring(L, what),
                                                  .every_event = true});
}

/* --- t:times(n, fn), t:spawn(fn, …) --- */

static int continue_times(lua_State *L, int status, lua_KContext context)
{
    lua_Integer done = (lua_Integer)context, count = lua_tointeger(L, 2);
    (void)status;
    if (done > 0)
        lua_rawseti(L, 4, done);
    while (done < count) {
        done++;
        lua_pushvalue(L, 3);
        lua_pushinteger(L, done);
        lua_callk(L, 1, 1, (lua_KContext)done, continue_times);
        lua_rawseti(L, 4, done);
    }
    return 1;
}

static int t_times(lua_State *L)
{
    lua_Integer count = luaL_checkinteger(L, 2);
    luaL_argcheck(L, count >= 0 && count <= 10000000, 2, "0 to 10000000 expected");
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 3);
    lua_createtable(L, (int)count, 0);
    return continue_times(L, LUA_OK, 0);
}

static int t_spawn(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct harness *harness = harness_of(L);
    int arguments = lua_gettop(L) - 2;
    lua_xmove(L, harness->lua, arguments + 1);
    struct harness_task *task =
        harness_task_start(harness, HARNESS_SCRIPT, "a spawned task", arguments, NULL, NULL);
    if (task == NULL)
        return luaL_error(L, "not enough memory");
    harness_push(L, &harness_task_type, task);
    return 1;
}

static void push_ended(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushboolean(L, harness_task_ended(object));
}

static const struct harness_field task_fields[] = {{"ended", push_ended}, {NULL, NULL}};

const struct harness_type harness_task_type = {.name = "task", .fields = task_fields};

const luaL_Reg harness_t_clock[] = {{"settle", t_settle}, {"sleep", t_sleep}, {"spawn", t_spawn},
                                    {"times", t_times},   {"wait", t_wait},   {NULL, NULL}};
