#include "harness/judge/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/lua/units.h"
#include "harness/trace/event.h"

static void show_both(lua_State *L, int argument, int subject, struct harness_verdict *verdict)
{
    harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    harness_show(L, subject, verdict->seen, sizeof(verdict->seen));
}

/* A call is no value, and can be one only where another call is expected. */
static void check_value(lua_State *L, int subject, int argument)
{
    const struct harness_type *type = harness_type_at(L, subject, NULL);
    bool call = type != NULL && type->call != NULL;
    if (call && (lua_istable(L, argument) || lua_type(L, argument) == LUA_TSTRING))
        luaL_error(L, "is: %s is a call; say :returns{…} of its value, :fails \"…\" of its ending",
                   harness_push_text(L, subject));
}

static void judge_is(lua_State *L, struct harness *harness, int subject, int argument,
                     struct harness_verdict *verdict)
{
    (void)harness;
    check_value(L, subject, argument);
    verdict->ok = harness_matches(L, argument, subject, verdict->why);
    show_both(L, argument, subject, verdict);
}

static void judge_is_not(lua_State *L, struct harness *harness, int subject, int argument,
                         struct harness_verdict *verdict)
{
    char shown[HARNESS_SHOW_MAX];
    (void)harness;
    verdict->ok = !harness_matches(L, argument, subject, NULL);
    show_both(L, argument, subject, verdict);
    snprintf(shown, sizeof(shown), "not %.*s", (int)sizeof(shown) - 8, verdict->expected);
    memcpy(verdict->expected, shown, sizeof(shown));
}

/* The subject's fields that the argument names, as they stand. */
static void show_fields(lua_State *L, int argument, int subject, char *text, size_t size)
{
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, argument) != 0) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushvalue(L, -1);
        lua_gettable(L, subject);
        lua_rawset(L, -4);
    }
    harness_show(L, -1, text, size);
    lua_pop(L, 1);
}

static void judge_with(lua_State *L, struct harness *harness, int subject, int argument,
                       struct harness_verdict *verdict)
{
    (void)harness;
    if (!lua_istable(L, subject) && harness_type_at(L, subject, NULL) == NULL)
        luaL_error(L, "with: %s has no fields", luaL_typename(L, subject));
    verdict->ok = harness_matches_fields(L, argument, subject, verdict->why);
    harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    show_fields(L, argument, subject, verdict->seen, sizeof(verdict->seen));
}

/* --- times --- */

static void say_miss(lua_State *L, int argument, uint64_t seen_ns, char *why,
                     struct harness_verdict *verdict)
{
    char text[HARNESS_DURATION_MAX];
    uint64_t wanted;
    if (!harness_is_duration(L, argument, &wanted))
        return;
    verdict->timed = true;
    verdict->wanted_ns = wanted;
    verdict->seen_ns = seen_ns;
    bool late = seen_ns > wanted;
    snprintf(why, HARNESS_WHY_MAX, "%s too %s",
             harness_duration_text(late ? seen_ns - wanted : wanted - seen_ns, text),
             late ? "late" : "early");
}

static void judge_time(lua_State *L, struct harness *harness, uint64_t seen_ns, int argument,
                       struct harness_verdict *verdict)
{
    char text[HARNESS_DURATION_MAX];
    verdict->ok =
        harness_matches_time(L, argument, seen_ns, harness->early_ns, harness_late_ns(harness));
    if (!harness_findings_read(harness, verdict->ok))
        return;
    harness_show_time(L, argument, verdict->expected, sizeof(verdict->expected));
    snprintf(verdict->seen, sizeof(verdict->seen), "%s", harness_duration_text(seen_ns, text));
    if (!verdict->ok)
        say_miss(L, argument, seen_ns, verdict->why, verdict);
}

