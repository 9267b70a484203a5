/*
 * What a script gives a fault besides its aim: `by`, `errno`, `class`, `fields` …
 */
#ifndef HARNESS_FAULT_PARAMETERS_H
#define HARNESS_FAULT_PARAMETERS_H

#include <stddef.h>

#include <lua.h>

#include "faults/point.h"
#include "reports/record.h"

/* Read what `strike->effect` needs from the table at `index`; `fault` is its name, for messages.
 * What is missing or wrong is a Lua error. */
void harness_fault_parameters(lua_State *L, int index, const char *fault,
                              struct point_strike *strike);

/* Those of the parameters `names` (spaces between) that the table has, as texts for the record:
 * how many, at most `max`.  They live as long as the case. */
size_t harness_fault_pairs(lua_State *L, int index, const char *names, struct record_pair *pairs,
                           size_t max);

#endif
