/* The annotations and what scripts really find are one language. */
#include "harness/library/language.h"

#include <ctype.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/harness.h"
#include "harness/judge/verdict.h"
#include "harness/lua/options.h"
#include "harness/play/cases.h"
#include "harness/play/play.h"
#include "rpc/world/sim/sim.h"

static struct language *language;

static void begin(void)
{
    language = language_create();
    cr_assert(language != NULL);
}

static void end(void)
{
    language_free(language);
}

TestSuite(language, .init = begin, .fini = end);

static struct language_type type_of(const char *text)
{
    return (struct language_type){text, strlen(text)};
}

static bool is(struct language_type type, const char *text)
{
    return language_is(type, text);
}

/* --- names --- */

/* "handler call" is HandlerCall, "t" Scenario. */
static const struct language_class *class_of(const struct harness_type *type)
{
    char name[LANGUAGE_NAME_MAX];
    size_t length = 0;
    for (const char *at = type->name; *at != '\0'; at++)
        if (*at != ' ')
            name[length++] =
                (char)(at == type->name || at[-1] == ' ' ? toupper((unsigned char)*at) : *at);
    name[length] = '\0';
    return language_class(language, strcmp(type->name, "t") == 0 ? "Scenario" : name);
}

static bool has_function(const struct language_class *class, const char *name)
{
    const struct language_member *member = language_member(class, name);
    return member != NULL && member->function;
}

/* Each of these names is a method's. */
static void check_looks(const luaL_Reg *methods, const char *looks)
{
    size_t found = 0, names = looks != NULL ? 1 : 0;
    for (const char *at = looks; at != NULL && *at != '\0'; at++)
        names += *at == ' ';
    for (; looks != NULL && methods->name != NULL; methods++)
        found += harness_is_among(methods->name, looks);
    cr_assert(eq(sz, found, names), "%s", looks);
}

/* How many functions and fields C has; each is annotated. */
static void check_type(const struct harness_type *type, size_t *functions, size_t *fields)
{
    const struct language_class *class = class_of(type);
    cr_assert(class != NULL, "no class for %s", type->name);
    *functions = *fields = 0;
    for (const luaL_Reg *method = type->methods; method != NULL && method->name != NULL; method++) {
        cr_assert(has_function(class, method->name), "%s:%s", class->name, method->name);
        ++*functions;
    }
    check_looks(type->methods, type->looks);
    for (const struct harness_field *field = type->fields; field != NULL && field->name != NULL;
         field++) {
        cr_assert(language_member(class, field->name) != NULL, "%s.%s", class->name, field->name);
        ++*fields;
    }
}

static size_t count(const struct language_class *class, bool functions)
{
    size_t members = 0;
    for (size_t i = 0; i < class->count; i++)
        members += class->members[i].function == functions && class->members[i].name[0] != '[';
    return members;
}

static size_t check_methods_of_t(const struct language_class *scenario)
{
    size_t methods = 0;
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        for (const luaL_Reg *method = (*module)->methods; method != NULL && method->name != NULL;
             method++, methods++)
            cr_assert(has_function(scenario, method->name), "t:%s", method->name);
        check_looks((*module)->methods, (*module)->looks);
    }
    return methods;
}

Test(language, has_every_method_and_field_of_every_handle_and_no_other)
{
    for (const struct harness_type *const *type = harness_types; *type != NULL; type++) {
        size_t functions, fields;
        const struct language_class *class = class_of(*type);
        check_type(*type, &functions, &fields);
        if (strcmp((*type)->name, "t") == 0)
            functions += check_methods_of_t(class);
        cr_assert(functions == count(class, true), "%s has a method that is none", class->name);
        cr_assert(fields == count(class, false), "%s has a field that is none", class->name);
        cr_assert(class->exact || (*type)->dynamic != NULL, "%s is exact", class->name);
    }
}

Test(language, has_every_link_of_an_expectation_and_no_other)
{
    const struct language_class *class = language_class(language, "Expectation");
    size_t links = 0;
    for (const struct harness_link *link = harness_links; link->name != NULL; link++, links++)
        cr_assert(has_function(class, link->name), "%s", link->name);
    cr_assert(eq(sz, links, class->count));
}

/* --- options --- */

/* Each is asked for an option that it does not have, and tells those that it has. */
static const char script[] = "scenario('options', { releases = '3.4' }, function(t)\n"
                             "    t:expect(1):is(1)\n"
                             "    local server, none = t:server(), { xxxxxxxxxxxxxxxxxxxx = 1 }\n"
                             "    local client = t:client(server)\n"
                             "    local function ask(name, fn, ...)\n"
                             "        local _, message = pcall(fn, ...)\n"
                             "        t:answer(name .. ' ' .. message:match '%(it has: (.-) ?%)')\n"
                             "    end\n"
                             "    ask('ServerOptions', t.server, t, none)\n"
                             "    ask('Role', t.server, t, { role = none })\n"
                             "    ask('ClientOptions', t.client, t, server, none)\n"
                             "    ask('CallOptions', client.call, client, 'echo', {}, none)\n"
                             "    ask('Scenario:peer', t.peer, t, none)\n"
                             "    ask('Scenario:dial', t.dial, t, server, none)\n"
                             "    ask('Scenario:host', t.host, t, 'h', none)\n"
                             "    ask('Scenario:net', t.net, t, none)\n"
                             "    ask('ProxyOptions', client.proxy, client, none)\n"
                             "    ask('Proxy:open', function() client:proxy({}):open(none) end)\n"
                             "    ask('Raw:open', function() t:dial(server):open(none) end)\n"
                             "    ask('Aim', t.events, t, 'client.ping', none)\n"
                             "end)\n";

