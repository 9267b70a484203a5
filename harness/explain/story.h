/*
 * The story of one call as the trace tells it, up to its end or to now: which steps it has come
 * to, who stands in its way.
 *
 * Explanations read stories.  They say what is written there, never what is likely.  Everything
 * is for the script's thread; but for explain_story_begin it is locked (harness_lock).
 */
#ifndef HARNESS_EXPLAIN_STORY_H
#define HARNESS_EXPLAIN_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/fault/fault.h"
#include "harness/harness.h"
#include "harness/lua/units.h"
#include "harness/trace/trace.h"
#include "rpc/client/client.h"

struct harness_server;

enum { EXPLAIN_STANDS_MAX = 32, EXPLAIN_TIMES = 8 };

struct explain_story {
    struct harness *harness;
    struct harness_call_view view;
    uint64_t until_ns; /* its end, or now */
    uint32_t end; /* the number of the event that is its end: what comes behind is none of it */
    /* Its steps, the last time that it came there; NULL: it did not. */
    const struct harness_event *request; /* whole on the wire */
    const struct harness_event *put, *take, *execute, *skip;
    const struct harness_event *reply;    /* its response joined the queue */
    const struct harness_event *write;    /* of its response */
    const struct harness_event *response; /* whole on the wire */
    const struct harness_event *answer;   /* decoded by the client */
    const struct harness_event *accept;   /* of its connection, by one of our servers */
    const struct harness_server *server;  /* whose that is, or who listens there; NULL: unknown */
    bool has_connection;                  /* the client still has it: */
    struct client_connection_view connection;
    struct harness_stand stands[EXPLAIN_STANDS_MAX];
    size_t stand_count;
    char times[EXPLAIN_TIMES][HARNESS_DURATION_MAX]; /* explain_at's */
    unsigned time;
};

/* Read it.  Takes the lock itself. */
void explain_story_begin(struct explain_story *story, struct harness *harness,
                         const struct harness_call_view *view);

/* The last event of the point before the story's end: about this call, or about its connection;
 * NULL: none. */
const struct harness_event *explain_last_of_call(const struct explain_story *story,
                                                 enum point point);
const struct harness_event *explain_last_of_connection(const struct explain_story *story,
                                                       enum point point);

/* All events of the point before the story's end, the oldest first. */
#define EXPLAIN_EACH(story, which, event)                                                          \
    for (uint32_t i_ = 0; i_ < harness_trace_point_count((story)->harness->trace, which); i_++)    \
        for (const struct harness_event *event =                                                   \
                 harness_trace_at((story)->harness->trace, which, i_);                             \
             event != NULL && event->number < (story)->end; event = NULL)

/* Whether the event is about this call. */
bool explain_is_own(const struct explain_story *story, const struct harness_event *event);

/* A field's number (0: it has none), a field's text ("": it has none). */
int64_t explain_number(const struct harness_event *event, enum point_field field);
const char *explain_text(const struct harness_event *event, enum point_field field);

/* "5s": one of the story's few buffers. */
const char *explain_at(struct explain_story *story, uint64_t ns);

/* "call 3 (echo)" of the call that an event is about, or "call id 7". */
const char *explain_call(const struct explain_story *story, const struct harness_event *event,
                         char *text, size_t size);

/* "Handler 0" of the lane "server1/handler/0". */
const char *explain_lane(const struct explain_story *story, uint32_t lane, char *text, size_t size);

/* "has" while the call is pending, "had" behind its end; "is", "was". */
const char *explain_has(const struct explain_story *story);
const char *explain_is(const struct explain_story *story);

/* "client1", "server1". */
const char *explain_client_name(const struct explain_story *story);
const char *explain_server_name(const struct explain_story *story);

/* One kind of explanation: its sentence without a full stop, or false when it is not the case. */
typedef bool explain_fn(struct explain_story *story, char *text, size_t size);

/* What the tables of the other files hold; each ends with NULL.  Of a table the first that is the
 * case is said. */
extern explain_fn *const explain_stages[]; /* where the call is, or was when it ended */
extern explain_fn *const explain_ends[];   /* what ended it, or its connection */
extern explain_fn *const explain_timers[]; /* which time-out is armed, or fired when */

/* The thread that reads its connection is dead: a stage of those that wait for a response. */
explain_fn explain_dead_receiver;

/* The faults that struck it: up to two sentences. */
bool explain_faults(struct explain_story *story, char *text, size_t size);

#endif
