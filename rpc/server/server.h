/*
 * A Hadoop RPC server: Listener, Readers, callQueue, Handlers, Responder.
 *
 * All functions are for the server's own thread (see server_executor), or for when the world
 * does not run, unless they say "any thread".
 */
#ifndef RPC_SERVER_SERVER_H
#define RPC_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/release.h"
#include "rpc/status.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

struct server;
struct server_call;

/* What a method answers: DONE, the response is set; PENDING, server_call_finish comes later
 * and the Handler stays busy until then; DEFERRED, the same, but the Handler is free. */
enum server_outcome { SERVER_DONE, SERVER_PENDING, SERVER_DEFERRED };

/* What a protocol's calls are made of: protobuf messages, or Writables (all of them before 2.x). */
enum server_engine { SERVER_PROTOBUF, SERVER_WRITABLE };

typedef enum server_outcome server_method_fn(struct server_call *call, void *owner);

/* A protocol that the server speaks. */
struct server_protocol {
    const char *name; /* "org.apache.hadoop.hdfs.protocol.ClientProtocol" */
    /* Java's interface, where its name is another one (ipc/ProtocolInfo.java); else NULL. */
    const char *class_name;
    uint64_t version;
    /* The function of a method, or NULL: ERROR_NO_SUCH_METHOD.  Any thread. */
    server_method_fn *(*find)(const struct server_protocol *, struct wire_bytes method);
    void *owner; /* given to the method */
    enum server_engine engine;
    /* Writables, in the place of `find` unless NULL: the method with exactly the parameter types
     * of `call` (whose method and body tell them); when NULL is answered, `types` (`size` bytes)
     * has got those types as Java lists them, "java.lang.String,long".  Any thread. */
    server_method_fn *(*find_typed)(const struct server_protocol *, const struct server_call *call,
                                    char *types, size_t size);
    /* The fingerprints of its interface's methods (wire_fingerprint), at most `max`; returns how
     * many.  NULL: there are none.  Any thread. */
    size_t (*fingerprints)(const struct server_protocol *, int32_t *hashes, size_t max);
};

struct server_config {
    const struct release *release;
    const struct release_settings *settings; /* copied */
    struct world_host *host;
    uint16_t port;      /* 0: 8020 in sim, a free one in live */
    unsigned handlers;  /* 0: 1 */
    unsigned queue;     /* queue override as Hadoop's constructor takes it; 0: handlers x 100 */
    bool thread_each;   /* live: a thread for every executor, as Hadoop has */
    bool requires_sasl; /* SIMPLE is refused with FATAL */
    const struct writable_types *types; /* the classes of Writables that calls may have; borrowed,
                                         * NULL: only Java's own */
    /* Before 2.x a connection may name any class: those of `types`, and protocols of other servers.
     * Whether `protocol` is one that has a method with those parameter types (as find_typed lists
     * them; an absent method: whether it is one at all).  NULL: there are none.  Any thread. */
    bool (*has_method)(void *owner, struct wire_bytes protocol, struct wire_bytes method,
                       const char *types);
    void *has_method_owner;
    /* Service authorization: NULL allows all; else asked for (user, protocol). */
    bool (*authorize)(void *owner, struct wire_bytes user, struct wire_bytes protocol);
    /* Whether `real` may act for `user`; NULL: nobody may for anybody. */
    bool (*impersonate)(void *owner, struct wire_bytes real, struct wire_bytes user);
    void *authorize_owner;
    /* Thread.interrupt() of a Handler whose call is PENDING, as the server stops: told once,
     * on the Handler's thread.  NULL: who cares asks server_call_interrupted. */
    void (*interrupted)(void *owner, struct server_call *call);
    void *interrupted_owner;
};

struct server_counters {
    uint64_t accepted, open_connections, dropped_connections, call_queue_length, executions,
        skipped, output_errors, purged, idle_closed, authentication_failures,
        authorization_failures, slow_calls, backoffs, cache_hits;
};

/* One connection as the server sees it, for handles and reports. */
struct server_connection_view {
    uint32_t connection; /* the world's number */
    int reader;
    int64_t rpc_count;
    uint64_t last_contact_ms; /* wall clock */
    const char *state;        /* as in the record: "open" */
    char user[64];
};

/* Where a server of that config listens: port 0 is 8020 in virtual time, and else a free one. */
uint16_t server_port(const struct world *world, const struct server_config *config);

/* How many calls its callQueue has room for; 0: it can't be made (Java's LinkedBlockingQueue throws
 * an IllegalArgumentException). */
size_t server_queue_room(const struct server_config *config);

/* Bound and listening, its Readers run, nothing is accepted before server_start.
 * RPC_ADDRESS_IN_USE and the like; RPC_BAD_VALUE: no callQueue; RPC_NO_MEMORY. */
enum rpc_status server_create(struct world *world, const struct server_config *config,
                              struct server **server);

/* Before server_start.  `protocol` is copied, its names too.  Besides others: of other engines,
 * names and versions (ipc/RPC.java, Server.addProtocol); in the place of one that is the same. */
