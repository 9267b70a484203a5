/*
 * A client's threads that have nothing to do and end at a time that is known: those of the pool in
 * 2.x that wait for the next request (Executors.newCachedThreadPool), and a 3.x sender between the
 * end of its connection and its next look at that.
 *
 * Nothing runs in them; they are only counted.  An all-zero one is empty.
 */
#ifndef RPC_CLIENT_IDLE_THREADS_H
#define RPC_CLIENT_IDLE_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_idle_threads {
    uint64_t *ends_ns; /* owned; in the order in which they came */
    size_t count, room;
};

/* Whether there is room for one more, which those that have ended by `now_ns` may have to give. */
bool client_idle_threads_make_room(struct client_idle_threads *threads, uint64_t now_ns);

/* One more, from `now_ns` until `end_ns`.  Without memory it is not counted. */
static inline void client_idle_threads_add(struct client_idle_threads *threads, uint64_t now_ns,
                                           uint64_t end_ns)
{
    if (threads->count < threads->room || client_idle_threads_make_room(threads, now_ns))
        threads->ends_ns[threads->count++] = end_ns;
}

/* The one that came last has work again (SynchronousQueue is a stack); nothing where there is
 * none. */
static inline void client_idle_threads_take(struct client_idle_threads *threads)
{
    if (threads->count > 0)
        threads->count--;
}

/* All of them end. */
void client_idle_threads_end(struct client_idle_threads *threads);

unsigned client_idle_threads_count(const struct client_idle_threads *threads, uint64_t now_ns);

#endif
