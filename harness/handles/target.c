/*
 * Where clients and dials go to.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/handles/peer.h"
#include "harness/handles/server.h"

/* "nn:8020" */
static struct harness_target by_name(lua_State *L, const char *text)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    unsigned long port = colon == NULL ? 0 : strtoul(colon + 1, &end, 10);
    if (colon == NULL || colon == text || end == colon + 1 || *end != '\0' || port == 0 ||
        port > 65535)
        luaL_error(L, "a server, a peer or \"name:port\" expected, got '%s'", text);
    size_t length = (size_t)(colon - text);
    char *name = harness_keep(L, length + 1);
    memcpy(name, text, length);
    return (struct harness_target){.name = name, .address = {.port = (uint16_t)port}};
}

struct harness_target harness_target(lua_State *L, int index)
{
    struct harness_server *server = harness_test(L, index, &harness_server_type);
    struct harness_peer *peer = harness_test(L, index, &harness_peer_type);
    if (server != NULL)
        return (struct harness_target){.name = server->host->host->name,
                                       .address = server_address(harness_server_now(server)),
                                       .server = server};
    if (peer != NULL)
        return (struct harness_target){.name = peer->host->host->name, .address = peer->address};
    if (lua_type(L, index) == LUA_TSTRING)
        return by_name(L, lua_tostring(L, index));
    if (lua_istable(L, index) && lua_rawlen(L, index) == 0)
        luaL_error(L, "client: the server comes first: t:client(server, {…})");
    if (lua_istable(L, index))
        harness_skip(L, "clients with several targets (failover) are not built yet");
    luaL_argerror(L, index,
                  lua_pushfstring(L, "a server, a peer or \"name:port\" expected, got %s",
                                  luaL_tolstring(L, index, NULL)));
    return (struct harness_target){0};
}
