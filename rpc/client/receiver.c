#include "rpc/client/receiver.h"

#include "rpc/client/output.h"
#include "rpc/client/reply.h"
#include "rpc/client/sender.h"

static void wait_for_work(struct client_thread *thread);
static void receive(struct client_thread *thread);
static void read_on(struct client_thread *thread);
static void block(struct client_connection *connection);
static void timer_fired(struct world_timer *timer);

static int64_t setting(const struct client_connection *connection, enum release_setting which)
{
    return connection->id.settings->value[which];
}

static bool pings(const struct client_connection *connection)
{
    return connection->client->release->pings_always || setting(connection, SETTING_PING) != 0;
}

/* The socket's SO_TIMEOUT; 0: none. */
static int64_t socket_timeout(const struct client_connection *connection)
{
    int64_t rpc = connection->id.rpc_timeout_ms;
    int64_t ping = pings(connection) ? setting(connection, SETTING_PING_INTERVAL) : 0;
    if (rpc <= 0)
        return ping;
    if (connection->client->release->accumulates_rpc_timeout && pings(connection) && ping < rpc)
        return ping;
    return rpc;
}

/* What sendPing compares with: in 2.x the rpc time-out has overwritten it. */
static int64_t ping_interval(const struct client_connection *connection)
{
    return socket_timeout(connection);
}

int64_t client_receiver_timeout(const struct client_connection *connection)
{
    return socket_timeout(connection);
}

void client_receiver_init(struct client_connection *connection)
{
    world_timer_init(&connection->receiver.executor, &connection->timer, timer_fired);
    connection->deadline_ns = connection->timer_ns = WORLD_NEVER;
}

/* Every call ends one wait and begins another.  The timer is moved only to become earlier; one
 * that fires too early is started again. */
static void set_deadline(struct client_connection *connection, uint64_t at_ns)
{
    connection->deadline_ns = at_ns;
    if (connection->timer_ns <= at_ns)
        return;
    connection->timer_ns = at_ns;
    world_timer_start(&connection->timer, at_ns);
}

static void forget_deadline(struct client_connection *connection)
{
    connection->deadline_ns = WORLD_NEVER;
}

static void stop_timer(struct client_connection *connection)
{
    connection->deadline_ns = connection->timer_ns = WORLD_NEVER;
    world_timer_stop(&connection->timer);
}

void client_receiver_release(struct client_connection *connection)
{
    client_reply_release(connection);
    world_watch_release(&connection->read_watch);
    world_timer_release(&connection->timer);
}

void client_receiver_stop(struct client_connection *connection)
{
    world_watch_release(&connection->read_watch);
    stop_timer(connection);
    connection->receiver_place = RECEIVER_ELSEWHERE;
}

void client_receiver_touch(struct client_connection *connection)
{
    connection->last_activity_ms = world_wall_ms(connection->client->host);
}

void client_receiver_start(struct client_connection *connection)
{
    connection->receiver_runs = true;
    client_sender_start(connection);
    client_connection_keep(connection);
    client_thread_go(&connection->receiver, wait_for_work);
}

/* Milliseconds of host time that have passed since the last activity; the clock may jump. */
static int64_t inactive_ms(const struct client_connection *connection, uint64_t now_ns)
{
    uint64_t wall_ms = world_wall_ms_at(connection->client->host, now_ns);
    return (int64_t)(wall_ms - connection->last_activity_ms);
}

static bool is_ping_due(const struct client_connection *connection)
{
    uint64_t now_ns = world_now(connection->client->world);
    return inactive_ms(connection, now_ns) >= ping_interval(connection);
}

static void gone(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    connection->receiver_runs = false;
    client_monitor_leave(&connection->monitor, thread);
    client_connection_drop(connection);
}

/* close(), the end of run(). */
static void close_it(struct client_thread *thread)
{
    client_connection_close(thread->connection, thread, gone);
}

static void end_idle(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct point_event event =
        client_visit(connection->client, POINT_CLIENT_IDLE, thread, connection, NULL);
    client_trace(connection->client, &event);
    client_connection_mark_closed(connection, NULL);
    close_it(thread);
}

/* The second half of waitForWork, with the monitor. */
static void decide(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    if (!TAILQ_EMPTY(&connection->calls) && !connection->closing && !client->stop_begun) {
        client_monitor_leave(&connection->monitor, thread);
        receive(thread);
        return;
    }
    if (!connection->closing && TAILQ_EMPTY(&connection->calls) && !client->stop_begun) {
        end_idle(thread);
        return;
    }
    if (!connection->closing)
        client_connection_mark_closed(
            connection, TAILQ_EMPTY(&connection->calls)
                            ? NULL
                            : client_failure_create(CLIENT_STOPPED, "java.io.IOException", NULL,
                                                    "java.lang.InterruptedException", NULL));
    close_it(thread);
}

