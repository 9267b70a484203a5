/*
 * The Responder: writes on where a lane had to leave a response, one response of each ready
 * connection a pass, and purges connections whose responses are too old (ipc/Server.java,
 * Responder).
 *
 * Its loop: wait while registrations are pending, select for at most the purge interval,
 * write, and when a check is due look at the oldest responses of all registered connections.
 */
#ifndef RPC_SERVER_RESPONDER_H
#define RPC_SERVER_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "rpc/server/connection.h"
#include "rpc/server/lane.h"

struct server_responder {
    struct server_lane lane;
    struct world_task wake, step;
    struct world_timer timer; /* of the select, or of the sleep when memory ran out */
    struct server_connection_all registered; /* in order of registration; lock */
    struct server_connection_list arming;    /* to be watched from the next select; lock */
    struct server_connection_list ready;     /* writable; lock */
    struct server_connection_list pass;      /* of the present pass */
    struct server_connection_list old;       /* to be purged */
    struct server_connection *current;       /* whose turn it is; owned reference */
    unsigned pending;                        /* registrations under way; lock */
    bool woken;                              /* lock: `wake` is posted */
    bool waiting;                            /* lock: for registrations */
    bool selecting, sleeping;
    uint64_t last_check_ns;
    uint64_t passes;
    uint32_t selects;
};

void server_responder_init(struct server *server, struct server_responder *responder);
void server_responder_release(struct server_responder *responder);

/* Begin the loop.  Any thread. */
void server_responder_start(struct server_responder *responder);

/* Thread.interrupt(): it ends, unless stop hangs before it comes to that.  On its control
 * executor. */
void server_responder_halt(struct server_responder *responder);

/* End its select.  The lock is held. */
void server_responder_wake(struct server_responder *responder);

/* OP_WRITE is on for `connection` from now on, unless it is doomed (or NULL, by a fault); one
 * registration less is pending.  The lock is held. */
void server_responder_register(struct server_responder *responder,
                               struct server_connection *connection);

/* `connection` is doomed.  The lock is held. */
void server_responder_forget(struct server_responder *responder,
                             struct server_connection *connection);

#endif
