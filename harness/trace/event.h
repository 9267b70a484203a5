/*
 * Events in scripts: t:events(point, aim) gives a list that stays live, its items are events
 * with fields.
 */
#ifndef HARNESS_TRACE_EVENT_H
#define HARNESS_TRACE_EVENT_H

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/trace/trace.h"

struct harness_aim;

/* t:events */
extern const luaL_Reg harness_t_events[];

extern const struct harness_type harness_event_type; /* object: a struct harness_event */
extern const struct harness_type harness_events_type;

/* The aim of a list. */
const struct harness_aim *harness_events_aim(const void *object);

/* Push a field's value: text, number, or the host that has an address.  NULL: nil. */
void harness_push_value(lua_State *L, struct harness *harness, const struct point_value *value);

/* Push an event that is being judged and not in the trace (yet): a handle that lives on. */
void harness_push_visit(lua_State *L, struct harness *harness, const struct point_event *event);

/* The point named at `index`, or an error with the nearest name. */
enum point harness_check_point(lua_State *L, int index);

#endif
