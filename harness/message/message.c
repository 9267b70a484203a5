#include "harness/message/message.h"

#include <string.h>

#include <lauxlib.h>

/* Protected, so that no error leaves an arena behind: push the message of the light userdata. */
static int try_push(lua_State *L)
{
    harness_message_push(L, lua_touserdata(L, 1));
    return 1;
}

enum rpc_status harness_message_decode(lua_State *L, const ProtobufCMessageDescriptor *descriptor,
                                       struct wire_bytes bytes, char *problem)
{
    struct arena arena = {.budget = WIRE_DECODED_MAX};
    ProtobufCMessage *message;
    int pushed = LUA_OK;
    luaL_checkstack(L, 8, "too many values");
    enum rpc_status status = schema_decode(descriptor, bytes, &arena, &message, problem);
    if (status == RPC_OK) {
        lua_pushcfunction(L, try_push);
        lua_pushlightuserdata(L, message);
        pushed = lua_pcall(L, 1, 1, 0);
    }
    arena_release(&arena);
    if (pushed != LUA_OK)
        lua_error(L);
    return status;
}

struct attempt {
    const ProtobufCMessageDescriptor *descriptor;
    struct arena *arena;
    ProtobufCMessage *message;
};

/* The same: build what stands behind the light userdata. */
static int try_build(lua_State *L)
{
    struct attempt *attempt = lua_touserdata(L, 1);
    attempt->message = harness_message_build(L, 2, attempt->descriptor, attempt->arena);
    return 0;
}

void harness_message_encode(lua_State *L, int index, const ProtobufCMessageDescriptor *descriptor,
                            struct wire_buffer *out)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, "too many values");
    struct arena arena = {.budget = WIRE_DECODED_MAX};
    struct attempt attempt = {.descriptor = descriptor, .arena = &arena};
    lua_pushcfunction(L, try_build);
    lua_pushlightuserdata(L, &attempt);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        arena_release(&arena);
        luaL_error(L, "%s", lua_tostring(L, -1));
    }
    enum rpc_status status = schema_encode(attempt.message, out);
    arena_release(&arena);
    if (status != RPC_OK)
        luaL_error(L, "message %s: %s", descriptor->name, rpc_status_text(status));
}
