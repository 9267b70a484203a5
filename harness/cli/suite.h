/*
 * What is played: the files of the command line, loaded, and their cases.
 */
#ifndef HARNESS_CLI_SUITE_H
#define HARNESS_CLI_SUITE_H

#include <stddef.h>

#include "harness/play/cases.h"

struct cli_suite {
    struct harness_file **files;
    size_t file_count;
    struct harness_cases cases;
};

/* Load all files below `paths` (NULL or empty: the folder "scenarios" here).  Every mistake is
 * told.  An exit status. */
int cli_suite_load(struct cli_suite *suite, const char *const *paths);

/* Make the cases; of them only those of scenarios with the tag, NULL: all.  An exit status;
 * not one case is CLI_USAGE. */
int cli_suite_choose(struct cli_suite *suite, const struct harness_choice *choice, const char *tag);

void cli_suite_release(struct cli_suite *suite);

#endif
