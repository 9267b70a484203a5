/*
 * Servers: t:server, and the handle's life.
 *
 * A server has a thread of its own in live: what its functions do is posted there.
 */
#include "harness/handles/server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/handles/spoken.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "harness/message/types.h"
#include "harness/roles/roles.h"
#include "harness/trace/listening.h"
#include "rpc/world/name.h"

enum { HANDLERS_MAX = 1024, USERS_MAX = 256 };

void harness_push_own(lua_State *L, const void *owner)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, owner) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, owner);
}

static bool lets_in(void *owner, struct wire_bytes user, struct wire_bytes protocol)
{
    (void)protocol;
    const struct harness_server *server = owner;
    for (const char *const *name = server->users; *name != NULL; name++)
        if (wire_is(user, *name))
            return true;
    return false;
}

/* --- lives --- */

static void run_start(struct world_task *task)
{
    server_start(world_container(task, struct harness_server_life, start)->server);
}

static void run_stop(struct world_task *task)
{
    harness_test_calls_interrupt(world_container(task, struct harness_server_life, stop));
}

static void run_heal(struct world_task *task)
{
    harness_test_calls_heal(world_container(task, struct harness_server_life, heal));
}

static void run_refresh(struct world_task *task)
{
    struct harness_server_life *life = world_container(task, struct harness_server_life, refresh);
    enum rpc_status status = server_refresh(life->server, &life->refreshed);
    atomic_store(&life->refreshing, false);
    if (status != RPC_OK)
        harness_broken(life->owner->harness, "%s can't take its new settings: %s",
                       life->owner->name, rpc_status_text(status));
}

static enum rpc_status create(struct harness_server *server);

/* Why create has failed. */
static const char *why_not(const struct harness_server *server, enum rpc_status status,
                           char problem[HARNESS_LISTEN_PROBLEM_MAX])
{
    return harness_listen_problem(
        server->host->host, server_port(server->harness->world, &server->config), status, problem);
}

/* Begin to serve, with what create has made. */
static void run(struct harness_server *server)
{
    struct harness *harness = server->harness;
    const struct harness_onlooker *onlooker = harness->onlooker;
    server->state = HARNESS_SERVER_RUNNING;
    world_post(server_executor(harness_server_now(server)), &server->life->start);
    if (onlooker == NULL || onlooker->listens == NULL)
        return;
    harness_lock(harness);
    onlooker->listens(onlooker->owner, server_address(harness_server_now(server)));
    harness_unlock(harness);
}

static void run_stopped(struct world_task *task)
{
    struct harness_server_life *life = world_container(task, struct harness_server_life, stopped);
    struct harness_server *server = life->owner;
    if (server->state != HARNESS_SERVER_STOPPING || server->life != life)
        return;
    server->state = HARNESS_SERVER_STOPPED;
    if (server->again) {
        char problem[HARNESS_LISTEN_PROBLEM_MAX];
        enum rpc_status status = create(server);
        server->again = false;
        if (status == RPC_OK)
            run(server);
        else
            harness_broken(server->harness, "%s can't start again: %s", server->name,
                           why_not(server, status, problem));
    }
    harness_changed(server->harness);
}

/* A new life, bound to the address of the former one. */
static enum rpc_status create(struct harness_server *server)
{
    struct harness *harness = server->harness;
    struct harness_server_life *life = harness_allocate(harness, sizeof(*life));
    struct harness_speaker *speakers =
        harness_allocate(harness, harness_count_spoken(server) * sizeof(*speakers));
    if (life == NULL || speakers == NULL)
        return RPC_NO_MEMORY;
    *life = (struct harness_server_life){.older = server->life,
                                         .owner = server,
                                         .process = server->host->process,
                                         .speakers = speakers,
                                         .start = {.run = run_start},
                                         .stop = {.run = run_stop},
                                         .stopped = {.run = run_stopped},
                                         .refresh = {.run = run_refresh},
                                         .heal = {.run = run_heal}};
    enum rpc_status status = server_create(harness->world, &server->config, &life->server);
    if (status != RPC_OK)
        return status;
    server->config.port = server_address(life->server).port;
    if (server->number == 0)
        server->number = server_id(life->server);
    harness_listens(harness, server_address(life->server), server_id(life->server), server->number);
    server->life = life;
    return harness_speak(life);
}

