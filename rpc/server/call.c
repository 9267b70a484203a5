#include "rpc/server/call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server/parts.h"

enum {
    SPARE_MAX = 256,         /* calls kept for later */
    BUFFER_KEPT_MAX = 10240, /* Server.java, INITIAL_RESP_BUF_SIZE */
};

struct server_call *server_call_create(struct server *server)
{
    struct server_call *call = STAILQ_FIRST(&server->spare_calls);
    if (call != NULL) {
        STAILQ_REMOVE_HEAD(&server->spare_calls, next);
        server->spare_count--;
        return call;
    }
    call = calloc(1, sizeof(*call));
    if (call == NULL)
        return NULL;
    call->server = server;
    TAILQ_INSERT_TAIL(&server->calls, call, all);
    return call;
}

void server_call_begin(struct server_call *call, struct server_connection *connection, int32_t id,
                       int32_t retry)
{
    assert(call->connection == NULL);
    call->connection = server_connection_keep(connection);
    call->handler = NULL;
    call->id = id;
    call->retry = retry;
    call->problem = CALL_WELL;
    call->method = call->protocol = call->body = call->client_id = WIRE_ABSENT;
    call->taken_ns = 0;
    call->stamp_ns = server_purge_clock(call->server);
    call->request.length = 0;
    call->response.length = 0;
    call->sent = 0;
    call->answered = call->deferred = call->unsendable = false;
    call->writable = false;
    atomic_store_explicit(&call->interrupted, false, memory_order_relaxed);
}

/* Move `bytes` into the room at *at, behind it a NUL. */
static struct wire_bytes move(struct wire_bytes bytes, uint8_t **at)
{
    if (bytes.data == NULL)
        return WIRE_ABSENT;
    uint8_t *to = *at;
    if (bytes.length > 0)
        memcpy(to, bytes.data, bytes.length);
    to[bytes.length] = '\0';
    *at = to + bytes.length + 1;
    return (struct wire_bytes){to, bytes.length};
}

enum rpc_status server_call_read(struct server_call *call, const struct wire_message *message)
{
    size_t needed = message->method.length + message->protocol.length + message->body.length +
                    message->client_id.length + 4;
    uint8_t *at = wire_buffer_room(&call->request, needed);
    if (at == NULL)
        return RPC_NO_MEMORY;
    call->method = move(message->method, &at);
    call->protocol = move(message->protocol, &at);
    call->client_id = move(message->client_id, &at);
    call->body = move(message->body, &at);
    call->request.length = needed;
    call->protocol_version = message->protocol_version;
    call->writable = message->rpc_kind == WIRE_KIND_WRITABLE;
    call->writable_version = message->writable_version;
    call->names_protocol = message->protocol.data != NULL;
    if (!call->names_protocol)
        call->protocol = call->connection->protocol;
    return RPC_OK;
}

static void shrink(struct wire_buffer *buffer)
{
    buffer->length = 0;
    if (buffer->capacity > BUFFER_KEPT_MAX)
        wire_buffer_release(buffer);
}

void server_call_recycle(struct server_call *call)
{
    struct server *server = call->server;
    struct server_connection *connection = call->connection;
    call->connection = NULL;
    if (server->spare_count < SPARE_MAX) {
        shrink(&call->request);
        shrink(&call->response);
        STAILQ_INSERT_HEAD(&server->spare_calls, call, next);
        server->spare_count++;
    } else {
        TAILQ_REMOVE(&server->calls, call, all);
        server_call_free(call);
    }
    server_connection_drop(connection);
}

void server_call_discard(struct server_call *call)
{
    struct server *server = call->server;
    world_lock(server->lock);
    server_call_recycle(call);
    world_unlock(server->lock);
}

const char *server_call_method_text(const struct server_call *call)
{
    return call->method.data != NULL ? (const char *)call->method.data : "";
}

void server_call_free(struct server_call *call)
{
    wire_buffer_release(&call->request);
    wire_buffer_release(&call->response);
    free(call);
}

