#include "rpc/server/reader.h"

#include <assert.h>

#include "rpc/server/parts.h"
#include "rpc/world/name.h"

enum { CHUNK = 8192 }; /* Server.java, NIO_BUFFER_LIMIT */

static struct server_connection *of_step(struct world_task *task)
{
    return world_container(task, struct server_connection, step);
}

static bool may_be_read(const struct server_connection *connection)
{
    return server_connection_is_open(connection) && !server_lane_is_dead(&connection->reader->lane);
}

void server_reader_selects(struct server_reader *reader)
{
    if (server_is_running(reader->lane.server))
        server_lane_does(&reader->lane, "select");
    else
        server_lane_ends(&reader->lane);
}

/* A step of this connection waits; until it has run nothing is read. */
static void wait_in_step(struct server_connection *connection)
{
    assert(!connection->reading);
    connection->reading = true;
    server_connection_keep(connection);
}

static void step_runs(struct server_connection *connection)
{
    assert(connection->reading);
    connection->reading = false;
}

/* The step is over, and with it the reference that it had. */
static void step_ends(struct server_connection *connection)
{
    if (!connection->reading)
        server_reader_selects(connection->reader);
    if (!connection->reading && may_be_read(connection))
        world_watch_start(&connection->read_watch);
    server_connection_let_go(connection);
}

/* --- put --- */

static void put_now(struct world_task *task);

static void traced_put(struct server_connection *connection, const struct server_call *call,
                       uint64_t length)
{
    struct server *server = connection->server;
    if (server->world->tracer == NULL)
        return;
    struct point_event event =
        server_lane_event(&connection->reader->lane, POINT_SERVER_PUT, connection, call);
    SERVER_VALUES(event, WORLD_NUMBER(LEVEL, 0), WORLD_NUMBER(LENGTH, length),
                  WORLD_TEXT(METHOD, server_call_method_text(call)));
    world_trace(server->world, &event);
}

/* The queue is full: stand, or say so.  The lock is held.  True: the call is to be refused. */
static bool find_full(struct server_connection *connection)
{
    struct server *server = connection->server;
    struct server_reader *reader = connection->reader;

    if (server_setting(server, SETTING_BACKOFF) != 0)
        return true;
    server_call_queue_block(&server->queue, reader);
    server_lane_does(&reader->lane, "put");
    connection->step.run = put_now;
    world_stand(&reader->lane.executor, &connection->step);
    return false;
}

/* Put the call in hand.  True: done with, false: the step waits. */
static bool put(struct server_connection *connection)
{
    struct server *server = connection->server;
    struct server_reader *reader = connection->reader;
    struct server_call *call = connection->in_hand;
    bool refused = false;

    world_lock(server->lock);
    bool running = server_is_running(server);
    enum rpc_status status =
        running ? server_call_queue_put(&server->queue, reader, call) : RPC_STOPPED;
    if (status == RPC_STOPPED)
        server_call_recycle(call);
    else if (status == RPC_QUEUE_FULL)
        refused = find_full(connection);
    else
        /* After the put, as Hadoop does: until then the connection counts as idle. */
        server_connection_count(connection, 1);
    if (status == RPC_OK)
        traced_put(connection, call, server->queue.length);
    if (reader->spare == NULL)
        reader->spare = server_call_create(server);
    world_unlock(server->lock);

    if (status == RPC_QUEUE_FULL && !refused)
        return false;
    connection->in_hand = NULL;
    if (refused)
        server_refuse_busy(connection, call);
    return true;
}

/* The Reader stood before the queue, or at a hold. */
static void put_now(struct world_task *task)
{
    struct server_connection *connection = of_step(task);

    step_runs(connection);
    if (!put(connection))
        wait_in_step(connection);
    step_ends(connection);
}

static void put_first(struct server_connection *connection)
{
    struct server_call *call = connection->in_hand;
    if (point_guarded(POINT_SERVER_PUT)) {
        struct point_event event =
            server_lane_event(&connection->reader->lane, POINT_SERVER_PUT, connection, call);
        SERVER_VALUES(event, WORLD_NUMBER(LEVEL, 0),
                      WORLD_NUMBER(LENGTH, connection->server->queue.length),
                      WORLD_TEXT(METHOD, server_call_method_text(call)));
        if (server_lane_held_at(&connection->reader->lane, &event, &connection->step, put_now)) {
            wait_in_step(connection);
            return;
        }
    }
    if (!put(connection))
        wait_in_step(connection);
}

/* --- read --- */

static void read_later(struct server_connection *connection);

/* What a fault lets through: `want` or less, nothing at all with RPC_AGAIN. */
static enum rpc_status let_through(struct server_connection *connection, size_t *want)
{
    struct point_strike strike;
    struct point_event event =
        server_lane_event(&connection->reader->lane, POINT_SERVER_READ, connection, NULL);

