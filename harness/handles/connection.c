/*
 * Connections, by the world's number, which is the same at both ends.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/handles/server.h"
#include "harness/lua/units.h"

struct harness_connection {
    struct harness_connection *next;
    uint32_t number;
};

void harness_push_connection(lua_State *L, uint32_t number)
{
    struct harness_connection **at = &harness_of(L)->handles->connections;
    if (number == 0) {
        lua_pushnil(L);
        return;
    }
    while (*at != NULL && (*at)->number < number)
        at = &(*at)->next;
    if (*at == NULL || (*at)->number != number) {
        struct harness_connection *made = harness_keep(L, sizeof(*made));
        *made = (struct harness_connection){.next = *at, .number = number};
        *at = made;
    }
    harness_push(L, &harness_connection_type, *at);
}

/* How the client sees it; NULL: it has no such connection any more, or is none of ours. */
static struct harness_client *client_of(lua_State *L, const struct harness_connection *connection,
                                        struct client_connection_view *view)
{
    struct harness_client *client = harness_of(L)->handles->clients;
    for (; client != NULL; client = client->next) {
        size_t room = client_connections(client->client, NULL, 0);
        struct client_connection_view *views = lua_newuserdatauv(L, (room + 1) * sizeof(*views), 0);
        size_t count = client_connections(client->client, views, room);
        for (size_t i = 0; i < count && i < room; i++) {
            if (views[i].connection != connection->number)
                continue;
            *view = views[i];
            lua_pop(L, 1);
            return client;
        }
        lua_pop(L, 1);
    }
    return NULL;
}

static struct harness_server *server_of(lua_State *L, const struct harness_connection *connection,
                                        struct server_connection_view *view)
{
    struct harness_server *server = harness_of(L)->handles->servers;
    harness_check_asks(L);
    for (; server != NULL; server = server->next) {
        struct server *now = harness_server_now(server);
        size_t room = server_connections(now, NULL, 0);
        struct server_connection_view *views = lua_newuserdatauv(L, (room + 1) * sizeof(*views), 0);
        size_t count = server_connections(now, views, room);
        for (size_t i = 0; i < count && i < room; i++) {
            if (views[i].connection != connection->number)
                continue;
            *view = views[i];
            lua_pop(L, 1);
            return server;
        }
        lua_pop(L, 1);
    }
    return NULL;
}

static void push_client(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client_connection_view view;
    harness_push(L, &harness_client_type, client_of(L, object, &view));
}

static void push_user(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client_connection_view seen;
    struct server_connection_view served;
    if (server_of(L, object, &served) != NULL)
        lua_pushstring(L, served.user);
    else if (client_of(L, object, &seen) != NULL)
        lua_pushstring(L, seen.user);
    else
        lua_pushnil(L);
}

static void push_reader(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct server_connection_view view;
    if (server_of(L, object, &view) != NULL)
        lua_pushinteger(L, view.reader);
    else
        lua_pushnil(L);
}

/* The server's, where it is one of ours. */
static void push_state(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client_connection_view seen;
    struct server_connection_view served;
    if (server_of(L, object, &served) != NULL)
        lua_pushstring(L, served.state);
    else if (client_of(L, object, &seen) != NULL)
        lua_pushstring(L, seen.state);
    else
        lua_pushstring(L, "closed");
}

static void push_calls(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client_connection_view view;
    if (client_of(L, object, &view) != NULL)
        lua_pushinteger(L, (lua_Integer)view.calls);
    else
        lua_pushinteger(L, 0);
}

static void push_rpc_count(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct server_connection_view view;
    if (server_of(L, object, &view) != NULL)
        lua_pushinteger(L, view.rpc_count);
    else
        lua_pushnil(L);
}

static void push_last_contact(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct server_connection_view view;
    if (server_of(L, object, &view) != NULL)
        lua_pushinteger(L, (lua_Integer)view.last_contact_ms);
    else
        lua_pushnil(L);
}

static void push_doing(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client_connection_view view;
    if (client_of(L, object, &view) != NULL)
        lua_pushstring(L, view.doing);
    else
        lua_pushstring(L, "closed");
}

static const struct harness_field fields[] = {
    {"client", push_client},
    {"user", push_user},
    {"reader", push_reader},
    {"state", push_state},
    {"calls", push_calls},
    {"rpc_count", push_rpc_count},
    {"last_contact", push_last_contact},
    {"doing", push_doing},
    {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "connection %u", ((const struct harness_connection *)object)->number);
}

static void aim(const void *object, struct plan_aim *aim)
{
    aim->connection = ((const struct harness_connection *)object)->number;
}

const struct harness_type harness_connection_type = {
    .name = "connection", .fields = fields, .describe = describe, .aim = aim};
