#include "rpc/server/class_path.h"

#include <string.h>

#include "rpc/server/method.h"
#include "rpc/server/parts.h"

enum { TYPES_MAX = 512 };

/* Whether another server's protocol has such a method; absent: whether there is that protocol. */
static bool has_method(const struct server *server, struct wire_bytes protocol,
                       struct wire_bytes method, const char *types)
{
    const struct server_config *config = &server->config;

    return config->has_method != NULL &&
           config->has_method(config->has_method_owner, protocol, method, types);
}

/* All that are another server's protocols extend VersionedProtocol. */
static bool is_protocol(const struct server *server, struct wire_bytes name)
{
    return wire_is(name, SERVER_VERSIONED_PROTOCOL) || has_method(server, name, WIRE_ABSENT, NULL);
}

enum server_class server_class_find(const struct server *server, struct wire_bytes name)
{
    enum writable_kind kind;
    const struct writable_class *class;

    if (is_protocol(server, name))
        return SERVER_CLASS_INTERFACE;
    if (!writable_types_declared(server->config.types, &name, &kind, &class) ||
        kind <= WRITABLE_DOUBLE || kind == WRITABLE_NULL) /* Class.forName finds no primitives */
        return SERVER_CLASS_NONE;
    return class != NULL && class->kind == WRITABLE_ABSTRACT ? SERVER_CLASS_INTERFACE
                                                             : SERVER_CLASS_OTHER;
}

static bool asks_version(const struct server_call *call, const char *types)
{
    return wire_is(call->method, "getProtocolVersion") &&
           strcmp(types, "java.lang.String,long") == 0;
}

server_method_fn *server_class_method(struct server_call *call, void **owner,
                                      enum rpc_status *answered)
{
    const struct server *server = call->server;
    const struct server_protocol *own = server->protocols;
    struct wire_bytes name = call->connection->protocol;
    server_method_fn *method = NULL;
    char types[TYPES_MAX], problem[WIRE_PROBLEM_MAX];

    writable_signature(server->config.types, call->body, types, sizeof(types), problem);
    if (asks_version(call, types) && is_protocol(server, name) && server->protocol_count > 0) {
        *owner = own->owner;
        method = own->find_typed != NULL ? own->find_typed(own, call, types, sizeof(types))
                                         : own->find(own, call->method);
    }
    if (method != NULL)
        return method;
    if (has_method(server, name, call->method, types))
        *answered = server_call_throw(call, "java.lang.IllegalArgumentException",
                                      "object is not an instance of declaring class");
    else
        *answered = server_method_fail_unknown(call, name, types);
    return NULL;
}
