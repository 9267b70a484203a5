/*
 * Calls per second of wall time, and CPU time for each: a client and a server of ours in one
 * process, whole protocol, echo of 64 bytes.
 *
 *   calls sim|live CONNECTIONS DEPTH CALLS [RELEASE]
 *
 * DEPTH calls are under way on each connection; each reply starts the next call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rig.h"
#include "rpc/world/live/live.h"
#include "rpc/world/sim/sim.h"

struct load {
    struct rig rig;
    uint64_t left, under_way;
};

struct caller {
    struct load *load;
    struct client_remote remote;
};

static void begin(struct caller *caller);

static void ended(struct client_call *call, void *owner)
{
    struct caller *caller = owner;
    rig_returned(call);
    caller->load->under_way--;
    if (caller->load->left > 0)
        begin(caller);
    else if (caller->load->under_way == 0)
        world_stop(caller->load->rig.world);
}

static void begin(struct caller *caller)
{
    caller->load->left--;
    caller->load->under_way++;
    rig_call(&caller->load->rig, &caller->remote, "echo", ended, caller);
}

static struct world *world_of(const char *name)
{
    if (strcmp(name, "live") == 0)
        return live_create(&(struct live_options){.speed = 1, .seed = 1});
    return sim_create(&(struct sim_options){.seed = 1});
}

static void run(struct load *load, unsigned connections, unsigned depth)
{
    struct caller *callers = calloc(connections, sizeof(*callers));
    for (unsigned i = 0; i < connections; i++) {
        callers[i] = (struct caller){.load = load, .remote = rig_remote(&load->rig, i + 1)};
        for (unsigned k = 0; k < depth && load->left > 0; k++)
            begin(&callers[i]);
    }
    world_run(load->rig.world, WORLD_NEVER);
    free(callers);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: calls sim|live CONNECTIONS DEPTH CALLS [RELEASE]\n");
        return 2;
    }
    unsigned connections = (unsigned)atoi(argv[2]), depth = (unsigned)atoi(argv[3]);
    uint64_t calls = strtoull(argv[4], NULL, 10);
    struct load load = {.left = calls};
    rig_begin(&load.rig, world_of(argv[1]), argc == 6 ? argv[5] : RIG_RELEASE, RIG_HANDLERS);
    double start = rig_seconds(CLOCK_MONOTONIC), cpu = rig_seconds(CLOCK_PROCESS_CPUTIME_ID);
    run(&load, connections, depth);
    double took = rig_seconds(CLOCK_MONOTONIC) - start;
    cpu = rig_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%s %u x %u: %.0f calls/s, %.2f us of CPU per call\n", argv[1], connections, depth,
           (double)calls / took, cpu / (double)calls * 1e6);
    rig_end(&load.rig);
    return 0;
}
