#include "rpc/client/output.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum rpc_status client_output_add(struct client_connection *connection, struct wire_buffer *frame)
{
    if (connection->out.length > 0) {
        enum rpc_status status = wire_buffer_add(&connection->out, frame->data, frame->length);
        frame->length = 0;
        return status;
    }
    wire_buffer_release(&connection->out);
    connection->out = *frame;
    *frame = (struct wire_buffer){0};
    return RPC_OK;
}

void client_output_return(struct client_connection *connection, struct wire_buffer *frame)
{
    if (connection->out.length > 0)
        return;
    wire_buffer_release(frame);
    *frame = connection->out;
    connection->out = (struct wire_buffer){0};
}

char *client_channel_text(const struct client_connection *connection, bool pending, char *text,
                          size_t size)
{
    char local[24] = "", remote[WORLD_NAME_MAX * 2 + 32];
    client_server_text(connection->id.address, connection->server, remote, sizeof(remote));
    if (pending || connection->stream == NULL)
        snprintf(text, size, "java.nio.channels.SocketChannel[connection-pending remote=%s]",
                 remote);
    else
        snprintf(text, size, "java.nio.channels.SocketChannel[connected local=/%s remote=%s]",
                 world_address_text(connection->stream->local, local), remote);
    return text;
}

struct client_failure *client_io_interrupted(const struct client_connection *connection,
                                             bool pending, int64_t total_ms, int64_t left_ms)
{
    const struct client *client = connection->client;
    char channel[512];
    client_channel_text(connection, pending, channel, sizeof(channel));
    enum client_ending ending = client->stop_begun ? CLIENT_STOPPED : CLIENT_INTERRUPTED;
    if (!client->release->io_tells_total_timeout)
        return client_failure_format(ending, "java.io.InterruptedIOException",
                                     "Interruped while waiting for IO on channel %s. %lld millis "
                                     "timeout left.",
                                     channel, (long long)left_ms);
    return client_failure_format(ending, "java.io.InterruptedIOException",
                                 "Interrupted while waiting for IO on channel %s. Total timeout "
                                 "mills is %lld, %lld millis timeout left.",
                                 channel, (long long)total_ms, (long long)left_ms);
}

struct client_failure *client_io_failure(const struct client *client, enum rpc_status status,
                                         bool reading)
{
    const char *class_name = "java.io.IOException", *text = rpc_status_text(status);
    char first_upper[128];
    if (status == RPC_RESET) {
        class_name = reading ? client->release->reset_class : class_name;
        text = reading ? client->release->reset_text : "Connection reset by peer";
    } else {
        snprintf(first_upper, sizeof(first_upper), "%s", text);
        if (first_upper[0] >= 'a' && first_upper[0] <= 'z')
            first_upper[0] = (char)(first_upper[0] - 'a' + 'A');
        text = first_upper;
    }
    return client_failure_create(status == RPC_IO ? CLIENT_INTERNAL : CLIENT_RESET, class_name,
                                 text, NULL, NULL);
}

static void visit(struct client_thread *thread);
static void write_now(struct client_thread *thread);

static void finish(struct client_connection *connection, struct client_failure *failure)
{
    struct client_thread *thread = connection->writer;
    world_watch_release(&connection->write_watch);
    connection->out.length = connection->written = 0;
    if (connection->out.capacity > CLIENT_KEPT_BUFFER)
        wire_buffer_release(&connection->out);
    connection->writer = NULL;
    connection->writes_call = NULL;
    connection->write_failure = failure;
    connection->write_done(thread);
}

static void writable(struct world_watch *watch)
{
    struct client_connection *connection =
        world_container(watch, struct client_connection, write_watch);
    world_watch_stop(watch);
    visit(connection->writer);
}

static void wait_until_writable(struct client_connection *connection)
{
    if (connection->write_watch.executor == NULL)
        world_watch_init(&connection->writer->executor, &connection->write_watch,
                         connection->stream, WORLD_WRITE, writable);
    world_watch_start(&connection->write_watch);
}

static struct point_event write_visit(const struct client_connection *connection,
                                      const struct client_thread *thread)
{
    return client_visit(connection->client, POINT_CLIENT_WRITE, thread, connection,
                        connection->writes_call);
}

