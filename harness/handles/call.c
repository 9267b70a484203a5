/*
 * Calls as the script sees them: from client:call to their end.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "harness/trace/ledger.h"
#include "rpc/wire/schema_walk.h"

/* --- the ledger --- */

void harness_call_started(const struct harness_proxy *proxy, const struct client_call *given,
                          const char *method)
{
    harness_ledger_begin(proxy->client->harness,
                         &(struct harness_ledger_view){
                             .number = client_call_number(given),
                             .client = client_id(proxy->client->client),
                             .proxy = proxy->number,
                             .connection = client_call_connection(given),
                             .call_id = client_call_id(given),
                             .method = method,
                             .started_ns = client_call_started_ns(given),
                         },
                         proxy->protocol);
}

void harness_call_ended(struct harness *harness, const struct client_call *given)
{
    harness_ledger_end(harness, client_call_number(given), client_call_connection(given),
                       client_call_ended_ns(given), client_call_outcome(given));
}

/* --- making --- */

static void call_done(struct client_call *client_call, void *owner)
{
    struct harness_call *call = owner;
    struct harness_client *client = call->proxy->client;
    call->ended = true;
    client->pending--;
    harness_call_ended(client->harness, client_call);
    harness_changed(client->harness);
}

/* The caller that the option names: a caller, or a call whose caller it is. */
static struct harness_call *read_caller(lua_State *L, int index)
{
    struct harness_call *first = NULL;
    if (harness_option_push(L, index, "caller") != LUA_TNIL) {
        first = harness_test(L, -1, &harness_caller_type);
        struct harness_call *call = harness_test(L, -1, &harness_call_type);
        if (call != NULL)
            first = call->first;
        if (first == NULL)
            luaL_error(L, "caller: a caller expected, got %s", luaL_tolstring(L, -1, NULL));
    }
    lua_pop(L, 1);
    return first;
}

static int encode_request(lua_State *L)
{
    harness_request_encode(L, 1, lua_touserdata(L, 2), lua_touserdata(L, 3));
    return 0;
}

/* The request at `index`; an error is raised at the script's line, and nothing leaks. */
static void encode(lua_State *L, int index, struct harness_method *method, struct wire_buffer *body)
{
    lua_pushcfunction(L, encode_request);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, method);
    lua_pushlightuserdata(L, body);
    if (lua_pcall(L, 3, 0, 0) == LUA_OK)
        return;
    wire_buffer_release(body);
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_error(L);
}

void harness_tell_key(struct harness *harness, uint32_t call, const struct client_remote *remote)
{
    char key[256];
    if (harness->record == NULL)
        return; /* nobody reads it */
    snprintf(key, sizeof(key), "%s%s%s, rpc time-out %lld ms",
             remote->protocol != NULL ? remote->protocol : "no protocol",
             remote->user != NULL ? ", user " : "", remote->user != NULL ? remote->user : "",
             (long long)remote->rpc_timeout_ms);
    harness_call_key(harness, call, key);
}

/* What ProtobufRpcEngine does with the bytes in the caller's thread. */
static bool check_value(const void *descriptor, struct wire_bytes value, char *problem)
{
    return schema_walk(descriptor, value, NULL, NULL, problem) == RPC_OK;
}

static enum rpc_status begin(lua_State *L, struct harness_call *call, const char *method,
                             struct wire_bytes body)
{
    struct harness_proxy *proxy = call->proxy;
    struct harness_client *client = proxy->client;
    if (call->first == call)
        call->caller = client_caller_create(client->client);
    struct client_caller *caller = call->first->caller;
    if (caller == NULL)
        return RPC_NO_MEMORY;
    enum rpc_status status = client_call(client->client, &proxy->remote, method, body, caller,
                                         call_done, call, &call->call);
    if (status != RPC_OK)
        return status;
    if (call->method.response != NULL)
        client_call_check(call->call, check_value, call->method.response);
    call->older = client->calls;
    client->calls = call;
    client->pending++;
    harness_call_started(proxy, call->call, method);
    harness_tell_key(client->harness, client_call_number(call->call), &proxy->remote);
    harness_enter_call(L, client_call_number(call->call), call);
    return RPC_OK;
}

