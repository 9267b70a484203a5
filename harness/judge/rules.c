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
#include "harness/judge/walk.h"
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

/* --- the callQueue --- */

/* One queue, and the last put that was taken, by its number. */
struct queue {
    uint32_t server, last;
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

/* All puts: those of one call together, the oldest first. */
struct puts {
    const struct harness_event **sorted;
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
    const struct harness_event *a = *(const struct harness_event *const *)one;
    const struct harness_event *b = *(const struct harness_event *const *)other;
    int order = order_of_calls(a, b);
    return order != 0 ? order : ORDER_OF(a->number, b->number);
}

/* Whether there was memory for them. */
static bool sort_puts(struct harness *harness, struct puts *puts)
{
    puts->count = count_of(harness, POINT_SERVER_PUT);
    puts->sorted = harness_invariants_allocate(harness, (puts->count + 1) * sizeof(*puts->sorted));
    for (uint32_t i = 0; puts->sorted != NULL && i < puts->count; i++)
        puts->sorted[i] = event_at(harness, POINT_SERVER_PUT, i);
    if (puts->sorted != NULL)
        qsort(puts->sorted, puts->count, sizeof(*puts->sorted), order_of_puts);
    return puts->sorted != NULL;
}

/* The first put of what is taken, before that and behind the put of the number `last`; NULL:
 * none. */
static const struct harness_event *find_put(const struct puts *puts,
                                            const struct harness_event *take, uint32_t last)
{
    uint32_t low = 0, high = puts->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct harness_event *put = puts->sorted[middle];
        int order = order_of_calls(put, take);
        if (order < 0 || (order == 0 && put->number <= last))
            low = middle + 1;
        else
            high = middle;
    }
    const struct harness_event *put = low < puts->count ? puts->sorted[low] : NULL;
    bool found = put != NULL && order_of_calls(put, take) == 0 && put->number < take->number;
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
        const struct harness_event *put = find_put(&puts, take, queue->last);
        if (put != NULL)
            queue->last = put->number;
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
    static const enum point steps[] = {
        POINT_SERVER_TAKE,     POINT_SERVER_SKIP,  POINT_SERVER_EXECUTE,
        POINT_SERVER_REPLY,    POINT_SERVER_WRITE, POINT_SERVER_WAKEUP,
        POINT_SERVER_HANDOVER, POINT_SERVER_CLOSE, POINT_COUNT};
    struct harness_walk walk = {.harness = harness, .points = steps};
    struct puts puts;
    uint32_t lanes = 0;
    if (harness->kind != HARNESS_SIM || harness->late_ns != 0 || harness->disturbed ||
        !sort_puts(harness, &puts))
        return;
    for (uint32_t i = 0; i < count_of(harness, POINT_SERVER_TAKE); i++)
        if (event_at(harness, POINT_SERVER_TAKE, i)->lane > lanes)
            lanes = event_at(harness, POINT_SERVER_TAKE, i)->lane;
    const struct harness_event **last =
        harness_invariants_allocate(harness, (lanes + 1) * sizeof(*last));
    for (const struct harness_event *step;
         last != NULL && (step = harness_walk_on(&walk)) != NULL;) {
        const struct harness_event *put =
            step->point == POINT_SERVER_TAKE ? find_put(&puts, step, 0) : NULL;
        if (put != NULL && was_idle(put, step, last[step->lane]))
            broken_at(harness, self, step,
                      "call id %" PRId32 " of connection %" PRIu32
                      " waited, though the Handler that took it was idle",
                      step->call_id, step->connection);
        if (step->lane <= lanes)
            last[step->lane] = step;
    }
}

/* --- connections --- */

void harness_rule_closes(struct harness *harness, const struct harness_invariant *self)
{
    static const enum point points[] = {POINT_SERVER_ACCEPT, POINT_SERVER_CLOSE, POINT_COUNT};
    struct harness_walk walk = {.harness = harness, .points = points};
    for (const struct harness_past *past; (past = harness_walk_to(&walk)) != NULL;)
        if (walk.event->point == POINT_SERVER_CLOSE && walk.event->connection != 0 &&
            past->closed > 0 && past->closed >= past->accepted)
            broken_at(harness, self, walk.event, "connection %" PRIu32 " was closed twice",
                      walk.event->connection);
}

/* A server may have accepted an attempt that is lost: its client gave up just when it got through,
 * and the next one has the same connection's number. */
void harness_rule_accepted(struct harness *harness, const struct harness_invariant *self)
{
    static const enum point points[] = {POINT_CLIENT_CONNECT, POINT_SERVER_ACCEPT,
                                        POINT_SERVER_REFUSE, POINT_SERVER_CLOSE, POINT_COUNT};
    struct harness_walk walk = {.harness = harness, .points = points};
    for (const struct harness_past *past; (past = harness_walk_to(&walk)) != NULL;) {
        const struct harness_event *event = walk.event;
        if (event->connection == 0)
            continue;
        if (event->point == POINT_SERVER_ACCEPT && past->accepted > past->client->lost)
            broken_at(harness, self, event, "connection %" PRIu32 " was accepted twice",
                      event->connection);
        if (event->point == POINT_SERVER_CLOSE && harness->kind == HARNESS_SIM &&
            past->accepted == 0 && past->refused == 0)
            broken_at(harness, self, event, "connection %" PRIu32 " was closed, but never accepted",
                      event->connection);
    }
}

static bool is_idle_close(const struct harness_event *event)
{
    return event->point == POINT_SERVER_CLOSE && harness_event_says(event, FIELD_WHY, "idle");
}

static bool closes_idle(const struct harness *harness)
{
    uint32_t i = 0, count = count_of(harness, POINT_SERVER_CLOSE);
    while (i < count && !is_idle_close(event_at(harness, POINT_SERVER_CLOSE, i)))
        i++;
    return i < count;
}

/* A scan finds who is idle, and a later step closes it: in between it is not read, but a call that
 * was read before may be put. */
static void judge_servers(struct harness *harness, const struct harness_invariant *self)
{
    static const enum point points[] = {POINT_SERVER_ACCEPT, POINT_SERVER_READ, POINT_SERVER_PUT,
                                        POINT_SERVER_REPLY,  POINT_SERVER_SCAN, POINT_SERVER_CLOSE,
                                        POINT_COUNT};
    struct harness_walk walk = {.harness = harness, .points = points};
    bool has_one_order = harness->kind == HARNESS_SIM; /* a thread may tell of a read too late */
    for (const struct harness_past *past; (past = harness_walk_to(&walk)) != NULL;)
        if (is_idle_close(walk.event) && !harness_past_found_idle(past) &&
            (has_one_order || past->calls > 0))
            broken_at(harness, self, walk.event,
                      "the server closed connection %" PRIu32 " as idle with a call on it",
                      walk.event->connection);
}

static void judge_clients(struct harness *harness, const struct harness_invariant *self)
{
    for (uint32_t i = 0; i < count_of(harness, POINT_CLIENT_CLOSE); i++) {
        const struct harness_event *close = event_at(harness, POINT_CLIENT_CLOSE, i);
        const struct point_value *calls = harness_event_value(close, FIELD_CALLS);
        if (harness_event_says(close, FIELD_REASON, "idle") && calls != NULL && calls->number > 0)
            broken_at(harness, self, close,
                      "the client closed connection %" PRIu32 " as idle with %" PRId64
                      " calls on it",
                      close->connection, calls->number);
    }
}

void harness_rule_idle(struct harness *harness, const struct harness_invariant *self)
{
    if (closes_idle(harness)) /* else the walk is not worth while */
        judge_servers(harness, self);
    judge_clients(harness, self);
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
