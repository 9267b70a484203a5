/*
 * The plan of a run: which faults and holds stand at which points, what they aim at, and
 * how often they struck.
 */
#ifndef FAULTS_PLAN_H
#define FAULTS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/point.h"
#include "rpc/status.h"
#include "rpc/world/world.h"

struct plan;
struct plan_fault;
struct plan_gate;
struct plan_ticket;

/* What a fault or hold is aimed at.  A zero (NULL, DIRECTION_NONE) means "any". */
struct plan_aim {
    uint32_t host, server, client, connection;
    const char *lane; /* "server1/reader/0", or the part behind the server: "reader/0" */
    const char *method;
    bool has_call;
    int32_t call_id;
    bool has_retry;
    int32_t retry;
    enum point_direction direction;
    uint32_t nth;            /* only the n-th visit that fits; 1 is the first */
    uint32_t times;          /* at most so many strikes */
    uint64_t from_ns, to_ns; /* to_ns 0: for ever */
    bool has_chance;
    uint32_t chance; /* of 2^32 - 1; drawn by world_choose */
    bool maybe;      /* it need not strike */
    /* The script's own judgement of a visit, on the visitor's thread and under what locks it
     * has, but not the plan's. */
    bool (*where)(void *owner, const struct point_event *event);
    void *where_owner;
};

/* Before a plan judges a visit it lets its owner fill in the ids which the visitor does not
 * know (the client behind a server's connection, a response's method). */
typedef void plan_identify_fn(void *owner, struct point_event *event);
/* Told of each strike. */
typedef void plan_strike_fn(void *owner, struct plan_fault *fault, const struct point_event *event);

/* NULL when out of memory.  One plan at a time in a process. */
struct plan *plan_create(struct world *world, plan_identify_fn *identify, plan_strike_fn *struck,
                         void *owner);
/* Disarms everything.  NULL is allowed. */
void plan_free(struct plan *plan);

/* Arm: `strike` holds the effect and its parameters; texts of both are copied, the payload is
 * borrowed.  RPC_UNKNOWN_NAME when the point has no such effect.  The plan owns the fault. */
enum rpc_status plan_arm(struct plan *plan, enum point point, const struct plan_aim *aim,
                         const struct point_strike *strike, struct plan_fault **fault);
/* It strikes no more.  Harmless the second time. */
void plan_lift(struct plan_fault *fault);

uint32_t plan_fault_id(const struct plan_fault *fault); /* 1, 2, 3 … */
uint32_t plan_fault_strikes(const struct plan_fault *fault);
enum point plan_fault_point(const struct plan_fault *fault);
const struct plan_aim *plan_fault_aim(const struct plan_fault *fault);
const struct point_strike *plan_fault_strike(const struct plan_fault *fault);
bool plan_fault_lifted(const struct plan_fault *fault);

/* Whoever comes to `point` and fits stops there. */
enum rpc_status plan_hold(struct plan *plan, enum point point, const struct plan_aim *aim,
                          struct plan_gate **gate);
uint32_t plan_gate_held(const struct plan_gate *gate);    /* who stand there now */
uint32_t plan_gate_reached(const struct plan_gate *gate); /* who ever came */
/* The visit of who stands there as number `i`, 0 is the oldest: when it came, with the ids that
 * were known; without values.  False: nobody.  Any thread. */
bool plan_gate_standing(const struct plan_gate *gate, uint32_t i, struct point_event *visit);
/* Where the victims of a "stop" stand; NULL: the fault is none. */
const struct plan_gate *plan_fault_gate(const struct plan_fault *fault);
const struct plan_aim *plan_gate_aim(const struct plan_gate *gate);
/* Let the `count` oldest go on, 0: all, and then open for good. */
void plan_gate_release(struct plan_gate *gate, uint32_t count);

/* The world's tracer passes on what it is told: names of lanes (borrowed until the plan is freed),
 * and every event. */
void plan_lane(struct plan *plan, uint32_t lane, const char *name);
void plan_saw(struct plan *plan, const struct point_event *event);

/* For world_tracer's `held`.  A fault whose effect is "stop" is a hold too: it lasts until the
 * fault is lifted. */
bool plan_held(struct plan *plan, const struct point_event *event, struct world_executor *executor,
               struct world_task *step);

/* The same for what is no executor: a message or bytes on their way.  NULL: no gate stands
 * there; else they wait until the ticket is good.  The plan owns it.  Any thread. */
const struct plan_ticket *plan_stopped(struct plan *plan, const struct point_event *event);
/* Whether its gate has let it go.  Any thread. */
bool plan_ticket_good(const struct plan_ticket *ticket);

/* Lift every fault, open every gate (the end of a scenario's body). */
void plan_heal(struct plan *plan);

/* Faults in order of arming. */
size_t plan_fault_count(const struct plan *plan);
struct plan_fault *plan_fault_at(const struct plan *plan, size_t index);
size_t plan_gate_count(const struct plan *plan);
struct plan_gate *plan_gate_at(const struct plan *plan, size_t index);

#endif
