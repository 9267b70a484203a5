#include "rpc/server/packet.h"

#include <assert.h>

#include "rpc/server/context.h"
#include "rpc/server/parts.h"
#include "rpc/server/sasl.h"
#include "rpc/wire/writable.h"

enum { FINAL_PACKET = 0 }; /* RpcHeader.proto */

/* --- the preamble --- */

static enum server_packet refuse_auth(struct server_connection *connection, int auth)
{
    if (!connection->server->release->unknown_auth_answered)
        return server_refuse_silently(connection, CLOSE_AUTH);
    return server_refuse(connection, NULL, WIRE_FATAL_UNAUTHORIZED, "auth",
                         "org.apache.hadoop.ipc.IpcException", "Unknown auth protocol:%d",
                         (int8_t)auth);
}

static enum server_packet refuse_simple(struct server_connection *connection)
{
    const char *text = connection->server->release->simple_refused;

    if (text != NULL)
        return server_refuse(connection, NULL, WIRE_FATAL_UNAUTHORIZED, "auth", SERVER_ACE, "%s",
                             text);
    return server_refuse(connection, NULL, WIRE_FATAL_UNAUTHORIZED, "auth", SERVER_ACE,
                         "SIMPLE authentication is not enabled.  Available:%s", SERVER_AVAILABLE);
}

static enum server_packet take_preamble(struct server_connection *connection,
                                        const struct wire_message *message)
{
    const struct server *server = connection->server;
    const struct wire_codec *codec = server->codec;

    if (message->kind == WIRE_HTTP)
        return server_refuse_http(connection);
    if (!wire_is(message->magic, "hrpc") || message->version != codec->version)
        return server_refuse_version(connection, message->version);
    connection->auth = message->auth;
    connection->sasl = codec->auth_is_sasl(message->auth);
    if (!connection->sasl && message->auth != codec->auth_simple)
        return refuse_auth(connection, message->auth);
    if (!connection->sasl && server->config.requires_sasl)
        return refuse_simple(connection);
    server_connection_enter(connection, connection->sasl ? CONNECTION_SASL : CONNECTION_CONTEXT);
    if (connection->sasl && !server->config.requires_sasl && server->release->offers_simple_at_once)
        return server_sasl_offer_simple(connection);
    return PACKET_GO_ON;
}

/* --- calls --- */

/* The values of a Writable call are read by the Reader, like all the rest of it. */
static enum rpc_status open_request(const struct server_connection *connection,
                                    struct wire_message *message, enum writable_fit *fit,
                                    char *problem)
{
    const struct server *server = connection->server;
    const struct writable_types *types = server->config.types;
    struct writable_arguments arguments = {types, WRITABLE_FITS};
    enum rpc_status status =
        server->codec->open_request(message, wire_decoder_arena(connection->decoder), problem);

    *fit = WRITABLE_FITS;
    if (status != RPC_OK || message->rpc_kind != WIRE_KIND_WRITABLE)
        return status;
    if (message->no_utf8.data != NULL && !writable_types_takes_any_utf8(types))
        return writable_refuse_utf8(message->no_utf8, problem);
    status = writable_walk(types, WRITABLE_GOAL_PARAMETERS, NULL, message->body,
                           writable_see_argument, &arguments, NULL, problem);
    *fit = arguments.fit;
    return status;
}

/* OutOfMemoryError, StackOverflowError (writable_walk). */
static bool is_error(enum rpc_status status)
{
    return status == RPC_TOO_LONG || status == RPC_TOO_DEEP;
}

/* An Error that nobody catches: the Reader's thread is at its end. */
enum server_packet server_packet_ends_reader(struct server_connection *connection)
{
    server_refusal_trace(&connection->reader->lane, connection, NULL, server_close_name(CLOSE_OOM));
    return PACKET_ENDS_READER;
}

static enum server_packet refuse_call(struct server_connection *connection,
                                      const struct wire_message *message, enum rpc_status status,
                                      const char *problem)
{
    bool answers = connection->server->release->answers_malformed;

    if (!answers && is_error(status))
        return server_packet_ends_reader(connection);
    if (!answers)
        return server_refuse_silently(connection, CLOSE_MALFORMED);
    return server_refuse(connection, message, WIRE_FATAL_DESERIALIZING_REQUEST, "call", SERVER_RSE,
                         "IPC server unable to read call parameters: %s",
                         status == RPC_END ? "null" : problem);
}

static enum server_packet take_call(struct server_connection *connection,
                                    struct wire_message *message)
{
    const struct release *release = connection->server->release;
    bool later = release->decodes_in_handler && message->rpc_kind == WIRE_KIND_PROTOBUF;
    char problem[WIRE_PROBLEM_MAX];
    enum writable_fit fit;

