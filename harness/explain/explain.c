#include "harness/explain/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/late.h"
#include "harness/explain/story.h"
#include "harness/explain/visits.h"
#include "harness/fault/aim.h"
#include "harness/handles/client.h"
#include "harness/judge/matcher.h"
#include "harness/trace/event.h"
#include "harness/trace/ledger.h"

static void add(char *why, size_t size, const char *text)
{
    size_t used = strlen(why);
    if (used < size)
        snprintf(why + used, size - used, "%s%s", used > 0 ? "; " : "", text);
}

/* --- calls --- */

/* The first of the table that is the case. */
static void add_first(struct explain_story *story, explain_fn *const *kinds, char *why, size_t size)
{
    char text[HARNESS_WHY_MAX];
    while (*kinds != NULL && !(*kinds)(story, text, sizeof(text)))
        kinds++;
    if (*kinds != NULL)
        add(why, size, text);
}

static bool is_link(const struct harness_question *question, const char *link)
{
    return strcmp(question->link, link) == 0;
}

/* Time-outs that only other releases set by themselves. */
static void add_release(const struct explain_story *story, const struct harness_question *question,
                        char *why, size_t size)
{
    const struct release *release = story->harness->release;
    char text[HARNESS_WHY_MAX], time[HARNESS_DURATION_MAX];
    if (story->view.ended || story->view.rpc_timeout_ms > 0 || question->ending == NULL ||
        strcmp(question->ending, "read_timeout") != 0)
        return;
    for (unsigned id = 0; id < RELEASE_COUNT; id++) {
        struct release_settings settings;
        const struct release *other = release_get((enum release_id)id);
        release_defaults(other, &settings);
        int64_t ms = settings.value[SETTING_RPC_TIMEOUT];
        if (ms <= 0 || other == release)
            continue;
        snprintf(text, sizeof(text), "release %s sets no rpc time-out by itself, %s sets %s (%s)",
                 release->name, other->name, harness_duration_text((uint64_t)ms * WORLD_MS, time),
                 release_setting_key(SETTING_RPC_TIMEOUT));
        add(why, size, text);
        return;
    }
}

/* Its machine is dead: nothing of it goes on, pings and time-outs neither. */
static bool say_dead(const struct explain_story *story, char *text, size_t size)
{
    char at[HARNESS_DURATION_MAX];
    const struct harness_client *client = harness_client_by_id(story->harness, story->view.client);
    if (story->view.ended || client == NULL || client->process == client->host->process)
        return false;
    snprintf(text, size, "its caller died with the host %s, which was killed at %s",
             client->host->host->name, harness_duration_text(client->host->killed_ns, at));
    return true;
}

static void add_call(struct explain_story *story, const struct harness_question *question,
                     char *why, size_t size)
{
    char text[HARNESS_WHY_MAX];
    bool value = story->view.ended && strcmp(story->view.ending, "value") == 0;
    if (say_dead(story, text, sizeof(text))) {
        add(why, size, text);
        return;
    }
    harness_lock(story->harness);
    if (!value && story->view.ended) {
        add_first(story, explain_ends, why, size);
        add_first(story, explain_timers, why, size);
    }
    if (!value)
        add_first(story, explain_stages, why, size);
    if (!story->view.ended)
        add_first(story, explain_timers, why, size);
    if (question != NULL && question->timed && question->seen_ns > question->wanted_ns &&
        explain_late(story, question->seen_ns - question->wanted_ns, text, sizeof(text)))
        add(why, size, text);
    if (question != NULL)
        add_release(story, question, why, size);
    if (explain_faults(story, text, sizeof(text)))
        add(why, size, text);
    harness_unlock(story->harness);
}

/* It ended well, and a fault that might have prevented that has met nobody. */
static void add_idle_fault(struct harness *harness, char *why, size_t size)
{
    struct harness_fault_view fault;
    char visits[HARNESS_WHY_MAX], text[HARNESS_WHY_MAX + 128];
    for (size_t i = 0;; i++) {
        harness_lock(harness);
        bool more = harness_fault_at(harness, i, &fault);
        harness_unlock(harness);
        if (!more)
            return;
        if (fault.strikes > 0 || fault.lifted_ns != 0 || fault.partition != NULL ||
            !harness_explain_visits(fault.aim, fault.armed_ns, visits, sizeof(visits)))
            continue;
        snprintf(text, sizeof(text), "the fault %s (%s:%d) has not struck: %s", fault.name,
                 fault.file, fault.line, visits);
        add(why, size, text);
        return;
    }
}

static void explain_call_view(struct harness *harness, const struct harness_call_view *view,
                              const struct harness_question *question, char *why, size_t size)
{
    struct explain_story story;
    explain_story_begin(&story, harness, view);
    add_call(&story, question, why, size);
    bool value = view->ended && strcmp(view->ending, "value") == 0;
    if (value && question != NULL &&
        (is_link(question, "fails") || is_link(question, "pending") ||
         is_link(question, "never_ends")))
        add_idle_fault(harness, why, size);
}

void harness_explain_call(struct harness *harness, uint32_t number, char *why, size_t size)
{
    struct harness_call_view view;
    if (harness_call_by_number(harness, number, &view))
        explain_call_view(harness, &view, NULL, why, size);
}

