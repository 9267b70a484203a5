/*
 * Bytes of one direction of a stream, cut into messages.
 */
#ifndef HARNESS_TAP_CUT_H
#define HARNESS_TAP_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "faults/point.h"
#include "rpc/status.h"
#include "rpc/wire/kinds.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

struct tap_cut {
    const struct wire_codec *codec;     /* borrowed */
    struct wire_decoder *decoder;       /* owned */
    struct wire_kinds *kinds;           /* borrowed: those of the connection's calls */
    const struct writable_types *types; /* borrowed */
    enum wire_side side;
    struct wire_bytes raw;   /* the present message, as far as it has come: in `kept`, or … */
    struct wire_buffer kept; /* … empty, where all of it has come at once: in those bytes */
    bool done;               /* raw is whole */
    bool deaf;               /* these are no messages (any more) */
};

/* Values may be of `types`.  `kinds` is that of both directions.  RPC_NO_MEMORY. */
enum rpc_status tap_cut_init(struct tap_cut *cut, const struct wire_codec *codec,
                             const struct writable_types *types, struct wire_kinds *kinds,
                             enum wire_side side);
void tap_cut_release(struct tap_cut *cut);

/* Take bytes up to the end of the present message; *used tells how many.
 * RPC_OK: raw is a message, opened as far as it can be.  RPC_MALFORMED: raw is a frame that
 * does not decode (a reply without a length word that does not is RPC_TOO_LONG).  RPC_AGAIN: all
 * bytes are used.  RPC_TOO_LONG: from here on nothing is a message; raw and the rest of the bytes
 * belong to none.  RPC_OK's message lives until the next call, raw as long as the bytes do. */
enum rpc_status tap_cut_take(struct tap_cut *cut, struct wire_bytes bytes, size_t *used,
                             struct wire_message *message);

/* From now on raw lives until the next call too.  RPC_NO_MEMORY: it is empty. */
enum rpc_status tap_cut_keep(struct tap_cut *cut);

/* Whether no message has begun. */
bool tap_cut_clear(const struct tap_cut *cut);

/* The point that a message visits; POINT_COUNT for what is none (HTTP, a goodbye). */
enum point tap_point_of(const struct wire_message *message);

enum { TAP_TOLD_MAX = 4, TAP_TEXT_MAX = 1024 };

/* The visit of a message to its point: the event, and what that points to. */
struct tap_visit {
    struct point_event event;
    struct point_value values[TAP_TOLD_MAX + 1]; /* the length comes last */
    char texts[TAP_TOLD_MAX][TAP_TEXT_MAX + 1];  /* of values; longer ones are cut */
};

/* It begins now.  `message` is borrowed for as long. */
void tap_visit_begin(struct tap_visit *visit, const struct world_stream *stream,
                     const struct wire_message *message);

#endif