int harness_call_make(lua_State *L, struct harness_proxy *proxy)
{
    struct wire_buffer body = {0};
    lua_settop(L, 4);
    const char *method = luaL_checkstring(L, 2);
    harness_options(L, 4, "call", "caller idempotent", 0);
    harness_option_boolean(L, 4, "idempotent", false); /* a word for retry policies only */
    struct harness_call *caller = read_caller(L, 4);
    harness_proxy_check(L, proxy);
    if (caller != NULL && caller->proxy->client != proxy->client)
        return luaL_error(L, "caller: it belongs to %s", caller->proxy->client->name);

    struct harness_call *call = harness_keep(L, sizeof(*call));
    char *name = harness_keep(L, strlen(method) + 1);
    memcpy(name, method, strlen(method));
    *call =
        (struct harness_call){.proxy = proxy,
                              .first = caller == NULL ? call : caller,
                              .method = harness_method_of(proxy->client->harness, proxy->protocol,
                                                          proxy->writables, name)};
    encode(L, 3, &call->method, &body);
    enum rpc_status status = begin(L, call, name, (struct wire_bytes){body.data, body.length});
    wire_buffer_release(&body);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't call %s: %s", proxy->client->name, name,
                          rpc_status_text(status));
    harness_push(L, &harness_call_type, call);
    return 1;
}

void harness_call_free(struct harness_call *call)
{
    client_call_free(call->call);
    client_caller_free(call->caller);
    call->call = NULL;
    call->caller = NULL;
}

/* --- the caller --- */

static void describe_caller(const void *object, char *text, size_t size)
{
    const struct harness_call *call = object;
    snprintf(text, size, "the caller of call %u", client_call_number(call->call));
}

const struct harness_type harness_caller_type = {.name = "caller", .describe = describe_caller};

/* --- the handle --- */

static const struct client_outcome *outcome_of(const struct harness_call *call)
{
    return call->ended ? client_call_outcome(call->call) : NULL;
}

static int interrupt(lua_State *L)
{
    struct harness_call *call = harness_check(L, 1, &harness_call_type);
    if (!call->ended)
        client_call_interrupt(call->call);
    return 0;
}

static const luaL_Reg methods[] = {{"interrupt", interrupt}, {NULL, NULL}};

static void push_ending(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    lua_pushstring(L, client_ending_name(outcome == NULL ? CLIENT_NEVER : outcome->ending));
}

/* Decoded once, so that it is the same table each time. */
static void push_value_of(lua_State *L, void *object)
{
    struct harness_call *call = object;
    const struct client_outcome *outcome = outcome_of(call);
    char problem[WIRE_PROBLEM_MAX];
    if (outcome == NULL || outcome->ending != CLIENT_VALUE) {
        lua_pushnil(L);
        return;
    }
    harness_push(L, &harness_call_type, call);
    if (lua_getiuservalue(L, -1, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        if (harness_answer_decode(L, &call->method, outcome->value, NULL, problem) != RPC_OK)
            luaL_error(L, "the value of call %d does not decode: %s", client_call_id(call->call),
                       problem);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, -3, 1);
    }
    lua_remove(L, -2);
}

static void push_value(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    push_value_of(L, object);
}

static void push_class(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    lua_pushstring(L, outcome == NULL ? NULL : outcome->class_name);
}

static void push_message(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    lua_pushstring(L, outcome == NULL ? NULL : outcome->message);
}

static void push_stack(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    lua_pushstring(L, outcome == NULL ? NULL : outcome->stack);
}

static void push_failure(lua_State *L, const char *class_name, const char *message)
{
    lua_createtable(L, 0, 3);
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "class");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
}

/* { class, message, cause }: the local exception inside, and the one inside that. */
static void push_cause(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    if (outcome == NULL || outcome->cause_class == NULL) {
        lua_pushnil(L);
        return;
    }
    push_failure(L, outcome->cause_class, outcome->cause_message);
    if (outcome->root_class != NULL) {
        push_failure(L, outcome->root_class, outcome->root_message);
        lua_setfield(L, -2, "cause");
    }
}

