#include "harness/explain/visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/fault/aim_parts.h"
#include "harness/harness.h"
#include "harness/lua/units.h"
#include "harness/trace/trace.h"

/* Nothing is said of more visits: a judgement may ask Lua. */
enum { LOOKED_AT_MAX = 10000, SEEN_MAX = 3, SEEN_SIZE = 96 };

struct visit {
    struct point_event event;
    const char *lane;
};

static uint32_t count_visits(const struct harness_aim *aim)
{
    harness_lock(aim->harness);
    uint32_t count = harness_trace_point_count(aim->harness->trace, aim->point);
    harness_unlock(aim->harness);
    return count;
}

static struct visit visit_at(const struct harness_aim *aim, uint32_t i)
{
    harness_lock(aim->harness);
    const struct harness_event *event = harness_trace_at(aim->harness->trace, aim->point, i);
    struct visit visit = {.event = harness_event_view(event),
                          .lane = harness_trace_lane_name(aim->harness->trace, event->lane)};
    harness_unlock(aim->harness);
    return visit;
}

static uint32_t count_fitting(const struct harness_aim *aim, size_t part, uint32_t visits)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < visits; i++) {
        struct visit visit = visit_at(aim, i);
        count += harness_aim_part_fits(aim, part, &visit.event, visit.lane);
    }
    return count;
}

static uint32_t count_meant(const struct harness_aim *aim, uint32_t visits, uint64_t *last_ns)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < visits; i++) {
        struct visit visit = visit_at(aim, i);
        if (!harness_aim_fits(aim, &visit.event, visit.lane))
            continue;
        count++;
        *last_ns = visit.event.at_ns;
    }
    return count;
}

/* Each part is fitted by somebody. */
static bool say_meant(const struct harness_aim *aim, uint32_t visits, uint64_t armed_ns, char *text,
                      size_t size)
{
    char armed[HARNESS_DURATION_MAX], last[HARNESS_DURATION_MAX];
    const char *point = point_name(aim->point);
    uint64_t last_ns = 0;
    uint32_t meant = count_meant(aim, visits, &last_ns);
    if (meant == 0)
        snprintf(text, size, "%" PRIu32 " visits of %s, none that fits the whole aim", visits,
                 point);
    else if (aim->plan.nth > meant)
        snprintf(text, size,
                 "nth = %" PRIu32 ", and no more than %" PRIu32 " of the visits of %s fit",
                 aim->plan.nth, meant, point);
    else if (last_ns < armed_ns)
        snprintf(text, size,
                 "the last visit of %s that fits was at %s, before this was armed at %s", point,
                 harness_duration_text(last_ns, last), harness_duration_text(armed_ns, armed));
    else
        return false;
    return true;
}

/* " (they have "echo", "blob")" */
static void say_seen(const struct harness_aim *aim, size_t part, uint32_t visits, char *text,
                     size_t size)
{
    char seen[SEEN_MAX][SEEN_SIZE], one[SEEN_SIZE];
    size_t count = 0;
    bool more = false;
    for (uint32_t i = 0; i < visits && !more; i++) {
        struct visit visit = visit_at(aim, i);
        if (!harness_aim_part_seen(aim, part, &visit.event, visit.lane, one, sizeof(one)))
            continue;
        size_t known = 0;
        while (known < count && strcmp(seen[known], one) != 0)
            known++;
        more = known == SEEN_MAX;
        if (known == count && !more)
            memcpy(seen[count++], one, sizeof(one));
    }
    text[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? " (seen: " : ", ", seen[i]);
    if (count > 0)
        snprintf(text + used, size - used, "%s)", more ? " …" : "");
}

bool harness_explain_visits(const struct harness_aim *aim, uint64_t armed_ns, char *text,
                            size_t size)
{
    const char *point = point_name(aim->point);
    char part[SEEN_SIZE * 3], seen[SEEN_SIZE * (SEEN_MAX + 1)];
    uint32_t visits = count_visits(aim);
    if (visits == 0)
        snprintf(text, size, "nobody has come to %s at all", point);
    if (visits == 0 || visits > LOOKED_AT_MAX)
        return visits == 0;
    for (size_t i = 0; i < harness_aim_parts(aim); i++) {
        if (count_fitting(aim, i, visits) > 0)
            continue;
        harness_aim_part_text(aim, i, part, sizeof(part));
        say_seen(aim, i, visits, seen, sizeof(seen));
        snprintf(text, size, "%" PRIu32 " visit%s of %s, none %s%s", visits, visits == 1 ? "" : "s",
                 point, part, seen);
        return true;
    }
    return say_meant(aim, visits, armed_ns, text, size);
}