const char *server_call_status(const struct server_call *call)
{
    static const char *const names[] = {"SUCCESS", "ERROR", "FATAL"};
    return names[call->status];
}

static enum rpc_status encode(struct server_call *call, struct wire_message *message)
{
    message->call_id = call->id;
    message->retry = call->retry;
    call->status = message->status;
    call->response.length = 0;
    call->sent = 0;
    enum rpc_status status = call->server->codec->encode(message, &call->response);
    call->answered = status == RPC_OK;
    return status;
}

static enum rpc_status fail(struct server_call *call, enum wire_status status, int code,
                            const char *class_name, struct wire_bytes text,
                            struct wire_bytes client_id)
{
    struct wire_message message = call->server->codec->message(WIRE_RESPONSE);
    message.status = status;
    message.code = code;
    message.class_name = wire_text(class_name);
    message.text = text;
    message.client_id = client_id;
    message.body = WIRE_ABSENT;
    return encode(call, &message);
}

enum rpc_status server_call_fail(struct server_call *call, enum wire_status status, int code,
                                 const char *class_name, const char *text,
                                 struct wire_bytes client_id)
{
    return fail(call, status, code, class_name, wire_text(text), client_id);
}

/* --- for methods --- */

enum rpc_status server_call_return(struct server_call *call, struct wire_bytes value)
{
    struct wire_message message = call->server->codec->message(WIRE_RESPONSE);
    message.status = WIRE_SUCCESS;
    message.rpc_kind = call->writable ? WIRE_KIND_WRITABLE : WIRE_KIND_PROTOBUF;
    message.client_id = call->client_id;
    if (value.data != NULL)
        message.body = value;
    return encode(call, &message);
}

void server_call_return_made(struct server_call *call, enum rpc_status made,
                             struct wire_buffer *value)
{
    if (made == RPC_OK)
        made = server_call_return(call, (struct wire_bytes){value->data, value->length});
    if (made != RPC_OK)
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
    wire_buffer_release(value);
}

/* The codes that Hadoop's own exceptions have (getRpcErrorCodeProto). */
static int code_of(const char *class_name)
{
    static const struct {
        const char *class_name;
        int code;
    } known[] = {
        {"org.apache.hadoop.ipc.RpcServerException", WIRE_ERROR_RPC_SERVER},
        {"org.apache.hadoop.ipc.RpcNoSuchMethodException", WIRE_ERROR_NO_SUCH_METHOD},
        {"org.apache.hadoop.ipc.RpcNoSuchProtocolException", WIRE_ERROR_NO_SUCH_PROTOCOL},
        {"org.apache.hadoop.ipc.RPC$VersionMismatch", WIRE_ERROR_RPC_VERSION_MISMATCH},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].class_name, class_name) == 0)
            return known[i].code;
    return WIRE_ERROR_APPLICATION;
}

/* Whether a class is an IOException, as far as its package tells.  Others than IOExceptions reach
 * the caller of a Writable method inside one (RPC.java, WritableRpcEngine.java). */