struct harness_server *harness_server_by_id(struct harness *harness, uint32_t id)
{
    for (struct harness_server *server = harness->handles->servers; server != NULL;
         server = server->next)
        for (struct harness_server_life *life = server->life; life != NULL; life = life->older)
            if (server_id(life->server) == id)
                return server;
    return NULL;
}

unsigned harness_server_threads(const struct harness *harness, const struct harness_host *host)
{
    unsigned count = 0;
    for (const struct harness_server *server = harness->handles->servers; server != NULL;
         server = server->next)
        for (const struct harness_server_life *life = server->life; life != NULL;
             life = life->older)
            if (server->host == host && life->process == host->process)
                count += server_threads(life->server);
    return count;
}

uint64_t harness_server_queue(const struct harness_server *server)
{
    return server_queue_room(&server->config);
}

void harness_servers_of_host_died(struct harness *harness, const struct harness_host *host)
{
    for (struct harness_server *server = harness->handles->servers; server != NULL;
         server = server->next) {
        if (server->host != host || server->state == HARNESS_SERVER_STOPPED)
            continue;
        server->state = HARNESS_SERVER_DEAD;
        server->again = false;
        harness_served_forget(server);
    }
}

static void stop(struct harness_server *server)
{
    server->again = false;
    if (server->state != HARNESS_SERVER_RUNNING && server->state != HARNESS_SERVER_BOUND)
        return;
    server->state = HARNESS_SERVER_STOPPING;
    server->stopped_ns = world_now(server->harness->world);
    server_stop(harness_server_now(server), &server->harness->executor, &server->life->stopped);
    world_post(server_executor(harness_server_now(server)), &server->life->stop);
    harness_served_interrupt(server);
}

/* --- the handle's methods --- */

static struct harness_server *check_server(lua_State *L)
{
    return harness_check(L, 1, &harness_server_type);
}

static int stop_server(lua_State *L)
{
    stop(check_server(L));
    return 0;
}

static int start_server(lua_State *L)
{
    struct harness_server *server = check_server(L);
    char problem[HARNESS_LISTEN_PROBLEM_MAX];
    enum rpc_status status = RPC_OK;
    switch (server->state) {
    case HARNESS_SERVER_RUNNING:
        return luaL_error(L, "%s runs already", server->name);
    case HARNESS_SERVER_STOPPING:
        server->again = true;
        return 0;
    case HARNESS_SERVER_DEAD:
    case HARNESS_SERVER_STOPPED:
        status = create(server);
        break;
    case HARNESS_SERVER_BOUND:
        break;
    }
    if (status != RPC_OK)
        return luaL_error(L, "%s can't start: %s", server->name, why_not(server, status, problem));
    run(server);
    return 0;
}

static int refresh(lua_State *L)
{
    struct harness_server *server = check_server(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    if (server->state != HARNESS_SERVER_RUNNING)
        return luaL_error(L, "%s does not run", server->name);
    if (atomic_load(&server->life->refreshing))
        return luaL_error(L, "%s has not yet taken the settings before", server->name);
    harness_conf(L, 2, server->harness->release, &server->settings);
    server->life->refreshed = server->settings;
    atomic_store(&server->life->refreshing, true);
    world_post(server_executor(harness_server_now(server)), &server->life->refresh);
    return 0;
}

/* --- fields --- */

static void push_address(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    char text[24];
    lua_pushstring(L, world_address_text(server_address(harness_server_now(object)), text));
}

static void push_port(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, server_address(harness_server_now(object)).port);
}

static void push_host(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_host_type, ((struct harness_server *)object)->host);
}