static void push_code(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct client_outcome *outcome = outcome_of(object);
    if (outcome == NULL || outcome->code == 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, outcome->code);
}

static void push_started(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_ms(L, client_call_started_ns(((struct harness_call *)object)->call));
}

static void push_at(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_call *call = object;
    if (call->ended)
        harness_push_ms(L, client_call_ended_ns(call->call));
    else
        lua_pushnil(L);
}

static void push_took(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_call *call = object;
    if (call->ended)
        harness_push_ms(L, client_call_ended_ns(call->call) - client_call_started_ns(call->call));
    else
        lua_pushnil(L);
}

static void push_connection(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_connection(L, client_call_connection(((struct harness_call *)object)->call));
}

static void push_caller(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_caller_type, ((struct harness_call *)object)->first);
}

static void push_call_id(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, client_call_id(((struct harness_call *)object)->call));
}

/* The ids under which it went out; more than one only with a retry policy. */
static void push_attempts(lua_State *L, struct harness *harness, void *object)
{
    lua_createtable(L, 1, 0);
    push_call_id(L, harness, object);
    lua_rawseti(L, -2, 1);
}

/* How often a Handler of ours has begun to run it. */
static void push_executions(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_call *call = object;
    lua_pushinteger(L, harness_ledger_executions(harness, client_call_number(call->call)));
}

static void push_doing(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_call *call = object;
    lua_pushstring(L, call->ended ? "closed" : client_call_doing(call->call));
}

static const struct harness_field fields[] = {
    {"ending", push_ending},
    {"value", push_value},
    {"class", push_class},
    {"message", push_message},
    {"stack", push_stack},
    {"cause", push_cause},
    {"code", push_code},
    {"started", push_started},
    {"at", push_at},
    {"took", push_took},
    {"connection", push_connection},
    {"caller", push_caller},
    {"call_id", push_call_id},
    {"attempts", push_attempts},
    {"executions", push_executions},
    {"doing", push_doing},
    {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    const struct harness_call *call = object;
    snprintf(text, size, "call %u (%s)", client_call_number(call->call), call->method.name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    const struct harness_call *call = object;
    uint32_t connection = client_call_connection(call->call);
    aim->client = client_id(call->proxy->client->client);
    aim->has_call = true;
    aim->call_id = client_call_id(call->call);
    if (connection != 0)
        aim->connection = connection;
}

static void view_call(const void *object, struct harness_call_view *view)
{
    const struct harness_call *call = object;
    const struct client_outcome *outcome = outcome_of(call);
    *view = (struct harness_call_view){
        .ended = call->ended,
        .ending = client_ending_name(outcome == NULL ? CLIENT_NEVER : outcome->ending),
        .started_ns = client_call_started_ns(call->call),
        .ended_ns = client_call_ended_ns(call->call),
        .doing = call->ended ? "closed" : client_call_doing(call->call),
        .connection = client_call_connection(call->call),
        .client = client_id(call->proxy->client->client),
        .call_id = client_call_id(call->call),
        .number = client_call_number(call->call),
        .method = call->method.name,
        .settings = &call->proxy->client->settings,
        .rpc_timeout_ms = call->proxy->remote.rpc_timeout_ms,
    };
    if (outcome != NULL) {
        view->class_name = outcome->class_name;
        view->message = outcome->message;
        view->cause_class = outcome->cause_class;
    }
}

bool harness_call_by_number(struct harness *harness, uint32_t number,
                            struct harness_call_view *view)
{
    if (harness->handles == NULL)
        return false;
    for (struct harness_client *client = harness->handles->clients; client != NULL;
         client = client->next)
        for (struct harness_call *call = client->calls; call != NULL; call = call->older)
            if (client_call_number(call->call) == number) {
                view_call(call, view);
                return true;
            }
    return false;
}

const struct harness_type harness_call_type = {.name = "call",
                                               .methods = methods,
                                               .fields = fields,
                                               .describe = describe,
                                               .aim = aim,
                                               .call = view_call,
                                               .push_value = push_value_of};
