#include "rpc/world/sim/scheduler.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

void sim_assert_own(const struct world_executor *executor)
{
    const struct world_executor *current = executor->world->current;
    if (current == NULL || current == executor)
        return;
    const struct sim_executor *owner = sim_executor_of(executor);
    assert(owner->dead || owner->thread == sim_executor_of(current)->thread);
}

static bool can_run(const struct world_executor *executor)
{
    const struct sim_executor *self = sim_executor_of(executor);
    return (executor->first != NULL || executor->parked != NULL) && !executor->standing &&
           !self->stalled && !self->dead &&
           (executor->host == NULL || !sim_host_of(executor->host)->paused);
}

static struct sim_ready *list_of(const struct world_executor *executor)
{
    struct sim_scheduler *scheduler = &sim_of(executor->world)->scheduler;
    return executor->lowest ? &scheduler->lowest : &scheduler->ordinary;
}

void sim_schedule(struct world_executor *executor)
{
    if (executor->scheduled || !can_run(executor))
        return;
    struct sim_ready *list = list_of(executor);
    executor->scheduled = true;
    executor->next = NULL;
    if (list->first == NULL)
        list->first = executor;
    else
        list->last->next = executor;
    list->last = executor;
    list->count++;
}

/* Take `executor`, which comes behind `before` (NULL: is the first), out of the list. */
static void unlink_ready(struct sim_ready *list, struct world_executor *before,
                         struct world_executor *executor)
{
    if (before == NULL)
        list->first = executor->next;
    else
        before->next = executor->next;
    if (list->last == executor)
        list->last = before;
    list->count--;
    executor->scheduled = false;
    executor->next = NULL;
}

static void unschedule(struct world_executor *executor)
{
    if (!executor->scheduled)
        return;
    struct sim_ready *list = list_of(executor);
    struct world_executor *before = NULL;
    for (struct world_executor *at = list->first; at != executor; at = at->next)
        before = at;
    unlink_ready(list, before, executor);
}

void sim_enqueue(struct world_executor *executor, struct world_task *task)
{
    assert(!task->queued);
    task->queued = true;
    task->next = NULL;
    if (executor->first == NULL)
        executor->first = task;
    else
        executor->last->next = task;
    executor->last = task;
    sim_schedule(executor);
}

void sim_dequeue(struct world_executor *executor, struct world_task *task)
{
    if (!task->queued)
        return;
    struct world_task *before = NULL;
    for (struct world_task *at = executor->first; at != task; at = at->next)
        before = at;
    if (before == NULL)
        executor->first = task->next;
    else
        before->next = task->next;
    if (executor->last == task)
        executor->last = before;
    task->queued = false;
    task->next = NULL;
}

void sim_executor_init(struct world_executor *executor, struct world_executor *companion)
{
    struct sim *sim = sim_of(executor->world);
    struct sim_scheduler *scheduler = &sim->scheduler;
    struct sim_executor *self = sim_arena_take(&sim->arena, sizeof(*self));
    *self = (struct sim_executor){.executor = executor, .previous = scheduler->last};
    self->thread = companion != NULL ? sim_executor_of(companion)->thread : executor->lane;
    self->priority = sim_policy_priority(sim, executor->lane);
    if (scheduler->first == NULL)
        scheduler->first = self;
    else
        scheduler->last->next = self;
    scheduler->last = self;
    scheduler->count++;
    executor->implementation = self;
}

void sim_executor_release(struct world_executor *executor)
{
    struct sim *sim = sim_of(executor->world);
    struct sim_scheduler *scheduler = &sim->scheduler;
    struct sim_executor *self = sim_executor_of(executor);
    sim_assert_own(executor);
    assert(self->uses == 0); /* a timer or watch would find no executor */
    unschedule(executor);
    while (executor->first != NULL)
        sim_dequeue(executor, executor->first);
    executor->parked = NULL;
    sim_agenda_remove(&sim->agenda, &self->agenda_index);
    if (sim->world.current == executor)
        sim->world.current = NULL;
    if (self->previous != NULL)
        self->previous->next = self->next;
    else
        scheduler->first = self->next;
    if (self->next != NULL)
        self->next->previous = self->previous;
    else
        scheduler->last = self->previous;
    scheduler->count--;
    executor->implementation = NULL;
    sim_arena_give(&sim->arena, self, sizeof(*self));
}

