#include "rpc/world/sim/scheduler.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

void sim_assert_own(const struct world_executor *executor)
{
    const struct world_executor *current = executor->world->current;
    if (current == NULL || current == executor)
        return;
    const struct sim_executor *owner = sim_executor_of(executor);
    assert((owner->kept & KEPT_DEAD) != 0 || owner->thread == sim_executor_of(current)->thread);
}

static inline bool can_run(const struct world_executor *executor)
{
    return (!STAILQ_EMPTY(&executor->tasks) || executor->parked != NULL) &&
           sim_executor_of(executor)->kept == 0;
}

static inline struct world_line *line_of(const struct world_executor *executor)
{
    struct sim_scheduler *scheduler = &sim_of(executor->world)->scheduler;
    return executor->lowest ? &scheduler->lowest : &scheduler->ordinary;
}

/* Let `executor` be picked when it has something to run and nothing keeps it from it. */
static inline void schedule(struct world_executor *executor)
{
    if (executor->scheduled || !can_run(executor))
        return;
    STAILQ_INSERT_TAIL(line_of(executor), executor, ready);
    executor->scheduled = true;
}

static inline void unschedule(struct world_executor *executor)
{
    STAILQ_REMOVE(line_of(executor), executor, world_executor, ready);
    executor->scheduled = false;
}

void sim_scheduler_init(struct sim_scheduler *scheduler)
{
    STAILQ_INIT(&scheduler->ordinary);
    STAILQ_INIT(&scheduler->lowest);
    TAILQ_INIT(&scheduler->executors);
}

void sim_enqueue(struct world_executor *executor, struct world_task *task)
{
    assert(!task->queued);
    task->queued = true;
    STAILQ_INSERT_TAIL(&executor->tasks, task, next);
    schedule(executor);
}

void sim_dequeue(struct world_executor *executor, struct world_task *task)
{
    if (!task->queued)
        return;
    STAILQ_REMOVE(&executor->tasks, task, world_task, next);
    task->queued = false;
}

void sim_executor_init(struct world_executor *executor, struct world_executor *companion)
{
    struct sim *sim = sim_of(executor->world);
    struct sim_scheduler *scheduler = &sim->scheduler;
    struct sim_executor *self = sim_arena_take(&sim->arena, sizeof(*self));
    *self = (struct sim_executor){.executor = executor};
    self->thread = companion != NULL ? sim_executor_of(companion)->thread : executor->lane;
    self->priority = sim_policy_priority(sim, executor->lane);
    if (executor->host != NULL && sim_host_of(executor->host)->paused)
        self->kept = KEPT_PAUSED;
    TAILQ_INSERT_TAIL(&scheduler->executors, self, all);
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
    if (executor->scheduled)
        unschedule(executor);
    while (!STAILQ_EMPTY(&executor->tasks))
        sim_dequeue(executor, STAILQ_FIRST(&executor->tasks));
    executor->parked = NULL;
    sim_agenda_remove(&sim->agenda, &self->agenda_index);
    if (sim->world.current == executor)
        sim->world.current = NULL;
    TAILQ_REMOVE(&scheduler->executors, self, all);
    scheduler->count--;
    executor->implementation = NULL;
    sim_arena_give(&sim->arena, self, sizeof(*self));
}

void sim_post(struct world_executor *executor, struct world_task *task)
{
    sim_enqueue(executor, task);
}

static void keep(struct sim_executor *self, unsigned why)
{
    self->kept = (uint8_t)(self->kept | why);
}

static void let_go(struct sim_executor *self, unsigned why)
{
    self->kept = (uint8_t)(self->kept & ~why);
    schedule(self->executor);
}

void sim_stand(struct world_executor *executor, struct world_task *task)
{
    struct sim_executor *self = sim_executor_of(executor);
    sim_assert_own(executor);
    assert((self->kept & KEPT_STANDING) == 0 && executor->parked == NULL);
    keep(self, KEPT_STANDING);
    executor->parked = task;
}

void sim_resume(struct world_executor *executor)
{
    struct sim_executor *self = sim_executor_of(executor);
    if ((self->kept & KEPT_STANDING) != 0)
        let_go(self, KEPT_STANDING);
}

void sim_executors_kill(struct sim *sim, struct world_host *host)
{
    struct sim_executor *at;
    TAILQ_FOREACH (at, &sim->scheduler.executors, all)
        if (at->executor->host == host)
            keep(at, KEPT_DEAD);
}

