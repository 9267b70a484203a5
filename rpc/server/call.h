/*
 * A Call: a request that has been read, until its response is written.  The Reader's own
 * replies (FATAL, SASL, "too busy") are calls as well, as in Hadoop, and count down the
 * rpcCount of their connection though they never counted it up (ipc/Server.java).
 *
 * Calls are used again and again: a server's spare ones lie in server->spare_calls.
 */
#ifndef RPC_SERVER_CALL_H
#define RPC_SERVER_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "rpc/server/lane.h"
#include "rpc/server/server.h"
#include "rpc/wire/writable.h"

struct server_handler;

/* The super interface of all Writable protocols. */
#define SERVER_VERSIONED_PROTOCOL "org.apache.hadoop.ipc.VersionedProtocol"

/* What became of the request's bytes. */
enum server_call_problem {
    CALL_WELL,
    CALL_NO_HEADER, /* RequestHeaderProto does not decode */
    CALL_NO_BODY,   /* the request message is absent or cut short */
};

typedef void server_then_fn(struct server_lane *lane, struct server_connection *connection);

struct server_call {
    TAILQ_ENTRY(server_call) all;         /* of the server's, spare or not; the server's lock */
    STAILQ_ENTRY(server_call) next;       /* callQueue, responseQueue, or the spare ones */
    struct server *server;                /* borrowed */
    struct server_connection *connection; /* owned reference */
    struct server_handler *handler;       /* borrowed; NULL before it is taken */
    struct server_lane *lane;             /* who replies */
    server_then_fn *then;                 /* what that lane does afterwards */
    struct world_task task;               /* the reply's steps */

    int32_t id, retry;
    enum server_call_problem problem;
    struct wire_bytes method, protocol, body, client_id; /* in `request`; texts end with NUL */
    uint64_t protocol_version;
    bool writable;            /* its engine is Writables */
    bool names_protocol;      /* before 2.x only the connection does */
    int64_t writable_version; /* of a Writable call */
    enum writable_fit fit;    /* the same: its arguments, to what they are declared as */
    uint64_t taken_ns;        /* when a Handler took it, where that is minded */
    uint64_t stamp_ns;        /* of the purge, by its clock */
    struct wire_buffer request;

    enum wire_status status;
    bool answered;
    bool deferred;   /* the Handler is free */
    bool unsendable; /* its answer could not be made, and nobody is told */
    _Atomic bool interrupted;
    struct wire_buffer response;
    size_t sent;
};

STAILQ_HEAD(server_call_list, server_call);
TAILQ_HEAD(server_call_all, server_call);

/* A new one, not spare; NULL when out of memory.  The server's lock is held. */
struct server_call *server_call_create(struct server *server);

/* It belongs to `connection` from now on and keeps it. */
void server_call_begin(struct server_call *call, struct server_connection *connection, int32_t id,
                       int32_t retry);

/* Copy what the call needs of a decoded request.  RPC_NO_MEMORY. */
enum rpc_status server_call_read(struct server_call *call, const struct wire_message *message);

/* Spare it.  The server's lock is held. */
void server_call_recycle(struct server_call *call);

/* The same, taking the lock. */
void server_call_discard(struct server_call *call);

/* The method's name, or "". */
const char *server_call_method_text(const struct server_call *call);

/* Free it, whoever has it, but for its connection. */
void server_call_free(struct server_call *call);

/* Make the bytes of an error. */
enum rpc_status server_call_fail(struct server_call *call, enum wire_status status, int code,
                                 const char *class_name, const char *text,
                                 struct wire_bytes client_id);

/* "SUCCESS", "ERROR", "FATAL" */
const char *server_call_status(const struct server_call *call);

#endif
