#include "rpc/world/live/ports.h"

#include <stddef.h>
#include <stdlib.h>

struct live_port {
    struct live_port *next;
    struct world_address local, remote;
    uint32_t connection;
};

void live_ports_init(struct live_ports *ports)
{
    *ports = (struct live_ports){0};
    pthread_mutex_init(&ports->mutex, NULL);
}

void live_ports_release(struct live_ports *ports)
{
    for (size_t index = 0; index < LIVE_PORT_BUCKETS; index++) {
        while (ports->buckets[index] != NULL) {
            struct live_port *port = ports->buckets[index];
            ports->buckets[index] = port->next;
            free(port);
        }
    }
    pthread_mutex_destroy(&ports->mutex);
}

void live_ports_lock(struct live_ports *ports)
{
    pthread_mutex_lock(&ports->mutex);
}

void live_ports_unlock(struct live_ports *ports)
{
    pthread_mutex_unlock(&ports->mutex);
}

static bool same(struct world_address a, struct world_address b)
{
    return a.ip == b.ip && a.port == b.port;
}

/* Where the entry hangs, or where it would. */
static struct live_port **find(struct live_ports *ports, struct world_address local,
                               struct world_address remote)
{
    struct live_port **at = &ports->buckets[local.port % LIVE_PORT_BUCKETS];
    while (*at != NULL && !(same((*at)->local, local) && same((*at)->remote, remote)))
        at = &(*at)->next;
    return at;
}

bool live_ports_add(struct live_ports *ports, struct world_address local,
                    struct world_address remote, uint32_t connection)
{
    struct live_port **at = find(ports, local, remote);
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL)
            return false;
        (*at)->local = local;
        (*at)->remote = remote;
    }
    (*at)->connection = connection;
    return true;
}

uint32_t live_ports_take(struct live_ports *ports, struct world_address local,
                         struct world_address remote)
{
    uint32_t connection = 0;
    live_ports_lock(ports);
    struct live_port **at = find(ports, local, remote);
    struct live_port *port = *at;
    if (port != NULL) {
        connection = port->connection;
        *at = port->next;
        free(port);
    }
    live_ports_unlock(ports);
    return connection;
}
