#include "rpc/world/sim/watch.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

static bool ready(const struct world_watch *watch)
{
    if (watch->listener != NULL)
        return world_container(watch->listener, struct sim_listener, listener)->queued > 0;
    uint8_t filtered = watch->stream->readiness[watch->direction];
    if (!watch->beneath && filtered != WORLD_AS_BENEATH)
        return filtered == WORLD_READY;
    return sim_stream_ready(sim_stream_of(watch->stream), watch->direction);
}

static void run(struct world_task *task)
{
    struct world_watch *watch = world_container(task, struct world_watch, task);
    struct sim *sim = sim_of(watch->executor->world);
    sim->running_watch = watch;
    watch->run(watch);
    if (sim->running_watch == watch && !watch->task.queued && ready(watch))
        sim_enqueue(watch->executor, &watch->task);
    sim->running_watch = NULL;
}

void sim_watch_init(struct world_watch *watch)
{
    watch->task.run = run;
}

static struct world_watch **place_of(struct world_watch *watch)
{
    if (watch->listener != NULL)
        return &watch->listener->watch;
    return watch->beneath ? &watch->stream->beneath : &watch->stream->watches[watch->direction];
}

void sim_watch_start(struct world_watch *watch)
{
    struct sim *sim = sim_of(watch->executor->world);
    sim_assert_own(watch->executor);
    assert(*place_of(watch) == NULL);
    assert(watch->stream == NULL || !sim_stream_of(watch->stream)->returned);
    *place_of(watch) = watch;
    watch->on = true;
    sim->watches_on++;
    sim_executor_of(watch->executor)->uses++;
    if (!watch->task.queued && ready(watch))
        sim_enqueue(watch->executor, &watch->task);
}

void sim_watch_stop(struct world_watch *watch)
{
    struct sim *sim = sim_of(watch->executor->world);
    sim_assert_own(watch->executor);
    assert(*place_of(watch) == watch);
    *place_of(watch) = NULL;
    watch->on = false;
    sim->watches_on--;
    sim_executor_of(watch->executor)->uses--;
    sim_dequeue(watch->executor, &watch->task);
    if (sim->running_watch == watch)
        sim->running_watch = NULL;
}

void sim_watch_release(struct world_watch *watch)
{
    if (watch->on)
        sim_watch_stop(watch);
}
