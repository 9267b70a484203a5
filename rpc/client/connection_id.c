#include "rpc/client/connection_id.h"

#include <stdlib.h>
#include <string.h>

#include "rpc/client/inside.h"
#include "rpc/world/name.h"

/* --- its parts --- */

char *client_number_text(uint32_t ip, char *text)
{
    return world_name_print(text, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255u, ip >> 8 & 255u,
                            ip & 255u);
}

/* A remote without a name is known by its number. */
static bool is_address(const struct client_address *address, const struct client_remote *remote)
{
    if (address->named != (remote->name != NULL) || address->address.port != remote->address.port)
        return false;
    return address->named ? strcmp(address->name, remote->name) == 0
                          : address->address.ip == remote->address.ip;
}

static struct client_address *address_of(struct client *client, const struct client_remote *remote)
{
    struct client_address **last = &client->addresses;
    for (; *last != NULL; last = &(*last)->next)
        if (is_address(*last, remote))
            return *last;
    char number[16];
    const char *name =
        remote->name != NULL ? remote->name : client_number_text(remote->address.ip, number);
    struct client_address *address = malloc(sizeof(*address) + strlen(name) + 1);
    if (address == NULL)
        return NULL;
    *address = (struct client_address){.address = remote->address, .named = remote->name != NULL};
    if (address->named)
        address->address.ip = 0;
    strcpy(address->name, name);
    *last = address;
    return address;
}

static const struct release_settings *settings_of(struct client *client,
                                                  const struct client_remote *remote)
{
    if (remote->settings == NULL ||
        memcmp(remote->settings, &client->settings, sizeof(client->settings)) == 0)
        return &client->settings;
    struct client_settings **last = &client->other_settings;
    for (; *last != NULL; last = &(*last)->next)
        if (memcmp(&(*last)->settings, remote->settings, sizeof(*remote->settings)) == 0)
            return &(*last)->settings;
    struct client_settings *other = malloc(sizeof(*other));
    if (other == NULL)
        return NULL;
    *other = (struct client_settings){.settings = *remote->settings};
    *last = other;
    return &other->settings;
}

/* The newest first: what every call names is seldom the user, who came before all protocols. */
const struct client_text *client_text_of(struct client *client, const char *text)
{
    for (const struct client_text *at = client->texts; at != NULL; at = at->next)
        if (strcmp(at->text, text) == 0)
            return at;
    size_t length = strlen(text);
    struct client_text *added = malloc(sizeof(*added) + length + 1);
    if (added == NULL)
        return NULL;
    *added = (struct client_text){.next = client->texts, .length = length};
    memcpy(added->text, text, length + 1);
    return client->texts = added;
}

struct wire_bytes client_text_bytes(const struct client_text *text)
{
    return (struct wire_bytes){(const uint8_t *)text->text, text->length};
}

void client_connection_id_free_parts(struct client *client)
{
    for (struct client_address *at = client->addresses, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    for (struct client_settings *at = client->other_settings, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    for (struct client_text *at = client->texts, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
}

/* --- keys --- */

enum rpc_status client_connection_id_of(struct client *client, const struct client_remote *remote,
                                        struct client_connection_id *id)
{
    *id = (struct client_connection_id){
        .address = address_of(client, remote),
        .login = remote->login,
        .rpc_timeout_ms = client->release->takes_rpc_timeout ? remote->rpc_timeout_ms : 0,
        .settings = settings_of(client, remote),
        .protocol = remote->protocol != NULL ? client_text_of(client, remote->protocol) : NULL,
        .user = remote->user != NULL ? client_text_of(client, remote->user) : client->user,
    };
    bool whole = id->address != NULL && id->settings != NULL && id->user != NULL &&
                 (id->protocol != NULL || remote->protocol == NULL);
    return whole ? RPC_OK : RPC_NO_MEMORY;
}

/* InetSocketAddress.equals: numbers when both are resolved, else names. */
static bool same_place(const struct client_connection_id *id, struct world_address place,
                       const struct client_address *address)
{
    if (place.port != address->address.port)
        return false;
    if (place.ip == 0 && address->address.ip == 0)
        return strcmp(id->address->name, address->name) == 0;
    return place.ip == address->address.ip;
}

/* An interval that nobody pings at is 0 in the key. */
static bool same_ping(const struct release *release, const struct release_settings *a,
                      const struct release_settings *b)
{
    if (release->ping_is_key) {
        if (a->value[SETTING_PING] != b->value[SETTING_PING])
            return false;
        if (a->value[SETTING_PING] == 0)
            return true;
    }
    return a->value[SETTING_PING_INTERVAL] == b->value[SETTING_PING_INTERVAL];
}

static bool same_settings(const struct release *release, const struct release_settings *a,
                          const struct release_settings *b)
{
    if (a == b)
        return true;
#define X(setting)                                                                                 \
    if (a->value[SETTING_##setting] != b->value[SETTING_##setting])                                \
        return false;
    CLIENT_KEY_SETTINGS(X)
#undef X
    return same_ping(release, a, b);
}

bool client_connection_id_is(const struct client_connection_id *id, struct world_address place,
                             const struct client_connection_id *call, const struct release *release)
{
    /* Numbers first: most keys of a client differ in them. */
    return id->login == call->login && id->rpc_timeout_ms == call->rpc_timeout_ms &&
           id->protocol == call->protocol && id->user == call->user &&
           same_place(id, place, call->address) &&
           same_settings(release, id->settings, call->settings);
}
