/*
 * Where a call is, or was when it ended: the stage that holds it, and since when.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/gone.h"
#include "harness/explain/story.h"
#include "harness/handles/handles.h"
#include "harness/handles/server.h"

enum { NAME_SIZE = 160, LANES_MAX = 1024 };

/* --- who stands still --- */

static bool is_at(const struct explain_story *story, const struct point_event *visit)
{
    const struct harness_call_view *view = &story->view;
    bool own = visit->call_id == view->call_id;
    if (visit->connection != 0)
        return visit->connection == view->connection && (own || visit->call_id == POINT_NO_CALL);
    return own && visit->client == view->client && view->client != 0;
}

/* A hold of the script's. */
static bool say_hold(struct explain_story *story, char *text, size_t size)
{
    for (size_t i = 0; i < story->stand_count; i++) {
        const struct harness_stand *stand = &story->stands[i];
        if (stand->by_fault || story->view.ended || !is_at(story, &stand->visit))
            continue;
        bool own = stand->visit.call_id == story->view.call_id;
        snprintf(text, size,
                 "%s has stood at the hold of %s (%s:%d) since %s, and nobody has released it",
                 own ? "it" : "its connection", stand->name, stand->file, stand->line,
                 explain_at(story, stand->visit.at_ns));
        return true;
    }
    return false;
}

static bool say_paused_host(struct explain_story *story, uint32_t id, char *text, size_t size)
{
    const struct harness_host *host = harness_host_by_id(story->harness, id);
    if (host == NULL || !host->paused || story->view.ended)
        return false;
    snprintf(text, size, "the host %s has been paused since %s: nothing runs there",
             host->host->name, explain_at(story, host->paused_ns));
    return true;
}

static bool say_paused(struct explain_story *story, char *text, size_t size)
{
    if (story->response == NULL && story->server != NULL &&
        say_paused_host(story, story->server->host->host->id, text, size))
        return true;
    const struct harness_event *setup = explain_last_of_call(story, POINT_CLIENT_CALL);
    return setup != NULL && say_paused_host(story, setup->host, text, size);
}

/* --- the response --- */

/* Whoever stands at client.read of the connection. */
static const struct harness_stand *reader_of(const struct explain_story *story)
{
    for (size_t i = 0; i < story->stand_count; i++)
        if (story->stands[i].visit.point == POINT_CLIENT_READ &&
            story->stands[i].visit.connection == story->view.connection)
            return &story->stands[i];
    return NULL;
}

/* It is on its way, and nobody has read anything since. */
static bool say_unread(struct explain_story *story, char *text, size_t size)
{
    const struct harness_stand *stand = reader_of(story);
    if (story->response == NULL || story->answer != NULL || story->view.ended || stand == NULL)
        return false;
    snprintf(text, size,
             "its response was sent at %s and lies unread: %s has stood at client.read since %s",
             explain_at(story, story->response->at_ns), explain_client_name(story),
             explain_at(story, stand->visit.at_ns));
    return true;
}

static uint64_t accepted_of(const struct explain_story *story, int32_t call_id)
{
    uint64_t accepted = 0;
    EXPLAIN_EACH(story, POINT_SERVER_WRITE, write)
    {
        if (write->connection == story->view.connection && write->call_id == call_id)
            accepted += (uint64_t)explain_number(write, FIELD_ACCEPTED);
    }
    return accepted;
}

/* A part of it has been written, the rest waits for the socket. */
static bool say_short(struct explain_story *story, char *text, size_t size)
{
    if (story->write == NULL || story->reply == NULL ||
        explain_number(story->write, FIELD_DONE) != 0)
        return false;
    const struct harness_stand *stand = reader_of(story);
    char reader[NAME_SIZE] = "";
    if (stand != NULL && !story->view.ended)
        snprintf(reader, sizeof(reader), ", for %s reads nothing", explain_client_name(story));
    snprintf(text, size,
             "%s %s written %" PRIu64 " of the %" PRId64
             " bytes of its response; the rest %s waited since %s for room in the socket%s",
             explain_server_name(story), explain_has(story),
             accepted_of(story, story->view.call_id), explain_number(story->reply, FIELD_LENGTH),
             explain_has(story), explain_at(story, story->write->at_ns), reader);
    return true;
}

