/*
 * The Listener: accepts, and hands each connection to the next Reader.
 *
 * A Reader's pendingConnections are bounded; before a full one the Listener stands (Hadoop 2.3
 * and later).  When accept fails for want of descriptors it tries again, and when memory runs
 * out it closes the connection it accepted last and all idle ones, and sleeps 60 s.
 */
#ifndef RPC_SERVER_LISTENER_H
#define RPC_SERVER_LISTENER_H

#include <stdbool.h>

#include "rpc/server/lane.h"

struct server;

struct server_listener {
    struct server_lane lane;
    struct world_listener *socket; /* owned */
    struct world_watch watch;
    struct world_timer pause;
    struct world_task step;
    struct world_task wakeful;         /* begins it */
    unsigned next_reader;              /* the last one that was given a connection */
    struct server_connection *last;    /* owned reference: the accept key's attachment */
    struct server_connection *in_hand; /* accepted, its Reader's queue was full */
    bool busy;                         /* a step waits */
};

/* Bind and listen.  RPC_ADDRESS_IN_USE and the like. */
enum rpc_status server_listener_init(struct server *server, struct server_listener *listener);
void server_listener_release(struct server_listener *listener);

/* Begin to accept.  Any thread. */
void server_listener_start(struct server_listener *listener);

/* Accept no more, close the socket.  On its control executor. */
void server_listener_halt(struct server_listener *listener);

#endif
