#include "harness/judge/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A put, and its place among all of them. */
struct put {
    const struct harness_event *event;
    uint32_t place;
};

/* All puts: those of one call together, the oldest first. */
struct puts {
    struct put *sorted;
    uint32_t count;
};

#define ORDER_OF(a, b) (((a) > (b)) - ((a) < (b)))

static int order_of_calls(const struct harness_event *a, const struct harness_event *b)
{
    if (a->server != b->server)
        return ORDER_OF(a->server, b->server);
    if (a->connection != b->connection)
        return ORDER_OF(a->connection, b->connection);
    return a->call_id != b->call_id ? ORDER_OF(a->call_id, b->call_id)
                                    : ORDER_OF(a->retry, b->retry);
}

static int order_of_puts(const void *one, const void *other)
{
    const struct put *a = one, *b = other;
    int order = order_of_calls(a->event, b->event);
    return order != 0 ? order : ORDER_OF(a->place, b->place);
}

/* Whether there was memory for them; harness_allocate's. */
static bool sort_puts(struct harness *harness, struct puts *puts)
{
    puts->count = count_of(harness, POINT_SERVER_PUT);
    puts->sorted = harness_allocate(harness, (puts->count + 1) * sizeof(*puts->sorted));
    for (uint32_t i = 0; puts->sorted != NULL && i < puts->count; i++)
        puts->sorted[i] = (struct put){.event = event_at(harness, POINT_SERVER_PUT, i), .place = i};
    if (puts->sorted == NULL)
        harness_broken(harness, "not enough memory for the invariants");
    else
        qsort(puts->sorted, puts->count, sizeof(*puts->sorted), order_of_puts);
    return puts->sorted != NULL;
}

