/*
 * What the parts of the client know of each other: the client itself, and how they make the
 * events of their points.
 */
#ifndef RPC_CLIENT_INSIDE_H
#define RPC_CLIENT_INSIDE_H

#include "rpc/arena.h"
#include "rpc/client/client.h"
#include "rpc/client/connection_id.h"
#include "rpc/client/idle_threads.h"
#include "rpc/client/thread.h"

struct client_call;
struct client_caller;
struct client_chunk;
struct client_connection;

enum {
    CLIENT_ID_LENGTH = 16,
    CLIENT_CHUNK = 8192,           /* java.io.BufferedInputStream's */
    CLIENT_REPLY_MAX = 256 << 20,  /* where the release has no limit of its own */
    CLIENT_KEPT_BUFFER = 64 << 10, /* what a buffer may keep while it is idle */
    CLIENT_POOL_ROWS = 16,
};

TAILQ_HEAD(client_connections, client_connection);

struct client {
    struct world *world;
    struct world_host *host;
    const struct release *release;
    const struct wire_codec *codec;
    struct release_settings settings;
    struct world_executor *executor; /* borrowed: the application's */
    struct world_executor lane;      /* its companion: ours, so that what is queued ends with us */
    uint32_t id;
    uint8_t client_id[CLIENT_ID_LENGTH];
    const struct client_text *user;
    char *real_user;
    char *local_name; /* "client1/10.0.0.2" */
    int service_class;
    bool plain_sockets;
    bool writables;
    const struct writable_types *types;
    uint32_t next_call_id;

    struct client_address *addresses;                 /* in order of their first use */
    struct client_settings *other_settings;           /* the same */
    struct client_text *texts;                        /* the newest first */
    struct client_connections pool;                   /* in order of creation, */
    struct client_connections rows[CLIENT_POOL_ROWS]; /* … and by key: each row in that order too */
    struct client_connections dying;                  /* left the pool, not freed yet */
    STAILQ_HEAD(, client_caller) callers;             /* all, in order of creation */
    SLIST_HEAD(, client_caller) idle_callers;         /* threads without a call, for anyone */
    uint32_t caller_count;
    LIST_HEAD(, client_call) calls;      /* all that the application has, newest first */
    LIST_HEAD(, client_call) free_calls; /* to be used again */
    struct client_chunk *free_chunks;
    struct arena arena;               /* of the reply that is being decoded */
    struct wire_extent *spare_extent; /* unframed.c; NULL: in use, or none was needed */

    struct world_task reap; /* frees what has died */
    struct world_timer poll;
    struct world_task *stopped; /* posted when all is gone; NULL: nobody waits */
    bool stop_begun;            /* Hadoop's !running */
    bool stop_waits;
    uint64_t drain_until_ns; /* from 2.3, 2.x: the sender pool is shut, and may take so long */
    struct client_idle_threads idle_threads;
};

/* A buffer of CLIENT_CHUNK bytes for reading. */
struct client_chunk {
    struct client_chunk *next;
    uint8_t bytes[CLIENT_CHUNK];
};
struct client_chunk *client_take_chunk(struct client *client);
void client_give_chunk(struct client *client, struct client_chunk *chunk);

/* The pool of Connections.  NULL: there is none for it. */
struct client_connection *client_find_connection(struct client *client,
                                                 const struct client_connection_id *key);
void client_add_connection(struct client *client, struct client_connection *connection);
/* It has left: a stop may be over. */
void client_remove_connection(struct client *client, struct client_connection *connection);
/* Nobody refers to it any more; freed by a task of its own. */
void client_bury_connection(struct client *client, struct client_connection *connection);
/* A pooled sender has come to rest (2.x stop waits for them). */
void client_sender_rests(struct client *client);

/* Visit client.resolve: look the name up for `call`, whose thread has not been held there.
 * RPC_NO_SUCH_NAME. */
enum rpc_status client_look_up(struct client *client, struct client_thread *thread,
                               const struct client_call *call, const char *name, uint32_t *ip);
struct point_event client_look_up_visit(struct client *client, const struct client_thread *thread,
                                        const struct client_call *call, struct point_value *value,
                                        const char *name);

/* Whether anybody is told of visits to `point`, holds there or breaks it: nobody else needs
 * their events. */
static inline bool client_seen(const struct client *client, enum point point)
{
    return __builtin_expect(client->world->tracer != NULL, 0) || point_guarded(point);
}

/* The event of a visit to `point` by `thread`; connection and call may be NULL. */
struct point_event client_visit(const struct client *client, enum point point,
                                const struct client_thread *thread,
                                const struct client_connection *connection,
                                const struct client_call *call);

/* One line of Hadoop's log, when anybody listens. */
void client_log(const struct client *client, const struct client_thread *thread,
                const struct client_connection *connection, const char *level, const char *format,
                ...) __attribute__((format(printf, 5, 6)));

/* Set the event's values, which live to the end of the block. */
#define CLIENT_VALUES(the_event, ...)                                                              \
    (the_event).values = (const struct point_value[]){__VA_ARGS__};                                \
    (the_event).value_count =                                                                      \
        sizeof((const struct point_value[]){__VA_ARGS__}) / sizeof(struct point_value)

static inline void client_trace(const struct client *client, struct point_event *event)
{
    if (client->world->tracer != NULL)
        world_trace(client->world, event);
}

#endif