    SERVER_VALUES(event, WORLD_NUMBER(BYTES, *want));
    if (!point_strikes(&event, &strike))
        return RPC_OK;
    if (strike.effect == EFFECT_ERROR) {
        point_doom_begin(&connection->read_doom, &strike);
        return RPC_OK;
    }
    if (strike.effect == EFFECT_MEMORY)
        server_reader_dies(connection->reader);
    if (strike.effect == EFFECT_MEMORY || strike.bytes == 0)
        return RPC_AGAIN;
    *want = strike.bytes < *want ? (size_t)strike.bytes : *want;
    return RPC_OK;
}

/* One read of the socket, or what a fault makes of it. */
static enum rpc_status read_piece(struct server_connection *connection, uint8_t *into, size_t want,
                                  size_t *got)
{
    enum rpc_status status = RPC_OK;

    if (point_guarded(POINT_SERVER_READ))
        status = let_through(connection, &want);
    if (status == RPC_OK)
        status = point_doom_cut(&connection->read_doom, &want);
    if (status == RPC_OK)
        status = world_read(connection->stream, into, want, got);
    point_doom_passed(&connection->read_doom, *got);
    return status;
}

static void trace_read(const struct server_connection *connection, size_t got)
{
    struct world *world = connection->server->world;
    if (world->tracer == NULL)
        return;
    struct point_event event =
        server_lane_event(&connection->reader->lane, POINT_SERVER_READ, connection, NULL);
    SERVER_VALUES(event, WORLD_NUMBER(BYTES, got));
    world_trace(world, &event);
}

static void close_for(struct server_connection *connection, enum server_close why)
{
    server_connection_close(connection, &connection->reader->lane, why);
}

/* A message, or what could not be one, has come.  True: the next piece may be there. */
static bool take(struct server_connection *connection, size_t got, size_t want)
{
    struct wire_message message;

    switch (server_packet_take(connection, got, &message)) {
    case PACKET_PARTIAL:
        return got == want;
    case PACKET_GO_ON:
        return true;
    case PACKET_CALL:
        wire_decoder_rest(connection->decoder);
        put_first(connection);
        return false;
    case PACKET_ENDS_PASS:
        wire_decoder_rest(connection->decoder);
        return false;
    case PACKET_REPLIES:
        wait_in_step(connection);
        return false;
    case PACKET_ENDS_READER:
        server_reader_dies(connection->reader);
        return false;
    }
    assert(false);
    return false;
}

/* True: the next piece may be there. */
static bool read_now(struct server_connection *connection)
{
    uint8_t *into;
    size_t got = 0;
    size_t want = wire_decoder_want(connection->decoder, &into);

    if (want == 0) {
        close_for(connection, CLOSE_OOM);
        return false;
    }
    want = want < CHUNK ? want : CHUNK;
    enum rpc_status status = read_piece(connection, into, want, &got);
    trace_read(connection, got);
    if (status == RPC_OK)
        return take(connection, got, want);
    if (status != RPC_AGAIN)
        close_for(connection, status == RPC_END ? CLOSE_EOF : CLOSE_RESET);
    return false;
}

static void read_held(struct world_task *task)
{
    struct server_connection *connection = of_step(task);

    step_runs(connection);
    if (may_be_read(connection) && read_now(connection))
        read_later(connection);
    step_ends(connection);
}

static bool held(struct server_connection *connection)
{
    uint8_t *into;

    if (!point_guarded(POINT_SERVER_READ))
        return false;
    size_t want = wire_decoder_want(connection->decoder, &into);
    struct point_event event =
        server_lane_event(&connection->reader->lane, POINT_SERVER_READ, connection, NULL);
    SERVER_VALUES(event, WORLD_NUMBER(BYTES, want < CHUNK ? want : CHUNK));
    if (!server_lane_held_at(&connection->reader->lane, &event, &connection->step, read_held))
        return false;
    wait_in_step(connection);
    return true;
}

/* False: it is held. */
static bool read_on(struct server_connection *connection)
{
    do {
        if (held(connection))
            return false;
    } while (read_now(connection));
    return true;
}

/* Hadoop touches the connection before a pass and after it: in one step that is once, here the
 * pass has begun in another. */
static void read_later(struct server_connection *connection)
{
    if (read_on(connection) && may_be_read(connection))
        server_connection_touch(connection);
}

static void on_readable(struct world_watch *watch)
{
    struct server_connection *connection =
        world_container(watch, struct server_connection, read_watch);

    if (connection->reading || !may_be_read(connection)) {
        world_watch_stop(watch); /* until the step is over, or for good */
        return;
    }
    server_lane_does(&connection->reader->lane, "read");
    server_connection_touch(connection);
    read_on(connection);
    if (atomic_load_explicit(&connection->should_close, memory_order_relaxed))
        close_for(connection, CLOSE_FATAL); /* unless the read has */
    if (!connection->reading)
        server_reader_selects(connection->reader);
}

