#include "harness/trace/connections.h"

#include <stdlib.h>
#include <string.h>

#include "harness/harness.h"

struct harness_joined {
    struct harness_joined *next;
    uint32_t proxy;
};

void harness_connections_release(struct harness_connections *connections)
{
    free(connections->items);
    *connections = (struct harness_connections){0};
}

struct harness_met *harness_connections_grow(struct harness_connections *connections,
                                             uint32_t number)
{
    uint32_t room = number < 16 ? 16 : number * 2;
    struct harness_met *grown = realloc(connections->items, room * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    memset(grown + connections->room, 0, (room - connections->room) * sizeof(*grown));
    connections->items = grown;
    connections->room = room;
    return &grown[number];
}

bool harness_connections_joined(const struct harness_connections *connections, uint32_t number,
                                uint32_t proxy)
{
    const struct harness_met *met = harness_connections_find(connections, number);
    const struct harness_joined *joined = met != NULL ? met->joined : NULL;
    while (joined != NULL && joined->proxy != proxy)
        joined = joined->next;
    return joined != NULL;
}

void harness_connections_join(struct harness_connections *connections, struct harness *harness,
                              uint32_t number, uint32_t proxy)
{
    if (harness_connections_joined(connections, number, proxy))
        return;
    struct harness_met *met = harness_connections_meet(connections, number);
    struct harness_joined *joined =
        met != NULL ? harness_allocate_locked(harness, sizeof(*joined)) : NULL;
    if (joined == NULL)
        return;
    *joined = (struct harness_joined){.next = met->joined, .proxy = proxy};
    met->joined = joined;
}
