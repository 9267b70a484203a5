/*
 * Judgements of calls: how they end, and whether the exception is the one that this release
 * of Hadoop gives its callers.
 */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/judge/findings.h"
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

/* Whose words a rule is about: enum release_wording as sets. */
enum wordings {
    CALL_TO = 1 << WORDING_CALL_TO,
    NET = 1 << WORDING_NET,
    END_OF_FILE = 1 << WORDING_EOF,
    KEEPS = 1 << WORDING_KEEPS,
    EOF_ON = END_OF_FILE | KEEPS,
    NET_ON = NET | EOF_ON,
    ANY = CALL_TO | NET_ON,
};

/* What a caller may see (ipc/Client.java, net/NetUtils.java wrapException); an ending that has no
 * rule in a release is not judged. */
static const struct wrapping {
    const char *ending;
    unsigned wordings;
    const char *class_name;
    const char *part; /* of the message; NULL: any */
} wrappings[] = {
    {"refused", ANY, "java.net.ConnectException", "failed on connection exception: "},
    {"refused", KEEPS, "java.net.ConnectException", "Your endpoint configuration is wrong;"},
    {"connect_timeout", CALL_TO, "java.net.SocketTimeoutException",
     "failed on socket timeout exception: "},
    {"connect_timeout", NET_ON, "org.apache.hadoop.net.ConnectTimeoutException", NULL},
    {"unreachable", CALL_TO, "java.io.IOException", NULL},
    {"unreachable", NET_ON, "java.net.NoRouteToHostException", NULL},
    {"unreachable", ANY, "java.net.UnknownHostException", NULL},
    {"read_timeout", ANY, "java.net.SocketTimeoutException",
     "failed on socket timeout exception: "},
    {"eof", CALL_TO, "java.io.IOException", "failed on local exception: "},
    {"eof", EOF_ON, "java.io.EOFException", "End of File Exception between "},
    {"eof", NET | END_OF_FILE, "java.io.IOException", "Failed on local exception: "},
    {"reset", CALL_TO, "java.io.IOException", "failed on local exception: "},
    {"reset", NET | END_OF_FILE, "java.io.IOException", "Failed on local exception: "},
    {"reset", KEEPS, "java.net.SocketException", "failed on socket exception: "},
    {"reset", KEEPS, "java.io.IOException", "Failed on local exception: "},
};

enum { WRAPPINGS = sizeof(wrappings) / sizeof(wrappings[0]) };

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

/* Say what was expected (`any` where the argument names nothing) and what was seen. */
static void show_both(lua_State *L, int argument, const char *any, int subject,
                      const struct harness_call_view *view, struct harness_verdict *verdict)
{
    if (!harness_findings_read(harness_of(L), verdict->ok))
        return;
    if (lua_isnoneornil(L, argument))
        snprintf(verdict->expected, sizeof(verdict->expected), "%s", any);
    else
        harness_show(L, argument, verdict->expected, sizeof(verdict->expected));
    harness_show_call(L, subject, view, verdict->seen, sizeof(verdict->seen));
}

void harness_judge_returns(lua_State *L, struct harness *harness, int subject, int argument,
                           struct harness_verdict *verdict)
{
    struct harness_call_view view;
    (void)harness;
    harness_need_call(L, subject, "returns", &view);
    about(&view, verdict);
    if (view.ended && strcmp(view.ending, "value") == 0) {
        push_call_value(L, subject);
        verdict->ok = lua_isnoneornil(L, argument) ||
                      harness_matches(L, argument, lua_gettop(L), verdict->why);
        lua_pop(L, 1);
    }
    show_both(L, argument, "a value", subject, &view, verdict);
}

static bool is_rule(const struct wrapping *wrapping, const struct release *release,
                    const char *ending)
{
    return strcmp(wrapping->ending, ending) == 0 &&
           (wrapping->wordings & 1u << release->wording) != 0;
}

static bool says(const struct harness_call_view *view, const char *part)
{
    return part == NULL || (view->message != NULL && strstr(view->message, part) != NULL);
}

