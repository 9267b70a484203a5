/*
 * What is alive in a live world: one whose owner has tidied up has nothing of it.
 */
#ifndef RPC_WORLD_LIVE_STATISTICS_H
#define RPC_WORLD_LIVE_STATISTICS_H

#include <stdint.h>

struct world;

struct live_statistics {
    uint32_t executors, timers_armed, streams, listeners, programs;
    uint32_t watches; /* started once and not released */
    uint32_t sending; /* closed streams whose last bytes the kernel has not taken yet */
    /* What the process has open now and had not when the world was made, but for what the world
     * itself needs: of `streams`, `listeners`, `programs` and `sending`; else it is leaked. */
    int32_t descriptors;
};

/* While the world does not run. */
void live_statistics(struct world *world, struct live_statistics *statistics);

/* How many descriptors the process has open; 0: the machine does not tell. */
uint32_t live_descriptors(void);

#endif
