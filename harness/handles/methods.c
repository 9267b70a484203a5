/*
 * What answers a call that arrives, a function of the script's or the test protocol; and what
 * else than its own protocol a server of releases before 2.x finds on its class path.
 */
#include <string.h>

#include "harness/handles/served.h"
#include "harness/message/types.h"

/* False: it is too long for a name, or has a NUL in it. */
static bool copy_name(char *name, size_t size, struct wire_bytes bytes)
{
    if (bytes.length >= size || memchr(bytes.data, '\0', bytes.length) != NULL)
        return false;
    memcpy(name, bytes.data, bytes.length);
    name[bytes.length] = '\0';
    return true;
}

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
    if (found == NULL || !copy_name(name, sizeof(name), method))
        return versioned ? harness_serve_version : NULL;
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

bool harness_has_method(void *owner, struct wire_bytes protocol, struct wire_bytes method,
                        const char *types)
{
    const struct harness *harness = owner;
    char interface[HARNESS_PROTOCOL_MAX], name[HARNESS_METHOD_MAX];
    if (!copy_name(interface, sizeof(interface), protocol))
        return false;
    if (method.data == NULL)
        return harness_signature_of(harness->types, interface, NULL) != NULL;
    return copy_name(name, sizeof(name), method) &&
           harness_signature_exact(harness->types, interface, name, types) != NULL;
}
