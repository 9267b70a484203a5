/*
 * A client of the script, its proxies (each a ConnectionId) and its calls.
 */
#ifndef HARNESS_HANDLES_CLIENT_H
#define HARNESS_HANDLES_CLIENT_H

#include "harness/handles/handles.h"
#include "rpc/client/client.h"

struct harness_call;
struct harness_client;

/* What a client calls to, as one user, of one protocol. */
struct harness_proxy {
    struct harness_client *client;
    struct client_remote remote; /* its texts live as long as the case */
    const char *protocol;
    bool closed;
    unsigned number; /* 0: the client's own */
};

struct harness_client {
    struct harness_client *next;
    struct harness *harness;
    struct harness_host *host;
    char name[WORLD_NAME_MAX];
    struct world_executor executor;
    struct client *client;
    struct harness_proxy proxy;
    struct harness_call *calls; /* newest first */
    unsigned proxy_count, pending;
    bool stopping, stopped;
    struct world_task stopped_task;
};

struct harness_call {
    struct harness_call *older;
    struct harness_proxy *proxy;
    struct client_call *call;
    struct client_caller *caller; /* owned by the call that came first */
    struct harness_call *first;   /* of that caller */
    struct schema_method method;
    bool ended;
};

/* Begin a call: method, request, options at 2, 3, 4; pushes its handle. */
int harness_call_make(lua_State *L, struct harness_proxy *proxy);
void harness_call_free(struct harness_call *call);

/* The client of that number; NULL: none. */
struct harness_client *harness_client_by_id(struct harness *harness, uint32_t id);

extern const struct harness_type harness_caller_type; /* object: the caller's first call */

#endif
