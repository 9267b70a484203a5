#include "faults/plan.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "faults/aim.h"
#include "faults/gate.h"

enum { LANES_FIRST = 32 };

struct plan_fault {
    struct plan *plan;
    enum point point;
    struct plan_aim aim;
    struct point_strike strike;
    uint32_t visits;
    _Atomic uint32_t strikes; /* read from any thread, as is `lifted` */
    _Atomic uint64_t passed;  /* bytes, for a "stop" that lets some through first */
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
    const char **lanes; /* by number */
    size_t lane_count;
    _Atomic size_t stops; /* faults that may stop somebody */
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

/* --- who is meant --- */

void plan_lane(struct plan *plan, uint32_t lane, const char *name)
{
    world_lock(plan->lock);
    if (lane >= plan->lane_count) {
        size_t count = lane < LANES_FIRST ? LANES_FIRST : 2 * (size_t)lane;
        const char **grown = realloc(plan->lanes, count * sizeof(char *));
        if (grown != NULL) {
            memset(grown + plan->lane_count, 0, (count - plan->lane_count) * sizeof(char *));
            plan->lanes = grown;
            plan->lane_count = count;
        }
    }
    if (lane < plan->lane_count && plan->lanes[lane] == NULL)
        plan->lanes[lane] = name;
    world_unlock(plan->lock);
}

static const char *lane_name(const struct plan *plan, uint32_t lane)
{
    return lane < plan->lane_count ? plan->lanes[lane] : NULL;
}

/* Whether this is a visit that fits.  Not locked: the aim may ask the script. */
static bool fits(struct plan *plan, const struct plan_aim *aim, const struct point_event *event)
{
    const char *lane = NULL;
    if (aim->lane != NULL) {
        world_lock(plan->lock);
        lane = lane_name(plan, event->lane);
        world_unlock(plan->lock);
    }
    return aim_fits(aim, event, lane, world_event_time(plan->world, event));
}

/* Whether a visit that fits is the one that is meant: its number, budget and luck; locked. */
static bool is_due(struct plan *plan, const struct plan_aim *aim, uint32_t id, uint32_t *visits,
                   uint32_t strikes)
{
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

/* --- faults --- */

/* The next fault from `*i` on that stands at the point with the effect; NULL: there is none. */
static struct plan_fault *next_fault(struct plan *plan, size_t *i, enum point point,
                                     enum point_effect effect)
{
    struct plan_fault *found = NULL;
    world_lock(plan->lock);
    while (found == NULL && *i < plan->fault_count) {
        struct plan_fault *fault = plan->faults[(*i)++];
        if (!fault->lifted && fault->point == point && fault->strike.effect == effect)
            found = fault;
    }
    world_unlock(plan->lock);
    return found;
}

/* Whether it strikes at this visit, which fits: then that is counted; locked. */
static bool strikes(struct plan_fault *fault, const struct point_event *event)
{
    struct plan *plan = fault->plan;
    if (fault->lifted ||
        !is_due(plan, &fault->aim, fault->strike.fault, &fault->visits, fault->strikes))
        return false;
    fault->strikes++;
    if (plan->struck != NULL)
        plan->struck(plan->owner, fault, event);
    return true;
}

/* A "stop" that lets some bytes through first cuts what would go beyond them; that is no strike. */
static bool cuts(struct plan *plan, const struct point_event *event, struct point_strike *strike)
{
    struct plan_fault *fault;
    uint64_t most = UINT64_MAX;

    for (size_t i = 0; (fault = next_fault(plan, &i, event->point, EFFECT_STOP)) != NULL;) {
        uint64_t passed = fault->passed, after = fault->strike.after;
        if (passed < after && after - passed < most && fits(plan, &fault->aim, event))
            most = after - passed;
    }
    *strike = (struct point_strike){.effect = EFFECT_SHORT, .bytes = most};
    return most < UINT64_MAX;
}

/* faults/point asks: does an armed effect strike here? */
static bool judge(void *owner, const struct point_event *visit, enum point_effect effect,
                  struct point_strike *strike)
{
    struct plan *plan = owner;
    struct point_event event = identified(plan, visit);
    struct plan_fault *fault;
    bool struck = false;

    if (effect == EFFECT_STOP)
        return cuts(plan, &event, strike);

    for (size_t i = 0; !struck && (fault = next_fault(plan, &i, event.point, effect)) != NULL;) {
        if (!fits(plan, &fault->aim, &event))
            continue;
        world_lock(plan->lock);
        struck = strikes(fault, &event);
        world_unlock(plan->lock);
        if (struck)
            *strike = fault->strike;
    }
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
        whole = (fault->gate = gate_create(plan->world, plan->lock, point, aim)) != NULL;
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
    if (strike->effect != EFFECT_STOP || strike->after > 0)
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
    if (!still)
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

/* --- gates --- */

enum rpc_status plan_hold(struct plan *plan, enum point point, const struct plan_aim *aim,
                          struct plan_gate **gate)
{
    *gate = gate_create(plan->world, plan->lock, point, aim);
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

/* --- what the tracer passes on --- */

/* A "stop" with `after` counts the bytes that pass. */
void plan_saw(struct plan *plan, const struct point_event *visit)
{
    if (plan->stops == 0 || point_number(visit, FIELD_BYTES) <= 0)
        return;
    struct point_event event = identified(plan, visit);
    struct plan_fault *fault;
    for (size_t i = 0; (fault = next_fault(plan, &i, event.point, EFFECT_STOP)) != NULL;)
        if (fault->passed < fault->strike.after && fits(plan, &fault->aim, &event))
            fault->passed += (uint64_t)point_number(&event, FIELD_BYTES);
}

/* The gate of a "stop" that wants this visitor, with the lock then held; NULL: there is none. */
static struct plan_gate *stopping_gate(struct plan *plan, const struct point_event *event)
{
    struct plan_fault *fault;
    for (size_t i = 0;
         plan->stops > 0 && (fault = next_fault(plan, &i, event->point, EFFECT_STOP)) != NULL;) {
        if (fault->passed < fault->strike.after || !fits(plan, &fault->aim, event))
            continue;
        world_lock(plan->lock);
        if (strikes(fault, event))
            return fault->gate;
        world_unlock(plan->lock);
    }
    return NULL;
}

/* The next closed gate from `*i` on that stands at the point; NULL: there is none. */
static struct plan_gate *next_gate(struct plan *plan, size_t *i, enum point point)
{
    struct plan_gate *found = NULL;
    world_lock(plan->lock);
    while (found == NULL && *i < plan->gate_count) {
        struct plan_gate *gate = plan->gates[(*i)++];
        if (!gate->open && gate->point == point)
            found = gate;
    }
    world_unlock(plan->lock);
    return found;
}

/* The script's gate that wants this visitor, with the lock then held; NULL: there is none. */
static struct plan_gate *closed_gate(struct plan *plan, const struct point_event *event)
{
    struct plan_gate *gate;
    for (size_t i = 0; (gate = next_gate(plan, &i, event->point)) != NULL;) {
        if (!fits(plan, &gate->aim, event))
            continue;
        world_lock(plan->lock);
        if (!gate->open && is_due(plan, &gate->aim, (uint32_t)i, &gate->visits, gate->reached))
            return gate;
        world_unlock(plan->lock);
    }
    return NULL;
}

bool plan_held(struct plan *plan, const struct point_event *visit, struct world_executor *executor,
               struct world_task *step)
{
    struct point_event event = identified(plan, visit);
    struct plan_gate *gate = closed_gate(plan, &event);
    if (gate == NULL)
        gate = stopping_gate(plan, &event);
    if (gate == NULL)
        return false;
    bool held = gate_stop(gate, &event, executor, step);
    world_unlock(plan->lock);
    return held;
}

const struct plan_ticket *plan_stopped(struct plan *plan, const struct point_event *visit)
{
    struct point_event event = identified(plan, visit);
    struct plan_gate *gate = closed_gate(plan, &event);
    if (gate == NULL)
        return NULL;
    const struct plan_ticket *ticket = gate_hand_out(gate, &event);
    world_unlock(plan->lock);
    return ticket;
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
        if (!fault->lifted)
            point_arm(fault->point, fault->strike.effect, NULL, NULL);
    }
    for (size_t i = 0; i < plan->fault_count; i++)
        fault_free(plan->faults[i]);
    for (size_t i = 0; i < plan->gate_count; i++)
        gate_free(plan->gates[i]);
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
