/*
 * What ended a call, or its connection.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/story.h"
#include "harness/handles/handles.h"
#include "harness/handles/server.h"
#include "rpc/wire/wire.h"

enum { NAME_SIZE = 160 };

static bool is_ending(const struct explain_story *story, const char *ending)
{
    return strcmp(story->view.ending, ending) == 0;
}

/* It ended because its connection did, or could not be made: not by an answer. */
static bool is_lost(const struct explain_story *story)
{
    return story->view.ended && !is_ending(story, "value") && !is_ending(story, "remote_error") &&
           !is_ending(story, "read_timeout") && !is_ending(story, "connect_timeout") &&
           !is_ending(story, "refused") && !is_ending(story, "encode_error");
}

/* The server's closing of the connection for this reason; NULL: it did not, or for another. */
static const struct harness_event *closed_for(const struct explain_story *story, const char *why)
{
    const struct harness_event *close = explain_last_of_connection(story, POINT_SERVER_CLOSE);
    bool fits = is_lost(story) && close != NULL && strcmp(explain_text(close, FIELD_WHY), why) == 0;
    return fits ? close : NULL;
}

/* --- the server --- */

static bool say_purge(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *purge = explain_last_of_connection(story, POINT_SERVER_PURGE);
    if (!is_lost(story) || purge == NULL)
        return false;
    uint64_t age_ns = (uint64_t)explain_number(purge, FIELD_AGE) * WORLD_MS;
    snprintf(text, size,
             "the Responder purged its connection at %s: a response in its queue had the stamp %s, "
             "and was %s old (only a Handler's own short write renews a stamp)",
             explain_at(story, purge->at_ns), explain_at(story, purge->at_ns - age_ns),
             explain_at(story, age_ns));
    return true;
}

static bool say_idle(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *close = closed_for(story, "idle");
    if (close == NULL || story->server == NULL)
        return false;
    uint64_t limit_ms = 2 * (uint64_t)story->server->settings.value[SETTING_MAX_IDLE];
    snprintf(text, size,
             "the idle scan of %s closed its connection at %s, for nothing had come on it for more "
             "than %s (twice ipc.client.connection.maxidletime)",
             explain_server_name(story), explain_at(story, close->at_ns),
             explain_at(story, limit_ms * WORLD_MS));
    return true;
}

static bool say_stopped(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *close = closed_for(story, "stop");
    if (close == NULL || story->server == NULL)
        return false;
    snprintf(text, size, "%s was stopped at %s, and closed its connection at %s",
             explain_server_name(story), explain_at(story, story->server->stopped_ns),
             explain_at(story, close->at_ns));
    return true;
}

static bool say_killed(struct explain_story *story, char *text, size_t size)
{
    const struct harness_host *host = story->server != NULL ? story->server->host : NULL;
    bool answered = is_ending(story, "value") || is_ending(story, "remote_error");
    if (host == NULL || host->process == 0 || answered || host->killed_ns > story->until_ns)
        return false;
    snprintf(text, size, "the host of %s was killed at %s", explain_server_name(story),
             explain_at(story, host->killed_ns));
    return true;
}

/* Nobody listens there any more. */
static bool say_gone(struct explain_story *story, char *text, size_t size)
{
    const struct harness_server *server = story->server;
    if (!is_ending(story, "refused") || server == NULL || server->stopped_ns > story->until_ns ||
        (server->state != HARNESS_SERVER_STOPPED && server->state != HARNESS_SERVER_STOPPING))
        return false;
    snprintf(text, size, "%s, which listened there, was stopped at %s", explain_server_name(story),
             explain_at(story, server->stopped_ns));
    return true;
}

/* --- an answer that ends a connection --- */

static bool say_fatal(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *fatal = explain_last_of_connection(story, POINT_CLIENT_REPLY);
    char other[NAME_SIZE];
    if (!is_ending(story, "remote_fatal") || fatal == NULL ||
        strcmp(explain_text(fatal, FIELD_STATUS), "FATAL") != 0)
        return false;
    const char *to = explain_call(story, fatal, other, sizeof(other));
    if (fatal->call_id == story->view.call_id)
        to = "this call";
    else if (fatal->call_id == WIRE_CALL_CONTEXT)
        to = "the connection context";
    else if (fatal->call_id == WIRE_CALL_AUTHORIZATION_FAILED)
        to = "no call in particular";
    snprintf(text, size,
             "a FATAL response to %s came at %s: it ends its connection and every call on it", to,
             explain_at(story, fatal->at_ns));
    return true;
}

/* How often the client has asked on the connection with that id, and been answered. */
static void count_id(const struct explain_story *story, int32_t call_id, unsigned *requests,
                     unsigned *replies)
{
    *requests = *replies = 0;
    EXPLAIN_EACH(story, POINT_WIRE_REQUEST, request)
    {
        *requests += request->connection == story->view.connection && request->call_id == call_id;
    }
    EXPLAIN_EACH(story, POINT_CLIENT_REPLY, reply)
    {
        *replies += reply->connection == story->view.connection && reply->call_id == call_id;
    }
}

