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

/* An engine is loaded with the first protocol of its own that is added. */
static void load_engine(struct server *server, const struct server_protocol *protocol)
{
    if (protocol->engine == SERVER_WRITABLE)
        server->has_writables = true;
    else if (!server_is_meta(protocol))
        server->has_messages = true;
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
    load_engine(server, &added);
    return RPC_OK;
}

/* The newest first: what is always there, is seldom called. */
const struct server_protocol *server_find_protocol(const struct server *server,
                                                   enum server_engine engine,
                                                   struct wire_bytes name, uint64_t version)
{
    for (size_t i = server->protocol_count; i-- > 0;) {
        const struct server_protocol *protocol = &server->protocols[i];
        if (protocol->engine == engine && protocol->version == version &&
            wire_is(name, protocol->name))
            return protocol;
    }
    return NULL;
}

const struct server_protocol *server_highest_protocol(const struct server *server,
                                                      enum server_engine engine,
                                                      struct wire_bytes name)
{
    const struct server_protocol *highest = NULL;

    for (size_t i = 0; i < server->protocol_count; i++) {
        const struct server_protocol *protocol = &server->protocols[i];
        if (protocol->engine == engine && wire_is(name, protocol->name) &&
            (highest == NULL || protocol->version > highest->version))
            highest = protocol;
    }
    return highest;
}

bool server_has_engine(const struct server *server, int rpc_kind)
{
    if (rpc_kind == WIRE_KIND_WRITABLE)
        return server->has_writables;
    return rpc_kind == WIRE_KIND_PROTOBUF && (server->has_messages || !server->has_writables);
}

void server_free_protocols(struct server *server)
{
    for (size_t i = 0; i < server->protocol_count; i++)
        free_names(&server->protocols[i]);
    free(server->protocols);
}
