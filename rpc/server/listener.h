/*
 * The Listener: accepts, and hands each connection to the next Reader.
 *
 * From Hadoop 2.3 on Readers have pendingConnections, which are bounded; before full ones the
 * Listener stands.  Before, it registers each connection itself, under the Reader's monitor
 * (registration.h), and cleans up after each wake-up (cleanup.h).  When accept fails for want of
 * descriptors it tries again, and when memory runs out it closes the connection it accepted last
 * (from 2.3 on) and all idle ones, and sleeps 60 s.
 */
#ifndef RPC_SERVER_LISTENER_H
#define RPC_SERVER_LISTENER_H

#include <stdbool.h>

#include "rpc/server/cleanup.h"
#include "rpc/server/lane.h"

struct server;
struct server_connection;

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
    struct world_stream *accepted;     /* owned: to be registered, before 2.3 */
    struct server_cleanup cleanup;     /* before 2.3 */
    bool busy;                         /* a step waits */
};

/* Bind and listen.  RPC_ADDRESS_IN_USE and the like. */
enum rpc_status server_listener_bind(struct server *server, struct server_listener *listener);
/* Begin its lane, behind server_listener_bind. */
void server_listener_init(struct server *server, struct server_listener *listener);
void server_listener_release(struct server_listener *listener);

/* Begin to accept.  Any thread. */
void server_listener_start(struct server_listener *listener);

/* The connection that was accepted last is its Reader's: accept the next one. */
void server_listener_goes_on(struct server_listener *listener);

/* There is no memory for what it does. */
void server_listener_out_of_memory(struct server_listener *listener);

/* Count one that is to be served; false: it is to be turned away.  Takes the lock. */
bool server_listener_admits(struct server_listener *listener, struct server_connection *connection);

/* Accept no more, close the socket, and end, unless it waits for a Reader for ever.  On its control
 * executor. */
void server_listener_halt(struct server_listener *listener);

#endif
