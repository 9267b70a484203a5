/*
 * Locks: nobody ever waits in a world of one thread, so a lock only checks that it is free,
 * and that no task leaves it held.
 */
#ifndef RPC_WORLD_SIM_LOCK_H
#define RPC_WORLD_SIM_LOCK_H

#include "rpc/world/world.h"

/* For world_ops. */
struct world_lock *sim_lock_create(struct world *world);
void sim_lock_free(struct world_lock *lock);
void sim_lock(struct world_lock *lock);
void sim_unlock(struct world_lock *lock);
bool sim_locked(struct world *world);

#endif
