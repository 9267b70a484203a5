/*
 * SASL as a server without mechanisms sees it: it switches its clients to SIMPLE, or, when
 * SIMPLE is not allowed, offers nothing (ipc/Server.java, saslProcess; before 2.x
 * saslReadAndProcess).
 */
#ifndef RPC_SERVER_SASL_H
#define RPC_SERVER_SASL_H

#include "rpc/server/connection.h"
#include "rpc/server/packet.h"

/* The methods of a server that requires SASL, as its refusals list them. */
#define SERVER_AVAILABLE "[TOKEN, KERBEROS]"

/* Before 2.x: the answer to a preamble that wants SASL where SIMPLE will do; the client's first
 * token, which is on its way, is for nobody.  Reader's thread, takes the lock. */
enum server_packet server_sasl_offer_simple(struct server_connection *connection);

/* A frame of SASL: call id -33, before 2.x a bare token.  Reader's thread, takes the lock. */
enum server_packet server_sasl_take(struct server_connection *connection,
                                    struct wire_message *message);

#endif
