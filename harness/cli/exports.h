/*
 * What a report is asked to become: the options that `run`, `report` and `compare` share.
 */
#ifndef HARNESS_CLI_EXPORTS_H
#define HARNESS_CLI_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/report.h"

/* Set by the options, which own the texts; NULL and 0: not asked for. */
struct cli_exports {
    char *html, *junit, *pcap, *perfetto, *baseline;
    int junit_strict, tap, annotate;
};

/* Rows of an option table, for `exports`, a struct cli_exports in place. */
/* clang-format off */
#define CLI_EXPORTS_OPTIONS(exports)                                                               \
    {"report", 0, POPT_ARG_STRING, &(exports).html, 0, "write an HTML page", "FILE"},              \
    {"junit", 0, POPT_ARG_STRING, &(exports).junit, 0, "write JUnit XML", "FILE"},                 \
    {"junit-strict", 0, POPT_ARG_NONE, &(exports).junit_strict, 0,                                 \
     "JUnit without files and lines, for strict schemas", NULL},                                   \
    {"tap", 0, POPT_ARG_NONE, &(exports).tap, 0, "print TAP instead of text", NULL},            \
    {"annotate", 0, POPT_ARG_NONE, &(exports).annotate, 0,                                         \
     "print GitHub's annotations (there, run does so unasked)", NULL}

#define CLI_EXPORTS_MORE_OPTIONS(exports)                                                          \
    {"pcap", 0, POPT_ARG_STRING, &(exports).pcap, 0,                                               \
     "write a capture for Wireshark; of several results into a folder", "FILE"},                   \
    {"perfetto", 0, POPT_ARG_STRING, &(exports).perfetto, 0,                                       \
     "write a trace for Perfetto; of several results into a folder", "FILE"},                      \
    {"baseline", 0, POPT_ARG_STRING, &(exports).baseline, 0,                                       \
     "tell what is new since the run whose records are in DIR", "DIR"}
/* clang-format on */

/* Whether anything is asked for that is made of records. */
bool cli_exports_wanted(const struct cli_exports *exports);

/* Where people are spoken to: the standard error where a report takes the standard output. */
FILE *cli_exports_spoken(const struct cli_exports *exports);

/* See that all of it can be written for so many results, before anything is played.  An exit
 * status, after a complaint. */
int cli_exports_check(const struct cli_exports *exports, size_t results);

/* Compare with the baseline, then write what is asked for.  CLI_WELL, or another exit status
 * after complaints. */
int cli_exports_write(const struct cli_exports *exports, struct report *report);

/* What of the paths is said last: the page's, else JUnit's, else the other files'; or NULL. */
const char *cli_exports_path(const struct cli_exports *exports);

/* Say that path (or NULL) if all is well, and end the standard output: cli_end_output. */
int cli_exports_end(const struct cli_exports *exports, const char *path, int status);

void cli_exports_release(struct cli_exports *exports);

/* Complain that `what` can't be written to `path`; an exit status. */
int cli_exports_complain(const char *what, const char *path, int error);

/* The same for what a writer of reports has returned; errno says why. */
int cli_exports_told(const char *what, const char *path, enum rpc_status status);

#endif
