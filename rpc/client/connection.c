#include "rpc/client/connection.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client/caller.h"
#include "rpc/client/output.h"
#include "rpc/client/receiver.h"
#include "rpc/client/sender.h"
#include "rpc/world/name.h"

#define TO(state) (1u << (state))
#define OPEN      (TO(CONNECTION_OPEN_IDLE) | TO(CONNECTION_OPEN_BUSY))

/* The only moves there are. */
static const unsigned may_follow[] = {
    [CONNECTION_NEW] = TO(CONNECTION_CONNECTING) | TO(CONNECTION_CLOSING),
    [CONNECTION_CONNECTING] = TO(CONNECTION_HEADER) | TO(CONNECTION_CLOSING) | TO(CONNECTION_NEW),
    [CONNECTION_HEADER] = TO(CONNECTION_SASL) | OPEN | TO(CONNECTION_CLOSING),
    [CONNECTION_SASL] = TO(CONNECTION_CONNECTING) | OPEN | TO(CONNECTION_CLOSING),
    [CONNECTION_OPEN_IDLE] = TO(CONNECTION_OPEN_BUSY) | TO(CONNECTION_CLOSING),
    [CONNECTION_OPEN_BUSY] = TO(CONNECTION_OPEN_IDLE) | TO(CONNECTION_CLOSING),
    [CONNECTION_CLOSING] = TO(CONNECTION_CLOSED),
    [CONNECTION_CLOSED] = 0,
};

static const char *const state_names[] = {
    [CONNECTION_NEW] = "new",
    [CONNECTION_CONNECTING] = "connecting",
    [CONNECTION_HEADER] = "header",
    [CONNECTION_SASL] = "sasl",
    [CONNECTION_OPEN_IDLE] = "open_idle",
    [CONNECTION_OPEN_BUSY] = "open_busy",
    [CONNECTION_CLOSING] = "closing",
    [CONNECTION_CLOSED] = "closed",
};

const char *client_connection_state_name(enum client_connection_state state)
{
    return state_names[state];
}

void client_connection_enter(struct client_connection *connection,
                             enum client_connection_state next)
{
    assert(may_follow[connection->state] & TO(next));
    connection->state = next;
}

enum rpc_status client_connection_create(struct client *client, const struct client_call *call,
                                         struct client_connection **created)
{
    struct client_connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return RPC_NO_MEMORY;
    char name[WORLD_NAME_MAX];
    connection->client = client;
    connection->references = 1;
    connection->id = call->key;
    connection->place = connection->server = call->key.address->address;
    connection->number = world_new_id(client->world, WORLD_ID_CONNECTION);
    connection->service_class = call->service_class;
    world_name_print(name, sizeof(name), "client%u/conn/%u", client->id, connection->number);
    client_thread_init(&connection->receiver, client->host, name, client->executor);
    world_name_print(name, sizeof(name), "client%u/conn/%u/sender", client->id, connection->number);
    client_thread_init(&connection->sender, client->host, name, client->executor);
    connection->receiver.connection = connection->sender.connection = connection;
    TAILQ_INIT(&connection->calls);
    STAILQ_INIT(&connection->spinning);
    STAILQ_INIT(&connection->to_send);
    client_monitor_init(&connection->monitor);
    client_monitor_init(&connection->stream_lock);
    client_monitor_init(&connection->send_lock);
    client_receiver_init(connection);
    *created = connection;
    return RPC_OK;
}

struct client_connection *client_connection_keep(struct client_connection *connection)
{
    connection->references++;
    return connection;
}

void client_connection_drop(struct client_connection *connection)
{
    assert(connection->references > 0);
    if (--connection->references == 0)
        client_bury_connection(connection->client, connection);
}

void client_connection_free(struct client_connection *connection)
{
    client_receiver_release(connection);
    world_watch_release(&connection->write_watch);
    if (connection->stream != NULL)
        world_close(connection->stream);
    client_thread_release(&connection->receiver);
    client_thread_release(&connection->sender);
    client_response_release(&connection->response, connection->client);
    wire_buffer_release(&connection->out);
    client_failure_drop(connection->receive_failure);
    client_failure_drop(connection->reason);
    client_failure_drop(connection->write_failure);
    client_failure_drop(connection->send_failure);
    free(connection);
}