/* Another response of its connection is not out yet. */
static bool say_behind(struct explain_story *story, char *text, size_t size)
{
    char other[NAME_SIZE];
    const struct harness_event *last = explain_last_of_connection(story, POINT_SERVER_WRITE);
    if (story->reply == NULL || story->write != NULL || last == NULL ||
        explain_number(last, FIELD_DONE) != 0)
        return false;
    snprintf(text, size,
             "its response %s been in the queue of its connection since %s, behind that of %s, "
             "which is only partly written",
             explain_has(story), explain_at(story, story->reply->at_ns),
             explain_call(story, last, other, sizeof(other)));
    return true;
}

/* --- the Handler --- */

static bool find_serving(const struct explain_story *story, uint32_t connection, int32_t call_id,
                         struct harness_serving *serving)
{
    const struct harness_server *server = story->server;
    *serving = (struct harness_serving){.hangs = false};
    return server != NULL && (harness_served_now(server, connection, call_id, serving) ||
                              harness_test_call_now(server, connection, call_id, serving));
}

/* Its method has left the Handler without an answer. */
static bool say_deferred(struct explain_story *story, char *text, size_t size)
{
    struct harness_serving serving;
    if (story->execute == NULL || story->reply != NULL || story->view.ended ||
        !find_serving(story, story->view.connection, story->view.call_id, &serving) ||
        !serving.deferred)
        return false;
    snprintf(text, size,
             "its method, begun at %s, has deferred the answer, and nobody has given one",
             explain_at(story, story->execute->at_ns));
    return true;
}

/* Taken, but a fault keeps the Handler from the method. */
static bool say_delayed(struct explain_story *story, char *text, size_t size)
{
    char lane[NAME_SIZE];
    if (story->take == NULL || story->execute != NULL || story->skip != NULL)
        return false;
    snprintf(text, size, "%s of %s took it at %s and %s not begun to run it",
             explain_lane(story, story->take->lane, lane, sizeof(lane)), explain_server_name(story),
             explain_at(story, story->take->at_ns), explain_has(story));
    return true;
}

/* The method runs. */
static bool say_running(struct explain_story *story, char *text, size_t size)
{
    struct harness_serving serving;
    char ends[HARNESS_DURATION_MAX + 64] = "", lane[NAME_SIZE];
    if (story->execute == NULL || story->reply != NULL)
        return false;
    bool known = find_serving(story, story->view.connection, story->view.call_id, &serving);
    if (known && serving.hangs)
        snprintf(ends, sizeof(ends), ", and the method never answers");
    else if (known && serving.until_ns != 0)
        snprintf(ends, sizeof(ends), ", and the method takes until %s",
                 explain_at(story, serving.until_ns));
    snprintf(text, size, "%s of %s %s been running it since %s%s",
             explain_lane(story, story->execute->lane, lane, sizeof(lane)),
             explain_server_name(story), explain_has(story),
             explain_at(story, story->execute->at_ns), ends);
    return true;
}

/* --- the callQueue --- */

/* Whether the call that the Handler took is over before the story's end, or has left it. */
static bool is_over(const struct explain_story *story, const struct harness_event *take)
{
    static const enum point ends[] = {POINT_SERVER_REPLY, POINT_SERVER_SKIP};
    struct harness_serving serving;
    uint64_t at_ns;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        EXPLAIN_EACH(story, ends[i], event)
        {
            if (event->server == take->server && event->connection == take->connection &&
                event->call_id == take->call_id && event->number > take->number)
                return true;
        }
    if (explain_is_lost(story, take, &at_ns))
        return true;
    return find_serving(story, take->connection, take->call_id, &serving) && serving.deferred;
}

/* How many Handlers of the server are busy, and what the one does that is so for the longest; how
 * many are gone. */
