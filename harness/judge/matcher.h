/*
 * Matchers: what stands in a script wherever a value is expected or aimed at: any,
 * has(part), starts "x", between(a, b), at_least(a), at_most(a), one_of(…); and the
 * comparison of any expected value with any seen one.
 */
#ifndef HARNESS_JUDGE_MATCHER_H
#define HARNESS_JUDGE_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "faults/point.h"

/* Add the matchers to the globals table at the top of the stack. */
void harness_matchers_open(lua_State *L);

enum { HARNESS_WHY_MAX = 1024 };

/* Whether the value at `seen` is what `expected` says: a matcher, a table (all fields equal,
 * none more), or an equal value.  If not, `why` (HARNESS_WHY_MAX bytes, or NULL) names the
 * first field that differs: "message: expected 'hi', seen 'ho'". */
bool harness_matches(lua_State *L, int expected, int seen, char *why);

/* The same for the fields that the table `expected` names only; `seen` may be a handle. */
bool harness_matches_fields(lua_State *L, int expected, int seen, char *why);

/* Whether a time fits: a duration, or a matcher of durations, in ns; a plain one may be missed
 * by `early_ns` and `late_ns`. */
bool harness_matches_time(lua_State *L, int expected, uint64_t seen_ns, uint64_t early_ns,
                          uint64_t late_ns);

bool harness_is_matcher(lua_State *L, int index);

/* A matcher of plain values, taken apart so that any thread can judge by it, without Lua. */
struct harness_pattern;

/* Whether the text at `index` reads as a number in the unit of that field of an event. */
typedef bool harness_unit_fn(lua_State *L, int index, enum point_field field, int64_t *number);

/* The matcher at `index` for that field, kept as long as the case; NULL: it is none, or has values
 * that only Lua can compare. */
const struct harness_pattern *harness_pattern(lua_State *L, int index, harness_unit_fn *read,
                                              enum point_field field);
/* Whether a text (NULL: the number) is what it says. */
bool harness_pattern_fits(const struct harness_pattern *pattern, const char *text, int64_t number);

#endif