void client_connection_join(struct client_connection *connection, struct client_call *call)
{
    struct client_call *same =
        call->id <= connection->highest_id ? client_connection_find(connection, call->id) : NULL;
    if (same != NULL) { /* Hashtable.put: nobody will find that one any more */
        client_connection_leave(connection, same);
        client_call_drop(same);
    }
    if (call->id > connection->highest_id)
        connection->highest_id = call->id;
    call->table = connection;
    client_call_keep(call);
    TAILQ_INSERT_TAIL(&connection->calls, call, pending);
    connection->call_count++;
    if (connection->state == CONNECTION_OPEN_IDLE)
        client_connection_enter(connection, CONNECTION_OPEN_BUSY);
    client_receiver_notify(connection);
}

void client_connection_leave(struct client_connection *connection, struct client_call *call)
{
    assert(call->table == connection);
    TAILQ_REMOVE(&connection->calls, call, pending);
    call->table = NULL;
    connection->call_count--;
    if (connection->call_count == 0 && connection->state == CONNECTION_OPEN_BUSY)
        client_connection_enter(connection, CONNECTION_OPEN_IDLE);
}

struct client_call *client_connection_find(struct client_connection *connection, int32_t id)
{
    struct client_call *call;
    TAILQ_FOREACH (call, &connection->calls, pending)
        if (call->id == id)
            break;
    return call;
}

void client_connection_mark_closed(struct client_connection *connection,
                                   struct client_failure *reason)
{
    if (connection->closing) {
        client_failure_drop(reason);
        return;
    }
    connection->closing = true;
    connection->reason = reason;
    client_connection_enter(connection, CONNECTION_CLOSING);
    client_receiver_notify(connection);
}

/* Calls are completed in the order in which they joined. */
static void clean_up_calls(struct client_connection *connection)
{
    if (connection->reason == NULL && !TAILQ_EMPTY(&connection->calls))
        connection->reason = client_failure_create(CLIENT_INTERNAL, "java.io.IOException",
                                                   "Unexpected closed connection", NULL, NULL);
    struct client_call *call;
    while ((call = TAILQ_FIRST(&connection->calls)) != NULL) {
        client_connection_leave(connection, call);
        client_call_set_error(call, connection->reason);
        client_call_drop(call);
    }
}

/* It has no streams that would be closed, and so the socket stays open, kept until the end. */
static void leak_socket(struct client_connection *connection)
{
    client_receiver_stop(connection);
    client_connection_keep(connection);
}

static void close_stream(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    bool leaks = connection->client->release->leaks_half_set_up && !connection->has_streams;
    if (connection->stream != NULL && leaks) {
        leak_socket(connection);
    } else if (connection->stream != NULL) {
        client_output_flush_now(connection);
        client_receiver_stop(connection);
        world_watch_release(&connection->write_watch);
        world_close(connection->stream);
        connection->stream = NULL;
    }
    client_monitor_leave(&connection->stream_lock, thread);
    clean_up_calls(connection);
    client_connection_enter(connection, CONNECTION_CLOSED);
    client_response_release(&connection->response, connection->client);
    wire_buffer_release(&connection->out);
    thread->doing = "closed";
    connection->close_done(thread);
}

static void close_now(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    const char *reason = connection->reason == NULL ? "idle" : connection->reason->class_name;
    if (connection->reason != NULL && connection->reason->message != NULL)
        reason = connection->reason->message;
    struct point_event event = client_visit(client, POINT_CLIENT_CLOSE, thread, connection, NULL);
    CLIENT_VALUES(event, WORLD_TEXT(REASON, reason), WORLD_NUMBER(CALLS, connection->call_count));
    client_trace(client, &event);
    client_remove_connection(client, connection);
    thread->doing = "write_lock";
    if (client_monitor_enter(&connection->stream_lock, thread, close_stream))
        close_stream(thread);
}

void client_connection_close(struct client_connection *connection, struct client_thread *thread,
                             client_step_fn *then)
{
    assert(connection->closing && connection->monitor.holder == thread);
    struct point_event event =
        client_visit(connection->client, POINT_CLIENT_CLOSE, thread, connection, NULL);
    connection->close_done = then;
    thread->doing = "closed";
    if (!client_thread_held(thread, &event, close_now))
        close_now(thread);
}

struct client_hosts client_connection_hosts(const struct client_connection *connection)
{
    struct client_hosts hosts = {.local = connection->client->local_name,
                                 .remote = connection->id.address->name,
                                 .port = connection->server.port};
    client_server_text(connection->id.address, connection->server, hosts.address,
                       sizeof(hosts.address));
    return hosts;
}

char *client_server_text(const struct client_address *name, struct world_address address,
                         char *text, size_t size)
{
    char number[24];
    if (address.ip == 0)
        snprintf(text, size, "%s:%u", name->name, (unsigned)address.port);
    else
        snprintf(text, size, "%s/%s", name->named ? name->name : "",
                 world_address_text(address, number));
    return text;
}
