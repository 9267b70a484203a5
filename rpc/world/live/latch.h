/*
 * A lock that two threads hardly ever want at once, and that nobody has for longer than a system
 * call: one word.  Who finds it taken yields until it is not.
 */
#ifndef RPC_WORLD_LIVE_LATCH_H
#define RPC_WORLD_LIVE_LATCH_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

/* An all-zero one is free. */
struct live_latch {
    _Atomic bool taken;
};

static inline void live_latch_take(struct live_latch *latch)
{
    while (atomic_exchange_explicit(&latch->taken, true, memory_order_acquire))
        sched_yield();
}

static inline void live_latch_give(struct live_latch *latch)
{
    atomic_store_explicit(&latch->taken, false, memory_order_release);
}

#endif
