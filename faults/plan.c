#include "faults/plan.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "faults/aim.h"

enum { LANES_FIRST = 32 };

/* What something waits with that is no executor. */
struct plan_ticket {
    struct plan_ticket *next; /* of the plan's */
    _Atomic bool good;
};

/* Somebody who stands at a gate, in order of arrival: an executor, or a ticket. */
struct waiter {
    struct world_executor *executor;
    struct plan_ticket *ticket;
    struct waiter *next;
    struct point_event visit; /* without values */
};

struct plan_gate {
    struct plan *plan;
    enum point point;
    struct plan_aim aim;
    struct waiter *first, **last;
    _Atomic uint32_t held, reached; /* read from any thread */
    uint32_t visits;
    bool open;
};

struct plan_fault {
    struct plan *plan;
    enum point point;
    struct plan_aim aim;
    struct point_strike strike;
    uint32_t visits;
    _Atomic uint32_t strikes; /* read from any thread, as is `lifted` */
    uint64_t passed;          /* bytes, for a "stop" that lets some through first */
    _Atomic bool lifted;
    struct plan_gate *gate; /* of a "stop": where its victims stand */
};

struct plan {
    struct world *world;
    struct world_lock *lock;
    plan_identify_fn *identify;
    plan_strike_fn *struck;
    void *owner;
    struct plan_fault **faults;
    size_t fault_count;
    struct plan_gate **gates; /* those of the script, not those of faults */
    size_t gate_count;
    char **lanes; /* by number */
    size_t lane_count;
    _Atomic size_t stops;        /* faults that may stop somebody */
    struct plan_ticket *tickets; /* given out; some are good */
};

struct plan *plan_create(struct world *world, plan_identify_fn *identify, plan_strike_fn *struck,
                         void *owner)
{
    point_init();
    struct plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL)
        goto fail;
    *plan = (struct plan){.world = world, .identify = identify, .struck = struck, .owner = owner};
    plan->lock = world_lock_create(world);
    if (plan->lock == NULL)
        goto fail_plan;
    return plan;

fail_plan:
    free(plan);
fail:
    return NULL;
}

/* --- gates --- */

static struct plan_gate *gate_create(struct plan *plan, enum point point,
                                     const struct plan_aim *aim)
{
    struct plan_gate *gate = calloc(1, sizeof(*gate));
    if (gate == NULL)
        return NULL;
    *gate = (struct plan_gate){.plan = plan, .point = point};
    gate->last = &gate->first;
    if (aim_copy(&gate->aim, aim) != RPC_OK) {
        free(gate);
        return NULL;
    }
    point_hold_guard(point, +1);
    return gate;
}

static void gate_open(struct plan_gate *gate)
{
    if (!gate->open)
        point_hold_guard(gate->point, -1);
    gate->open = true;
}

static void gate_free(struct plan_gate *gate)
{
    if (gate == NULL)
        return;
    gate_open(gate);
    for (struct waiter *waiter = gate->first, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        free(waiter);
    }
    aim_release(&gate->aim);
    free(gate);
}

static struct waiter *gate_add(struct plan_gate *gate, const struct point_event *visit)
{
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    if (waiter == NULL)
        return NULL;
    waiter->visit = *visit;
    waiter->visit.values = NULL;
    waiter->visit.value_count = 0;
    waiter->visit.message = NULL;
    waiter->visit.at_ns = world_event_time(gate->plan->world, visit);
    *gate->last = waiter;
    gate->last = &waiter->next;
    gate->held++;
    gate->reached++;
    return waiter;
}

/* Stand `executor` at the gate. */
static bool gate_stop(struct plan_gate *gate, const struct point_event *visit,
                      struct world_executor *executor, struct world_task *step)
{
    struct waiter *waiter = gate_add(gate, visit);
    if (waiter == NULL)
        return false;
    waiter->executor = executor;
    world_stand(executor, step);
    return true;
}

static struct plan_ticket *gate_hand_out(struct plan_gate *gate, const struct point_event *visit)
{
    struct plan_ticket *ticket = calloc(1, sizeof(*ticket));
    struct waiter *waiter = ticket != NULL ? gate_add(gate, visit) : NULL;
    if (waiter == NULL) {
        free(ticket);
        return NULL;
    }
    waiter->ticket = ticket;
    ticket->next = gate->plan->tickets;
    gate->plan->tickets = ticket;
    return ticket;
}

