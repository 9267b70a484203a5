/*
 * Conditions: what an aim wants of an event that struct plan_aim can't say: the point's own fields,
 * matchers of what any event may say, and whose proxy's it is.
 */
#ifndef HARNESS_FAULT_CONDITION_H
#define HARNESS_FAULT_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "faults/point.h"

struct harness;
struct harness_pattern;

/* What it is about: a field of the point (enum point_field), or one of these. */
enum {
    CONDITION_LANE = FIELD_COUNT, /* its whole name, or what stands behind the first slash */
    CONDITION_CALL_ID,
    CONDITION_RETRY,
    CONDITION_DIRECTION,
    CONDITION_PROXY, /* of its client, by number */
    CONDITIONS_MAX
};

struct harness_condition {
    unsigned what;
    const char *text; /* this text, or */
    bool has_number;
    int64_t number;                        /* this number (of bytes, of ms), or */
    const struct harness_pattern *pattern; /* what this matcher says, or */
    int reference; /* what this Lua value says; of a pattern too, to show it */
};

/* That it is the value on top of the stack; returns `condition`. */
const struct harness_condition *harness_condition_read(lua_State *L, unsigned what,
                                                       struct harness_condition *condition);

/* That it is of the proxy of that number. */
struct harness_condition harness_condition_of_proxy(uint32_t number);

/* "call_id" */
const char *harness_condition_name(unsigned what);

/* Whether it can be judged on the script's thread only. */
bool harness_condition_asks_lua(const struct harness_condition *condition);

/* Without harness_lock. */
bool harness_condition_fits(struct harness *harness, const struct harness_condition *condition,
                            const struct point_event *event);

/* Call the function on the judge's state with the `arguments` above it, all of which are popped:
 * what it says.  One that raises an error breaks the case, and nobody is asked any more. */
bool harness_condition_ask(struct harness *harness, lua_State *judge, int arguments);

/* `with method = "ech"`, for people. */
void harness_condition_text(struct harness *harness, const struct harness_condition *condition,
                            char *text, size_t size);
/* What the event has there: `"echo"`; false: nothing. */
bool harness_condition_seen(struct harness *harness, const struct harness_condition *condition,
                            const struct point_event *event, char *text, size_t size);

#endif
