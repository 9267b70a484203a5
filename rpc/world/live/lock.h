/*
 * Locks: mutexes.  The main thread never sleeps before one: it answers questions meanwhile.
 */
#ifndef RPC_WORLD_LIVE_LOCK_H
#define RPC_WORLD_LIVE_LOCK_H

#include "rpc/world/world.h"

/* For world_ops. */
struct world_lock *live_lock_create(struct world *world);
void live_lock_free(struct world_lock *lock);
void live_lock(struct world_lock *lock);
void live_unlock(struct world_lock *lock);

#endif
