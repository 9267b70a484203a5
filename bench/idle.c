/*
 * What connections cost that do nothing: their memory, both ends together, and how much virtual
 * time passes in a second of CPU time while each of them sends a ping every minute.
 *
 *   idle memory CONNECTIONS
 *   idle time CONNECTIONS VIRTUAL_SECONDS
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rig.h"
#include "rpc/world/sim/sim.h"

static void ended(struct client_call *call, void *owner)
{
    (void)owner;
    rig_returned(call);
}

static void call_on_each(struct rig *rig, unsigned connections, const char *method)
{
    for (unsigned i = 0; i < connections; i++) {
        struct client_remote remote = rig_remote(rig, i + 1);
        rig_call(rig, &remote, method, ended, NULL);
        world_run(rig->world, world_now(rig->world) + WORLD_MS);
    }
}

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* One call each has been made and has ended. */
static void measure_memory(struct rig *rig, unsigned connections)
{
    call_on_each(rig, 1, "echo");
    size_t before = in_use();
    call_on_each(rig, connections + 1, "echo");
    printf("idle: %.0f bytes for each of %u connections, both ends\n",
           (double)(in_use() - before) / connections, connections);
}

/* One call each waits for its answer. */
static void measure_time(struct rig *rig, unsigned connections, uint64_t seconds)
{
    call_on_each(rig, connections, "never");
    double start = rig_seconds(CLOCK_PROCESS_CPUTIME_ID);
    world_run(rig->world, world_now(rig->world) + seconds * WORLD_SEC);
    double took = rig_seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    printf("idle: %.3g virtual seconds a CPU second with %u connections, %.3g pings\n",
           (double)seconds / took, connections, (double)seconds / 60 * connections / took);
}

int main(int argc, char **argv)
{
    struct rig rig;
    bool memory = argc == 3 && strcmp(argv[1], "memory") == 0;
    if (!memory && (argc != 4 || strcmp(argv[1], "time") != 0)) {
        fprintf(stderr, "usage: idle memory CONNECTIONS | time CONNECTIONS VIRTUAL_SECONDS\n");
        return 2;
    }
    unsigned connections = (unsigned)atoi(argv[2]);
    rig_begin(&rig, sim_create(&(struct sim_options){.seed = 1}), RIG_RELEASE, RIG_HANDLERS);
    if (memory)
        measure_memory(&rig, connections);
    else
        measure_time(&rig, connections, strtoull(argv[3], NULL, 10));
    rig_end(&rig);
    return 0;
}
