/*
 * ripcord compare OLD NEW: what has changed between two runs, or two records.
 */
#include <stdio.h>

#include "harness/cli/exports.h"
#include "harness/cli/loading.h"
#include "harness/cli/usage.h"

/* Not one file may be passed over in silence: what it held would be told as gone, or as new. */
static int load(struct cli_loading *loading, const char *const *path)
{
    int status = cli_loading_begin(loading, path, 1);
    return status == CLI_WELL && loading->refused > 0 ? CLI_USAGE : status;
}

static int write(struct cli_exports *exports, struct report *report)
{
    int status = CLI_WELL;
    if (!exports->tap)
        status = cli_exports_told("changes", "-",
                                  report_write_changes(report, true, cli_exports_spoken(exports)));
    if (status == CLI_WELL)
        status = cli_exports_write(exports, report);
    status = cli_exports_end(exports, cli_exports_path(exports), status);
    if (status == CLI_WELL && report_changes(report).since[REPORT_NEWLY_FAILING] > 0)
        status = CLI_FINDINGS;
    return status;
}

static int compare(struct cli_exports *exports, const char *const *paths)
{
    struct cli_loading before = {.report = NULL}, now = {.report = NULL};
    if (paths == NULL || paths[0] == NULL || paths[1] == NULL || paths[2] != NULL)
        return cli_complain(CLI_USAGE, "compare takes OLD and NEW: two records, or two folders of "
                                       "them");
    int status = load(&before, &paths[0]);
    if (status == CLI_WELL)
        status = load(&now, &paths[1]);
    if (status == CLI_WELL)
        status = cli_exports_check(exports, report_totals(now.report).results);
    if (status == CLI_WELL && report_compare_with(now.report, before.report) != RPC_OK)
        status = cli_complain(CLI_MACHINE, "out of memory");
    if (status == CLI_WELL)
        status = write(exports, now.report);
    cli_loading_release(&now);
    cli_loading_release(&before);
    return status;
}

int cli_compare(int argc, const char **argv)
{
    struct cli_exports exports = {.html = NULL};
    const struct poptOption table[] = {CLI_EXPORTS_OPTIONS(exports), CLI_HELP_OPTIONS,
                                       POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord compare", "[OPTION]... OLD NEW");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL)
        status = compare(&exports, poptGetArgs(context));
    poptFreeContext(context);
    cli_exports_release(&exports);
    return status;
}
