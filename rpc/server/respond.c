#include "rpc/server/respond.h"

#include <assert.h>

#include "rpc/server/parts.h"

enum { CHUNK = 8192 }; /* Server.java, NIO_BUFFER_LIMIT */

/* --- the write step --- */

static size_t chunk_of(const struct server_call *call)
{
    size_t left = call->response.length - call->sent;
    return left < CHUNK ? left : CHUNK;
}

static void trace_write(struct server_lane *lane, const struct server_connection *connection,
                        const struct server_call *call, size_t bytes, size_t accepted,
                        uint64_t pass)
{
    struct world *world = lane->executor.world;
    if (world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(lane, POINT_SERVER_WRITE, connection, call);
    SERVER_VALUES(event, WORLD_NUMBER(BYTES, bytes), WORLD_NUMBER(ACCEPTED, accepted),
                  WORLD_NUMBER(PASS, pass),
                  WORLD_NUMBER(DONE, call->sent + accepted == call->response.length),
                  WORLD_TEXT(STATUS, server_call_status(call)));
    world_trace(world, &event);
}

/* How much a fault lets through: `bytes` or less.  RPC_OK, or what it fails with; RPC_NO_MEMORY
 * is Java's OutOfMemoryError. */
static enum rpc_status let_through(struct server_lane *lane, struct server_connection *connection,
                                   const struct server_call *call, uint64_t pass, size_t *bytes)
{
    struct point_strike strike;
    struct point_event event = server_lane_event(lane, POINT_SERVER_WRITE, connection, call);

    SERVER_VALUES(event, WORLD_NUMBER(BYTES, *bytes), WORLD_NUMBER(PASS, pass),
                  WORLD_TEXT(STATUS, server_call_status(call)));
    if (!point_strikes(&event, &strike))
        return RPC_OK;
    uint64_t most = strike.bytes;
    if (strike.effect == EFFECT_MEMORY)
        return RPC_NO_MEMORY;
    if (strike.effect == EFFECT_ERROR)
        point_doom_begin(&connection->write_doom, &strike);
    else
        *bytes = most < *bytes ? (size_t)most : *bytes;
    return RPC_OK;
}

static enum rpc_status write_chunk(struct server_lane *lane, struct server_connection *connection,
                                   struct server_call *call, uint64_t pass, size_t *accepted)
{
    size_t bytes = chunk_of(call);
    enum rpc_status status = RPC_OK;

    *accepted = 0;
    if (point_guarded(POINT_SERVER_WRITE))
        status = let_through(lane, connection, call, pass, &bytes);
    if (status == RPC_OK)
        status = point_doom_cut(&connection->write_doom, &bytes);
    if (status == RPC_OK && bytes > 0)
        status = world_write(connection->stream, call->response.data + call->sent, bytes, accepted);
    point_doom_passed(&connection->write_doom, *accepted);
    return status == RPC_AGAIN ? RPC_OK : status;
}

static enum server_written failed(struct server_lane *lane, struct server_connection *connection,
                                  struct server_call *call, enum rpc_status status)
{
    server_count_up(&connection->server->metrics.output_errors);
    server_call_recycle(call);
    server_connection_doom(connection, lane, CLOSE_OUTPUT_ERROR);
    return status == RPC_NO_MEMORY ? WRITTEN_MEMORY : WRITTEN_ERROR;
}

enum server_written server_write_head(struct server_lane *lane,
                                      struct server_connection *connection, uint64_t pass)
{
    struct server_call *call = STAILQ_FIRST(&connection->responses);

    STAILQ_REMOVE_HEAD(&connection->responses, next);
    connection->response_count--;
    if (!server_connection_is_open(connection))
        return failed(lane, connection, call, RPC_STOPPED);
    while (call->sent < call->response.length) {
        size_t bytes = chunk_of(call);
        size_t accepted;
        enum rpc_status status = write_chunk(lane, connection, call, pass, &accepted);
        trace_write(lane, connection, call, bytes, accepted, pass);
        if (status != RPC_OK)
            return failed(lane, connection, call, status);
        call->sent += accepted;
        if (accepted < bytes && call->sent < call->response.length) {
            STAILQ_INSERT_HEAD(&connection->responses, call, next);
            connection->response_count++;
            return WRITTEN_SHORT;
        }
    }
    server_connection_count(connection, -1);
    server_call_recycle(call);
    return WRITTEN_ALL;
}

bool server_write_held(struct server_lane *lane, struct server_connection *connection,
                       const struct server_call *call, uint64_t pass, struct world_task *step,
                       world_task_fn *then)
{
    if (!point_guarded(POINT_SERVER_WRITE))
        return false;
    struct point_event event = server_lane_event(lane, POINT_SERVER_WRITE, connection, call);
    SERVER_VALUES(event, WORLD_NUMBER(BYTES, call != NULL ? chunk_of(call) : 0),
                  WORLD_NUMBER(PASS, pass));
    return server_lane_held_at(lane, &event, step, then);
}

/* --- the hand-over to the Responder --- */

static struct server_connection *of_handover(struct world_task *task)
{
    return world_container(task, struct server_connection, handover);
}

/* A fault: the Responder never hears of it. */
static bool is_forgotten(struct server_lane *lane, struct server_connection *connection)
{
    struct point_strike strike;

    if (!point_guarded(POINT_SERVER_HANDOVER))
        return false;
    struct point_event event = server_lane_event(lane, POINT_SERVER_HANDOVER, connection, NULL);
    return point_strikes(&event, &strike);
}

static void hand_over(struct world_task *task)
{
    struct server_connection *connection = of_handover(task);
    struct server_lane *lane = connection->handover_lane;
    server_then_fn *then = connection->handover_then;
    struct server *server = connection->server;
    bool forgotten = is_forgotten(lane, connection);

    server_lane_trace(lane, POINT_SERVER_HANDOVER, connection, NULL);
    world_lock(server->lock);
    server_responder_register(&server->responder, forgotten ? NULL : connection);
    world_unlock(server->lock);
    then(lane, connection);
    server_connection_let_go(connection);
}

static void hand_over_first(struct world_task *task)
{
    struct server_connection *connection = of_handover(task);

    if (!server_lane_held(connection->handover_lane, POINT_SERVER_HANDOVER, connection, NULL, task,
                          hand_over))
        hand_over(task);
}

static void wake_up(struct world_task *task)
{
    struct server_connection *connection = of_handover(task);
    struct server_lane *lane = connection->handover_lane;
    struct server *server = connection->server;

    server_lane_trace(lane, POINT_SERVER_WAKEUP, connection, NULL);
    world_lock(server->lock);
    server_responder_wake(&server->responder);
    world_unlock(server->lock);
    server_lane_post(lane, task, hand_over_first);
}

static void wake_up_first(struct world_task *task)
{
    struct server_connection *connection = of_handover(task);

    if (!server_lane_held(connection->handover_lane, POINT_SERVER_WAKEUP, connection, NULL, task,
                          wake_up))
        wake_up(task);
}

/* The head was written short inline: its stamp is now, and the Responder must not wait before
 * it is registered.  The lock is held. */
static void leave_rest(struct server_lane *lane, struct server_connection *connection,
                       server_then_fn *then)
{
    struct server *server = connection->server;

    STAILQ_FIRST(&connection->responses)->stamp_ns = server_purge_clock(server);
    server->responder.pending++;
    connection->handover_lane = lane;
    connection->handover_then = then;
    server_connection_keep(connection);
    server_lane_post(lane, &connection->handover, wake_up_first);
}

/* An Error that nobody catches: it is the end of a Handler, or of a Reader. */
static void dies(struct server_lane *lane, struct server_connection *connection)
{
    if (lane == &connection->reader->lane)
        server_reader_dies(connection->reader);
    else
        server_lane_dies(lane);
}

/* --- the reply --- */

static void join(struct world_task *task)
{
    struct server_call *call = world_container(task, struct server_call, task);
    struct server_connection *connection = server_connection_keep(call->connection);
    struct server *server = connection->server;
    struct server_lane *lane = call->lane;
    server_then_fn *then = call->then;
    enum server_written written = WRITTEN_ALL;

    world_lock(server->lock);
    if (connection->was_stuck) {
        /* It only joins what nobody will write any more. */
        server_call_recycle(call);
    } else {
        STAILQ_INSERT_TAIL(&connection->responses, call, next);
        if (++connection->response_count == 1)
            written = server_write_head(lane, connection, 0);
        if (written == WRITTEN_SHORT)
            leave_rest(lane, connection, then);
    }
    world_unlock(server->lock);
    if (written == WRITTEN_MEMORY)
        dies(lane, connection);
    else if (written != WRITTEN_SHORT)
        then(lane, connection);
    server_connection_let_go(connection);
}

static bool finds_queue_empty(struct server_connection *connection)
{
    world_lock(connection->server->lock);
    bool empty = connection->response_count == 0;
    world_unlock(connection->server->lock);
    return empty;
}

static void trace_reply(struct server_lane *lane, const struct server_call *call)
{
    struct world *world = lane->executor.world;
    if (world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(lane, POINT_SERVER_REPLY, call->connection, call);
    SERVER_VALUES(event, WORLD_TEXT(STATUS, server_call_status(call)),
                  WORLD_NUMBER(LENGTH, call->response.length));
    world_trace(world, &event);
}

/* Nothing is ever sent, and the rpcCount stays. */
static void lose(struct server_lane *lane, struct server_call *call, bool with_lane)
{
    struct server_connection *connection = server_connection_keep(call->connection);
    server_then_fn *then = call->then;

    server_call_discard(call);
    if (with_lane)
        dies(lane, connection);
    else
        then(lane, connection);
    server_connection_let_go(connection);
}

/* An exception here, or a response that could not be made, loses it; an Error its lane too. */
static bool lost(struct server_lane *lane, struct server_call *call)
{
    struct point_strike strike;

    if (call->unsendable) {
        lose(lane, call, false);
        return true;
    }
    if (!point_guarded(POINT_SERVER_REPLY))
        return false;
    struct point_event event = server_lane_event(lane, POINT_SERVER_REPLY, call->connection, call);
    SERVER_VALUES(event, WORLD_TEXT(STATUS, server_call_status(call)),
                  WORLD_NUMBER(LENGTH, call->response.length));
    if (!point_strikes(&event, &strike))
        return false;
    lose(lane, call, strike.effect == EFFECT_MEMORY);
    return true;
}

static void reply(struct world_task *task)
{
    struct server_call *call = world_container(task, struct server_call, task);
    struct server_lane *lane = call->lane;

    if (lost(lane, call))
        return;
    trace_reply(lane, call);
    /* Only who will find its response alone writes. */
    if (point_guarded(POINT_SERVER_WRITE) && finds_queue_empty(call->connection) &&
        server_write_held(lane, call->connection, call, 0, task, join))
        return;
    join(task);
}

void server_respond(struct server_lane *lane, struct server_call *call, server_then_fn *then)
{
    assert(call->answered);
    call->lane = lane;
    call->then = then;
    server_lane_does(lane, "write");
    if (point_guarded(POINT_SERVER_REPLY)) {
        struct point_event event =
            server_lane_event(lane, POINT_SERVER_REPLY, call->connection, call);
        SERVER_VALUES(event, WORLD_TEXT(STATUS, server_call_status(call)),
                      WORLD_NUMBER(LENGTH, call->response.length));
        if (server_lane_held_at(lane, &event, &call->task, reply))
            return;
    }
    reply(&call->task);
}
