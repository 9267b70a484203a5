/*
 * A report from within: the run and its results, for the writers of this folder.
 */
#ifndef REPORTS_RESULTS_H
#define REPORTS_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/line.h"
#include "reports/report.h"
#include "reports/result.h"

struct report {
    struct result *results; /* owned, in order of report_add */
    size_t count, capacity;
    char *version, *started, *host; /* owned; NULL: not known */
    char **argv;                    /* owned, and its texts */
    size_t argc;
    int64_t wall_ns;
    bool live;
    json_t *baseline; /* owned: the run that this one is compared with; NULL: none */
};

/* The run as members of a JSON object: version, argv, started, wall_ns, host, counts. */
void report_run_members(const struct report *report, struct line_buffer *line);

/* A result as a JSON object: what run.json and the page's index have in common. */
void report_result_members(const struct result *result, struct line_buffer *line);

/* Failed, broken or fixed: what makes a run fail. */
bool report_is_bad(enum record_status status);

#endif
