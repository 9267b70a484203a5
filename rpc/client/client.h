/*
 * A Hadoop RPC client: one Connection for each ConnectionId, many calls on each, pings,
 * rpc time-out, idle close, connect retries.
 *
 * All functions are for the thread of the client's executor, or for when the world does
 * not run.
 */
#ifndef RPC_CLIENT_CLIENT_H
#define RPC_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/release.h"
#include "rpc/status.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

struct client;
struct client_call;

/* How a call ends (the record's words). */
#define CLIENT_ENDING_MAP(X)                                                                       \
    X(NEVER, "never") /* not yet */                                                                \
    X(VALUE, "value")                                                                              \
    X(REMOTE_ERROR, "remote_error")                                                                \
    X(REMOTE_FATAL, "remote_fatal")                                                                \
    X(SETUP_FAILED, "setup_failed")                                                                \
    X(REFUSED, "refused")                                                                          \
    X(CONNECT_TIMEOUT, "connect_timeout")                                                          \
    X(UNREACHABLE, "unreachable")                                                                  \
    X(READ_TIMEOUT, "read_timeout")                                                                \
    X(EOF, "eof")                                                                                  \
    X(RESET, "reset")                                                                              \
    X(BAD_REPLY, "bad_reply")                                                                      \
    X(INTERNAL, "internal")                                                                        \
    X(STOPPED, "stopped")                                                                          \
    X(INTERRUPTED, "interrupted")                                                                  \
    X(ENCODE_ERROR, "encode_error")                                                                \
    X(REJECTED, "rejected")

enum client_ending {
#define X(name, text) CLIENT_##name,
    CLIENT_ENDING_MAP(X)
#undef X
};

const char *client_ending_name(enum client_ending ending);

/* What the caller gets: Hadoop's class and text, wrapped as that release wraps. */
struct client_outcome {
    enum client_ending ending;
    struct wire_bytes value; /* VALUE */
    const char *class_name;  /* "java.io.EOFException"; NULL for a value */
    const char *message;     /* as the caller's getMessage(), without … */
    const char *stack;       /* … a server's stack trace behind it, "\n\tat …"; NULL: none */
    const char *cause_class; /* of the local cause, NULL when there is none */
    const char *cause_message;
    const char *root_class; /* of that cause's own cause, NULL when there is none */
    const char *root_message;
    int code; /* remote: enum wire_code */
};

struct client_config {
    const struct release *release;
    const struct release_settings *settings; /* copied */
    struct world_host *host;
    const char *user;      /* NULL: "ripcord" */
    const char *real_user; /* of a proxy user; NULL */
    int service_class;
    bool plain_sockets; /* reads are not interruptible (a SOCKS factory) */
    /* Its calls and their values are Writables (WritableRpcEngine), as all are before 2.x. */
    bool writables;
    /* Of Writables: the classes that replies may hold; borrowed.  NULL: Java's own. */
    const struct writable_types *types;
    int32_t first_call_id;
};

/* What makes a ConnectionId, besides the client's settings (ipc/Client.java, ConnectionId). */
struct client_remote {
    const char *name;             /* host name, or NULL: `address` is used as it is */
    struct world_address address; /* its port counts with a name too */
    const char *protocol;         /* "org.example.EchoProtocol"; NULL: none */
    uint64_t protocol_version;
    int32_t methods_hash; /* of a protocol of Writables from 2.x on (ipc/ProtocolSignature.java) */
    const char *user;     /* NULL: the client's */
    uint32_t login;       /* two logins of one name are two users */
    /* -1 and 0: none, but different keys.  Nothing is taken from the settings: who wants
     * ipc.client.rpc-timeout.ms gives it here, as Hadoop's proxies do.  0.20 has none. */
    int64_t rpc_timeout_ms;
    const struct release_settings *settings; /* NULL: the client's; copied */
    bool own_service_class;                  /* else the client's; no part of the key */
    int service_class;
};

/* One thread of the application: it waits for one call at a time, and can be interrupted.
 * Calls that it is given meanwhile begin when those before them are over. */
struct client_caller;

typedef void client_done_fn(struct client_call *call, void *owner);

enum rpc_status client_create(struct world *world, const struct client_config *config,
                              struct world_executor *executor, struct client **client);

