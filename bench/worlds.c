/*
 * Simulated worlds per second of CPU time: made, a client connected to a server, one call made and
 * answered, all of it freed.
 *
 *   worlds HANDLERS COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/rig.h"
#include "rpc/world/sim/sim.h"

static void ended(struct client_call *call, void *owner)
{
    struct rig *rig = owner;
    rig_returned(call);
    world_stop(rig->world);
}

static void play(unsigned handlers, uint64_t seed)
{
    struct rig rig;
    rig_begin(&rig, sim_create(&(struct sim_options){.seed = seed}), RIG_RELEASE, handlers);
    struct client_remote remote = rig_remote(&rig, 1);
    rig_call(&rig, &remote, "echo", ended, &rig);
    world_run(rig.world, WORLD_NEVER);
    rig_end(&rig);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: worlds HANDLERS COUNT\n");
        return 2;
    }
    unsigned handlers = (unsigned)atoi(argv[1]);
    uint64_t count = strtoull(argv[2], NULL, 10);
    double start = rig_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t seed = 1; seed <= count; seed++)
        play(handlers, seed);
    double took = rig_seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    printf("worlds with %u handlers: %.0f a CPU second, %.1f us each\n", handlers,
           (double)count / took, took * 1e6 / (double)count);
    return 0;
}
