/*
 * The trace of a case: every event that the world has told of, kept compactly and in order,
 * up to a limit.
 *
 * It is written from any thread, under the lock of harness_lock; events stay where they are.
 */
#ifndef HARNESS_TRACE_TRACE_H
#define HARNESS_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "rpc/status.h"

struct arena;
struct harness_trace;
struct world_host;

enum { HARNESS_TRACE_MAX = 64 << 20 }; /* bytes of events in memory */

/* As struct point_event, but what it points to lives as long as the trace. */
struct harness_event {
    uint64_t at_ns;
    const struct point_value *values;
    uint32_t number; /* 1, 2, 3 … over all points */
    uint32_t host, server, client, connection, lane;
    int32_t call_id, retry;
    uint8_t point, direction, value_count;
};

/* In `arena`, with which it goes, and all that it keeps.  NULL when out of memory. */
struct harness_trace *harness_trace_create(struct arena *arena);

/* Keep a copy of `event`; NULL when the trace is full or there is no memory. */
const struct harness_event *harness_trace_add(struct harness_trace *trace,
                                              const struct point_event *event);

/* Whether something had to be left out. */
bool harness_trace_is_full(const struct harness_trace *trace);

/* How many events all points or one of them have; the i-th of one, from 0. */
uint32_t harness_trace_count(const struct harness_trace *trace);
uint32_t harness_trace_point_count(const struct harness_trace *trace, enum point point);
const struct harness_event *harness_trace_at(const struct harness_trace *trace, enum point point,
                                             uint32_t i);

/* As the visitor would show it. */
struct point_event harness_event_view(const struct harness_event *event);

/* A value of the event by field, or NULL. */
const struct point_value *harness_event_value(const struct harness_event *event,
                                              enum point_field field);

/* Whether that is this text. */
bool harness_event_says(const struct harness_event *event, enum point_field field,
                        const char *text);

/* A text that lives as long as the trace; equal ones are one.  NULL when out of memory. */
const char *harness_trace_text(struct harness_trace *trace, const char *text);

/* Names of lanes, given once; NULL: unknown. */
enum rpc_status harness_trace_lane(struct harness_trace *trace, uint32_t lane, const char *name,
                                   const struct world_host *host);
const char *harness_trace_lane_name(const struct harness_trace *trace, uint32_t lane);
uint32_t harness_trace_lane_host(const struct harness_trace *trace, uint32_t lane);
uint32_t harness_trace_lanes(const struct harness_trace *trace); /* the highest number */

#endif
