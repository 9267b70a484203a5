/*
 * Hosts: machines with a name, an address and a wall clock; the network between them.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/handles/handles.h"
#include "harness/handles/server.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"

struct harness_host *harness_host_named(lua_State *L, const char *name)
{
    struct harness *harness = harness_of(L);
    struct harness_host **last = &harness->handles->hosts;
    if (*name == '\0' || strlen(name) >= WORLD_NAME_MAX)
        luaL_error(L, "a host's name has 1 to %d letters", WORLD_NAME_MAX - 1);
    for (; *last != NULL; last = &(*last)->next)
        if (strcmp((*last)->host->name, name) == 0)
            return *last;
    struct world_host *host = world_host(harness->world, name);
    if (host == NULL)
        luaL_error(L, "host %s: %s", name, rpc_status_text(RPC_NO_MEMORY));
    struct harness_host *made = harness_keep(L, sizeof(*made));
    *made = (struct harness_host){.host = host};
    *last = made;
    return made;
}

struct harness_host *harness_host_by_id(struct harness *harness, uint32_t id)
{
    struct harness_host *host = harness->handles->hosts;
    while (host != NULL && host->host->id != id)
        host = host->next;
    return host;
}

void harness_push_host(lua_State *L, uint32_t ip)
{
    struct harness_host *found = NULL;
    for (struct harness_host *at = harness_of(L)->handles->hosts; at != NULL; at = at->next)
        if (at->host->ip == ip)
            found = at;
    harness_push(L, &harness_host_type, found);
}

struct harness_host *harness_host_option(lua_State *L, int index, const char *key, const char *name)
{
    struct harness_host *host;
    switch (harness_option_push(L, index, key)) {
    case LUA_TNIL:
        host = harness_host_named(L, name);
        break;
    case LUA_TSTRING:
        host = harness_host_named(L, lua_tostring(L, -1));
        break;
    default:
        host = harness_test(L, -1, &harness_host_type);
        if (host == NULL)
            luaL_error(L, "%s: a host or its name expected, got %s", key,
                       luaL_tolstring(L, -1, NULL));
    }
    lua_pop(L, 1);
    return host;
}

const char *harness_listen_problem(const struct world_host *host, uint16_t port,
                                   enum rpc_status status, char text[HARNESS_LISTEN_PROBLEM_MAX])
{
    if (status != RPC_ADDRESS_IN_USE)
        return rpc_status_text(status);
    snprintf(text, HARNESS_LISTEN_PROBLEM_MAX,
             "%s:%u is taken; it needs a port or a host of its own", host->name, (unsigned)port);
    return text;
}

static struct harness_host *check_host(lua_State *L, int index)
{
    return harness_check(L, index, &harness_host_type);
}

static int kill_host(lua_State *L)
{
    struct harness_host *host = check_host(L, 1);
    if (host->host == harness_of(L)->host)
        return luaL_error(L, "the script's own host can't be killed");
    world_host_kill(host->host);
    host->process++;
    host->killed_ns = world_now(harness_of(L)->world);
    harness_servers_of_host_died(harness_of(L), host);
    harness_clients_of_host_died(harness_of(L), host);
    return 0;
}

static int pause_host(lua_State *L)
{
    struct harness_host *host = check_host(L, 1);
    harness_of(L)->disturbed = true;
    world_host_pause(host->host, true);
    if (!host->paused)
        host->paused_ns = world_now(harness_of(L)->world);
    host->paused = true;
    return 0;
}

static int resume_host(lua_State *L)
{
    struct harness_host *host = check_host(L, 1);
    world_host_pause(host->host, false);
    host->paused = false;
    return 0;
}

static int move_clock(lua_State *L)
{
    struct harness_host *host = check_host(L, 1);
    world_clock_jump(host->host, harness_signed_duration(L, 2, "clock"));
    return 0;
}

static const luaL_Reg methods[] = {
    {"kill", kill_host},   {"pause", pause_host}, {"resume", resume_host},
    {"clock", move_clock}, {NULL, NULL},
};

static void push_name(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, ((struct harness_host *)object)->host->name);
}

static void push_address(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    uint32_t ip = ((struct harness_host *)object)->host->ip;
    lua_pushfstring(L, "%d.%d.%d.%d", (int)(ip >> 24), (int)(ip >> 16 & 255), (int)(ip >> 8 & 255),
                    (int)(ip & 255));
}

static void push_uptime(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_ms(L, world_uptime_ns(((struct harness_host *)object)->host));
}

/* Open sockets of our own servers, clients and scripted ends there. */
static void push_descriptors(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, ((struct harness_host *)object)->host->descriptors);
}

