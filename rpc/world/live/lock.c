#include "rpc/world/live/lock.h"

#include <sched.h>
#include <stdlib.h>

#include "rpc/world/live/ask.h"
#include "rpc/world/live/thread.h"

struct lock {
    struct world_lock lock;
    pthread_mutex_t mutex;
};

static struct lock *of(struct world_lock *lock)
{
    return world_container(lock, struct lock, lock);
}

struct world_lock *live_lock_create(struct world *world)
{
    struct lock *lock = calloc(1, sizeof(*lock));
    if (lock == NULL)
        return NULL;
    lock->lock.world = world;
    pthread_mutex_init(&lock->mutex, NULL);
    return &lock->lock;
}

void live_lock_free(struct world_lock *lock)
{
    pthread_mutex_destroy(&of(lock)->mutex);
    free(of(lock));
}

/* Who has it waits for an answer, for the world to stand still, or for nothing that takes long. */
static void wait_awake(struct live_world *world, pthread_mutex_t *mutex)
{
    while (pthread_mutex_trylock(mutex) != 0)
        if (!live_answer(world, true) && !live_stand_by(world))
            sched_yield();
}

void live_lock(struct world_lock *lock)
{
    struct live_world *world = live_of(lock->world);
    if (live_here == &world->main)
        wait_awake(world, &of(lock)->mutex);
    else
        pthread_mutex_lock(&of(lock)->mutex);
    if (live_here != NULL)
        live_here->locks++;
}

void live_unlock(struct world_lock *lock)
{
    if (live_here != NULL)
        live_here->locks--;
    pthread_mutex_unlock(&of(lock)->mutex);
}
