/*
 * The records and reports that a run was asked for: where they go, and when they are written.
 */
#ifndef HARNESS_CLI_REPORTING_H
#define HARNESS_CLI_REPORTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/cli/exports.h"
#include "harness/cli/player.h"
#include "reports/report.h"

struct cli_reporting {
    /* What is asked for; NULL and false: nothing.  Set by the caller, borrowed. */
    const char *record; /* a folder */
    const struct cli_exports *exports;
    /* Own: */
    char *folder;    /* where the records go; NULL: none are needed */
    bool is_passing; /* the folder is removed at the end */
    bool has_lost;   /* a record could not be written, and that has been told */
    struct report *report;
};

/* Make the folder and see that the reports of so many cases can be written, before anything is
 * played.  An exit status, after a complaint. */
int cli_reporting_begin(struct cli_reporting *reporting, const struct report_run *run,
                        size_t cases);

/* One case has ended, and its record is whole.  CLI_WELL, or CLI_MACHINE after a complaint. */
int cli_reporting_add(struct cli_reporting *reporting, const struct cli_player *player,
                      size_t index, const struct cli_outcome *outcome);

/* One case's record could not be written; an errno says why.  The first is complained of.
 * CLI_MACHINE. */
int cli_reporting_lose(struct cli_reporting *reporting, const struct cli_player *player,
                       size_t index, int error);

/* Write what is asked for.  CLI_WELL, or another exit status after complaints. */
int cli_reporting_write(struct cli_reporting *reporting);

/* What of the paths is said last: the page's, else JUnit's, else the folder's; or NULL. */
const char *cli_reporting_path(const struct cli_reporting *reporting);

void cli_reporting_release(struct cli_reporting *reporting);

#endif