static const struct harness_event *last_reply(const struct explain_story *story)
{
    return is_ending(story, "bad_reply") ? explain_last_of_connection(story, POINT_CLIENT_REPLY)
                                         : NULL;
}

static bool say_unknown_id(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *reply = last_reply(story);
    unsigned requests, replies;
    if (reply == NULL)
        return false;
    count_id(story, reply->call_id, &requests, &replies);
    if (requests > 0)
        return false;
    snprintf(text, size,
             "a response with call id %" PRId32
             ", for which nobody waits, came at %s: the client closes such a connection",
             reply->call_id, explain_at(story, reply->at_ns));
    return true;
}

static bool say_second_reply(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *reply = last_reply(story);
    unsigned requests, replies;
    char other[NAME_SIZE];
    if (reply == NULL)
        return false;
    count_id(story, reply->call_id, &requests, &replies);
    if (requests == 0 || replies <= requests)
        return false;
    snprintf(text, size, "a second response to %s came at %s: the client closes such a connection",
             explain_call(story, reply, other, sizeof(other)), explain_at(story, reply->at_ns));
    return true;
}

/* Before 2.x such a response ends the thread that reads, and nobody closes the connection. */
bool explain_dead_receiver(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *reply = explain_last_of_connection(story, POINT_CLIENT_REPLY);
    unsigned requests, replies;
    if (story->view.ended || reply == NULL ||
        explain_last_of_connection(story, POINT_CLIENT_CLOSE) != NULL)
        return false;
    count_id(story, reply->call_id, &requests, &replies);
    if (replies <= requests)
        return false;
    snprintf(text, size,
             "nobody reads its connection any more since %s: a response with call id %" PRId32
             ", for which nobody waited, has ended the thread that did",
             explain_at(story, reply->at_ns), reply->call_id);
    return true;
}

/* --- connecting --- */

static bool say_attempts(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *first = NULL, *last = NULL;
    const char *result = is_ending(story, "refused") ? "refused" : "timeout";
    int64_t count = 0;
    if (!is_ending(story, "refused") && !is_ending(story, "connect_timeout"))
        return false;
    EXPLAIN_EACH(story, POINT_CLIENT_CONNECT, connect)
    {
        if (connect->connection != story->view.connection)
            continue;
        if (strcmp(explain_text(connect, FIELD_RESULT), result) != 0)
            return false;
        first = first == NULL ? connect : first;
        last = connect;
        count++;
    }
    if (first == NULL)
        return false;
    /* The event of what began at 0 tells when it ended. */
    const struct harness_event *setup = explain_last_of_connection(story, POINT_CLIENT_SETUP);
    uint64_t from_ns = setup != NULL ? setup->at_ns : first->at_ns;
    const char *to = explain_text(last, FIELD_TO);
    const char *what = result[0] == 'r' ? "refused" : "given up without an answer to the SYN";
    if (count == 1)
        snprintf(text, size, "the only attempt to connect to %s, at %s, was %s", to,
                 explain_at(story, from_ns), what);
    else
        snprintf(text, size,
                 "all %" PRId64 " attempts to connect to %s, begun from %s to %s, were %s", count,
                 to, explain_at(story, from_ns), explain_at(story, last->at_ns), what);
    return true;
}

/* --- whatever else ended the connection --- */

/* The other side's last FIN. */
static const struct harness_event *last_fin(const struct explain_story *story)
{
    const struct harness_event *fin = NULL;
    EXPLAIN_EACH(story, POINT_NET_FIN, event)
    {
        if (event->connection == story->view.connection && event->direction == DIRECTION_S2C)
            fin = event;
    }
    return fin;
}

static bool say_other(struct explain_story *story, char *text, size_t size)
{
    static const struct {
        enum point point;
        enum point_field why; /* FIELD_COUNT: the point says it all */
        const char *sentence;
    } reasons[] = {
        {POINT_SERVER_REFUSE, FIELD_WHY, "the server turned it away"},
        {POINT_SERVER_CLOSE, FIELD_WHY, "the server closed its connection"},
        {POINT_CLIENT_IDLE, FIELD_COUNT, "the client's idle time was over"},
        {POINT_NET_RST, FIELD_COUNT, "its connection was reset"},
        {POINT_NET_FIN, FIELD_COUNT, "the other side ended its connection"},
    };
    if (!is_lost(story))
        return false;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        const struct harness_event *event =
            reasons[i].point == POINT_NET_FIN ? last_fin(story)
                                              : explain_last_of_connection(story, reasons[i].point);
        if (event == NULL || event->at_ns < story->view.started_ns)
            continue;
        const char *why = reasons[i].why < FIELD_COUNT ? explain_text(event, reasons[i].why) : "";
        snprintf(text, size, "%s at %s%s%s%s", reasons[i].sentence, explain_at(story, event->at_ns),
                 why[0] != '\0' ? " (" : "", why, why[0] != '\0' ? ")" : "");
        return true;
    }
    return false;
}

explain_fn *const explain_ends[] = {
    say_purge,      say_idle,         say_stopped,  say_killed, say_gone, say_fatal,
    say_unknown_id, say_second_reply, say_attempts, say_other,  NULL,
};
