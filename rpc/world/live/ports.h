/*
 * Which connection a port of ours belongs to, so that both ends of a connection in this
 * process know it by one number.
 *
 * An entry is made while a stream connects, and taken when it is accepted; one whose peer is
 * foreign stays until its ports are used again.
 */
#ifndef RPC_WORLD_LIVE_PORTS_H
#define RPC_WORLD_LIVE_PORTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "rpc/world/world.h"

enum { LIVE_PORT_BUCKETS = 256 };

struct live_port;
struct live_ports {
    pthread_mutex_t mutex;
    struct live_port *buckets[LIVE_PORT_BUCKETS];
};

void live_ports_init(struct live_ports *ports);
void live_ports_release(struct live_ports *ports);

/* Hold it over connect() and live_ports_add: who accepts must not be faster. */
void live_ports_lock(struct live_ports *ports);
void live_ports_unlock(struct live_ports *ports);

/* With the lock.  Both addresses as the connecting side sees them.  False: no memory. */
bool live_ports_add(struct live_ports *ports, struct world_address local,
                    struct world_address remote, uint32_t connection);

/* Take the number of a connection, seen from the same side; 0: it is foreign. */
uint32_t live_ports_take(struct live_ports *ports, struct world_address local,
                         struct world_address remote);

#endif
