/*
 * The simulated world: time, threads, a network and chance, all made from a seed, in
 * virtual time and on one thread.  What happens is a function of the seed, the options
 * and what the stack above does; world_hash tells two runs apart.
 */
#ifndef RPC_WORLD_SIM_SIM_H
#define RPC_WORLD_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/world/world.h"

struct sim_options {
    uint64_t seed;
    bool rough; /* the seed decides order, task costs, latencies and short writes, too */
};

/* Make a world.  NULL when out of memory.  world_free gives it back with everything that is
 * still in it; executors, timers and watches are their owners' and are not touched then.
 *
 * Unlike live: executors with `lowest` set (right after world_executor_init) run only when
 * nothing else can at the present instant. */
struct world *sim_create(const struct sim_options *options);

struct sim_statistics {
    uint64_t steps;        /* tasks run */
    uint64_t picks;        /* times the next executor was picked, `lowest` ones left out */
    uint64_t choices;      /* … and there was more than one */
    uint64_t segments;     /* sent over the network, handshakes included */
    uint64_t agenda_count; /* what is still due some time */
    uint64_t pairs;        /* connections of which something is left, if only in a kernel */
    /* What is alive: a world whose owner has tidied up has none of them. */
    uint32_t executors, timers_armed, watches_on, streams, listeners, locks;
};

void sim_statistics(struct world *world, struct sim_statistics *statistics);

#endif
