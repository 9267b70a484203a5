#include "rpc/server/registration.h"

#include "rpc/server/parts.h"

static struct server_listener *of_step(struct world_task *task)
{
    return world_container(task, struct server_listener, step);
}

static struct server_reader *reader_of(const struct server_listener *listener)
{
    return &listener->lane.server->readers[listener->next_reader];
}

/* --- the Reader --- */

/* finishAdd has come. */
static void goes_on(struct world_task *task)
{
    struct server_reader *reader = world_container(task, struct server_reader, added);

    server_reader_selects(reader);
    server_reader_watch_new(reader);
}

/* Out of select, and into wait(): the monitor is free. */
static void lets_in(struct world_task *task)
{
    struct server_reader *reader = world_container(task, struct server_reader, adopt);
    struct server *server = reader->lane.server;

    server_lane_does(&reader->lane, "wait");
    world_lock(server->lock);
    reader->listener_waits = false;
    reader->added.run = goes_on;
    world_stand(&reader->lane.executor, &reader->added);
    world_resume(&server->listener.lane.executor);
    world_unlock(server->lock);
}

/* --- the Listener --- */

static void finish_add(struct server_reader *reader, struct server_connection *connection)
{
    struct server *server = reader->lane.server;

    world_lock(server->lock);
    if (connection != NULL)
        STAILQ_INSERT_TAIL(&reader->registering, connection, turn);
    world_resume(&reader->lane.executor);
    world_unlock(server->lock);
}

static void register_now(struct world_task *task)
{
    struct server_listener *listener = of_step(task);
    struct server_reader *reader = reader_of(listener);
    struct world_stream *stream = listener->accepted;
    struct server_connection *connection =
        server_connection_create(listener->lane.server, reader, stream);

    listener->accepted = NULL;
    if (connection == NULL) {
        world_close(stream);
        finish_add(reader, NULL);
        server_listener_out_of_memory(listener);
        return;
    }
    if (!server_listener_admits(listener, connection)) {
        server_connection_turn_away(connection);
        connection = NULL;
    } else if (listener->lane.executor.world->tracer != NULL) {
        struct point_event event =
            server_lane_event(&listener->lane, POINT_SERVER_REGISTER, connection, NULL);
        SERVER_VALUES(event, WORLD_NUMBER(READER, reader->index));
        world_trace(listener->lane.executor.world, &event);
    }
    finish_add(reader, connection);
    server_listener_goes_on(listener);
}

static void let_in(struct world_task *task)
{
    struct server_listener *listener = of_step(task);

    server_lane_does(&listener->lane, "accept");
    if (point_guarded(POINT_SERVER_REGISTER)) {
        struct point_event event =
            server_lane_event(&listener->lane, POINT_SERVER_REGISTER, NULL, NULL);
        event.connection = listener->accepted->connection;
        SERVER_VALUES(event, WORLD_NUMBER(READER, reader_of(listener)->index));
        if (server_lane_held_at(&listener->lane, &event, task, register_now))
            return;
    }
    register_now(task);
}

void server_register(struct server_listener *listener, struct server_reader *reader,
                     struct world_stream *stream)
{
    struct server *server = listener->lane.server;

    listener->accepted = stream;
    server_lane_does(&listener->lane, "wait");
    world_lock(server->lock);
    reader->listener_waits = true;
    listener->step.run = let_in;
    world_stand(&listener->lane.executor, &listener->step);
    server_lane_post(&reader->lane, &reader->adopt, lets_in);
    world_unlock(server->lock);
}
