/*
 * The tap: a filter on our ends of streams that knows messages.
 *
 * It cuts what is written into messages, tells of each (the points wire.*), and lets the
 * faults of wire.* and net.* strike there, in our own end: a message is swallowed, delayed,
 * doubled or changed; bytes are held back, split, slowed down, damaged, lost for a while as
 * TCP loses them, put in; the stream ends early.  Order is kept, as TCP keeps it: what comes
 * behind something late is late too.  A segment that comes twice is taken once.
 *
 * Each end does this for what it writes.  One whose peer is foreign (a real program, whose
 * end has no tap) does it for what it reads as well.  The world tells of net.* itself.
 *
 * While no fault is armed a tap adds decoding to a stream and nothing else: what the stack
 * writes goes to the socket at once, and short writes stay short.  While a fault of wire.* is
 * armed, messages are held until they are whole.
 */
#ifndef HARNESS_TAP_TAP_H
#define HARNESS_TAP_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "rpc/status.h"
#include "rpc/wire/fields.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

struct harness_tap;
struct plan_ticket;

/* One message as it passes an end.  Everything is borrowed for the call. */
struct harness_tap_message {
    const struct world_stream *stream;
    enum point_direction direction;
    const struct wire_message *message; /* opened; a response's value by its bytes */
    struct wire_bytes bytes;            /* on the wire, before any fault */
    uint64_t at_ns;                     /* its last byte was written here, or read */
    const struct point_strike *strike;  /* the fault of wire.* that struck it, or NULL */
};

/* Who is told.  Called on the executor that writes or reads (for held bytes: the tap's), with
 * a lock of that end held: nothing here may touch the stream.  NULL functions are allowed. */
struct harness_tap_ops {
    /* A message has been written whole, or has come from a foreign peer. */
    void (*sent)(void *owner, const struct harness_tap_message *message);
    /* A message written by a peer with a tap has been read whole. */
    void (*received)(void *owner, const struct harness_tap_message *message);
    /* Whoever reads `stream` has come to its end; `reset`: to an RST. */
    void (*ended)(void *owner, const struct world_stream *stream, bool reset);
    /* The ticket with which a message or segment waits at a hold, and all that is behind it;
     * NULL: it passes. */
    const struct plan_ticket *(*stopped)(void *owner, const struct point_event *event);
    /* All that an end had held back has gone on.  No lock is held. */
    void (*emptied)(void *owner);
};

/* --- what the faults `change` and `inject` want --- */

struct harness_tap_field {
    const char *name; /* see rpc/wire/fields.h; one that the message does not have is left */
    struct wire_value value;
};

/* The payload of `change`: in this order. */
struct harness_tap_change {
    const struct harness_tap_field *fields;
    size_t count;
    bool has_cut; /* only `cut` bytes of the message go out */
    size_t cut;
    /* Optional: put the bytes of a request's or response's `value` into `made`, for the message as
     * `fields` have changed it; false: it keeps its own.  Any thread. */
    bool (*make_value)(void *owner, const struct world_stream *stream,
                       const struct wire_message *message, struct wire_buffer *made);
    void *owner;
};

/* The payload of `inject`: the bytes that appear before the segment. */
struct harness_tap_inject {
    struct wire_bytes bytes;
};

/* --- taps --- */

/* Held bytes travel on an executor of the tap's, on `host` (which no fault kills), a companion
 * of `companion` (NULL: none).  `ops` may be NULL.  NULL when out of memory. */
struct harness_tap *harness_tap_create(struct world *world, struct world_host *host,
                                       struct world_executor *companion,
                                       const struct harness_tap_ops *ops, void *owner);

/* When the world does not run any more: streams that are still open lose their tap, those
 * that were closed with bytes held are closed.  NULL is allowed. */
void harness_tap_free(struct harness_tap *tap);

/* What is spoken; at first version 9.  `types` (borrowed): the classes that values before
 * version 9 may be of.  Before there are streams. */
void harness_tap_speak(struct harness_tap *tap, const struct wire_codec *codec,
                       const struct writable_types *types);

/* What is lost breaks its connection after so long; at first 924 s (Linux, tcp_retries2).  Before
 * there are streams. */
void harness_tap_give_up(struct harness_tap *tap, uint64_t after_ns);

/* Put a tap on a new stream; `foreign`: its peer has none.  Any thread. */
enum rpc_status harness_tap_put(struct harness_tap *tap, struct world_stream *stream, bool foreign);

/* The faults are gone: what was lost arrives now, what is late stays late.  On the companion,
 * or when the world does not run. */
void harness_tap_heal(struct harness_tap *tap);

/* Gates have been opened: what stood there goes on.  Any thread. */
void harness_tap_go_on(struct harness_tap *tap);

/* Ends that still hold something back. */
size_t harness_tap_held(struct harness_tap *tap);

#endif
