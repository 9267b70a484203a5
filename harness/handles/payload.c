/*
 * What the faults `change` and `inject` get from a script.
 */
#include "harness/handles/payload.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/handles/dialect_value.h"
#include "harness/handles/handles.h"
#include "harness/lua/order.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/tap/tap.h"
#include "harness/trace/ledger.h"

/* A value of a field that lives as long as the case. */
static struct wire_value keep_value(lua_State *L, int index, const char *name)
{
    size_t length;
    int whole;
    switch (lua_type(L, index)) {
    case LUA_TNUMBER: {
        lua_Integer number = lua_tointegerx(L, index, &whole);
        if (!whole)
            luaL_error(L, "%s: a whole number expected", name);
        return wire_number(number);
    }
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &length);
        uint8_t *copy = harness_keep(L, length + 1);
        memcpy(copy, text, length);
        return wire_value((struct wire_bytes){copy, length});
    }
    case LUA_TBOOLEAN:
        if (!lua_toboolean(L, index))
            return (struct wire_value){.type = WIRE_VALUE_ABSENT};
        break;
    default:
        break;
    }
    luaL_error(L, "%s: a number, a string or false (absent) expected%s, got %s", name,
               strcmp(name, "value") == 0 ? ", or a table" : "", luaL_typename(L, index));
    return (struct wire_value){.type = WIRE_VALUE_ABSENT};
}

/* The codec's name of a field of our tables. */
static const char *codec_name(const char *name)
{
    static const char *const names[][2] = {
        {"call_id", "call"}, {"rpc_kind", "kind"}, {"rpc_op", "op"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i][0], name) == 0)
            return names[i][1];
    return name;
}

/* Of some kind of message. */
static void check_field(lua_State *L, const char *name, struct wire_value value)
{
    const struct wire_codec *codec = wire_codec((int)harness_of(L)->release->ipc_version);
    bool known = false;
    for (unsigned kind = 0; kind <= WIRE_HTTP; kind++) {
        struct wire_message message = codec->message((enum wire_kind)kind);
        enum rpc_status status = wire_field_set(&message, name, value);
        if (status == RPC_OK)
            return;
        known |= status != RPC_UNKNOWN_NAME;
    }
    luaL_error(L, known ? "%s: no message can have %s there" : "no message has a field '%s'", name,
               harness_show_given(L, -1));
}

/* --- a value for each message --- */

/* The table of fields whose `value` is a table: a reference. */
struct given {
    struct harness *harness;
    int fields;
    const char *file; /* where the fault is armed */
    int line;
};

/* The bytes that it has for a message: what the script's thread is asked. */
struct making {
    struct world_task task;
    const struct given *given;
    const struct wire_message *message;
    struct harness_carried call;
    struct wire_buffer *made;
    bool well;
};

/* Protected: the making. */
static int encode_value(lua_State *L)
{
    const struct making *making = lua_touserdata(L, 1);
    const struct wire_message *message = making->message;
    const struct wire_codec *codec = wire_codec((int)harness_of(L)->release->ipc_version);
    bool writables = !codec->protobuf_headers || message->rpc_kind == WIRE_KIND_WRITABLE;
    lua_rawgeti(L, LUA_REGISTRYINDEX, making->given->fields);
    struct wire_bytes bytes =
        message->kind == WIRE_REQUEST
            ? harness_dialect_request(L, 2, making->call.protocol, writables, making->call.method)
            : harness_dialect_response(L, 2, making->call.protocol, writables, making->call.method);
    if (wire_buffer_add(making->made, bytes.data, bytes.length) != RPC_OK)
        return luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    return 0;
}

static void run_making(struct world_task *task)
{
    struct making *making = world_container(task, struct making, task);
    const struct given *given = making->given;
    lua_State *judge = harness_judge_state(given->harness);
    int top = lua_gettop(judge);
    lua_pushcfunction(judge, encode_value);
    lua_pushlightuserdata(judge, making);
    given->harness->judging++;
    making->well = lua_pcall(judge, 1, 0, 0) == LUA_OK;
    given->harness->judging--;
    if (!making->well)
        harness_broken(given->harness, "%s:%d: value: %s", given->file, given->line,
                       harness_push_text(judge, -1));
    lua_settop(judge, top);
}

