/*
 * A Handler: a slot that takes a call, runs its method and replies.
 *
 * A method that answers PENDING keeps the slot busy until server_call_finish; a deferred one
 * frees it, and its reply is made by the same slot's lane later.
 */
#ifndef RPC_SERVER_HANDLER_H
#define RPC_SERVER_HANDLER_H

#include <sys/queue.h>

#include "rpc/server/call.h"
#include "rpc/server/lane.h"

struct server_handler {
    struct server_lane lane;
    uint32_t index;
    STAILQ_ENTRY(server_handler) idle; /* in the callQueue's list; lock */
    struct world_task task;            /* take, or run a call that was held */
    struct world_task freed;           /* its PENDING call has become deferred */
    struct world_task interrupt;
    struct world_timer delay;
    struct server_call *call; /* taken and not yet answered */
};

void server_handler_init(struct server *server, struct server_handler *handler, uint32_t index);
void server_handler_release(struct server_handler *handler);

/* Thread.start().  Any thread. */
void server_handler_start(struct server_handler *handler);

/* Thread.interrupt(): the server stops.  Any thread, once. */
void server_handler_interrupt(struct server_handler *handler);

/* End its timer, and itself, unless a method runs: that goes on until it minds the interrupt.  On
 * its control executor. */
void server_handler_halt(struct server_handler *handler);

/* A call may be there; the handler is not idle any more.  The lock is held. */
void server_handler_wake(struct server_handler *handler);

#endif
