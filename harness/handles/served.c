/*
 * Calls that a Lua function serves.
 *
 * The server's Handler posts the call to the script's executor and stays PENDING; there the
 * function runs as a task, and its end is the call's answer.
 */
#include "harness/handles/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/lua/sandbox.h"
#include "harness/lua/units.h"
#include "harness/message/types.h"

enum { SWEEP_AFTER = 256 };

/* What is left to be said about a call. */
enum served_state {
    SERVED_RUNNING,  /* the Handler is busy with it */
    SERVED_DEFERRED, /* the Handler is free, the answer comes later */
    SERVED_ANSWERED, /* server_call_finish was called: `call` is gone */
    SERVED_LOST,     /* its server is dead: `call` is gone */
};

struct harness_served {
    struct harness_served *next; /* of the server's; the script's thread */
    bool listed, over;           /* in that list; it can be forgotten */
    struct harness_server *server;
    struct server_call *call;
    struct world_task begin;
    struct harness_served *older; /* of all of a life */
    enum served_state state;
    bool running;     /* its function has not ended */
    bool interrupted; /* the server stops */
    bool thrown;      /* the exception is the call's answer already */
    bool naps;        /* it sleeps, until */
    uint64_t nap_ns;  /* this time; 0: for ever */
    struct harness_method method;
    uint8_t client_id[16];
    size_t client_id_length;
    char user[128];
    char name[128]; /* of the method */
    int32_t call_id, retry;
    uint32_t connection;
};

/* --- from the server's thread to the script's --- */

static size_t copy_text(char *text, size_t size, struct wire_bytes bytes)
{
    size_t length = bytes.length < size ? bytes.length : size - 1;
    if (bytes.data != NULL)
        memcpy(text, bytes.data, length);
    text[length] = '\0';
    return length;
}

static void begin(struct world_task *task);

enum server_outcome harness_serve_in_lua(struct server_call *call, void *owner)
{
    struct harness_server_life *life = owner;
    struct harness_served *served = calloc(1, sizeof(*served));
    if (served == NULL) {
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
        return SERVER_DONE;
    }
    *served = (struct harness_served){.server = life->owner,
                                      .call = call,
                                      .begin = {.run = begin},
                                      .call_id = server_call_id(call),
                                      .retry = server_call_retry(call),
                                      .connection = server_call_connection(call)};
    copy_text(served->user, sizeof(served->user), server_call_user(call));
    copy_text(served->name, sizeof(served->name), server_call_method(call));
    struct wire_bytes id = server_call_client_id(call);
    served->client_id_length = id.length < 16 ? id.length : 16;
    if (id.length > 0)
        memcpy(served->client_id, id.data, served->client_id_length);

    served->older = atomic_load(&life->all_served);
    while (!atomic_compare_exchange_weak(&life->all_served, &served->older, served))
        continue;
    world_post(&life->owner->harness->executor, &served->begin);
    return SERVER_PENDING;
}

/* --- answers --- */

static bool is_open(const struct harness_served *served)
{
    return served->state == SERVED_RUNNING || served->state == SERVED_DEFERRED;
}

/* From the server's list, once nothing of it is left to do. */
static void leave_list(struct harness_served *served)
{
    struct harness_served **at = &served->server->served;
    if (!served->listed || served->running || is_open(served))
        return;
    while (*at != served)
        at = &(*at)->next;
    *at = served->next;
    served->listed = false;
    served->over = true;
    served->server->over++;
}

/* Its answer is given. */
static void finish(struct harness_served *served)
{
    struct server_call *call = served->call;
    served->state = SERVED_ANSWERED;
    served->call = NULL;
    server_call_finish(call);
    leave_list(served);
    harness_changed(served->server->harness);
}

static void throw_away(struct harness_served *served, const char *class_name, const char *message)
{
    if (!is_open(served))
        return;
    server_call_throw(served->call, class_name, message);
    finish(served);
}

static int encode_answer(lua_State *L)
{
    struct harness_served *served = lua_touserdata(L, 2);
    harness_answer_encode(L, 1, &served->method, lua_touserdata(L, 3));
    return 0;
}

/* The value at the top becomes the answer; false, with the error's text in its place, when it
 * does not fit. */
