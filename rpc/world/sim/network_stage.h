/*
 * What the tests of the network share: a world with two hosts, a listener and a connection, and
 * how to wait for what happens there.
 */
#ifndef RPC_WORLD_SIM_NETWORK_STAGE_H
#define RPC_WORLD_SIM_NETWORK_STAGE_H

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/sim.h"

#define MS WORLD_MS
#define S  WORLD_SEC

static struct world *world;
static struct world_host *server_host, *client_host;
static struct world_listener *listener;
static struct world_executor executor;

static struct world_stream *client, *server;
static char bytes[1 << 20];

static inline void begin_with(const struct sim_options *options, const struct world_net *net)
{
    world = sim_create(options);
    if (net != NULL)
        cr_assert(eq(int, (int)world_net(world, net), RPC_OK));
    server_host = world_host(world, "server1");
    client_host = world_host(world, "client1");
    world_executor_init(world, &executor, client_host, "test", NULL);
    cr_assert(eq(int, (int)world_listen(server_host, 0, 8, &listener), RPC_OK));
}

static inline void begin(const struct world_net *net)
{
    begin_with(&(struct sim_options){.seed = 1}, net);
}

static inline void end(void)
{
    if (client != NULL)
        world_close(client);
    if (server != NULL)
        world_close(server);
    client = server = NULL;
    world_listener_close(listener);
    world_executor_release(&executor);
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_DEAD));
    struct sim_statistics statistics;
    sim_statistics(world, &statistics);
    cr_assert(eq(uint, statistics.streams, 0u));
    cr_assert(eq(ulong, statistics.agenda_count, 0u));
    world_free(world);
}

static inline void stop_timer(struct world_timer *timer)
{
    world_stop(timer->executor->world);
}

static inline void wait_until(uint64_t at_ns)
{
    struct world_timer timer;
    world_timer_init(&executor, &timer, stop_timer);
    world_timer_start(&timer, at_ns);
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_STOPPED));
    world_timer_release(&timer);
}

static inline void stop_watch(struct world_watch *watch)
{
    world_watch_stop(watch);
    world_stop(watch->executor->world);
}

/* Run until the stream is ready: when that is, or WORLD_NEVER. */
static inline uint64_t ready(struct world_stream *stream, enum world_direction direction)
{
    struct world_watch watch;
    world_watch_init(&executor, &watch, stream, direction, stop_watch);
    world_watch_start(&watch);
    enum world_end how = world_run(world, WORLD_NEVER);
    world_watch_release(&watch);
    return how == WORLD_STOPPED ? world_now(world) : WORLD_NEVER;
}

static inline uint64_t ready_to_accept(void)
{
    struct world_watch watch;
    world_watch_init_listener(&executor, &watch, listener, stop_watch);
    world_watch_start(&watch);
    enum world_end how = world_run(world, WORLD_NEVER);
    world_watch_release(&watch);
    return how == WORLD_STOPPED ? world_now(world) : WORLD_NEVER;
}

static inline enum rpc_status status_of_read(struct world_stream *stream)
{
    size_t got;
    return world_read(stream, bytes, sizeof(bytes), &got);
}

static inline enum rpc_status status_of_write(struct world_stream *stream, size_t length)
{
    size_t accepted;
    return world_write(stream, bytes, length, &accepted);
}

static inline size_t write_all(struct world_stream *stream)
{
    size_t all = 0, accepted;
    while (world_write(stream, bytes, sizeof(bytes), &accepted) == RPC_OK)
        all += accepted;
    return all;
}

#define IS(status, expected) cr_assert(eq(int, (int)(status), (int)(expected)))
#define AT(time, expected)   cr_assert(eq(ulong, (time), (expected)))

static inline void connect_to(struct world_address address)
{
    IS(world_connect(client_host, address, 7, &client), RPC_OK);
}

static inline void link_up(const struct world_net *net)
{
    begin(net);
    connect_to(listener->address);
    ready(client, WORLD_WRITE);
    IS(world_connected(client), RPC_OK);
    ready_to_accept();
    IS(world_accept(listener, &server), RPC_OK);
}

#endif
