/*
 * Judgements of calls: how they end, and whether the exception is the one that this release
 * of Hadoop gives its callers.
 */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/judge/verdict.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "harness/trace/ledger.h"
#include "rpc/client/client.h"
#include "rpc/release.h"

static const char endings[] =
#define X(id, text) text " "
    CLIENT_ENDING_MAP(X)
#undef X
    ;

/* Whose words a rule is about. */
enum manner {
    MANNER_CALL_TO = 1, /* Client.java's own, before 2.x: "Call to …" */
    MANNER_WRAPPED = 2, /* NetUtils.java's: EOF and socket exceptions become IOExceptions */
    MANNER_KEPT = 4,    /* the same from 3.0 on, where they keep their class */
    MANNER_ANY = 7,
};

static unsigned manner_of(const struct release *release)
{
    if (release->wraps_call_to)
        return MANNER_CALL_TO;
    return release->keeps_exception_type ? MANNER_KEPT : MANNER_WRAPPED;
}

/* What a caller sees (ipc/Client.java, net/NetUtils.java wrapException). */
static const struct wrapping {
    const char *ending;
    unsigned manners;
    const char *classes; /* any of them, spaces between */
    const char *part;    /* of the message; NULL: any */
} wrappings[] = {
    {"refused", MANNER_ANY, "java.net.ConnectException", "failed on connection exception: "},
    {"connect_timeout", MANNER_CALL_TO, "java.net.SocketTimeoutException",
     "failed on socket timeout exception: "},
    {"connect_timeout", MANNER_WRAPPED | MANNER_KEPT,
     "org.apache.hadoop.net.ConnectTimeoutException", NULL},
    {"unreachable", MANNER_CALL_TO, "java.io.IOException java.net.UnknownHostException", NULL},
    {"unreachable", MANNER_WRAPPED | MANNER_KEPT,
     "java.net.NoRouteToHostException java.net.UnknownHostException", NULL},
    {"read_timeout", MANNER_ANY, "java.net.SocketTimeoutException",
     "failed on socket timeout exception: "},
    {"eof", MANNER_CALL_TO, "java.io.IOException", "failed on local exception: "},
    {"eof", MANNER_WRAPPED, "java.io.IOException", "Failed on local exception: "},
    {"eof", MANNER_KEPT, "java.io.EOFException", "End of File Exception between "},
    {"reset", MANNER_CALL_TO, "java.io.IOException", "failed on local exception: "},
    {"reset", MANNER_WRAPPED, "java.io.IOException", "Failed on local exception: "},
    {"reset", MANNER_KEPT, "java.net.SocketException java.io.IOException", NULL},
};

const struct harness_type *harness_need_call(lua_State *L, int index, const char *link,
                                             struct harness_call_view *view)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, index, &object);
    if (type == NULL || type->call == NULL)
        luaL_error(L, "%s: a call expected, got %s", link, harness_push_text(L, index));
    *view = (struct harness_call_view){.ending = "never"};
    type->call(object, view);
    return type;
}

static void push_call_value(lua_State *L, int index)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, index, &object);
    if (type->push_value != NULL)
        type->push_value(L, object);
    else
        lua_pushnil(L);
}

void harness_show_call(lua_State *L, int index, const struct harness_call_view *view, char *text,
                       size_t size)
{
    char at[HARNESS_DURATION_MAX], value[HARNESS_SHOW_MAX / 2];
    index = lua_absindex(L, index);
    if (!view->ended) {
        bool dead = harness_of(L)->dead;
        snprintf(text, size, "%s (%s)",
                 dead ? "never: nothing is left that could end it" : "still pending",
                 view->doing != NULL ? view->doing : "?");
    } else if (view->class_name == NULL) {
        push_call_value(L, index);
        harness_show(L, -1, value, sizeof(value));
        lua_pop(L, 1);
        snprintf(text, size, "%s %s at %s", view->ending, value,
                 harness_duration_text(view->ended_ns, at));
    } else {
        snprintf(text, size, "%s at %s: %s: %s", view->ending,
                 harness_duration_text(view->ended_ns, at), view->class_name,
                 view->message != NULL ? view->message : "null");
    }
}

static void about(const struct harness_call_view *view, struct harness_verdict *verdict)
{
    verdict->call = view->number;
    verdict->connection = view->connection;
    verdict->about_ns = view->ended_ns;
}

void harness_judge_returns(lua_State *L, struct harness *harness, int subject, int argument,
                           struct harness_verdict *verdict)
{
    struct harness_call_view view;
    (void)harness;
    harness_need_call(L, subject, "returns", &view);
    about(&view, verdict);
    bool any = lua_isnoneornil(L, argument);
    snprintf(verdict->expected, sizeof(verdict->expected), "a value");
    if (!any)
        harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    verdict->ok = view.ended && strcmp(view.ending, "value") == 0;
    harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
    if (!verdict->ok || any)
        return;
    push_call_value(L, subject);
    verdict->ok = harness_matches(L, argument, lua_gettop(L), verdict->why);
    lua_pop(L, 1);
}

