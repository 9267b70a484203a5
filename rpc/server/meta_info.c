#include "rpc/server/meta_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server/class_path.h"
#include "rpc/server/parts.h"
#include "rpc/wire/coded.h"
#include "rpc/wire/fingerprint.h"

#define META      "org.apache.hadoop.ipc.ProtocolMetaInfoPB"
#define MESSAGE   "org.apache.hadoop.ipc.protobuf.ProtocolInfoProtos$GetProtocol"
#define NO_CLASS  "java.lang.ClassNotFoundException"
#define BAD_VALUE "java.lang.IllegalArgumentException"

enum { NAME_MAX_BYTES = 128, TEXT_MAX = 512, METHODS_MAX = 4096, FIELD_1 = 1, FIELD_2 = 2 };

/* --- requests --- */

/* Both have their fields in the same places, and all are required. */
struct request {
    struct wire_bytes protocol, kind; /* a Java class, "RPC_WRITABLE" */
};

static void throw_text(struct server_call *call, const char *class_name, const char *before,
                       struct wire_bytes text)
{
    struct wire_buffer whole = {0};

    if (wire_buffer_add(&whole, before, strlen(before)) == RPC_OK &&
        (text.length == 0 || wire_buffer_add(&whole, text.data, text.length) == RPC_OK))
        server_call_throw_text(call, class_name, (struct wire_bytes){whole.data, whole.length});
    else
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
    wire_buffer_release(&whole);
}

/* False: the call has got its exception. */
static bool read_request(struct server_call *call, bool needs_kind, struct request *request)
{
    const struct release *release = call->server->release;
    struct wire_coded_reader in = wire_coded_reader(call->body);
    struct wire_coded_field field;
    char missing[TEXT_MAX];

    *request = (struct request){WIRE_ABSENT, WIRE_ABSENT};
    while (wire_coded_next(&in, &field)) {
        if (field.key == WIRE_CODED_BYTES(FIELD_1))
            request->protocol = field.bytes;
        else if (needs_kind && field.key == WIRE_CODED_BYTES(FIELD_2))
            request->kind = field.bytes;
    }
    const bool no_protocol = request->protocol.data == NULL;
    const bool no_kind = needs_kind && request->kind.data == NULL;
    snprintf(missing, sizeof(missing), "Message missing required fields: %s%s%s",
             no_protocol ? "protocol" : "", no_protocol && no_kind ? ", " : "",
             no_kind ? "rpcKind" : "");
    if (in.problem != NULL)
        server_call_throw(call, server_decode_exception(release, in.problem), in.problem);
    else if (no_protocol || no_kind)
        server_call_throw(call, release->incomplete_request, missing);
    return in.problem == NULL && !no_protocol && !no_kind;
}

/* RPC.getProtocolName(Class.forName(name)): what the server's protocols with that interface are
 * called, or the same name.  False: there is no such class, and the call has got its exception. */
static bool find_class(struct server_call *call, struct wire_bytes *name)
{
    const struct server *server = call->server;

    for (size_t i = server->protocol_count; i-- > 0;) {
        const struct server_protocol *protocol = &server->protocols[i];
        if (wire_is(*name, server_interface(protocol))) {
            *name = wire_text(protocol->name);
            return true;
        }
    }
    if (server_class_find(server, *name) != SERVER_CLASS_NONE)
        return true;
    throw_text(call, NO_CLASS, "", *name);
    return false;
}

/* --- answers --- */

static enum rpc_status put(struct wire_buffer *out, uint32_t key, uint64_t number)
{
    uint8_t *at =
        wire_buffer_room(out, wire_coded_varint_size(key) + wire_coded_varint_size(number));

    if (at == NULL)
        return RPC_NO_MEMORY;
    at = wire_coded_write_varint(wire_coded_write_varint(at, key), number);
    out->length = (size_t)(at - out->data);
    return RPC_OK;
}

