/*
 * A Connection, from the Listener's accept to its end: what has been read of it, who its user
 * is, and the responses that wait to be written.
 *
 * Three lanes touch it.  Its Reader owns the decoder and reads; whoever replies writes, under
 * the server's lock; any lane may doom it.  The stream itself is closed last, after Reader and
 * Responder have taken their watches away.
 */
#ifndef RPC_SERVER_CONNECTION_H
#define RPC_SERVER_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "faults/point_doom.h"
#include "rpc/server/call.h"
#include "rpc/server/lane.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

enum server_connection_state {
    CONNECTION_HEADER,  /* waits for "hrpc", version, service class, auth protocol */
    CONNECTION_SASL,    /* SASL messages, call id -33 */
    CONNECTION_CONTEXT, /* waits for the user and the protocol, call id -3 */
    CONNECTION_OPEN,    /* calls and pings */
    CONNECTION_CLOSING, /* doomed: neither read nor written any more */
    CONNECTION_CLOSED,  /* nothing but free may follow */
};

/* Why the server closes a connection (the words of server.close). */
#define SERVER_CLOSE_MAP(X)                                                                        \
    X(EOF, "eof")                                                                                  \
    X(RESET, "reset")                                                                              \
    X(FATAL, "fatal")                                                                              \
    X(HTTP, "http")                                                                                \
    X(VERSION, "version")                                                                          \
    X(AUTH, "auth")                                                                                \
    X(LENGTH, "length")                                                                            \
    X(MALFORMED, "malformed")                                                                      \
    X(PROTOCOL, "protocol")                                                                        \
    X(USER, "user")                                                                                \
    X(OUTPUT_ERROR, "output_error")                                                                \
    X(PURGE, "purge")                                                                              \
    X(IDLE, "idle")                                                                                \
    X(OOM, "oom")                                                                                  \
    X(MAX_CONNECTIONS, "max_connections")                                                          \
    X(STOP, "stop")

enum server_close {
#define X(name, text) CLOSE_##name,
    SERVER_CLOSE_MAP(X)
#undef X
};

const char *server_close_name(enum server_close why);

struct server_reader;

struct server_connection {
    TAILQ_ENTRY(server_connection) all;        /* until it is freed; lock */
    TAILQ_ENTRY(server_connection) registered; /* with the Responder; lock */
    STAILQ_ENTRY(server_connection) turn;      /* pending at the Reader, or a Responder's list */
    STAILQ_ENTRY(server_connection) purge;
    struct server *server;        /* borrowed */
    struct server_reader *reader; /* borrowed, for life */
    struct world_stream *stream;  /* owned; NULL once closed */
    struct wire_decoder *decoder; /* owned; the Reader's */
    uint32_t number;
    _Atomic unsigned references;
    _Atomic enum server_connection_state state; /* moves under the lock */
    _Atomic int rpc_count;                      /* moves under the lock */
    _Atomic bool should_close;                  /* a response was aborted: after the next read */
    _Atomic uint64_t last_contact_ms;           /* the host's wall clock */

    struct wire_bytes user, protocol; /* owned by `names`; set once, by the Reader */
    char *names;
    struct point_doom read_doom, write_doom;
    bool reading; /* a step of the Reader's waits */
    bool sasl;    /* the auth byte says so, and no switch to SIMPLE */
    bool sent_negotiate;
    int auth;         /* the preamble's auth byte */
    bool skips_token; /* switched to SIMPLE: the next frame is a token for nobody */
    bool has_write_watch;
    bool is_registered;                /* lock */
    bool wants_write;                  /* OP_WRITE is on; lock */
    bool was_stuck;                    /* responses were queued when it was doomed; lock */
    struct server_call_list responses; /* lock */
    unsigned response_count;

    const char *refusal; /* why it is refused, and how that ends; the Reader's */
    enum server_close refused;

    struct world_watch read_watch, write_watch;
    struct world_task step;      /* the Reader's */
    struct server_call *in_hand; /* of the Reader: read, not yet queued */
    struct world_task handover;  /* of who has written short */
    struct server_lane *handover_lane;
    server_then_fn *handover_then;
    struct world_task closing;
    struct server_lane *closing_lane;
    enum server_close why;
};

TAILQ_HEAD(server_connection_all, server_connection);
STAILQ_HEAD(server_connection_list, server_connection);

/* A new one in state HEADER that owns `stream`, with one reference that its end takes away,
 * and not yet counted as open.  NULL when out of memory; the stream is then still the
 * caller's.  Takes the lock. */
struct server_connection *server_connection_create(struct server *server,
                                                   struct server_reader *reader,
                                                   struct world_stream *stream);

struct server_connection *server_connection_keep(struct server_connection *connection);
/* The last one to let go frees it; takes the lock then. */
void server_connection_let_go(struct server_connection *connection);
/* The same while the lock is held. */
void server_connection_drop(struct server_connection *connection);

/* When the world does not run any more: take it from its stream, then, whoever keeps it and when
 * no lane is left that has a task of its, free it. */
void server_connection_cut(struct server_connection *connection);
void server_connection_free(struct server_connection *connection);

static inline enum server_connection_state
server_connection_state(const struct server_connection *connection)
{
    return atomic_load_explicit(&connection->state, memory_order_relaxed);
}

static inline bool server_connection_is_open(const struct server_connection *connection)
{
    return server_connection_state(connection) < CONNECTION_CLOSING;
}

/* The name of the record, "open". */
const char *server_connection_state_name(const struct server_connection *connection);

/* So many calls more.  The lock is held; who reads their number need not have it. */
static inline void server_connection_count(struct server_connection *connection, int more)
{
    int count = atomic_load_explicit(&connection->rpc_count, memory_order_relaxed);
    atomic_store_explicit(&connection->rpc_count, count + more, memory_order_relaxed);
}

/* The Reader has seen something of the peer. */
void server_connection_touch(struct server_connection *connection);

/* Whether it is idle and has been silent for too long. */
bool server_connection_timed_out(const struct server_connection *connection, uint64_t now_ms);

/* It is not to be served: close it at once. */
void server_connection_turn_away(struct server_connection *connection);

/* A move of the Reader's, unless the connection is doomed.  Takes the lock. */
void server_connection_enter(struct server_connection *connection,
                             enum server_connection_state next);

/* Copy the user (may be absent) and the protocol (may be absent) of the context.  Takes the
 * lock. */
enum rpc_status server_connection_identify(struct server_connection *connection,
                                           struct wire_bytes user, struct wire_bytes protocol);

/* `lane` closes it: out of the set at once, the stream in a step of its own.  Nothing happens
 * to one that is doomed already, and the answer is false.  The lock is held. */
bool server_connection_doom(struct server_connection *connection, struct server_lane *lane,
                            enum server_close why);

/* The same, taking the lock. */
void server_connection_close(struct server_connection *connection, struct server_lane *lane,
                             enum server_close why);

#endif
