/*
 * The idle clean-up of Hadoop before 2.3 (ipc/Server.java, Listener.cleanupConnections): after
 * each wake-up of its selector the Listener looks at a random stretch of the connections, in
 * order of their coming, and closes those that are idle and silent for too long.
 *
 * Only while there are more than ipc.client.idlethreshold, and not within 10 s of the last one.
 * The ends of the stretch are random numbers modulo the connections, sign and all: a negative
 * one ends it at once, and then the next wake-up tries again.
 */
#ifndef RPC_SERVER_CLEANUP_H
#define RPC_SERVER_CLEANUP_H

#include <stdbool.h>
#include <stdint.h>

struct server;
struct server_listener;

struct server_cleanup {
    uint64_t last_run_ms; /* the host's wall clock, 0 before the first */
    uint32_t draws;       /* at site server.cleanup: two each time */
};

/* Whether one is due.  Takes the lock. */
bool server_cleanup_is_due(struct server *server);

/* The Listener's lane runs one, if it is still due.  Takes the lock. */
void server_cleanup_run(struct server *server);

/* All connections, however many and however short ago: memory has run out.  How many were
 * closed.  The lock is held. */
unsigned server_cleanup_force(struct server *server);

#endif