static void look_again(struct client_thread *thread)
{
    if (client_monitor_enter(&thread->connection->monitor, thread, decide))
        decide(thread);
}

/* The wait is over: where somebody else holds on to it, a point can stop it before its lock. */
static void woken(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    if (TAILQ_EMPTY(&connection->calls) && !connection->closing && !client->stop_begun) {
        struct point_event event =
            client_visit(client, POINT_CLIENT_IDLE, thread, connection, NULL);
        if (client_thread_held(thread, &event, look_again))
            return;
    }
    look_again(thread);
}

/* waitForWork with the monitor: one wait, whoever ends it. */
static void wait_with_monitor(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    if (!TAILQ_EMPTY(&connection->calls) || connection->closing || client->stop_begun) {
        decide(thread);
        return;
    }
    uint64_t now_ns = world_now(client->world);
    int64_t left = setting(connection, SETTING_MAX_IDLE) - inactive_ms(connection, now_ns);
    if (connection->receiver_interrupted && left > 0) {
        decide(thread);
        return;
    }
    thread->doing = "wait";
    client_response_rest(&connection->response, client);
    client_output_rest(connection);
    client_monitor_leave(&connection->monitor, thread);
    if (left <= 0) {
        woken(thread);
        return;
    }
    connection->receiver_place = RECEIVER_WAITS;
    set_deadline(connection, now_ns + (uint64_t)left * WORLD_MS);
}

static void wait_for_work(struct client_thread *thread)
{
    if (client_monitor_enter(&thread->connection->monitor, thread, wait_with_monitor))
        wait_with_monitor(thread);
}

void client_receiver_notify(struct client_connection *connection)
{
    if (connection->receiver_place != RECEIVER_WAITS)
        return;
    connection->receiver_place = RECEIVER_ELSEWHERE;
    forget_deadline(connection);
    client_thread_go(&connection->receiver, woken);
}

/* --- reading --- */

static void close_marked(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure = connection->receive_failure;
    connection->receive_failure = NULL;
    client_connection_mark_closed(connection, failure);
    client_monitor_leave(&connection->monitor, thread);
    wait_for_work(thread);
}

/* Before 2.x nobody catches what is no IOException: the thread is gone, its connection stays. */
static void die(struct client_thread *thread, struct client_failure *failure)
{
    struct client_connection *connection = thread->connection;
    char server[WORLD_NAME_MAX * 2 + 32];
    client_log(
        connection->client, thread, connection, "error",
        "Exception in thread \"IPC Client connection to %s from %s\" %s",
        client_server_text(connection->id.address, connection->server, server, sizeof(server)),
        connection->id.user->text, failure->class_name);
    client_failure_drop(failure);
    stop_timer(connection);
    thread->doing = "closed";
    connection->receiver_runs = false;
    connection->dead = true;
    client_connection_drop(connection);
}

/* An exception ends the reading: IOExceptions are the reason as they are, others are "unexpected"
 * (the catch blocks of receiveRpcResponse and run). */
static void fail(struct client_thread *thread, struct client_failure *failure)
{
    struct client_connection *connection = thread->connection;
    connection->receiver_place = RECEIVER_ELSEWHERE;
    forget_deadline(connection);
    if (connection->read_watch.executor != NULL)
        world_watch_stop(&connection->read_watch);
    if (!client_failure_is_io(failure) && connection->client->release->receiver_dies) {
        die(thread, failure);
        return;
    }
    if (!client_failure_is_io(failure)) {
        client_log(connection->client, thread, connection, "warn",
                   "Unexpected error reading responses on connection: %s", failure->class_name);
        struct client_failure *unexpected =
            client_failure_create(CLIENT_BAD_REPLY, "java.io.IOException",
                                  "Error reading responses", failure->class_name, failure->message);
        client_failure_drop(failure);
        failure = unexpected;
    }
    connection->receive_failure = failure;
    if (client_monitor_enter(&connection->monitor, thread, close_marked))
        close_marked(thread);
}

/* Use up what has been read; when that is not enough, read. */
static void parse(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure;
    struct client_reply reply;
    switch (client_response_next(&connection->response, connection->client,
                                 setting(connection, SETTING_RESPONSE_LENGTH_MAX), &reply,
                                 &failure)) {
    case RESPONSE_REPLY:
        client_reply_take(connection, &reply);
        return;
    case RESPONSE_FAILED:
        fail(thread, failure);
        return;
    case RESPONSE_MORE:
        break;
    }
    connection->waited_ms = 0;
    read_on(thread);
}

void client_receiver_fail(struct client_connection *connection, struct client_failure *failure)
{
    fail(&connection->receiver, failure);
}

