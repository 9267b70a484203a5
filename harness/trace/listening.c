#include "harness/trace/listening.h"

#include <string.h>

struct harness_listening {
    char address[24];
    uint32_t server;
    struct harness_listening *next;
};

static struct harness_listening *find(const struct harness *harness, const char *address)
{
    struct harness_listening *listening = harness->listening;
    while (listening != NULL && strcmp(listening->address, address) != 0)
        listening = listening->next;
    return listening;
}

void harness_listens(struct harness *harness, struct world_address address, uint32_t server)
{
    char text[sizeof(((struct harness_listening *)0)->address)];
    world_address_text(address, text);
    harness_lock(harness);
    struct harness_listening *listening = find(harness, text);
    if (listening == NULL && (listening = harness_allocate(harness, sizeof(*listening))) != NULL) {
        memcpy(listening->address, text, sizeof(text));
        listening->next = harness->listening;
        harness->listening = listening;
    }
    if (listening != NULL)
        listening->server = server;
    harness_unlock(harness);
    if (listening == NULL)
        harness_broken(harness, "not enough memory for a server");
}

uint32_t harness_listening_to(const struct harness *harness, const struct point_event *event)
{
    const struct harness_listening *listening = NULL;
    for (size_t i = 0; event->connection != 0 && i < event->value_count; i++)
        if (event->values[i].field == FIELD_TO)
            listening = find(harness, event->values[i].text);
    return listening != NULL ? listening->server : 0;
}
