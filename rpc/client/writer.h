/*
 * A caller writes its own request (ipc/Client.java before 2.0.3, sendParam): it encodes and
 * writes with the stream's lock, and an IOException there is the end of the whole connection.
 */
#ifndef RPC_CLIENT_WRITER_H
#define RPC_CLIENT_WRITER_H

#include "rpc/client/caller.h"

/* client_caller_is_sent or client_caller_throws follows. */
void client_writer_begin(struct client_caller *caller);

/* Thread.interrupt() while it writes: what is blocked fails, and the connection with it. */
void client_writer_interrupt(struct client_caller *caller);

#endif
