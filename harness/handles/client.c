/*
 * Clients: t:client.
 */
#include "harness/handles/client.h"

#include <stdio.h>
#include <string.h>

#include "harness/handles/spoken.h"
#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "harness/message/types.h"
#include "harness/trace/ledger.h"
#include "rpc/world/name.h"

/* How long a live case waits at its end for what Client.stop does by itself. */
static const uint64_t patience_ns = 250 * WORLD_MS;

struct harness_client *harness_client_by_id(struct harness *harness, uint32_t id)
{
    for (struct harness_client *client = harness->handles->clients; client != NULL;
         client = client->next)
        if (client_id(client->client) == id)
            return client;
    return NULL;
}

static bool is_dead(const struct harness_client *client)
{
    return client->process != client->host->process;
}

void harness_clients_of_host_died(struct harness *harness, const struct harness_host *host)
{
    for (const struct harness_client *client = harness->handles->clients; client != NULL;
         client = client->next)
        if (client->host == host)
            harness_ledger_client_died(harness, client_id(client->client));
}

unsigned harness_client_threads(const struct harness *harness, const struct harness_host *host)
{
    unsigned count = 0;
    for (const struct harness_client *client = harness->handles->clients; client != NULL;
         client = client->next)
        if (client->host == host && !is_dead(client))
            count += client_cache_threads(client->cache);
    return count;
}

/* --- what a proxy calls to --- */

static const char *keep_option(lua_State *L, int index, const char *key, const char *otherwise)
{
    const char *text = harness_option_text(L, index, key, otherwise);
    if (text == NULL)
        return NULL;
    char *copy = harness_keep(L, strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    return copy;
}

int64_t harness_pop_rpc_timeout(lua_State *L)
{
    const struct release *release = harness_of(L)->release;
    int64_t ms = harness_signed_ms(L, -1, "rpc_timeout");
    if (ms < -1)
        luaL_error(L, "rpc_timeout: a duration expected; 0 and -1 are none, got %s",
                   harness_show_given(L, -1));
    if (ms != 0 && !release->takes_rpc_timeout)
        harness_skip(L, "a client of this release has no rpc time-out");
    lua_pop(L, 1);
    return ms;
}

/* As Hadoop's proxies do: what is given by hand, else ipc.client.rpc-timeout.ms where the
 * release has it. */
static int64_t read_rpc_timeout(lua_State *L, int index, const struct release_settings *settings)
{
    if (harness_option_push(L, index, "rpc_timeout") != LUA_TNIL)
        return harness_pop_rpc_timeout(L);
    lua_pop(L, 1);
    int64_t set = settings->value[SETTING_RPC_TIMEOUT];
    return set == RELEASE_NONE ? 0 : set;
}

/* The server's protocol of that name, of that engine if there are two; NULL: it is not known. */
static const struct harness_spoken *spoken_to(const struct harness_proxy *proxy, bool writables)
{
    return proxy->server == NULL ? NULL
                                 : harness_spoken_of(proxy->server, proxy->protocol, writables);
}

/* The engine: as the options at `index` say, else that of the protocol, as the server has it.  A
 * Client has only one (its valueClass). */
static bool writes(lua_State *L, int index, const struct harness_proxy *proxy,
                   const struct harness_proxy *like)
{
    const struct harness_spoken *spoken = spoken_to(proxy, like->writables);
    bool usual = spoken != NULL ? spoken->writables
                                : harness_writes(proxy->client->harness, proxy->protocol);
    if (like->protocol == NULL)
        return harness_engine_option(L, index, usual);
    if (usual && !like->writables)
        luaL_error(L, "%s speaks protobuf; the calls of %s are Writables: it needs another client",
                   proxy->client->name, proxy->protocol);
    if (spoken != NULL && !usual && like->writables)
        luaL_error(L,
                   "%s speaks with Writables; the calls of %s are protobuf: it needs another "
                   "client",
                   proxy->client->name, proxy->protocol);
    return like->writables;
}

/* The version that calls are of: as the server has the protocol, else as it is declared, or 1. */
static uint64_t version_of(const struct harness_proxy *proxy)
{
    const struct harness_types *types = proxy->client->harness->types;
    const struct harness_spoken *spoken = spoken_to(proxy, proxy->writables);
    uint64_t version = 1;
    if (spoken != NULL && spoken->writables == proxy->writables)
        return spoken->version;
    return proxy->writables && harness_types_version(types, proxy->protocol, &version) ? version
                                                                                       : 1;
}

void harness_read_remote(lua_State *L, struct harness_proxy *proxy, int to, int index,
                         const struct harness_proxy *like)
{
    const struct harness *harness = proxy->client->harness;
    const char *otherwise = like->protocol;
    proxy->remote = like->remote;
    proxy->server = like->server;
    if (!lua_isnoneornil(L, to)) {
        struct harness_target target = harness_target(L, to);
        proxy->server = target.server;
        proxy->remote.name = target.name;
        proxy->remote.address = target.address;
        if (target.server != NULL && otherwise == NULL)
            otherwise = target.server->spoken->name;
    }
    proxy->protocol =
        keep_option(L, index, "protocol", otherwise != NULL ? otherwise : HARNESS_TEST_PROTOCOL);
    proxy->remote.protocol = proxy->protocol;
    proxy->writables = writes(L, index, proxy, like);
    proxy->remote.methods_hash =
        proxy->writables ? harness_types_fingerprint(harness->types, proxy->protocol) : 0;
    if (like->protocol == NULL || strcmp(like->protocol, proxy->protocol) != 0)
        proxy->remote.protocol_version = version_of(proxy);
    proxy->remote.user = keep_option(L, index, "user", like->remote.user);
}

/* --- the client's methods --- */

static struct harness_client *check_client(lua_State *L)
{
    return harness_check(L, 1, &harness_client_type);
}

static int call(lua_State *L)
{
    return harness_call_make(L, &check_client(L)->proxy);
}

void harness_client_stop(struct harness_client *client)
{
    if (client->stopping)
        return;
    client->stopping = true;
    if (client->harness->kind == HARNESS_LIVE) {
        client->patient = true;
        world_timer_start(&client->patience, world_now(client->harness->world) + patience_ns);
    }
    client_stop(client->client, &client->stopped_task);
}

static int stop_client(lua_State *L)
{
    harness_client_stop(check_client(L));
    return 0;
}

static const luaL_Reg methods[] = {
    {"call", call}, {"proxy", harness_make_proxy}, {"stop", stop_client}, {NULL, NULL}};

static void push_connections(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct client *client = ((struct harness_client *)object)->client;
    size_t room = client_connections(client, NULL, 0);
    struct client_connection_view *views = lua_newuserdatauv(L, (room + 1) * sizeof(*views), 0);
    size_t count = client_connections(client, views, room);
    lua_createtable(L, (int)count, 0);
    lua_Integer place = 0;
    for (size_t i = 0; i < count && i < room; i++) {
        if (views[i].connection == 0)
            continue; /* it has no socket yet */
        harness_push_connection(L, views[i].connection);
        lua_rawseti(L, -2, ++place);
    }
}

static void push_host(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_host_type, ((struct harness_client *)object)->host);
}

