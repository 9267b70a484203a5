/*
 * Proxies of a client, and how one is opened: RPC.getProxy and RPC.waitForProxy.
 *
 * A client of the script is the Client of one process, which its ClientCache counts by proxies: the
 * first proxy takes over the client's own share, so that the last one to be closed stops it.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"

struct attempt {
    struct attempt *older;
    int32_t call_id;
};

struct harness_opening {
    struct harness_opening *older;
    struct harness_proxy *proxy;
    struct client_proxy *inside;
    struct harness_method method; /* getProtocolVersion */
    struct client_call *call;     /* the latest; NULL: the release asks for no version */
    struct attempt *attempts;     /* newest first */
    uint64_t started_ns, ended_ns;
    bool ended;
};

/* --- proxies --- */

static struct harness_proxy *check_proxy(lua_State *L)
{
    return harness_check(L, 1, &harness_proxy_type);
}

/* The proxy that RPC.getProxy has not given to anybody. */
static bool has_failed(const struct harness_opening *opening)
{
    return opening->ended && client_proxy_outcome(opening->inside)->ending != CLIENT_VALUE;
}

void harness_proxy_check(lua_State *L, const struct harness_proxy *proxy)
{
    const struct harness_client *client = proxy->client;
    if (client->process != client->host->process)
        luaL_error(L, "%s died with its host; a new t:client there is alive", client->name);
    const struct harness_opening *opening = proxy->opening;
    if (proxy->closed)
        luaL_error(L, "this proxy is closed");
    if (opening != NULL && !opening->ended)
        luaL_error(L, "this proxy is not open yet");
    if (opening != NULL && has_failed(opening))
        luaL_error(L, "this proxy could not be opened: %s",
                   client_proxy_outcome(opening->inside)->class_name);
}

static int call_proxy(lua_State *L)
{
    return harness_call_make(L, check_proxy(L));
}

/* ipc/ClientCache.java: the last one stops their Client. */
static int close_proxy(lua_State *L)
{
    struct harness_proxy *proxy = check_proxy(L);
    struct harness_client *client = proxy->client;
    if (proxy->closed)
        return 0;
    harness_proxy_check(L, proxy);
    proxy->closed = true;
    if (proxy->opening != NULL)
        client_proxy_close(proxy->opening->inside);
    else
        client_cache_give(client->cache, client->client);
    if (client_cache_proxies(client->cache, client->client) == 0)
        harness_client_stop(client);
    return 0;
}

static int open_proxy(lua_State *L);

static const luaL_Reg proxy_methods[] = {
    {"call", call_proxy}, {"open", open_proxy}, {"close", close_proxy}, {NULL, NULL}};

static void describe_proxy(const void *object, char *text, size_t size)
{
    const struct harness_proxy *proxy = object;
    snprintf(text, size, "proxy %u of %s", proxy->number, proxy->client->name);
}

static void aim_proxy(const void *object, struct plan_aim *aim)
{
    aim->client = client_id(((const struct harness_proxy *)object)->client->client);
}

static uint32_t number_of(const void *object)
{
    return ((const struct harness_proxy *)object)->number;
}

const struct harness_type harness_proxy_type = {.name = "proxy",
                                                .methods = proxy_methods,
                                                .describe = describe_proxy,
                                                .aim = aim_proxy,
                                                .proxy = number_of};

/* One more has the Client. */
static void count(lua_State *L, struct harness_proxy *proxy)
{
    struct harness_client *client = proxy->client;
    struct client *same;
    proxy->number = ++client->proxy_count;
    if (proxy->number == 1)
        return;
    enum rpc_status status = client_cache_take(client->cache, &client->config, &same);
    if (status != RPC_OK)
        luaL_error(L, "%s can't have another proxy: %s", client->name, rpc_status_text(status));
}

/* The proxy's own `conf`: the client's with other values. */
static void read_conf(lua_State *L, struct harness_proxy *proxy)
{
    const struct release_settings *usual = &proxy->client->settings;
    if (harness_option_push(L, 2, "conf") != LUA_TNIL) {
        struct release_settings *settings = harness_keep(L, sizeof(*settings));
        *settings = *usual;
        harness_conf(L, lua_gettop(L), proxy->client->harness->release, settings);
        proxy->remote.settings = settings;
        int64_t timeout = settings->value[SETTING_RPC_TIMEOUT];
        if (timeout != usual->value[SETTING_RPC_TIMEOUT])
            proxy->remote.rpc_timeout_ms = timeout == RELEASE_NONE ? 0 : timeout;
    }
    lua_pop(L, 1);
}

