/*
 * A Connection: one socket, the calls that wait for its replies, and two threads (receiver and
 * sender) beside the callers (ipc/Client.java, Connection).
 *
 * Its monitor is Java's "synchronized (connection)": held while it is set up (for minutes, if it
 * has to be), while a ping waits for a writer, and while it closes.
 */
#ifndef RPC_CLIENT_CONNECTION_H
#define RPC_CLIENT_CONNECTION_H

#include "faults/point_doom.h"
#include "rpc/client/call.h"
#include "rpc/client/inside.h"
#include "rpc/client/response.h"
#include "rpc/client/select.h"
#include "rpc/client/thread.h"

/* In the record's words. */
enum client_connection_state {
    CONNECTION_NEW,        /* in the pool, no socket */
    CONNECTION_CONNECTING, /* one caller sets it up */
    CONNECTION_HEADER,     /* connected, the preamble goes out */
    CONNECTION_SASL,       /* SASL messages go to and fro */
    CONNECTION_OPEN_IDLE,  /* no calls; nobody reads */
    CONNECTION_OPEN_BUSY,  /* calls wait, the receiver reads */
    CONNECTION_CLOSING,    /* it has its reason; no call may join */
    CONNECTION_CLOSED,
};

/* A reply that has been decoded, and stands at a point with bytes of its own. */
struct client_held_reply {
    struct client_reply reply;
    struct wire_buffer bytes;
};

enum client_receiver_place {
    RECEIVER_ELSEWHERE,
    RECEIVER_WAITS, /* for work */
    RECEIVER_READS,
    RECEIVER_WRITES, /* a ping */
};

struct client_connection {
    struct client *client;
    TAILQ_ENTRY(client_connection) all; /* of the pool, or of the dying */
    TAILQ_ENTRY(client_connection) row; /* of the pool's */
    unsigned references;                /* pool, threads, calls, callers */
    struct client_connection_id id;
    struct world_address place;  /* of its id's address, see client_connection_id_is */
    struct world_address server; /* where it connects to; ip 0: not resolved */
    enum client_connection_state state;
    uint32_t number;
    int service_class;
    uint64_t last_activity_ms; /* wall clock */
    struct world_stream *stream;

    TAILQ_HEAD(, client_call) calls;
    size_t call_count;
    int32_t highest_id; /* no call here has a higher one */
    bool in_pool;
    bool dead;        /* nobody will ever close it: its receiver died, or was never started */
    bool has_streams; /* from then on close() closes the socket in every release */
    bool torn;        /* a write broke off: nothing may follow */
    client_step_fn *close_done;
    bool closing;                          /* Hadoop's shouldCloseConnection, */
    struct client_failure *reason;         /* and why; NULL: idle */
    struct client_caller *connecting;      /* who sets it up */
    STAILQ_HEAD(, client_caller) spinning; /* before 3.x: who wait for it to leave the pool */
    struct client_monitor monitor;         /* the Connection's, */
    struct client_monitor stream_lock;     /* `out`'s, */
    struct client_monitor send_lock;       /* sendRpcRequestLock */

    /* The receiver: Hadoop's Connection thread. */
    struct client_thread receiver;
    enum client_receiver_place receiver_place;
    bool receiver_runs, receiver_interrupted;
    uint64_t waited_ms;          /* in this read, by whole time-outs */
    struct client_select select; /* of the present wait for bytes */
    struct world_timer timer;
    uint64_t deadline_ns; /* what the timer is for; WORLD_NEVER: nothing */
    uint64_t timer_ns;    /* when it fires; WORLD_NEVER: it does not */
    struct world_watch read_watch;
    struct client_response response;
    struct point_doom read_doom;
    struct client_held_reply *held;         /* a reply that stands at a point, else NULL */
    struct client_failure *receive_failure; /* on its way to markClosed */

    /* The sender: a pool's thread in 2.x, RpcRequestSender in 3.x; before, callers write. */
    struct client_thread sender;
    STAILQ_HEAD(, client_call) to_send;
    struct client_call *sending;
    bool sender_runs, sender_busy;
    struct client_failure *send_failure; /* on its way to markClosed */
    uint64_t polls_ns;                   /* 3.x: since when it waits for an offer */

    /* What is written: by whoever has the stream lock. */
    struct wire_buffer out;
    size_t written;
    struct client_thread *writer; /* NULL: nobody */
    client_step_fn *write_done;
    const struct client_call *writes_call;
    struct client_failure *write_failure; /* of the last write; the writer takes it */
    struct world_watch write_watch;
    struct point_doom write_doom;
};

/* RPC_NO_MEMORY.  With a reference for the creator. */
enum rpc_status client_connection_create(struct client *client, const struct client_call *call,
                                         struct client_connection **connection);
struct client_connection *client_connection_keep(struct client_connection *connection);
void client_connection_drop(struct client_connection *connection);
/* Only for the client, when nothing runs in it any more. */
void client_connection_free(struct client_connection *connection);

const char *client_connection_state_name(enum client_connection_state state);
void client_connection_enter(struct client_connection *connection,
                             enum client_connection_state next);

/* The calls that wait here, in order of their joining. */
void client_connection_join(struct client_connection *connection, struct client_call *call);
/* The table's reference is the caller's from now on. */
void client_connection_leave(struct client_connection *connection, struct client_call *call);
struct client_call *client_connection_find(struct client_connection *connection, int32_t id);

/* Hadoop's markClosed: the first reason stays.  Takes the reference.  The caller holds the
 * monitor. */
void client_connection_mark_closed(struct client_connection *connection,
                                   struct client_failure *reason);

/* Hadoop's close, in three steps with the stream lock in the midst; by `thread`, which holds
 * the monitor, and holds it still when `then` runs (perhaps at once). */
void client_connection_close(struct client_connection *connection, struct client_thread *thread,
                             client_step_fn *then);

/* The names of both ends for an exception's text. */
struct client_hosts client_connection_hosts(const struct client_connection *connection);
/* "nn/10.0.0.1:8020" */
char *client_server_text(const struct client_address *name, struct world_address address,
                         char *text, size_t size);

#endif