static const struct harness_field fields[] = {
    {"connections", push_connections}, {"host", push_host}, {NULL, NULL}};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_client *)object)->name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    aim->client = client_id(((const struct harness_client *)object)->client);
}

const struct harness_type harness_client_type = {
    .name = "client", .methods = methods, .fields = fields, .describe = describe, .aim = aim};

/* --- t:client --- */

static const char client_options[] =
    "conf host user protocol engine rpc_timeout service_class retry plain_sockets call_id";

static void run_stopped(struct world_task *task)
{
    struct harness_client *client = world_container(task, struct harness_client, stopped_task);
    client->stopped = true;
    harness_changed(client->harness);
}

static void lose_patience(struct world_timer *timer)
{
    struct harness_client *client = world_container(timer, struct harness_client, patience);
    client->patient = false;
    harness_changed(client->harness);
}

static enum rpc_status create(lua_State *L, struct harness_client *client, int index)
{
    struct harness *harness = client->harness;
    char lane[WORLD_NAME_MAX + 8];
    client->config = (struct client_config){
        .release = harness->release,
        .settings = &client->settings,
        .host = client->host->host,
        .user = keep_option(L, index, "user", NULL),
        .service_class = (int)harness_option_integer(L, index, "service_class", 0, 0, 255),
        .plain_sockets = harness_option_boolean(L, index, "plain_sockets", false),
        .writables = client->proxy.writables,
        .types = harness_writable_types(harness),
        .first_call_id =
            (int32_t)harness_option_integer(L, index, "call_id", 0, INT32_MIN, INT32_MAX),
    };
    world_name_print(lane, sizeof(lane), "%s/calls", client->name);
    world_executor_init(harness->world, &client->executor, client->host->host, lane,
                        &harness->executor);
    world_timer_init(&client->executor, &client->patience, lose_patience);
    client->cache = client_cache_create(harness->world, &client->executor);
    enum rpc_status status =
        client->cache != NULL ? client_cache_take(client->cache, &client->config, &client->client)
                              : RPC_NO_MEMORY;
    if (status == RPC_OK)
        return RPC_OK;
    client_cache_free(client->cache);
    world_timer_release(&client->patience);
    world_executor_release(&client->executor);
    return status;
}

