#include "rpc/world/sim/timer.h"

#include "rpc/world/sim/inside.h"

static void run(struct world_task *task)
{
    struct world_timer *timer = world_container(task, struct world_timer, task);
    timer->run(timer);
}

void sim_timer_init(struct world_timer *timer)
{
    timer->task.run = run;
}

static void disarm(struct sim *sim, struct world_timer *timer)
{
    if (!timer->armed)
        return;
    timer->armed = false;
    sim->timers_armed--;
    sim_executor_of(timer->executor)->uses--;
}

void sim_timer_due(struct sim *sim, struct world_timer *timer)
{
    disarm(sim, timer);
    sim_enqueue(timer->executor, &timer->task);
}

void sim_timer_start(struct world_timer *timer, uint64_t at_ns)
{
    struct sim *sim = sim_of(timer->executor->world);
    sim_assert_own(timer->executor);
    sim_dequeue(timer->executor, &timer->task);
    timer->at_ns = at_ns;
    if (!timer->armed) {
        timer->armed = true;
        sim->timers_armed++;
        sim_executor_of(timer->executor)->uses++;
    }
    if (at_ns == WORLD_NEVER)
        sim_agenda_remove(&sim->agenda, &timer->heap_index);
    else
        sim_agenda_put(&sim->agenda, at_ns > sim->now_ns ? at_ns : sim->now_ns, DUE_TIMER,
                       &timer->heap_index);
}

void sim_timer_stop(struct world_timer *timer)
{
    struct sim *sim = sim_of(timer->executor->world);
    sim_assert_own(timer->executor);
    sim_dequeue(timer->executor, &timer->task);
    sim_agenda_remove(&sim->agenda, &timer->heap_index);
    disarm(sim, timer);
}
