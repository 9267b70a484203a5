#include "rpc/server/listener.h"

#include "rpc/server/parts.h"

#define RETRY_NS         WORLD_MS         /* where Hadoop's Listener spins */
#define OUT_OF_MEMORY_NS (60 * WORLD_SEC) /* Server.java, Listener.run */

static void accept_next(struct server_listener *listener);

/* --- the end of a wake-up --- */

static void finish(struct server_listener *listener)
{
    listener->busy = false;
    server_lane_does(&listener->lane, "accept");
}

static void clean_up(struct world_task *task)
{
    struct server_listener *listener = world_container(task, struct server_listener, step);

    if (!server_is_running(listener->lane.server))
        return;
    server_cleanup_run(listener->lane.server);
    finish(listener);
}

/* All is done that the wake-up was for. */
static void wakeup_ends(struct server_listener *listener)
{
    struct server *server = listener->lane.server;

    if (server->release->timer_closes_idle || !server_cleanup_is_due(server))
        finish(listener);
    else if (!server_lane_held(&listener->lane, POINT_SERVER_SCAN, NULL, NULL, &listener->step,
                               clean_up))
        clean_up(&listener->step);
}

static void pause_ended(struct world_timer *timer)
{
    struct server_listener *listener = world_container(timer, struct server_listener, pause);
    if (!server_is_running(listener->lane.server))
        return;
    wakeup_ends(listener);
    world_watch_start(&listener->watch);
}

static void pause_for(struct server_listener *listener, uint64_t ns)
{
    listener->busy = true;
    server_lane_does(&listener->lane, "sleep");
    world_watch_stop(&listener->watch);
    world_timer_start(&listener->pause, world_now(listener->lane.executor.world) + ns);
}

static void remember(struct server_listener *listener, struct server_connection *connection)
{
    struct server_connection *before = listener->last;
    listener->last = connection != NULL ? server_connection_keep(connection) : NULL;
    if (before != NULL)
        server_connection_let_go(before);
}

void server_listener_out_of_memory(struct server_listener *listener)
{
    struct server *server = listener->lane.server;

    world_lock(server->lock);
    if (listener->last != NULL)
        server_connection_doom(listener->last, &listener->lane, CLOSE_OOM);
    unsigned closed = server->release->timer_closes_idle
                          ? server_close_idle(server, &listener->lane, true)
                          : server_cleanup_force(server);
    world_unlock(server->lock);
    remember(listener, NULL);
    server_idle_scan_trace(&listener->lane, closed);
    pause_for(listener, OUT_OF_MEMORY_NS);
}

/* --- the hand-off --- */

static void accept_step(struct world_task *task)
{
    accept_next(world_container(task, struct server_listener, step));
}

static void hand_over(struct server_listener *listener);

static void hand_over_again(struct world_task *task)
{
    hand_over(world_container(task, struct server_listener, step));
}

static void hand_over(struct server_listener *listener)
{
    struct server *server = listener->lane.server;
    struct server_connection *connection = listener->in_hand;

    world_lock(server->lock);
    bool running = server_is_running(server);
    bool taken = running && server_reader_put(connection->reader, connection);
    if (running && !taken) {
        connection->reader->listener_waits = true;
        listener->step.run = hand_over_again;
        server_lane_does(&listener->lane, "put");
        world_stand(&listener->lane.executor, &listener->step);
    }
    world_unlock(server->lock);
    if (running && !taken)
        return;
    listener->in_hand = NULL;
    server_connection_let_go(connection);
    server_listener_goes_on(listener);
}

void server_listener_goes_on(struct server_listener *listener)
{
    server_lane_post(&listener->lane, &listener->step, accept_step);
}

