#include "harness/message/message.h"

#include <string.h>

#include <lauxlib.h>

static int release_pool(lua_State *L)
{
    schema_pool_release(lua_touserdata(L, 1));
    return 0;
}

struct schema_pool *harness_message_pool(lua_State *L)
{
    static const char metatable;
    struct schema_pool *pool = lua_newuserdatauv(L, sizeof(*pool), 0);
    schema_pool_init(pool, SCHEMA_BUDGET);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, release_pool);
        lua_setfield(L, -2, "__gc");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable);
    }
    lua_setmetatable(L, -2);
    return pool;
}

enum rpc_status harness_message_decode(lua_State *L, const ProtobufCMessageDescriptor *descriptor,
                                       struct wire_bytes bytes, char *problem)
{
    ProtobufCMessage *message;
    luaL_checkstack(L, 8, "too many values");
    struct schema_pool *pool = harness_message_pool(L);
    enum rpc_status status = schema_decode(descriptor, bytes, pool, &message, problem);
    if (status == RPC_OK)
        harness_message_push(L, message);
    schema_pool_release(pool);
    lua_remove(L, status == RPC_OK ? -2 : -1);
    return status;
}

struct attempt {
    const ProtobufCMessageDescriptor *descriptor;
    struct schema_pool *pool;
    ProtobufCMessage *message;
};

/* Protected: build what stands behind the light userdata. */
static int try_build(lua_State *L)
{
    struct attempt *attempt = lua_touserdata(L, 1);
    attempt->message = harness_message_build(L, 2, attempt->descriptor, attempt->pool);
    return 0;
}

void harness_message_encode(lua_State *L, int index, const ProtobufCMessageDescriptor *descriptor,
                            struct wire_buffer *out)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, "too many values");
    struct schema_pool *pool = harness_message_pool(L);
    struct attempt attempt = {.descriptor = descriptor, .pool = pool};
    lua_pushcfunction(L, try_build);
    lua_pushlightuserdata(L, &attempt);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        /* The collector may never see the pool: a case's Lua memory goes back as a whole. */
        schema_pool_release(pool);
        luaL_error(L, "%s", lua_tostring(L, -1));
    }
    enum rpc_status status = schema_encode(attempt.message, out);
    schema_pool_release(pool);
    lua_pop(L, 1);
    if (status != RPC_OK)
        luaL_error(L, "message %s: %s", descriptor->name, rpc_status_text(status));
}
