/*
 * The receiver: a Connection's own thread (ipc/Client.java, Connection.run).  It waits for work,
 * reads replies while calls are outstanding, pings, and closes the connection.
 */
#ifndef RPC_CLIENT_RECEIVER_H
#define RPC_CLIENT_RECEIVER_H

#include "rpc/client/connection.h"

void client_receiver_init(struct client_connection *connection);
void client_receiver_release(struct client_connection *connection);

/* Thread.start(), when the connection has been set up. */
void client_receiver_start(struct client_connection *connection);

/* notify(): a call has joined, or the connection is to be closed. */
void client_receiver_notify(struct client_connection *connection);

/* Thread.interrupt() by Client.stop. */
void client_receiver_interrupt(struct client_connection *connection);

/* Its stream is about to be closed. */
void client_receiver_stop(struct client_connection *connection);

/* A reply has been dealt with: an exception came of it (taken), or the receiver goes on. */
void client_receiver_fail(struct client_connection *connection, struct client_failure *failure);
void client_receiver_goes_on(struct client_connection *connection);

/* The socket's time-out in ms (SO_TIMEOUT); 0: none. */
int64_t client_receiver_timeout(const struct client_connection *connection);

/* lastActivity = now. */
void client_receiver_touch(struct client_connection *connection);

#endif
