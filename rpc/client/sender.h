/*
 * Who writes the requests of a connection (ipc/Client.java, sendRpcRequest).  In 2.x it is a
 * pool's thread, given one request at a time while the caller waits for it; in 3.x a thread of
 * the connection that takes what callers offer, in the order of their offers.
 */
#ifndef RPC_CLIENT_SENDER_H
#define RPC_CLIENT_SENDER_H

#include "rpc/client/connection.h"

/* The call's frame is ready: hand it to the sender.  True: it has taken it at once. */
bool client_sender_offer(struct client_connection *connection, struct client_call *call);

/* 3.x: take the offer back; false: it has been taken. */
bool client_sender_withdraw(struct client_connection *connection, struct client_call *call);

/* Its receiver has begun, and 3.x begins a sender with it. */
void client_sender_start(struct client_connection *connection);

/* Thread.interrupt(), by Client.stop: in 3.x at once, in 2.x when the pool has had its time. */
void client_sender_interrupt(struct client_connection *connection);

/* 3.x: its connection is out of the pool, so that no stop will interrupt it; it polls on until its
 * next look, which comes once in a connection's idle time. */
void client_sender_is_left(struct client_connection *connection);

/* How many threads send for it: in 2.x one for each request that is not through. */
unsigned client_sender_threads(const struct client_connection *connection);

/* Forget what is queued. */
void client_sender_clear(struct client_connection *connection);

#endif
