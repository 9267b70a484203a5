#include "rpc/world/live/live.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "rpc/world/chance.h"
#include "rpc/world/live/ask.h"
#include "rpc/world/live/connect.h"
#include "rpc/world/live/executor.h"
#include "rpc/world/live/host.h"
#include "rpc/world/live/inside.h"
#include "rpc/world/live/lock.h"
#include "rpc/world/live/program.h"
#include "rpc/world/live/socket.h"
#include "rpc/world/live/statistics.h"
#include "rpc/world/live/thread.h"
#include "rpc/world/live/timers.h"
#include "rpc/world/live/watch.h"

/* What the simulated network does by itself (world.h, world_net). */
static const uint64_t usual_give_up_ns = 924 * WORLD_SEC;

/* --- time --- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * WORLD_SEC + (uint64_t)now.tv_nsec;
}

uint64_t live_machine_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t live_now(struct world *base)
{
    const struct live_world *world = live_of(base);
    if (!world->began)
        return 0;
    uint64_t passed_ns = live_machine_ns() - world->started_ns;
    return world->real_time ? passed_ns : (uint64_t)((double)passed_ns * world->options.speed);
}

void live_begin(struct live_world *world)
{
    if (world->began)
        return;
    world->started_ns = live_machine_ns();
    world->began = true;
}

uint64_t live_machine_at(const struct live_world *world, uint64_t at_ns)
{
    const uint64_t never_ns = INT64_MAX / 2;
    double passed_ns = (double)at_ns / world->options.speed;
    if (passed_ns >= (double)never_ns)
        return never_ns;
    return world->started_ns + (world->real_time ? at_ns : (uint64_t)passed_ns + 1);
}

/* --- chance --- */

static bool is_rough(enum world_site site)
{
    static const bool rough[] = {
#define X(id, name, is_rough) [SITE_##id] = is_rough,
        WORLD_SITE_MAP(X)
#undef X
    };
    return rough[site];
}

static uint32_t live_choose(struct world *base, enum world_site site, uint32_t entity,
                            uint32_t ordinal, uint32_t max)
{
    const struct live_world *world = live_of(base);
    uint32_t drawn = 0;
    if (!is_rough(site))
        drawn = world_uniform(world_mix(world->options.seed, site, entity, ordinal), max);
    if (base->draw != NULL)
        drawn = base->draw(base->draw_owner, site, entity, ordinal, max, drawn);
    assert(drawn <= max);
    return drawn;
}

static void live_random(struct world *world, void *buffer, size_t size)
{
    (void)world;
    char *at = buffer;
    while (size > 0) {
        ssize_t count = getrandom(at, size, 0);
        if (count < 0)
            continue;
        at += count;
        size -= (size_t)count;
    }
}

static uint64_t live_hash(struct world *world)
{
    (void)world;
    return 0;
}

/* --- the network as a whole --- */

static enum rpc_status live_net(struct world *base, const struct world_net *net)
{
    if (net->latency_ns != 0 || (net->give_up_ns != 0 && net->give_up_ns != usual_give_up_ns))
        return RPC_UNSUPPORTED;
    live_of(base)->net = *net;
    return RPC_OK;
}

static enum rpc_status live_partition(struct world_host *a, struct world_host *b, bool cut)
{
    (void)a, (void)b, (void)cut;
    return RPC_UNSUPPORTED;
}

/* --- life --- */

static void live_free(struct world *base)
{
    struct live_world *world = live_of(base);
    assert(live_here == NULL);
    live_programs_free(world);
    live_threads_quit(world);
    live_sockets_free(world);
    live_thread_release(&world->main);
    while (world->executors.next != &world->executors) {
        struct live_link *link = world->executors.next;
        live_link_remove(link);
        free(world_container(link, struct live_executor, link));
    }
    live_hosts_free(world);
    live_ports_release(&world->ports);
    live_block_release(&world->block);
    pthread_cond_destroy(&world->moved);
    pthread_mutex_destroy(&world->mutex);
    free(world);
}

static const struct world_ops ops = {
    .now = live_now,
    .executor_init = live_executor_init,
    .executor_release = live_executor_release,
    .post = live_post,
    .stand = live_stand,
    .resume = live_resume,
    .timer_init = live_timer_init,
    .timer_release = live_timer_release,
    .timer_start = live_timer_start,
    .timer_stop = live_timer_stop,
    .watch_init = live_watch_init,
    .watch_release = live_watch_release,
    .watch_start = live_watch_start,
    .watch_stop = live_watch_stop,
    .host = live_host,
    .host_kill = live_host_kill,
    .host_pause = live_host_pause,
    .resolve = live_resolve,
    .dns = live_dns,
    .listen = live_listen,
    .accept = live_accept,
    .listener_close = live_listener_close,
    .connect = live_connect,
    .connected = live_connected,
    .read = live_read,
    .writev = live_writev,
    .shutdown = live_shutdown,
    .close = live_close,
    .wake = live_wake,
    .unread = live_unread,
    .net = live_net,
    .partition = live_partition,
    .program_start = live_program_start,
    .program_kill = live_program_kill,
    .program_free = live_program_free,
    .lock_create = live_lock_create,
    .lock_free = live_lock_free,
    .lock = live_lock,
    .unlock = live_unlock,
    .ask = live_ask,
    .locked = live_locked,
    .choose = live_choose,
    .random = live_random,
    .run = live_run,
    .stop = live_stop,
    .hash = live_hash,
    .free = live_free,
};

static void links_init(struct live_world *world)
{
    struct live_link *const heads[] = {&world->threads, &world->executors, &world->hosts,
                                       &world->names,   &world->listeners, &world->streams,
                                       &world->programs};
    for (size_t index = 0; index < sizeof(heads) / sizeof(heads[0]); index++)
        live_link_init(heads[index]);
}

struct world *live_create(const struct live_options *options)
{
    assert(options->speed > 0);
    struct live_world *world = aligned_alloc(LIVE_CACHE_LINE, sizeof(*world));
    if (world == NULL)
        return NULL;
    *world = (struct live_world){.options = *options, .descriptors_before = live_descriptors()};
    if (!live_thread_init(&world->main, world)) {
        free(world);
        return NULL;
    }
    world->descriptors_each = live_descriptors() - world->descriptors_before;
    world->world.ops = &ops;
    world->real_time = !(options->speed < 1) && !(options->speed > 1);
    /* Once: who has read the wall clock before the first run sees no jump then. */
    world->world.began_ms = clock_ns(CLOCK_REALTIME) / WORLD_MS;
    pthread_mutex_init(&world->mutex, NULL);
    pthread_cond_init(&world->moved, NULL);
    links_init(world);
    live_ports_init(&world->ports);
    live_block_take(&world->block);
    /* Nobody runs before world_run: the caller counts as one who stands. */
    world->running = world->parked = 1;
    atomic_store(&world->attention, true);
    return &world->world;
}
