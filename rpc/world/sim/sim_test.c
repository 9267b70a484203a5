#include "rpc/world/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define CALM(number)  (&(struct sim_options){.seed = (number)})
#define ROUGH(number) (&(struct sim_options){.seed = (number), .rough = true})

/* --- an echo of some connections, as a load that uses everything --- */

enum { CONNECTIONS = 4, ROUNDS = 20, LENGTH = 700 };

struct echo_end {
    struct world_stream *stream;
    struct world_executor executor;
    struct world_watch read, write;
    struct world_timer timer;
    char bytes[LENGTH];
    size_t written, length;
    uint32_t rounds;
    bool client;
    struct echo *echo;
};

struct echo {
    struct world *world;
    struct world_executor acceptor;
    struct world_listener *listener;
    struct world_watch accepts;
    struct echo_end ends[2 * CONNECTIONS];
    uint32_t accepted, open;
};

static void echo_write(struct echo_end *end)
{
    size_t taken = 1;
    while (end->written < end->length && taken > 0) {
        enum rpc_status status =
            world_write(end->stream, end->bytes + end->written, end->length - end->written, &taken);
        cr_assert(status == RPC_OK || status == RPC_AGAIN);
        end->written += taken;
    }
    if (end->written < end->length) {
        world_watch_start(&end->write);
        return;
    }
    world_watch_stop(&end->write);
    end->written = end->length = 0;
}

static void echo_end_close(struct echo_end *end)
{
    world_watch_release(&end->read);
    world_watch_release(&end->write);
    world_timer_release(&end->timer);
    world_close(end->stream);
    end->echo->open--;
}

static void echo_timer(struct world_timer *timer)
{
    struct echo_end *end = world_container(timer, struct echo_end, timer);
    end->length = LENGTH;
    end->written = 0;
    memset(end->bytes, (int)end->rounds, LENGTH);
    echo_write(end);
}

static void echo_readable(struct world_watch *watch)
{
    struct echo_end *end = world_container(watch, struct echo_end, read);
    size_t got;
    enum rpc_status status =
        world_read(end->stream, end->bytes + end->length, LENGTH - end->length, &got);
    if (status == RPC_AGAIN)
        return;
    if (status == RPC_END) {
        echo_end_close(end);
        return;
    }
    cr_assert(eq(int, (int)status, RPC_OK));
    end->length += got;
    if (end->length < LENGTH)
        return;
    if (!end->client) {
        echo_write(end);
        return;
    }
    end->length = 0;
    if (++end->rounds == ROUNDS)
        echo_end_close(end);
    else
        world_timer_start(&end->timer, world_now(end->echo->world) + 10 * WORLD_MS);
}

static void echo_writable(struct world_watch *watch)
{
    struct echo_end *end = world_container(watch, struct echo_end, write);
    if (world_connected(end->stream) == RPC_AGAIN)
        return;
    echo_write(end);
}

static void echo_end_open(struct echo *echo, struct echo_end *end, const char *host, bool client)
{
    end->echo = echo;
    end->client = client;
    echo->open++;
    world_executor_init(echo->world, &end->executor, world_host(echo->world, host), "end", NULL);
    world_watch_init(&end->executor, &end->read, end->stream, WORLD_READ, echo_readable);
    world_watch_init(&end->executor, &end->write, end->stream, WORLD_WRITE, echo_writable);
    world_timer_init(&end->executor, &end->timer, echo_timer);
}

struct echo_start {
    struct world_task task;
    struct echo_end *end;
};

static void echo_begin(struct world_task *task)
{
    struct echo_start *start = world_container(task, struct echo_start, task);
    world_watch_start(&start->end->read);
    if (start->end->client)
        world_timer_start(&start->end->timer, world_now(start->end->echo->world));
    free(start);
}

static void echo_start(struct echo_end *end)
{
    struct echo_start *start = malloc(sizeof(*start));
    *start = (struct echo_start){.task.run = echo_begin, .end = end};
    world_post(&end->executor, &start->task);
}

static void echo_accept(struct world_watch *watch)
{
    struct echo *echo = world_container(watch, struct echo, accepts);
    struct world_stream *stream;
    while (world_accept(echo->listener, &stream) == RPC_OK) {
        struct echo_end *end = &echo->ends[CONNECTIONS + echo->accepted++];
        end->stream = stream;
        echo_end_open(echo, end, "server1", false);
        echo_start(end);
    }
    if (echo->accepted < CONNECTIONS)
        return;
    world_watch_release(&echo->accepts);
    world_listener_close(echo->listener);
}

static uint64_t echo_hash(const struct sim_options *options, struct sim_statistics *statistics)
{
    struct echo *echo = calloc(1, sizeof(*echo));
    struct world *world = sim_create(options);
    echo->world = world;
    struct world_host *server = world_host(world, "server1");
    cr_assert(eq(int, (int)world_listen(server, 0, 128, &echo->listener), RPC_OK));
    world_executor_init(world, &echo->acceptor, server, "listener", NULL);
    world_watch_init_listener(&echo->acceptor, &echo->accepts, echo->listener, echo_accept);
    world_watch_start(&echo->accepts);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        struct echo_end *end = &echo->ends[i];
        struct world_host *host = world_host(world, "client1");
        cr_assert(eq(int, (int)world_connect(host, echo->listener->address, i + 1, &end->stream),
                     RPC_OK));
        echo_end_open(echo, end, "client1", true);
        echo_start(end);
    }
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_DEAD));
    cr_assert(eq(int, (int)echo->open, 0));
    for (uint32_t i = 0; i < 2 * CONNECTIONS; i++)
        world_executor_release(&echo->ends[i].executor);
    world_executor_release(&echo->acceptor);
    uint64_t hash = world_hash(world);
    sim_statistics(world, statistics);
    world_free(world);
    free(echo);
    return hash;
}

Test(sim, the_same_seed_gives_the_same_hash_whatever_the_heap_looks_like)
{
    struct sim_statistics statistics;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t first = echo_hash(ROUGH(seed), &statistics);
        void *garbage[16];
        for (size_t i = 0; i < 16; i++) {
            garbage[i] = malloc(100 + (seed * 7919 + i * 104729) % 60000);
            memset(garbage[i], (int)seed, 100);
        }
        cr_assert(eq(ulong, echo_hash(ROUGH(seed), &statistics), first), "seed %d", (int)seed);
        for (size_t i = 0; i < 16; i++)
            free(garbage[i]);
    }
}

Test(sim, rough_worlds_differ_by_seed_and_have_choices)
{
    enum { SEEDS = 200 };
    static uint64_t hashes[SEEDS];
    uint64_t choices = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim_statistics statistics;
        hashes[seed] = echo_hash(ROUGH(seed + 1), &statistics);
        choices += statistics.choices;
        for (uint64_t i = 0; i < seed; i++)
            cr_assert(ne(ulong, hashes[i], hashes[seed]));
    }
    cr_assert(gt(ulong, choices, SEEDS * 10));
}

Test(sim, everything_is_given_back_and_counted)
{
    struct sim_statistics statistics;
    echo_hash(CALM(1), &statistics);
    cr_assert(eq(uint, statistics.executors, 0u));
    cr_assert(eq(uint, statistics.timers_armed, 0u));
    cr_assert(eq(uint, statistics.watches_on, 0u));
    cr_assert(eq(uint, statistics.streams, 0u));
    cr_assert(eq(uint, statistics.listeners, 0u));
    cr_assert(eq(ulong, statistics.agenda_count, 0u));
    cr_assert(gt(ulong, statistics.steps, 2u * CONNECTIONS * ROUNDS));
}