static void strike(struct client_connection *connection, const struct client_thread *thread,
                   size_t *length)
{
    struct point_strike strike;
    struct point_event event = write_visit(connection, thread);
    CLIENT_VALUES(event, WORLD_NUMBER(BYTES, *length));
    if (!point_strikes(&event, &strike))
        return;
    if (strike.effect == EFFECT_SHORT) {
        size_t most = strike.bytes > 0 ? (size_t)strike.bytes : *length / 2;
        if (most < *length)
            *length = most > 0 ? most : 1;
    } else if (strike.effect == EFFECT_ERROR) {
        point_doom_begin(&connection->write_doom, &strike);
    }
}

static void trace_write(const struct client_connection *connection,
                        const struct client_thread *thread, size_t bytes, size_t accepted)
{
    struct point_event event = write_visit(connection, thread);
    CLIENT_VALUES(event, WORLD_NUMBER(BYTES, bytes), WORLD_NUMBER(ACCEPTED, accepted));
    client_trace(connection->client, &event);
}

/* One write of what is left. */
static enum rpc_status write_some(struct client_connection *connection,
                                  struct client_thread *thread)
{
    bool seen = client_seen(connection->client, POINT_CLIENT_WRITE);
    size_t left = connection->out.length - connection->written, length = left, accepted = 0;
    if (seen)
        strike(connection, thread, &length);
    enum rpc_status status = point_doom_cut(&connection->write_doom, &length);
    if (status != RPC_OK)
        return status;
    status = world_write(connection->stream, connection->out.data + connection->written, length,
                         &accepted);
    if (status == RPC_AGAIN)
        return status;
    if (seen)
        trace_write(connection, thread, left, status == RPC_OK ? accepted : 0);
    if (status != RPC_OK)
        return status;
    point_doom_passed(&connection->write_doom, accepted);
    connection->written += accepted;
    return RPC_OK;
}

/* Whether the next write comes at once. */
static bool goes_on(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    if (connection->written == connection->out.length) {
        finish(connection, NULL);
        return false;
    }
    if (!point_guarded(POINT_CLIENT_WRITE))
        return true;
    struct point_event event = write_visit(connection, thread);
    CLIENT_VALUES(event, WORLD_NUMBER(BYTES, connection->out.length - connection->written));
    return !client_thread_held(thread, &event, write_now);
}

static void write_now(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    do {
        enum rpc_status status = write_some(connection, thread);
        if (status == RPC_AGAIN) {
            wait_until_writable(connection);
            return;
        }
        if (status != RPC_OK) {
            finish(connection, client_io_failure(connection->client, status, false));
            return;
        }
    } while (goes_on(thread));
}

static void visit(struct client_thread *thread)
{
    if (goes_on(thread))
        write_now(thread);
}

void client_output_flush(struct client_thread *thread, const struct client_call *call,
                         enum rpc_status added, client_step_fn *then)
{
    struct client_connection *connection = thread->connection;
    assert(connection->writer == NULL);
    if (added != RPC_OK) {
        connection->write_failure = client_io_failure(connection->client, added, false);
        then(thread);
        return;
    }
    connection->writer = thread;
    connection->writes_call = call;
    connection->write_done = then;
    visit(thread);
}

static void interrupted(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    finish(connection, client_io_interrupted(connection, false, 0, 0));
}

void client_output_interrupt(struct client_connection *connection)
{
    if (connection->writer == NULL || !connection->write_watch.on ||
        connection->client->plain_sockets)
        return;
    world_watch_stop(&connection->write_watch);
    client_thread_go(connection->writer, interrupted);
}

void client_output_rest(struct client_connection *connection)
{
    enum { KEPT = 512 };
    if (connection->writer == NULL && connection->out.length == 0 &&
        connection->out.capacity > KEPT)
        wire_buffer_release(&connection->out);
}

void client_output_flush_now(struct client_connection *connection)
{
    while (connection->written < connection->out.length && connection->write_doom.error == RPC_OK) {
        size_t accepted;
        if (world_write(connection->stream, connection->out.data + connection->written,
                        connection->out.length - connection->written, &accepted) != RPC_OK)
            break;
        connection->written += accepted;
    }
    connection->out.length = connection->written = 0;
}
