/*
 * Records on the command line to a report.
 */
#ifndef HARNESS_CLI_LOADING_H
#define HARNESS_CLI_LOADING_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/report.h"

struct cli_loading {
    struct report *report; /* the caller's, from cli_loading_begin to cli_loading_release */
    size_t refused;        /* files that are no records, or cannot be read as such */
};

/* Read the records of `count` files and folders.  Whatever is wrong with one of them is told in
 * a sentence, and the others are read all the same.  CLI_WELL, even so; CLI_USAGE: not one
 * record is there; CLI_MACHINE. */
int cli_loading_begin(struct cli_loading *loading, const char *const *paths, size_t count);
void cli_loading_release(struct cli_loading *loading);

#endif
