/*
 * The scanner of Writables from inside: what is open stands on a stack, a class between its
 * fields, a list or an array between its elements.  Who is told of them is told here.
 *
 * A unit is passed when it has been told of: the scan's offset moves behind it, and nothing before
 * it is looked at again.
 */
#ifndef RPC_WIRE_WRITABLE_STACK_H
#define RPC_WIRE_WRITABLE_STACK_H

#include "rpc/wire/writable.h"
#include "rpc/wire/writable_unit.h"

enum writable_frame_kind {
    FRAME_CLASS,      /* fields */
    FRAME_SUPER,      /* the fields of a super class, which are the object's own */
    FRAME_LIST,       /* elements of one type */
    FRAME_ARRAY,      /* ObjectWritables */
    FRAME_PACKED,     /* primitives */
    FRAME_PARAMETERS, /* ObjectWritables, without an OPEN */
};

struct writable_frame {
    enum writable_frame_kind kind;
    size_t next, count;
    size_t last;                        /* where the element before began */
    const struct writable_class *class; /* FRAME_CLASS, _SUPER; else NULL */
    struct writable_shape shape;        /* FRAME_LIST, _PACKED; of FRAME_ARRAY its elements' kind */
    struct writable_item opened;        /* but of FRAME_SUPER, _PARAMETERS */
    int64_t slots[WRITABLE_SLOTS_MAX];  /* with a class */
};

struct writable_scan {
    const struct writable_types *types; /* borrowed */
    writable_visit_fn *visit;           /* NULL: nobody is told */
    void *owner;
    enum writable_goal goal;
    const struct writable_class *class; /* of WRITABLE_GOAL_CLASS */
    bool begun;
    size_t offset;  /* of the next unit */
    size_t empties; /* elements without a byte */
    unsigned top;   /* frames in use */
    unsigned depth; /* of them, without super classes and parameters */
    struct writable_frame frames[WRITABLE_DEPTH_MAX];
    struct writable_unit unit; /* of the present look */
};

/* NULL: nothing is open. */
struct writable_frame *writable_stack_top(struct writable_scan *scan);

/* A new frame, empty.  RPC_TOO_DEEP, with the problem. */
enum rpc_status writable_stack_push(struct writable_scan *scan, enum writable_frame_kind kind,
                                    struct writable_frame **pushed);

/* A new frame of which the visitor hears; the unit, all of it taken, is its head.  The same
 * errors. */
enum rpc_status writable_stack_open(struct writable_scan *scan, enum writable_frame_kind kind,
                                    struct writable_item *item, struct writable_frame **opened);
enum rpc_status writable_stack_open_class(struct writable_scan *scan,
                                          const struct writable_class *class,
                                          struct writable_item *item);
/* A super class has no head, and nobody hears of it. */
enum rpc_status writable_stack_open_super(struct writable_scan *scan,
                                          const struct writable_class *class);

/* The unit, all of it taken, is a value without parts.  RPC_OK. */
enum rpc_status writable_stack_value(struct writable_scan *scan, struct writable_item *item);

/* The frame at the top is at its end. */
void writable_stack_close(struct writable_scan *scan);

#endif
