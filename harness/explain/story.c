#include "harness/explain/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/handles/client.h"
#include "harness/handles/server.h"
#include "harness/trace/ledger.h"

bool explain_is_own(const struct explain_story *story, const struct harness_event *event)
{
    const struct harness_call_view *view = &story->view;
    if (event->call_id != view->call_id)
        return false;
    return (view->connection != 0 && event->connection == view->connection) ||
           (event->connection == 0 && view->client != 0 && event->client == view->client);
}

const struct harness_event *explain_last_of_call(const struct explain_story *story,
                                                 enum point point)
{
    const struct harness_trace *trace = story->harness->trace;
    for (uint32_t i = harness_trace_point_count(trace, point); i-- > 0;) {
        const struct harness_event *event = harness_trace_at(trace, point, i);
        if (event->number < story->end && explain_is_own(story, event))
            return event;
    }
    return NULL;
}

const struct harness_event *explain_last_of_connection(const struct explain_story *story,
                                                       enum point point)
{
    const struct harness_trace *trace = story->harness->trace;
    for (uint32_t i = harness_trace_point_count(trace, point); i-- > 0;) {
        const struct harness_event *event = harness_trace_at(trace, point, i);
        if (event->number < story->end && event->connection == story->view.connection &&
            event->connection != 0)
            return event;
    }
    return NULL;
}

int64_t explain_number(const struct harness_event *event, enum point_field field)
{
    const struct point_value *value = harness_event_value(event, field);
    return value != NULL ? value->number : 0;
}

const char *explain_text(const struct harness_event *event, enum point_field field)
{
    const struct point_value *value = harness_event_value(event, field);
    return value != NULL && value->text != NULL ? value->text : "";
}

const char *explain_at(struct explain_story *story, uint64_t ns)
{
    if (story->harness->kind == HARNESS_LIVE) /* nobody can use more there */
        ns = (ns + WORLD_MS / 2) / WORLD_MS * WORLD_MS;
    return harness_duration_text(ns, story->times[story->time++ % EXPLAIN_TIMES]);
}

const char *explain_lane(const struct explain_story *story, uint32_t lane, char *text, size_t size)
{
    const char *name = harness_trace_lane_name(story->harness->trace, lane);
    unsigned index;
    const char *slash = name != NULL ? strchr(name, '/') : NULL;
    if (slash != NULL && sscanf(slash, "/handler/%u", &index) == 1)
        snprintf(text, size, "Handler %u", index);
    else if (slash != NULL && sscanf(slash, "/reader/%u", &index) == 1)
        snprintf(text, size, "Reader %u", index);
    else
        snprintf(text, size, "%s", slash != NULL ? slash + 1 : "a thread");
    return text;
}

const char *explain_call(const struct explain_story *story, const struct harness_event *event,
                         char *text, size_t size)
{
    struct point_event view = harness_event_view(event);
    uint32_t number = harness_ledger_call_locked(story->harness->ledger, &view);
    const char *method = explain_text(event, FIELD_METHOD);
    if (number != 0)
        snprintf(text, size, "call %" PRIu32 "%s%s%s", number, method[0] != '\0' ? " (" : "",
                 method, method[0] != '\0' ? ")" : "");
    else
        snprintf(text, size, "call id %" PRId32, event->call_id);
    return text;
}

const char *explain_has(const struct explain_story *story)
{
    return story->view.ended ? "had" : "has";
}

const char *explain_is(const struct explain_story *story)
{
    return story->view.ended ? "was" : "is";
}

const char *explain_client_name(const struct explain_story *story)
{
    const struct harness_client *client = harness_client_by_id(story->harness, story->view.client);
    return client != NULL ? client->name : "the client";
}

const char *explain_server_name(const struct explain_story *story)
{
    return story->server != NULL ? story->server->name : "the server";
}

/* --- reading --- */

/* The number of the event that is the call's end. */
static uint32_t end_of(const struct harness *harness, const struct harness_call_view *view)
{
    const struct harness_trace *trace = harness->trace;
    for (uint32_t i = harness_trace_point_count(trace, POINT_CLIENT_END); view->ended && i-- > 0;) {
        const struct harness_event *event = harness_trace_at(trace, POINT_CLIENT_END, i);
        if (event->client == view->client && event->call_id == view->call_id &&
            event->at_ns >= view->started_ns)
            return event->number;
    }
    return UINT32_MAX;
}

/* The last one of this kind (a response may be another's of the same id). */
static const struct harness_event *wire_event(const struct explain_story *story, enum point point,
                                              enum point_direction direction)
{
    const struct harness_event *event = explain_last_of_call(story, point);
    return event != NULL && event->direction == direction ? event : NULL;
}

/* The server that has accepted the connection, or that it was to lead to. */
static const struct harness_server *server_of(const struct explain_story *story)
{
    const struct harness_event *event = story->accept;
    if (event == NULL)
        event = explain_last_of_connection(story, POINT_CLIENT_CONNECT);
    if (event == NULL) /* told when it has ended */
        event = explain_last_of_connection(story, POINT_NET_SYN);
    return event != NULL ? harness_server_by_id(story->harness, event->server) : NULL;
}

static void read_steps(struct explain_story *story)
{
    story->request = wire_event(story, POINT_WIRE_REQUEST, DIRECTION_C2S);
    story->put = explain_last_of_call(story, POINT_SERVER_PUT);
    story->take = explain_last_of_call(story, POINT_SERVER_TAKE);
    story->execute = explain_last_of_call(story, POINT_SERVER_EXECUTE);
    story->skip = explain_last_of_call(story, POINT_SERVER_SKIP);
    story->reply = explain_last_of_call(story, POINT_SERVER_REPLY);
    story->write = explain_last_of_call(story, POINT_SERVER_WRITE);
    story->response = wire_event(story, POINT_WIRE_RESPONSE, DIRECTION_S2C);
    story->answer = explain_last_of_call(story, POINT_CLIENT_REPLY);
    story->accept = explain_last_of_connection(story, POINT_SERVER_ACCEPT);
    story->server = server_of(story);
}

/* What the client knows of its connection. */
static void ask_client(struct explain_story *story)
{
    enum { VIEWS = 64 };
    struct client_connection_view views[VIEWS];
    const struct harness_client *client = harness_client_by_id(story->harness, story->view.client);
    if (client == NULL || story->view.connection == 0)
        return;
    size_t count = client_connections(client->client, views, VIEWS);
    for (size_t i = 0; i < count && i < VIEWS; i++) {
        if (views[i].connection != story->view.connection)
            continue;
        story->connection = views[i];
        story->has_connection = true;
    }
}

void explain_story_begin(struct explain_story *story, struct harness *harness,
                         const struct harness_call_view *view)
{
    *story = (struct explain_story){.harness = harness, .view = *view};
    story->until_ns = view->ended ? view->ended_ns : world_now(harness->world);
    story->stand_count = harness_stands(harness, story->stands, EXPLAIN_STANDS_MAX);
    ask_client(story);
    harness_lock(harness);
    story->end = end_of(harness, view);
    read_steps(story);
    harness_unlock(harness);
}