static void trace_accept(struct server_listener *listener, const struct server_reader *reader,
                         uint32_t number)
{
    if (listener->lane.executor.world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(&listener->lane, POINT_SERVER_ACCEPT, NULL, NULL);
    event.connection = number;
    SERVER_VALUES(event, WORLD_NUMBER(READER, reader->index));
    world_trace(listener->lane.executor.world, &event);
}

/* Beyond ipc.server.max.connections (3.x): never registered, closed without a byte. */
static void turn_away(struct server_listener *listener, struct server_connection *connection)
{
    struct server *server = listener->lane.server;

    server_count_up(&server->metrics.dropped_connections);
    server_refusal_trace(&listener->lane, connection, NULL,
                         server_close_name(CLOSE_MAX_CONNECTIONS));
    if (server->world->tracer != NULL) {
        struct point_event event =
            server_lane_event(&listener->lane, POINT_SERVER_CLOSE, connection, NULL);
        SERVER_VALUES(event, WORLD_TEXT(WHY, server_close_name(CLOSE_MAX_CONNECTIONS)));
        world_trace(server->world, &event);
    }
    server_connection_turn_away(connection);
    server_listener_goes_on(listener);
}

bool server_listener_admits(struct server_listener *listener, struct server_connection *connection)
{
    struct server *server = listener->lane.server;

    world_lock(server->lock);
    bool fits = server_is_running(server) && !server_is_full(server);
    if (fits) {
        server->open_count++;
        server_count_set(&server->metrics.open_connections, server->open_count);
        server_count_up(&server->metrics.accepted);
        server_connection_keep(connection);
    }
    world_unlock(server->lock);
    return fits;
}

static void welcome(struct server_listener *listener, struct server_reader *reader,
                    struct world_stream *stream)
{
    struct server_connection *connection =
        server_connection_create(listener->lane.server, reader, stream);

    if (connection == NULL) {
        world_close(stream);
        server_listener_out_of_memory(listener);
        return;
    }
    if (!server_listener_admits(listener, connection)) {
        turn_away(listener, connection);
        return;
    }
    remember(listener, connection);
    listener->in_hand = connection;
    server_lane_post(&listener->lane, &listener->step, hand_over_again);
}

static void accepted(struct server_listener *listener, struct world_stream *stream)
{
    struct server *server = listener->lane.server;

    listener->next_reader = server_next_reader(server);
    struct server_reader *reader = &server->readers[listener->next_reader];
    trace_accept(listener, reader, stream->connection);
    if (server->release->reader_takes_at_once)
        welcome(listener, reader, stream);
    else
        server_register(listener, reader, stream);
}

/* --- accept --- */

static bool struck(struct server_listener *listener, const struct point_event *event)
{
    struct point_strike strike;
    if (!point_strikes(event, &strike))
        return false;
    if (strike.effect == EFFECT_MEMORY)
        server_listener_out_of_memory(listener);
    else
        pause_for(listener, RETRY_NS);
    return true;
}

static struct point_event accept_event(struct server_listener *listener)
{
    return server_lane_event(&listener->lane, POINT_SERVER_ACCEPT, NULL, NULL);
}

static void accept_now(struct world_task *task)
{
    struct server_listener *listener = world_container(task, struct server_listener, step);
    struct server *server = listener->lane.server;
    struct world_stream *stream;

    if (!server_is_running(server))
        return;
    if (point_guarded(POINT_SERVER_ACCEPT)) {
        struct point_event event = accept_event(listener);
        SERVER_VALUES(event, WORLD_NUMBER(READER, server_next_reader(server)));
        if (struck(listener, &event))
            return;
    }
    enum rpc_status status = world_accept(listener->socket, &stream);
    if (status == RPC_OK) {
        accepted(listener, stream);
    } else if (status == RPC_AGAIN) {
        wakeup_ends(listener);
    } else if (status == RPC_NO_MEMORY) {
        server_listener_out_of_memory(listener);
    } else {
        pause_for(listener, RETRY_NS);
    }
}

static void accept_next(struct server_listener *listener)
{
    struct server *server = listener->lane.server;

    if (!server_is_running(server))
        return;
    listener->busy = true;
    if (point_guarded(POINT_SERVER_ACCEPT)) {
        struct point_event event = accept_event(listener);
        SERVER_VALUES(event, WORLD_NUMBER(READER, server_next_reader(server)));
        if (server_lane_held_at(&listener->lane, &event, &listener->step, accept_now))
            return;
    }
    accept_now(&listener->step);
}

static void on_ready(struct world_watch *watch)
{
    struct server_listener *listener = world_container(watch, struct server_listener, watch);
    if (!listener->busy)
        accept_next(listener);
}

/* --- life --- */

static void begin(struct world_task *task)
{
    struct server_listener *listener = world_container(task, struct server_listener, wakeful);
    struct server *server = listener->lane.server;

    if (!server_is_running(server) || listener->socket == NULL)
        return;
    server_lane_does(&listener->lane, "accept");
    world_watch_start(&listener->watch);
    server_idle_scan_start(&server->idle_scan);
}

void server_listener_start(struct server_listener *listener)
{
    server_lane_does(&listener->lane, "wait");
    server_lane_post(&listener->lane, &listener->wakeful, begin);
}

enum rpc_status server_listener_bind(struct server *server, struct server_listener *listener)
{
    return world_listen(server->config.host, server_port(server->world, &server->config),
                        (int)server_setting(server, SETTING_LISTEN_QUEUE), &listener->socket);
}

void server_listener_init(struct server *server, struct server_listener *listener)
{
    server_lane_init(server, &listener->lane, "listener");
    world_watch_init_listener(&listener->lane.executor, &listener->watch, listener->socket,
                              on_ready);
    world_timer_init(&listener->lane.executor, &listener->pause, pause_ended);
}

void server_listener_halt(struct server_listener *listener)
{
    struct server *server = listener->lane.server;

    if (listener->socket == NULL)
        return;
    world_timer_release(&listener->pause);
    world_watch_release(&listener->watch);
    world_listener_close(listener->socket);
    listener->socket = NULL;
    world_lock(server->lock);
    bool stuck = server->left_open;
    world_unlock(server->lock);
    if (!stuck)
        server_lane_ends(&listener->lane);
}

void server_listener_release(struct server_listener *listener)
{
    server_listener_halt(listener);
    if (listener->accepted != NULL)
        world_close(listener->accepted);
    server_lane_release(&listener->lane);
}
