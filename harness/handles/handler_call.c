/*
 * The handle of a call that a Lua function serves: what its script asks and does.
 */
#include <stdio.h>

#include "harness/handles/serving.h"
#include "harness/lua/units.h"

static struct harness_served *check_served(lua_State *L)
{
    return harness_check(L, 1, &harness_served_type);
}

/* Leave the function with an exception for the caller. */
static int throw_exception(lua_State *L, struct harness_served *served, const char *class_name,
                           const char *message)
{
    if (harness_served_is_open(served)) {
        served->thrown = true;
        harness_served_throw(served, class_name, message);
    }
    return luaL_error(L, "%s: %s", class_name, message == NULL ? "" : message);
}

/* call:throw(class, message) */
static int throw_it(lua_State *L)
{
    struct harness_served *served = check_served(L);
    const char *class_name = luaL_checkstring(L, 2);
    const char *message = luaL_optstring(L, 3, NULL);
    if (served->running && served->state == SERVED_RUNNING)
        return throw_exception(L, served, class_name, message);
    harness_served_throw(served, class_name, message);
    return 0;
}

/* call:abort(class, message) */
static int abort_it(lua_State *L)
{
    struct harness_served *served = check_served(L);
    const char *class_name = luaL_checkstring(L, 2);
    const char *message = luaL_optstring(L, 3, NULL);
    const struct release *release = harness_of(L)->release;
    if (!release->aborts_responses)
        return luaL_error(L, "abort: release %s can't give up a response; throw instead",
                          release->name);
    if (served->state == SERVED_RUNNING)
        return luaL_error(L, "abort: defer the call first");
    if (served->state == SERVED_DEFERRED) {
        server_call_abort(served->call, class_name, message);
        harness_served_finish(served);
    }
    return 0;
}

/* call:unwritable(class, message) */
static int answer_unwritable(lua_State *L)
{
    struct harness_served *served = check_served(L);
    const char *class_name = luaL_checkstring(L, 2);
    const char *message = luaL_optstring(L, 3, NULL);
    if (harness_served_is_open(served)) {
        server_call_unserializable(served->call, class_name, message);
        harness_served_finish(served);
    }
    return 0;
}

struct nap {
    struct harness_served *served;
    uint64_t until_ns; /* 0: for ever */
};

static int wake(lua_State *L, struct harness *harness, struct nap *nap)
{
    if (nap->served->interrupted)
        return throw_exception(L, nap->served, "java.lang.InterruptedException",
                               "sleep interrupted");
    if (nap->until_ns == 0)
        return harness->ending || harness->dead ? 0 : HARNESS_NOT_YET;
    return world_now(harness->world) >= nap->until_ns || harness->dead ? 0 : HARNESS_NOT_YET;
}

static int slept(lua_State *L, struct harness *harness, void *owner)
{
    struct nap *nap = owner;
    nap->served->naps = false; /* unless it goes on */
    int results = wake(L, harness, nap);
    nap->served->naps = results == HARNESS_NOT_YET;
    return results;
}

static int nap(lua_State *L, struct harness_served *served, const char *what, uint64_t until_ns)
{
    struct nap *own = lua_newuserdatauv(L, sizeof(*own), 0);
    *own = (struct nap){served, until_ns};
    served->naps = true;
    served->nap_ns = until_ns;
    struct harness_wait wait = {.ready = slept, .owner = own, .what = what, .until_ns = until_ns};
    return harness_wait(L, &wait);
}

static int sleep_a_while(lua_State *L)
{
    struct harness_served *served = check_served(L);
    uint64_t now = world_now(harness_of(L)->world);
    uint64_t until = now + harness_duration(L, 2, "sleep");
    return nap(L, served, "a handler's sleep", until == 0 ? 1 : until);
}

static int hang(lua_State *L)
{
    return nap(L, check_served(L), "the end of the scenario (the handler hangs)", 0);
}

static int defer(lua_State *L)
{
    struct harness_served *served = check_served(L);
    if (served->state != SERVED_RUNNING)
        return 0;
    served->state = SERVED_DEFERRED;
    server_call_defer(served->call);
    return 0;
}

static int answer(lua_State *L)
{
    struct harness_served *served = check_served(L);
    bool open = harness_served_is_open(served);
    lua_settop(L, 2);
    if (open && !harness_served_answer(L, served))
        return lua_error(L);
    lua_pushboolean(L, open);
    return 1;
}

static const luaL_Reg methods[] = {
    {"sleep", sleep_a_while},
    {"throw", throw_it},
    {"hang", hang},
    {"defer", defer},
    {"answer", answer},
    {"abort", abort_it},
    {"unwritable", answer_unwritable},
    {NULL, NULL},
};

static void push_request(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_rawgetp(L, LUA_REGISTRYINDEX, object);
}

static void push_user(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, ((struct harness_served *)object)->user);
}

static void push_method(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, ((struct harness_served *)object)->name);
}

static void push_protocol(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, ((struct harness_served *)object)->spoken->name);
}

static void push_version(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, (lua_Integer)((struct harness_served *)object)->spoken->version);
}

static void push_call_id(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, ((struct harness_served *)object)->call_id);
}

static void push_retry(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, ((struct harness_served *)object)->retry);
}

static void push_client_id(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_served *served = object;
    lua_pushlstring(L, (const char *)served->client_id, served->client_id_length);
}

static void push_connection(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_connection(L, ((struct harness_served *)object)->connection);
}

/* The wall clock of the server's machine, in milliseconds. */
static void push_time(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    struct world_host *host = ((struct harness_served *)object)->server->host->host;
    lua_pushinteger(L, (lua_Integer)world_wall_ms(host));
}

static void push_interrupted(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushboolean(L, ((struct harness_served *)object)->interrupted);
}

static const struct harness_field fields[] = {
    {"request", push_request},
    {"method", push_method},
    {"protocol", push_protocol},
    {"version", push_version},
    {"user", push_user},
    {"call_id", push_call_id},
    {"retry", push_retry},
    {"client_id", push_client_id},
    {"connection", push_connection},
    {"interrupted", push_interrupted},
    {"time", push_time},
    {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    const struct harness_served *served = object;
    snprintf(text, size, "call %d of %s", served->call_id, served->name);
}

const struct harness_type harness_served_type = {.name = "handler call",
                                                 .methods = methods,
                                                 .fields = fields,
                                                 .describe = describe,
                                                 .fleeting = true};