static struct world *make_world(void *owner, const struct harness_case *play)
{
    (void)owner;
    return sim_create(&(struct sim_options){.seed = play->seed});
}

/* The type of the table that `name` takes: a class, or a method's last parameter. */
static struct language_type table_of(const char *name, size_t length)
{
    char class[2 * LANGUAGE_NAME_MAX];
    snprintf(class, sizeof(class), "%.*s", (int)length, name);
    char *colon = strchr(class, ':');
    if (colon == NULL)
        return (struct language_type){name, length};
    *colon = '\0';
    const struct language_member *member =
        language_member(language_class(language, class), colon + 1);
    return member->parameters[member->parameter_count - 1];
}

static size_t words_in(const char *text)
{
    size_t words = 0;
    for (; *text != '\0' && *text != '\n'; text += strspn(text, " "), words++)
        text += strcspn(text, " \n");
    return words;
}

/* "ServerOptions handlers queue …" */
static void check_options(const char *line)
{
    char keys[4096] = "";
    size_t length = strcspn(line, " ");
    struct language_type type = table_of(line, length), value;
    const char *known = line + length + 1;
    for (const char *at = known; *at != '\0' && *at != '\n'; at += strspn(at, " ")) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " \n"), at);
        at += strlen(name);
        cr_assert(language_key(language, type, name, &value) == LANGUAGE_KEY, "%.*s has no %s",
                  (int)length, line, name);
    }
    language_keys(language, type, keys, sizeof(keys));
    cr_assert(words_in(keys) == words_in(known), "%.*s: %s", (int)length, line, keys);
}

Test(language, has_every_option_and_no_other)
{
    struct harness_worlds worlds = {
        .kind = HARNESS_SIM, .create = make_world, .speed = 1, .limit_ns = WORLD_SEC};
    struct harness_choice choice = {.worlds = HARNESS_SIM, .seed = 1};
    struct harness_file *file = NULL;
    struct harness_cases cases = {.items = NULL};
    struct harness_result result;
    char problem[HARNESS_PROBLEM_MAX] = "";
    cr_assert(harness_file_load_with("", script, &file, problem) == RPC_OK, "%s", problem);
    cr_assert(harness_cases_make(&file, 1, &choice, &cases, problem) == RPC_OK);
    cr_assert(eq(sz, cases.count, 1));
    harness_play(&cases.items[0], &worlds, NULL, &result);
    cr_assert(result.answers != NULL, "%s", result.reason);
    size_t asked = 0;
    for (const char *line = result.answers; *line != '\0'; asked++) {
        check_options(line);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    cr_assert(eq(sz, asked, 12));
    harness_result_release(&result);
    harness_cases_release(&cases);
    harness_file_free(file);
}

/* --- types --- */

Test(language, tells_what_a_type_is)
{
    struct language_type rest = type_of("Server|fun(a: x|y): z|string?"), part;
    cr_assert(language_part(&rest, &part) && is(part, "Server"));
    cr_assert(language_part(&rest, &part) && is(part, "fun(a: x|y): z"));
    cr_assert(language_part(&rest, &part) && is(part, "string"));
    cr_assert(not(language_part(&rest, &part)));
    cr_assert(language_class_of(language, type_of("Connection?")) ==
              language_class(language, "Connection"));
    cr_assert(language_class_of(language, type_of("Server|Peer")) == NULL);
    cr_assert(is(language_item(language, type_of("Connection[]")), "Connection"));
    cr_assert(is(language_item(language, type_of("Events")), "Event"));
    cr_assert(
        is(language_parameter(type_of("fun(call: HandlerCall, request: table): any"), 1), "table"));
    cr_assert(is(language_key_type(type_of("table<ConfKey, any>")), "ConfKey"));
}

Test(language, tells_what_may_stand_in_a_table)
{
    struct language_type value, open = type_of("{ [1]: Server?, user?: string }|nil");
    cr_assert(language_key(language, open, "user", &value) == LANGUAGE_KEY && is(value, "string"));
    cr_assert(language_key(language, open, "[1]", &value) == LANGUAGE_KEY && is(value, "Server"));
    cr_assert(language_key(language, open, "usr", &value) == LANGUAGE_NO_KEY);
    cr_assert(language_key(language, type_of("table|Matcher"), "x", &value) == LANGUAGE_ANY_KEY);
    cr_assert(language_key(language, type_of("table<string, Host>"), "x", &value) == LANGUAGE_KEY &&
              is(value, "Host"));
}
