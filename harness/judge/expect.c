#include "harness/judge/expect.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/explain.h"
#include "harness/harness.h"
#include "harness/judge/findings.h"
#include "harness/judge/matcher.h"
#include "harness/judge/verdict.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "rpc/arena.h"

/* Where an expectation stands that no link has asked anything of yet. */
struct harness_unasked {
    struct harness_unasked *next;
    const char *file;
    int line;
};

/* A userdata whose user value is its subject. */
struct expectation {
    bool each, require;
    struct harness_unasked *unasked; /* NULL: a link has asked */
    const char *file;
    int line;
};

static const char metatable; /* its address: the key of the expectations' metatable */

static struct expectation *check_expectation(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
        bool ours = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
        if (ours)
            return lua_touserdata(L, index);
    }
    luaL_error(L, "write t:expect(x):link(…), with colons");
    return NULL;
}

/* --- one link --- */

static const struct harness_link *link_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* How many subjects there are: 1, or as many as the list has. */
static lua_Integer subject_count(lua_State *L, const struct expectation *expectation)
{
    if (!expectation->each)
        return 1;
    lua_getiuservalue(L, 1, 1);
    lua_Integer count = luaL_len(L, -1);
    lua_pop(L, 1);
    return count;
}

/* Push subject `i`. */
static void push_subject(lua_State *L, const struct expectation *expectation, lua_Integer i)
{
    lua_getiuservalue(L, 1, 1);
    if (expectation->each) {
        lua_geti(L, -1, i);
        lua_remove(L, -2);
    }
}

/* A check stands where its expectation does, whatever lines its links are on: of a call over
 * several lines one Lua tells the first, another the last. */
static void tell(lua_State *L, const struct expectation *expectation,
                 const struct harness_link *link, const struct harness_verdict *verdict)
{
    char expr[64];
    struct harness *harness = harness_of(L);
    if (!harness_findings_read(harness, verdict->ok)) {
        harness_find(harness, &(struct harness_finding){.ok = true});
        return;
    }
    struct harness_finding finding = {
        .ok = verdict->ok,
        .expr = harness_source_line(harness, expectation->file, expectation->line),
        .expected = verdict->expected,
        .seen = verdict->seen,
        .why = verdict->why[0] != '\0' ? verdict->why : NULL,
        .file = expectation->line > 0 ? expectation->file : NULL,
        .line = expectation->line,
        .call = verdict->call,
        .connection = verdict->connection,
        .about_ns = verdict->about_ns,
    };
    if (finding.expr == NULL) {
        snprintf(expr, sizeof(expr), "t:expect(…):%s(…)", link->name);
        finding.expr = expr;
    }
    harness_find(harness, &finding);
}

/* `require` failed: the scenario stops here. */
static int leave(lua_State *L)
{
    harness_of(L)->left = true;
    lua_pushliteral(L, "a required expectation failed");
    return harness_leave(L);
}

/* "item 2 of 5: " in front of what was seen. */
static void name_item(struct harness_verdict *verdict, lua_Integer i, lua_Integer count,
                      lua_Integer failed)
{
    char seen[HARNESS_SHOW_MAX];
    snprintf(seen, sizeof(seen), "%.*s", (int)sizeof(seen) - 64, verdict->seen);
    if (failed > 1)
        snprintf(verdict->seen, sizeof(verdict->seen), "number %lld of %lld (%lld failed): %.1900s",
                 (long long)i, (long long)count, (long long)failed, seen);
    else
        snprintf(verdict->seen, sizeof(verdict->seen), "number %lld of %lld: %.1900s", (long long)i,
                 (long long)count, seen);
}

/* Add why it failed to the verdict.  Arguments: expectation, argument, subject. */
static void explain(lua_State *L, struct harness_verdict *verdict)
{
    const struct harness_link *link = link_of(L);
    bool ending = link->judge == harness_judge_fails && lua_type(L, 2) == LUA_TSTRING;
    harness_explain(L, 3, 2,
                    &(struct harness_question){.link = link->name,
                                               .ending = ending ? lua_tostring(L, 2) : NULL,
                                               .timed = verdict->timed,
                                               .wanted_ns = verdict->wanted_ns,
                                               .seen_ns = verdict->seen_ns},
                    verdict->why, sizeof(verdict->why));
}