static unsigned count_busy(const struct explain_story *story, const struct harness_event **longest,
                           unsigned *gone)
{
    const struct harness_trace *trace = story->harness->trace;
    uint32_t seen[LANES_MAX];
    unsigned lanes = 0, busy = 0;
    uint64_t at_ns;
    *longest = NULL;
    *gone = 0;
    for (uint32_t i = harness_trace_point_count(trace, POINT_SERVER_TAKE); i-- > 0;) {
        const struct harness_event *take = harness_trace_at(trace, POINT_SERVER_TAKE, i);
        unsigned known = 0;
        if (take->server != story->put->server || take->number >= story->end)
            continue;
        while (known < lanes && seen[known] != take->lane)
            known++;
        if (known < lanes || lanes == LANES_MAX)
            continue;
        seen[lanes++] = take->lane;
        if (explain_lane_died(story, take->server, take->lane, &at_ns)) {
            (*gone)++;
            continue;
        }
        if (is_over(story, take))
            continue;
        busy++;
        *longest = take;
    }
    return busy;
}

/* ": all of its Handlers are busy, the longest with call 3 (echo) since 5s"; nothing while one of
 * them is free. */
static void say_handlers(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *longest;
    char other[NAME_SIZE], dead[64] = "";
    unsigned handlers = story->server->config.handlers > 0 ? story->server->config.handlers : 1;
    unsigned gone, busy = count_busy(story, &longest, &gone);
    text[0] = '\0';
    if (busy + gone != handlers)
        return;
    if (busy == 0) {
        snprintf(text, size, ": %s gone, for an OutOfMemoryError has ended %s",
                 handlers == 1 ? "its only Handler is" : "all of its Handlers are",
                 handlers == 1 ? "it" : "each");
        return;
    }
    if (gone > 0)
        snprintf(dead, sizeof(dead), "%u of its %u Handlers %s gone, ", gone, handlers,
                 gone == 1 ? "is" : "are");
    const char *who = handlers == 1 ? "its only Handler is" : "all of its Handlers are";
    if (gone > 0)
        who = busy == 1 ? "the other one is" : "the others are";
    snprintf(text, size, ": %s%s busy, %swith %s since %s", dead, who,
             busy == 1 ? "" : "the longest ", explain_call(story, longest, other, sizeof(other)),
             explain_at(story, longest->at_ns));
}

/* Nobody has taken it. */
static bool say_queued(struct explain_story *story, char *text, size_t size)
{
    char handlers[NAME_SIZE * 2];
    if (story->put == NULL || story->take != NULL || story->server == NULL)
        return false;
    say_handlers(story, handlers, sizeof(handlers));
    snprintf(text, size, "it %s been in the callQueue of %s since %s%s", explain_has(story),
             explain_server_name(story), explain_at(story, story->put->at_ns), handlers);
    return true;
}

/* --- the Reader --- */

static uint64_t queue_length(const struct explain_story *story)
{
    uint64_t length = 0;
    EXPLAIN_EACH(story, POINT_SERVER_PUT, put)
    {
        length += put->server == story->accept->server;
    }
    EXPLAIN_EACH(story, POINT_SERVER_TAKE, take)
    {
        length -= take->server == story->accept->server;
    }
    return length;
}

static const struct harness_event *last_of_lane(const struct explain_story *story, enum point point,
                                                uint32_t lane)
{
    const struct harness_event *last = NULL;
    EXPLAIN_EACH(story, point, event)
    {
        if (event->lane == lane &&
            (point != POINT_SERVER_READ || explain_number(event, FIELD_BYTES) > 0))
            last = event;
    }
    return last;
}

/* Whether a whole request has come on the connection that has not been put. */
static bool has_in_hand(const struct explain_story *story, uint32_t connection)
{
    uint64_t requests = 0, puts = 0;
    EXPLAIN_EACH(story, POINT_WIRE_REQUEST, request)
    {
        requests += request->connection == connection;
    }
    EXPLAIN_EACH(story, POINT_SERVER_PUT, put)
    {
        puts += put->connection == connection;
    }
    return requests > puts;
}

/* The lane of the Reader that the Listener has given the connection to; 0: unknown. */
static uint32_t reader_lane(const struct explain_story *story)
{
    const struct harness_trace *trace = story->harness->trace;
    char wanted[NAME_SIZE];
    snprintf(wanted, sizeof(wanted), "server%" PRIu32 "/reader/%" PRId64, story->accept->server,
             explain_number(story->accept, FIELD_READER));
    for (uint32_t lane = 1; lane <= harness_trace_lanes(trace); lane++) {
        const char *name = harness_trace_lane_name(trace, lane);
        if (name != NULL && strcmp(name, wanted) == 0)
            return lane;
    }
    return 0;
}

