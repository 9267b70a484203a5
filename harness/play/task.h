/*
 * Tasks: the coroutines of a scenario.  The body and what it spawns run on the lowest executor
 * of the world, Lua handlers on one of their own; each turn lets one of them go on, so the
 * world always goes first.
 */
#ifndef HARNESS_PLAY_TASK_H
#define HARNESS_PLAY_TASK_H

#include <stdbool.h>

#include <lauxlib.h>
#include <lua.h>

#include "harness/harness.h"
#include "rpc/status.h"

enum harness_rank { HARNESS_HANDLER, HARNESS_SCRIPT, HARNESS_RANKS };

/* The executors of `harness` must be there. */
enum rpc_status harness_tasks_begin(struct harness *harness);
/* Their coroutines are lost; the world does not run any more. */
void harness_tasks_end(struct harness *harness);

/* harness_spawn for any rank. */
struct harness_task *harness_task_start(struct harness *harness, enum harness_rank rank,
                                        const char *name, int arguments, harness_done_fn *done,
                                        void *owner);

bool harness_task_ended(const struct harness_task *task);

/* The coroutine that is running, NULL when none is. */
lua_State *harness_task_lua(struct harness *harness);

/* The first task (of any rank) that has not ended, or NULL; what it waits for, and where. */
struct harness_task *harness_tasks_left(const struct harness *harness);
const char *harness_task_name(const struct harness_task *task);
const char *harness_task_waits_for(struct harness_task *task, char *file, size_t size, int *line);

/* Whether one waits for a time to come. */
bool harness_tasks_sleep(const struct harness *harness);

/* Nothing can ever happen any more: every waiting task is asked for the last time at the next
 * run of the world.  False when none waits. */
bool harness_tasks_ask_the_dead(struct harness *harness);

/* An event has happened: for waits with `every_event`.  Any thread. */
void harness_tasks_event(struct harness *harness);

/* Told of a task that ended with an error (its text, with file and line). */
void harness_task_failed(struct harness *harness, const char *name, const char *text);

#endif
