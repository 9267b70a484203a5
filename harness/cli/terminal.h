/*
 * What people see while cases are played: failures in full, a line a file (or a case, or
 * nothing), progress on a terminal, a summary in plain words.
 */
#ifndef HARNESS_CLI_TERMINAL_H
#define HARNESS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/cli/player.h"

enum cli_loudness {
    CLI_SILENT, /* nothing: another reader has the output (TAP) */
    CLI_QUIET,  /* failures and the summary */
    CLI_USUAL,  /* and a line a file */
    CLI_VERBOSE /* and a line a case */
};

struct cli_terminal {
    FILE *out;
    enum cli_loudness loudness;
    bool colours;  /* only on a terminal that wants them */
    bool progress; /* a last line that changes; only on a terminal */
    bool shown;    /* that line is there now */
    size_t total;  /* cases to be played */
    int64_t virtual_ns, began_ns;
    size_t counts[RECORD_STATUS_COUNT];
    size_t diverged;
    size_t outside;                  /* sim: cases that faults armed from outside have struck */
    const struct harness_file *file; /* of the cases told last; NULL: none yet */
    size_t of_file[RECORD_STATUS_COUNT];
};

/* `colour`: "auto", "always" or "never". */
void cli_terminal_begin(struct cli_terminal *terminal, FILE *out, enum cli_loudness loudness,
                        const char *colour, size_t total);

/* Tell of one case; `worlds` know the command that plays it again. */
void cli_terminal_result(struct cli_terminal *terminal, const struct harness_case *play,
                         const struct cli_outcome *outcome, const struct harness_worlds *worlds);

/* So many have ended, this one is being played. */
void cli_terminal_progress(struct cli_terminal *terminal, size_t ended,
                           const struct harness_case *playing);

/* The summary, with how many have not been told of.  `signal`: which one ended the run early, 0:
 * none. */
void cli_terminal_end(struct cli_terminal *terminal, int signal);

#endif
