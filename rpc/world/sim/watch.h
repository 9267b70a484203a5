/*
 * Watches: level-triggered readiness.  A watch's task is in its executor's queue whenever its
 * stream is ready; no agenda entry is needed.
 */
#ifndef RPC_WORLD_SIM_WATCH_H
#define RPC_WORLD_SIM_WATCH_H

#include "rpc/world/world.h"

/* For world_ops. */
void sim_watch_init(struct world_watch *watch);
void sim_watch_release(struct world_watch *watch);
void sim_watch_start(struct world_watch *watch);
void sim_watch_stop(struct world_watch *watch);

#endif
