/*
 * The live world: the machine's clock, threads, sockets and programs behind world.h.
 *
 * The thread that calls world_run is the main thread; it has every executor without a
 * companion, unless that has asked for a thread of its own (world_executor_init_thread).
 * Outside world_run all other threads stand still, between two tasks, so whatever belongs to
 * them may be looked at and changed then.
 *
 * Hosts are 127.0.0.1, 127.0.0.2 …, in the order in which they are made; where another process
 * has a world too, its own are 127.1.0.1, 127.1.0.2 … (block.h).  What a kernel alone could do is
 * RPC_UNSUPPORTED: a latency, a time to give up, a partition.
 *
 * The tracer is called from every thread of the world, at any time.
 */
#ifndef RPC_WORLD_LIVE_LIVE_H
#define RPC_WORLD_LIVE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/world/world.h"

struct live_options {
    double speed;     /* the world's seconds in one of ours; 1 is real time */
    bool thread_each; /* a thread for every executor that has no companion, but the first */
    uint64_t seed;    /* for the draws of protocol and script */
};

/* NULL when memory or descriptors run out.  End it with world_free. */
struct world *live_create(const struct live_options *options);

#endif
