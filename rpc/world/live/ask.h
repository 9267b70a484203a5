/*
 * Questions: what another thread has the main thread do for it, in the midst of a step.
 *
 * Who asks waits, under the locks that it has, and stands nowhere: before the world stands still it
 * gets its answer.  So the main thread answers between two tasks, while others have to stand
 * (thread.c), and before a lock (lock.c): who has that may be waiting for an answer, or for a lock
 * of one who is.
 */
#ifndef RPC_WORLD_LIVE_ASK_H
#define RPC_WORLD_LIVE_ASK_H

#include "rpc/world/live/inside.h"

/* For world_ops. */
void live_ask(struct world *world, struct world_task *question);
bool live_locked(struct world *world);

/* On the main thread: answer the oldest question; with `urgent` the oldest of those who have a
 * lock.  False: there is none. */
bool live_answer(struct live_world *world, bool urgent);

#endif
