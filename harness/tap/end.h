/*
 * One end of a stream with a tap on it, and how messages pass.
 *
 * The stack calls it on its own thread, through the filter; what is held back goes on on the tap's
 * executor.  Its lock guards both, and is taken behind that of the tap's list.
 */
#ifndef HARNESS_TAP_END_H
#define HARNESS_TAP_END_H

#include <stdbool.h>

#include "harness/tap/pipe.h"
#include "harness/tap/tap.h"
#include "rpc/world/world.h"

enum { TAP_HELD_MAX = 65536 }; /* bytes held in one direction before the stack has to wait */

struct tap_end {
    struct world_filter filter;
    struct harness_tap *tap;     /* borrowed */
    struct world_stream *stream; /* borrowed; the stack's until it closes, then ours */
    TAILQ_ENTRY(tap_end) all;    /* the tap's */
    struct world_lock *lock;     /* owned: stack and tap may be on two threads */
    struct tap_pipe out, in;
    struct wire_kinds kinds; /* of the calls that have passed either */
    bool token_came;         /* SASL before version 9: a client's token has passed, */
    bool switched;           /* and the server wants none */
    bool foreign;            /* `in` is ours to tell of, and to break */
    bool in_over;            /* the socket has nothing more to read: `in` ends with a piece */
    bool closed;             /* the stack has given it back */
    bool gone;               /* the stream is closed */
    bool blocked;            /* the socket takes no more for now */
    enum rpc_status broken;  /* what writes say from now on, */
    bool cut_off;            /* and reads, too */

    /* Of the tap's executor alone, but for what the lock guards. */
    struct world_task task;
    struct world_timer timer;
    struct world_watch watch;
    bool posted;       /* lock */
    bool timed;        /* the timer has been begun */
    bool watching;     /* lock */
    uint64_t armed_ns; /* lock; WORLD_NEVER: the timer is not armed */
};

/* NULL when out of memory. */
struct tap_end *tap_end_create(struct harness_tap *tap, struct world_stream *stream, bool foreign);

/* It leaves the tap's list.  Nothing of it is posted or armed. */
void tap_end_free(struct tap_end *end);

/* Give timer and watch back.  On the tap's executor, or when the world does not run. */
void tap_end_release(struct tap_end *end);

/* At the end of each call from the stack, which may be another thread than the tap's: unlock,
 * and have the tap's executor do what is left.  The end may be freed. */
void tap_leave(struct tap_end *end);

/* --- of the tap (tap.c) ------------------------------------------------------------- */

/* Out of the tap's list. */
void tap_forget(struct tap_end *end);

/* Where held bytes travel. */
struct world_executor *tap_executor(struct harness_tap *tap);

/* Who is told; never NULL. */
const struct harness_tap_ops *tap_ops(const struct harness_tap *tap);
void *tap_owner(const struct harness_tap *tap);

/* What is spoken. */
const struct wire_codec *tap_codec(const struct harness_tap *tap);
const struct writable_types *tap_types(const struct harness_tap *tap);

/* How long what is lost is sent again before the connection breaks. */
uint64_t tap_give_up_ns(const struct harness_tap *tap);

/* The ticket of a hold that stops `event`, or NULL. */
const struct plan_ticket *tap_stopped(const struct harness_tap *tap,
                                      const struct point_event *event);

/* --- messages (pass.c) -------------------------------------------------------------- */

/* Bytes that have passed already. */
void tap_observe(struct tap_end *end, struct tap_pipe *pipe, struct wire_bytes bytes);

/* Bytes that are to pass: into the pipe with what goes on, through the faults of wire.* and
 * net.*.  While the former are armed, what is no whole message yet is kept. */
void tap_pass(struct tap_end *end, struct tap_pipe *pipe, struct wire_bytes bytes);

/* A message that stood at its point goes on, with what is behind it, if it may.  False: none. */
bool tap_pass_on(struct tap_end *end, struct tap_pipe *pipe);

/* What has been kept of an unfinished message goes on. */
void tap_pass_rest(struct tap_pipe *pipe);

/* Whether a fault of wire.* could strike in the direction. */
bool tap_guarded(enum point_direction direction);

#endif