    enum rpc_status status = open_request(connection, message, &fit, problem);
    if (status != RPC_OK && !later)
        return refuse_call(connection, message, status, problem);
    struct server_call *call = server_reader_reply(connection, message->call_id, message->retry);
    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    connection->in_hand = call;
    if (status != RPC_OK)
        call->problem = message->method.data == NULL ? CALL_NO_HEADER : CALL_NO_BODY;
    call->fit = fit;
    if (server_call_read(call, message) == RPC_OK)
        return PACKET_CALL;
    connection->in_hand = NULL;
    server_call_discard(call);
    return server_refuse_silently(connection, CLOSE_OOM);
}

/* --- frames --- */

/* checkRpcHeaders and what follows it.  PACKET_GO_ON: it is fine. */
static enum server_packet check_header(struct server_connection *connection,
                                       const struct wire_message *message)
{
    static const char *const operations[] = {"RPC_CONTINUATION_PACKET", "RPC_CLOSE_CONNECTION"};
    static const char *const kinds[] = {"RPC_BUILTIN", "RPC_WRITABLE", "RPC_PROTOCOL_BUFFER"};

    if (message->rpc_op == WIRE_NUMBER_ABSENT)
        return SERVER_REFUSE_HEADER(connection, message,
                                    " IPC Server: No rpc op in rpcRequestHeader");
    if (message->rpc_op != FINAL_PACKET)
        return SERVER_REFUSE_HEADER(connection, message,
                                    "IPC Server does not implement rpc header operation%s",
                                    operations[message->rpc_op == 2]);
    if (message->rpc_kind == WIRE_NUMBER_ABSENT)
        return SERVER_REFUSE_HEADER(connection, message,
                                    " IPC Server: No rpc kind in rpcRequestHeader");
    if (message->kind != WIRE_REQUEST)
        return PACKET_GO_ON;
    if (message->call_id < 0)
        return SERVER_REFUSE_HEADER(connection, message, "Unknown out of band call #%d",
                                    message->call_id);
    if (server_connection_state(connection) != CONNECTION_OPEN)
        return SERVER_REFUSE_HEADER(connection, message, "Connection context not established");
    if (!server_has_engine(connection->server, message->rpc_kind))
        return SERVER_REFUSE_HEADER(connection, message, "Unknown rpc kind in rpc header%s",
                                    kinds[message->rpc_kind]);
    return PACKET_GO_ON;
}

static enum server_packet take_frame(struct server_connection *connection,
                                     struct wire_message *message)
{
    const struct server *server = connection->server;
    enum server_packet packet =
        server->release->checks_rpc_header ? check_header(connection, message) : PACKET_GO_ON;

    if (packet != PACKET_GO_ON)
        return packet;
    switch (message->kind) {
    case WIRE_REQUEST:
        return take_call(connection, message);
    case WIRE_CONTEXT:
        return server_context_take(connection, message);
    case WIRE_SASL:
        return server_sasl_take(connection, message);
    case WIRE_PING:
        return server->codec->frames_pings ? PACKET_GO_ON : PACKET_ENDS_PASS;
    case WIRE_PREAMBLE:
    case WIRE_RESPONSE:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
    assert(false);
    return PACKET_ENDS_PASS;
}

static enum server_packet undecodable(struct server_connection *connection, int32_t length)
{
    const char *problem = connection->server->release->empty_frame_problem;

    if (length > 0 || problem == NULL)
        problem = wire_decoder_problem(connection->decoder);
    return server_refuse_undecodable(connection, NULL, "header", "RpcRequestHeaderProto", problem);
}

/* A length that no release takes closes the connection; where there is no limit, a large one asks
 * the JVM for more than it has. */
static enum server_packet too_long(struct server_connection *connection, int32_t length)
{
    if (length < 0 ||
        connection->server->settings.value[SETTING_REQUEST_LENGTH_MAX] != RELEASE_NONE)
        return server_refuse_silently(connection, CLOSE_LENGTH);
    return server_packet_ends_reader(connection);
}

enum server_packet server_packet_take(struct server_connection *connection, size_t got,
                                      struct wire_message *message)
{
    enum rpc_status status = wire_decoder_take(connection->decoder, got, message);

    if (status == RPC_AGAIN)
        return PACKET_PARTIAL;
    if (status == RPC_TOO_LONG)
        return too_long(connection, message->length);
    if (status == RPC_NO_MEMORY)
        return server_refuse_silently(connection, CLOSE_OOM);
    enum server_connection_state state = server_connection_state(connection);
    if (state >= CONNECTION_CLOSING) /* another thread has doomed it meanwhile */
        return PACKET_ENDS_PASS;
    if (state == CONNECTION_HEADER)
        return take_preamble(connection, message);

    /* What follows a frame is read in the same pass only before the context. */
    bool was_open = state == CONNECTION_OPEN;
    enum server_packet packet = status == RPC_OK ? take_frame(connection, message)
                                                 : undecodable(connection, message->length);
    return packet == PACKET_GO_ON && was_open ? PACKET_ENDS_PASS : packet;
}
