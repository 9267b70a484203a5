/*
 * SASL as a server without mechanisms sees it: it switches its clients to SIMPLE, or, when
 * SIMPLE is not allowed, offers nothing (ipc/Server.java, saslProcess).
 */
#ifndef RPC_SERVER_SASL_H
#define RPC_SERVER_SASL_H

#include "rpc/server/connection.h"
#include "rpc/server/packet.h"

/* The methods of a server that requires SASL, as its refusals list them. */
#define SERVER_AVAILABLE "[TOKEN, KERBEROS]"

/* A frame with call id -33.  Reader's thread, takes the lock. */
enum server_packet server_sasl_take(struct server_connection *connection,
                                    struct wire_message *message);

#endif
