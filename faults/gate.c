#include "faults/gate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "faults/aim.h"

/* What something waits with that is no executor. */
struct plan_ticket {
    SLIST_ENTRY(plan_ticket) next; /* of the gate's */
    _Atomic bool good;
};

/* An executor, or a ticket. */
struct gate_waiter {
    struct world_executor *executor;
    struct plan_ticket *ticket;
    STAILQ_ENTRY(gate_waiter) next;
    struct point_event visit; /* without values */
};

struct plan_gate *gate_create(struct world *world, struct world_lock *lock, enum point point,
                              const struct plan_aim *aim)
{
    struct plan_gate *gate = calloc(1, sizeof(*gate));
    if (gate == NULL)
        return NULL;
    *gate = (struct plan_gate){.world = world, .lock = lock, .point = point};
    STAILQ_INIT(&gate->waiters);
    if (aim_copy(&gate->aim, aim) != RPC_OK) {
        free(gate);
        return NULL;
    }
    point_hold_guard(point, +1);
    return gate;
}

void gate_open(struct plan_gate *gate)
{
    if (!gate->open)
        point_hold_guard(gate->point, -1);
    gate->open = true;
}

void gate_free(struct plan_gate *gate)
{
    if (gate == NULL)
        return;
    gate_open(gate);
    struct gate_waiter *waiter;
    while ((waiter = STAILQ_FIRST(&gate->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&gate->waiters, next);
        free(waiter);
    }
    struct plan_ticket *ticket;
    while ((ticket = SLIST_FIRST(&gate->tickets)) != NULL) {
        SLIST_REMOVE_HEAD(&gate->tickets, next);
        free(ticket);
    }
    aim_release(&gate->aim);
    free(gate);
}

static struct gate_waiter *add(struct plan_gate *gate, const struct point_event *visit)
{
    struct gate_waiter *waiter = calloc(1, sizeof(*waiter));
    if (waiter == NULL)
        return NULL;
    waiter->visit = *visit;
    waiter->visit.values = NULL;
    waiter->visit.value_count = 0;
    waiter->visit.message = NULL;
    waiter->visit.at_ns = world_event_time(gate->world, visit);
    STAILQ_INSERT_TAIL(&gate->waiters, waiter, next);
    gate->held++;
    gate->reached++;
    return waiter;
}

bool gate_stop(struct plan_gate *gate, const struct point_event *visit,
               struct world_executor *executor, struct world_task *step)
{
    struct gate_waiter *waiter = add(gate, visit);
    if (waiter == NULL)
        return false;
    waiter->executor = executor;
    world_stand(executor, step);
    return true;
}

const struct plan_ticket *gate_hand_out(struct plan_gate *gate, const struct point_event *visit)
{
    struct plan_ticket *ticket = calloc(1, sizeof(*ticket));
    struct gate_waiter *waiter = ticket != NULL ? add(gate, visit) : NULL;
    if (waiter == NULL) {
        free(ticket);
        return NULL;
    }
    waiter->ticket = ticket;
    SLIST_INSERT_HEAD(&gate->tickets, ticket, next);
    return ticket;
}

void gate_let_go(struct plan_gate *gate, uint32_t count)
{
    struct gate_waiter *waiter;
    while (count-- > 0 && (waiter = STAILQ_FIRST(&gate->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&gate->waiters, next);
        gate->held--;
        if (waiter->ticket != NULL)
            atomic_store(&waiter->ticket->good, true);
        else
            world_resume(waiter->executor);
        free(waiter);
    }
}

/* --- plan.h --- */

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
    world_lock(gate->lock);
    const struct gate_waiter *waiter = STAILQ_FIRST(&gate->waiters);
    while (waiter != NULL && i-- > 0)
        waiter = STAILQ_NEXT(waiter, next);
    if (waiter != NULL)
        *visit = waiter->visit;
    world_unlock(gate->lock);
    return waiter != NULL;
}

const struct plan_aim *plan_gate_aim(const struct plan_gate *gate)
{
    return &gate->aim;
}

void plan_gate_release(struct plan_gate *gate, uint32_t count)
{
    world_lock(gate->lock);
    if (count == 0)
        gate_open(gate);
    gate_let_go(gate, count == 0 ? UINT32_MAX : count);
    world_unlock(gate->lock);
}

bool plan_ticket_good(const struct plan_ticket *ticket)
{
    return atomic_load(&ticket->good);
}
