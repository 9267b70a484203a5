/*
 * Clients: t:client, and the proxies of one.
 */
#include "harness/handles/client.h"

#include <stdio.h>
#include <string.h>

#include "harness/handles/server.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"

struct harness_client *harness_client_by_id(struct harness *harness, uint32_t id)
{
    for (struct harness_client *client = harness->handles->clients; client != NULL;
         client = client->next)
        if (client_id(client->client) == id)
            return client;
    return NULL;
}

/* --- what a proxy calls to ----------------------------------------------------------------- */

static const char *keep_option(lua_State *L, int index, const char *key, const char *otherwise)
{
    const char *text = harness_option_text(L, index, key, otherwise);
    if (text == NULL)
        return NULL;
    char *copy = harness_keep(L, strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    return copy;
}

/* As Hadoop's proxies do: what is given by hand, else ipc.client.rpc-timeout.ms where the
 * release has it. */
static int64_t read_rpc_timeout(lua_State *L, int index, const struct release_settings *settings)
{
    if (harness_option_push(L, index, "rpc_timeout") != LUA_TNIL) {
        uint64_t ns = harness_duration(L, -1, "rpc_timeout");
        lua_pop(L, 1);
        return (int64_t)(ns / WORLD_MS);
    }
    lua_pop(L, 1);
    int64_t set = settings->value[SETTING_RPC_TIMEOUT];
    return set == RELEASE_NONE ? 0 : set;
}

/* From the target at `to` and the options at `index`; what they leave out is as in `like`. */
static void read_remote(lua_State *L, struct harness_proxy *proxy, int to, int index,
                        const struct harness_proxy *like)
{
    proxy->remote = like->remote;
    proxy->protocol = like->protocol;
    if (!lua_isnoneornil(L, to)) {
        struct harness_target target = harness_target(L, to);
        proxy->remote.name = target.name;
        proxy->remote.address = target.address;
        if (target.server != NULL && like->protocol == NULL) {
            proxy->protocol = target.server->protocol;
            proxy->remote.protocol_version = target.server->protocol_version;
        }
    }
    const char *otherwise = proxy->protocol == NULL ? HARNESS_TEST_PROTOCOL : proxy->protocol;
    proxy->protocol = keep_option(L, index, "protocol", otherwise);
    proxy->remote.protocol = proxy->protocol;
    if (proxy->remote.protocol_version == 0)
        proxy->remote.protocol_version = 1;
    proxy->remote.user = keep_option(L, index, "user", like->remote.user);
}

/* --- proxies ---------------------------------------------------------------------------------- */

static int call_proxy(lua_State *L)
{
    return harness_call_make(L, harness_check(L, 1, &harness_proxy_type));
}

static int close_proxy(lua_State *L)
{
    struct harness_proxy *proxy = harness_check(L, 1, &harness_proxy_type);
    proxy->closed = true;
    return 0;
}

static const luaL_Reg proxy_methods[] = {
    {"call", call_proxy}, {"close", close_proxy}, {NULL, NULL}};

static void describe_proxy(const void *object, char *text, size_t size)
{
    const struct harness_proxy *proxy = object;
    snprintf(text, size, "proxy %u of %s", proxy->number, proxy->client->name);
}

static void aim_proxy(const void *object, struct plan_aim *aim)
{
    aim->client = client_id(((const struct harness_proxy *)object)->client->client);
}

const struct harness_type harness_proxy_type = {
    .name = "proxy", .methods = proxy_methods, .describe = describe_proxy, .aim = aim_proxy};

/* --- the client's methods ----------------------------------------------------------------------
 */

static struct harness_client *check_client(lua_State *L)
{
    return harness_check(L, 1, &harness_client_type);
}

static int call(lua_State *L)
{
    return harness_call_make(L, &check_client(L)->proxy);
}

/* client:proxy { to, user, protocol, rpc_timeout } */
static int make_proxy(lua_State *L)
{
    struct harness_client *client = check_client(L);
    lua_settop(L, 2);
    harness_options(L, 2, "proxy", "user protocol rpc_timeout retry service_class",
                    HARNESS_POSITIONS);
    if (harness_option_push(L, 2, "retry") != LUA_TNIL)
        return harness_skip(L, "retry policies are not built yet");
    lua_pop(L, 1);
    if (lua_istable(L, 2))
        lua_rawgeti(L, 2, 1);
    else
        lua_pushnil(L);
    struct harness_proxy *proxy = harness_keep(L, sizeof(*proxy));
    proxy->client = client;
    proxy->number = ++client->proxy_count;
    read_remote(L, proxy, 3, 2, &client->proxy);
    if (harness_option_push(L, 2, "rpc_timeout") != LUA_TNIL)
        proxy->remote.rpc_timeout_ms = (int64_t)(harness_duration(L, -1, "rpc_timeout") / WORLD_MS);
    if (harness_option_push(L, 2, "service_class") != LUA_TNIL) {
        proxy->remote.own_service_class = true;
        proxy->remote.service_class = (int)harness_option_integer(L, 2, "service_class", 0, 0, 255);
    }
    lua_pop(L, 2);
    harness_push(L, &harness_proxy_type, proxy);
    return 1;
}

static void stop(struct harness_client *client)
{
    if (client->stopping)
        return;
    client->stopping = true;
    client_stop(client->client, &client->stopped_task);
}

static int stop_client(lua_State *L)
{
    stop(check_client(L));
    return 0;
}

static const luaL_Reg methods[] = {
    {"call", call}, {"proxy", make_proxy}, {"stop", stop_client}, {NULL, NULL}};

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

/* --- t:client
 * ------------------------------------------------------------------------------------- */

static const char client_options[] =
    "conf host user protocol rpc_timeout service_class retry plain_sockets call_id";

static void run_stopped(struct world_task *task)
{
    struct harness_client *client = world_container(task, struct harness_client, stopped_task);
    client->stopped = true;
    harness_changed(client->harness);
}

static enum rpc_status create(lua_State *L, struct harness_client *client, int index,
                              const struct release_settings *settings)
{
    struct harness *harness = client->harness;
    char lane[WORLD_NAME_MAX + 8];
    struct client_config config = {
        .release = harness->release,
        .settings = settings,
        .host = client->host->host,
        .user = keep_option(L, index, "user", NULL),
        .service_class = (int)harness_option_integer(L, index, "service_class", 0, 0, 255),
        .plain_sockets = harness_option_boolean(L, index, "plain_sockets", false),
        .first_call_id =
            (int32_t)harness_option_integer(L, index, "call_id", 0, INT32_MIN, INT32_MAX),
    };
    snprintf(lane, sizeof(lane), "%s/calls", client->name);
    world_executor_init(harness->world, &client->executor, client->host->host, lane,
                        &harness->executor);
    enum rpc_status status =
        client_create(harness->world, &config, &client->executor, &client->client);
    if (status != RPC_OK)
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
    client->stopped_task.run = run_stopped;
    handles->client_count++;
    snprintf(client->name, sizeof(client->name), "client%u", handles->client_count);
    client->host = harness_host_option(L, 3, "host", "client", handles->client_count);
    client->proxy.client = client;
    read_remote(L, &client->proxy, 2, 3, &nothing);
    client->proxy.remote.rpc_timeout_ms = read_rpc_timeout(L, 3, &settings);

    enum rpc_status status = create(L, client, 3, &settings);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't be made: %s", client->name, rpc_status_text(status));
    struct harness_client **last = &handles->clients;
    while (*last != NULL)
        last = &(*last)->next;
    *last = client;
    harness_enter(L, HARNESS_CLIENT, client_id(client->client), &harness_client_type, client);
    harness_push(L, &harness_client_type, client);
    return 1;
}

static const luaL_Reg of_t[] = {{"client", make_client}, {NULL, NULL}};

/* --- the module
 * -------------------------------------------------------------------------------------- */

#define EACH_CLIENT(harness, client)                                                               \
    for (struct harness_client *client = (harness)->handles->clients; client != NULL;              \
         client = client->next)

static bool settled(struct harness *harness)
{
    EACH_CLIENT(harness, client)
    {
        if (client->pending > 0 && !client->host->killed)
            return false;
    }
    return true;
}

static void stop_all(struct harness *harness)
{
    EACH_CLIENT(harness, client)
    {
        if (!client->host->killed)
            stop(client);
    }
}

/* Before 3.x Client.stop looks every 100 ms whether its connections are gone, which live does not
 * wait for: there the world ends at once. */
static bool stopped(struct harness *harness)
{
    if (harness->kind == HARNESS_LIVE)
        return true;
    EACH_CLIENT(harness, client)
    {
        if (!client->stopped && !client->host->killed)
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
        client_free(client->client);
        world_executor_release(&client->executor);
    }
}

const struct harness_module harness_clients = {
    .methods = of_t, .settled = settled, .stop = stop_all, .stopped = stopped, .end = end};
