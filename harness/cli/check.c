/*
 * ripcord check PATHS… : what is wrong with files of scenarios, without playing them.
 *
 * Loading finds what declarations say wrong.  Of the bodies, which do not run, bodies.h has the
 * globals, and the names that are wrong where a value's type is known.
 */
#include <stdio.h>

#include "harness/cli/bodies.h"
#include "harness/cli/paths.h"
#include "harness/cli/suite.h"
#include "harness/cli/usage.h"
#include "harness/harness.h"
#include "harness/lua/sandbox.h"

struct checking {
    const struct harness_file *file;
    size_t mistakes;
};

/* --- globals --- */

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

/* --- bodies --- */

static void tell_mistake(int line, const char *mistake, void *owner)
{
    struct checking *checking = owner;
    checking->mistakes++;
    printf("%s:%d: %s\n", checking->file->path, line, mistake);
}

static bool check_file(struct checking *checking, const struct language *language)
{
    struct cli_hearer hearer = {.global = check_global, .mistake = tell_mistake, .owner = checking};
    return cli_bodies(language, checking->file->source, &hearer);
}

/* --- the command --- */

static int check(const char *const *paths)
{
    struct cli_suite suite;
    size_t scenarios = 0, mistakes = 0;
    int status = cli_suite_load(&suite, paths);
    struct language *language = language_create();
    bool well = language != NULL;
    for (size_t i = 0; i < suite.file_count; i++) {
        struct checking checking = {.file = suite.files[i]};
        well = well && check_file(&checking, language);
        scenarios += suite.files[i]->count;
        mistakes += checking.mistakes;
    }
    if (!well)
        status = cli_complain(CLI_MACHINE, "out of memory");
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
    language_free(language);
    cli_suite_release(&suite);
    return cli_end_output(status);
}

int cli_check(int argc, const char **argv)
{
    const struct poptOption table[] = {CLI_HELP_OPTIONS, POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord check", "[FILE or FOLDER]...");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL)
        status = check(poptGetArgs(context));
    poptFreeContext(context);
    return status;
}
