/*
 * What a server of releases before 2.x finds on its class path besides its own protocol.
 */
#include <string.h>

#include "harness/handles/server.h"
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