void client_receiver_goes_on(struct client_connection *connection)
{
    wait_for_work(&connection->receiver);
}

static void receive(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    client_receiver_touch(connection);
    parse(thread);
}

/* The flag was up when the read began: JVMs of 2.x's age close the channel. */
static struct client_failure *closed_by_interrupt(const struct client_connection *connection)
{
    int64_t timeout = socket_timeout(connection);
    if (connection->client->release->io_tells_total_timeout)
        return client_io_interrupted(connection, false, timeout, timeout);
    return client_failure_create(connection->client->stop_begun ? CLIENT_STOPPED
                                                                : CLIENT_INTERRUPTED,
                                 "java.nio.channels.ClosedByInterruptException", NULL, NULL, NULL);
}

static struct point_event read_visit(const struct client_connection *connection)
{
    return client_visit(connection->client, POINT_CLIENT_READ, &connection->receiver, connection,
                        NULL);
}

static void strike_read(struct client_connection *connection, size_t *room, bool *stands)
{
    struct point_strike strike;
    struct point_event event = read_visit(connection);
    if (!point_strikes(&event, &strike))
        return;
    if (strike.effect == EFFECT_SHORT) {
        size_t most = strike.bytes > 0 ? (size_t)strike.bytes : 1;
        if (most < *room)
            *room = most;
    } else if (strike.effect == EFFECT_ERROR) {
        point_doom_begin(&connection->read_doom, &strike);
    } else if (strike.effect == EFFECT_STOP) {
        *stands = true;
    }
}

static void trace_read(const struct client_connection *connection, size_t bytes)
{
    struct point_event event = read_visit(connection);
    CLIENT_VALUES(event, WORLD_NUMBER(BYTES, bytes));
    client_trace(connection->client, &event);
}

/* One read of what has come. */
static void read_now(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    size_t room, got = 0;
    bool stands = false, seen = client_seen(client, POINT_CLIENT_READ);
    uint8_t *at = client_response_room(&connection->response, client, &room);
    if (at == NULL) {
        fail(thread, client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError",
                                           "Java heap space", NULL, NULL));
        return;
    }
    if (seen)
        strike_read(connection, &room, &stands);
    if (stands) { /* armed from outside: for good */
        world_stand(&thread->executor, NULL);
        return;
    }
    enum rpc_status status = point_doom_cut(&connection->read_doom, &room);
    if (status == RPC_OK)
        status = world_read(connection->stream, at, room, &got);
    if (status == RPC_AGAIN) {
        block(connection);
        return;
    }
    if (seen)
        trace_read(connection, status == RPC_OK ? got : 0);
    if (status == RPC_END) {
        fail(thread, client_response_end(&connection->response, client));
    } else if (status != RPC_OK) {
        fail(thread, client_io_failure(client, status, true));
    } else {
        point_doom_passed(&connection->read_doom, got);
        client_response_take(&connection->response, got);
        parse(thread);
    }
}

static void readable(struct world_watch *watch)
{
    struct client_connection *connection =
        world_container(watch, struct client_connection, read_watch);
    struct client_thread *thread = &connection->receiver;
    connection->receiver_place = RECEIVER_ELSEWHERE;
    world_watch_stop(watch);
    forget_deadline(connection);
    if (point_guarded(POINT_CLIENT_READ)) {
        struct point_event event = read_visit(connection);
        if (client_thread_held(thread, &event, read_now))
            return;
    }
    read_now(thread);
}

/* Wait for bytes, or for the end of the time-out that has begun. */
static void block(struct client_connection *connection)
{
    connection->receiver.doing = "read";
    connection->receiver_place = RECEIVER_READS;
    if (connection->read_watch.executor == NULL)
        world_watch_init(&connection->receiver.executor, &connection->read_watch,
                         connection->stream, WORLD_READ, readable);
    world_watch_start(&connection->read_watch);
    if (connection->select.ends_ns != WORLD_NEVER)
        set_deadline(connection, connection->select.ends_ns);
    else
        stop_timer(connection);
}

/* Block in a read, for one socket time-out at most. */
static void read_on(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    if (connection->receiver_interrupted && !connection->client->plain_sockets) {
        fail(thread, closed_by_interrupt(connection));
        return;
    }
    client_select_begin(&connection->select, connection->client, socket_timeout(connection));
    block(connection);
}

/* --- time-outs --- */

static struct client_failure *read_timeout(const struct client_connection *connection)
{
    char channel[512];
    if (connection->client->plain_sockets)
        return client_failure_create(CLIENT_READ_TIMEOUT, "java.net.SocketTimeoutException",
                                     "Read timed out", NULL, NULL);
    return client_failure_format(
        CLIENT_READ_TIMEOUT, "java.net.SocketTimeoutException",
        "%lld millis timeout while waiting for channel to be ready for read. ch : %s",
        (long long)socket_timeout(connection),
        client_channel_text(connection, false, channel, sizeof(channel)));
}

