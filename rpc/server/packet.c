#include "rpc/server/packet.h"

#include <stdio.h>
#include <string.h>

#include "rpc/server/parts.h"
#include "rpc/server/sasl.h"

enum { FINAL_PACKET = 0, KIND_PROTOBUF = 2 }; /* RpcHeader.proto */

#define MALFORMED_FATAL(connection, message, ...)                                                  \
    server_refuse(connection, message, WIRE_FATAL_INVALID_RPC_HEADER, "header", SERVER_RSE,        \
                  __VA_ARGS__)

/* --- the preamble ------------------------------------------------------------------ */

static enum server_packet take_preamble(struct server_connection *connection,
                                        const struct wire_message *message)
{
    struct server *server = connection->server;

    if (message->kind == WIRE_HTTP)
        return server_refuse_http(connection);
    if (!wire_is(message->magic, "hrpc") || message->version != server->codec->version)
        return server_refuse_version(connection, message->version);
    if (message->auth != WIRE_AUTH_NONE && message->auth != WIRE_AUTH_SASL) {
        if (!server->release->unknown_auth_answered)
            return server_refuse_silently(connection, CLOSE_AUTH);
        return server_refuse(connection, NULL, WIRE_FATAL_UNAUTHORIZED, "auth",
                             "org.apache.hadoop.ipc.IpcException", "Unknown auth protocol:%d",
                             (int8_t)message->auth);
    }
    if (message->auth == WIRE_AUTH_NONE && server->config.requires_sasl)
        return server_refuse(connection, NULL, WIRE_FATAL_UNAUTHORIZED, "auth", SERVER_ACE,
                             "SIMPLE authentication is not enabled.  Available:%s",
                             SERVER_AVAILABLE);
    connection->sasl = message->auth == WIRE_AUTH_SASL;
    server_connection_enter(connection, connection->sasl ? CONNECTION_SASL : CONNECTION_CONTEXT);
    return PACKET_GO_ON;
}

/* --- the context ------------------------------------------------------------------- */

static const char *text_of(struct wire_bytes bytes, char *room, size_t size)
{
    snprintf(room, size, "%.*s", (int)(bytes.length < size ? bytes.length : size - 1),
             bytes.data != NULL ? (const char *)bytes.data : "");
    return room;
}

enum { NAME_MAX_SHOWN = 256 };

static enum server_packet unauthorized(struct server_connection *connection,
                                       const struct wire_message *message, const char *text)
{
    server_count_up(&connection->server->metrics.authorization_failures);
    return server_refuse(connection, message, WIRE_FATAL_UNAUTHORIZED, "authorization",
                         SERVER_AUTHORIZATION, "%s", text);
}

/* Service authorization and impersonation (authorizeConnection).  PACKET_GO_ON: it is fine. */
static enum server_packet authorize(struct server_connection *connection,
                                    const struct wire_message *message)
{
    const struct server_config *config = &connection->server->config;
    char user[NAME_MAX_SHOWN], other[NAME_MAX_SHOWN], text[3 * NAME_MAX_SHOWN];

    text_of(message->user, user, sizeof(user));
    if (message->user.data != NULL && message->real_user.data != NULL &&
        (config->impersonate == NULL ||
         !config->impersonate(config->authorize_owner, message->real_user, message->user))) {
        snprintf(text, sizeof(text), "User: %s is not allowed to impersonate %s",
                 text_of(message->real_user, other, sizeof(other)), user);
        return unauthorized(connection, message, text);
    }
    if (config->authorize == NULL)
        return PACKET_GO_ON;
    if (message->protocol.data == NULL)
        return unauthorized(connection, message, "Null protocol not authorized");
    if (config->authorize(config->authorize_owner, message->user, message->protocol))
        return PACKET_GO_ON;
    snprintf(text, sizeof(text),
             "User %s (auth:SIMPLE) is not authorized for protocol interface %s%s", user,
             text_of(message->protocol, other, sizeof(other)),
             connection->server->release->unauthorized_ending);
    return unauthorized(connection, message, text);
}

static enum server_packet take_context(struct server_connection *connection,
                                       struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];

    if (connection->sasl)
        return MALFORMED_FATAL(connection, message,
                               "Connection header sent during SASL negotiation");
    if (server_connection_state(connection) == CONNECTION_OPEN)
        return MALFORMED_FATAL(connection, message, "Connection context already processed");
    enum rpc_status status = connection->server->codec->open_context(
        message, wire_decoder_arena(connection->decoder), problem);
    if (status != RPC_OK)
        return server_refuse_undecodable(connection, message, "context",
                                         "IpcConnectionContextProto", problem);
    if (message->user.data != NULL && message->user.length == 0)
        return server_refuse_silently(connection, CLOSE_USER);
    enum server_packet packet = authorize(connection, message);
    if (packet != PACKET_GO_ON)
        return packet;
    if (server_connection_identify(connection, message->user, message->protocol) != RPC_OK)
        return server_refuse_silently(connection, CLOSE_OOM);
    server_connection_enter(connection, CONNECTION_OPEN);
    return PACKET_GO_ON;
}

