/*
 * The harness as the world's tracer: every event is filled in, kept, learned from and told
 * to the plan; whoever waits for events is woken.
 */
#ifndef HARNESS_TRACE_TRACER_H
#define HARNESS_TRACE_TRACER_H

#include "harness/harness.h"

struct harness_tracer {
    struct world_tracer tracer; /* what the world gets */
    struct harness *harness;
    struct world_task always; /* runs the `always` checks */
    _Atomic bool always_posted;
};

void harness_tracer_begin(struct harness_tracer *tracer, struct harness *harness);

/* Tell the onlooker of a strike, of a fault that was armed `outside` or by the script; locked. */
void harness_tell_strike(struct harness *harness, const struct point_event *event,
                         enum point_effect effect, bool outside);

/* For the plan: fills in what the visitor does not know.  Any thread. */
plan_identify_fn harness_identify;

#endif
