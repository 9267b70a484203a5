#include "rpc/client/writer.h"

#include "rpc/client/connection.h"
#include "rpc/client/output.h"
#include "rpc/client/request.h"

static struct client_caller *caller_of(struct client_thread *thread)
{
    return world_container(thread, struct client_caller, thread);
}

static void mark_closed(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_failure *failure = caller->failure;
    caller->failure = NULL;
    client_connection_mark_closed(thread->connection, failure);
    client_monitor_leave(&thread->connection->monitor, thread);
    client_caller_is_sent(caller);
}

/* The catch (IOException) of sendParam; takes the failure. */
static void fail(struct client_thread *thread, struct client_failure *failure)
{
    caller_of(thread)->failure = failure;
    if (client_monitor_enter(&thread->connection->monitor, thread, mark_closed))
        mark_closed(thread);
}

static void written(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_caller *caller = caller_of(thread);
    struct client_failure *failure = connection->write_failure;
    connection->write_failure = NULL;
    connection->torn = connection->torn || failure != NULL;
    caller->place = CALLER_ELSEWHERE;
    caller->call->being_written = false;
    if (failure == NULL)
        client_output_return(connection, &caller->call->frame);
    client_monitor_leave(&connection->stream_lock, thread);
    if (failure != NULL)
        fail(thread, failure);
    else
        client_caller_is_sent(caller);
}

/* Who uses a channel with its flag up closes it (java.nio's AbstractInterruptibleChannel, as JVMs
 * of that age had it; HADOOP-6762). */
static struct client_failure *close_channel(struct client_connection *connection)
{
    enum client_ending ending =
        connection->client->stop_begun ? CLIENT_STOPPED : CLIENT_INTERRUPTED;
    world_shutdown(connection->stream);
    return client_failure_create(ending, "java.nio.channels.ClosedByInterruptException", NULL, NULL,
                                 NULL);
}

static void write_frame(struct client_caller *caller)
{
    struct client_thread *thread = &caller->thread;
    struct client_connection *connection = thread->connection;
    struct client_call *call = caller->call;
    thread->doing = "write";
    caller->place = CALLER_WRITES;
    call->being_written = true;
    if (caller->interrupted && !connection->client->plain_sockets) {
        connection->write_failure = close_channel(connection);
        written(thread);
        return;
    }
    client_output_flush(thread, call, client_output_add(connection, &call->frame), written);
}

/* With the lock.  Whether the connection is closing was asked before it, and is not again. */
static void encode(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_connection *connection = thread->connection;
    if (connection->stream == NULL || connection->torn) {
        client_monitor_leave(&connection->stream_lock, thread);
        client_caller_is_sent(caller);
        return;
    }
    struct client_failure *failure = client_request_make(caller);
    if (failure == NULL) {
        write_frame(caller);
        return;
    }
    client_monitor_leave(&connection->stream_lock, thread);
    if (client_failure_is_io(failure))
        fail(thread, failure);
    else
        client_caller_throws(caller, failure);
}

void client_writer_begin(struct client_caller *caller)
{
    struct client_thread *thread = &caller->thread;
    thread->doing = "write_lock";
    if (client_monitor_enter(&thread->connection->stream_lock, thread, encode))
        encode(thread);
}

void client_writer_interrupt(struct client_caller *caller)
{
    if (caller->thread.connection->writer == &caller->thread)
        client_output_interrupt(caller->thread.connection);
}