static bool answer_with_top(lua_State *L, struct harness_served *served)
{
    struct wire_buffer value = {0};
    luaL_checkstack(L, 8, "too many values");
    lua_pushcfunction(L, encode_answer);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, served);
    lua_pushlightuserdata(L, &value);
    bool well = lua_pcall(L, 3, 0, 0) == LUA_OK;
    if (well) {
        if (server_call_return(served->call, (struct wire_bytes){value.data, value.length}) !=
            RPC_OK)
            server_call_throw(served->call, "java.lang.OutOfMemoryError", "Java heap space");
        finish(served);
        lua_pushnil(L);
    }
    wire_buffer_release(&value);
    return well;
}

/* The function has returned, or failed with an error. */
static void function_ended(struct harness_task *task, lua_State *L, int status, int results,
                           void *owner)
{
    (void)task;
    struct harness_served *served = owner;
    struct harness *harness = served->server->harness;
    served->running = false;
    leave_list(served);
    harness_changed(harness);
    if (!is_open(served) || served->thrown)
        return;
    if (status == LUA_OK) {
        bool says_nothing = results == 0 || lua_isnil(L, -results);
        if (served->state == SERVED_DEFERRED && says_nothing)
            return;
        if (results == 0)
            lua_pushnil(L);
        else
            lua_pushvalue(L, -results);
        if (answer_with_top(L, served))
            return;
    }
    const char *text = harness_error_text(L, -1);
    harness_broken(harness, "the handler of %s failed: %s", served->name, text);
    throw_away(served, "java.lang.RuntimeException", text);
}

/* --- the beginning --- */

static void keep_request(lua_State *L, struct harness_served *served, bool *well, char *problem)
{
    struct wire_bytes body = server_call_body(served->call);
    *well = harness_request_decode(L, &served->method, body, problem) == RPC_OK;
    if (*well)
        lua_rawsetp(L, LUA_REGISTRYINDEX, served);
}

/* What this call's method takes and gives, of several of one name the one that is called. */
static struct harness_method types_of(const struct harness_served *served)
{
    const struct harness_server *server = served->server;
    const struct harness *harness = server->harness;
    struct harness_method method =
        harness_method_of(harness, server->protocol, server->writables, served->name);
    char types[1024], problem[WIRE_PROBLEM_MAX];
    if (method.request == NULL &&
        writable_signature(harness->types->classes, server_call_body(served->call), types,
                           sizeof(types), problem) == RPC_OK)
        method.signature =
            harness_signature_served(harness->types, server->protocol, served->name, types);
    return method;
}

/* In protected mode: push the function, the handle and the request.  Upvalues none; argument:
 * the call. */
static int prepare(lua_State *L)
{
    struct harness_served *served = lua_touserdata(L, 1);
    char problem[WIRE_PROBLEM_MAX];
    bool well;
    served->method = types_of(served);
    keep_request(L, served, &well, problem);
    harness_push_functions(L, served->server);
    lua_getfield(L, -1, served->name);
    harness_push(L, &harness_served_type, served);
    if (well)
        lua_rawgetp(L, LUA_REGISTRYINDEX, served);
    else
        lua_pushstring(L, problem);
    lua_pushboolean(L, well);
    return 4;
}

static void append(struct harness_served *served)
{
    struct harness_served **last = &served->server->served;
    while (*last != NULL)
        last = &(*last)->next;
    *last = served;
    served->listed = true;
}

/* Those of a life that are over and in nobody's hands.  The newest one stays: others may be put
 * before it at this moment. */
static void sweep(lua_State *L, struct harness_server_life *life)
{
    struct harness_served *before = atomic_load(&life->all_served);
    while (before != NULL && before->older != NULL) {
        struct harness_served *served = before->older;
        if (!served->over || harness_is_held(L, &harness_served_type, served)) {
            before = served;
            continue;
        }
        before->older = served->older;
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, served); /* its request */
        free(served);
    }
}

static int sweep_life(lua_State *L)
{
    sweep(L, lua_touserdata(L, 1));
    return 0;
}

