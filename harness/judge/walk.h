/*
 * A walk through the trace of a case: the events of some points in the order in which they
 * happened, and what each connection had gone through before, as far as those points tell.
 *
 * For the script's thread, when nothing happens any more; what it allocates is the case's.
 */
#ifndef HARNESS_JUDGE_WALK_H
#define HARNESS_JUDGE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/point.h"
#include "harness/trace/trace.h"

struct harness;

enum { HARNESS_WALK_POINTS_MAX = 8 };

/* It begins with `harness`, `points` and zeros. */
struct harness_walk {
    struct harness *harness;
    const enum point *points;               /* borrowed; behind the last is POINT_COUNT */
    uint32_t next[HARNESS_WALK_POINTS_MAX]; /* of each point */
    const struct harness_event *event;      /* where it is, of harness_walk_to, */
    struct harness_past *past;              /* and what had been before */
    struct harness_past **pasts;            /* by connection */
    uint32_t room;
};

/* What a connection has gone through with a server; of connection 0: the server, of server 0: the
 * client, whatever the server. */
struct harness_past {
    struct harness_past *next;          /* of the same connection, another server's */
    const struct harness_past *server;  /* the server's own */
    const struct harness_past *client;  /* the client's */
    uint32_t of;                        /* the server's number */
    uint32_t accepted, refused, closed; /* how often */
    uint32_t lost;                      /* the client's: attempts to connect that failed */
    uint32_t calls;                     /* put and not answered */
    uint32_t scanned;                   /* the server's: number of the last scan */
    uint32_t since;                     /* number of what was read or answered last */
    bool found_idle; /* between the last read and a change of `calls` a scan met none */
};

/* The next event; NULL: it is over. */
const struct harness_event *harness_walk_on(struct harness_walk *walk);

/* The same: `event` is the next one, and the answer what had been before it; NULL: it is over, or
 * there is no memory, which makes the case void. */
const struct harness_past *harness_walk_to(struct harness_walk *walk);

/* Whether a scan has met the connection without calls since it was last read. */
bool harness_past_found_idle(const struct harness_past *past);

#endif
