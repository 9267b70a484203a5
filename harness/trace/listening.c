#include "harness/trace/listening.h"

#include <string.h>

/* A server from one start on. */
struct harness_listening {
    char address[24];
    uint32_t server, first;
    struct harness_listening *next; /* the one before */
};

void harness_listens(struct harness *harness, struct world_address address, uint32_t server,
                     uint32_t first)
{
    struct harness_listening *listening = harness_allocate(harness, sizeof(*listening));
    if (listening == NULL) {
        harness_broken(harness, "not enough memory for a server");
        return;
    }
    *listening =
        (struct harness_listening){.server = server, .first = first, .next = harness->listening};
    world_address_text(address, listening->address);
    harness_lock(harness);
    harness->listening = listening;
    harness_unlock(harness);
}

uint32_t harness_first_number(const struct harness *harness, uint32_t server)
{
    const struct harness_listening *listening = harness->listening;
    while (listening != NULL && listening->server != server)
        listening = listening->next;
    return listening != NULL ? listening->first : server;
}

static const struct harness_listening *find(const struct harness *harness, const char *address)
{
    const struct harness_listening *listening = harness->listening;
    while (listening != NULL && strcmp(listening->address, address) != 0)
        listening = listening->next;
    return listening;
}

uint32_t harness_listening_to(const struct harness *harness, const struct point_event *event)
{
    const char *to = event->connection != 0 ? point_text(event, FIELD_TO) : NULL;
    const struct harness_listening *listening = to != NULL ? find(harness, to) : NULL;
    return listening != NULL ? listening->server : 0;
}
