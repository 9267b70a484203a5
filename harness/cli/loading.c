#include "harness/cli/loading.h"

#include <errno.h>
#include <string.h>

#include "harness/cli/usage.h"

static void told(void *owner, enum rpc_status status, const char *sentence)
{
    struct cli_loading *loading = owner;
    loading->refused += status != RPC_OK;
    cli_complain(CLI_USAGE, "%s", sentence);
}

/* A page of nothing but files that can't be read helps nobody. */
static bool has_record(const struct cli_loading *loading)
{
    return report_totals(loading->report).results > loading->refused;
}

int cli_loading_begin(struct cli_loading *loading, const char *const *paths, size_t count)
{
    const struct report_run nothing = {.argc = 0};
    *loading = (struct cli_loading){.report = NULL};
    if (report_create(&nothing, &loading->report) != RPC_OK)
        return cli_complain(CLI_MACHINE, "out of memory");
    for (size_t i = 0; i < count; i++) {
        errno = 0;
        enum rpc_status status = report_load(loading->report, paths[i], told, loading);
        if (status == RPC_NO_MEMORY)
            return cli_complain(CLI_MACHINE, "out of memory");
        if (status == RPC_OK)
            continue;
        loading->refused++;
        cli_complain(CLI_USAGE, "cannot read %s: %s", paths[i],
                     errno != 0 ? strerror(errno) : rpc_status_text(status));
    }
    if (has_record(loading))
        return CLI_WELL;
    return loading->refused > 0 ? CLI_USAGE
                                : cli_complain(CLI_USAGE, "there is no record in %s", paths[0]);
}

void cli_loading_release(struct cli_loading *loading)
{
    report_free(loading->report);
}
