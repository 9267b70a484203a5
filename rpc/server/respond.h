/*
 * A response joins the responseQueue of its connection, and whoever finds it alone there
 * writes it at once, in pieces of 8 KiB (ipc/Server.java, doRespond and processResponse).  A
 * short write leaves the rest, at the head of the queue, to the Responder.
 */
#ifndef RPC_SERVER_RESPOND_H
#define RPC_SERVER_RESPOND_H

#include "rpc/server/call.h"
#include "rpc/server/connection.h"

/* Send the answer of `call` from `lane`, whose thread this is; then `then` runs there once,
 * now or in a later step.  The call is gone after it.  Takes the lock. */
void server_respond(struct server_lane *lane, struct server_call *call, server_then_fn *then);

enum server_written {
    WRITTEN_ALL,    /* the response is gone */
    WRITTEN_SHORT,  /* its rest is at the head again */
    WRITTEN_ERROR,  /* it is gone, and the connection is doomed */
    WRITTEN_MEMORY, /* the same, by an OutOfMemoryError that goes on up */
};

/* Write the response at the head of the queue; `pass` is the Responder's, 0 for inline.  The
 * lock is held. */
enum server_written server_write_head(struct server_lane *lane,
                                      struct server_connection *connection, uint64_t pass);

/* Whether a hold stops the lane before it writes the head, or `call` when that is not NULL. */
bool server_write_held(struct server_lane *lane, struct server_connection *connection,
                       const struct server_call *call, uint64_t pass, struct world_task *step,
                       world_task_fn *then);

#endif
