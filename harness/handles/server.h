/*
 * A server of the script: ours, with the test protocol, the script's methods or a role.
 */
#ifndef HARNESS_HANDLES_SERVER_H
#define HARNESS_HANDLES_SERVER_H

#include <stdatomic.h>

#include "harness/handles/handles.h"
#include "rpc/server/server.h"

struct harness_served;
struct harness_speaker; /* spoken.h */
struct harness_spoken;
struct harness_test_call;

enum { HARNESS_PROTOCOL_MAX = 128, HARNESS_METHODS_MAX = 16384, HARNESS_METHOD_MAX = 256 };

enum harness_server_state {
    HARNESS_SERVER_BOUND, /* made with start = false */
    HARNESS_SERVER_RUNNING,
    HARNESS_SERVER_STOPPING,
    HARNESS_SERVER_STOPPED,
    HARNESS_SERVER_DEAD, /* its host was killed */
};

/* One life of a server, from bind to stop; a server that is started again gets another. */
struct harness_server_life {
    struct harness_server_life *older;
    struct harness_server *owner;
    unsigned process; /* of its host */
    struct server *server;
    struct world_task start, stop, stopped, refresh, heal;
    struct release_settings refreshed;
    _Atomic bool refreshing;
    /* The server's thread: */
    struct harness_test_call *test_calls; /* that take their time */
    bool healed, interrupted;
    /* Any thread: */
    _Atomic(struct harness_test_call *) all_test_calls;
    _Atomic(struct harness_served *) all_served;
    struct harness_speaker *speakers; /* of each protocol; never change */
};

struct harness_server {
    struct harness_server *next;
    struct harness *harness;
    struct harness_host *host;
    uint32_t number; /* of its first life: by this it is aimed at */
    char name[WORLD_NAME_MAX];
    struct harness_spoken *spoken; /* its protocols, one or more */
    struct release_settings settings;
    struct server_config config;
    const char *const *users; /* who is let in, ends with NULL; NULL: everybody */
    enum harness_server_state state;
    bool again;          /* start as soon as it has stopped */
    uint64_t stopped_ns; /* when it was last told to stop */
    struct harness_server_life *life;
    struct harness_served *served; /* what Lua serves and has not ended, oldest first */
    unsigned over;                 /* of those that have ended, since the last sweep */
};

static inline struct server *harness_server_now(const struct harness_server *server)
{
    return server->life->server;
}

/* The server whose present or former number that is; NULL: none. */
struct harness_server *harness_server_by_id(struct harness *harness, uint32_t id);

/* An aim's lane at a point of servers: a Lua error with the nearest right name when the server
 * (NULL: any one) can't have it. */
void harness_check_lane(lua_State *L, const char *point, const struct harness_server *server,
                        const char *name);

/* How many calls its callQueue takes. */
uint64_t harness_server_queue(const struct harness_server *server);

/* What a method that has not answered does. */
struct harness_serving {
    bool deferred;     /* its Handler is free, the answer is to come from elsewhere */
    bool hangs;        /* nothing will ever wake it */
    uint64_t until_ns; /* it sleeps so long; 0: it does not */
};
/* False: it has not begun, or has answered, or is not ours. */
bool harness_served_now(const struct harness_server *server, uint32_t connection, int32_t call_id,
                        struct harness_serving *serving);
bool harness_test_call_now(const struct harness_server *server, uint32_t connection,
                           int32_t call_id, struct harness_serving *serving);

/* server_threads of what the host's present process has, stopped servers too. */
unsigned harness_server_threads(const struct harness *harness, const struct harness_host *host);

/* Take the host's servers for dead; their structs stay until the end. */
void harness_servers_of_host_died(struct harness *harness, const struct harness_host *host);

/* server:lane "reader/0" */
int harness_server_lane(lua_State *L);

/* Of struct server_protocol, whose owner is a struct harness_speaker.  Any thread.
 *
 * What serves `method`. */
server_method_fn *harness_find_method(const struct server_protocol *protocol,
                                      struct wire_bytes method);

/* The same by name and exact parameter types, for calls of Writables. */
server_method_fn *harness_find_typed(const struct server_protocol *protocol,
                                     const struct server_call *call, char *types, size_t size);

size_t harness_list_fingerprints(const struct server_protocol *protocol, int32_t *hashes,
                                 size_t max);

/* Whether a case knows that protocol, and such a method of it; the owner is its struct harness.
 * For struct server_config. */
bool harness_has_method(void *owner, struct wire_bytes protocol, struct wire_bytes method,
                        const char *types);

#endif
