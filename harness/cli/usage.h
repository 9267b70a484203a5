/*
 * How people are told that something is wrong with what they have asked for.
 */
#ifndef HARNESS_CLI_USAGE_H
#define HARNESS_CLI_USAGE_H

#include <popt.h>

#include "harness/cli/commands.h"

enum { CLI_VALS_MAX = 128 };

/* Print the text to the standard error, but no control characters besides those in `kept`: others
 * have written it, and a terminal would obey. */
void cli_show(const char *text, const char *kept);

/* Print "ripcord: " and the sentence to the standard error, as one line.  Returns `status`. */
int cli_complain(int status, const char *sentence, ...) __attribute__((format(printf, 2, 3)));

/* Nothing more is printed.  `status`, or CLI_MACHINE after a complaint: some of it could not be
 * written to the standard output. */
int cli_end_output(int status);

/* Last in each table of options: --help and --usage, which end the program. */
#define CLI_HELP_OPTIONS                                                                           \
    {                                                                                              \
        NULL, 0, POPT_ARG_INCLUDE_TABLE, cli_help_options, 0, "Help options:", NULL                \
    }
extern struct poptOption cli_help_options[];

/* Begin to read options; `arguments` is the text after "ripcord NAME" in the help.  The caller
 * frees the context. */
poptContext cli_options(int argc, const char **argv, const struct poptOption *table,
                        const char *name, const char *arguments);

/* Read all options.  0, or CLI_USAGE after a complaint that names the nearest right option. */
int cli_options_read(poptContext context, const struct poptOption *table);

/* The same; options whose `val` is not 0, but below CLI_VALS_MAX, are counted at counts[val].
 * Those of cli_help_options have the last two. */
int cli_options_count(poptContext context, const struct poptOption *table,
                      unsigned counts[CLI_VALS_MAX]);

#endif