/* What a changed request says its method is, else what the call's is. */
static bool make_value(void *owner, const struct world_stream *stream,
                       const struct wire_message *message, struct wire_buffer *made)
{
    const struct given *given = owner;
    struct making making = {
        .task.run = run_making, .given = given, .message = message, .made = made};
    char method[HARNESS_DIALECT_TEXT_MAX];
    harness_lock(given->harness);
    making.call =
        harness_ledger_carried(given->harness->ledger, stream->connection, message->call_id);
    harness_unlock(given->harness);
    if (message->kind == WIRE_REQUEST) {
        snprintf(method, sizeof(method), "%.*s", (int)message->method.length,
                 (const char *)message->method.data);
        making.call.method = method;
    }
    if (making.call.protocol == NULL)
        making.call.protocol = HARNESS_TEST_PROTOCOL;
    if (making.call.method == NULL)
        making.call.method = "";
    world_ask(given->harness->world, &making.task);
    return making.well;
}

static void take_value(lua_State *L, int index, struct harness_tap_change *change)
{
    struct given *given = harness_keep(L, sizeof(*given));
    lua_pushvalue(L, index);
    *given = (struct given){.harness = harness_of(L), .fields = luaL_ref(L, LUA_REGISTRYINDEX)};
    given->file = harness_keep_place(L, &given->line);
    change->make_value = make_value;
    change->owner = given;
}

/* --- payloads --- */

static const void *make_change(lua_State *L, int index)
{
    harness_keys(L, index);
    int keys = lua_gettop(L);
    size_t count = (size_t)lua_rawlen(L, keys);
    struct harness_tap_change *change = harness_keep(L, sizeof(*change));
    struct harness_tap_field *fields = harness_keep(L, (count + 1) * sizeof(*fields));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, keys, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "fields: names of fields expected as keys");
        const char *name = codec_name(lua_tostring(L, -1));
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        if (strcmp(name, "cut") == 0) {
            change->has_cut = true;
            change->cut = (size_t)luaL_checkinteger(L, -1);
        } else if (strcmp(name, "value") == 0 && lua_istable(L, -1)) {
            take_value(L, index, change);
        } else if (strcmp(name, "type") != 0 && strcmp(name, "types") != 0) { /* the value's */
            char *copy = harness_keep(L, strlen(name) + 1);
            memcpy(copy, name, strlen(name));
            struct harness_tap_field field = {copy, keep_value(L, lua_gettop(L), copy)};
            check_field(L, copy, field.value);
            fields[change->count++] = field;
        }
        lua_pop(L, 2);
    }
    change->fields = fields;
    return change;
}

static int encode(lua_State *L)
{
    harness_dialect_encode(L, 1, lua_touserdata(L, 2), lua_touserdata(L, 3));
    return 0;
}

static const void *make_inject(lua_State *L, int index)
{
    struct wire_buffer bytes = {0};
    struct harness_tap_inject *inject = harness_keep(L, sizeof(*inject));
    struct harness_dialect *dialect = harness_keep(L, sizeof(*dialect));
    *dialect =
        (struct harness_dialect){.codec = wire_codec((int)harness_of(L)->release->ipc_version),
                                 .writables = harness_writes(harness_of(L), HARNESS_TEST_PROTOCOL),
                                 .protocol = HARNESS_TEST_PROTOCOL,
                                 .user = "ripcord",
                                 .protocol_version = 1};
    lua_pushcfunction(L, encode);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, dialect);
    lua_pushlightuserdata(L, &bytes);
    bool well = lua_pcall(L, 3, 0, 0) == LUA_OK;
    wire_kinds_release(&dialect->kinds);
    if (!well) {
        wire_buffer_release(&bytes);
        lua_error(L);
    }
    uint8_t *copy = harness_allocate(harness_of(L), bytes.length + 1);
    if (copy != NULL && bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    size_t length = bytes.length;
    wire_buffer_release(&bytes);
    if (copy == NULL)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    inject->bytes = (struct wire_bytes){copy, length};
    return inject;
}

const void *harness_fault_payload(lua_State *L, int index, enum point_effect effect)
{
    luaL_checkstack(L, 16, "too many values");
    if (effect == EFFECT_CHANGE && lua_istable(L, index))
        return make_change(L, index);
    if (effect == EFFECT_INJECT && (lua_istable(L, index) || lua_type(L, index) == LUA_TSTRING))
        return make_inject(L, index);
    return NULL;
}