static bool is_io_exception(const char *class_name)
{
    static const char *const others[] = {"java.lang.", "java.util.", "java.security.",
                                         "javax.security.auth.",
                                         "org.apache.hadoop.HadoopIllegalArgumentException"};
    static const char *const but[] = {"java.util.zip.", "java.util.jar.",
                                      "java.util.InvalidPropertiesFormatException"};

    for (size_t i = 0; i < sizeof(but) / sizeof(but[0]); i++)
        if (strncmp(class_name, but[i], strlen(but[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strncmp(class_name, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

/* "class: message", as Throwable.toString makes it. */
static enum rpc_status describe(struct wire_buffer *out, const char *class_name,
                                struct wire_bytes message)
{
    enum rpc_status status = wire_buffer_add(out, class_name, strlen(class_name));
    if (status == RPC_OK && message.data != NULL)
        status = wire_buffer_add(out, ": ", 2);
    if (status == RPC_OK && message.length > 0)
        status = wire_buffer_add(out, message.data, message.length);
    return status;
}

/* Throwable.printStackTrace; an absent class: without it. */
static enum rpc_status print_stack(struct wire_buffer *out, const struct server_call *call,
                                   const char *class_name, struct wire_bytes message)
{
    const struct release *release = call->server->release;
    const char *stack = call->writable ? release->writable_stack : release->message_stack;
    enum rpc_status status = RPC_OK;

    if (class_name != NULL)
        status = describe(out, class_name, message);
    else if (message.length > 0)
        status = wire_buffer_add(out, message.data, message.length);
    return status == RPC_OK ? wire_buffer_add(out, stack, strlen(stack)) : status;
}

/* The stack trace of an exception begins with its class, which 2.x cuts off if ": " follows. */
static enum rpc_status fail_as(struct server_call *call, const char *class_name,
                               struct wire_bytes message)
{
    bool names_class = call->server->release->error_names_class || message.data == NULL;
    struct wire_buffer text = {0};

    enum rpc_status status = print_stack(&text, call, names_class ? class_name : NULL, message);
    if (status == RPC_OK)
        status = fail(call, WIRE_ERROR, code_of(class_name), class_name,
                      (struct wire_bytes){text.data, text.length}, call->client_id);
    wire_buffer_release(&text);
    return status;
}

enum rpc_status server_call_throw_text(struct server_call *call, const char *class_name,
                                       struct wire_bytes message)
{
    struct wire_buffer inner = {0};

    if (!call->writable || is_io_exception(class_name))
        return fail_as(call, class_name, message);
    enum rpc_status status = describe(&inner, class_name, message);
    if (status == RPC_OK)
        status =
            fail_as(call, "java.io.IOException", (struct wire_bytes){inner.data, inner.length});
    wire_buffer_release(&inner);
    return status;
}

enum rpc_status server_call_throw(struct server_call *call, const char *class_name,
                                  const char *message)
{
    return server_call_throw_text(call, class_name,
                                  message == NULL ? WIRE_ABSENT : wire_text(message));
}

enum rpc_status server_call_abort(struct server_call *call, const char *class_name,
                                  const char *message)
{
    if (!call->server->release->aborts_responses)
        return RPC_NOT_IN_RELEASE;
    atomic_store_explicit(&call->connection->should_close, true, memory_order_relaxed);
    return server_call_fail(call, WIRE_FATAL, WIRE_ERROR_RPC_SERVER, class_name,
                            message != NULL ? message : "", call->client_id);
}

enum rpc_status server_call_unserializable(struct server_call *call, const char *class_name,
                                           const char *message)
{
    struct wire_buffer text = {0};

    if (!call->server->release->answers_unserializable) {
        call->status = WIRE_ERROR;
        call->answered = call->unsendable = true;
        return RPC_OK;
    }
    enum rpc_status status =
        print_stack(&text, call, class_name, message == NULL ? WIRE_ABSENT : wire_text(message));
    if (status == RPC_OK)
        status = fail(call, WIRE_ERROR, WIRE_ERROR_SERIALIZING_RESPONSE, class_name,
                      (struct wire_bytes){text.data, text.length}, call->client_id);
    wire_buffer_release(&text);
    return status;
}

struct wire_bytes server_call_method(const struct server_call *call)
{
    return call->method;
}

struct wire_bytes server_call_protocol(const struct server_call *call)
{
    return call->protocol;
}

struct wire_bytes server_call_body(const struct server_call *call)
{
    return call->body;
}

struct wire_bytes server_call_user(const struct server_call *call)
{
    return call->connection->user;
}

struct wire_bytes server_call_client_id(const struct server_call *call)
{
    return call->client_id;
}

int32_t server_call_id(const struct server_call *call)
{
    return call->id;
}

int32_t server_call_retry(const struct server_call *call)
{
    return call->retry;
}

uint32_t server_call_connection(const struct server_call *call)
{
    return call->connection->number;
}

uint32_t server_call_handler(const struct server_call *call)
{
    return call->handler->index;
}

bool server_call_interrupted(const struct server_call *call)
{
    return atomic_load_explicit(&call->interrupted, memory_order_relaxed);
}
