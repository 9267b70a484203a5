/*
 * Aims: `{ server, client, method = "echo", nth = 2 }` as a script gives them to events,
 * holds and faults.
 */
#ifndef HARNESS_FAULT_AIM_H
#define HARNESS_FAULT_AIM_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "faults/plan.h"

struct harness;

struct harness_condition;

/* A script's aim.  What struct plan_aim can't say itself (fields of the event, matchers,
 * where) is judged through its `where`. */
struct harness_aim {
    struct plan_aim plan;
    struct harness *harness;
    enum point point;
    struct harness_condition *conditions;
    size_t count;
    int function;     /* `where`: a reference, or LUA_NOREF */
    bool needs_lua;   /* the script's thread is asked */
    const char *text; /* the aim as the script wrote it, for people; "" for everything */
};

/* Read the aim in the table at `index` (nil, none: at everything) for visits to `point`.  `more`
 * names options that belong to the caller (an effect's parameters), spaces between; they are
 * skipped.  Unknown names, handles that can't be aimed at and wrong values are Lua errors. */
struct harness_aim *harness_aim(lua_State *L, int index, enum point point, const char *more);

/* Whether `event` is one of those aimed at, whatever nth, times and chance say.  On the script's
 * thread. */
bool harness_aim_fits(const struct harness_aim *aim, const struct point_event *event,
                      const char *lane);

/* Whether it is one of those that a plan's aim in its place means. */
bool harness_aim_plan_fits(const struct harness_aim *aim, const struct plan_aim *plan,
                           const struct point_event *event, const char *lane);
/* Whether its `where`, which it has, lets the event pass. */
bool harness_aim_function_fits(const struct harness_aim *aim, const struct point_event *event);

#endif
