/*
 * ripcord check PATHS… : what is wrong with files of scenarios, without playing them.
 *
 * Loading finds what declarations say wrong.  Of the bodies, which do not run, the words are
 * looked at: globals, methods of t, and names of points, faults, endings and draws that stand
 * there as plain texts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults/point.h"
#include "harness/cli/globals.h"
#include "harness/cli/paths.h"
#include "harness/cli/suite.h"
#include "harness/cli/tokens.h"
#include "harness/cli/usage.h"
#include "harness/harness.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "rpc/client/client.h"

enum { NAMES_MAX = 16384, NEAREST_MAX = 128, WINDOW = 5 };

struct checking {
    const struct harness_file *file;
    size_t mistakes;
};

/* --- what there is ------------------------------------------------------------------------------
 */

static void add_name(char *names, const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, NAMES_MAX - used, "%s ", name);
}

static void method_names(char *names)
{
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        for (const luaL_Reg *method = (*module)->methods; method != NULL && method->name != NULL;
             method++)
            add_name(names, method->name);
}

static void point_names(char *names)
{
    for (unsigned point = 0; point < POINT_COUNT; point++)
        add_name(names, point_name((enum point)point));
}

static void fault_names(char *names)
{
    for (unsigned point = 0; point < POINT_COUNT; point++)
        for (unsigned effect = 0; effect < EFFECT_COUNT; effect++) {
            char name[NEAREST_MAX];
            if (!point_has_effect((enum point)point, (enum point_effect)effect))
                continue;
            snprintf(name, sizeof(name), "%s.%s", point_name((enum point)point),
                     point_effect_name((enum point_effect)effect));
            add_name(names, name);
        }
}

static void ending_names(char *names)
{
#define X(id, text) add_name(names, text);
    CLIENT_ENDING_MAP(X)
#undef X
}

static void draw_names(char *names)
{
#define X(id, text, rough)                                                                         \
    if (!(rough) && SITE_##id != SITE_SCRIPT)                                                      \
        add_name(names, text);
    WORLD_SITE_MAP(X)
#undef X
}

/* --- the words of a body ------------------------------------------------------------------------
 */

static bool is_among(const char *name, const char *names)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at += length)
        if ((at == names || at[-1] == ' ') && at[length] == ' ')
            return true;
    return false;
}

static void check_name(struct checking *checking, const struct cli_token *token, const char *kind,
                       void (*fill)(char *names))
{
    char names[NAMES_MAX] = "", nearest[NEAREST_MAX];
    fill(names);
    if (is_among(token->text, names))
        return;
    checking->mistakes++;
    printf("%s:%d: there is no %s '%s'", checking->file->path, token->line, kind, token->text);
    if (harness_nearest(token->text, names, nearest, sizeof(nearest)) != NULL)
        printf("; did you mean '%s'?", nearest);
    putchar('\n');
}

static bool is(const struct cli_token *token, enum cli_token_kind kind, const char *text)
{
    return token->kind == kind && strcmp(token->text, text) == 0;
}

/* The text that is the first argument: `name "text"` or `name("text"`, and alone there. */
static const struct cli_token *argument(const struct cli_token *after)
{
    if (after[0].kind == CLI_TOKEN_TEXT)
        return &after[0];
    bool whole = is(&after[0], CLI_TOKEN_SIGN, "(") && after[1].kind == CLI_TOKEN_TEXT &&
                 (is(&after[2], CLI_TOKEN_SIGN, ",") || is(&after[2], CLI_TOKEN_SIGN, ")"));
    return whole ? &after[1] : NULL;
}

/* `window` begins with a colon. */
static void check_method(struct checking *checking, const struct cli_token *window, bool of_t)
{
    static const struct {
        const char *method, *kind;
        void (*fill)(char *names);
    } checked[] = {
        {"events", "point", point_names},
        {"hold", "point", point_names},
        {"fault", "fault", fault_names},
        {"draw", "draw", draw_names},
    };
    const struct cli_token *given = argument(window + 2);
    if (!of_t) {
        if (given != NULL && is(&window[1], CLI_TOKEN_NAME, "fails"))
            check_name(checking, given, "ending", ending_names);
        return;
    }
    check_name(checking, &window[1], "method of t called", method_names);
    for (size_t i = 0; given != NULL && i < sizeof(checked) / sizeof(checked[0]); i++)
        if (strcmp(window[1].text, checked[i].method) == 0)
            check_name(checking, given, checked[i].kind, checked[i].fill);
}

/* --- globals ------------------------------------------------------------------------------------
 */

/* Protected: read or write the global of that name, as a body would. */
static int touch(lua_State *L)
{
    harness_push_globals(L);
    lua_pushvalue(L, 1);
    if (lua_toboolean(L, 2)) {
        lua_pushboolean(L, true);
        lua_settable(L, -3);
    } else {
        lua_gettable(L, -2);
    }
    return 0;
}

static void check_global(const char *name, int line, bool written, void *owner)
{
    struct checking *checking = owner;
    lua_State *L = harness_sandbox_lua(checking->file->sandbox);
    lua_pushcfunction(L, touch);
    lua_pushstring(L, name);
    lua_pushboolean(L, written);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return;
    checking->mistakes++;
    printf("%s:%d: %s\n", checking->file->path, line, harness_error_text(L, -1));
    lua_pop(L, 1);
}

static void check_file(struct checking *checking)
{
    cli_globals(checking->file->source, check_global, checking);
    struct cli_tokens tokens;
    struct cli_token before = {.kind = CLI_TOKEN_END}, window[WINDOW];
    cli_tokens_begin(&tokens, checking->file->source);
    for (size_t i = 0; i < WINDOW; i++)
        cli_tokens_next(&tokens, &window[i]);
    while (window[0].kind != CLI_TOKEN_END) {
        if (is(&window[0], CLI_TOKEN_SIGN, ":") && window[1].kind == CLI_TOKEN_NAME)
            check_method(checking, window, is(&before, CLI_TOKEN_NAME, "t"));
        before = window[0];
        memmove(window, window + 1, sizeof(window) - sizeof(window[0]));
        cli_tokens_next(&tokens, &window[WINDOW - 1]);
    }
}

/* --- the command --------------------------------------------------------------------------------
 */

static int check(const char *const *paths)
{
    struct cli_suite suite;
    size_t scenarios = 0, mistakes = 0;
    int status = cli_suite_load(&suite, paths);
    for (size_t i = 0; i < suite.file_count; i++) {
        struct checking checking = {.file = suite.files[i]};
        check_file(&checking);
        scenarios += suite.files[i]->count;
        mistakes += checking.mistakes;
    }
    struct harness_choice choice = {.worlds = HARNESS_SIM, .seed = 1, .repeat = 1};
    if (status == CLI_WELL)
        status = cli_suite_choose(&suite, &choice, NULL);
    if (mistakes > 0)
        status = CLI_USAGE;
    if (suite.file_count > 0)
        printf("%zu %s with %zu %s: %s\n", suite.file_count,
               suite.file_count == 1 ? "file" : "files", scenarios,
               scenarios == 1 ? "scenario" : "scenarios",
               status == CLI_WELL ? "nothing wrong was found" : "see above");
    cli_suite_release(&suite);
    return status;
}

int cli_check(int argc, const char **argv)
{
    const struct poptOption table[] = {POPT_AUTOHELP POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord check", "[FILE or FOLDER]...");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL)
        status = check(poptGetArgs(context));
    poptFreeContext(context);
    return status;
}