/* Hadoop's stop: `done` (may be NULL) is posted when all connections are gone.  A second
 * stop is harmless. */
void client_stop(struct client *client, struct world_task *done);

/* Whether a stop that has begun can never end: a connection is left that nobody will close. */
bool client_stop_hangs(const struct client *client);

/* A stopped client, or one whose world will not run again; calls still pending end NEVER,
 * without a word. */
void client_free(struct client *client);

uint32_t client_id(const struct client *client);

/* How many of Hadoop's own threads (ipc/Client.java) are alive in it: a Connection's from its
 * set-up to its end, with a sender beside it in 3.x; in 2.x those of the sender pool (which two
 * Clients of a process share; here each has one).  Callers are the application's threads. */
unsigned client_threads(const struct client *client);

/* Begin a call.  `body` is the encoded parameter message (of Writables the parameters: a count and
 * as many ObjectWritables), copied.  `done` is called once, on
 * the lane "clientN/calls", a companion of the client's executor, and never from within
 * client_call; the call lives until
 * client_call_free.  `caller` NULL: one of its own. */
enum rpc_status client_call(struct client *client, const struct client_remote *remote,
                            const char *method, struct wire_bytes body,
                            struct client_caller *caller, client_done_fn *done, void *owner,
                            struct client_call **call);
/* Before its end too: then nobody is told, and the call runs on unseen.  NULL is allowed. */
void client_call_free(struct client_call *call);

/* The same with an id and a retry count that the retry layer has set for this attempt; the
 * caller's later calls carry that retry count too (RpcConstants, Client.setCallIdAndRetryCount). */
enum rpc_status client_call_again(struct client *client, const struct client_remote *remote,
                                  const char *method, struct wire_bytes body,
                                  struct client_caller *caller, int32_t call_id, int32_t retry,
                                  client_done_fn *done, void *owner, struct client_call **call);

/* Where the caller decodes the value (release->value_decoded_by_caller): whether `value` is what
 * the method returns; false fails the call, with `problem` (WIRE_PROBLEM_MAX bytes). */
typedef bool client_check_fn(const void *owner, struct wire_bytes value, char *problem);
/* Before the world runs on.  `owner` is borrowed until the call's end. */
void client_call_check(struct client_call *call, client_check_fn *check, const void *owner);

/* An id for it, which no other call will have (Client.nextCallId). */
int32_t client_next_call_id(struct client *client);

/* A thread of the application's; NULL when out of memory. */
struct client_caller *client_caller_create(struct client *client);
/* Its calls go on to their ends.  NULL is allowed. */
void client_caller_free(struct client_caller *caller);
/* Thread.interrupted(): whether its flag was set, which it is no more. */
bool client_caller_interrupted(struct client_caller *caller);
uint32_t client_caller_lane(const struct client_caller *caller);

/* Thread.interrupt() of the caller that waits for it. */
void client_call_interrupt(struct client_call *call);

const struct client_outcome *client_call_outcome(const struct client_call *call);
int32_t client_call_id(const struct client_call *call);
int32_t client_call_retry(const struct client_call *call);
uint32_t client_call_number(const struct client_call *call);     /* WORLD_ID_CALL */
uint32_t client_call_connection(const struct client_call *call); /* the world's; 0: none yet */
uint64_t client_call_started_ns(const struct client_call *call);
uint64_t client_call_ended_ns(const struct client_call *call); /* 0: pending */
/* One of: add setup connect sleep write write_lock ping read wait close closed. */
const char *client_call_doing(const struct client_call *call);

/* One connection as the client sees it. */
struct client_connection_view {
    uint32_t connection; /* the world's number of its present or last socket */
    const char *state;   /* record.md: new connecting header sasl open_idle open_busy … */
    const char *doing;
    const char *user;
    size_t calls;
    uint64_t last_activity_ms;
    bool reads;           /* its receiver waits for bytes: */
    int64_t timeout_ms;   /* the socket's time-out; 0: none */
    uint64_t deadline_ns; /* when that fires; WORLD_NEVER: never */
    uint64_t waited_ms;   /* in this read so far, by whole time-outs */
};
size_t client_connections(const struct client *client, struct client_connection_view *views,
                          size_t max);

#endif
