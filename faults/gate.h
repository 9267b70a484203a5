/*
 * A gate: a hold of the script's, or where the victims of a "stop" stand, in order of arrival.
 * The functions of plan_gate and plan_ticket in plan.h are its too.
 */
#ifndef FAULTS_GATE_H
#define FAULTS_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "faults/plan.h"

struct gate_waiter;

struct plan_gate {
    struct world *world;     /* borrowed */
    struct world_lock *lock; /* borrowed: the plan's */
    enum point point;
    struct plan_aim aim; /* owned */
    STAILQ_HEAD(, gate_waiter) waiters;
    SLIST_HEAD(, plan_ticket) tickets; /* given out; some are good */
    _Atomic uint32_t held, reached;    /* read from any thread */
    uint32_t visits;
    bool open;
};

/* NULL when out of memory.  `aim` is copied. */
struct plan_gate *gate_create(struct world *world, struct world_lock *lock, enum point point,
                              const struct plan_aim *aim);
/* Whoever stands there is forgotten.  NULL is allowed. */
void gate_free(struct plan_gate *gate);

/* --- locked --- */

/* Stand `executor` there; false when out of memory. */
bool gate_stop(struct plan_gate *gate, const struct point_event *visit,
               struct world_executor *executor, struct world_task *step);
/* The gate owns the ticket; NULL when out of memory. */
const struct plan_ticket *gate_hand_out(struct plan_gate *gate, const struct point_event *visit);
/* Nobody else is stopped. */
void gate_open(struct plan_gate *gate);
/* Let the `count` oldest go on. */
void gate_let_go(struct plan_gate *gate, uint32_t count);

#endif
