/*
 * ripcord version
 */
#include <stdio.h>

#include "harness/cli/commands.h"
#include "harness/cli/usage.h"

int cli_version(int argc, const char **argv)
{
    const struct poptOption table[] = {CLI_HELP_OPTIONS, POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord version", "");
    int status = cli_options_read(context, table);
    if (status == CLI_WELL && poptPeekArg(context) != NULL)
        status = cli_complain(CLI_USAGE, "version takes no argument");
    poptFreeContext(context);
    if (status != CLI_WELL)
        return status;
    printf("ripcord %s\n", RIPCORD_VERSION);
    return cli_end_output(CLI_WELL);
}