/* The first put of what is taken, before that, at the place `from` or behind; NULL: none. */
static const struct put *find_put(const struct puts *puts, const struct harness_event *take,
                                  uint32_t from)
{
    const struct put wanted = {.event = take, .place = from};
    uint32_t low = 0, high = puts->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (order_of_puts(&puts->sorted[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct put *put = &puts->sorted[low];
    bool found = low < puts->count && order_of_calls(put->event, take) == 0 &&
                 put->event->number < take->number;
    return found ? put : NULL;
}

void harness_rule_queue_fifo(struct harness *harness, const struct harness_invariant *self)
{
    struct queue queues[QUEUES_MAX] = {{.server = 0}};
    struct puts puts;
    if (harness->kind != HARNESS_SIM || !sort_puts(harness, &puts))
        return;
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_TAKE); i++) {
        const struct harness_event *take = event_at(harness, POINT_SERVER_TAKE, i);
        struct queue *queue = queue_of(queues, take);
        if (queue == NULL)
            return;
        const struct put *put = find_put(&puts, take, queue->next);
        if (put != NULL)
            queue->next = put->place + 1;
        else if (find_put(&puts, take, 0) != NULL)
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

/* What Handlers do, in order: the next of each point. */
enum { STEPS = 8 };
static const enum point steps[STEPS] = {
    POINT_SERVER_TAKE,  POINT_SERVER_SKIP,   POINT_SERVER_EXECUTE,  POINT_SERVER_REPLY,
    POINT_SERVER_WRITE, POINT_SERVER_WAKEUP, POINT_SERVER_HANDOVER, POINT_SERVER_CLOSE};

static const struct harness_event *next_step(const struct harness *harness, uint32_t next[STEPS])
{
    const struct harness_event *first = NULL;
    size_t of_first = 0;
    for (size_t i = 0; i < STEPS; i++) {
        if (next[i] == count_of(harness, steps[i]))
            continue;
        const struct harness_event *event = event_at(harness, steps[i], next[i]);
        if (first == NULL || event->number < first->number)
            first = event, of_first = i;
    }
    next[of_first] += first != NULL;
    return first;
}

/* Whether the Handler that took the call had been idle while the call waited; `last` is what it
 * had done before, NULL: nothing yet.  One that has deferred its call says nothing when it is free
 * again. */
static bool was_idle(const struct harness_event *put, const struct harness_event *take,
                     const struct harness_event *last)
{
    if (put->at_ns == take->at_ns)
        return false;
    return last == NULL || (last->at_ns < take->at_ns && last->point != POINT_SERVER_EXECUTE);
}

void harness_rule_queue_busy(struct harness *harness, const struct harness_invariant *self)
{
    struct puts puts;
    uint32_t next[STEPS] = {0}, lanes = 0;
    if (harness->kind != HARNESS_SIM || harness->late_ns != 0 || harness->disturbed ||
        !sort_puts(harness, &puts))
        return;
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_TAKE); i++)
        if (event_at(harness, POINT_SERVER_TAKE, i)->lane > lanes)
            lanes = event_at(harness, POINT_SERVER_TAKE, i)->lane;
    const struct harness_event **last = harness_allocate(harness, (lanes + 1) * sizeof(*last));
    for (const struct harness_event *step;
         last != NULL && (step = next_step(harness, next)) != NULL;) {
        const struct put *put = step->point == POINT_SERVER_TAKE ? find_put(&puts, step, 0) : NULL;
        if (put != NULL && was_idle(put->event, step, last[step->lane]))
            broken_at(harness, self, step,
                      "call id %" PRId32 " of connection %" PRIu32
                      " waited, though the Handler that took it was idle",
                      step->call_id, step->connection);
        if (step->lane <= lanes)
            last[step->lane] = step;
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

typedef bool event_test(const struct harness_event *event, const struct harness_event *before);

/* How many of the point's events came before that one and pass the test beside it. */
static uint32_t count_before(const struct harness *harness, enum point point,
                             const struct harness_event *before, event_test *passes)
{
    uint32_t times = 0;
    for (uint32_t i = 0; i < count_of(harness, point); i++) {
        const struct harness_event *event = event_at(harness, point, i);
        if (event->number >= before->number)
            break;
        times += passes(event, before);
    }
    return times;
}

static bool same_of_server(const struct harness_event *event, const struct harness_event *before)
{
    return event->connection == before->connection && event->server == before->server;
}

static bool lost_attempt(const struct harness_event *event, const struct harness_event *before)
{
    return event->connection == before->connection && !is_text(event, FIELD_RESULT, "ok");
}

/* How often the point has told of the server's connection before. */
static uint32_t times_seen(const struct harness *harness, enum point point,
                           const struct harness_event *before)
{
    return count_before(harness, point, before, same_of_server);
}

/* How many attempts to connect had failed before.  A server may have accepted such a one: its
 * client gave up just when it got through, and the next one has the same connection's number. */
static uint32_t attempts_lost(const struct harness *harness, const struct harness_event *before)
{
    return count_before(harness, POINT_CLIENT_CONNECT, before, lost_attempt);
}

void harness_rule_closes(struct harness *harness, const struct harness_invariant *self)
{
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_CLOSE); i++) {
        const struct harness_event *close = event_at(harness, POINT_SERVER_CLOSE, i);
        uint32_t times = times_seen(harness, POINT_SERVER_CLOSE, close);
        if (close->connection != 0 && times > 0 &&
            times >= times_seen(harness, POINT_SERVER_ACCEPT, close))
            broken_at(harness, self, close, "connection %" PRIu32 " was closed twice",
                      close->connection);
    }
}

void harness_rule_accepted(struct harness *harness, const struct harness_invariant *self)
{
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_ACCEPT); i++) {
        const struct harness_event *accept = event_at(harness, POINT_SERVER_ACCEPT, i);
        uint32_t times = times_seen(harness, POINT_SERVER_ACCEPT, accept);
        if (accept->connection != 0 && times > 0 && times > attempts_lost(harness, accept))
            broken_at(harness, self, accept, "connection %" PRIu32 " was accepted twice",
                      accept->connection);
    }
    for (uint32_t i = 0; harness->kind == HARNESS_SIM && i < count_of(harness, POINT_SERVER_CLOSE);
         i++) {
        const struct harness_event *close = event_at(harness, POINT_SERVER_CLOSE, i);
        if (close->connection != 0 && times_seen(harness, POINT_SERVER_ACCEPT, close) == 0 &&
            times_seen(harness, POINT_SERVER_REFUSE, close) == 0)
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