/* Let the `count` oldest go on; the lock is held. */
static void gate_let_go(struct plan_gate *gate, uint32_t count)
{
    while (count-- > 0 && gate->first != NULL) {
        struct waiter *waiter = gate->first;
        gate->first = waiter->next;
        if (gate->first == NULL)
            gate->last = &gate->first;
        gate->held--;
        if (waiter->ticket != NULL)
            atomic_store(&waiter->ticket->good, true);
        else
            world_resume(waiter->executor);
        free(waiter);
    }
}

enum rpc_status plan_hold(struct plan *plan, enum point point, const struct plan_aim *aim,
                          struct plan_gate **gate)
{
    *gate = gate_create(plan, point, aim);
    if (*gate == NULL)
        return RPC_NO_MEMORY;
    world_lock(plan->lock);
    struct plan_gate **grown =
        realloc(plan->gates, (plan->gate_count + 1) * sizeof(struct plan_gate *));
    if (grown != NULL) {
        plan->gates = grown;
        plan->gates[plan->gate_count++] = *gate;
    }
    world_unlock(plan->lock);
    if (grown != NULL)
        return RPC_OK;
    gate_free(*gate);
    *gate = NULL;
    return RPC_NO_MEMORY;
}

uint32_t plan_gate_held(const struct plan_gate *gate)
{
    return gate->held;
}

uint32_t plan_gate_reached(const struct plan_gate *gate)
{
    return gate->reached;
}

bool plan_gate_standing(const struct plan_gate *gate, uint32_t i, struct point_event *visit)
{
    world_lock(gate->plan->lock);
    const struct waiter *waiter = gate->first;
    while (waiter != NULL && i-- > 0)
        waiter = waiter->next;
    if (waiter != NULL)
        *visit = waiter->visit;
    world_unlock(gate->plan->lock);
    return waiter != NULL;
}

const struct plan_aim *plan_gate_aim(const struct plan_gate *gate)
{
    return &gate->aim;
}

void plan_gate_release(struct plan_gate *gate, uint32_t count)
{
    world_lock(gate->plan->lock);
    if (count == 0)
        gate_open(gate);
    gate_let_go(gate, count == 0 ? UINT32_MAX : count);
    world_unlock(gate->plan->lock);
}

/* --- who is meant --- */

void plan_lane(struct plan *plan, uint32_t lane, const char *name)
{
    world_lock(plan->lock);
    if (lane >= plan->lane_count) {
        size_t count = lane < LANES_FIRST ? LANES_FIRST : 2 * (size_t)lane;
        char **grown = realloc(plan->lanes, count * sizeof(char *));
        if (grown != NULL) {
            memset(grown + plan->lane_count, 0, (count - plan->lane_count) * sizeof(char *));
            plan->lanes = grown;
            plan->lane_count = count;
        }
    }
    if (lane < plan->lane_count && plan->lanes[lane] == NULL)
        plan->lanes[lane] = strdup(name);
    world_unlock(plan->lock);
}

static const char *lane_name(const struct plan *plan, uint32_t lane)
{
    return lane < plan->lane_count ? plan->lanes[lane] : NULL;
}

/* Whether this is the visit: it fits, and its number, budget and luck do too. */
static bool is_meant(struct plan *plan, const struct plan_aim *aim, uint32_t id, uint32_t *visits,
                     uint32_t strikes, const struct point_event *event)
{
    uint64_t now = world_event_time(plan->world, event);
    if (!aim_fits(aim, event, lane_name(plan, event->lane), now))
        return false;
    uint32_t visit = ++*visits;
    if ((aim->nth != 0 && visit != aim->nth) || (aim->times != 0 && strikes >= aim->times))
        return false;
    return !aim->has_chance ||
           world_choose(plan->world, SITE_SCRIPT, id, visit, UINT32_MAX) < aim->chance;
}

/* The visit with all the ids that are known. */
static struct point_event identified(struct plan *plan, const struct point_event *event)
{
    struct point_event whole = *event;
    if (plan->identify != NULL)
        plan->identify(plan->owner, &whole);
    return whole;
}

static void count_strike(struct plan_fault *fault, const struct point_event *event)
{
    fault->strikes++;
    if (fault->plan->struck != NULL)
        fault->plan->struck(fault->plan->owner, fault, event);
}

/* --- faults --- */

/* libfiu asks, through faults/point: does an armed effect strike here? */
static bool judge(void *owner, const struct point_event *visit, enum point_effect effect,
                  struct point_strike *strike)
{
    struct plan *plan = owner;
    struct point_event event = identified(plan, visit);
    bool struck = false;

