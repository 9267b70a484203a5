/*
 * The client's threads as Hadoop has them (callers, each Connection's receiver and sender), and
 * the monitors that they wait for.  A thread is an executor and the step that it does next.
 *
 * A thread is at one place at a time: it runs, waits for a monitor, stands at a point, or sleeps
 * in whatever will call client_thread_go.  All of a client's threads are companions, so that
 * none of this needs a lock.
 */
#ifndef RPC_CLIENT_THREAD_H
#define RPC_CLIENT_THREAD_H

#include <stdbool.h>
#include <sys/queue.h>

#include "rpc/world/world.h"

struct client_connection;
struct client_thread;
typedef void client_step_fn(struct client_thread *thread);

struct client_thread {
    struct world_executor executor;
    struct world_task task;
    client_step_fn *step;
    STAILQ_ENTRY(client_thread) waiting;  /* for a monitor */
    const char *doing;                    /* a word of client_call_doing */
    struct client_connection *connection; /* whose work it does; NULL: none yet */
};

/* "synchronized": first come, first served. */
struct client_monitor {
    struct client_thread *holder; /* NULL: it is free */
    STAILQ_HEAD(, client_thread) waiting;
};

void client_thread_init(struct client_thread *thread, struct world_host *host, const char *name,
                        struct world_executor *companion);
void client_thread_release(struct client_thread *thread);

/* Run `step` as its next task. */
void client_thread_go(struct client_thread *thread, client_step_fn *step);

/* Whether it is held at `event`'s point; then `step` comes when it is let go. */
bool client_thread_held(struct client_thread *thread, const struct point_event *event,
                        client_step_fn *step);

void client_monitor_init(struct client_monitor *monitor);

/* True: the thread has it.  False: it waits, and `step` runs when it has. */
bool client_monitor_enter(struct client_monitor *monitor, struct client_thread *thread,
                          client_step_fn *step);
void client_monitor_leave(struct client_monitor *monitor, struct client_thread *thread);

#endif
