#include "rpc/client/sender.h"

#include <assert.h>

#include "rpc/client/caller.h"
#include "rpc/client/output.h"

#define POOL_KEEP_ALIVE_NS (60 * WORLD_SEC) /* Executors.newCachedThreadPool */

static void next(struct client_thread *thread);
static void begin(struct client_thread *thread);

static struct client_call *pop(struct client_connection *connection)
{
    struct client_call *call = STAILQ_FIRST(&connection->to_send);
    if (call != NULL)
        STAILQ_REMOVE_HEAD(&connection->to_send, to_send);
    return call;
}

static void rest(struct client_connection *connection)
{
    connection->sender_busy = false;
    if (connection->client->release->has_sender_thread)
        connection->polls_ns = world_now(connection->client->world);
    connection->sender.doing = "wait";
    client_sender_rests(connection->client);
    client_connection_drop(connection);
}

/* A thread of the pool has done its task.  One that has been shut keeps none. */
static void rest_in_pool(struct client *client)
{
    uint64_t now = world_now(client->world);
    if (client->drain_until_ns == 0)
        client_idle_threads_add(&client->idle_threads, now, now + POOL_KEEP_ALIVE_NS);
}

/* The request is through, or never will be. */
static void done(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_call *call = connection->sending;
    connection->sending = NULL;
    call->being_written = false;
    client_output_return(connection, &call->frame);
    bool pooled = !connection->client->release->has_sender_thread;
    if (pooled)
        rest_in_pool(connection->client);
    if (pooled && call->caller != NULL && call->caller->call == call)
        client_caller_written(call->caller);
    client_call_drop(call);
    if (!pooled && connection->closing)
        connection->sender_runs = false; /* its loop has ended */
    next(thread);
}

static void mark_closed(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure = connection->send_failure;
    connection->send_failure = NULL;
    client_connection_mark_closed(connection, failure);
    client_monitor_leave(&connection->monitor, thread);
    done(thread);
}

static void written(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    connection->send_failure = connection->write_failure;
    connection->write_failure = NULL; /* whoever writes next has its own */
    client_monitor_leave(&connection->stream_lock, thread);
    if (connection->send_failure == NULL)
        done(thread);
    else if (client_monitor_enter(&connection->monitor, thread, mark_closed))
        mark_closed(thread);
}

static void write_request(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_call *call = connection->sending;
    if (connection->closing || connection->stream == NULL) {
        client_monitor_leave(&connection->stream_lock, thread);
        done(thread);
        return;
    }
    thread->doing = "write";
    call->being_written = true;
    client_output_flush(thread, call, client_output_add(connection, &call->frame), written);
}

static void next(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    bool pooled = !connection->client->release->has_sender_thread;
    struct client_call *call = pooled || connection->sender_runs ? pop(connection) : NULL;
    if (call == NULL) {
        rest(connection);
        return;
    }
    connection->sending = call;
    if (!pooled && call->caller != NULL && call->caller->call == call)
        client_caller_taken(call->caller);
    begin(thread);
}

static void begin(struct client_thread *thread)
{
    thread->doing = "write_lock";
    if (client_monitor_enter(&thread->connection->stream_lock, thread, write_request))
        write_request(thread);
}

bool client_sender_offer(struct client_connection *connection, struct client_call *call)
{
    bool pooled = !connection->client->release->has_sender_thread;
    client_call_keep(call);
    if (pooled)
        client_idle_threads_take(&connection->client->idle_threads);
    if (!connection->sender_busy && (pooled || connection->sender_runs)) {
        connection->sending = call;
        connection->sender_busy = true;
        client_connection_keep(connection);
        client_thread_go(&connection->sender, begin);
        return true;
    }
    STAILQ_INSERT_TAIL(&connection->to_send, call, to_send);
    return false;
}

bool client_sender_withdraw(struct client_connection *connection, struct client_call *call)
{
    const struct client_call *at;
    STAILQ_FOREACH (at, &connection->to_send, to_send)
        if (at == call)
            break;
    if (at == NULL)
        return false;
    STAILQ_REMOVE(&connection->to_send, call, client_call, to_send);
    client_call_drop(call);
    return true;
}

void client_sender_start(struct client_connection *connection)
{
    connection->sender_runs = true;
    connection->polls_ns = world_now(connection->client->world);
}

void client_sender_is_left(struct client_connection *connection)
{
    struct client *client = connection->client;
    int64_t idle_ms = connection->id.settings->value[SETTING_MAX_IDLE];
    if (!client->release->has_sender_thread || !connection->sender_runs || connection->sender_busy)
        return;
    connection->sender_runs = false;
    if (idle_ms <= 0)
        return;
    uint64_t now = world_now(client->world), period = (uint64_t)idle_ms * WORLD_MS;
    uint64_t rounds = (now - connection->polls_ns + period - 1) / period;
    client_idle_threads_add(&client->idle_threads, now,
                            connection->polls_ns + (rounds > 0 ? rounds : 1) * period);
}

unsigned client_sender_threads(const struct client_connection *connection)
{
    unsigned count = connection->sender_busy;
    if (connection->client->release->has_sender_thread)
        return count | connection->sender_runs;
    const struct client_call *at;
    STAILQ_FOREACH (at, &connection->to_send, to_send)
        count++;
    return count;
}

void client_sender_interrupt(struct client_connection *connection)
{
    connection->sender_runs = false;
    if (connection->writer == &connection->sender)
        client_output_interrupt(connection);
}

void client_sender_clear(struct client_connection *connection)
{
    if (connection->sending != NULL)
        client_call_drop(connection->sending);
    connection->sending = NULL;
    for (struct client_call *call = pop(connection); call != NULL; call = pop(connection))
        client_call_drop(call);
}
