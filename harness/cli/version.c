/*
 * ripcord version
 */
#include <stdio.h>

#include "harness/cli/commands.h"
#include "harness/cli/usage.h"

int cli_version(int argc, const char **argv)
{
    const struct poptOption table[] = {POPT_AUTOHELP POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord version", "");
    int status = cli_options_read(context, table);
    poptFreeContext(context);
    if (status == CLI_WELL)
        printf("ripcord %s\n", RIPCORD_VERSION);
    return status;
}
