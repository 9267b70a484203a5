#include "harness/cli/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/paths.h"
#include "harness/cli/usage.h"
#include "harness/lua/options.h"

enum { TAGS_MAX = 16384, NAME_MAX_LENGTH = 64, GIVEN_MAX = 512 };

static int load_files(struct cli_suite *suite, char **paths, size_t count)
{
    char problem[HARNESS_PROBLEM_MAX];
    int status = CLI_WELL;
    suite->files = calloc(count + 1, sizeof(*suite->files));
    if (suite->files == NULL)
        return cli_complain(CLI_MACHINE, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct harness_file **file = &suite->files[suite->file_count];
        enum rpc_status loaded = harness_file_load(paths[i], file, problem);
        if (loaded == RPC_OK)
            suite->file_count++;
        else
            status = cli_complain(loaded == RPC_NO_MEMORY ? CLI_MACHINE : CLI_USAGE, "%s", problem);
    }
    return status;
}

static int complain_of_nothing(const char *const *paths)
{
    return cli_complain(CLI_USAGE, "there is no scenario (a file *.lua) in %s", paths[0]);
}

int cli_suite_load(struct cli_suite *suite, const char *const *paths)
{
    static const char *const here[] = {"scenarios", NULL};
    struct stat about;
    char **found = NULL;
    size_t count = 0;
    char problem[CLI_PATHS_PROBLEM_MAX];
    *suite = (struct cli_suite){.files = NULL};
    if (paths == NULL || paths[0] == NULL) {
        if (stat(here[0], &about) != 0 || !S_ISDIR(about.st_mode))
            return cli_complain(CLI_USAGE,
                                "there is no folder 'scenarios' here; name files or folders");
        paths = here;
    }
    enum rpc_status status = cli_paths(paths, &found, &count, problem);
    if (status == RPC_IO)
        return cli_complain(CLI_USAGE, "%s", problem);
    if (status != RPC_OK)
        return cli_complain(CLI_MACHINE, "out of memory");
    int loaded = count > 0 ? load_files(suite, found, count) : complain_of_nothing(paths);
    cli_paths_free(found, count);
    return loaded;
}

static bool has_tag(const struct harness_scenario *scenario, const char *tag)
{
    for (size_t i = 0; i < scenario->tag_count; i++)
        if (strcmp(scenario->tags[i], tag) == 0)
            return true;
    return false;
}

/* All tags of the files, a space behind each. */
static void tag_names(const struct cli_suite *suite, char *names, size_t size)
{
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < suite->file_count; i++)
        for (size_t j = 0; j < suite->files[i]->count; j++)
            for (size_t k = 0; k < suite->files[i]->scenarios[j].tag_count && used < size; k++)
                used += (size_t)snprintf(names + used, size - used, "%s ",
                                         suite->files[i]->scenarios[j].tags[k]);
}

/* No case is left: by whose fault, as far as one can say. */
static int complain_of_none(const struct cli_suite *suite, const struct harness_choice *choice,
                            const char *tag)
{
    char names[TAGS_MAX], nearest[NAME_MAX_LENGTH], given[GIVEN_MAX] = "";
    tag_names(suite, names, sizeof(names));
    if (tag != NULL && harness_nearest(tag, names, nearest, sizeof(nearest)) != NULL &&
        strcmp(tag, nearest) != 0)
        return cli_complain(CLI_USAGE, "no case is left: there is no tag '%s'; did you mean '%s'?",
                            tag, nearest);
    const char *const options[][2] = {
        {"filter", choice->filter}, {"tag", tag}, {"release", choice->release}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        size_t used = strlen(given);
        if (options[i][1] != NULL)
            snprintf(given + used, sizeof(given) - used, "%s--%s %s", used > 0 ? " and " : "",
                     options[i][0], options[i][1]);
    }
    return cli_complain(CLI_USAGE, "no case is left: nothing fits %s; ripcord list shows all",
                        given[0] != '\0' ? given : "this world");
}

int cli_suite_choose(struct cli_suite *suite, const struct harness_choice *choice, const char *tag)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct harness_cases *cases = &suite->cases;
    enum rpc_status status =
        harness_cases_make(suite->files, suite->file_count, choice, cases, problem);
    if (status != RPC_OK)
        return cli_complain(status == RPC_NO_MEMORY ? CLI_MACHINE : CLI_USAGE, "%s", problem);
    size_t kept = 0;
    for (size_t i = 0; i < cases->count; i++)
        if (tag == NULL || has_tag(cases->items[i].scenario, tag))
            cases->items[kept++] = cases->items[i];
    cases->count = kept;
    return kept > 0 ? CLI_WELL : complain_of_none(suite, choice, tag);
}

void cli_suite_release(struct cli_suite *suite)
{
    harness_cases_release(&suite->cases);
    for (size_t i = 0; i < suite->file_count; i++)
        harness_file_free(suite->files[i]);
    free(suite->files);
    *suite = (struct cli_suite){.files = NULL};
}
