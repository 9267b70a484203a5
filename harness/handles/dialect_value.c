#include "harness/handles/dialect_value.h"

#include <string.h>

#include <lauxlib.h>

#include "harness/handles/handles.h"
#include "harness/lua/options.h"
#include "harness/message/value.h"

enum { TYPES_MAX = 255, SIGNATURE_MAX = 4096 };

/* --- to bytes --- */

/* What is being encoded. */
struct job {
    struct harness_method method;
    bool is_answer;
    struct wire_buffer out;
};

/* The job, the value. */
static int encode_value(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    if (job->is_answer)
        harness_answer_encode(L, 2, &job->method, &job->out);
    else
        harness_request_encode(L, 2, &job->method, &job->out);
    return 0;
}

/* The job, then a type and a value for each. */
static int encode_objects(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    const struct harness_manner manner =
        job->is_answer ? harness_answer_manner(&job->method) : harness_request_manner(&job->method);
    int last = lua_gettop(L);
    for (int at = 2; at < last; at += 2) {
        if (lua_type(L, at) != LUA_TSTRING)
            luaL_error(L, "the name of a Java type expected, got %s", luaL_typename(L, at));
        harness_value_encode_object(L, at + 1, &manner, lua_tostring(L, at), &job->out);
    }
    return 0;
}

/* Run it with the `count` values on top; the job's bytes are pushed.  An error leaves no memory
 * behind. */
static struct wire_bytes run(lua_State *L, lua_CFunction encode, struct job *job, int count)
{
    size_t length;
    lua_pushcfunction(L, encode);
    lua_pushlightuserdata(L, job);
    lua_rotate(L, -count - 2, 2);
    if (lua_pcall(L, count + 1, 0, 0) != LUA_OK) {
        wire_buffer_release(&job->out);
        lua_error(L);
    }
    lua_pushlstring(L, job->out.length == 0 ? "" : (const char *)job->out.data, job->out.length);
    wire_buffer_release(&job->out);
    const char *bytes = lua_tolstring(L, -1, &length);
    return (struct wire_bytes){(const uint8_t *)bytes, length};
}

/* The values are of the types in the list at `types`. */
static struct wire_bytes encode_typed(lua_State *L, const struct harness_method *method, int types,
                                      int values)
{
    struct job job = {.method = *method};
    lua_Integer count = (lua_Integer)lua_rawlen(L, types);
    if (count > TYPES_MAX)
        luaL_error(L, "types: at most %d", TYPES_MAX);
    luaL_checkstack(L, 2 * (int)count + 8, "too many values");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, types, i);
        if (lua_istable(L, values))
            lua_rawgeti(L, values, i);
        else
            lua_pushnil(L);
    }
    if (writable_put_number(&job.out, WRITABLE_INT, count) != RPC_OK)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    return run(L, encode_objects, &job, 2 * (int)count);
}

struct wire_bytes harness_dialect_request(lua_State *L, int index, const char *protocol,
                                          bool writables, const char *method)
{
    struct job job = {.method = harness_method_of(harness_of(L), protocol, writables, method)};
    luaL_checkstack(L, 8, "too many values");
    if (job.method.request == NULL && harness_option_push(L, index, "types") == LUA_TTABLE) {
        int types = lua_gettop(L);
        harness_option_push(L, index, "value");
        return encode_typed(L, &job.method, types, types + 1);
    }
    harness_option_push(L, index, "value");
    return run(L, encode_value, &job, 1);
}

struct wire_bytes harness_dialect_response(lua_State *L, int index, const char *protocol,
                                           bool writables, const char *method)
{
    struct job job = {.method = harness_method_of(harness_of(L), protocol, writables, method),
                      .is_answer = true};
    luaL_checkstack(L, 8, "too many values");
    if (job.method.request == NULL && harness_option_push(L, index, "type") == LUA_TSTRING) {
        harness_option_push(L, index, "value");
        return run(L, encode_objects, &job, 2);
    }
    harness_option_push(L, index, "value");
    return run(L, encode_value, &job, 1);
}

/* --- from bytes --- */

/* A value of `size` bytes that is pushed, or the bytes: then all are the value's. */
static size_t set_value(lua_State *L, enum rpc_status decoded, struct wire_bytes body, size_t size)
{
    if (decoded != RPC_OK)
        lua_pushlstring(L, body.length == 0 ? "" : (const char *)body.data, body.length);
    lua_setfield(L, -2, "value");
    return decoded == RPC_OK ? size : body.length;
}

/* The declared types of the parameters as a list. */
static void set_types(lua_State *L, struct wire_bytes body)
{
    char text[SIGNATURE_MAX], problem[WIRE_PROBLEM_MAX];
    const struct writable_types *classes = harness_writable_types(harness_of(L));
    if (writable_signature(classes, body, text, sizeof(text), problem) != RPC_OK)
        return;
    lua_newtable(L);
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, ",");
        lua_pushlstring(L, at, length);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        at += length + (at[length] == ',');
    }
    lua_setfield(L, -2, "types");
}

size_t harness_dialect_set_request(lua_State *L, const char *protocol, bool writables,
                                   const char *method, struct wire_bytes body)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t size;
    const struct harness_method known =
        harness_method_of(harness_of(L), protocol, writables, method);
    luaL_checkstack(L, 8, "too many values");
    enum rpc_status decoded = harness_request_decode(L, &known, body, &size, problem);
    size = set_value(L, decoded, body, size);
    if (known.request == NULL)
        set_types(L, body);
    return size;
}

size_t harness_dialect_set_response(lua_State *L, const char *protocol, bool writables,
                                    const char *method, struct wire_bytes body)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t size;
    const struct harness_method known =
        harness_method_of(harness_of(L), protocol, writables, method);
    luaL_checkstack(L, 8, "too many values");
    enum rpc_status decoded = harness_answer_decode(L, &known, body, &size, problem);
    return set_value(L, decoded, body, size);
}
