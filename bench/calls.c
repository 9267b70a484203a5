/*
 * Calls per second of wall time, and CPU time for each: a client and a server of ours in one
 * process, whole protocol, echo of 64 bytes.
 *
 *   calls sim|live CONNECTIONS DEPTH CALLS
 *
 * DEPTH calls are under way on each connection; each reply starts the next call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rpc/client/client.h"
#include "rpc/server/server.h"
#include "rpc/world/live/live.h"
#include "rpc/world/sim/sim.h"

static const uint8_t body[] =
    "\x0a\x40xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

struct load {
    struct world *world;
    struct client *client;
    uint64_t left, under_way;
};

struct caller {
    struct load *load;
    struct client_remote remote;
};

static enum server_outcome echo(struct server_call *call, void *owner)
{
    (void)owner;
    server_call_return(call, server_call_body(call));
    return SERVER_DONE;
}

static server_method_fn *find(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol;
    return wire_is(method, "echo") ? echo : NULL;
}

static void begin(struct caller *caller);

static void ended(struct client_call *call, void *owner)
{
    struct caller *caller = owner;
    if (client_call_outcome(call)->ending != CLIENT_VALUE) {
        fprintf(stderr, "calls: %s\n", client_call_outcome(call)->message);
        exit(1);
    }
    client_call_free(call);
    caller->load->under_way--;
    if (caller->load->left > 0)
        begin(caller);
    else if (caller->load->under_way == 0)
        world_stop(caller->load->world);
}

static void begin(struct caller *caller)
{
    struct client_call *call;
    caller->load->left--;
    caller->load->under_way++;
    enum rpc_status status =
        client_call(caller->load->client, &caller->remote, "echo",
                    (struct wire_bytes){body, sizeof(body) - 1}, NULL, ended, caller, &call);
    if (status != RPC_OK) {
        fprintf(stderr, "calls: %s\n", rpc_status_text(status));
        exit(1);
    }
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: calls sim|live CONNECTIONS DEPTH CALLS\n");
        return 2;
    }
    bool live = strcmp(argv[1], "live") == 0;
    unsigned connections = (unsigned)atoi(argv[2]), depth = (unsigned)atoi(argv[3]);
    uint64_t calls = strtoull(argv[4], NULL, 10);
    const struct release *release = release_by_name("3.4");
    struct release_settings settings;
    release_defaults(release, &settings);

    struct load load = {
        .left = calls,
        .world = live ? live_create(&(struct live_options){.speed = 1, .seed = 1})
                      : sim_create(&(struct sim_options){.seed = 1}),
    };
    struct world_executor executor;
    struct server *server;
    struct world_host *here = world_host(load.world, "client1");
    struct server_config config = {.release = release,
                                   .settings = &settings,
                                   .host = world_host(load.world, "server1"),
                                   .handlers = 10};
    struct server_protocol protocol = {
        .name = "org.ripcord.TestProtocol", .version = 1, .find = find};
    struct client_config client_config = {.release = release, .settings = &settings, .host = here};

    world_executor_init(load.world, &executor, here, "script", NULL);
    if (server_create(load.world, &config, &server) != RPC_OK ||
        server_add_protocol(server, &protocol) != RPC_OK ||
        client_create(load.world, &client_config, &executor, &load.client) != RPC_OK)
        return 1;
    server_start(server);

    struct caller *callers = calloc(connections, sizeof(*callers));
    double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned i = 0; i < connections; i++) {
        /* Another login is another ConnectionId. */
        callers[i] = (struct caller){.load = &load,
                                     .remote = {.address = server_address(server),
                                                .protocol = protocol.name,
                                                .protocol_version = 1,
                                                .login = i + 1}};
        for (unsigned k = 0; k < depth && load.left > 0; k++)
            begin(&callers[i]);
    }
    world_run(load.world, WORLD_NEVER);
    double took = seconds(CLOCK_MONOTONIC) - start;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%s %u x %u: %.0f calls/s, %.2f us of CPU per call\n", argv[1], connections, depth,
           (double)calls / took, cpu / (double)calls * 1e6);

    client_free(load.client);
    server_kill(server);
    server_free(server);
    world_executor_release(&executor);
    free(callers);
    world_free(load.world);
    return 0;
}
