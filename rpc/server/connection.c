#include "rpc/server/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server/parts.h"

#define TO(state) (1u << (state))

/* The only moves there are. */
static const unsigned may_follow[] = {
    [CONNECTION_HEADER] = TO(CONNECTION_SASL) | TO(CONNECTION_CONTEXT) | TO(CONNECTION_CLOSING),
    [CONNECTION_SASL] = TO(CONNECTION_CONTEXT) | TO(CONNECTION_CLOSING),
    [CONNECTION_CONTEXT] = TO(CONNECTION_OPEN) | TO(CONNECTION_CLOSING),
    [CONNECTION_OPEN] = TO(CONNECTION_CLOSING),
    [CONNECTION_CLOSING] = TO(CONNECTION_CLOSED),
    [CONNECTION_CLOSED] = 0,
};

static void enter(struct server_connection *connection, enum server_connection_state next)
{
    assert(may_follow[server_connection_state(connection)] & TO(next));
    atomic_store_explicit(&connection->state, next, memory_order_relaxed);
}

const char *server_close_name(enum server_close why)
{
    static const char *const names[] = {
#define X(name, text) text,
        SERVER_CLOSE_MAP(X)
#undef X
    };
    return names[why];
}

const char *server_connection_state_name(const struct server_connection *connection)
{
    static const char *const names[] = {"header", "sasl", "context", "open", "closing", "closed"};
    return names[server_connection_state(connection)];
}

struct server_connection *server_connection_create(struct server *server,
                                                   struct server_reader *reader,
                                                   struct world_stream *stream)
{
    struct server_connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return NULL;
    connection->decoder =
        wire_decoder_create(server->codec, WIRE_TO_SERVER, server_request_length_max(server));
    if (connection->decoder == NULL) {
        free(connection);
        return NULL;
    }
    wire_decoder_share(connection->decoder, &reader->frame);
    connection->server = server;
    connection->reader = reader;
    connection->stream = stream;
    connection->number = stream->connection;
    connection->user = connection->protocol = WIRE_ABSENT;
    STAILQ_INIT(&connection->responses);
    atomic_init(&connection->references, 1);
    atomic_init(&connection->state, CONNECTION_HEADER);
    server_connection_touch(connection);
    world_lock(server->lock);
    TAILQ_INSERT_TAIL(&server->connections, connection, all);
    world_unlock(server->lock);
    return connection;
}

struct server_connection *server_connection_keep(struct server_connection *connection)
{
    atomic_fetch_add_explicit(&connection->references, 1, memory_order_relaxed);
    return connection;
}

void server_connection_cut(struct server_connection *connection)
{
    if (connection->stream == NULL)
        return;
    world_watch_release(&connection->read_watch);
    world_watch_release(&connection->write_watch);
    world_close(connection->stream);
    connection->stream = NULL;
}

void server_connection_free(struct server_connection *connection)
{
    server_connection_cut(connection);
    wire_decoder_free(connection->decoder);
    free(connection->names);
    free(connection);
}

static bool lets_last_go(struct server_connection *connection)
{
    return atomic_fetch_sub_explicit(&connection->references, 1, memory_order_acq_rel) == 1;
}

void server_connection_drop(struct server_connection *connection)
{
    if (!lets_last_go(connection))
        return;
    TAILQ_REMOVE(&connection->server->connections, connection, all);
    server_connection_free(connection);
}

void server_connection_let_go(struct server_connection *connection)
{
    struct server *server = connection->server;

    if (!lets_last_go(connection))
        return;
    world_lock(server->lock);
    TAILQ_REMOVE(&server->connections, connection, all);
    world_unlock(server->lock);
    server_connection_free(connection);
}

void server_connection_touch(struct server_connection *connection)
{
    atomic_store_explicit(&connection->last_contact_ms,
                          world_wall_ms(connection->server->config.host), memory_order_relaxed);
}

bool server_connection_timed_out(const struct server_connection *connection, uint64_t now_ms)
{
    return atomic_load_explicit(&connection->rpc_count, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&connection->last_contact_ms, memory_order_relaxed) +
                   server_idle_limit_ms(connection->server) <
               now_ms;
}

void server_connection_enter(struct server_connection *connection,
                             enum server_connection_state next)
{
    world_lock(connection->server->lock);
    if (server_connection_is_open(connection))
        enter(connection, next);
    world_unlock(connection->server->lock);
}

