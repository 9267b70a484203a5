/*
 * Time in scripts: t:sleep, t:settle, t:wait, t:times, t:spawn, and task handles.
 */
#ifndef HARNESS_PLAY_CLOCK_H
#define HARNESS_PLAY_CLOCK_H

#include <lauxlib.h>

#include "harness/harness.h"

extern const luaL_Reg harness_t_clock[];
extern const struct harness_type harness_task_type;

#endif
