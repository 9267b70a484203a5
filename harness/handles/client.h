/*
 * A client of the script, its proxies (each a ConnectionId) and its calls.
 */
#ifndef HARNESS_HANDLES_CLIENT_H
#define HARNESS_HANDLES_CLIENT_H

#include "harness/handles/handles.h"
#include "rpc/client/client.h"
#include "rpc/client/proxy.h"

struct harness_call;
struct harness_client;
struct harness_opening;

/* What a client calls to, as one user, of one protocol. */
struct harness_proxy {
    struct harness_client *client;
    struct client_remote remote;         /* its texts live as long as the case */
    const struct harness_server *server; /* to whom; NULL: not one of ours */
    const char *protocol;
    bool writables; /* the protocol's engine, the same for all proxies of a client */
    bool closed;
    unsigned number;                 /* 0: the client's own */
    struct harness_opening *opening; /* NULL: none was asked for */
};

struct harness_client {
    struct harness_client *next;
    struct harness *harness;
    struct harness_host *host;
    unsigned process; /* of the host; it is dead when that has another one */
    char name[WORLD_NAME_MAX];
    struct world_executor executor;
    struct client_cache *cache; /* of its process: it counts the proxies */
    struct client_config config;
    struct client *client; /* the cache's */
    struct release_settings settings;
    struct harness_proxy proxy;
    struct harness_call *calls;       /* newest first */
    struct harness_opening *openings; /* newest first */
    unsigned proxy_count, pending;
    bool stopping, stopped;
    struct world_task stopped_task;
    struct world_timer patience; /* live: it runs while a stop is worth waiting for */
    bool patient;
};

struct harness_call {
    struct harness_call *older;
    struct harness_proxy *proxy;
    struct client_call *call;
    struct client_caller *caller; /* owned by the call that came first */
    struct harness_call *first;   /* of that caller */
    struct harness_method method;
    bool ended;
};

/* Begin a call: method, request, options at 2, 3, 4; pushes its handle. */
int harness_call_make(lua_State *L, struct harness_proxy *proxy);
void harness_call_free(struct harness_call *call);

/* The option on the stack. */
int64_t harness_pop_rpc_timeout(lua_State *L);
/* From the target at `to` and the options at `index`; what they leave out is as in `like`. */
void harness_read_remote(lua_State *L, struct harness_proxy *proxy, int to, int index,
                         const struct harness_proxy *like);
/* Client.stop; a second one is harmless. */
void harness_client_stop(struct harness_client *client);

/* What makes the connection that `call` wants. */
void harness_tell_key(struct harness *harness, uint32_t call, const struct client_remote *remote);

/* client:proxy {…} */
int harness_make_proxy(lua_State *L);
/* Nothing where its proxy may be used; else a Lua error. */
void harness_proxy_check(lua_State *L, const struct harness_proxy *proxy);
void harness_openings_free(struct harness_client *client);

/* The call of that number (WORLD_ID_CALL) as expectations see it; false: no client of ours made
 * it. */
bool harness_call_by_number(struct harness *harness, uint32_t number,
                            struct harness_call_view *view);

/* The calls of its clients never end. */
void harness_clients_of_host_died(struct harness *harness, const struct harness_host *host);

/* client_threads of what the host's present process has, stopped clients too. */
unsigned harness_client_threads(const struct harness *harness, const struct harness_host *host);

/* The client of that number; NULL: none. */
struct harness_client *harness_client_by_id(struct harness *harness, uint32_t id);

extern const struct harness_type harness_caller_type; /* object: the caller's first call */

#endif
