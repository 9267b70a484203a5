#include "rpc/server/protocols.h"

#include <stdlib.h>
#include <string.h>

#include "rpc/server/meta_info.h"
#include "rpc/server/parts.h"

/* The texts of a protocol; false when out of memory. */
static bool copy_names(struct server_protocol *protocol)
{
    const char *other = protocol->class_name;

    protocol->name = strdup(protocol->name);
    protocol->class_name = other == NULL ? NULL : strdup(other);
    return protocol->name != NULL && (other == NULL || protocol->class_name != NULL);
}

static void free_names(const struct server_protocol *protocol)
{
    free((char *)(uintptr_t)protocol->name);
    free((char *)(uintptr_t)protocol->class_name);
}

/* The one whose place `protocol` takes, or a new one at the end. */
static struct server_protocol *place_of(struct server *server,
                                        const struct server_protocol *protocol)
{
    for (size_t i = 0; i < server->protocol_count; i++) {
        struct server_protocol *known = &server->protocols[i];
        if (known->engine == protocol->engine && known->version == protocol->version &&
            strcmp(known->name, protocol->name) == 0) {
            free_names(known);
            return known;
        }
    }
    return &server->protocols[server->protocol_count++];
}

enum rpc_status server_add_protocol(struct server *server, const struct server_protocol *protocol)
{
    struct server_protocol added = *protocol;
    struct server_protocol *grown =
        realloc(server->protocols, (server->protocol_count + 1) * sizeof(*grown));
    if (grown == NULL)
        return RPC_NO_MEMORY;
    server->protocols = grown;
    if (server->release->writable_values) /* there is no other engine */
        added.engine = SERVER_WRITABLE;
    if (!copy_names(&added)) {
        free_names(&added);
        return RPC_NO_MEMORY;
    }
    *place_of(server, &added) = added;
    return RPC_OK;
}

/* The newest first: what is always there, is seldom called. */
const struct server_protocol *server_find_protocol(const struct server *server,
                                                   enum server_engine engine,
                                                   struct wire_bytes name, uint64_t version,
                                                   bool *known, uint64_t *highest)
{
    *known = false;
    *highest = 0;
    for (size_t i = server->protocol_count; i-- > 0;) {
        const struct server_protocol *protocol = &server->protocols[i];
        if (protocol->engine != engine || !wire_is(name, protocol->name))
            continue;
        if (protocol->version == version)
            return *known = true, protocol;
        if (!*known || protocol->version > *highest)
            *highest = protocol->version;
        *known = true;
    }
    return NULL;
}

/* An engine is loaded with the first protocol of its own that is added. */
bool server_has_engine(const struct server *server, int rpc_kind)
{
    bool messages = false, writables = false;

    for (size_t i = 0; i < server->protocol_count; i++) {
        const struct server_protocol *protocol = &server->protocols[i];
        writables = writables || protocol->engine == SERVER_WRITABLE;
        messages = messages || (protocol->engine == SERVER_PROTOBUF && !server_is_meta(protocol));
    }
    if (rpc_kind == WIRE_KIND_WRITABLE)
        return writables;
    return rpc_kind == WIRE_KIND_PROTOBUF && (messages || !writables);
}

void server_free_protocols(struct server *server)
{
    for (size_t i = 0; i < server->protocol_count; i++)
        free_names(&server->protocols[i]);
    free(server->protocols);
}
