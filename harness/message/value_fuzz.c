/*
 * Any bytes as values of a release's Writables in Lua, and back: what was read can be written
 * again, and then says the same.  And any text as declarations of classes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/message/types.h"
#include "harness/message/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const classes[] = {
    "org.ripcord.Anything",
    "org.apache.hadoop.hdfs.protocol.DirectoryListing",
    "org.apache.hadoop.hdfs.protocol.LocatedBlocks",
    "org.apache.hadoop.hdfs.server.protocol.DatanodeRegistration",
    "org.apache.hadoop.mapred.TaskTrackerStatus",
    "org.apache.hadoop.mapred.HeartbeatResponse",
    "org.apache.hadoop.io.ObjectWritable",
};

struct job {
    const struct writable_class *class;
    struct harness_manner manner;
    struct wire_bytes bytes;
    struct wire_buffer once, twice;
};

static int there_and_back(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    char problem[WIRE_PROBLEM_MAX];
    if (harness_value_decode(L, job->manner.classes, WRITABLE_GOAL_CLASS, job->class, job->bytes,
                             NULL, problem) != RPC_OK)
        return 0;
    harness_value_encode(L, -1, &job->manner, job->class, &job->once);
    struct wire_bytes again = {job->once.data, job->once.length};
    if (harness_value_decode(L, job->manner.classes, WRITABLE_GOAL_CLASS, job->class, again, NULL,
                             problem) != RPC_OK)
        abort();
    harness_value_encode(L, -1, &job->manner, job->class, &job->twice);
    assert(job->once.length == job->twice.length);
    assert(job->once.length == 0 || memcmp(job->once.data, job->twice.data, job->once.length) == 0);
    return 0;
}

static void declare(const uint8_t *data, size_t size)
{
    char problem[WIRE_PROBLEM_MAX];
    struct harness_types *types = harness_types_create(NULL);
    if (types != NULL && harness_types_read(types, (const char *)data, size, problem) != RPC_OK)
        assert(strlen(problem) < sizeof(problem));
    harness_types_free(types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CLASSES = sizeof(classes) / sizeof(*classes) };
    if (size < 1)
        return 0;
    if (data[0] % (CLASSES + 1) == CLASSES) {
        declare(data + 1, size - 1);
        return 0;
    }
    const struct writable_types *types = harness_shipped_types(release_by_name("1.2"));
    struct job job = {
        .class = writable_types_find(types, wire_text(classes[data[0] % (CLASSES + 1)])),
        .manner = {types, data[0] >= 128},
        .bytes = {data + 1, size - 1},
    };
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return 0;
    lua_pushcfunction(L, there_and_back);
    lua_pushlightuserdata(L, &job);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK && strstr(lua_tostring(L, -1), "nested") == NULL &&
        strstr(lua_tostring(L, -1), "cannot") == NULL && getenv("STRICT") != NULL)
        abort();
    lua_close(L);
    wire_buffer_release(&job.once);
    wire_buffer_release(&job.twice);
    return 0;
}
