#include "rpc/server/context.h"

#include <stdio.h>

#include "rpc/server/class_path.h"
#include "rpc/server/parts.h"

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

/* Whether a policy can name it: it is a protocol of the server. */
static bool is_served(const struct server *server, struct wire_bytes protocol)
{
    return server_highest_protocol(server, SERVER_WRITABLE, protocol) != NULL;
}

/* Of a class that is there, but in no policy (ServiceAuthorizationManager.java). */
static enum server_packet not_known(struct server_connection *connection,
                                    const struct wire_message *message)
{
    char name[NAME_MAX_SHOWN], text[2 * NAME_MAX_SHOWN];
    bool is_interface =
        server_class_find(connection->server, message->protocol) == SERVER_CLASS_INTERFACE;

    snprintf(text, sizeof(text), "Protocol %s %s is not known.",
             is_interface ? "interface" : "class", text_of(message->protocol, name, sizeof(name)));
    return unauthorized(connection, message, text);
}

/* Service authorization and impersonation (authorizeConnection).  PACKET_GO_ON: it is fine. */
static enum server_packet authorize(struct server_connection *connection,
                                    const struct wire_message *message)
{
    const struct server_config *config = &connection->server->config;
    const struct release *release = connection->server->release;
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
    if (message->protocol.data == NULL && release->loads_protocol)
        return server_refuse_silently(connection, CLOSE_PROTOCOL); /* no class, an exception */
    if (message->protocol.data == NULL)
        return unauthorized(connection, message, "Null protocol not authorized");
    if (release->loads_protocol && !is_served(connection->server, message->protocol))
        return not_known(connection, message);
    if (config->authorize(config->authorize_owner, message->user, message->protocol))
        return PACKET_GO_ON;
    snprintf(text, sizeof(text), "User %s%s is not authorized for protocol interface %s%s", user,
             release->user_shows_auth ? " (auth:SIMPLE)" : "",
             text_of(message->protocol, other, sizeof(other)), release->unauthorized_ending);
    return unauthorized(connection, message, text);
}

/* Before 2.x the protocol is the name of a class, and an empty one is none. */
static bool finds_protocol(const struct server *server, struct wire_message *message)
{
    if (!server->release->loads_protocol)
        return true;
    if (message->protocol.length == 0)
        message->protocol = WIRE_ABSENT;
    if (message->protocol.data == NULL)
        return true;
    return is_served(server, message->protocol) ||
           server_class_find(server, message->protocol) != SERVER_CLASS_NONE;
}

enum server_packet server_context_take(struct server_connection *connection,
                                       struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];

    if (connection->sasl)
        return SERVER_REFUSE_HEADER(connection, message,
                                    "Connection header sent during SASL negotiation");
    if (server_connection_state(connection) == CONNECTION_OPEN)
        return SERVER_REFUSE_HEADER(connection, message, "Connection context already processed");
    enum rpc_status status = connection->server->codec->open_context(
        message, wire_decoder_arena(connection->decoder), problem);
    if (status == RPC_TOO_LONG && !connection->server->release->answers_malformed)
        return server_packet_ends_reader(connection);
    if (status != RPC_OK)
        return server_refuse_undecodable(connection, message, "context",
                                         "IpcConnectionContextProto", problem);
    if (message->user.data != NULL && message->user.length == 0)
        return server_refuse_silently(connection, CLOSE_USER);
    if (!finds_protocol(connection->server, message))
        return server_refuse_silently(connection, CLOSE_PROTOCOL);
    enum server_packet packet = authorize(connection, message);
    if (packet != PACKET_GO_ON)
        return packet;
    if (server_connection_identify(connection, message->user, message->protocol) != RPC_OK)
        return server_refuse_silently(connection, CLOSE_OOM);
    server_connection_enter(connection, CONNECTION_OPEN);
    return PACKET_GO_ON;
}
