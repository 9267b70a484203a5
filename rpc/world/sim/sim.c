#include "rpc/world/sim/sim.h"

#include <assert.h>
#include <stdlib.h>

#include "rpc/world/sim/handshake.h"
#include "rpc/world/sim/inside.h"
#include "rpc/world/sim/lock.h"
#include "rpc/world/sim/stream.h"
#include "rpc/world/sim/timer.h"
#include "rpc/world/sim/watch.h"

#define EPOCH_MS UINT64_C(946684800000) /* 2000-01-01T00:00:00Z */

static uint64_t now(struct world *world)
{
    return sim_of(world)->now_ns;
}

static void due(struct sim *sim, struct sim_agenda_entry entry)
{
    switch (entry.due) {
    case DUE_TIMER:
        sim_timer_due(sim, world_container(entry.index, struct world_timer, heap_index));
        return;
    case DUE_STREAM:
        sim_stream_due(sim, world_container(entry.index, struct sim_stream, agenda_index));
        return;
    case DUE_EXECUTOR:
        sim_executor_due(sim, world_container(entry.index, struct sim_executor, agenda_index));
        return;
    }
}

static enum world_end run(struct world *world, uint64_t until_ns)
{
    struct sim *sim = sim_of(world);
    assert(world->current == NULL); /* not from within a task */
    for (;;) {
        if (sim->stopping) {
            sim->stopping = false;
            return WORLD_STOPPED;
        }
        if (sim->now_ns > until_ns)
            return WORLD_LIMIT;
        while (sim->agenda.count > 0 && sim_agenda_next(&sim->agenda) <= sim->now_ns)
            due(sim, sim_agenda_take(&sim->agenda));
        if (sim_step(sim))
            continue;
        uint64_t next_ns = sim_agenda_next(&sim->agenda);
        if (sim->agenda.count == 0)
            return WORLD_DEAD;
        if (next_ns > until_ns) {
            sim->now_ns = until_ns;
            return WORLD_LIMIT;
        }
        sim->now_ns = next_ns;
    }
}

static void stop(struct world *world)
{
    sim_of(world)->stopping = true;
}

static void free_world(struct world *world)
{
    struct sim *sim = sim_of(world);
    sim_arena_release(&sim->arena);
    free(sim);
}

static enum rpc_status program_start(struct world *world, const char *const *argv,
                                     const char *const *environment,
                                     struct world_executor *executor, struct world_task *ended,
                                     struct world_program **program)
{
    (void)world, (void)argv, (void)environment, (void)executor, (void)ended;
    *program = NULL;
    return RPC_UNSUPPORTED;
}

/* There are no programs that could be given to these. */
static void program_kill(struct world_program *program, int signal)
{
    (void)signal;
    assert(program == NULL);
}

static void program_free(struct world_program *program)
{
    assert(program == NULL);
}

/* There is but one thread. */
static void ask(struct world *world, struct world_task *question)
{
    (void)world;
    question->run(question);
}

static const struct world_ops ops = {
    .now = now,
    .executor_init = sim_executor_init,
    .executor_release = sim_executor_release,
    .post = sim_post,
    .stand = sim_stand,
    .resume = sim_resume,
    .timer_init = sim_timer_init,
    .timer_release = sim_timer_stop,
    .timer_start = sim_timer_start,
    .timer_stop = sim_timer_stop,
    .watch_init = sim_watch_init,
    .watch_release = sim_watch_release,
    .watch_start = sim_watch_start,
    .watch_stop = sim_watch_stop,
    .host = sim_host,
    .host_kill = sim_host_kill,
    .host_pause = sim_host_pause,
    .resolve = sim_resolve,
    .dns = sim_dns,
    .listen = sim_listen,
    .accept = sim_accept,
    .listener_close = sim_listener_close,
    .connect = sim_connect,
    .connected = sim_connected,
    .read = sim_read,
    .writev = sim_writev,
    .shutdown = sim_shutdown,
    .close = sim_close,
    .wake = sim_wake,
    .unread = sim_unread,
    .net = sim_net,
    .partition = sim_partition,
    .program_start = program_start,
    .program_kill = program_kill,
    .program_free = program_free,
    .lock_create = sim_lock_create,
    .lock_free = sim_lock_free,
    .lock = sim_lock,
    .unlock = sim_unlock,
    .ask = ask,
    .locked = sim_locked,
    .choose = sim_choose,
    .random = sim_random,
    .run = run,
    .stop = stop,
    .hash = sim_hash,
    .free = free_world,
};

struct world *sim_create(const struct sim_options *options)
{
    struct sim *sim = calloc(1, sizeof(*sim));
    if (sim == NULL)
        return NULL;
    sim->options = *options;
    sim->hash = world_mix(options->seed, options->rough, 0, 0);
    sim->world.ops = &ops;
    sim->world.virtual_time = true;
    sim->world.began_ms = EPOCH_MS;
    sim->agenda.arena = &sim->arena;
    sim_scheduler_init(&sim->scheduler);
    TAILQ_INIT(&sim->network.connections);
    sim_policy_init(sim);
    sim_net(&sim->world, &(struct world_net){0});
    return &sim->world;
}

void sim_statistics(struct world *world, struct sim_statistics *statistics)
{
    const struct sim *sim = sim_of(world);
    *statistics = (struct sim_statistics){
        .steps = sim->scheduler.steps,
        .picks = sim->scheduler.picks,
        .choices = sim->scheduler.choices,
        .segments = sim->network.segments,
        .pairs = sim->network.pairs,
        .agenda_count = sim->agenda.count,
        .executors = sim->scheduler.count,
        .timers_armed = sim->timers_armed,
        .watches_on = sim->watches_on,
        .streams = sim->network.streams,
        .listeners = sim->network.listeners,
        .locks = sim->locks,
    };
}
