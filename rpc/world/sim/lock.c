#include "rpc/world/sim/lock.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

struct lock {
    struct world_lock lock;
    bool held;
};

static struct lock *of(struct world_lock *lock)
{
    return world_container(lock, struct lock, lock);
}

struct world_lock *sim_lock_create(struct world *world)
{
    struct sim *sim = sim_of(world);
    struct lock *lock = sim_arena_take(&sim->arena, sizeof(*lock));
    *lock = (struct lock){.lock.world = world};
    sim->locks++;
    return &lock->lock;
}

void sim_lock_free(struct world_lock *lock)
{
    struct sim *sim = sim_of(lock->world);
    assert(!of(lock)->held);
    sim->locks--;
    sim_arena_give(&sim->arena, of(lock), sizeof(struct lock));
}

void sim_lock(struct world_lock *lock)
{
    assert(!of(lock)->held);
    of(lock)->held = true;
    sim_of(lock->world)->locks_held++;
}

void sim_unlock(struct world_lock *lock)
{
    assert(of(lock)->held);
    of(lock)->held = false;
    sim_of(lock->world)->locks_held--;
}

bool sim_locked(struct world *world)
{
    return sim_of(world)->locks_held > 0;
}
