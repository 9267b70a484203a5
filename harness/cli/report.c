/*
 * ripcord report RECORD… : every export of a run again, from its records.
 */
#include <stdio.h>

#include "harness/cli/exports.h"
#include "harness/cli/loading.h"
#include "harness/cli/usage.h"

/* Who asks for no file reads here. */
static bool is_text_wanted(const struct cli_exports *exports)
{
    return exports->html == NULL && exports->junit == NULL && !exports->tap &&
           exports->pcap == NULL && exports->perfetto == NULL;
}

static int report(const struct cli_exports *exports, const char *const *paths)
{
    struct cli_loading loading;
    size_t count = 0;
    while (paths != NULL && paths[count] != NULL)
        count++;
    if (count == 0)
        return cli_complain(CLI_USAGE, "report takes records: files, or folders of --record");
    int status = cli_loading_begin(&loading, paths, count);
    if (status == CLI_WELL)
        status = cli_exports_check(exports, report_totals(loading.report).results);
    if (status == CLI_WELL && is_text_wanted(exports))
        report_write_text(loading.report, stdout);
    if (status == CLI_WELL)
        status = cli_exports_write(exports, loading.report);
    status = cli_exports_end(exports, cli_exports_path(exports), status);
    if (status == CLI_WELL && loading.refused > 0)
        status = CLI_USAGE;
    cli_loading_release(&loading);
    return status;
}

int cli_report(int argc, const char **argv)
{
    struct cli_exports exports = {.html = NULL};
    const struct poptOption table[] = {CLI_EXPORTS_OPTIONS(exports),
                                       CLI_EXPORTS_MORE_OPTIONS(exports), CLI_HELP_OPTIONS,
                                       POPT_TABLEEND};
    poptContext context =
        cli_options(argc, argv, table, "ripcord report", "[OPTION]... RECORD or FOLDER...");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL)
        status = report(&exports, poptGetArgs(context));
    poptFreeContext(context);
    cli_exports_release(&exports);
    return status;
}