    world_lock(plan->lock);
    for (size_t i = 0; i < plan->fault_count && !struck; i++) {
        struct plan_fault *fault = plan->faults[i];
        if (fault->lifted || fault->point != event.point || fault->strike.effect != effect)
            continue;
        struck = is_meant(plan, &fault->aim, fault->strike.fault, &fault->visits, fault->strikes,
                          &event);
        if (struck) {
            *strike = fault->strike;
            count_strike(fault, &event);
        }
    }
    world_unlock(plan->lock);
    return struck;
}

static bool is_armed(const struct plan *plan, enum point point, enum point_effect effect)
{
    for (size_t i = 0; i < plan->fault_count; i++)
        if (!plan->faults[i]->lifted && plan->faults[i]->point == point &&
            plan->faults[i]->strike.effect == effect)
            return true;
    return false;
}

static void fault_free(struct plan_fault *fault)
{
    gate_free(fault->gate);
    free((char *)(uintptr_t)fault->strike.class_name);
    free((char *)(uintptr_t)fault->strike.message);
    aim_release(&fault->aim);
    free(fault);
}

static struct plan_fault *fault_create(struct plan *plan, enum point point,
                                       const struct plan_aim *aim,
                                       const struct point_strike *strike)
{
    struct plan_fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL)
        return NULL;
    *fault = (struct plan_fault){.plan = plan, .point = point, .strike = *strike};
    fault->strike.fault = (uint32_t)plan->fault_count + 1;
    fault->strike.class_name = strike->class_name == NULL ? NULL : strdup(strike->class_name);
    fault->strike.message = strike->message == NULL ? NULL : strdup(strike->message);
    bool whole = (fault->strike.class_name != NULL) == (strike->class_name != NULL) &&
                 (fault->strike.message != NULL) == (strike->message != NULL) &&
                 aim_copy(&fault->aim, aim) == RPC_OK;
    if (whole && strike->effect == EFFECT_STOP)
        whole = (fault->gate = gate_create(plan, point, aim)) != NULL;
    if (whole)
        return fault;
    fault_free(fault);
    return NULL;
}

enum rpc_status plan_arm(struct plan *plan, enum point point, const struct plan_aim *aim,
                         const struct point_strike *strike, struct plan_fault **fault)
{
    if (!point_has_effect(point, strike->effect))
        return RPC_UNKNOWN_NAME;
    *fault = fault_create(plan, point, aim, strike);
    if (*fault == NULL)
        return RPC_NO_MEMORY;

    world_lock(plan->lock);
    struct plan_fault **grown =
        realloc(plan->faults, (plan->fault_count + 1) * sizeof(struct plan_fault *));
    if (grown != NULL) {
        plan->faults = grown;
        plan->faults[plan->fault_count++] = *fault;
        plan->stops += strike->effect == EFFECT_STOP;
    }
    world_unlock(plan->lock);
    if (grown == NULL) {
        fault_free(*fault);
        *fault = NULL;
        return RPC_NO_MEMORY;
    }
    if (strike->effect != EFFECT_STOP)
        point_arm(point, strike->effect, judge, plan);
    return RPC_OK;
}

void plan_lift(struct plan_fault *fault)
{
    struct plan *plan = fault->plan;
    if (fault->lifted)
        return;
    world_lock(plan->lock);
    fault->lifted = true;
    if (fault->gate != NULL) {
        plan->stops--;
        gate_open(fault->gate);
        gate_let_go(fault->gate, UINT32_MAX);
    }
    bool still = is_armed(plan, fault->point, fault->strike.effect);
    world_unlock(plan->lock);
    if (fault->gate == NULL && !still)
        point_arm(fault->point, fault->strike.effect, NULL, NULL);
}

uint32_t plan_fault_id(const struct plan_fault *fault)
{
    return fault->strike.fault;
}

uint32_t plan_fault_strikes(const struct plan_fault *fault)
{
    return fault->strikes;
}

enum point plan_fault_point(const struct plan_fault *fault)
{
    return fault->point;
}

const struct plan_aim *plan_fault_aim(const struct plan_fault *fault)
{
    return &fault->aim;
}

const struct point_strike *plan_fault_strike(const struct plan_fault *fault)
{
    return &fault->strike;
}

const struct plan_gate *plan_fault_gate(const struct plan_fault *fault)
{
    return fault->gate;
}

bool plan_fault_lifted(const struct plan_fault *fault)
{
    return fault->lifted;
}

/* --- what the tracer passes on --- */