enum rpc_status server_connection_identify(struct server_connection *connection,
                                           struct wire_bytes user, struct wire_bytes protocol)
{
    char *names = malloc(user.length + protocol.length + 2);
    if (names == NULL)
        return RPC_NO_MEMORY;
    if (user.length > 0)
        memcpy(names, user.data, user.length);
    names[user.length] = '\0';
    char *second = names + user.length + 1;
    if (protocol.length > 0)
        memcpy(second, protocol.data, protocol.length);
    second[protocol.length] = '\0';

    world_lock(connection->server->lock); /* who asks for a view may be another thread */
    free(connection->names);
    connection->names = names;
    if (user.data != NULL)
        connection->user = (struct wire_bytes){(const uint8_t *)names, user.length};
    if (protocol.data != NULL)
        connection->protocol = (struct wire_bytes){(const uint8_t *)second, protocol.length};
    world_unlock(connection->server->lock);
    return RPC_OK;
}

void server_connection_turn_away(struct server_connection *connection)
{
    world_lock(connection->server->lock);
    enter(connection, CONNECTION_CLOSING);
    enter(connection, CONNECTION_CLOSED);
    world_unlock(connection->server->lock);
    world_close(connection->stream);
    connection->stream = NULL;
    server_connection_let_go(connection);
}

/* --- the end --- */

/* The last hop: nobody watches the stream any more. */
static void end_stream(struct server_connection *connection)
{
    struct server *server = connection->server;

    world_watch_release(&connection->write_watch);
    if (!server->killed)
        world_shutdown(connection->stream);
    world_close(connection->stream);
    world_lock(server->lock);
    connection->stream = NULL;
    enter(connection, CONNECTION_CLOSED);
    assert(server->ending > 0);
    server->ending--;
    server_check_stopped(server);
    world_unlock(server->lock);
    server_connection_let_go(connection);
}

static void leave_responder(struct world_task *task)
{
    end_stream(world_container(task, struct server_connection, closing));
}

static void leave_reader(struct world_task *task)
{
    struct server_connection *connection = world_container(task, struct server_connection, closing);
    world_watch_release(&connection->read_watch);
    task->run = leave_responder;
    world_post(connection->server->responder.lane.control, task);
}

static void close_now(struct world_task *task)
{
    struct server_connection *connection = world_container(task, struct server_connection, closing);
    struct server *server = connection->server;
    const struct server_lane *lane = connection->closing_lane;

    if (server->world->tracer != NULL && !server->killed) {
        struct point_event event = server_lane_event(lane, POINT_SERVER_CLOSE, connection, NULL);
        SERVER_VALUES(event, WORLD_TEXT(WHY, server_close_name(connection->why)));
        world_trace(server->world, &event);
    }
    if (server->config.thread_each) {
        task->run = leave_reader;
        world_post(connection->reader->lane.control, task);
        return;
    }
    world_watch_release(&connection->read_watch);
    end_stream(connection);
}

static void close_step(struct world_task *task)
{
    struct server_connection *connection = world_container(task, struct server_connection, closing);
    struct server *server = connection->server;

    if (point_guarded(POINT_SERVER_CLOSE) && !server->killed) {
        struct point_event event =
            server_lane_event(connection->closing_lane, POINT_SERVER_CLOSE, connection, NULL);
        SERVER_VALUES(event, WORLD_TEXT(WHY, server_close_name(connection->why)));
        if (server_lane_held_at(connection->closing_lane, &event, task, close_now))
            return;
    }
    close_now(task);
}

static void drop_responses(struct server_connection *connection)
{
    struct server_call *call;

    connection->was_stuck = connection->response_count > 0;
    while ((call = STAILQ_FIRST(&connection->responses)) != NULL) {
        STAILQ_REMOVE_HEAD(&connection->responses, next);
        server_call_recycle(call);
    }
    connection->response_count = 0;
}

bool server_connection_doom(struct server_connection *connection, struct server_lane *lane,
                            enum server_close why)
{
    struct server *server = connection->server;

    if (!server_connection_is_open(connection))
        return false;
    enter(connection, CONNECTION_CLOSING);
    server->open_count--;
    if (why != CLOSE_STOP || server->killed || !server->release->stop_keeps_count)
        server_count_set(&server->metrics.open_connections, server->open_count);
    server->ending++;
    server_responder_forget(&server->responder, connection);
    connection->why = why;
    connection->closing_lane = lane;
    /* The reference of the set is the closing step's from now on. */
    drop_responses(connection);
    server_lane_post(lane, &connection->closing, close_step);
    return true;
}

void server_connection_close(struct server_connection *connection, struct server_lane *lane,
                             enum server_close why)
{
    world_lock(connection->server->lock);
    server_connection_doom(connection, lane, why);
    world_unlock(connection->server->lock);
}
