#include "rpc/client/reply.h"

#include <stdlib.h>

#include "rpc/client/receiver.h"

static struct client_failure *null_call(void)
{
    return client_failure_create(CLIENT_BAD_REPLY, "java.lang.NullPointerException", NULL, NULL,
                                 NULL);
}

static struct client_failure *remote(const struct release *release,
                                     const struct client_reply *reply)
{
    enum client_ending ending =
        reply->status == WIRE_FATAL ? CLIENT_REMOTE_FATAL : CLIENT_REMOTE_ERROR;
    struct wire_bytes class_name = reply->class_name, text = reply->text;
    if (class_name.data == NULL)
        class_name = wire_text(release->unset_class);
    if (text.data == NULL && release->unset_text != NULL)
        text = wire_text(release->unset_text);
    return client_failure_as_it_is(client_failure_of_bytes(ending, class_name, text), reply->code);
}

/* What a reply does.  NULL: the connection goes on. */
static struct client_failure *apply(struct client_connection *connection,
                                    struct client_reply *reply)
{
    const struct release *release = connection->client->release;
    if (reply->status == WIRE_FATAL)
        return remote(release, reply);
    if (reply->status == WIRE_STATUS_OTHER)
        return NULL;
    struct client_call *call = client_connection_find(connection, reply->call_id);
    if (call == NULL)
        return null_call();
    if (reply->status == WIRE_ERROR && release->errors_stay_pending)
        client_call_keep(call);
    else
        client_connection_leave(connection, call);
    if (reply->status == WIRE_SUCCESS && reply->value_failure == NULL) {
        client_call_set_value(call, reply->value);
    } else {
        struct client_failure *failure = reply->value_failure;
        reply->value_failure = NULL;
        if (failure == NULL)
            failure = remote(release, reply);
        client_call_set_error(call, failure);
        client_failure_drop(failure);
    }
    client_call_drop(call);
    struct client_failure *afterwards = reply->afterwards;
    reply->afterwards = NULL;
    return afterwards;
}

static const char *status_word(enum wire_status status)
{
    switch (status) {
    case WIRE_SUCCESS:
        return "SUCCESS";
    case WIRE_ERROR:
        return "ERROR";
    case WIRE_STATUS_OTHER:
        return "OTHER";
    case WIRE_FATAL:
        break;
    }
    return "FATAL";
}

static struct point_event reply_visit(struct client_connection *connection,
                                      const struct client_reply *reply)
{
    struct point_event event = client_visit(connection->client, POINT_CLIENT_REPLY,
                                            &connection->receiver, connection, NULL);
    event.call_id = reply->call_id;
    return event;
}

/* The visit of a reply to its point, where somebody looks on.  NULL: no fault has struck. */
static struct client_failure *show_reply(struct client_connection *connection,
                                         const struct client_reply *reply)
{
    struct point_strike strike;
    struct point_event event = reply_visit(connection, reply);
    CLIENT_VALUES(event, WORLD_TEXT(STATUS, status_word(reply->status)));
    bool struck = point_strikes(&event, &strike) && strike.effect == EFFECT_THROW;
    client_trace(connection->client, &event);
    return struck ? client_failure_thrown(CLIENT_BAD_REPLY, strike.class_name, strike.message)
                  : NULL;
}

/* The call ends. */
static void finish_reply(struct client_connection *connection, struct client_reply *reply)
{
    struct client_failure *failure = NULL;
    if (client_seen(connection->client, POINT_CLIENT_REPLY))
        failure = show_reply(connection, reply);
    if (failure == NULL)
        failure = apply(connection, reply);
    client_failure_drop(reply->value_failure);
    client_failure_drop(reply->afterwards);
    if (failure != NULL)
        client_receiver_fail(connection, failure);
    else
        client_receiver_goes_on(connection);
}

static void free_held(struct client_connection *connection)
{
    wire_buffer_release(&connection->held->bytes);
    free(connection->held);
    connection->held = NULL;
}

static void let_go(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    if (connection->held == NULL) {
        client_receiver_fail(connection,
                             client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError",
                                                   "Java heap space", NULL, NULL));
        return;
    }
    struct client_held_reply *held = connection->held;
    connection->held = NULL;
    finish_reply(connection, &held->reply);
    wire_buffer_release(&held->bytes);
    free(held);
}

/* The decoder's memory is shared by all connections: what stands at a point needs its own. */
static void keep_reply(struct client_connection *connection, const struct client_reply *reply)
{
    struct client_held_reply *held = calloc(1, sizeof(*held));
    if (held == NULL)
        return;
    held->reply = *reply;
    struct wire_bytes *parts[] = {&held->reply.value, &held->reply.class_name, &held->reply.text};
    size_t at[3];
    connection->held = held;
    for (int i = 0; i < 3; i++) {
        at[i] = held->bytes.length;
        if (parts[i]->length > 0 &&
            wire_buffer_add(&held->bytes, parts[i]->data, parts[i]->length) != RPC_OK) {
            free_held(connection);
            return;
        }
    }
    for (int i = 0; i < 3; i++)
        if (parts[i]->length > 0)
            parts[i]->data = held->bytes.data + at[i];
}

void client_reply_take(struct client_connection *connection, struct client_reply *reply)
{
    if (point_guarded(POINT_CLIENT_REPLY)) {
        struct point_event event = reply_visit(connection, reply);
        CLIENT_VALUES(event, WORLD_TEXT(STATUS, status_word(reply->status)));
        if (client_thread_held(&connection->receiver, &event, let_go)) {
            keep_reply(connection, reply);
            return;
        }
    }
    finish_reply(connection, reply);
}

void client_reply_release(struct client_connection *connection)
{
    if (connection->held == NULL)
        return;
    client_failure_drop(connection->held->reply.value_failure);
    client_failure_drop(connection->held->reply.afterwards);
    free_held(connection);
}
