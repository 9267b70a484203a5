/*
 * What the ledger knows of connections: whose each is, and which proxies' calls have joined it.
 *
 * Under harness_lock, all of it.
 */
#ifndef HARNESS_TRACE_CONNECTIONS_H
#define HARNESS_TRACE_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct harness_joined;

/* A connection that an event was about. */
struct harness_met {
    uint32_t client, server;
    bool touched; /* a fault has changed its bytes */
    struct harness_joined *joined;
};

/* Empty: an arena and zeros. */
struct harness_connections {
    struct arena *arena;       /* borrowed; of all there is */
    struct harness_met *items; /* by number; 0 is none */
    uint32_t room;
};

/* For harness_connections_meet. */
struct harness_met *harness_connections_grow(struct harness_connections *connections,
                                             uint32_t number);

/* The connection of that number, known from now on; NULL: it is 0, or there is no memory. */
static inline struct harness_met *harness_connections_meet(struct harness_connections *connections,
                                                           uint32_t number)
{
    if (number == 0)
        return NULL;
    return number < connections->room ? &connections->items[number]
                                      : harness_connections_grow(connections, number);
}

/* NULL: it is 0, or nobody has met it.  Until the next one is met. */
static inline const struct harness_met *
harness_connections_find(const struct harness_connections *connections, uint32_t number)
{
    return number != 0 && number < connections->room ? &connections->items[number] : NULL;
}

/* A call of that proxy of the connection's client has joined it. */
void harness_connections_join(struct harness_connections *connections, uint32_t number,
                              uint32_t proxy);
/* Whether one has. */
bool harness_connections_joined(const struct harness_connections *connections, uint32_t number,
                                uint32_t proxy);

#endif
