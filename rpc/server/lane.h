/*
 * A lane: one of Hadoop's server threads, as an executor with a name and something to do.
 *
 * All lanes of a server share one thread unless config.thread_each.  A lane can stand (a
 * Reader before a full callQueue, or anyone at a hold); its control executor shares its
 * thread and never stands, so that others can still take its watches away.
 */
#ifndef RPC_SERVER_LANE_H
#define RPC_SERVER_LANE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "faults/point.h"
#include "rpc/world/world.h"

struct server;
struct server_call;
struct server_connection;

enum { SERVER_LANE_NAME_MAX = 24 };

struct server_lane {
    struct server *server; /* borrowed */
    struct world_executor executor;
    struct world_executor *control;
    struct world_executor own_control; /* used when the lane has a thread of its own */
    _Atomic(const char *) doing;
    _Atomic uint64_t died_ns;  /* when an Error has ended its thread, or WORLD_NEVER */
    char name[WORLD_NAME_MAX]; /* "server1/reader/0" */
};

/* Begin the lane of `server` called `name`.  Its first lane is "main".  Its thread has begun when
 * it first does something. */
void server_lane_init(struct server *server, struct server_lane *lane, const char *name);
/* What it is called there: "reader/0". */
const char *server_lane_name(const struct server_lane *lane);
void server_lane_release(struct server_lane *lane);

static inline bool server_lane_is_dead(const struct server_lane *lane)
{
    return atomic_load_explicit(&lane->died_ns, memory_order_relaxed) != WORLD_NEVER;
}

static inline void server_lane_does(struct server_lane *lane, const char *doing)
{
    if (!server_lane_is_dead(lane))
        atomic_store_explicit(&lane->doing, doing, memory_order_relaxed);
}

/* Its thread, if it ever began, comes to its end. */
void server_lane_ends(struct server_lane *lane);

/* An Error that nobody catches (OutOfMemoryError) ends its thread. */
void server_lane_dies(struct server_lane *lane);

/* Whether that is what it does. */
bool server_lane_is(const struct server_lane *lane, const char *doing);
/* Whether Hadoop's thread has begun and not ended. */
bool server_lane_lives(const struct server_lane *lane);

/* A visit of `lane` to `point`; connection and call may be NULL. */
struct point_event server_lane_event(const struct server_lane *lane, enum point point,
                                     const struct server_connection *connection,
                                     const struct server_call *call);

/* Tell of a visit that has no values. */
void server_lane_trace(const struct server_lane *lane, enum point point,
                       const struct server_connection *connection, const struct server_call *call);

/* Whether the lane is held at `point`; if so `step` runs when it is let go. */
bool server_lane_held(struct server_lane *lane, enum point point,
                      const struct server_connection *connection, const struct server_call *call,
                      struct world_task *step, world_task_fn *then);

/* The same with an event at hand. */
static inline bool server_lane_held_at(struct server_lane *lane, const struct point_event *event,
                                       struct world_task *step, world_task_fn *then)
{
    if (!point_guarded(event->point))
        return false;
    step->run = then;
    return world_held(&lane->executor, event, step);
}

/* Put the values of an event in. */
#define SERVER_VALUES(event, ...)                                                                  \
    (event).values = (const struct point_value[]){__VA_ARGS__},                                    \
    (event).value_count =                                                                          \
        sizeof((const struct point_value[]){__VA_ARGS__}) / sizeof(struct point_value)

/* Let `step` run `then` on the lane, later. */
static inline void server_lane_post(struct server_lane *lane, struct world_task *step,
                                    world_task_fn *then)
{
    step->run = then;
    world_post(&lane->executor, step);
}

#endif
