/*
 * What answers a call that arrives: a function of the script's, or the test protocol.
 */
#include <string.h>

#include "harness/handles/served.h"
#include "harness/message/types.h"

server_method_fn *harness_find_method(const struct server_protocol *protocol,
                                      struct wire_bytes method)
{
    const struct harness_server_life *life = protocol->owner;
    const struct harness_served_method *served = atomic_load(&life->owner->methods);
    for (; served != NULL; served = served->next)
        if (wire_is(method, served->name))
            return harness_serve_in_lua;
    bool test = strcmp(life->owner->protocol, HARNESS_TEST_PROTOCOL) == 0;
    return test ? harness_test_method(method) : NULL;
}

/* What answers a method by its name alone, of those with these parameters. */
static server_method_fn *find_typed(const struct server_protocol *protocol,
                                    const struct server_call *call, const char *types)
{
    const struct harness_server_life *life = protocol->owner;
    const struct harness_server *server = life->owner;
    char name[HARNESS_METHOD_MAX];
    struct wire_bytes method = server_call_method(call);
    bool versioned =
        wire_is(method, "getProtocolVersion") && strcmp(types, "java.lang.String,long") == 0;
    server_method_fn *found = harness_find_method(protocol, method);
    if (found == NULL || method.length >= sizeof(name))
        return versioned ? harness_serve_version : NULL;
    memcpy(name, method.data, method.length);
    name[method.length] = '\0';
    return harness_signature_served(server->harness->types, server->protocol, name, types) != NULL
               ? found
               : NULL;
}

server_method_fn *harness_find_typed(const struct server_protocol *protocol,
                                     const struct server_call *call, char *types, size_t size)
{
    const struct harness_server_life *life = protocol->owner;
    char problem[WIRE_PROBLEM_MAX];
    if (writable_signature(harness_writable_types(life->owner->harness), server_call_body(call),
                           types, size, problem) != RPC_OK)
        return NULL; /* the Reader has seen it whole */
    return find_typed(protocol, call, types);
}
