#include "rpc/server/sasl.h"

#include "rpc/server/parts.h"

static const char *const states[] = {"SUCCESS",   "NEGOTIATE", "INITIATE",
                                     "CHALLENGE", "RESPONSE",  "WRAP"};

/* "Use SIMPLE", or an offer of nothing. */
static enum server_packet offer(struct server_connection *connection)
{
    struct server *server = connection->server;
    struct wire_message message = server->codec->message(WIRE_SASL);
    struct server_call *call = server_reader_reply(connection, WIRE_CALL_SASL, -1);

    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    message.side = WIRE_TO_CLIENT;
    message.sasl_state = server->config.requires_sasl ? WIRE_SASL_NEGOTIATE : WIRE_SASL_SUCCESS;
    call->status = WIRE_SUCCESS;
    call->answered = server->codec->encode(&message, &call->response) == RPC_OK;
    if (!call->answered) {
        server_call_discard(call);
        return server_refuse_silently(connection, CLOSE_OOM);
    }
    server_respond(&connection->reader->lane, call, server_reader_goes_on);
    return PACKET_REPLIES;
}

static enum server_packet refuse(struct server_connection *connection,
                                 const struct wire_message *message, const char *class_name,
                                 const char *text, const char *more)
{
    server_count_up(&connection->server->metrics.authentication_failures);
    return server_refuse(connection, message, WIRE_FATAL_UNAUTHORIZED, "sasl", class_name, "%s%s",
                         text, more);
}

static enum server_packet negotiate(struct server_connection *connection,
                                    const struct wire_message *message)
{
    if (connection->sent_negotiate)
        return refuse(connection, message, SERVER_ACE, "Client already attempted negotiation", "");
    connection->sent_negotiate = true;
    if (!connection->server->config.requires_sasl) {
        connection->sasl = false;
        server_connection_enter(connection, CONNECTION_CONTEXT);
    }
    return offer(connection);
}

static enum server_packet initiate(struct server_connection *connection,
                                   const struct wire_message *message)
{
    if (message->auth_count != 1)
        return refuse(connection, message, SERVER_SASL_EXCEPTION, "Client mechanism is malformed",
                      "");
    if (connection->sent_negotiate) {
        server_count_up(&connection->server->metrics.authentication_failures);
        return server_refuse(connection, message, WIRE_FATAL_UNAUTHORIZED, "sasl", SERVER_ACE,
                             "%.*s authentication is not enabled.  Available:%s",
                             (int)message->auths[0].method.length,
                             (const char *)message->auths[0].method.data, SERVER_AVAILABLE);
    }
    connection->sent_negotiate = true;
    return offer(connection);
}

enum server_packet server_sasl_offer_simple(struct server_connection *connection)
{
    connection->sasl = false;
    connection->skips_token = true;
    server_connection_enter(connection, CONNECTION_CONTEXT);
    return offer(connection);
}

/* The one that is skipped after the switch to SIMPLE, or the first one for a mechanism that is
 * not there. */
static enum server_packet take_token(struct server_connection *connection)
{
    if (connection->skips_token) {
        connection->skips_token = false;
        wire_decoder_expect(connection->decoder, WIRE_CONTEXT);
        return PACKET_GO_ON;
    }
    server_count_up(&connection->server->metrics.authentication_failures);
    return server_refuse_sasl(connection, SERVER_ACE,
                              connection->auth == WIRE_AUTH_DIGEST
                                  ? "Server is not configured to do DIGEST authentication."
                                  : "Unable to find SASL server implementation for GSSAPI");
}

enum server_packet server_sasl_take(struct server_connection *connection,
                                    struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];

    if (connection->server->release->offers_simple_at_once)
        return take_token(connection);
    if (!connection->sasl)
        return server_refuse(connection, message, WIRE_FATAL_INVALID_RPC_HEADER, "sasl", SERVER_RSE,
                             "SASL protocol not requested by client");
    if (connection->server->codec->open_sasl(message, wire_decoder_arena(connection->decoder),
                                             problem) != RPC_OK)
        return server_refuse_undecodable(connection, message, "sasl", "RpcSaslProto", problem);
    switch (message->sasl_state) {
    case WIRE_SASL_NEGOTIATE:
        return negotiate(connection, message);
    case WIRE_SASL_INITIATE:
        return initiate(connection, message);
    case WIRE_SASL_RESPONSE:
        /* There is no mechanism that could take it. */
        return server_refuse_silently(connection, CLOSE_AUTH);
    case WIRE_SASL_WRAP:
        return server_refuse(connection, message, WIRE_FATAL_INVALID_RPC_HEADER, "sasl",
                             SERVER_SASL_EXCEPTION, "Server is not wrapping data");
    case WIRE_SASL_SUCCESS:
    case WIRE_SASL_CHALLENGE:
        break;
    }
    return refuse(connection, message, SERVER_SASL_EXCEPTION, "Client sent unsupported state ",
                  states[message->sasl_state]);
}