/* What the subject is about, where the judge has not said: `at` and `took` look at its time. */
static void name_call(lua_State *L, struct harness_verdict *verdict)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, 3, &object);
    struct harness_call_view view = {0};
    if (verdict->call != 0 || type == NULL || type->call == NULL)
        return;
    type->call(object, &view);
    verdict->call = view.number;
    verdict->connection = view.connection;
}

/* Nothing has been said yet. */
static void clear(struct harness_verdict *verdict)
{
    memset(verdict, 0, offsetof(struct harness_verdict, expected));
    verdict->expected[0] = verdict->seen[0] = verdict->why[0] = '\0';
}

/* Judge all subjects as one check: how many failed; `told` is the first that did, with the reason
 * if `reasons` are wanted.  Arguments: expectation, argument. */
static lua_Integer judge_subjects(lua_State *L, struct harness *harness, bool reasons,
                                  struct harness_verdict *told)
{
    const struct harness_link *link = link_of(L);
    struct expectation *expectation = lua_touserdata(L, 1);
    lua_Integer count = subject_count(L, expectation), failed = 0, first = 0;
    struct harness_verdict later, *verdict = told;
    luaL_checkstack(L, 10, "too many values");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_settop(L, 2);
        push_subject(L, expectation, i);
        clear(verdict);
        link->judge(L, harness, 3, 2, verdict);
        name_call(L, verdict);
        if (!verdict->ok && failed == 0 && reasons)
            explain(L, verdict);
        if (!verdict->ok && failed++ == 0)
            first = i;
        if (i > 1 && first == i)
            *told = later;
        verdict = &later;
    }
    if (expectation->each && failed > 0)
        name_item(told, first, count, failed);
    lua_settop(L, 2);
    return failed;
}

/* Judge, and tell of it.  Returns the expectation. */
static int judge_all(lua_State *L, struct harness *harness)
{
    struct expectation *expectation = lua_touserdata(L, 1);
    struct harness_verdict told;
    if (subject_count(L, expectation) == 0) {
        harness_void(harness, "%s:%d: `each` of an empty list asks nothing", expectation->file,
                     expectation->line);
        lua_settop(L, 1);
        return 1;
    }
    lua_Integer failed = judge_subjects(L, harness, true, &told);
    tell(L, expectation, link_of(L), &told);
    if (failed > 0 && expectation->require)
        return leave(L);
    lua_settop(L, 1);
    return 1;
}

/* Where time is not exact, what does not hold yet may hold in a moment.  The third argument is
 * when that moment is over. */
static int judge_with_patience(lua_State *L, struct harness *harness, void *owner)
{
    struct harness_verdict told;
    uint64_t until_ns = (uint64_t)lua_tointeger(L, 3);
    (void)owner;
    lua_settop(L, 2);
    if (world_now(harness->world) < until_ns && !harness->dead &&
        judge_subjects(L, harness, false, &told) > 0) {
        lua_pushinteger(L, (lua_Integer)until_ns);
        return HARNESS_NOT_YET;
    }
    return judge_all(L, harness);
}

static int judge_soon(lua_State *L, struct harness *harness)
{
    uint64_t until_ns = world_now(harness->world) + harness->late_ns;
    lua_pushinteger(L, (lua_Integer)until_ns);
    return harness_wait(L, &(struct harness_wait){.ready = judge_with_patience,
                                                  .what = "an expectation to hold",
                                                  .until_ns = until_ns,
                                                  .every_event = true});
}

/* Whether the value at `index` has come to its end. */
static bool has_ended(lua_State *L, int index)
{
    void *object;
    const struct harness_type *type = harness_type_at(L, index, &object);
    struct harness_call_view call = {0};
    struct harness_program_view program = {0};
    if (type != NULL && type->call != NULL) {
        type->call(object, &call);
        return call.ended;
    }
    if (type != NULL && type->program != NULL) {
        type->program(object, &program);
        return program.ended;
    }
    return true; /* the judge will say what it wants */
}

