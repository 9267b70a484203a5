#include "harness/explain/gone.h"

#include <stdio.h>
#include <string.h>

#include "harness/handles/server.h"

enum { NAME_SIZE = 160 };

bool explain_lane_died(const struct explain_story *story, uint32_t server, uint32_t lane,
                       uint64_t *at_ns)
{
    const char *name = harness_trace_lane_name(story->harness->trace, lane);
    const char *slash = name != NULL ? strchr(name, '/') : NULL;
    const struct server *now = story->server != NULL ? harness_server_now(story->server) : NULL;
    if (slash == NULL || now == NULL || server_id(now) != server)
        return false;
    uint64_t died_ns = server_lane_died_ns(now, slash + 1);
    if (died_ns > story->until_ns)
        return false;
    *at_ns = died_ns;
    return true;
}

bool explain_is_lost(const struct explain_story *story, const struct harness_event *event,
                     uint64_t *at_ns)
{
    struct harness_fault_view fault;
    for (size_t i = 0; harness_fault_at(story->harness, i, &fault); i++) {
        for (size_t j = 0; fault.point == POINT_SERVER_REPLY && j < fault.struck_count; j++) {
            const struct harness_strike *strike = &fault.struck[j];
            if (strike->connection != event->connection || strike->call_id != event->call_id ||
                strike->at_ns < event->at_ns || strike->at_ns > story->until_ns)
                continue;
            *at_ns = strike->at_ns;
            return true;
        }
    }
    return false;
}

bool explain_lost_response(struct explain_story *story, char *text, size_t size)
{
    uint64_t at_ns;
    char lane[NAME_SIZE];
    const struct harness_event *execute = story->execute;
    if (execute == NULL || story->reply != NULL || !explain_is_lost(story, execute, &at_ns))
        return false;
    bool died = explain_lane_died(story, execute->server, execute->lane, &at_ns);
    snprintf(text, size, "%s of %s, which ran it from %s on, %s %s: %s",
             explain_lane(story, execute->lane, lane, sizeof(lane)), explain_server_name(story),
             explain_at(story, execute->at_ns), died ? "is gone since" : "lost its response at",
             explain_at(story, at_ns),
             died ? "an OutOfMemoryError came as its response was made, and nobody caught that"
                  : "an exception came as that was made");
    return true;
}
