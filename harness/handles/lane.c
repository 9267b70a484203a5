/*
 * Lanes: the threads of a server, by name.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"

struct lane {
    struct harness_server *server;
    char name[32];
};

/* The kinds of a server's lanes that an event can come from; those with several have a number. */
static const char kinds[] = "listener reader handler responder idletimer";

/* "reader" of "reader/0" */
static void kind_of(const char *name, char kind[static 32])
{
    snprintf(kind, 32, "%.*s", (int)strcspn(name, "/"), name);
}

static bool is_kind(const char *name)
{
    char kind[32];
    kind_of(name, kind);
    return harness_is_among(kind, kinds);
}

static int no_such_lane(lua_State *L, const char *who, const char *name)
{
    char kind[32], nearest[32];
    kind_of(name, kind);
    if (!is_kind(name) && harness_nearest(kind, kinds, nearest, sizeof(nearest)) != NULL)
        return harness_error(L, "%s has no lane '%s'; did you mean '%s%s'?", who, name, nearest,
                             name + strcspn(name, "/"));
    return harness_error(L, "%s has no lane '%s' (listener reader/0 … handler/0 … responder)", who,
                         name);
}

void harness_check_lane(lua_State *L, const char *point, const struct harness_server *server,
                        const char *name)
{
    const char *slash = strchr(name, '/');
    if (slash != NULL && !is_kind(name) && is_kind(slash + 1))
        name = slash + 1; /* "server1/reader/0" */
    if (server == NULL ? !is_kind(name)
                       : server_lane_doing(harness_server_now(server), name) == NULL)
        no_such_lane(L, server == NULL ? point : server->name, name);
}

int harness_server_lane(lua_State *L)
{
    struct harness_server *server = harness_check(L, 1, &harness_server_type);
    const char *name = luaL_checkstring(L, 2);
    if (server_lane_doing(harness_server_now(server), name) == NULL)
        return no_such_lane(L, server->name, name);
    harness_push_own(L, server);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    struct lane *made = lua_touserdata(L, -1);
    if (made == NULL) {
        made = harness_keep(L, sizeof(*made));
        made->server = server;
        snprintf(made->name, sizeof(made->name), "%s", name);
        lua_pushvalue(L, 2);
        lua_pushlightuserdata(L, made);
        lua_rawset(L, -4);
    }
    harness_push(L, &harness_lane_type, made);
    return 1;
}

static const char *lane_doing(const struct lane *lane)
{
    const char *doing = server_lane_doing(harness_server_now(lane->server), lane->name);
    return doing == NULL ? "closed" : doing;
}

static void push_lane_doing(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, lane_doing(object));
}

static void push_lane_name(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, ((const struct lane *)object)->name);
}

/* A Reader that can't get rid of its call. */
static void push_lane_blocked(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct lane *lane = object;
    bool reader = strncmp(lane->name, "reader/", 7) == 0;
    lua_pushboolean(L, reader && strcmp(lane_doing(lane), "put") == 0);
}

static void push_lane_queue(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct server_counters counters;
    server_counters(harness_server_now(((struct lane *)object)->server), &counters);
    lua_pushinteger(L, (lua_Integer)counters.call_queue_length);
}

static const struct harness_field lane_fields[] = {
    {"name", push_lane_name},
    {"doing", push_lane_doing},
    {"blocked", push_lane_blocked},
    {"queue", push_lane_queue},
    {NULL, NULL},
};

static void describe_lane(const void *object, char *text, size_t size)
{
    const struct lane *lane = object;
    snprintf(text, size, "%s/%s", lane->server->name, lane->name);
}

static void aim_lane(const void *object, struct plan_aim *aim)
{
    const struct lane *lane = object;
    aim->server = lane->server->number;
    aim->lane = lane->name;
}

const struct harness_type harness_lane_type = {
    .name = "lane", .fields = lane_fields, .describe = describe_lane, .aim = aim_lane};
