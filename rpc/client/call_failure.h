/*
 * What a caller throws by itself, whatever its connection does.
 */
#ifndef RPC_CLIENT_CALL_FAILURE_H
#define RPC_CLIENT_CALL_FAILURE_H

#include "rpc/client/call.h"

/* "The client is stopped"; in 3.x "Failed to get connection for nn/10.0.0.1:8020, Call5:
 * Client-00ff… is already stopped" */
struct client_failure *client_call_stopped(const struct client_call *call);

/* Before 3.x: the constructor of Connection refuses a name that has not resolved. */
struct client_failure *client_call_unknown_host(const struct client_call *call);

/* What the engine makes of the bytes that the connection has delivered; NULL: a value. */
struct client_failure *client_call_value_failure(const struct client_call *call);

#endif
