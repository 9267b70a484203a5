/*
 * Replies before IPC version 9 and, in 2.x, values that are Writables: they have no length, and
 * only reading one tells where it ends (ipc/Client.java, receiveResponse, receiveRpcResponse).
 */
#ifndef RPC_CLIENT_UNFRAMED_H
#define RPC_CLIENT_UNFRAMED_H

#include "rpc/client/response.h"

/* As client_response_next. */
enum client_response_result client_unframed_next(struct client_response *response,
                                                 struct client *client, struct client_reply *reply,
                                                 struct client_failure **failure);

/* The value that comes next, *bytes of it.  RPC_AGAIN: it has not all come.  Else why it cannot be
 * read, with its `problem` (WIRE_PROBLEM_MAX bytes). */
enum rpc_status client_unframed_value(struct client_response *response, struct client *client,
                                      struct wire_bytes *bytes, char *problem);

/* What it is in Java that a Writable cannot be read: one of writable_walk's errors, RPC_NO_MEMORY.
 */
struct client_failure *client_unframed_failure(enum rpc_status status, const char *problem);

/* The connection reads no more. */
void client_unframed_release(struct client_response *response, struct client *client);

#endif
