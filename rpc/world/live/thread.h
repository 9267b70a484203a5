/*
 * A thread and its loop: the tasks of its executors, its timers, its sockets' readiness.
 *
 * A turn serves some tasks, then looks once, without waiting, at the sockets; it waits only when no
 * task is left: awake for a moment if what it waited for last came soon, else in the kernel.
 * Other threads reach it through an inbox under a mutex, and write to its eventfd only when it
 * sleeps.
 */
#ifndef RPC_WORLD_LIVE_THREAD_H
#define RPC_WORLD_LIVE_THREAD_H

#include "rpc/world/live/inside.h"

/* Make the loop; false when descriptors or memory run out. */
bool live_thread_init(struct live_thread *thread, struct live_world *world);
void live_thread_release(struct live_thread *thread);

/* A new thread that runs its loop, or NULL.  The world's; it ends with its last executor. */
struct live_thread *live_thread_start(struct live_world *world);

/* End all threads but the main one, and free them. */
void live_threads_quit(struct live_world *world);

/* The main thread's loop: until world_stop or `until_ns`. */
enum world_end live_run(struct world *world, uint64_t until_ns);
void live_stop(struct world *world);

/* Make all other threads stand, between two tasks (the main one before a lock, too), until
 * live_go_on. */
void live_stand_still(struct live_world *world);
void live_go_on(struct live_world *world);

/* Stand, if somebody else wants that.  False: nobody does. */
bool live_stand_by(struct live_world *world);

/* Take what other threads have put in, when they have.  On that thread, or while the world
 * stands. */
void live_thread_drain(struct live_thread *thread);

/* Wake it when it sleeps.  Any thread. */
void live_thread_wake(struct live_thread *thread);

/* Whether its loop has to look up from its work: somebody stops the world or the run, or asks. */
bool live_thread_interrupted(const struct live_thread *thread);

/* Every callback of the loop that runs a step of `executor` begins and ends with these;
 * when it may not run now the answer is false. */
bool live_step_begin(struct live_thread *thread, struct world_executor *executor);
void live_step_end(struct live_thread *thread);

#endif