/* Now and then, so that a call costs the same however many there were. */
static void sweep_sometimes(lua_State *L, struct harness_server *server)
{
    if (server->over < SWEEP_AFTER || !lua_checkstack(L, 16))
        return;
    server->over = 0;
    lua_pushcfunction(L, sweep_life);
    lua_pushlightuserdata(L, server->life);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

static void begin(struct world_task *task)
{
    struct harness_served *served = world_container(task, struct harness_served, begin);
    struct harness *harness = served->server->harness;
    lua_State *L = harness->lua;
    char name[256];
    sweep_sometimes(L, served->server);
    append(served);
    if (served->server->state == HARNESS_SERVER_DEAD) {
        served->state = SERVED_LOST;
        leave_list(served);
        return;
    }
    if (served->server->state == HARNESS_SERVER_STOPPING) {
        served->interrupted = true;
        throw_away(served, "java.lang.InterruptedException", NULL);
        return;
    }
    if (!lua_checkstack(L, 16)) {
        throw_away(served, "java.lang.OutOfMemoryError", "Java heap space");
        return;
    }
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, served);
    if (lua_pcall(L, 1, 4, 0) != LUA_OK) {
        harness_broken(harness, "the handler of %s: %s", served->name, lua_tostring(L, -1));
        throw_away(served, "java.lang.RuntimeException", "out of memory");
        lua_pop(L, 1);
        return;
    }
    bool well = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!well) {
        throw_away(served, harness->release->protobuf_exception, lua_tostring(L, -1));
        lua_pop(L, 3);
        return;
    }
    served->running = true;
    snprintf(name, sizeof(name), "%s of %s", served->name, served->server->name);
    if (harness_spawn(harness, name, 2, function_ended, served) == NULL) {
        served->running = false;
        throw_away(served, "java.lang.OutOfMemoryError", "Java heap space");
    }
}

/* --- the server's life --- */

void harness_served_interrupt(struct harness_server *server)
{
    for (struct harness_served *served = server->served, *next; served != NULL; served = next) {
        next = served->next;
        served->interrupted = true;
        if (served->state == SERVED_DEFERRED && !served->running)
            throw_away(served, "java.lang.InterruptedException", NULL);
    }
    harness_changed(server->harness);
}

/* An answer without anything in it. */
static void give_nothing(struct harness_served *served)
{
    struct wire_buffer value = {0};
    enum rpc_status status = RPC_OK;
    if (served->method.request == NULL && served->method.signature != NULL)
        status = writable_put_null_object(&value, served->method.signature->returns);
    if (status == RPC_OK)
        server_call_return(served->call, (struct wire_bytes){value.data, value.length});
    wire_buffer_release(&value);
}

/* The functions that hang look at harness->ending; deferred calls have nobody who would answer. */
void harness_served_heal(struct harness_server *server)
{
    for (struct harness_served *served = server->served, *next; served != NULL; served = next) {
        next = served->next;
        if (served->state == SERVED_DEFERRED && !served->running) {
            give_nothing(served);
            finish(served);
        }
    }
    harness_changed(server->harness);
}

void harness_served_forget(struct harness_server *server)
{
    for (struct harness_served *served = server->served, *next; served != NULL; served = next) {
        next = served->next;
        if (!is_open(served))
            continue;
        served->state = SERVED_LOST;
        served->call = NULL;
        served->interrupted = true;
        leave_list(served);
    }
    harness_changed(server->harness);
}

bool harness_served_now(const struct harness_server *server, uint32_t connection, int32_t call_id,
                        struct harness_serving *serving)
{
    for (const struct harness_served *served = server->served; served != NULL;
         served = served->next) {
        if (served->connection != connection || served->call_id != call_id || !is_open(served))
            continue;
        *serving = (struct harness_serving){.deferred = served->state == SERVED_DEFERRED,
                                            .hangs = served->naps && served->nap_ns == 0,
                                            .until_ns = served->naps ? served->nap_ns : 0};
        return true;
    }
    return false;
}

bool harness_served_settled(const struct harness_server *server)
{
    for (const struct harness_served *served = server->served; served != NULL;
         served = served->next)
        if (served->running || is_open(served))
            return false;
    return true;
}

void harness_served_free(struct harness_server_life *life)
{
    struct harness_served *served = atomic_load(&life->all_served);
    while (served != NULL) {
        struct harness_served *older = served->older;
        free(served);
        served = older;
    }
}

/* --- the handle --- */

static struct harness_served *check_served(lua_State *L)
{
    return harness_check(L, 1, &harness_served_type);
}

/* Leave the function with an exception for the caller. */
static int throw_exception(lua_State *L, struct harness_served *served, const char *class_name,
                           const char *message)
{
    if (is_open(served)) {
        served->thrown = true;
        throw_away(served, class_name, message);
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
    throw_away(served, class_name, message);
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
        finish(served);
    }
    return 0;
}

/* call:unwritable(class, message) */
static int answer_unwritable(lua_State *L)
{
    struct harness_served *served = check_served(L);
    const char *class_name = luaL_checkstring(L, 2);
    const char *message = luaL_optstring(L, 3, NULL);
    if (is_open(served)) {
        server_call_unserializable(served->call, class_name, message);
        finish(served);
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
    bool open = is_open(served);
    lua_settop(L, 2);
    if (open && !answer_with_top(L, served))
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