/* t:client(target, {…}) */
static int make_client(lua_State *L)
{
    static const struct harness_proxy nothing;
    struct harness *harness = harness_of(L);
    struct harness_handles *handles = harness->handles;
    struct release_settings settings;
    lua_settop(L, 3);
    if (lua_isnoneornil(L, 2))
        return luaL_error(L, "client: a server, a peer or \"name:port\" expected, got nil");
    harness_options(L, 3, "client", client_options, 0);
    if (harness_option_push(L, 3, "retry") != LUA_TNIL)
        return harness_skip(L, "retry policies are not built yet");
    lua_pop(L, 1);
    release_defaults(harness->release, &settings);
    if (harness_option_push(L, 3, "conf") != LUA_TNIL)
        harness_conf(L, lua_gettop(L), harness->release, &settings);
    lua_pop(L, 1);

    struct harness_client *client = harness_keep(L, sizeof(*client));
    client->harness = harness;
    client->settings = settings;
    client->stopped_task.run = run_stopped;
    handles->client_count++;
    world_name_print(client->name, sizeof(client->name), "client%u", handles->client_count);
    client->host = harness_host_option(L, 3, "host", client->name);
    client->process = client->host->process;
    client->proxy.client = client;
    harness_read_remote(L, &client->proxy, 2, 3, &nothing);
    client->proxy.remote.rpc_timeout_ms = read_rpc_timeout(L, 3, &settings);

    enum rpc_status status = create(L, client, 3);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't be made: %s", client->name, rpc_status_text(status));
    struct harness_client **last = &handles->clients;
    while (*last != NULL)
        last = &(*last)->next;
    *last = client;
    harness_tell_settings(harness, client->name, 0, &client->settings);
    harness_push(L, &harness_client_type, client);
    return 1;
}

static const luaL_Reg of_t[] = {{"client", make_client}, {NULL, NULL}};

/* --- the module --- */

#define EACH_CLIENT(harness, client)                                                               \
    for (struct harness_client *client = (harness)->handles->clients; client != NULL;              \
         client = client->next)

/* The client's calls that are meant never to end. */
static size_t may_pend(const struct harness *harness, const struct harness_client *client)
{
    size_t count = 0;
    for (size_t i = 0; i < harness_ledger_calls(harness); i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        count += call.may_pend && !call.ended && call.client == client_id(client->client);
    }
    return count;
}

static bool settled(struct harness *harness)
{
    EACH_CLIENT(harness, client)
    {
        if (client->pending > 0 && !is_dead(client) && client->pending > may_pend(harness, client))
            return false;
    }
    return true;
}

static void stop_all(struct harness *harness)
{
    EACH_CLIENT(harness, client)
    {
        if (!is_dead(client))
            harness_client_stop(client);
    }
}

/* Before 3.x Client.stop looks every 100 ms whether its connections are gone.  Live waits for two
 * of these looks, not for a stop that takes the time of a connect. */
static bool stopped(struct harness *harness)
{
    bool live = harness->kind == HARNESS_LIVE;
    EACH_CLIENT(harness, client)
    {
        bool gone = client->stopped || client_stop_hangs(client->client) ||
                    (live && client->stopping && !client->patient);
        if (!gone && !is_dead(client))
            return false;
    }
    return true;
}

static void end(struct harness *harness)
{
    if (harness->handles == NULL)
        return;
    EACH_CLIENT(harness, client)
    {
        for (struct harness_call *call = client->calls; call != NULL; call = call->older)
            harness_call_free(call);
        harness_openings_free(client);
        client_cache_free(client->cache);
        world_timer_release(&client->patience);
        world_executor_release(&client->executor);
    }
}

const struct harness_module harness_clients = {
    .methods = of_t, .settled = settled, .stop = stop_all, .stopped = stopped, .end = end};
