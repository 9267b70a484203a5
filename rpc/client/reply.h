/*
 * What a reply does to its call, or to all of them (ipc/Client.java, receiveRpcResponse).
 */
#ifndef RPC_CLIENT_REPLY_H
#define RPC_CLIENT_REPLY_H

#include "rpc/client/connection.h"

/* Visit client.reply and end the call; client_receiver_goes_on or _fail follows.  Takes the
 * reply's failures. */
void client_reply_take(struct client_connection *connection, struct client_reply *reply);

/* Forget one that stands at the point. */
void client_reply_release(struct client_connection *connection);

#endif