/* Header and context go on at once; after a frame the next one waits for the next pass. */
static void goes_on(struct world_task *task)
{
    struct server_connection *connection = of_step(task);

    step_runs(connection);
    if (may_be_read(connection) && server_connection_state(connection) != CONNECTION_OPEN)
        read_later(connection);
    step_ends(connection);
}

void server_reader_goes_on(struct server_lane *lane, struct server_connection *connection)
{
    server_lane_post(lane, &connection->step, goes_on);
}

struct server_call *server_reader_reply(struct server_connection *connection, int32_t call_id,
                                        int32_t retry)
{
    struct server *server = connection->server;
    struct server_reader *reader = connection->reader;
    struct server_call *call = reader->spare;

    reader->spare = NULL;
    if (call == NULL) {
        world_lock(server->lock);
        call = server_call_create(server);
        world_unlock(server->lock);
    }
    if (call != NULL)
        server_call_begin(call, connection, call_id, retry);
    return call;
}

/* --- pendingConnections --- */

static void register_next(struct server_reader *reader);

static void watch(struct server_connection *connection)
{
    struct server_reader *reader = connection->reader;

    if (may_be_read(connection)) {
        world_watch_init(&reader->lane.executor, &connection->read_watch, connection->stream,
                         WORLD_READ, on_readable);
        world_watch_start(&connection->read_watch);
    }
    server_connection_let_go(connection);
}

void server_reader_watch_new(struct server_reader *reader)
{
    struct server_connection *connection;

    while ((connection = STAILQ_FIRST(&reader->registering)) != NULL) {
        STAILQ_REMOVE_HEAD(&reader->registering, turn);
        watch(connection);
    }
}

static void register_one(struct server_connection *connection)
{
    struct server_reader *reader = connection->reader;

    if (server_connection_is_open(connection) && reader->lane.executor.world->tracer != NULL) {
        struct point_event event =
            server_lane_event(&reader->lane, POINT_SERVER_REGISTER, connection, NULL);
        SERVER_VALUES(event, WORLD_NUMBER(READER, reader->index));
        world_trace(reader->lane.executor.world, &event);
    }
    watch(connection);
}

static void register_held(struct world_task *task)
{
    struct server_connection *connection = of_step(task);
    struct server_reader *reader = connection->reader;

    register_one(connection);
    register_next(reader);
}

static void register_next(struct server_reader *reader)
{
    struct server_connection *connection;

    while ((connection = STAILQ_FIRST(&reader->registering)) != NULL) {
        STAILQ_REMOVE_HEAD(&reader->registering, turn);
        if (point_guarded(POINT_SERVER_REGISTER)) {
            struct point_event event =
                server_lane_event(&reader->lane, POINT_SERVER_REGISTER, connection, NULL);
            SERVER_VALUES(event, WORLD_NUMBER(READER, reader->index));
            if (server_lane_held_at(&reader->lane, &event, &connection->step, register_held))
                return;
        }
        register_one(connection);
    }
}

/* As many as are pending at this instant. */
static void adopt(struct world_task *task)
{
    struct server_reader *reader = world_container(task, struct server_reader, adopt);
    struct server *server = reader->lane.server;

    world_lock(server->lock);
    reader->adopting = false;
    STAILQ_CONCAT(&reader->registering, &reader->pending);
    reader->pending_count = 0;
    if (reader->listener_waits)
        world_resume(&server->listener.lane.executor);
    reader->listener_waits = false;
    world_unlock(server->lock);
    register_next(reader);
}

bool server_reader_put(struct server_reader *reader, struct server_connection *connection)
{
    if (reader->pending_count >= server_reader_queue(reader->lane.server))
        return false;
    server_connection_keep(connection);
    STAILQ_INSERT_TAIL(&reader->pending, connection, turn);
    reader->pending_count++;
    if (!reader->adopting)
        server_lane_post(&reader->lane, &reader->adopt, adopt);
    reader->adopting = true;
    return true;
}

void server_reader_dies(struct server_reader *reader)
{
    struct server *server = reader->lane.server;

    server_lane_dies(&reader->lane);
    if (server->release->reader_error_is_last)
        server_kill(server);
}

/* --- life --- */

void server_reader_init(struct server *server, struct server_reader *reader, unsigned index)
{
    char name[SERVER_LANE_NAME_MAX];

    world_name_print(name, sizeof(name), "reader/%u", index);
    reader->index = index;
    STAILQ_INIT(&reader->pending);
    STAILQ_INIT(&reader->registering);
    server_lane_init(server, &reader->lane, name);
    server_lane_does(&reader->lane, "select");
}

void server_reader_release(struct server_reader *reader)
{
    wire_buffer_release(&reader->frame);
    server_lane_release(&reader->lane);
}
