#include "harness/judge/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/judge/invariants.h"
#include "harness/judge/passage.h"
#include "harness/trace/trace.h"

enum { TEXT_MAX = 256, QUEUES_MAX = 64 };

__attribute__((format(printf, 4, 5))) static void broken_at(struct harness *harness,
                                                            const struct harness_invariant *self,
                                                            const struct harness_event *event,
                                                            const char *format, ...)
{
    char seen[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof(seen), format, arguments);
    va_end(arguments);
    harness_find(harness, &(struct harness_finding){.invariant = true,
                                                    .expr = self->id,
                                                    .expected = self->sentence,
                                                    .seen = seen,
                                                    .connection = event->connection,
                                                    .about_ns = event->at_ns});
}

static const struct harness_event *event_at(const struct harness *harness, enum point point,
                                            uint32_t i)
{
    return harness_trace_at(harness->trace, point, i);
}

static uint32_t count_of(const struct harness *harness, enum point point)
{
    return harness_trace_point_count(harness->trace, point);
}

static int64_t level_of(const struct harness_event *event)
{
    const struct point_value *value = harness_event_value(event, FIELD_LEVEL);
    return value != NULL ? value->number : 0;
}

static bool is_text(const struct harness_event *event, enum point_field field, const char *text)
{
    const struct point_value *value = harness_event_value(event, field);
    return value != NULL && value->text != NULL && strcmp(value->text, text) == 0;
}

static bool same_call(const struct harness_event *a, const struct harness_event *b)
{
    return a->server == b->server && a->connection == b->connection && a->call_id == b->call_id &&
           a->retry == b->retry;
}

/* --- the callQueue --- */

/* One queue, and the put behind the last one that was taken. */
struct queue {
    uint32_t server, next;
    int64_t level;
};

static struct queue *queue_of(struct queue *queues, const struct harness_event *take)
{
    size_t i = 0;
    while (i < QUEUES_MAX && queues[i].server != 0 &&
           (queues[i].server != take->server || queues[i].level != level_of(take)))
        i++;
    if (i == QUEUES_MAX)
        return NULL;
    queues[i].server = take->server;
    queues[i].level = level_of(take);
    return &queues[i];
}

/* The put of what is taken, among those from `from` to before `to`; `to`: there is none. */
static uint32_t find_put(const struct harness *harness, const struct harness_event *take,
                         uint32_t from, uint32_t to)
{
    while (from < to && !(same_call(event_at(harness, POINT_SERVER_PUT, from), take) &&
                          event_at(harness, POINT_SERVER_PUT, from)->number < take->number))
        from++;
    return from;
}

void harness_rule_queue_fifo(struct harness *harness, const struct harness_invariant *self)
{
    struct queue queues[QUEUES_MAX] = {{.server = 0}};
    uint32_t puts = count_of(harness, POINT_SERVER_PUT);
    for (uint32_t i = 0; harness->kind == HARNESS_SIM && i < count_of(harness, POINT_SERVER_TAKE);
         i++) {
        const struct harness_event *take = event_at(harness, POINT_SERVER_TAKE, i);
        struct queue *queue = queue_of(queues, take);
        if (queue == NULL)
            return;
        uint32_t put = find_put(harness, take, queue->next, puts);
        if (put < puts)
            queue->next = put + 1;
        else if (find_put(harness, take, 0, queue->next) < queue->next)
            broken_at(harness, self, take,
                      "call id %" PRId32 " of connection %" PRIu32
                      " was taken after one that had come later, or twice",
                      take->call_id, take->connection);
        else
            broken_at(harness, self, take,
                      "call id %" PRId32 " of connection %" PRIu32 " was taken, but never put",
                      take->call_id, take->connection);
    }
}

/* The last thing that a Handler did before the event; NULL: nothing yet. */
static const struct harness_event *last_of_lane(const struct harness *harness,
                                                const struct harness_event *before)
{
    static const enum point points[] = {
        POINT_SERVER_TAKE,  POINT_SERVER_SKIP,   POINT_SERVER_EXECUTE,  POINT_SERVER_REPLY,
        POINT_SERVER_WRITE, POINT_SERVER_WAKEUP, POINT_SERVER_HANDOVER, POINT_SERVER_CLOSE};
    const struct harness_event *last = NULL;
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        for (uint32_t j = count_of(harness, points[i]); j-- > 0;) {
            const struct harness_event *event = event_at(harness, points[i], j);
            if (last != NULL && event->number < last->number)
                break;
            if (event->lane == before->lane && event->number < before->number) {
                last = event;
                break;
            }
        }
    }
    return last;
}

/* Whether the Handler that took the call had been idle while the call waited.  One that has
 * deferred its call says nothing when it is free again. */
static bool was_idle(const struct harness *harness, const struct harness_event *put,
                     const struct harness_event *take)
{
    const struct harness_event *last = last_of_lane(harness, take);
    if (put->at_ns == take->at_ns)
        return false;
    return last == NULL || (last->at_ns < take->at_ns && last->point != POINT_SERVER_EXECUTE);
}

