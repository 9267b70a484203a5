#include "harness/judge/walk.h"

#include "harness/harness.h"
#include "rpc/arena.h"

const struct harness_event *harness_walk_on(struct harness_walk *walk)
{
    const struct harness_trace *trace = walk->harness->trace;
    const struct harness_event *first = NULL;
    size_t of_first = 0;
    for (size_t i = 0; walk->points[i] != POINT_COUNT; i++) {
        if (walk->next[i] == harness_trace_point_count(trace, walk->points[i]))
            continue;
        const struct harness_event *event = harness_trace_at(trace, walk->points[i], walk->next[i]);
        if (first == NULL || event->number < first->number)
            first = event, of_first = i;
    }
    walk->next[of_first] += first != NULL;
    return first;
}

/* --- what had been before --- */

/* Empty when it is new; NULL when out of memory. */
static struct harness_past *past_of(struct harness_walk *walk, uint32_t server, uint32_t connection)
{
    struct harness_past **pasts = arena_lengthen(walk->harness->arena, walk->pasts, &walk->room,
                                                 connection, sizeof(struct harness_past *));
    if (pasts == NULL)
        return NULL;
    walk->pasts = pasts;
    struct harness_past *past = pasts[connection];
    while (past != NULL && past->of != server)
        past = past->next;
    if (past != NULL)
        return past;
    past = harness_allocate(walk->harness, sizeof(*past));
    if (past == NULL)
        return NULL;
    past->of = server;
    past->server = connection == 0 ? past : past_of(walk, server, 0);
    past->client = server == 0 ? past : past_of(walk, 0, connection);
    past->next = walk->pasts[connection];
    walk->pasts[connection] = past;
    return past->server != NULL && past->client != NULL ? past : NULL;
}

bool harness_past_found_idle(const struct harness_past *past)
{
    return past->found_idle || (past->calls == 0 && past->server->scanned > past->since);
}

static void learn(struct harness_past *past, const struct harness_event *event)
{
    switch ((unsigned)event->point) {
    case POINT_CLIENT_CONNECT:
        past->lost += !harness_event_says(event, FIELD_RESULT, "ok");
        return;
    case POINT_SERVER_ACCEPT:
        past->accepted++;
        past->calls = 0; /* they went with the connection before */
        return;
    case POINT_SERVER_REFUSE:
        past->refused++;
        return;
    case POINT_SERVER_READ:
        past->found_idle = false;
        past->since = event->number;
        return;
    case POINT_SERVER_PUT:
        past->found_idle = harness_past_found_idle(past);
        past->calls++;
        return;
    case POINT_SERVER_REPLY:
        past->found_idle = harness_past_found_idle(past);
        past->calls -= past->calls > 0;
        past->since = event->number;
        return;
    case POINT_SERVER_SCAN:
        past->scanned = event->number;
        return;
    case POINT_SERVER_CLOSE:
        past->closed++;
        return;
    default:
        return;
    }
}

const struct harness_past *harness_walk_to(struct harness_walk *walk)
{
    if (walk->past != NULL)
        learn(walk->past, walk->event);
    walk->past = NULL;
    walk->event = harness_walk_on(walk);
    if (walk->event == NULL)
        return NULL;
    bool of_client = walk->event->point == POINT_CLIENT_CONNECT;
    walk->past = past_of(walk, of_client ? 0 : walk->event->server, walk->event->connection);
    if (walk->past == NULL)
        harness_broken(walk->harness, "not enough memory for the invariants");
    return walk->past;
}
