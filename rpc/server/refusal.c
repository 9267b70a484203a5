#include "rpc/server/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rpc/server/parts.h"

enum { TEXT_MAX = 1024 };

void server_refusal_trace(struct server_lane *lane, const struct server_connection *connection,
                          const struct server_call *call, const char *why)
{
    if (lane->executor.world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(lane, POINT_SERVER_REFUSE, connection, call);
    SERVER_VALUES(event, WORLD_TEXT(WHY, why));
    world_trace(lane->executor.world, &event);
}

static void close_now(struct world_task *task)
{
    struct server_connection *connection = world_container(task, struct server_connection, step);

    connection->reading = false;
    server_connection_close(connection, &connection->reader->lane, connection->refused);
    server_connection_let_go(connection);
}

/* The reply has been written, or is lost; the connection ends at once. */
static void then_close(struct server_lane *lane, struct server_connection *connection)
{
    server_lane_post(lane, &connection->step, close_now);
}

static void reply_now(struct world_task *task)
{
    struct server_call *call = world_container(task, struct server_call, task);
    struct server_connection *connection = call->connection;

    server_refusal_trace(&connection->reader->lane, connection, call, connection->refusal);
    server_respond(&connection->reader->lane, call, then_close);
}

/* Whether the refusal is held; if so `step` runs `then` when it is let go. */
static bool held(struct server_connection *connection, const struct server_call *call,
                 struct world_task *step, world_task_fn *then)
{
    struct server_lane *lane = &connection->reader->lane;

    if (!point_guarded(POINT_SERVER_REFUSE))
        return false;
    struct point_event event = server_lane_event(lane, POINT_SERVER_REFUSE, connection, call);
    SERVER_VALUES(event, WORLD_TEXT(WHY, connection->refusal));
    return server_lane_held_at(lane, &event, step, then);
}

/* Send `call`, whose response is made, and close for `close`. */
static enum server_packet reply(struct server_connection *connection, struct server_call *call,
                                const char *why, enum server_close close)
{
    connection->refusal = why;
    connection->refused = close;
    if (!held(connection, call, &call->task, reply_now))
        reply_now(&call->task);
    return PACKET_REPLIES;
}

static void refuse_now(struct server_connection *connection)
{
    struct server_lane *lane = &connection->reader->lane;

    server_refusal_trace(lane, connection, NULL, connection->refusal);
    server_connection_close(connection, lane, connection->refused);
}

static void refuse_held(struct world_task *task)
{
    struct server_connection *connection = world_container(task, struct server_connection, step);

    connection->reading = false;
    refuse_now(connection);
    server_connection_let_go(connection);
}

enum server_packet server_refuse_silently(struct server_connection *connection,
                                          enum server_close why)
{
    connection->refusal = server_close_name(why);
    connection->refused = why;
    if (held(connection, NULL, &connection->step, refuse_held))
        return PACKET_REPLIES;
    refuse_now(connection);
    return PACKET_ENDS_PASS;
}

enum server_packet server_refuse(struct server_connection *connection,
                                 const struct wire_message *message, int code, const char *why,
                                 const char *class_name, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (!connection->server->release->fatal_has_call_id)
        message = NULL;
    int32_t id = message != NULL ? message->call_id : WIRE_CALL_AUTHORIZATION_FAILED;
    struct server_call *call =
        server_reader_reply(connection, id, message != NULL ? message->retry : -1);
    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    if (server_call_fail(call, WIRE_FATAL, code, class_name, text, wire_text("")) == RPC_OK)
        return reply(connection, call, why, CLOSE_FATAL);
    server_call_discard(call);
    return server_refuse_silently(connection, CLOSE_OOM);
}

const char *server_decode_exception(const struct release *release, const char *problem)
{
    bool wire_type =
        release->wire_type_exception != NULL && strstr(problem, "invalid wire type") != NULL;
    return wire_type ? release->wire_type_exception : release->protobuf_exception;
}

enum server_packet server_refuse_undecodable(struct server_connection *connection,
                                             const struct wire_message *message, const char *why,
                                             const char *what, const char *problem)
{
    const struct release *release = connection->server->release;

    if (!release->answers_malformed)
        return server_refuse_silently(connection, CLOSE_MALFORMED);
    return server_refuse(connection, message, WIRE_FATAL_DESERIALIZING_REQUEST, why, SERVER_RSE,
                         "Error decoding %s: %s: %s", what,
                         server_decode_exception(release, problem), problem);
}

enum server_packet server_refuse_version(struct server_connection *connection, int version)
{
    struct server_call *call = server_reader_reply(connection, WIRE_CALL_AUTHORIZATION_FAILED, -1);

    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    call->status = WIRE_FATAL;
    call->answered = connection->server->codec->encode_mismatch(version, &call->response) == RPC_OK;
    if (call->response.length > 0)
        return reply(connection, call, server_close_name(CLOSE_VERSION), CLOSE_VERSION);
    server_call_discard(call);
    return server_refuse_silently(connection, CLOSE_VERSION);
}

enum server_packet server_refuse_sasl(struct server_connection *connection, const char *class_name,
                                      const char *text)
{
    const struct wire_codec *codec = connection->server->codec;
    struct wire_message answer = codec->message(WIRE_SASL);
    struct server_call *call = server_reader_reply(connection, WIRE_CALL_SASL, -1);

    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    answer.side = WIRE_TO_CLIENT;
    answer.status = WIRE_ERROR;
    answer.class_name = wire_text(class_name);
    answer.text = wire_text(text);
    call->status = WIRE_ERROR;
    call->answered = codec->encode(&answer, &call->response) == RPC_OK;
    if (call->answered)
        return reply(connection, call, "sasl", CLOSE_AUTH);
    server_call_discard(call);
    return server_refuse_silently(connection, CLOSE_OOM);
}

enum server_packet server_refuse_http(struct server_connection *connection)
{
    struct wire_message answer = connection->server->codec->message(WIRE_HTTP);
    struct server_call *call = server_reader_reply(connection, WIRE_CALL_AUTHORIZATION_FAILED, -1);

    if (call == NULL)
        return server_refuse_silently(connection, CLOSE_OOM);
    answer.side = WIRE_TO_CLIENT;
    call->status = WIRE_FATAL;
    call->answered = connection->server->codec->encode(&answer, &call->response) == RPC_OK;
    return reply(connection, call, server_close_name(CLOSE_HTTP), CLOSE_HTTP);
}

void server_refuse_busy(struct server_connection *connection, struct server_call *call)
{
    struct server *server = connection->server;
    bool failover = server_setting(server, SETTING_OVERFLOW_FAILOVER) != 0;
    const char *class_name = failover ? "org.apache.hadoop.ipc.StandbyException"
                                      : "org.apache.hadoop.ipc.RetriableException";
    const char *text =
        failover ? "Server too busy - disconnect and failover" : "Server too busy - disconnecting";
    enum server_packet packet;

    server_count_up(&server->metrics.backoffs);
    if (server_call_fail(call, WIRE_FATAL, WIRE_ERROR_RPC_SERVER, class_name, text,
                         wire_text("")) == RPC_OK) {
        packet = reply(connection, call, "backoff", CLOSE_FATAL);
    } else {
        server_call_discard(call);
        packet = server_refuse_silently(connection, CLOSE_OOM);
    }
    if (packet != PACKET_REPLIES)
        return;
    server_connection_keep(connection);
    connection->reading = true;
}
