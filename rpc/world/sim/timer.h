/*
 * Timers: entries of the agenda that put a task into an executor's queue.
 */
#ifndef RPC_WORLD_SIM_TIMER_H
#define RPC_WORLD_SIM_TIMER_H

#include "rpc/world/world.h"

struct sim;

/* The timer's instant has come. */
void sim_timer_due(struct sim *sim, struct world_timer *timer);

/* For world_ops. */
void sim_timer_init(struct world_timer *timer);
void sim_timer_start(struct world_timer *timer, uint64_t at_ns);
void sim_timer_stop(struct world_timer *timer);

#endif