static void push_counters(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_counters_type, object);
}

static void push_connections(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct server *server = harness_server_now(object);
    harness_check_asks(L);
    size_t room = server_connections(server, NULL, 0);
    struct server_connection_view *views = lua_newuserdatauv(L, (room + 1) * sizeof(*views), 0);
    size_t count = server_connections(server, views, room);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count && i < room; i++) {
        harness_push_connection(L, views[i].connection);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static const luaL_Reg methods[] = {
    {"on", harness_server_on}, {"stop", stop_server},         {"start", start_server},
    {"refresh", refresh},      {"lane", harness_server_lane}, {NULL, NULL},
};

static const struct harness_field fields[] = {
    {"address", push_address},         {"port", push_port},         {"host", push_host},
    {"connections", push_connections}, {"counters", push_counters}, {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_server *)object)->name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    aim->server = ((const struct harness_server *)object)->number;
}

const struct harness_type harness_server_type = {.name = "server",
                                                 .methods = methods,
                                                 .looks = "lane",
                                                 .fields = fields,
                                                 .describe = describe,
                                                 .aim = aim};

/* --- t:server --- */

static const char server_options[] =
    "handlers queue conf host port protocol protocols engine auth acl retry_cache level start role";

/* A server of another kind than the first refuses whoever comes without SASL. */
static const char auth_words[] = "simple token kerberos";

/* What is not built yet is skipped, with its reason. */
static void check_unbuilt(lua_State *L, int index)
{
    if (harness_option_push(L, index, "retry_cache") != LUA_TNIL)
        harness_skip(L, "the retry cache is not built yet");
    if (harness_option_push(L, index, "level") != LUA_TNIL)
        harness_skip(L, "callQueues with levels are not built yet");
    lua_pop(L, 2);
}