/* Whether class and message are those of this release; else `why` says what they should be. */
static bool is_wrapped_well(const struct release *release, const struct harness_call_view *view,
                            char *why)
{
    const struct wrapping *first = NULL, *of_class = NULL;
    for (size_t i = 0; i < WRAPPINGS; i++) {
        const struct wrapping *wrapping = &wrappings[i];
        if (!is_rule(wrapping, release, view->ending))
            continue;
        bool same = strcmp(wrapping->class_name, view->class_name) == 0;
        if (same && says(view, wrapping->part))
            return true;
        if (first == NULL)
            first = wrapping;
        if (same && of_class == NULL)
            of_class = wrapping;
    }
    if (of_class != NULL)
        snprintf(why, HARNESS_WHY_MAX, "its message should say \"%s\" in release %s",
                 of_class->part, release->name);
    else if (first != NULL)
        snprintf(why, HARNESS_WHY_MAX, "its class should be %s in release %s", first->class_name,
                 release->name);
    return first == NULL;
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
    if (view.ended && strcmp(view.ending, "value") != 0) {
        lua_pushstring(L, view.ending);
        verdict->ok = any || harness_matches(L, argument, lua_gettop(L), NULL);
        lua_pop(L, 1);
    }
    if (verdict->ok && view.class_name != NULL)
        verdict->ok = is_wrapped_well(harness->release, &view, verdict->why);
    show_both(L, argument, "a failure", subject, &view, verdict);
}

/* The link says that the call has not ended. */
static void judge_unended(lua_State *L, struct harness *harness, int subject, int argument,
                          const char *link, const char *expected, struct harness_verdict *verdict)
{
    struct harness_call_view view;
    harness_need_call(L, subject, link, &view);
    about(&view, verdict);
    verdict->ok = !view.ended;
    show_both(L, argument, expected, subject, &view, verdict);
    if (verdict->ok)
        harness_ledger_may_pend(harness, view.number);
}

void harness_judge_pending(lua_State *L, struct harness *harness, int subject, int argument,
                           struct harness_verdict *verdict)
{
    judge_unended(L, harness, subject, argument, "pending", "still pending", verdict);
}

void harness_judge_never_ends(lua_State *L, struct harness *harness, int subject, int argument,
                              struct harness_verdict *verdict)
{
    judge_unended(L, harness, subject, argument, "never_ends", "no end, ever", verdict);
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

/* "2.6, 3.4" */
static void list_releases(unsigned wordings, char names[RELEASE_NAMES_MAX])
{
    size_t used = 0;
    for (unsigned id = 0; id < RELEASE_COUNT; id++) {
        const struct release *release = release_get((enum release_id)id);
        if ((wordings & 1u << release->wording) != 0)
            used += (size_t)snprintf(names + used, RELEASE_NAMES_MAX - used, "%s%s",
                                     used > 0 ? ", " : "", release->name);
    }
}

/* What was expected is how other releases say it. */
static void explain_words(const struct release *release, const struct harness_call_view *view,
                          const char *expected, char *why)
{
    const struct wrapping *ours = NULL, *theirs = NULL;
    char names[RELEASE_NAMES_MAX];
    for (size_t i = 0; i < WRAPPINGS; i++) {
        const struct wrapping *wrapping = &wrappings[i];
        if (strcmp(wrapping->ending, view->ending) != 0 || wrapping->part == NULL)
            continue;
        if (is_rule(wrapping, release, view->ending)) {
            if (ours == NULL)
                ours = wrapping;
        } else if (strstr(wrapping->part, expected) != NULL ||
                   strstr(expected, wrapping->part) != NULL) {
            theirs = wrapping;
        }
    }
    if (ours == NULL || theirs == NULL)
        return;
    list_releases(theirs->wordings, names);
    snprintf(why, HARNESS_WHY_MAX, "so it is said in %s; release %s says \"%s\" of %s", names,
             release->name, ours->part, view->ending);
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
