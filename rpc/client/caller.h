/*
 * A thread of the application (ipc/Client.java, call): it looks for a connection, joins its
 * calls, sets it up when that is to be done, has the request sent, and waits.
 */
#ifndef RPC_CLIENT_CALLER_H
#define RPC_CLIENT_CALLER_H

#include "rpc/client/call.h"
#include "rpc/client/inside.h"
#include "rpc/client/select.h"
#include "rpc/client/thread.h"

/* Where an interrupt reaches it at once. */
enum client_caller_place {
    CALLER_ELSEWHERE,
    CALLER_CONNECTS,
    CALLER_SLEEPS,
    CALLER_WRITES, /* before 3.x: writes, or (2.x) waits until its request has been written */
    CALLER_OFFERS, /* 3.x: waits until the sender takes its request */
    CALLER_AWAITS, /* the reply */
};

/* What the set-up of a connection has to remember between its steps (setup.c). */
struct client_setup {
    int io_failures, timeout_failures;
    unsigned attempts;
    bool moved;     /* the look-up after the last failure gave a new address */
    bool timed_out; /* the last failure was a time-out */
    bool no_socket; /* it came before there was a socket */
    uint64_t attempt_ns;
    struct client_select select;    /* of the attempt */
    struct client_failure *failure; /* of the last attempt */
    struct world_watch watch;
};

struct client_caller {
    struct client_thread thread;
    struct client *client;
    STAILQ_ENTRY(client_caller) all;
    SLIST_ENTRY(client_caller) idle;
    struct client_call *call;         /* the one that it makes; NULL: idle */
    STAILQ_HEAD(, client_call) calls; /* behind it */
    enum client_caller_place place;
    bool interrupted; /* Thread's flag */
    bool owned;       /* by the application, else anybody's */
    bool freed;
    int32_t retry_count;                  /* the thread-local one, which is never cleared */
    STAILQ_ENTRY(client_caller) spinning; /* until a closed connection leaves the pool */
    struct world_timer timer;             /* of a connect, a sleep, an offer */
    struct client_setup setup;
    struct client_failure *failure; /* of its write, on its way to markClosed */
};

/* Make `call`, at once or when those before it are over. */
void client_caller_begin(struct client_caller *caller, struct client_call *call);

/* A thread for one call without a caller of its own; NULL without memory. */
struct client_caller *client_caller_borrow(struct client *client);

void client_caller_release(struct client_caller *caller);
void client_caller_interrupt(struct client_caller *caller);

/* Its call is done. */
void client_caller_notify(struct client_caller *caller);
/* 2.x: the request has been written, or never will be. */
void client_caller_written(struct client_caller *caller);
/* 3.x: the sender has taken the request. */
void client_caller_taken(struct client_caller *caller);
/* setup.c is through, well or not; the caller holds the connection's monitor no more. */
void client_caller_is_set_up(struct client_caller *caller);
/* 0.20: an exception that set-up does not handle leaves the call; taken. */
void client_caller_throws(struct client_caller *caller, struct client_failure *failure);
/* The request has been written, or the connection closes; what follows is the reply. */
void client_caller_is_sent(struct client_caller *caller);
/* Before 3.x: the closed connection that it knows has left the pool. */
void client_caller_looks_again(struct client_caller *caller);

#endif
