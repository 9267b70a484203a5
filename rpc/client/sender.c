#include "rpc/client/sender.h"

#include <assert.h>

#include "rpc/client/caller.h"
#include "rpc/client/output.h"

static void next(struct client_thread *thread);
static void begin(struct client_thread *thread);

static struct client_call *pop(struct client_connection *connection)
{
    struct client_call *call = connection->first_to_send;
    if (call == NULL)
        return NULL;
    connection->first_to_send = call->next_to_send;
    if (connection->first_to_send == NULL)
        connection->last_to_send = NULL;
    call->next_to_send = NULL;
    return call;
}

static void rest(struct client_connection *connection)
{
    connection->sender_busy = false;
    connection->sender.doing = "wait";
    client_sender_rests(connection->client);
    client_connection_drop(connection);
}

/* The request is through, or never will be. */
static void done(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_call *call = connection->sending;
    connection->sending = NULL;
    call->being_written = false;
    client_output_return(connection, &call->frame);
    if (!connection->client->release->has_sender_thread && call->caller != NULL &&
        call->caller->call == call)
        client_caller_written(call->caller);
    client_call_drop(call);
    if (connection->client->release->has_sender_thread && connection->closing)
        connection->sender_runs = false; /* its loop has ended */
    next(thread);
}

static void mark_closed(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure = connection->write_failure;
    connection->write_failure = NULL;
    client_connection_mark_closed(connection, failure);
    client_monitor_leave(&connection->monitor, thread);
    done(thread);
}

static void written(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    client_monitor_leave(&connection->stream_lock, thread);
    if (connection->write_failure == NULL)
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
    call->next_to_send = NULL;
    if (!connection->sender_busy && (pooled || connection->sender_runs)) {
        connection->sending = call;
        connection->sender_busy = true;
        client_connection_keep(connection);
        client_thread_go(&connection->sender, begin);
        return true;
    }
    if (connection->last_to_send != NULL)
        connection->last_to_send->next_to_send = call;
    else
        connection->first_to_send = call;
    connection->last_to_send = call;
    return false;
}

bool client_sender_withdraw(struct client_connection *connection, struct client_call *call)
{
    struct client_call *before = NULL;
    for (struct client_call *at = connection->first_to_send; at != NULL; at = at->next_to_send) {
        if (at != call) {
            before = at;
            continue;
        }
        if (before != NULL)
            before->next_to_send = call->next_to_send;
        else
            connection->first_to_send = call->next_to_send;
        if (connection->last_to_send == call)
            connection->last_to_send = before;
        call->next_to_send = NULL;
        client_call_drop(call);
        return true;
    }
    return false;
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
