/*
 * Replies before IPC version 9: they have no length word, and only reading one tells where it
 * ends (ipc/Client.java, receiveResponse).
 */
#ifndef RPC_CLIENT_UNFRAMED_H
#define RPC_CLIENT_UNFRAMED_H

#include "rpc/client/response.h"

/* As client_response_next. */
enum client_response_result client_unframed_next(struct client_response *response,
                                                 struct client *client, struct client_reply *reply,
                                                 struct client_failure **failure);

/* The connection reads no more. */
void client_unframed_release(struct client_response *response, struct client *client);

#endif