void sim_post(struct world_executor *executor, struct world_task *task)
{
    sim_enqueue(executor, task);
}

void sim_stand(struct world_executor *executor, struct world_task *task)
{
    sim_assert_own(executor);
    assert(!executor->standing && executor->parked == NULL);
    executor->standing = true;
    executor->parked = task;
}

void sim_resume(struct world_executor *executor)
{
    if (!executor->standing)
        return;
    executor->standing = false;
    sim_schedule(executor);
}

void sim_executors_kill(struct sim *sim, struct world_host *host)
{
    for (struct sim_executor *at = sim->scheduler.first; at != NULL; at = at->next)
        if (at->executor->host == host)
            at->dead = true;
}

void sim_executors_schedule(struct sim *sim, struct world_host *host)
{
    for (struct sim_executor *at = sim->scheduler.first; at != NULL; at = at->next)
        if (at->executor->host == host)
            sim_schedule(at->executor);
}

void sim_executor_due(struct sim *sim, struct sim_executor *executor)
{
    (void)sim;
    executor->stalled = false;
    sim_schedule(executor->executor);
}

static void stall(struct sim *sim, struct sim_executor *self, uint64_t length_ns)
{
    self->stalled = true;
    sim_agenda_put(&sim->agenda, sim->now_ns + length_ns, DUE_EXECUTOR, &self->agenda_index);
}

/* The first executor of the list, from its `skip`th on, that no hold keeps back; those before
 * it have been passed over once more.  NULL when all of them are held. */
static struct world_executor *not_held(struct sim *sim, struct sim_ready *list, uint32_t skip,
                                       struct world_executor **before)
{
    struct world_executor *executor = list->first;
    *before = NULL;
    for (; executor != NULL; *before = executor, executor = executor->next) {
        if (skip > 0) {
            skip--;
            continue;
        }
        struct sim_executor *self = sim_executor_of(executor);
        if (!self->asked) {
            self->asked = true;
            self->held = sim_policy_hold(sim, self);
        }
        if (self->held == 0)
            return executor;
        self->held--;
    }
    return NULL;
}

/* Pick from a list of executors that may have lost their ability to run. */
static struct world_executor *pick(struct sim *sim, struct sim_ready *list)
{
    while (list->first != NULL) {
        struct world_executor *before = NULL;
        struct world_executor *executor = list->first;
        if (list == &sim->scheduler.ordinary && sim_asks(sim)) {
            executor = not_held(sim, list, sim_policy_pick(sim, list), &before);
            if (executor == NULL) {
                before = NULL;
                executor = list->first;
            }
        }
        uint32_t choices = list->count;
        unlink_ready(list, before, executor);
        if (!can_run(executor))
            continue;
        struct sim_executor *self = sim_executor_of(executor);
        if (list == &sim->scheduler.ordinary) {
            uint64_t stall_ns = sim_asks(sim) ? sim_policy_stall(sim, self) : 0;
            self->picks++;
            self->asked = false;
            sim->scheduler.picks++;
            sim->scheduler.choices += choices > 1;
            if (stall_ns > 0) {
                stall(sim, self, stall_ns);
                continue;
            }
        }
        return executor;
    }
    return NULL;
}

static struct world_task *take_task(struct world_executor *executor)
{
    struct world_task *task = executor->parked;
    if (task != NULL) {
        executor->parked = NULL;
        return task;
    }
    task = executor->first;
    executor->first = task->next;
    if (executor->first == NULL)
        executor->last = NULL;
    task->next = NULL;
    task->queued = false;
    return task;
}

bool sim_step(struct sim *sim)
{
    struct world_executor *executor = pick(sim, &sim->scheduler.ordinary);
    if (executor == NULL)
        executor = pick(sim, &sim->scheduler.lowest);
    if (executor == NULL)
        return false;
    uint64_t cost_ns = executor->lowest ? 0 : sim_executor_of(executor)->cost_ns;
    sim_note(sim, executor->lane, sim->now_ns);
    sim->scheduler.steps++;

    struct world_task *task = take_task(executor);
    sim->world.current = executor;
    task->run(task);
    assert(sim->locks_held == 0);
    if (sim->world.current == executor)
        sim_schedule(executor);
    sim->world.current = NULL;
    sim->now_ns += cost_ns;
    sim->world.delays_ns += cost_ns;
    return true;
}
