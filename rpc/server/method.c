#include "rpc/server/method.h"

#include <stdarg.h>
#include <stdio.h>

#include "rpc/server/class_path.h"
#include "rpc/server/parts.h"

enum { TEXT_MAX = 1024, WRITABLE_RPC_VERSION = 2 };

#define NO_PROTOCOL_PB "org.apache.hadoop.ipc.RpcNoSuchProtocolException"
#define NO_METHOD_PB   "org.apache.hadoop.ipc.RpcNoSuchMethodException"
#define MISMATCH       "org.apache.hadoop.ipc.RPC$VersionMismatch"

static enum rpc_status fail(struct server_call *call, const char *class_name, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

static enum rpc_status fail(struct server_call *call, const char *class_name, const char *format,
                            ...)
{
    char text[TEXT_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    return server_call_throw(call, class_name, text);
}

static const char *or_null(struct wire_bytes text)
{
    return text.data != NULL ? (const char *)text.data : "null";
}

/* The protocol of that name and version; NULL: the error is told. */
static const struct server_protocol *find_version(struct server_call *call, const char *unknown,
                                                  enum rpc_status *answered)
{
    enum server_engine engine = call->writable ? SERVER_WRITABLE : SERVER_PROTOBUF;
    const struct server_protocol *protocol =
        server_find_protocol(call->server, engine, call->protocol, call->protocol_version);

    if (protocol != NULL)
        return protocol;
    const struct server_protocol *highest =
        server_highest_protocol(call->server, engine, call->protocol);
    if (highest == NULL)
        *answered = fail(call, unknown, "Unknown protocol: %s", or_null(call->protocol));
    else
        *answered =
            fail(call, MISMATCH, "Protocol %s version mismatch. (client = %lld, server = %lld)",
                 or_null(call->protocol), (long long)call->protocol_version,
                 (long long)highest->version);
    return NULL;
}

static server_method_fn *find_protobuf(struct server_call *call, void **owner,
                                       enum rpc_status *answered)
{
    const struct server_protocol *protocol = find_version(call, NO_PROTOCOL_PB, answered);

    if (protocol == NULL)
        return NULL;
    server_method_fn *method = protocol->find(protocol, call->method);
    *owner = protocol->owner;
    if (method == NULL)
        *answered = fail(call, NO_METHOD_PB, "Unknown method %s called on %s protocol.",
                         server_call_method_text(call), or_null(call->connection->protocol));
    return method;
}

/* --- Writables --- */

/* The highest version of the connection's protocol: who asks for a version, and all calls before
 * 2.x, mean that one. */
static const struct server_protocol *find_highest(const struct server_call *call)
{
    return server_highest_protocol(call->server, SERVER_WRITABLE, call->connection->protocol);
}

static const struct server_protocol *find_written(struct server_call *call,
                                                  enum rpc_status *answered)
{
    const struct server_protocol *protocol;

    if (!call->names_protocol) {
        protocol = find_highest(call);
        if (call->protocol.data == NULL) /* there is no class to look in */
            *answered = server_call_throw(call, "java.lang.NullPointerException", NULL);
        return protocol;
    }
    if (call->writable_version != WRITABLE_RPC_VERSION) {
        *answered = fail(call, SERVER_RSE,
                         "WritableRpc version mismatch, client side version=%lld, "
                         "server side version=%d",
                         (long long)call->writable_version, WRITABLE_RPC_VERSION);
        return NULL;
    }
    if (!wire_is(call->protocol, SERVER_VERSIONED_PROTOCOL))
        return find_version(call, SERVER_RSE, answered);
    protocol = find_highest(call);
    if (protocol == NULL)
        *answered =
            fail(call, SERVER_RSE, "Unknown protocol: %s", or_null(call->connection->protocol));
    return protocol;
}

/* Of a name that a peer may have sent with NUL in it. */
enum rpc_status server_method_fail_unknown(struct server_call *call, struct wire_bytes class,
                                           const char *types)
{
    const struct wire_bytes parts[] = {class,          wire_text("."),   call->method,
                                       wire_text("("), wire_text(types), wire_text(")")};
    struct wire_buffer text = {0};
    enum rpc_status status = RPC_OK;

    for (size_t i = 0; status == RPC_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].length > 0)
            status = wire_buffer_add(&text, parts[i].data, parts[i].length);
    if (status == RPC_OK)
        status = server_call_throw_text(call, "java.lang.NoSuchMethodException",
                                        (struct wire_bytes){text.data, text.length});
    wire_buffer_release(&text);
    return status;
}

/* Method.invoke; false: the error is told. */
static bool takes_arguments(struct server_call *call, enum rpc_status *answered)
{
    if (call->fit != WRITABLE_FITS)
        *answered =
            server_call_throw(call, "java.lang.IllegalArgumentException",
                              call->fit == WRITABLE_OTHER_TYPE ? "argument type mismatch" : NULL);
    return call->fit == WRITABLE_FITS;
}

static server_method_fn *find_writable(struct server_call *call, void **owner,
                                       enum rpc_status *answered)
{
    const struct server_protocol *protocol = find_written(call, answered);
    char types[TEXT_MAX / 2] = "";

    if (protocol == NULL && !call->names_protocol && call->protocol.data != NULL)
        return server_class_method(call, owner, answered);
    if (protocol == NULL)
        return NULL;
    *owner = protocol->owner;
    server_method_fn *method = protocol->find_typed != NULL
                                   ? protocol->find_typed(protocol, call, types, sizeof(types))
                                   : protocol->find(protocol, call->method);
    if (method == NULL)
        *answered = server_method_fail_unknown(call, wire_text(server_interface(protocol)), types);
    return method != NULL && takes_arguments(call, answered) ? method : NULL;
}

server_method_fn *server_method_find(struct server_call *call, void **owner,
                                     enum rpc_status *answered)
{
    return call->writable ? find_writable(call, owner, answered)
                          : find_protobuf(call, owner, answered);
}
