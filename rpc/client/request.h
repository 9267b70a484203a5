/*
 * The frame of a request, made by its caller, with the point where that can go wrong.
 */
#ifndef RPC_CLIENT_REQUEST_H
#define RPC_CLIENT_REQUEST_H

#include "rpc/client/caller.h"

/* The visit of the caller's call to the point; `value` is the event's. */
struct point_event client_request_visit(struct client_caller *caller, struct point_value *value);

/* Make it; what came of that, NULL: it is ready. */
struct client_failure *client_request_make(struct client_caller *caller);

#endif