/* The `acl`: a list of the users who are let in. */
static void read_users(lua_State *L, int index, struct harness_server *server)
{
    if (harness_option_push(L, index, "acl") == LUA_TTABLE) {
        size_t count = (size_t)lua_rawlen(L, -1);
        if (count > USERS_MAX)
            luaL_error(L, "acl: at most %d users", USERS_MAX);
        const char **users = harness_keep(L, (count + 1) * sizeof(*users));
        for (size_t i = 0; i < count; i++) {
            if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
                luaL_error(L, "acl: a list of users expected, got a %s in it",
                           luaL_typename(L, -1));
            char *name = harness_keep(L, lua_rawlen(L, -1) + 1);
            memcpy(name, lua_tostring(L, -1), lua_rawlen(L, -1));
            users[i] = name;
            lua_pop(L, 1);
        }
        server->users = users;
        server->config.authorize = lets_in;
        server->config.authorize_owner = server;
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "acl: a list of users expected, got %s", luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

static void read_options(lua_State *L, int index, struct harness_server *server)
{
    const struct release *release = server->harness->release;
    harness_options(L, index, "server", server_options, 0);
    check_unbuilt(L, index);
    release_defaults(release, &server->settings);
    if (harness_option_push(L, index, "conf") != LUA_TNIL)
        harness_conf(L, lua_gettop(L), release, &server->settings);
    lua_pop(L, 1);
    server->config = (struct server_config){
        .release = release,
        .settings = &server->settings,
        .host = server->host->host,
        .types = harness_writable_types(server->harness),
        .has_method = harness_has_method,
        .has_method_owner = server->harness,
        .port = (uint16_t)harness_option_integer(L, index, "port", 0, 0, 65535),
        .handlers = (unsigned)harness_option_integer(L, index, "handlers", 1, 1, HANDLERS_MAX),
        .queue = (unsigned)harness_option_integer(L, index, "queue", 0, 1, INT32_MAX),
        .thread_each = server->harness->thread_each,
    };
    if (harness_server_queue(server) == 0)
        luaL_error(L,
                   "conf: %s = %I: Java makes no callQueue without room "
                   "(IllegalArgumentException); give it 1 or more",
                   release_setting_key(SETTING_HANDLER_QUEUE),
                   (LUAI_UACINT)server->settings.value[SETTING_HANDLER_QUEUE]);
    server->config.requires_sasl = harness_option_word(L, index, "auth", auth_words) > 0;
    read_users(L, index, server);
    harness_read_spoken(L, index, server);
}

/* One that names no place of its own goes where the onlooker wants it. */
static void place(lua_State *L, int index, struct harness_server *server)
{
    const struct harness_onlooker *onlooker = server->harness->onlooker;
    bool named = harness_option_push(L, index, "host") != LUA_TNIL ||
                 harness_option_push(L, index, "port") != LUA_TNIL;
    lua_settop(L, index);
    if (named || onlooker == NULL || onlooker->place == NULL)
        return;
    if (!onlooker->place(onlooker->owner, server->host->host, &server->config.port))
        luaL_error(L, "%s can't be made: its address can't be had", server->name);
}

static int make_server(lua_State *L)
{
    struct harness *harness = harness_of(L);
    struct harness_handles *handles = harness->handles;
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    struct harness_server *server = harness_keep(L, sizeof(*server));
    server->harness = harness;
    handles->server_count++;
    world_name_print(server->name, sizeof(server->name), "server%u", handles->server_count);
    server->host = harness_host_option(L, 2, "host", server->name);
    read_options(L, 2, server);
    place(L, 2, server);
    bool start = harness_option_boolean(L, 2, "start", true);

    char problem[HARNESS_LISTEN_PROBLEM_MAX];
    enum rpc_status status = create(server);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't be made: %s", server->name,
                          why_not(server, status, problem));
    struct harness_server **last = &handles->servers;
    while (*last != NULL)
        last = &(*last)->next;
    *last = server;
    harness_tell_settings(harness, server->name, server->config.handlers, &server->settings);
    server->state = HARNESS_SERVER_BOUND;
    if (start)
        run(server);
    harness_push(L, &harness_server_type, server);
    return 1;
}

static const luaL_Reg of_t[] = {{"server", make_server}, {NULL, NULL}};

/* --- the module --- */

#define EACH_SERVER(harness, server)                                                               \
    for (struct harness_server *server = (harness)->handles->servers; server != NULL;              \
         server = server->next)

static void heal(struct harness *harness)
{
    EACH_SERVER(harness, server)
    {
        harness_served_heal(server);
        if (server->state == HARNESS_SERVER_RUNNING)
            world_post(server_executor(harness_server_now(server)), &server->life->heal);
    }
}

/* A stop that ends some day. */
static bool is_stopping(const struct harness_server *server)
{
    return server->state == HARNESS_SERVER_STOPPING &&
           !server_stop_hangs(harness_server_now(server));
}

static bool settled(struct harness *harness)
{
    EACH_SERVER(harness, server)
    {
        if (!harness_served_settled(server) || is_stopping(server))
            return false;
    }
    return true;
}

static void stop_all(struct harness *harness)
{
    EACH_SERVER(harness, server)
    {
        server->again = false;
        stop(server);
    }
}

static bool stopped(struct harness *harness)
{
    EACH_SERVER(harness, server)
    {
        if (server->state < HARNESS_SERVER_STOPPING || is_stopping(server))
            return false;
    }
    return true;
}

static void end(struct harness *harness)
{
    if (harness->handles == NULL)
        return;
    EACH_SERVER(harness, server)
    {
        for (struct harness_server_life *life = server->life; life != NULL; life = life->older) {
            harness_test_calls_free(life);
            server_free(life->server);
            harness_served_free(life);
        }
    }
}

const struct harness_module harness_servers = {.methods = of_t,
                                               .open = harness_roles_open,
                                               .lazy = "roles",
                                               .heal = heal,
                                               .settled = settled,
                                               .stop = stop_all,
                                               .stopped = stopped,
                                               .end = end};