/* Those that Hadoop's own servers and clients would have there; callers are not Hadoop's. */
static void push_threads(lua_State *L, struct harness *harness, void *object)
{
    lua_pushinteger(L, (lua_Integer)harness_server_threads(harness, object) +
                           (lua_Integer)harness_client_threads(harness, object));
}

static const struct harness_field fields[] = {
    {"name", push_name},       {"address", push_address},
    {"uptime", push_uptime},   {"descriptors", push_descriptors},
    {"threads", push_threads}, {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_host *)object)->host->name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    aim->host = ((const struct harness_host *)object)->host->id;
}

const struct harness_type harness_host_type = {
    .name = "host", .methods = methods, .fields = fields, .describe = describe, .aim = aim};

/* --- t --- */

/* Whether something of the script's runs there, which has looked at the clock. */
static bool is_used(const struct harness *harness, const struct harness_host *host)
{
    const struct harness_server *server = harness->handles->servers;
    const struct harness_client *client = harness->handles->clients;
    while (server != NULL && server->host != host)
        server = server->next;
    while (client != NULL && client->host != host)
        client = client->next;
    return server != NULL || client != NULL;
}

/* t:host(name, {uptime}) */
static int make_host(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    harness_options(L, 3, "host", "uptime", 0);
    struct harness_host *host = harness_host_named(L, name);
    if (harness_option_push(L, 3, "uptime") != LUA_TNIL) {
        if (is_used(harness_of(L), host))
            return luaL_error(L, "uptime: %s is in use; say it before a server or client is made",
                              name);
        host->host->up_ns = harness_duration(L, -1, "uptime") - world_now(harness_of(L)->world);
    }
    harness_push(L, &harness_host_type, host);
    return 1;
}

/* t:dns(name, host | "fail") */
static int lead_name(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    struct world_host *host = NULL;
    if (lua_type(L, 3) != LUA_TSTRING)
        host = check_host(L, 3)->host;
    else if (strcmp(lua_tostring(L, 3), "fail") != 0)
        return luaL_error(L, "dns: a host or \"fail\" expected, got '%s'", lua_tostring(L, 3));
    world_dns(harness_of(L)->world, name, host);
    return 0;
}

/* t:login(name, {method, password}) */
static int log_in(lua_State *L)
{
    luaL_checkstring(L, 2);
    return harness_skip(L, "users with credentials need SASL, which is not built yet");
}

/* t:relay(target) */
static int make_relay(lua_State *L)
{
    return harness_skip(L, "a relay is not built yet");
}

static const luaL_Reg of_t[] = {
    {"host", make_host}, {"dns", lead_name}, {"login", log_in}, {"relay", make_relay}, {NULL, NULL},
};

static enum rpc_status begin(struct harness *harness)
{
    harness->handles = harness_allocate(harness, sizeof(*harness->handles));
    if (harness->handles == NULL || harness_service(HARNESS_TEST_PROTOCOL) == NULL)
        return RPC_NO_MEMORY;
    return RPC_OK;
}

/* At the end nobody stands still any more; what is told of the case still knows who did. */
static void heal(struct harness *harness)
{
    for (struct harness_host *host = harness->handles->hosts; host != NULL; host = host->next)
        if (host->paused)
            world_host_pause(host->host, false);
}

const struct harness_module harness_hosts = {.methods = of_t, .begin = begin, .heal = heal};
