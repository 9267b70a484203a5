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
#include "rpc/release.h"

static const char *const endings =
    "value remote_error remote_fatal setup_failed refused connect_timeout unreachable "
    "read_timeout eof reset bad_reply internal stopped interrupted encode_error rejected never";

/* What a caller sees (ipc/Client.java, net/NetUtils.java wrapException): from 3.0 on EOF and
 * socket exceptions keep their class, before they become an IOException that names them. */
static const struct wrapping {
    const char *ending;
    const char *classes;     /* any of them, spaces between */
    const char *part;        /* of the message; NULL: any */
    bool from_3, only_older; /* neither: all releases */
} wrappings[] = {
    {"refused", "java.net.ConnectException", "failed on connection exception: ", false, false},
    {"connect_timeout", "org.apache.hadoop.net.ConnectTimeoutException", NULL, false, false},
    {"unreachable", "java.net.NoRouteToHostException java.net.UnknownHostException", NULL, false,
     false},
    {"read_timeout", "java.net.SocketTimeoutException",
     "failed on socket timeout exception: ", false, false},
    {"eof", "java.io.EOFException", "End of File Exception between ", true, false},
    {"eof", "java.io.IOException", "Failed on local exception: ", false, true},
    {"reset", "java.net.SocketException java.io.IOException", NULL, true, false},
    {"reset", "java.io.IOException", "Failed on local exception: ", false, true},
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
    bool from_3 = release->number >= 300;
    for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++) {
        const struct wrapping *wrapping = &wrappings[i];
        if (strcmp(wrapping->ending, view->ending) != 0 || (wrapping->from_3 && !from_3) ||
            (wrapping->only_older && from_3))
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
    if (lua_type(L, argument) != LUA_TSTRING)
        return;
    const char *name = lua_tostring(L, argument), *at = strstr(endings, name);
    size_t length = strlen(name);
    while (at != NULL &&
           ((at != endings && at[-1] != ' ') || (at[length] != ' ' && at[length] != '\0')))
        at = strstr(at + 1, name);
    if (at == NULL || length == 0)
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

void harness_judge_pending(lua_State *L, struct harness *harness, int subject, int argument,
                           struct harness_verdict *verdict)
{
    struct harness_call_view view;
    (void)argument;
    harness_need_call(L, subject, "pending", &view);
    about(&view, verdict);
    verdict->ok = !view.ended;
    snprintf(verdict->expected, sizeof(verdict->expected), "still pending");
    harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
    if (verdict->ok)
        harness_ledger_may_pend(harness, view.number);
}

void harness_judge_never_ends(lua_State *L, struct harness *harness, int subject, int argument,
                              struct harness_verdict *verdict)
{
    struct harness_call_view view;
    (void)argument;
    harness_need_call(L, subject, "never_ends", &view);
    about(&view, verdict);
    verdict->ok = !view.ended;
    snprintf(verdict->expected, sizeof(verdict->expected), "no end, ever");
    harness_show_call(L, subject, &view, verdict->seen, sizeof(verdict->seen));
    if (verdict->ok)
        harness_ledger_may_pend(harness, view.number);
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

void harness_judge_says(lua_State *L, struct harness *harness, int subject, int argument,
                        struct harness_verdict *verdict)
{
    (void)harness;
    const char *text = text_of(L, subject, verdict->seen, sizeof(verdict->seen));
    harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    if (text == NULL)
        return;
    if (lua_type(L, argument) == LUA_TSTRING) {
        verdict->ok = strstr(text, lua_tostring(L, argument)) != NULL;
        return;
    }
    lua_pushstring(L, text);
    verdict->ok = harness_matches(L, argument, lua_gettop(L), verdict->why);
    lua_pop(L, 1);
}