/* What a ConnectionId has besides, and the service class. */
static void read_key(lua_State *L, struct client_remote *remote)
{
    remote->protocol_version = (uint64_t)harness_option_integer(
        L, 2, "version", (lua_Integer)remote->protocol_version, 0, INT64_MAX);
    remote->login = (uint32_t)harness_option_integer(L, 2, "login", remote->login, 0, UINT32_MAX);
    if (harness_option_push(L, 2, "rpc_timeout") != LUA_TNIL)
        remote->rpc_timeout_ms = harness_pop_rpc_timeout(L);
    else
        lua_pop(L, 1);
    if (harness_option_push(L, 2, "service_class") != LUA_TNIL) {
        remote->own_service_class = true;
        remote->service_class = (int)harness_option_integer(L, 2, "service_class", 0, 0, 255);
    }
    lua_pop(L, 1);
}

/* client:proxy { to, conf, user, login, protocol, version, rpc_timeout, service_class } */
int harness_make_proxy(lua_State *L)
{
    struct harness_client *client = harness_check(L, 1, &harness_client_type);
    lua_settop(L, 2);
    harness_options(L, 2, "proxy",
                    "conf user login protocol version rpc_timeout retry service_class",
                    HARNESS_POSITIONS);
    if (harness_option_push(L, 2, "retry") != LUA_TNIL)
        return harness_skip(L, "retry policies are not built yet");
    lua_pop(L, 1);
    if (client->stopping)
        return luaL_error(L, "%s is stopped", client->name);
    if (lua_istable(L, 2))
        lua_rawgeti(L, 2, 1);
    else
        lua_pushnil(L);
    struct harness_proxy *proxy = harness_keep(L, sizeof(*proxy));
    proxy->client = client;
    harness_read_remote(L, proxy, 3, 2, &client->proxy);
    read_conf(L, proxy);
    read_key(L, &proxy->remote);
    count(L, proxy);
    harness_push(L, &harness_proxy_type, proxy);
    return 1;
}

/* --- opening one --- */

static void begun(struct client_call *call, void *owner)
{
    struct harness_opening *opening = owner;
    const struct harness_proxy *proxy = opening->proxy;
    struct harness *harness = proxy->client->harness;
    struct attempt *attempt = harness_allocate(harness, sizeof(*attempt));
    if (attempt == NULL) {
        harness_broken(harness, "not enough memory for a proxy's attempts");
    } else {
        *attempt = (struct attempt){.older = opening->attempts, .call_id = client_call_id(call)};
        opening->attempts = attempt;
    }
    opening->call = call;
    harness_call_started(proxy, call, opening->method.name);
    harness_tell_key(harness, client_call_number(call), &proxy->remote);
}

static void ended(struct client_call *call, void *owner)
{
    struct harness_opening *opening = owner;
    harness_call_ended(opening->proxy->client->harness, call);
}

static const struct client_proxy_watch watch = {.begun = begun, .ended = ended};

static void opened(struct client_proxy *inside, void *owner)
{
    struct harness_opening *opening = owner;
    struct harness_client *client = opening->proxy->client;
    (void)inside;
    opening->ended = true;
    opening->ended_ns = world_now(client->harness->world);
    client->pending--;
    harness_changed(client->harness);
}

static enum rpc_status open_it(struct harness_opening *opening, int64_t wait_ms)
{
    struct harness_proxy *proxy = opening->proxy;
    struct harness_client *client = proxy->client;
    enum rpc_status status =
        client_proxy_create(client->cache, &client->config, &proxy->remote, &opening->inside);
    if (status != RPC_OK)
        return status;
    client_cache_give(client->cache, client->client); /* it is counted as the opened one */
    opening->older = client->openings;
    client->openings = opening;
    proxy->opening = opening;
    client->pending++;
    client_proxy_watch(opening->inside, &watch);
    status = client_proxy_open(opening->inside, wait_ms, opened, opening);
    if (status != RPC_OK)
        client->pending--;
    return status;
}

/* proxy:open { wait } */
static int open_proxy(lua_State *L)
{
    struct harness_proxy *proxy = check_proxy(L);
    struct harness_client *client = proxy->client;
    lua_settop(L, 2);
    harness_options(L, 2, "open", "wait", 0);
    if (proxy->opening != NULL)
        return luaL_error(L, "this proxy was opened already");
    harness_proxy_check(L, proxy);
    if (client->stopping)
        return luaL_error(L, "%s is stopped", client->name);
    uint64_t wait_ms = 0;
    if (harness_option_push(L, 2, "wait") != LUA_TNIL)
        wait_ms = harness_ms(L, -1, "wait");
    lua_pop(L, 1);
    struct harness_opening *opening = harness_keep(L, sizeof(*opening));
    opening->proxy = proxy;
    opening->method =
        harness_method_of(client->harness, proxy->protocol, proxy->writables, "getProtocolVersion");
    opening->started_ns = world_now(client->harness->world);
    enum rpc_status status = open_it(opening, (int64_t)wait_ms);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't open a proxy: %s", client->name, rpc_status_text(status));
    harness_push(L, &harness_opening_type, opening);
    return 1;
}

