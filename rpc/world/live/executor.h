/*
 * Executors: whose turn it is on a thread, posting, standing.
 */
#ifndef RPC_WORLD_LIVE_EXECUTOR_H
#define RPC_WORLD_LIVE_EXECUTOR_H

#include "rpc/world/live/inside.h"

void live_executor_init(struct world_executor *executor, struct world_executor *companion);
void live_executor_release(struct world_executor *executor);
void live_post(struct world_executor *executor, struct world_task *task);
void live_stand(struct world_executor *executor, struct world_task *task);
void live_resume(struct world_executor *executor);

static inline struct live_executor *live_executor_of(const struct world_executor *executor)
{
    return executor->implementation;
}

/* The rest is for the executor's own thread, or while the world stands. */

/* Neither standing, nor paused, nor dead. */
bool live_executor_can_run(const struct world_executor *executor);

/* Take the executor whose turn it is, or NULL. */
struct world_executor *live_line_take(struct world_line *line);

/* Take its first task, of one or more, and put it back in line for the others. */
struct world_task *live_executor_take(struct world_executor *executor);

/* Append a task of this thread's own. */
void live_executor_append(struct world_executor *executor, struct world_task *task);

/* Take `task` back from its queue. */
void live_executor_forget(struct world_executor *executor, struct world_task *task);

/* With the thread's mutex: take what others have put in, and look whether it can run. */
void live_executor_collect(struct live_executor *executor);

/* Whether it can run may have changed.  Any thread. */
void live_executor_nudge(struct live_executor *executor);

/* Whether the caller may touch what belongs to `thread`. */
static inline bool live_owns(const struct live_thread *thread)
{
    return live_here == NULL || live_here == thread;
}

#endif
