/*
 * What travels in one direction through an end, held back: pieces in order, each due at an
 * instant.  Here the faults of net.* strike.
 */
#ifndef HARNESS_TAP_PIPE_H
#define HARNESS_TAP_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "harness/tap/cut.h"
#include "rpc/status.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

struct harness_tap;
struct plan_ticket;

enum tap_piece_kind {
    PIECE_BYTES,
    PIECE_FIN,   /* the stream ends */
    PIECE_RESET, /* the connection breaks off */
    PIECE_CLOSE, /* the stack has given the stream back, */
    PIECE_ABORT, /* with an RST */
    PIECE_GATE,  /* all that is behind stands at a hold of the script's */
};

struct tap_piece {
    struct tap_piece *next;
    enum tap_piece_kind kind;
    uint64_t due_ns;  /* WORLD_NEVER: lost until the world heals */
    uint64_t lost_ns; /* when it was first lost; 0: it was not, and nobody asks again */
    unsigned losses;  /* in a row */
    const struct plan_ticket *ticket; /* of a PIECE_GATE */
    size_t length, gone;
    uint8_t bytes[];
};

struct tap_pipe {
    struct world *world;               /* borrowed */
    const struct harness_tap *tap;     /* borrowed */
    const struct world_stream *stream; /* borrowed */
    enum point_direction direction;
    struct tap_cut cut;
    bool holding;              /* the present message is kept until it is whole */
    struct wire_buffer gather; /* what goes on at once, to make one segment */
    bool complete, mixed;      /* it ends with a message; one ends within it */
    struct tap_piece *first, *last;
    size_t held;                 /* bytes of all pieces */
    struct tap_piece *gate;      /* where `message` stands at its point; NULL: none does */
    struct wire_message message; /* what is behind it has not been looked at yet */
    uint64_t slow_ns;            /* since when a slow line has been busy, */
    uint64_t slow_bytes;         /* with how many bytes, */
    uint64_t slow_rate;          /* at what rate */
    bool ended;                  /* a FIN or RST of a fault's: nothing more passes */
    enum rpc_status failed;      /* RPC_TIMED_OUT after too many losses, RPC_NO_MEMORY */
};

/* `kinds` is borrowed, and that of both directions.  RPC_NO_MEMORY. */
enum rpc_status tap_pipe_init(struct tap_pipe *pipe, const struct harness_tap *tap,
                              const struct world_stream *stream, struct wire_kinds *kinds,
                              enum wire_side side);
void tap_pipe_release(struct tap_pipe *pipe);

/* Whether nothing is held and no fault of net.* could strike. */
bool tap_pipe_clear(const struct tap_pipe *pipe);

/* What comes from now on stands where a hold stops `event`, if one does: its gate, or NULL. */
struct tap_piece *tap_pipe_stop(struct tap_pipe *pipe, const struct point_event *event);

/* Put bytes behind the message that stands. */
void tap_pipe_wait(struct tap_pipe *pipe, struct wire_bytes bytes);

/* Whether the message that stands may go on, and all before it has gone. */
bool tap_pipe_is_let_go(const struct tap_pipe *pipe);

/* Then: take what is behind it, to be freed piece by piece with free(). */
struct tap_piece *tap_pipe_take_behind(struct tap_pipe *pipe);

/* Send `bytes` as one segment, `by_ns` from now; the faults of net.segment and net may strike. */
void tap_pipe_send(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t by_ns);

/* The stream ends behind all that is held (FIN, CLOSE: net.fin, ABORT: net.rst). */
void tap_pipe_end(struct tap_pipe *pipe, enum tap_piece_kind kind);
/* It ends, and nothing is sent that could be struck. */
void tap_pipe_end_unseen(struct tap_pipe *pipe);

/* The first piece, when it is due now; one that was lost may be lost again. */
struct tap_piece *tap_pipe_due(struct tap_pipe *pipe);

/* `length` bytes of the first piece are gone; a whole one is freed. */
void tap_pipe_consume(struct tap_pipe *pipe, size_t length);

/* When the first piece will be due; WORLD_NEVER: there is none, or it is lost. */
uint64_t tap_pipe_next_ns(const struct tap_pipe *pipe);

/* Forget all pieces, except that the stack has closed. */
void tap_pipe_drop(struct tap_pipe *pipe);

/* What was lost is due now. */
void tap_pipe_heal(struct tap_pipe *pipe);

#endif