void harness_openings_free(struct harness_client *client)
{
    for (struct harness_opening *at = client->openings; at != NULL; at = at->older)
        client_proxy_free(at->inside);
    client->openings = NULL;
}

/* --- the opening's handle --- */

static const struct client_outcome *outcome_of(const struct harness_opening *opening)
{
    static const struct client_outcome none = {.ending = CLIENT_NEVER};
    return opening->ended ? client_proxy_outcome(opening->inside) : &none;
}

static void view_opening(const void *object, struct harness_call_view *view)
{
    const struct harness_opening *opening = object;
    const struct client_outcome *outcome = outcome_of(opening);
    const struct harness_proxy *proxy = opening->proxy;
    *view = (struct harness_call_view){
        .ended = opening->ended,
        .ending = client_ending_name(outcome->ending),
        .started_ns = opening->started_ns,
        .ended_ns = opening->ended_ns,
        .class_name = outcome->class_name,
        .message = outcome->message,
        .cause_class = outcome->cause_class,
        .doing = opening->ended ? "closed" : "sleep",
        .client = client_id(proxy->client->client),
        .method = opening->method.name,
        .settings = &proxy->client->settings,
        .rpc_timeout_ms = proxy->remote.rpc_timeout_ms,
    };
    if (opening->call == NULL)
        return;
    view->connection = client_call_connection(opening->call);
    view->call_id = client_call_id(opening->call);
    view->number = client_call_number(opening->call);
    if (client_call_outcome(opening->call)->ending == CLIENT_NEVER)
        view->doing = client_call_doing(opening->call);
}

/* The version; nil where the release does not ask. */
static void push_value_of(lua_State *L, void *object)
{
    struct harness_opening *opening = object;
    const struct client_outcome *outcome = outcome_of(opening);
    char problem[WIRE_PROBLEM_MAX];
    if (outcome->ending != CLIENT_VALUE || opening->call == NULL)
        lua_pushnil(L);
    else if (harness_answer_decode(L, &opening->method, outcome->value, NULL, problem) != RPC_OK)
        luaL_error(L, "the version does not decode: %s", problem);
}

static void push_value(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    push_value_of(L, object);
}

static void push_ending(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, client_ending_name(outcome_of(object)->ending));
}

static void push_class(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, outcome_of(object)->class_name);
}

static void push_message(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, outcome_of(object)->message);
}

static void push_started(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_ms(L, ((struct harness_opening *)object)->started_ns);
}

static void push_at(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_opening *opening = object;
    (void)harness;
    if (opening->ended)
        harness_push_ms(L, opening->ended_ns);
    else
        lua_pushnil(L);
}

static void push_took(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_opening *opening = object;
    (void)harness;
    if (opening->ended)
        harness_push_ms(L, opening->ended_ns - opening->started_ns);
    else
        lua_pushnil(L);
}

static void push_connection(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_opening *opening = object;
    (void)harness;
    harness_push_connection(L, opening->call != NULL ? client_call_connection(opening->call) : 0);
}

/* The ids under which the question went out. */
static void push_attempts(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_opening *opening = object;
    lua_Integer place = 0;
    (void)harness;
    for (const struct attempt *at = opening->attempts; at != NULL; at = at->older)
        place++;
    lua_createtable(L, (int)place, 0);
    for (const struct attempt *at = opening->attempts; at != NULL; at = at->older) {
        lua_pushinteger(L, at->call_id);
        lua_rawseti(L, -2, place--);
    }
}

static const struct harness_field fields[] = {
    {"ending", push_ending},     {"value", push_value},
    {"class", push_class},       {"message", push_message},
    {"started", push_started},   {"at", push_at},
    {"took", push_took},         {"connection", push_connection},
    {"attempts", push_attempts}, {NULL, NULL},
};

static void describe_opening(const void *object, char *text, size_t size)
{
    const struct harness_proxy *proxy = ((const struct harness_opening *)object)->proxy;
    snprintf(text, size, "the opening of proxy %u of %s", proxy->number, proxy->client->name);
}

static void aim_opening(const void *object, struct plan_aim *aim)
{
    aim_proxy(((const struct harness_opening *)object)->proxy, aim);
}

static uint32_t number_of_opening(const void *object)
{
    return number_of(((const struct harness_opening *)object)->proxy);
}

const struct harness_type harness_opening_type = {
    .name = "opening",
    .fields = fields,
    .describe = describe_opening,
    .aim = aim_opening,
    .proxy = number_of_opening,
    .call = view_opening,
    .push_value = push_value_of,
};
