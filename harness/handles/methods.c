/*
 * What answers a call that arrives, a function of the script's or the test protocol; and what
 * else than its own protocol a server of releases before 2.x finds on its class path.
 */
#include <stdio.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/handles/spoken.h"
#include "harness/message/types.h"
#include "rpc/wire/fingerprint.h"

/* False: it is too long for a name, or has a NUL in it. */
static bool copy_name(char *name, size_t size, struct wire_bytes bytes)
{
    if (bytes.length >= size || memchr(bytes.data, '\0', bytes.length) != NULL)
        return false;
    memcpy(name, bytes.data, bytes.length);
    name[bytes.length] = '\0';
    return true;
}

static const struct harness_spoken *spoken_of(const struct server_protocol *protocol)
{
    return ((const struct harness_speaker *)protocol->owner)->spoken;
}

server_method_fn *harness_find_method(const struct server_protocol *protocol,
                                      struct wire_bytes method)
{
    const struct harness_spoken *spoken = spoken_of(protocol);
    const struct harness_served_method *served = atomic_load(&spoken->methods);
    for (; served != NULL; served = served->next)
        if (wire_is(method, served->name))
            return harness_serve_in_lua;
    bool test = strcmp(spoken->name, HARNESS_TEST_PROTOCOL) == 0;
    return test ? harness_test_method(method) : NULL;
}

/* What answers a method by its name alone, of those with these parameters. */
static server_method_fn *find_typed(const struct server_protocol *protocol,
                                    const struct server_call *call, const char *types)
{
    const struct harness_spoken *spoken = spoken_of(protocol);
    const struct harness *harness = spoken->server->harness;
    char name[HARNESS_METHOD_MAX];
    struct wire_bytes method = server_call_method(call);
    server_method_fn *found = harness_find_method(protocol, method);
    if (found == NULL || !copy_name(name, sizeof(name), method))
        return harness_versioned_method(harness, method, types);
    return harness_signature_served(harness->types, spoken->name, name, types) != NULL ? found
                                                                                       : NULL;
}

server_method_fn *harness_find_typed(const struct server_protocol *protocol,
                                     const struct server_call *call, char *types, size_t size)
{
    const struct harness *harness = spoken_of(protocol)->server->harness;
    char problem[WIRE_PROBLEM_MAX];
    if (writable_signature(harness_writable_types(harness), server_call_body(call), types, size,
                           problem) != RPC_OK)
        return NULL; /* the Reader has seen it whole */
    return find_typed(protocol, call, types);
}

/* Those of a protobuf service: NAME(RpcController, REQUEST) of the interface that protoc makes. */
static size_t list_messages(const struct schema_service *service, const char *package,
                            int32_t *hashes, size_t max)
{
    char controller[HARNESS_PROTOCOL_MAX];
    size_t count = 0;
    snprintf(controller, sizeof(controller), "%s.RpcController", package);
    for (; service != NULL && count < service->method_count && count < max; count++) {
        const struct schema_method *method = &service->methods[count];
        hashes[count] =
            wire_fingerprint(method->name, method->response->c_name,
                             (const char *const[]){controller, method->request->c_name}, 2);
    }
    return count;
}

size_t harness_list_fingerprints(const struct server_protocol *protocol, int32_t *hashes,
                                 size_t max)
{
    const struct harness_spoken *spoken = spoken_of(protocol);
    const struct harness *harness = spoken->server->harness;
    if (spoken->writables)
        return harness_types_fingerprints(harness->types, spoken->name, hashes, max);
    return list_messages(harness_service(spoken->name), harness->release->protobuf_package, hashes,
                         max);
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
