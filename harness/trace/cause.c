#include "harness/trace/cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/units.h"
#include "harness/trace/event.h"
#include "harness/trace/trace.h"

/* What can end a connection, the most telling first, and which of its fields says why. */
static const struct {
    enum point point;
    enum point_field why; /* FIELD_COUNT: the point says it all */
    const char *sentence;
} reasons[] = {
    {POINT_SERVER_PURGE, FIELD_COUNT, "the Responder purged its connection"},
    {POINT_SERVER_REFUSE, FIELD_WHY, "the server turned it away"},
    {POINT_SERVER_CLOSE, FIELD_WHY, "the server closed its connection"},
    {POINT_CLIENT_IDLE, FIELD_COUNT, "the client's idle time was over"},
    {POINT_NET_RST, FIELD_COUNT, "its connection was reset"},
    {POINT_NET_FIN, FIELD_COUNT, "the other side ended its connection"},
};

static void add(char *why, size_t size, const char *text)
{
    size_t used = strlen(why);
    if (used < size)
        snprintf(why + used, size - used, "%s%s", used > 0 ? "; " : "", text);
}

/* The number of the event that is the call's end: what comes behind it has not caused it. */
static uint32_t end_of(const struct harness *harness, const struct harness_call_view *view)
{
    for (uint32_t i = harness_trace_point_count(harness->trace, POINT_CLIENT_END); i-- > 0;) {
        const struct harness_event *event = harness_trace_at(harness->trace, POINT_CLIENT_END, i);
        if (event->client == view->client && event->call_id == view->call_id)
            return event->number;
    }
    return UINT32_MAX;
}

/* The last event of the point on the connection before event `end`; locked. */
static const struct harness_event *last_at(const struct harness *harness, enum point point,
                                           uint32_t connection, uint32_t end)
{
    for (uint32_t i = harness_trace_point_count(harness->trace, point); i-- > 0;) {
        const struct harness_event *event = harness_trace_at(harness->trace, point, i);
        if (event->connection == connection && event->number < end)
            return event;
    }
    return NULL;
}

/* "… 5000 millis timeout …": Java's messages say which time-out it was. */
static bool say_timeout(const struct harness_call_view *view, char *text, size_t size)
{
    char duration[HARNESS_DURATION_MAX];
    const char *end = view->message != NULL ? strstr(view->message, " millis timeout") : NULL;
    if (end == NULL)
        return false;
    const char *digits = end;
    while (digits > view->message && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    uint64_t ms = strtoull(digits, NULL, 10);
    bool connects = strcmp(view->ending, "connect_timeout") == 0;
    snprintf(text, size, "the %s time-out of %s fired", connects ? "connect" : "read",
             harness_duration_text(ms * WORLD_MS, duration));
    return digits < end;
}

static bool say_reason(struct harness *harness, const struct harness_call_view *view, char *text,
                       size_t size)
{
    char at[HARNESS_DURATION_MAX];
    if (view->connection == 0 || strcmp(view->ending, "refused") == 0 ||
        strcmp(view->ending, "read_timeout") == 0)
        return false;
    uint32_t end = end_of(harness, view);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        const struct harness_event *event =
            last_at(harness, reasons[i].point, view->connection, end);
        if (event == NULL || event->at_ns < view->started_ns)
            continue;
        const struct point_value *value =
            reasons[i].why < FIELD_COUNT ? harness_event_value(event, reasons[i].why) : NULL;
        const char *word = value != NULL ? value->text : NULL;
        snprintf(text, size, "%s at %s%s%s%s", reasons[i].sentence,
                 harness_duration_text(event->at_ns, at), word != NULL ? " (" : "",
                 word != NULL ? word : "", word != NULL ? ")" : "");
        return true;
    }
    return false;
}

static void add_cause_of_call(struct harness *harness, const struct harness_call_view *view,
                              char *why, size_t size)
{
    char text[HARNESS_WHY_MAX];
    if (view->ended && strcmp(view->ending, "value") == 0)
        return;
    harness_lock(harness);
    bool known =
        say_timeout(view, text, sizeof(text)) || say_reason(harness, view, text, sizeof(text));
    harness_unlock(harness);
    if (known)
        add(why, size, text);
}

/* "reason idle" of a client.close. */
static void add_cause_of_event(const struct harness_event *event, char *why, size_t size)
{
    static const enum point_field fields[] = {FIELD_REASON, FIELD_WHY};
    char text[HARNESS_WHY_MAX];
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct point_value *value = harness_event_value(event, fields[i]);
        if (value == NULL || value->text == NULL)
            continue;
        snprintf(text, sizeof(text), "its %s is %.200s", point_field_name(fields[i]), value->text);
        add(why, size, text);
    }
}

void harness_add_cause(lua_State *L, int subject, char *why, size_t size)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    if (type == NULL)
        return;
    if (type->call != NULL) {
        struct harness_call_view view = {.ending = "never"};
        type->call(object, &view);
        add_cause_of_call(harness_of(L), &view, why, size);
    } else if (type->event) {
        add_cause_of_event(object, why, size);
    }
}
