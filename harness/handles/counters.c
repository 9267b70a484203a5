/*
 * What a server has counted.
 */
#include <stdio.h>

#include "harness/handles/server.h"

#define COUNTERS(X)                                                                                \
    X(accepted)                                                                                    \
    X(open_connections)                                                                            \
    X(dropped_connections)                                                                         \
    X(call_queue_length)                                                                           \
    X(executions)                                                                                  \
    X(skipped)                                                                                     \
    X(output_errors)                                                                               \
    X(purged)                                                                                      \
    X(idle_closed)                                                                                 \
    X(authentication_failures)                                                                     \
    X(authorization_failures)                                                                      \
    X(slow_calls)                                                                                  \
    X(backoffs)                                                                                    \
    X(cache_hits)

#define X(name)                                                                                    \
    static void push_##name(lua_State *L, struct harness *harness, void *object)                   \
    {                                                                                              \
        (void)harness;                                                                             \
        struct server_counters counters;                                                           \
        server_counters(harness_server_now(object), &counters);                                    \
        lua_pushinteger(L, (lua_Integer)counters.name);                                            \
    }
COUNTERS(X)
#undef X

static const struct harness_field counter_fields[] = {
#define X(name) {#name, push_##name},
    COUNTERS(X)
#undef X
        {NULL, NULL},
};

static void describe_counters(const void *object, char *text, size_t size)
{
    snprintf(text, size, "counters of %s", ((const struct harness_server *)object)->name);
}

const struct harness_type harness_counters_type = {
    .name = "counters", .fields = counter_fields, .describe = describe_counters};