static int64_t bytes_of(const struct point_event *event)
{
    for (size_t i = 0; i < event->value_count; i++)
        if (event->values[i].field == FIELD_BYTES)
            return event->values[i].number;
    return 0;
}

/* A "stop" with `after` counts the bytes that pass. */
void plan_saw(struct plan *plan, const struct point_event *visit)
{
    if (plan->stops == 0 || bytes_of(visit) <= 0)
        return;
    struct point_event event = identified(plan, visit);
    world_lock(plan->lock);
    for (size_t i = 0; i < plan->fault_count; i++) {
        struct plan_fault *fault = plan->faults[i];
        if (fault->gate != NULL && !fault->lifted && fault->point == event.point &&
            aim_fits(&fault->aim, &event, lane_name(plan, event.lane), event.at_ns))
            fault->passed += (uint64_t)bytes_of(&event);
    }
    world_unlock(plan->lock);
}

/* Whether a "stop" wants this visitor; the lock is held. */
static struct plan_gate *stopping_gate(struct plan *plan, const struct point_event *event)
{
    for (size_t i = 0; i < plan->fault_count && plan->stops > 0; i++) {
        struct plan_fault *fault = plan->faults[i];
        if (fault->gate == NULL || fault->lifted || fault->point != event->point ||
            fault->passed < fault->strike.after ||
            !is_meant(plan, &fault->aim, fault->strike.fault, &fault->visits, fault->strikes,
                      event))
            continue;
        count_strike(fault, event);
        return fault->gate;
    }
    return NULL;
}

static struct plan_gate *closed_gate(struct plan *plan, const struct point_event *event)
{
    for (size_t i = 0; i < plan->gate_count; i++) {
        struct plan_gate *gate = plan->gates[i];
        if (!gate->open && gate->point == event->point &&
            is_meant(plan, &gate->aim, (uint32_t)i + 1, &gate->visits, gate->reached, event))
            return gate;
    }
    return NULL;
}

bool plan_held(struct plan *plan, const struct point_event *visit, struct world_executor *executor,
               struct world_task *step)
{
    struct point_event event = identified(plan, visit);
    world_lock(plan->lock);
    struct plan_gate *gate = closed_gate(plan, &event);
    if (gate == NULL)
        gate = stopping_gate(plan, &event);
    bool held = gate != NULL && gate_stop(gate, &event, executor, step);
    world_unlock(plan->lock);
    return held;
}

const struct plan_ticket *plan_stopped(struct plan *plan, const struct point_event *visit)
{
    struct point_event event = identified(plan, visit);
    world_lock(plan->lock);
    struct plan_gate *gate = closed_gate(plan, &event);
    const struct plan_ticket *ticket = gate != NULL ? gate_hand_out(gate, &event) : NULL;
    world_unlock(plan->lock);
    return ticket;
}

bool plan_ticket_good(const struct plan_ticket *ticket)
{
    return atomic_load(&ticket->good);
}

/* --- the end --- */

void plan_heal(struct plan *plan)
{
    for (size_t i = 0; i < plan->fault_count; i++)
        plan_lift(plan->faults[i]);
    for (size_t i = 0; i < plan->gate_count; i++)
        plan_gate_release(plan->gates[i], 0);
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->fault_count; i++) {
        struct plan_fault *fault = plan->faults[i];
        if (!fault->lifted && fault->gate == NULL)
            point_arm(fault->point, fault->strike.effect, NULL, NULL);
    }
    for (size_t i = 0; i < plan->fault_count; i++)
        fault_free(plan->faults[i]);
    for (size_t i = 0; i < plan->gate_count; i++)
        gate_free(plan->gates[i]);
    for (struct plan_ticket *ticket = plan->tickets, *next; ticket != NULL; ticket = next) {
        next = ticket->next;
        free(ticket);
    }
    for (size_t i = 0; i < plan->lane_count; i++)
        free(plan->lanes[i]);
    free(plan->faults);
    free(plan->gates);
    free(plan->lanes);
    world_lock_free(plan->lock);
    free(plan);
}

size_t plan_fault_count(const struct plan *plan)
{
    return plan->fault_count;
}

struct plan_fault *plan_fault_at(const struct plan *plan, size_t index)
{
    assert(index < plan->fault_count);
    return plan->faults[index];
}

size_t plan_gate_count(const struct plan *plan)
{
    return plan->gate_count;
}

struct plan_gate *plan_gate_at(const struct plan *plan, size_t index)
{
    assert(index < plan->gate_count);
    return plan->gates[index];
}