void harness_explain_open(struct harness *harness, char *why, size_t size)
{
    for (size_t i = 0; i < harness_ledger_calls(harness); i++) {
        struct harness_ledger_view call = harness_ledger_at(harness, i);
        char text[HARNESS_WHY_MAX] = "", named[HARNESS_WHY_MAX + 128];
        if (call.ended || (call.may_pend && !call.died))
            continue;
        harness_explain_call(harness, call.number, text, sizeof(text));
        if (text[0] == '\0')
            continue;
        snprintf(named, sizeof(named), "call %" PRIu32 " (%s): %s", call.number, call.method, text);
        add(why, size, named);
        return;
    }
}

/* --- connections --- */

static uint32_t connection_at(lua_State *L, int index)
{
    void *object;
    struct plan_aim aim = {0};
    const struct harness_type *type = index != 0 ? harness_type_at(L, index, &object) : NULL;
    if (type == NULL || strcmp(type->name, "connection") != 0)
        return 0;
    type->aim(object, &aim);
    return aim.connection;
}

/* The last event of the point on the connection; locked. */
static const struct harness_event *last_on(const struct harness *harness, enum point point,
                                           uint32_t connection)
{
    for (uint32_t i = harness_trace_point_count(harness->trace, point); i-- > 0;) {
        const struct harness_event *event = harness_trace_at(harness->trace, point, i);
        if (event->connection == connection)
            return event;
    }
    return NULL;
}

/* Two connections that should be one: when the older one was closed, and why. */
static void add_connections(struct harness *harness, uint32_t one, uint32_t other, char *why,
                            size_t size)
{
    uint32_t older = one < other ? one : other;
    char at[HARNESS_DURATION_MAX], text[HARNESS_WHY_MAX];
    harness_lock(harness);
    const struct harness_event *close = last_on(harness, POINT_CLIENT_CLOSE, older);
    const struct harness_event *idle = last_on(harness, POINT_CLIENT_IDLE, older);
    harness_unlock(harness);
    if (close == NULL)
        return;
    snprintf(text, sizeof(text), "connection %" PRIu32 " was closed by its client at %s (%.200s)",
             older, harness_duration_text(close->at_ns, at),
             idle != NULL ? "idle" : explain_text(close, FIELD_REASON));
    add(why, size, text);
}

/* --- events --- */

/* "its why is idle" of a server.close. */
static void add_event(const struct harness_event *event, char *why, size_t size)
{
    static const enum point_field fields[] = {FIELD_REASON, FIELD_WHY};
    char text[HARNESS_WHY_MAX];
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = explain_text(event, fields[i]);
        if (value[0] == '\0')
            continue;
        snprintf(text, sizeof(text), "its %s is %.200s", point_field_name(fields[i]), value);
        add(why, size, text);
    }
}

/* Java's select ends a little late, and at exactly the limit nothing is purged yet. */
static void add_purge(struct harness *harness, const struct harness_question *question, char *why,
                      size_t size)
{
    char text[HARNESS_WHY_MAX], limit[HARNESS_DURATION_MAX];
    const struct harness_event *purge = NULL;
    if (!question->timed || question->seen_ns != question->wanted_ns + WORLD_MS)
        return;
    harness_lock(harness);
    for (uint32_t i = 0; i < harness_trace_point_count(harness->trace, POINT_SERVER_PURGE); i++) {
        const struct harness_event *event = harness_trace_at(harness->trace, POINT_SERVER_PURGE, i);
        if (event->at_ns == question->seen_ns)
            purge = event;
    }
    harness_unlock(harness);
    if (purge == NULL)
        return;
    snprintf(
        text, sizeof(text),
        "that is the 1ms by which the Responder's select ends late: a response that is just "
        "%s old is not purged yet",
        harness_duration_text((uint64_t)(explain_number(purge, FIELD_AGE) - 1) * WORLD_MS, limit));
    add(why, size, text);
}

static void add_list(lua_State *L, int subject, void *object,
                     const struct harness_question *question, char *why, size_t size)
{
    char text[HARNESS_WHY_MAX];
    const struct harness_aim *aim = harness_events_aim(object);
    if (luaL_len(L, subject) == 0 && harness_explain_visits(aim, 0, text, sizeof(text)))
        add(why, size, text);
    if (aim->point == POINT_SERVER_PURGE)
        add_purge(harness_of(L), question, why, size);
}

/* --- the door --- */

void harness_explain(lua_State *L, int subject, int argument,
                     const struct harness_question *question, char *why, size_t size)
{
    struct harness *harness = harness_of(L);
    struct harness_call_view view = {.ending = "never"};
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    if (type == NULL)
        return;
    if (type->call != NULL) {
        type->call(object, &view);
        explain_call_view(harness, &view, question, why, size);
    } else if (type->event) {
        const struct harness_event *event = object;
        add_event(event, why, size);
        if (event->point == POINT_SERVER_PURGE)
            add_purge(harness, question, why, size);
    } else if (type == &harness_events_type) {
        add_list(L, subject, object, question, why, size);
    } else if (is_link(question, "is") && connection_at(L, subject) != 0 &&
               connection_at(L, argument) != 0) {
        add_connections(harness, connection_at(L, subject), connection_at(L, argument), why, size);
    }
}