/* Nobody reads its connection any more. */
static bool say_dead_reader(struct explain_story *story, char *text, size_t size)
{
    char name[NAME_SIZE];
    if (story->request == NULL || story->put != NULL || story->accept == NULL)
        return false;
    uint64_t at_ns;
    uint32_t lane = reader_lane(story);
    if (lane == 0 || !explain_lane_died(story, story->accept->server, lane, &at_ns))
        return false;
    snprintf(text, size,
             "its request was written at %s, and nobody will read it: %s of %s, which had its "
             "connection, is gone since %s, when an OutOfMemoryError ended it",
             explain_at(story, story->request->at_ns),
             explain_lane(story, lane, name, sizeof(name)), explain_server_name(story),
             explain_at(story, at_ns));
    return true;
}

/* Its Reader can't put what it has read. */
static bool say_blocked_reader(struct explain_story *story, char *text, size_t size)
{
    char name[NAME_SIZE];
    if (story->request == NULL || story->put != NULL || story->accept == NULL ||
        story->server == NULL || story->server->settings.value[SETTING_BACKOFF] > 0)
        return false;
    uint32_t lane = reader_lane(story);
    uint64_t length = queue_length(story), room = harness_server_queue(story->server);
    const struct harness_event *read = last_of_lane(story, POINT_SERVER_READ, lane);
    const struct harness_event *put = last_of_lane(story, POINT_SERVER_PUT, lane);
    if (lane == 0 || length < room || read == NULL || (put != NULL && put->number > read->number) ||
        !has_in_hand(story, read->connection))
        return false;
    bool own = read->connection == story->view.connection;
    snprintf(text, size,
             "%s of %s %s stood before the full callQueue (%" PRIu64 " of %" PRIu64
             " places) since %s with a call of %s connection, reading nothing",
             explain_lane(story, lane, name, sizeof(name)), explain_server_name(story),
             explain_has(story), length, room, explain_at(story, read->at_ns),
             own ? "this" : "another");
    return true;
}

/* It has not reached a server of ours that has accepted the connection. */
static bool say_unread_request(struct explain_story *story, char *text, size_t size)
{
    if (story->request == NULL || story->put != NULL || story->accept == NULL ||
        story->response != NULL)
        return false;
    const struct harness_event *read = explain_last_of_connection(story, POINT_SERVER_READ);
    if (read != NULL && read->number > story->request->number)
        return false;
    snprintf(text, size, "its request was written at %s, and %s %s read nothing of it",
             explain_at(story, story->request->at_ns), explain_server_name(story),
             explain_has(story));
    return true;
}

/* --- a scripted peer --- */

static bool say_silent_peer(struct explain_story *story, char *text, size_t size)
{
    bool fell = strcmp(story->view.ending, "remote_fatal") == 0 ||
                strcmp(story->view.ending, "bad_reply") == 0;
    if (fell || story->request == NULL || story->accept != NULL || story->response != NULL)
        return false;
    const struct harness_event *connect = explain_last_of_connection(story, POINT_CLIENT_CONNECT);
    if (connect == NULL)
        return false;
    snprintf(text, size,
             "its request went to the peer at %s at %s, and no response to it %s come back",
             explain_text(connect, FIELD_TO), explain_at(story, story->request->at_ns),
             explain_has(story));
    return true;
}

/* --- the client --- */

/* Its request is not whole on the wire: the socket takes no more. */
static bool say_blocked_writer(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *write = explain_last_of_connection(story, POINT_CLIENT_WRITE);
    if (story->request != NULL || write == NULL ||
        explain_number(write, FIELD_ACCEPTED) >= explain_number(write, FIELD_BYTES))
        return false;
    bool own = explain_is_own(story, write);
    snprintf(text, size,
             "its request %s not left %s: the socket took %" PRId64 " of %" PRId64
             " bytes%s at %s and has no room for more",
             explain_has(story), explain_client_name(story), explain_number(write, FIELD_ACCEPTED),
             explain_number(write, FIELD_BYTES), own ? "" : " of what stands before it",
             explain_at(story, write->at_ns));
    return true;
}