/* --- calls ------------------------------------------------------------------------- */

static enum server_packet take_call(struct server_connection *connection,
                                    struct wire_message *message)
{
    static const char *const kinds[] = {"RPC_BUILTIN", "RPC_WRITABLE"};
    const struct release *release = connection->server->release;
    char problem[WIRE_PROBLEM_MAX];

    if (message->rpc_kind != KIND_PROTOBUF)
        return MALFORMED_FATAL(connection, message, "Unknown rpc kind in rpc header%s",
                               kinds[message->rpc_kind == 1]);
    enum rpc_status status = connection->server->codec->open_request(
        message, wire_decoder_arena(connection->decoder), problem);
    if (status != RPC_OK && !release->decodes_in_handler)
        return server_refuse(connection, message, WIRE_FATAL_DESERIALIZING_REQUEST, "call",
                             SERVER_RSE, "IPC server unable to read call parameters: %s",
                             status == RPC_END ? "null" : problem);
    struct server_call *call = server_reader_reply(connection, message->call_id, message->retry);
    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    connection->in_hand = call;
    if (status != RPC_OK)
        call->problem = message->method.data == NULL ? CALL_NO_HEADER : CALL_NO_BODY;
    if (server_call_read(call, message) == RPC_OK)
        return PACKET_CALL;
    connection->in_hand = NULL;
    server_call_discard(call);
    return server_refuse_silently(connection, CLOSE_OOM);
}

/* checkRpcHeaders.  PACKET_GO_ON: it is fine. */
static enum server_packet check_header(struct server_connection *connection,
                                       const struct wire_message *message)
{
    static const char *const operations[] = {"RPC_CONTINUATION_PACKET", "RPC_CLOSE_CONNECTION"};

    if (message->rpc_op == WIRE_NUMBER_ABSENT)
        return MALFORMED_FATAL(connection, message, " IPC Server: No rpc op in rpcRequestHeader");
    if (message->rpc_op != FINAL_PACKET)
        return MALFORMED_FATAL(connection, message,
                               "IPC Server does not implement rpc header operation%s",
                               operations[message->rpc_op == 2]);
    if (message->rpc_kind == WIRE_NUMBER_ABSENT)
        return MALFORMED_FATAL(connection, message, " IPC Server: No rpc kind in rpcRequestHeader");
    return PACKET_GO_ON;
}

static enum server_packet take_frame(struct server_connection *connection,
                                     struct wire_message *message)
{
    enum server_packet packet = check_header(connection, message);

    if (packet != PACKET_GO_ON)
        return packet;
    if (message->call_id >= 0) {
        if (server_connection_state(connection) != CONNECTION_OPEN)
            return MALFORMED_FATAL(connection, message, "Connection context not established");
        return take_call(connection, message);
    }
    switch (message->call_id) {
    case WIRE_CALL_CONTEXT:
        return take_context(connection, message);
    case WIRE_CALL_SASL:
        return server_sasl_take(connection, message);
    case WIRE_CALL_PING:
        return PACKET_GO_ON;
    default:
        return MALFORMED_FATAL(connection, message, "Unknown out of band call #%d",
                               message->call_id);
    }
}

static enum server_packet undecodable(struct server_connection *connection, int32_t length)
{
    const char *problem = connection->server->release->empty_frame_problem;

    if (length > 0 || problem == NULL)
        problem = wire_decoder_problem(connection->decoder);
    return server_refuse_undecodable(connection, NULL, "header", "RpcRequestHeaderProto", problem);
}

enum server_packet server_packet_take(struct server_connection *connection, size_t got,
                                      struct wire_message *message)
{
    enum rpc_status status = wire_decoder_take(connection->decoder, got, message);

    if (status == RPC_AGAIN)
        return PACKET_PARTIAL;
    if (status == RPC_TOO_LONG)
        return server_refuse_silently(connection, CLOSE_LENGTH);
    if (status == RPC_NO_MEMORY)
        return server_refuse_silently(connection, CLOSE_OOM);
    if (server_connection_state(connection) == CONNECTION_HEADER)
        return take_preamble(connection, message);

    /* What follows a frame is read in the same pass only before the context. */
    bool was_open = server_connection_state(connection) == CONNECTION_OPEN;
    enum server_packet packet = status == RPC_OK ? take_frame(connection, message)
                                                 : undecodable(connection, message->length);
    return packet == PACKET_GO_ON && was_open ? PACKET_ENDS_PASS : packet;
}
