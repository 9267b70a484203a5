/*
 * The connection context, ConnectionHeader before 2.x (ipc/Server.java, processConnectionContext
 * and processHeader): who calls what, and whether it may.
 */
#ifndef RPC_SERVER_CONTEXT_H
#define RPC_SERVER_CONTEXT_H

#include "rpc/server/packet.h"

/* A context has come.  The Reader's; takes the lock. */
enum server_packet server_context_take(struct server_connection *connection,
                                       struct wire_message *message);

#endif
