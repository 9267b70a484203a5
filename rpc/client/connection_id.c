#include "rpc/client/connection_id.h"

#include <stdlib.h>
#include <string.h>

enum rpc_status client_connection_id_init(struct client_connection_id *id,
                                          const struct client_remote *remote,
                                          struct client_address *address, const char *user,
                                          const struct release_settings *settings)
{
    *id = (struct client_connection_id){
        .address = address,
        .key = address->address,
        .login = remote->login,
        .rpc_timeout_ms = remote->rpc_timeout_ms,
        .settings = settings,
    };
    id->user = strdup(user);
    if (id->user == NULL)
        return RPC_NO_MEMORY;
    if (remote->protocol == NULL)
        return RPC_OK;
    id->protocol = strdup(remote->protocol);
    if (id->protocol != NULL)
        return RPC_OK;
    free(id->user);
    return RPC_NO_MEMORY;
}

void client_connection_id_release(struct client_connection_id *id)
{
    free(id->protocol);
    free(id->user);
}

/* InetSocketAddress.equals: numbers when both are resolved, else names. */
static bool same_place(const struct client_connection_id *id, const struct client_address *address)
{
    if (id->key.port != address->address.port)
        return false;
    if (id->key.ip == 0 && address->address.ip == 0)
        return strcmp(id->address->name, address->name) == 0;
    return id->key.ip == address->address.ip;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
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

bool client_connection_id_is(const struct client_connection_id *id, const struct release *release,
                             const struct client_remote *remote,
                             const struct client_address *address, const char *user,
                             const struct release_settings *settings)
{
    /* Numbers first: most keys of a client differ in them. */
    return id->login == remote->login && id->rpc_timeout_ms == remote->rpc_timeout_ms &&
           same_place(id, address) && same_settings(release, id->settings, settings) &&
           same_text(id->protocol, remote->protocol) && same_text(id->user, user);
}