void harness_rule_queue_busy(struct harness *harness, const struct harness_invariant *self)
{
    uint32_t puts = count_of(harness, POINT_SERVER_PUT);
    if (harness->kind != HARNESS_SIM || harness->late_ns != 0 || harness->disturbed)
        return;
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_TAKE); i++) {
        const struct harness_event *take = event_at(harness, POINT_SERVER_TAKE, i);
        uint32_t put = find_put(harness, take, 0, puts);
        if (put < puts && was_idle(harness, event_at(harness, POINT_SERVER_PUT, put), take))
            broken_at(harness, self, take,
                      "call id %" PRId32 " of connection %" PRIu32
                      " waited, though the Handler that took it was idle",
                      take->call_id, take->connection);
    }
}

/* --- connections --- */

/* Whether each call that came on the connection before the event has been answered by then. */
static bool has_open_calls(const struct harness *harness, const struct harness_event *close)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_PUT); i++) {
        const struct harness_event *put = event_at(harness, POINT_SERVER_PUT, i);
        open += put->connection == close->connection && put->server == close->server &&
                put->number < close->number;
    }
    for (uint32_t i = 0; open > 0 && i < count_of(harness, POINT_SERVER_REPLY); i++) {
        const struct harness_event *reply = event_at(harness, POINT_SERVER_REPLY, i);
        open -= reply->connection == close->connection && reply->server == close->server &&
                reply->number < close->number;
    }
    return open > 0;
}

void harness_rule_idle(struct harness *harness, const struct harness_invariant *self)
{
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_CLOSE); i++) {
        const struct harness_event *close = event_at(harness, POINT_SERVER_CLOSE, i);
        if (is_text(close, FIELD_WHY, "idle") && has_open_calls(harness, close))
            broken_at(harness, self, close,
                      "the server closed connection %" PRIu32 " as idle with a call on it",
                      close->connection);
    }
    for (uint32_t i = 0; i < count_of(harness, POINT_CLIENT_CLOSE); i++) {
        const struct harness_event *close = event_at(harness, POINT_CLIENT_CLOSE, i);
        const struct point_value *calls = harness_event_value(close, FIELD_CALLS);
        if (is_text(close, FIELD_REASON, "idle") && calls != NULL && calls->number > 0)
            broken_at(harness, self, close,
                      "the client closed connection %" PRIu32 " as idle with %" PRId64
                      " calls on it",
                      close->connection, calls->number);
    }
}

/* Whether the point has told of the server's connection before. */
static bool was_seen(const struct harness *harness, enum point point,
                     const struct harness_event *before)
{
    for (uint32_t i = 0; i < count_of(harness, point); i++) {
        const struct harness_event *event = event_at(harness, point, i);
        if (event->number >= before->number)
            return false;
        if (event->connection == before->connection && event->server == before->server)
            return true;
    }
    return false;
}

void harness_rule_closes(struct harness *harness, const struct harness_invariant *self)
{
    enum { LOOKED_BACK_MAX = 1000 };
    uint32_t count = harness_trace_point_count(harness->trace, POINT_SERVER_CLOSE);
    for (uint32_t i = 1; i < count; i++) {
        const struct harness_event *event = harness_trace_at(harness->trace, POINT_SERVER_CLOSE, i);
        for (uint32_t j = i; j-- > 0 && i - j < LOOKED_BACK_MAX;) {
            const struct harness_event *other =
                harness_trace_at(harness->trace, POINT_SERVER_CLOSE, j);
            if (event->connection != 0 && other->connection == event->connection &&
                other->server == event->server)
                broken_at(harness, self, event, "connection %" PRIu32 " was closed twice",
                          event->connection);
        }
    }
}

void harness_rule_accepted(struct harness *harness, const struct harness_invariant *self)
{
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_ACCEPT); i++) {
        const struct harness_event *accept = event_at(harness, POINT_SERVER_ACCEPT, i);
        if (accept->connection != 0 && was_seen(harness, POINT_SERVER_ACCEPT, accept))
            broken_at(harness, self, accept, "connection %" PRIu32 " was accepted twice",
                      accept->connection);
    }
    for (uint32_t i = 0; harness->kind == HARNESS_SIM && i < count_of(harness, POINT_SERVER_CLOSE);
         i++) {
        const struct harness_event *close = event_at(harness, POINT_SERVER_CLOSE, i);
        if (close->connection != 0 && !was_seen(harness, POINT_SERVER_ACCEPT, close) &&
            !was_seen(harness, POINT_SERVER_REFUSE, close))
            broken_at(harness, self, close, "connection %" PRIu32 " was closed, but never accepted",
                      close->connection);
    }
}

/* --- what travels --- */

void harness_rule_stream(struct harness *harness, const struct harness_invariant *self)
{
    uint32_t connection = harness_passage_broken(harness);
    if (connection == 0)
        return;
    char seen[TEXT_MAX];
    snprintf(seen, sizeof(seen), "on connection %" PRIu32 " something else arrived than was sent",
             connection);
    harness_find(harness, &(struct harness_finding){.invariant = true,
                                                    .expr = self->id,
                                                    .expected = self->sentence,
                                                    .seen = seen,
                                                    .connection = connection});
}