/* The times of a list of events. */
static void judge_times(lua_State *L, struct harness *harness, int subject, int argument,
                        struct harness_verdict *verdict)
{
    lua_Integer wanted = luaL_len(L, argument), count = luaL_len(L, subject);
    char text[HARNESS_DURATION_MAX];
    size_t expected = 0, seen = 0;
    verdict->ok = wanted == count;
    if (!verdict->ok)
        snprintf(verdict->why, sizeof(verdict->why), "%lld instead of %lld", (long long)count,
                 (long long)wanted);
    for (lua_Integer i = 1; i <= (wanted > count ? wanted : count); i++) {
        const char *between = i > 1 ? ", " : "";
        if (i <= wanted && expected + 64 < sizeof(verdict->expected)) {
            char one[HARNESS_WHY_MAX / 4];
            lua_geti(L, argument, i);
            harness_show_time(L, -1, one, sizeof(one));
            expected +=
                (size_t)snprintf(verdict->expected + expected, sizeof(verdict->expected) - expected,
                                 "%s%s", between, one);
            lua_pop(L, 1);
        }
        if (i > count)
            continue;
        lua_geti(L, subject, i);
        lua_getfield(L, -1, "at");
        uint64_t at_ns = harness_duration(L, -1, "at");
        lua_pop(L, 2);
        if (seen + HARNESS_DURATION_MAX < sizeof(verdict->seen))
            seen += (size_t)snprintf(verdict->seen + seen, sizeof(verdict->seen) - seen, "%s%s",
                                     between, harness_duration_text(at_ns, text));
        if (i > wanted)
            continue;
        lua_geti(L, argument, i);
        bool fits = harness_matches_time(L, -1, at_ns, harness->early_ns, harness_late_ns(harness));
        if (!fits && verdict->ok) {
            size_t used =
                (size_t)snprintf(verdict->why, sizeof(verdict->why), "number %lld: ", (long long)i);
            char miss[HARNESS_WHY_MAX] = "does not fit";
            say_miss(L, -1, at_ns, miss, verdict);
            snprintf(verdict->why + used, sizeof(verdict->why) - used, "%.400s", miss);
            verdict->about_ns = at_ns;
        }
        verdict->ok = verdict->ok && fits;
        lua_pop(L, 1);
    }
    if (wanted == 0)
        snprintf(verdict->expected, sizeof(verdict->expected), "none");
    if (count == 0)
        snprintf(verdict->seen, sizeof(verdict->seen), "none");
}

static void judge_at(lua_State *L, struct harness *harness, int subject, int argument,
                     struct harness_verdict *verdict)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    if (type != NULL && type->list) {
        luaL_checktype(L, argument, LUA_TTABLE);
        judge_times(L, harness, subject, argument, verdict);
    } else if (type != NULL && type->event) {
        const struct harness_event *event = object;
        judge_time(L, harness, event->at_ns, argument, verdict);
        verdict->about_ns = event->at_ns;
    } else {
        struct harness_call_view view;
        harness_need_call(L, subject, "at", &view);
        if (view.ended)
            judge_time(L, harness, view.ended_ns, argument, verdict);
        else
            harness_show_time(L, argument, verdict->expected, sizeof(verdict->expected));
        if (!view.ended)
            harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
        verdict->about_ns = view.ended_ns;
    }
}

static void judge_took(lua_State *L, struct harness *harness, int subject, int argument,
                       struct harness_verdict *verdict)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    uint64_t started_ns = 0, ended_ns = 0;
    bool ended = false;
    if (type != NULL && type->call != NULL) {
        struct harness_call_view view = {0};
        type->call(object, &view);
        started_ns = view.started_ns, ended_ns = view.ended_ns, ended = view.ended;
    } else if (type != NULL && type->program != NULL) {
        struct harness_program_view view = {0};
        type->program(object, &view);
        started_ns = view.started_ns, ended_ns = view.ended_ns, ended = view.ended;
    } else {
        luaL_error(L, "took: a call or a program expected, got %s", luaL_typename(L, subject));
    }
    if (ended) {
        judge_time(L, harness, ended_ns - started_ns, argument, verdict);
        return;
    }
    harness_show_time(L, argument, verdict->expected, sizeof(verdict->expected));
    snprintf(verdict->seen, sizeof(verdict->seen), "it has not ended");
}

/* --- lists, events, programs --- */

