/*
 * Where the time of a call went that ended later than it should.
 */
#include "harness/explain/late.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- sleeps between attempts to connect --- */

/* What it is late by is a whole number of its sleeps. */
static bool say_sleeps(struct explain_story *story, uint64_t late_ns, char *text, size_t size)
{
    uint64_t count = 0, each_ns = 0;
    EXPLAIN_EACH(story, POINT_CLIENT_SLEEP, sleep)
    {
        if (sleep->connection != story->view.connection || sleep->at_ns < story->view.started_ns)
            continue;
        uint64_t ns = (uint64_t)explain_number(sleep, FIELD_TIME) * WORLD_MS;
        if (count++ > 0 && ns != each_ns)
            return false;
        each_ns = ns;
    }
    if (count == 0 || each_ns == 0 || late_ns % each_ns != 0 || late_ns / each_ns > count)
        return false;
    snprintf(text, size,
             "it is late by exactly %" PRIu64 " of its %" PRIu64
             " sleeps of %s between attempts to connect",
             late_ns / each_ns, count, explain_at(story, each_ns));
    return true;
}

/* --- stages --- */

static uint64_t between(const struct harness_event *from, const struct harness_event *to)
{
    return from != NULL && to != NULL && to->at_ns > from->at_ns ? to->at_ns - from->at_ns : 0;
}

/* Where its time went, stage by stage. */
static bool say_phases(struct explain_story *story, char *text, size_t size)
{
    const struct harness_call_view *view = &story->view;
    size_t used = 0;
    if (!view->ended || strcmp(view->ending, "value") != 0 || story->reply == NULL ||
        story->request == NULL || story->put == NULL || story->take == NULL)
        return false;
    const struct {
        const char *stage;
        uint64_t ns;
    } phases[] = {
        {"until its request was sent", story->request->at_ns - view->started_ns},
        {"until it was in the callQueue", between(story->request, story->put)},
        {"in the callQueue", between(story->put, story->take)},
        {"in its Handler", between(story->take, story->reply)},
        {"from there back to the client", view->ended_ns - story->reply->at_ns},
    };
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (phases[i].ns == 0 || used + 1 >= size)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s %s",
                                 used == 0 ? "its time went by: " : ", ",
                                 explain_at(story, phases[i].ns), phases[i].stage);
    }
    return used > 0;
}

bool explain_late(struct explain_story *story, uint64_t late_ns, char *text, size_t size)
{
    return say_sleeps(story, late_ns, text, size) || say_phases(story, text, size);
}
