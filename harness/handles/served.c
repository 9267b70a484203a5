/*
 * Calls that a Lua function serves.
 *
 * The server's Handler posts the call to the script's executor and stays PENDING; there the
 * function runs as a task, and its end is the call's answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/serving.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/units.h"
#include "harness/message/types.h"

enum { SWEEP_AFTER = 256 };

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
    const struct harness_speaker *speaker = owner;
    struct harness_server_life *life = speaker->life;
    struct harness_served *served = calloc(1, sizeof(*served));
    if (served == NULL) {
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
        return SERVER_DONE;
    }
    *served = (struct harness_served){.server = life->owner,
                                      .life = life,
                                      .spoken = speaker->spoken,
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

/* From the server's list, once nothing of it is left to do. */
static void leave_list(struct harness_served *served)
{
    struct harness_served **at = &served->server->served;
    if (!served->listed || served->running || harness_served_is_open(served))
        return;
    while (*at != served)
        at = &(*at)->next;
    *at = served->next;
    served->listed = false;
    served->over = true;
    served->server->over++;
}

void harness_served_finish(struct harness_served *served)
{
    struct server_call *call = served->call;
    served->state = SERVED_ANSWERED;
    served->call = NULL;
    server_call_finish(call);
    leave_list(served);
    harness_changed(served->server->harness);
}

void harness_served_throw(struct harness_served *served, const char *class_name,
                          const char *message)
{
    if (!harness_served_is_open(served))
        return;
    server_call_throw(served->call, class_name, message);
    harness_served_finish(served);
}

static int encode_answer(lua_State *L)
{
    struct harness_served *served = lua_touserdata(L, 2);
    harness_answer_encode(L, 1, &served->method, lua_touserdata(L, 3));
    return 0;
}

bool harness_served_answer(lua_State *L, struct harness_served *served)
{
    struct wire_buffer value = {0};
    luaL_checkstack(L, 8, "too many values");
    lua_pushcfunction(L, encode_answer);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, served);
    lua_pushlightuserdata(L, &value);
    bool well = lua_pcall(L, 3, 0, 0) == LUA_OK;
    if (well) {
        server_call_return_made(served->call, RPC_OK, &value);
        harness_served_finish(served);
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
    if (!harness_served_is_open(served) || served->thrown)
        return;
    if (status == LUA_OK) {
        bool says_nothing = results == 0 || lua_isnil(L, -results);
        if (served->state == SERVED_DEFERRED && says_nothing)
            return;
        if (results == 0)
            lua_pushnil(L);
        else
            lua_pushvalue(L, -results);
        if (harness_served_answer(L, served))
            return;
    }
    const char *text = harness_error_text(L, -1);
    harness_broken(harness, "the handler of %s failed: %s", served->name, text);
    harness_served_throw(served, "java.lang.RuntimeException", text);
}

/* --- the beginning --- */

static void keep_request(lua_State *L, struct harness_served *served, bool *well, char *problem)
{
    struct wire_bytes body = server_call_body(served->call);
    *well = harness_request_decode(L, &served->method, body, NULL, problem) == RPC_OK;
    if (*well)
        lua_rawsetp(L, LUA_REGISTRYINDEX, served);
}

/* What this call's method takes and gives, of several of one name the one that is called. */
static struct harness_method types_of(const struct harness_served *served)
{
    const struct harness_spoken *spoken = served->spoken;
    const struct harness *harness = served->server->harness;
    struct harness_method method =
        harness_method_of(harness, spoken->name, spoken->writables, served->name);
    char types[1024], problem[WIRE_PROBLEM_MAX];
    if (method.request == NULL &&
        writable_signature(harness->types->classes, server_call_body(served->call), types,
                           sizeof(types), problem) == RPC_OK)
        method.signature =
            harness_signature_served(harness->types, spoken->name, served->name, types);
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
    harness_push_own(L, served->spoken);
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
    if (served->life->process != served->server->host->process) { /* that was killed */
        served->state = SERVED_LOST;
        leave_list(served);
        return;
    }
    if (served->server->state == HARNESS_SERVER_STOPPING) {
        served->interrupted = true;
        harness_served_throw(served, "java.lang.InterruptedException", NULL);
        return;
    }
    if (!lua_checkstack(L, 16)) {
        harness_served_throw(served, "java.lang.OutOfMemoryError", "Java heap space");
        return;
    }
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, served);
    if (lua_pcall(L, 1, 4, 0) != LUA_OK) {
        harness_broken(harness, "the handler of %s: %s", served->name, lua_tostring(L, -1));
        harness_served_throw(served, "java.lang.RuntimeException", "out of memory");
        lua_pop(L, 1);
        return;
    }
    bool well = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!well) {
        harness_served_throw(served, harness->release->protobuf_exception, lua_tostring(L, -1));
        lua_pop(L, 3);
        return;
    }
    served->running = true;
    snprintf(name, sizeof(name), "%s of %s", served->name, served->server->name);
    if (harness_spawn(harness, name, 2, function_ended, served) == NULL) {
        served->running = false;
        harness_served_throw(served, "java.lang.OutOfMemoryError", "Java heap space");
    }
}

/* --- the server's life --- */

void harness_served_interrupt(struct harness_server *server)
{
    for (struct harness_served *served = server->served, *next; served != NULL; served = next) {
        next = served->next;
        served->interrupted = true;
        if (served->state == SERVED_DEFERRED && !served->running)
            harness_served_throw(served, "java.lang.InterruptedException", NULL);
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
            harness_served_finish(served);
        }
    }
    harness_changed(server->harness);
}

void harness_served_forget(struct harness_server *server)
{
    for (struct harness_served *served = server->served, *next; served != NULL; served = next) {
        next = served->next;
        if (!harness_served_is_open(served))
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
        if (served->connection != connection || served->call_id != call_id ||
            !harness_served_is_open(served))
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
        if (served->running || harness_served_is_open(served))
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
