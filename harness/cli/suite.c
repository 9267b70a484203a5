#include "harness/cli/suite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/paths.h"
#include "harness/cli/usage.h"

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
    const char *problem = NULL;
    *suite = (struct cli_suite){.files = NULL};
    if (paths == NULL || paths[0] == NULL) {
        if (stat(here[0], &about) != 0 || !S_ISDIR(about.st_mode))
            return cli_complain(CLI_USAGE,
                                "there is no folder 'scenarios' here; name files or folders");
        paths = here;
    }
    enum rpc_status status = cli_paths(paths, &found, &count, &problem);
    if (status == RPC_IO)
        return cli_complain(CLI_USAGE, "cannot read %s: %s", problem, strerror(errno));
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
    if (kept == 0)
        return cli_complain(CLI_USAGE, "no case is left: --filter, --tag and --release let none "
                                       "through; ripcord list shows all");
    return CLI_WELL;
}

void cli_suite_release(struct cli_suite *suite)
{
    harness_cases_release(&suite->cases);
    for (size_t i = 0; i < suite->file_count; i++)
        harness_file_free(suite->files[i]);
    free(suite->files);
    *suite = (struct cli_suite){.files = NULL};
}
