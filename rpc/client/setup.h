/*
 * How a connection is set up (ipc/Client.java, setupIOstreams): by one caller, which holds the
 * connection's monitor all the while: attempts to connect with two counters of failures, looking
 * the name up again after each, sleeps, then preamble, authentication and context.
 */
#ifndef RPC_CLIENT_SETUP_H
#define RPC_CLIENT_SETUP_H

#include "rpc/client/caller.h"
#include "rpc/client/connection.h"

/* The caller has the monitor, and the connection needs it.  client_caller_is_set_up follows. */
void client_setup_begin(struct client_caller *caller);

/* The caller's timer while it connects, and while it sleeps. */
void client_setup_timed_out(struct client_caller *caller);
void client_setup_slept(struct client_caller *caller);

/* Thread.interrupt() while it connects or sleeps. */
void client_setup_interrupt(struct client_caller *caller);

/* The world is over. */
void client_setup_release(struct client_caller *caller);

#endif