void sim_executors_pause(struct sim *sim, struct world_host *host, bool paused)
{
    struct sim_executor *at;
    TAILQ_FOREACH (at, &sim->scheduler.executors, all) {
        if (at->executor->host != host)
            continue;
        if (paused)
            keep(at, KEPT_PAUSED);
        else
            let_go(at, KEPT_PAUSED);
    }
}

void sim_executor_due(struct sim *sim, struct sim_executor *executor)
{
    (void)sim;
    let_go(executor, KEPT_STALLED);
}

static void stall(struct sim *sim, struct sim_executor *self, uint64_t length_ns)
{
    keep(self, KEPT_STALLED);
    sim_agenda_put(&sim->agenda, sim->now_ns + length_ns, DUE_EXECUTOR, &self->agenda_index);
}

/* The first executor of the line, from its `skip`th on, that no hold keeps back; those before
 * it have been passed over once more.  NULL when all of them are held. */
static struct world_executor *not_held(struct sim *sim, const struct world_line *line,
                                       uint32_t skip)
{
    struct world_executor *executor;
    STAILQ_FOREACH (executor, line, ready) {
        if (skip > 0) {
            skip--;
            continue;
        }
        struct sim_executor *self = sim_executor_of(executor);
        if (!self->asked) {
            self->asked = true;
            self->held = (uint16_t)sim_policy_hold(sim, self);
        }
        if (self->held == 0)
            return executor;
        self->held--;
    }
    return NULL;
}

/* Take the first of a line that has not lost its ability to run.  NULL: there is none. */
static inline struct world_executor *take_first(struct world_line *line)
{
    struct world_executor *executor;
    while ((executor = STAILQ_FIRST(line)) != NULL) {
        STAILQ_REMOVE_HEAD(line, ready);
        executor->scheduled = false;
        if (can_run(executor))
            break;
    }
    return executor;
}

static inline void count_pick(struct sim_scheduler *scheduler, struct sim_executor *picked)
{
    picked->picks++;
    scheduler->picks++;
    scheduler->choices += !STAILQ_EMPTY(&scheduler->ordinary);
}

/* Take the one that chance wants. */
static struct world_executor *take_drawn(struct sim *sim)
{
    struct sim_scheduler *scheduler = &sim->scheduler;
    const struct world_line *line = &scheduler->ordinary;
    while (!STAILQ_EMPTY(line)) {
        struct world_executor *executor = not_held(sim, line, sim_policy_pick(sim, line));
        if (executor == NULL)
            executor = STAILQ_FIRST(line);
        unschedule(executor);
        if (!can_run(executor))
            continue;
        struct sim_executor *self = sim_executor_of(executor);
        uint64_t stall_ns = sim_policy_stall(sim, self);
        count_pick(scheduler, self);
        self->asked = false;
        if (stall_ns == 0)
            return executor;
        stall(sim, self, stall_ns);
    }
    return NULL;
}

/* Who runs next.  NULL: nobody can. */
static inline struct world_executor *pick(struct sim *sim)
{
    struct sim_scheduler *scheduler = &sim->scheduler;
    struct world_executor *executor;
    if (sim_asks(sim)) {
        executor = take_drawn(sim);
    } else {
        executor = take_first(&scheduler->ordinary);
        if (executor != NULL)
            count_pick(scheduler, sim_executor_of(executor));
    }
    return executor != NULL ? executor : take_first(&scheduler->lowest);
}

static inline struct world_task *take_task(struct world_executor *executor)
{
    struct world_task *task = executor->parked;
    if (task != NULL) {
        executor->parked = NULL;
        return task;
    }
    task = STAILQ_FIRST(&executor->tasks);
    STAILQ_REMOVE_HEAD(&executor->tasks, next);
    task->queued = false;
    return task;
}

/* A task has taken its time, which is chance's doing. */
static void pass(struct sim *sim, uint64_t cost_ns)
{
    sim->now_ns += cost_ns;
    sim->world.delays_ns += cost_ns;
}

bool sim_step(struct sim *sim)
{
    struct world_executor *executor = pick(sim);
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
        schedule(executor);
    sim->world.current = NULL;
    if (cost_ns > 0)
        pass(sim, cost_ns);
    return true;
}
