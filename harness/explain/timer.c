/*
 * Which time-out is armed for a call, or fired, and when.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/story.h"

/* --- one that fired --- */

static bool is_read_timeout(const struct explain_story *story)
{
    return story->view.ended && story->view.settings != NULL &&
           strcmp(story->view.ending, "read_timeout") == 0;
}

/* The socket's time-out, ms; how long it takes until the call fails of it, ms. */
static int64_t socket_ms(const struct explain_story *story)
{
    const struct harness_call_view *view = &story->view;
    bool pings = view->settings->value[SETTING_PING] != 0;
    int64_t ping = view->settings->value[SETTING_PING_INTERVAL], rpc = view->rpc_timeout_ms;
    if (rpc <= 0)
        return pings ? ping : 0;
    bool counts = story->harness->release->accumulates_rpc_timeout && pings && ping < rpc;
    return counts ? ping : rpc;
}

static int64_t whole_ms(const struct explain_story *story)
{
    int64_t each = socket_ms(story), rpc = story->view.rpc_timeout_ms;
    return each > 0 && rpc > 0 ? (rpc + each - 1) / each * each : each;
}

/* When the client last began to wait: bytes had come. */
static const struct harness_event *last_bytes(const struct explain_story *story)
{
    const struct harness_event *last = NULL;
    EXPLAIN_EACH(story, POINT_CLIENT_READ, read)
    {
        if (read->connection == story->view.connection && read->at_ns < story->until_ns &&
            explain_number(read, FIELD_BYTES) > 0)
            last = read;
    }
    return last;
}

/* The wait that ran out began so long before the end. */
static bool began_at(const struct explain_story *story, uint64_t at_ns)
{
    uint64_t took_ns = story->until_ns - at_ns, whole_ns = (uint64_t)whole_ms(story) * WORLD_MS;
    return took_ns >= whole_ns && took_ns <= whole_ns + story->harness->late_ns;
}

/* Bytes came on the connection while the call waited. */
static bool say_restarted(struct explain_story *story, char *text, size_t size)
{
    const struct harness_event *bytes = is_read_timeout(story) ? last_bytes(story) : NULL;
    if (bytes == NULL || bytes->at_ns <= story->view.started_ns || !began_at(story, bytes->at_ns))
        return false;
    snprintf(text, size,
             "the read time-out of %s fired at %s: it had begun anew at %s, when %" PRId64
             " bytes came on the connection",
             explain_at(story, (uint64_t)whole_ms(story) * WORLD_MS),
             explain_at(story, story->until_ns), explain_at(story, bytes->at_ns),
             explain_number(bytes, FIELD_BYTES));
    return true;
}

/* It waited longer than it was told to: it counts whole pings. */
static bool say_rounded(struct explain_story *story, char *text, size_t size)
{
    if (!is_read_timeout(story) || whole_ms(story) == story->view.rpc_timeout_ms)
        return false;
    snprintf(text, size,
             "the rpc time-out of %s was rounded up to %s: release %s counts whole waits of %s, "
             "the ping interval",
             explain_at(story, (uint64_t)story->view.rpc_timeout_ms * WORLD_MS),
             explain_at(story, (uint64_t)whole_ms(story) * WORLD_MS), story->harness->release->name,
             explain_at(story, (uint64_t)socket_ms(story) * WORLD_MS));
    return true;
}

/* The connection had been silent before the call joined it. */
static bool say_older_silence(struct explain_story *story, char *text, size_t size)
{
    uint64_t whole_ns = (uint64_t)(is_read_timeout(story) ? whole_ms(story) : 0) * WORLD_MS;
    uint64_t took_ns = story->until_ns - story->view.started_ns;
    if (whole_ns == 0 || took_ns + story->harness->late_ns >= whole_ns)
        return false;
    snprintf(text, size,
             "the read time-out of %s is of the connection, whose silence began at %s, before this "
             "call did at %s",
             explain_at(story, whole_ns), explain_at(story, story->until_ns - whole_ns),
             explain_at(story, story->view.started_ns));
    return true;
}

/* "… 5000 millis timeout …": Java's messages say which time-out it was. */
static bool say_fired(struct explain_story *story, char *text, size_t size)
{
    const struct harness_call_view *view = &story->view;
    const char *end = view->message != NULL ? strstr(view->message, " millis timeout") : NULL;
    uint64_t ms = 0, unit = 1;
    if (end == NULL || !view->ended)
        return false;
    for (const char *at = end; at > view->message && at[-1] >= '0' && at[-1] <= '9'; at--) {
        ms += (uint64_t)(at[-1] - '0') * unit;
        unit *= 10;
    }
    bool connects = strcmp(view->ending, "connect_timeout") == 0;
    snprintf(text, size, "the %s time-out of %s fired", connects ? "connect" : "read",
             explain_at(story, ms * WORLD_MS));
    return unit > 1;
}

/* --- one that is armed --- */

/* Whether it waits for its response, the receiver at a read. */
static bool is_waiting(const struct explain_story *story)
{
    return !story->view.ended && story->has_connection && story->connection.reads &&
           story->view.settings != NULL;
}

static bool say_no_timer(struct explain_story *story, char *text, size_t size)
{
    if (!is_waiting(story) || story->connection.deadline_ns != WORLD_NEVER)
        return false;
    snprintf(
        text, size,
        "no timer is armed, for there are neither pings (ipc.client.ping) nor an rpc time-out: "
        "it can wait for ever");
    return true;
}

static bool say_pings_only(struct explain_story *story, char *text, size_t size)
{
    if (!is_waiting(story) || story->view.rpc_timeout_ms > 0)
        return false;
    snprintf(text, size,
             "no rpc time-out ends the wait: only pings go out, every %s (the next at %s)",
             explain_at(story, (uint64_t)story->connection.timeout_ms * WORLD_MS),
             explain_at(story, story->connection.deadline_ns));
    return true;
}

static bool say_due(struct explain_story *story, char *text, size_t size)
{
    if (!is_waiting(story))
        return false;
    uint64_t each_ms = (uint64_t)story->connection.timeout_ms;
    uint64_t waited_ms = story->connection.waited_ms + each_ms,
             due_ns = story->connection.deadline_ns;
    uint64_t whole = (uint64_t)whole_ms(story);
    if (whole > waited_ms)
        due_ns += (whole - waited_ms) * WORLD_MS;
    snprintf(text, size, "its rpc time-out of %s is due at %s",
             explain_at(story, (uint64_t)story->view.rpc_timeout_ms * WORLD_MS),
             explain_at(story, due_ns));
    return true;
}

explain_fn *const explain_timers[] = {
    say_restarted, say_rounded,    say_older_silence, say_fired,
    say_no_timer,  say_pings_only, say_due,           NULL,
};