enum rpc_status server_add_protocol(struct server *server, const struct server_protocol *protocol);

/* Begin to accept.  Any thread. */
void server_start(struct server *server);

/* An executor of the server's own thread that never stands: while the world runs, who lives
 * elsewhere posts to it what calls these functions.  Any thread. */
struct world_executor *server_executor(struct server *server);

/* Hadoop's stop (ipc/Server.java): `done` (may be NULL) is posted to `executor` when all is
 * closed.  A second stop is harmless.  Any thread. */
void server_stop(struct server *server, struct world_executor *executor, struct world_task *done);

/* Whether a stop hangs for good: 2.x joins its Readers, and one that stands before a
 * full callQueue never ends, as no Handler is left.  Then nothing is closed but the listening
 * socket, and `done` is never posted.  Before that, in 1.x, stop returns, but a Listener that
 * stands before such a Reader has not closed the connections.  Any thread. */
bool server_stop_hangs(const struct server *server);

/* The process dies: everything closes as the kernel would, nothing is told; after a stop that
 * left something too.  Any thread. */
void server_kill(struct server *server);

/* A stopped or killed server, from its own thread; or one whose world does not run (with
 * thread_each only then).  Tasks that it has posted are forgotten. */
void server_free(struct server *server);

uint32_t server_id(const struct server *server);
struct world_address server_address(const struct server *server);
/* Any thread. */
void server_counters(const struct server *server, struct server_counters *counters);
/* Up to `max` views in order of their numbers; returns how many there are.  Any thread. */
size_t server_connections(const struct server *server, struct server_connection_view *views,
                          size_t max);
/* What a lane does: "listener", "reader/0", "handler/3", "responder".  NULL: no such lane.
 * One of: accept select put execute write read wait closed sleep; new: it has not begun. */
const char *server_lane_doing(const struct server *server, const char *lane);
/* When an Error has ended that lane's thread; WORLD_NEVER: it has not.  Any thread. */
uint64_t server_lane_died_ns(const struct server *server, const char *lane);
/* How many of Hadoop's own threads (ipc/Server.java) are alive in it: the Readers from its creation
 * on, from 2.3 the idle scan's Timer too, in 3.x Hadoop-Metrics-Updater; Listener, Responder and
 * Handlers from its start; after a stop those that it leaves.  Any thread. */
unsigned server_threads(const struct server *server);
/* New settings where Hadoop can take them while it runs. */
enum rpc_status server_refresh(struct server *server, const struct release_settings *settings);

/* --- a call, from the method's first instruction to its finish --- */

struct wire_bytes server_call_method(const struct server_call *call);
struct wire_bytes server_call_protocol(const struct server_call *call);
struct wire_bytes server_call_body(const struct server_call *call);
struct wire_bytes server_call_user(const struct server_call *call);
struct wire_bytes server_call_client_id(const struct server_call *call);
int32_t server_call_id(const struct server_call *call);
int32_t server_call_retry(const struct server_call *call);
uint32_t server_call_connection(const struct server_call *call);
uint32_t server_call_handler(const struct server_call *call); /* number of its slot */
bool server_call_interrupted(const struct server_call *call); /* the server is stopping */

/* Give the call its answer, once; what is given is copied.  Before DONE, or before
 * server_call_finish. */
enum rpc_status server_call_return(struct server_call *call, struct wire_bytes value);
/* The same with what `value` holds, which is released; OutOfMemoryError where it could not be
 * `made`, or given. */
void server_call_return_made(struct server_call *call, enum rpc_status made,
                             struct wire_buffer *value);
/* `message` is the exception's own (NULL: it has none), without class and stack trace; what the
 * release and the engine make of it is added, and the lines of a stack trace. */
enum rpc_status server_call_throw(struct server_call *call, const char *class_name,
                                  const char *message);
/* The same of a message in which there may be NUL; absent: none. */
enum rpc_status server_call_throw_text(struct server_call *call, const char *class_name,
                                       struct wire_bytes message);
/* The exception of a DEFERRED call that is given up (3.x, Call.abortResponse): FATAL, and the
 * connection closes after the next read of its Reader.  RPC_NOT_IN_RELEASE. */
enum rpc_status server_call_abort(struct server_call *call, const char *class_name,
                                  const char *message);
/* The value could not be made into bytes: ERROR_SERIALIZING_RESPONSE; before 2.x the client never
 * hears of it, and the connection never counts as idle again. */
enum rpc_status server_call_unserializable(struct server_call *call, const char *class_name,
                                           const char *message);

/* A PENDING call goes on as DEFERRED: its Handler is free.  Any thread. */
void server_call_defer(struct server_call *call);

/* Send the answer that was given.  Any thread; the call must not be used after it. */
void server_call_finish(struct server_call *call);

/* Never answer it: its Handler stays busy (PENDING) or is free (deferred).  The server frees
 * the call when it stops. */
void server_call_abandon(struct server_call *call);

#endif