static void judge_count(lua_State *L, struct harness *harness, int subject, int argument,
                        struct harness_verdict *verdict)
{
    const struct harness_type *type = harness_type_at(L, subject, NULL);
    (void)harness;
    if (!lua_istable(L, subject) && (type == NULL || type->length == NULL))
        luaL_error(L, "count: a list expected, got %s",
                   type != NULL ? harness_push_text(L, subject) : harness_show_given(L, subject));
    lua_pushinteger(L, luaL_len(L, subject));
    verdict->ok = harness_matches(L, argument, lua_gettop(L), NULL);
    show_both(L, argument, lua_gettop(L), verdict);
    lua_pop(L, 1);
    if (!verdict->ok && luaL_len(L, subject) > 0) {
        char list[HARNESS_WHY_MAX - 16];
        harness_show(L, subject, list, sizeof(list));
        snprintf(verdict->why, sizeof(verdict->why), "there are %s", list);
    }
}

static const struct harness_event *need_event(lua_State *L, int index)
{
    const struct harness_event *event = harness_test(L, index, &harness_event_type);
    if (event == NULL)
        luaL_error(L, "before: an event expected, got %s%s", harness_push_text(L, index),
                   harness_test(L, index, &harness_events_type) != NULL
                       ? "; say which of them, as events[1]"
                       : "");
    return event;
}

static void judge_before(lua_State *L, struct harness *harness, int subject, int argument,
                         struct harness_verdict *verdict)
{
    const struct harness_event *event = need_event(L, subject), *other = need_event(L, argument);
    (void)harness;
    verdict->ok = event->number < other->number;
    snprintf(verdict->expected, sizeof(verdict->expected), "before %s",
             harness_push_text(L, argument));
    snprintf(verdict->seen, sizeof(verdict->seen), "%s", harness_push_text(L, subject));
    lua_pop(L, 2);
    if (!verdict->ok && event->at_ns == other->at_ns)
        snprintf(verdict->why, sizeof(verdict->why), "both at one instant, in the other order");
    verdict->about_ns = event->at_ns;
}

/* The last part of what a program printed. */
static void say_output(const struct harness_program_view *view, char *why)
{
    enum { TAIL = HARNESS_WHY_MAX - 32 };
    const char *output = view->output != NULL ? view->output : "";
    size_t length = strlen(output);
    if (length > 0)
        snprintf(why, HARNESS_WHY_MAX, "it printed: %s",
                 output + (length > TAIL ? length - TAIL : 0));
}

static void judge_exits(lua_State *L, struct harness *harness, int subject, int argument,
                        struct harness_verdict *verdict)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    struct harness_program_view view = {0};
    (void)harness;
    if (type == NULL || type->program == NULL)
        luaL_error(L, "exits: a program expected, got %s", luaL_typename(L, subject));
    type->program(object, &view);
    harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    if (!view.ended) {
        snprintf(verdict->seen, sizeof(verdict->seen), "it still runs");
        return;
    }
    lua_pushinteger(L, view.status);
    verdict->ok = harness_matches(L, argument, lua_gettop(L), NULL);
    lua_pop(L, 1);
    snprintf(verdict->seen, sizeof(verdict->seen), "%d", view.status);
    if (!verdict->ok)
        say_output(&view, verdict->why);
    verdict->about_ns = view.ended_ns;
}

const struct harness_link harness_links[] = {
    {"is", judge_is, HARNESS_NOW, 1},
    {"is_not", judge_is_not, HARNESS_NOW, 1},
    {"with", judge_with, HARNESS_NOW, 1},
    {"returns", harness_judge_returns, HARNESS_FOR_END, -1},
    {"fails", harness_judge_fails, HARNESS_FOR_END, -1},
    {"pending", harness_judge_pending, HARNESS_NOW, 0},
    {"never_ends", harness_judge_never_ends, HARNESS_FOR_EVER, 0},
    {"at", judge_at, HARNESS_NOW, 1},
    {"took", judge_took, HARNESS_NOW, 1},
    {"says", harness_judge_says, HARNESS_NOW, 1},
    {"count", judge_count, HARNESS_NOW, 1},
    {"before", judge_before, HARNESS_NOW, 1},
    {"exits", judge_exits, HARNESS_FOR_END, 1},
    {NULL, NULL, HARNESS_NOW, 0},
};