/* ProtocolSignatureProto { version = 1, methods = 2 } */
static enum rpc_status put_signature(struct wire_buffer *out,
                                     const struct server_protocol *protocol)
{
    struct wire_buffer one = {0};
    int32_t *hashes = calloc(METHODS_MAX, sizeof(*hashes));
    size_t count = protocol->fingerprints == NULL || hashes == NULL
                       ? 0
                       : protocol->fingerprints(protocol, hashes, METHODS_MAX);
    enum rpc_status status =
        hashes == NULL ? RPC_NO_MEMORY : put(&one, WIRE_CODED_NUMBER(FIELD_1), protocol->version);

    for (size_t i = 0; status == RPC_OK && i < count; i++)
        status = put(&one, WIRE_CODED_NUMBER(FIELD_2), (uint32_t)hashes[i]);
    if (status == RPC_OK)
        status = put(out, WIRE_CODED_BYTES(FIELD_1), one.length);
    if (status == RPC_OK)
        status = wire_buffer_add(out, one.data, one.length);
    wire_buffer_release(&one);
    free(hashes);
    return status;
}

static enum rpc_status put_signatures(struct wire_buffer *out, const struct server *server,
                                      enum server_engine engine, struct wire_bytes name)
{
    enum rpc_status status = RPC_OK;

    for (size_t i = 0; status == RPC_OK && i < server->protocol_count; i++)
        if (server->protocols[i].engine == engine && wire_is(name, server->protocols[i].name))
            status = put_signature(out, &server->protocols[i]);
    return status;
}

static enum server_outcome get_signature(struct server_call *call, void *owner)
{
    struct request request;
    struct wire_buffer out = {0};
    enum rpc_status status = RPC_OK;

    (void)owner;
    if (!read_request(call, true, &request))
        return SERVER_DONE;
    const bool written = wire_is(request.kind, "RPC_WRITABLE");
    const bool messages = wire_is(request.kind, "RPC_PROTOCOL_BUFFER");
    if (!written && !messages && !wire_is(request.kind, "RPC_BUILTIN")) {
        throw_text(call, BAD_VALUE, "No enum constant org.apache.hadoop.ipc.RPC.RpcKind.",
                   request.kind);
        return SERVER_DONE;
    }
    if (!find_class(call, &request.protocol))
        return SERVER_DONE;
    if (written || messages)
        status = put_signatures(&out, call->server, written ? SERVER_WRITABLE : SERVER_PROTOBUF,
                                request.protocol);
    server_call_return_made(call, status, &out);
    return SERVER_DONE;
}

/* It can't be had: for a kind that has no such protocol, and RPC_BUILTIN has none, the answer's
 * rpcKind, which is required, is not set. */
static enum server_outcome get_versions(struct server_call *call, void *owner)
{
    struct request request;
    char class_name[NAME_MAX_BYTES];

    (void)owner;
    if (!read_request(call, false, &request) || !find_class(call, &request.protocol))
        return SERVER_DONE;
    snprintf(class_name, sizeof(class_name), "%s.UninitializedMessageException",
             call->server->release->protobuf_package);
    server_call_throw(call, class_name, "Message missing required fields: rpcKind");
    return SERVER_DONE;
}

/* --- the protocol --- */

static server_method_fn *find(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol;
    if (wire_is(method, "getProtocolSignature"))
        return get_signature;
    return wire_is(method, "getProtocolVersions") ? get_versions : NULL;
}

static size_t fingerprints(const struct server_protocol *protocol, int32_t *hashes, size_t max)
{
    static const char *const both[][3] = {
        {"getProtocolVersions", MESSAGE "VersionsRequestProto", MESSAGE "VersionsResponseProto"},
        {"getProtocolSignature", MESSAGE "SignatureRequestProto", MESSAGE "SignatureResponseProto"},
    };
    const struct server *server = protocol->owner;
    size_t count = 0;
    char controller[NAME_MAX_BYTES];

    snprintf(controller, sizeof(controller), "%s.RpcController", server->release->protobuf_package);
    for (; count < sizeof(both) / sizeof(both[0]) && count < max; count++)
        hashes[count] = wire_fingerprint(both[count][0], both[count][2],
                                         (const char *const[]){controller, both[count][1]}, 2);
    return count;
}

enum rpc_status server_add_meta(struct server *server)
{
    const struct server_protocol meta = {.name = META,
                                         .version = 1,
                                         .find = find,
                                         .owner = server,
                                         .engine = SERVER_PROTOBUF,
                                         .fingerprints = fingerprints};

    return server->release->protobuf_package == NULL ? RPC_OK : server_add_protocol(server, &meta);
}

bool server_is_meta(const struct server_protocol *protocol)
{
    return protocol->find == find;
}