static int judge_when_ended(lua_State *L, struct harness *harness, void *owner)
{
    const struct harness_link *link = owner;
    const struct expectation *expectation = lua_touserdata(L, 1);
    lua_Integer count = subject_count(L, expectation), ended = 0;
    for (lua_Integer i = 1; i <= count && !harness->dead; i++) {
        push_subject(L, expectation, i);
        ended += has_ended(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    if (!harness->dead && (link->patience == HARNESS_FOR_EVER ? ended == 0 : ended < count))
        return HARNESS_NOT_YET;
    lua_settop(L, 2);
    return judge_all(L, harness);
}

/* Whether the subject is something that goes on: a handle, not a value. */
static bool may_change(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    const struct harness_type *type = harness_type_at(L, -1, NULL);
    lua_pop(L, 1);
    return type != NULL && (type->list || type->call != NULL);
}

/* A link asks of it: it is unasked no more. */
static void strike_off(struct harness *harness, struct expectation *expectation)
{
    struct harness_unasked **at = &harness->unasked;
    if (expectation->unasked == NULL)
        return;
    while (*at != expectation->unasked)
        at = &(*at)->next;
    *at = expectation->unasked->next;
    expectation->unasked->next = harness->spare_unasked;
    harness->spare_unasked = expectation->unasked;
    expectation->unasked = NULL;
}

static int ask(lua_State *L)
{
    const struct harness_link *link = link_of(L);
    struct expectation *expectation = check_expectation(L, 1);
    struct harness *harness = harness_of(L);
    int given = lua_gettop(L) - 1;
    if (link->arguments == 1 && given != 1)
        return luaL_error(L, "%s takes one value", link->name);
    if (given > (link->arguments == 0 ? 0 : 1))
        return luaL_error(L, "%s takes %s", link->name,
                          link->arguments == 0 ? "no value" : "at most one value");
    strike_off(harness, expectation);
    lua_settop(L, 2);
    if (link->patience == HARNESS_NOW)
        return harness->late_ns != 0 && may_change(L) ? judge_soon(L, harness)
                                                      : judge_all(L, harness);
    if (link->patience == HARNESS_FOR_EVER && harness->kind == HARNESS_LIVE)
        return harness_skip(L, "live can't prove that something never happens");
    const char *what = lua_pushfstring(L, "an end (%s)", link->name);
    return harness_wait(L, &(struct harness_wait){.ready = judge_when_ended,
                                                  .owner = (void *)(uintptr_t)link,
                                                  .what = what});
}

/* --- expectations --- */

static const char *push_link_names(lua_State *L)
{
    luaL_Buffer names;
    luaL_buffinit(L, &names);
    for (const struct harness_link *link = harness_links; link->name != NULL; link++) {
        luaL_addstring(&names, link->name);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

static int get_link(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    for (const struct harness_link *link = harness_links; link->name != NULL; link++) {
        if (strcmp(link->name, name) != 0)
            continue;
        lua_pushlightuserdata(L, (void *)(uintptr_t)link);
        lua_pushcclosure(L, ask, 1);
        return 1;
    }
    return harness_no_such(L, "an expectation", "link", name, push_link_names(L));
}

void harness_expectations_open(lua_State *L)
{
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, get_link);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "expectation");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable);
}

/* Behind those that are there already. */
static struct harness_unasked *add_unasked(lua_State *L, struct harness *harness)
{
    struct harness_unasked *unasked = harness->spare_unasked, **last = &harness->unasked;
    if (unasked == NULL)
        unasked = harness_keep(L, sizeof(*unasked));
    else
        harness->spare_unasked = unasked->next;
    while (*last != NULL)
        last = &(*last)->next;
    unasked->next = NULL;
    unasked->file = harness_keep_place(L, &unasked->line);
    return *last = unasked;
}

/* What is expected is said by a link.  (A function's further results are let pass.) */
static void check_single(lua_State *L, const char *name)
{
    const struct harness_type *type = harness_type_at(L, 2, NULL);
    bool call = type != NULL && type->call != NULL;
    if (lua_isnoneornil(L, 3) || (!call && !lua_istable(L, 3) && !harness_is_matcher(L, 3)))
        return;
    luaL_error(L, "t:%s takes one value; say t:%s(x):%s", name, name,
               call ? "returns{…}, or :fails \"…\"" : "is(…)");
}

static int create(lua_State *L, const char *name, bool each, bool require)
{
    luaL_checkany(L, 2);
    check_single(L, name);
    lua_settop(L, 2);
    struct expectation *expectation = lua_newuserdatauv(L, sizeof(*expectation), 1);
    struct harness_unasked *unasked = add_unasked(L, harness_of(L));
    *expectation = (struct expectation){.each = each,
                                        .require = require,
                                        .unasked = unasked,
                                        .file = unasked->file,
                                        .line = unasked->line};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

void harness_unasked_check(struct harness *harness)
{
    for (const struct harness_unasked *each = harness->unasked; each != NULL; each = each->next)
        harness_void(harness,
                     "%s:%d: an expectation without a link asks nothing; say what is expected: "
                     "t:expect(x):is(…), :returns{…}, :fails \"…\"",
                     each->file, each->line);
}

static int t_expect(lua_State *L)
{
    return create(L, "expect", false, false);
}

static int t_require(lua_State *L)
{
    return create(L, "require", false, true);
}

static int t_each(lua_State *L)
{
    const struct harness_type *type = harness_type_at(L, 2, NULL);
    if (!lua_istable(L, 2) && (type == NULL || !type->list))
        return luaL_error(L, "each: a list expected, got %s", harness_push_text(L, 2));
    return create(L, "each", true, false);
}

/* --- t:always(name, fn) --- */

struct always {
    struct always *next;
    const char *name, *file;
    int line, function; /* function: a reference */
    bool failed;
};

struct harness_always {
    struct always *first, **last;
};

static int t_always(lua_State *L)
{
    struct harness *harness = harness_of(L);
    const char *name = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 3);
    struct always *always = harness_keep(L, sizeof(*always));
    if (harness->always == NULL) {
        struct harness_always *all = harness_keep(L, sizeof(*all));
        all->last = &all->first;
        harness->always = all;
    }
    always->name = arena_text(harness->arena, name);
    always->file = harness_keep_place(L, &always->line);
    always->function = luaL_ref(L, LUA_REGISTRYINDEX);
    *harness->always->last = always;
    harness->always->last = &always->next;
    return 0;
}

static void find_always(struct harness *harness, const struct always *always, bool ok,
                        const char *seen)
{
    harness_find(harness, &(struct harness_finding){
                              .ok = ok,
                              .expr = always->name,
                              .expected = "always",
                              .seen = seen,
                              .file = always->file,
                              .line = always->line,
                          });
}

static void check_one(struct harness *harness, struct always *always)
{
    lua_State *L = harness_judge_state(harness);
    int top = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, always->function);
    harness->observing = true;
    int status = lua_pcall(L, 0, 2, 0);
    harness->observing = false;
    if (status != LUA_OK) {
        always->failed = true;
        harness_broken(harness, "always \"%s\": %s", always->name, harness_error_text(L, -1));
    } else if (lua_isnil(L, top + 1) && lua_isnil(L, top + 2)) {
        always->failed = true;
        harness_void(harness,
                     "%s:%d: always \"%s\": its function returned nothing; let it return "
                     "whether it holds",
                     always->file, always->line, always->name);
    } else if (!lua_toboolean(L, top + 1)) {
        char seen[HARNESS_SHOW_MAX] = "not any more";
        if (!lua_isnil(L, top + 2))
            harness_show(L, top + 2, seen, sizeof(seen));
        always->failed = true;
        find_always(harness, always, false, seen);
    }
    lua_settop(L, top);
}

void harness_always_check(struct harness *harness)
{
    if (harness->always == NULL)
        return;
    for (struct always *always = harness->always->first; always != NULL; always = always->next)
        if (!always->failed)
            check_one(harness, always);
}

void harness_always_finish(struct harness *harness)
{
    if (harness->always == NULL)
        return;
    for (struct always *always = harness->always->first; always != NULL; always = always->next)
        if (!always->failed)
            find_always(harness, always, true, "always");
}

const luaL_Reg harness_t_expect[] = {{"always", t_always},
                                     {"each", t_each},
                                     {"expect", t_expect},
                                     {"require", t_require},
                                     {NULL, NULL}};