/* Whether class and message are those of this release; else `why` says what they should be. */
static bool is_wrapped_well(const struct release *release, const struct harness_call_view *view,
                            char *why)
{
    unsigned manner = manner_of(release);
    for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++) {
        const struct wrapping *wrapping = &wrappings[i];
        if (strcmp(wrapping->ending, view->ending) != 0 || (wrapping->manners & manner) == 0)
            continue;
        const char *found = strstr(wrapping->classes, view->class_name);
        size_t length = strlen(view->class_name);
        if (found == NULL || (found[length] != ' ' && found[length] != '\0')) {
            snprintf(why, HARNESS_WHY_MAX, "its class should be %s in release %s",
                     wrapping->classes, release->name);
            return false;
        }
        if (wrapping->part != NULL &&
            (view->message == NULL || strstr(view->message, wrapping->part) == NULL)) {
            snprintf(why, HARNESS_WHY_MAX, "its message should say \"%s\" in release %s",
                     wrapping->part, release->name);
            return false;
        }
    }
    return true;
}

static void check_ending(lua_State *L, int argument)
{
    if (harness_is_matcher(L, argument))
        return;
    if (lua_type(L, argument) != LUA_TSTRING)
        luaL_error(L, "fails: an ending expected, \"eof\", or a matcher; got %s",
                   harness_push_text(L, argument));
    const char *name = lua_tostring(L, argument);
    if (!harness_is_among(name, endings))
        harness_no_such(L, "a call", "ending", name, endings);
}

void harness_judge_fails(lua_State *L, struct harness *harness, int subject, int argument,
                         struct harness_verdict *verdict)
{
    struct harness_call_view view;
    harness_need_call(L, subject, "fails", &view);
    about(&view, verdict);
    bool any = lua_isnoneornil(L, argument);
    if (!any)
        check_ending(L, argument);
    snprintf(verdict->expected, sizeof(verdict->expected), "a failure");
    if (!any)
        harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
    verdict->ok = view.ended && strcmp(view.ending, "value") != 0;
    if (!verdict->ok)
        return;
    lua_pushstring(L, view.ending);
    verdict->ok = any || harness_matches(L, argument, lua_gettop(L), NULL);
    lua_pop(L, 1);
    if (verdict->ok && view.class_name != NULL)
        verdict->ok = is_wrapped_well(harness->release, &view, verdict->why);
}

/* The link says that the call has not ended. */
static void judge_unended(lua_State *L, struct harness *harness, int subject, const char *link,
                          const char *expected, struct harness_verdict *verdict)
{
    struct harness_call_view view;
    harness_need_call(L, subject, link, &view);
    about(&view, verdict);
    verdict->ok = !view.ended;
    snprintf(verdict->expected, sizeof(verdict->expected), "%s", expected);
    harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
    if (verdict->ok)
        harness_ledger_may_pend(harness, view.number);
}

void harness_judge_pending(lua_State *L, struct harness *harness, int subject, int argument,
                           struct harness_verdict *verdict)
{
    (void)argument;
    judge_unended(L, harness, subject, "pending", "still pending", verdict);
}

void harness_judge_never_ends(lua_State *L, struct harness *harness, int subject, int argument,
                              struct harness_verdict *verdict)
{
    (void)argument;
    judge_unended(L, harness, subject, "never_ends", "no end, ever", verdict);
}

/* What a call's exception or a program's output says. */
static const char *text_of(lua_State *L, int subject, char *seen, size_t size)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    if (type != NULL && type->program != NULL) {
        struct harness_program_view view = {0};
        type->program(object, &view);
        snprintf(seen, size, "%s", view.output != NULL ? view.output : "");
        return view.output;
    }
    struct harness_call_view view;
    harness_need_call(L, subject, "says", &view);
    harness_show_call(L, subject, &view, seen, size);
    return view.message;
}

static const char *whose(const struct wrapping *wrapping)
{
    if ((wrapping->manners & MANNER_KEPT) != 0)
        return "from 3.0";
    return (wrapping->manners & MANNER_WRAPPED) != 0 ? "before 3.0" : "before 2.0";
}

/* What was expected is how the releases of another age say it. */
static void explain_words(const struct release *release, const struct harness_call_view *view,
                          const char *expected, char *why)
{
    const struct wrapping *ours = NULL, *theirs = NULL;
    unsigned manner = manner_of(release);
    for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++) {
        const struct wrapping *wrapping = &wrappings[i];
        if (strcmp(wrapping->ending, view->ending) != 0 || wrapping->part == NULL)
            continue;
        if ((wrapping->manners & manner) != 0)
            ours = wrapping;
        else if (strstr(wrapping->part, expected) != NULL ||
                 strstr(expected, wrapping->part) != NULL)
            theirs = wrapping;
    }
    if (ours != NULL && theirs != NULL)
        snprintf(why, HARNESS_WHY_MAX, "so say only the releases %s; release %s says \"%s\" of %s",
                 whose(theirs), release->name, ours->part, view->ending);
}

void harness_judge_says(lua_State *L, struct harness *harness, int subject, int argument,
                        struct harness_verdict *verdict)
{
    struct harness_call_view view;
    const char *text = text_of(L, subject, verdict->seen, sizeof(verdict->seen));
    void *object;
    const struct harness_type *type = harness_type_at(L, subject, &object);
    harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    if (text == NULL)
        return;
    if (lua_type(L, argument) == LUA_TSTRING) {
        verdict->ok = strstr(text, lua_tostring(L, argument)) != NULL;
        if (!verdict->ok && type->call != NULL) {
            type->call(object, &view);
            explain_words(harness->release, &view, lua_tostring(L, argument), verdict->why);
        }
        return;
    }
    lua_pushstring(L, text);
    verdict->ok = harness_matches(L, argument, lua_gettop(L), verdict->why);
    lua_pop(L, 1);
}
