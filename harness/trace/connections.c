#include "harness/trace/connections.h"

#include "rpc/arena.h"

struct harness_joined {
    struct harness_joined *next;
    uint32_t proxy;
};

struct harness_met *harness_connections_grow(struct harness_connections *connections,
                                             uint32_t number)
{
    struct harness_met *items = arena_lengthen(connections->arena, connections->items,
                                               &connections->room, number, sizeof(*items));
    if (items == NULL)
        return NULL;
    connections->items = items;
    return &items[number];
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

void harness_connections_join(struct harness_connections *connections, uint32_t number,
                              uint32_t proxy)
{
    if (harness_connections_joined(connections, number, proxy))
        return;
    struct harness_met *met = harness_connections_meet(connections, number);
    struct harness_joined *joined =
        met != NULL ? arena_take(connections->arena, sizeof(*joined)) : NULL;
    if (joined == NULL)
        return;
    *joined = (struct harness_joined){.next = met->joined, .proxy = proxy};
    met->joined = joined;
}