/* " of 11": how many attempts there can be; nothing while they fail in different ways. */
static const char *say_most(const struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *first = NULL;
    text[0] = '\0';
    EXPLAIN_EACH(story, POINT_CLIENT_CONNECT, connect)
    {
        if (connect->connection != story->view.connection)
            continue;
        if (first == NULL)
            first = connect;
        if (strcmp(explain_text(first, FIELD_RESULT), explain_text(connect, FIELD_RESULT)) != 0)
            return text;
    }
    if (first == NULL)
        return text;
    bool timed_out = strcmp(explain_text(first, FIELD_RESULT), "timeout") == 0;
    snprintf(text, size, " of %" PRId64,
             1 + story->view.settings->value[timed_out ? SETTING_CONNECT_TIMEOUT_RETRIES
                                                       : SETTING_CONNECT_RETRIES]);
    return text;
}

/* Between two attempts to connect. */
static bool say_sleeping(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *sleep = explain_last_of_connection(story, POINT_CLIENT_SLEEP);
    const struct harness_event *last = explain_last_of_connection(story, POINT_CLIENT_CONNECT);
    if (story->view.ended || story->view.doing == NULL || strcmp(story->view.doing, "sleep") != 0 ||
        sleep == NULL || last == NULL || story->view.settings == NULL)
        return false;
    char most[32];
    snprintf(
        text, size,
        "%s sleeps until %s before attempt %" PRId64
        "%s to connect to %s, for the last one's result was \"%s\"",
        explain_client_name(story),
        explain_at(story, sleep->at_ns + (uint64_t)explain_number(sleep, FIELD_TIME) * WORLD_MS),
        explain_number(last, FIELD_ATTEMPT) + 1, say_most(story, most, sizeof(most)),
        explain_text(last, FIELD_TO), explain_text(last, FIELD_RESULT));
    return true;
}

/* Nobody has answered its SYN. */
static bool say_connecting(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *last = explain_last_of_connection(story, POINT_CLIENT_CONNECT);
    const struct harness_event *syn = NULL;
    if (story->view.ended || story->view.doing == NULL ||
        strcmp(story->view.doing, "connect") != 0 || story->view.settings == NULL)
        return false;
    EXPLAIN_EACH(story, POINT_NET_SYN, event)
    {
        if (event->connection == story->view.connection && syn == NULL &&
            (last == NULL || event->number > last->number))
            syn = event;
    }
    int64_t attempt = last != NULL ? explain_number(last, FIELD_ATTEMPT) + 1 : 1;
    char most[32];
    say_most(story, most, sizeof(most));
    if (syn != NULL)
        snprintf(text, size,
                 "attempt %" PRId64 "%s to connect to %s has had no answer to its SYN since %s",
                 attempt, most, explain_text(syn, FIELD_TO), explain_at(story, syn->at_ns));
    else
        snprintf(text, size, "attempt %" PRId64 "%s to connect is under way", attempt, most);
    return true;
}

/* Another caller sets the connection up, with its lock. */
static bool say_waits_for_setup(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *setup = NULL;
    char other[NAME_SIZE];
    if (story->view.ended || story->view.doing == NULL || strcmp(story->view.doing, "add") != 0)
        return false;
    EXPLAIN_EACH(story, POINT_CLIENT_SETUP, event)
    {
        if (event->client == story->view.client && event->call_id != story->view.call_id)
            setup = event;
    }
    if (setup == NULL)
        return false;
    snprintf(text, size, "it waits until %s has set the connection up, which it began at %s",
             explain_call(story, setup, other, sizeof(other)), explain_at(story, setup->at_ns));
    return true;
}

explain_fn *const explain_stages[] = {
    say_hold,
    explain_dead_receiver,
    say_paused,
    say_unread,
    say_short,
    say_behind,
    say_deferred,
    explain_lost_response,
    say_delayed,
    say_running,
    say_queued,
    say_dead_reader,
    say_blocked_reader,
    say_unread_request,
    say_silent_peer,
    say_blocked_writer,
    say_sleeping,
    say_connecting,
    say_waits_for_setup,
    NULL,
};