static void pinged(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure = connection->write_failure;
    connection->write_failure = NULL;
    connection->receiver_place = RECEIVER_ELSEWHERE;
    client_monitor_leave(&connection->stream_lock, thread);
    client_monitor_leave(&connection->monitor, thread);
    if (failure != NULL)
        fail(thread, failure);
    else
        read_on(thread);
}

static enum rpc_status add_ping(struct client_connection *connection)
{
    struct client *client = connection->client;
    struct wire_message ping = client->codec->message(WIRE_PING);
    ping.client_id = (struct wire_bytes){client->client_id, CLIENT_ID_LENGTH};
    return client->codec->encode(&ping, &connection->out);
}

static void ping_with_stream(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    connection->receiver_place = RECEIVER_WRITES;
    thread->doing = "ping";
    client_output_flush(thread, NULL, add_ping(connection), pinged);
}

static void ping_with_monitor(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    if (!is_ping_due(connection)) {
        client_monitor_leave(&connection->monitor, thread);
        read_on(thread);
        return;
    }
    client_receiver_touch(connection);
    struct point_event event =
        client_visit(connection->client, POINT_CLIENT_PING, thread, connection, NULL);
    client_trace(connection->client, &event);
    if (client_monitor_enter(&connection->stream_lock, thread, ping_with_stream))
        ping_with_stream(thread);
}

static void ping(struct client_thread *thread)
{
    thread->doing = "ping";
    if (client_monitor_enter(&thread->connection->monitor, thread, ping_with_monitor))
        ping_with_monitor(thread);
}

/* PingInputStream.handleTimeout */
static void handle_timeout(struct client_connection *connection)
{
    struct client *client = connection->client;
    struct client_thread *thread = &connection->receiver;
    int64_t rpc = connection->id.rpc_timeout_ms;
    connection->waited_ms += (uint64_t)socket_timeout(connection);
    bool out_of_time = rpc > 0 && (!client->release->accumulates_rpc_timeout ||
                                   (uint64_t)rpc <= connection->waited_ms);
    if (!pings(connection) || connection->closing || client->stop_begun || out_of_time) {
        fail(thread, read_timeout(connection));
        return;
    }
    struct point_event event = client_visit(client, POINT_CLIENT_PING, thread, connection, NULL);
    if (!is_ping_due(connection) || !client_thread_held(thread, &event, ping))
        ping(thread);
}

static void select_is_over(struct client_connection *connection)
{
    if (client_select_go_on(&connection->select, connection->client) > 0) {
        block(connection);
        return;
    }
    world_watch_stop(&connection->read_watch);
    handle_timeout(connection);
}

static void timer_fired(struct world_timer *timer)
{
    struct client_connection *connection = world_container(timer, struct client_connection, timer);
    uint64_t deadline_ns = connection->deadline_ns;
    connection->timer_ns = WORLD_NEVER;
    if (world_now(connection->client->world) < deadline_ns) {
        if (deadline_ns != WORLD_NEVER)
            set_deadline(connection, deadline_ns);
        return;
    }
    forget_deadline(connection);
    enum client_receiver_place place = connection->receiver_place;
    connection->receiver_place = RECEIVER_ELSEWHERE;
    switch (place) {
    case RECEIVER_WAITS:
        woken(&connection->receiver);
        return;
    case RECEIVER_READS:
        select_is_over(connection);
        return;
    case RECEIVER_WRITES:
    case RECEIVER_ELSEWHERE:
        break;
    }
}

/* --- stop --- */

static void read_interrupted(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    int64_t total = socket_timeout(connection);
    int64_t left = client_select_go_on(&connection->select, connection->client);
    if (total > 0 && left == 0 && !connection->client->release->io_tells_total_timeout)
        handle_timeout(connection); /* it looks at the clock before the flag */
    else
        fail(thread, client_io_interrupted(connection, false, total, left));
}

void client_receiver_interrupt(struct client_connection *connection)
{
    if (!connection->receiver_runs)
        return;
    connection->receiver_interrupted = true;
    switch (connection->receiver_place) {
    case RECEIVER_WAITS:
        client_receiver_notify(connection);
        break;
    case RECEIVER_READS:
        if (connection->client->plain_sockets)
            break;
        connection->receiver_place = RECEIVER_ELSEWHERE;
        world_watch_stop(&connection->read_watch);
        forget_deadline(connection);
        client_thread_go(&connection->receiver, read_interrupted);
        break;
    case RECEIVER_WRITES:
        client_output_interrupt(connection);
        break;
    case RECEIVER_ELSEWHERE:
        break;
    }
}
