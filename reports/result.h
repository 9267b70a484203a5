/*
 * What the exports need of one result: its record's rare lines, kept as JSON.
 */
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "reports/record.h"
#include "reports/report.h"
#include "rpc/status.h"

enum { RESULT_LOGS_MAX = 200 };

struct result {
    char *name;       /* owned: "purge.slow_reader@2.6" */
    json_t *scenario; /* owned, as are the other lines; never NULL */
    json_t *checks;   /* array, in order */
    json_t *logs;     /* array: the last RESULT_LOGS_MAX */
    enum record_status status;
    char *reason; /* owned; NULL: none */
    int64_t t_ns; /* virtual duration; of a record without end the last time in it */
    int64_t wall_ns;
    size_t record_length;        /* bytes; 0: there is no record */
    uint64_t hash;               /* of the record's bytes; 0: there are none */
    size_t calls, conns, faults; /* how many */
    size_t checks_failed;
    uint64_t seeds_tried, seeds_failed, first_failing_seed;
    char *path;        /* owned; NULL: in memory, or no record */
    const char *bytes; /* borrowed; NULL: in a file, or no record */
    size_t length;
    char *record_name;       /* owned; NULL: none */
    enum rpc_status trouble; /* why the record could not be read; RPC_OK: it could */
    bool is_cut;             /* it has no end */
    json_t *change;          /* owned: against the run it is compared with; NULL: none */
};

/* Read a result.  What is wrong with the record makes it `broken`; RPC_NO_MEMORY is the only
 * failure, and nothing is left then. */
enum rpc_status result_init(struct result *result, const struct report_input *input);
void result_release(struct result *result);

/* The record's bytes, NULL when there are none: `owned` is set when the caller must free it. */
enum rpc_status result_bytes(const struct result *result, const char **bytes, size_t *length,
                             char **owned);

/* A text of a line, or of the scenario; NULL when there is none. */
const char *result_text(const json_t *line, const char *key);
const char *result_fact(const struct result *result, const char *key);

/* How it stands since the run that it is compared with; as a word, "new", "known" or "fixed",
 * or NULL. */
enum report_since result_since(const struct result *result);
const char *result_since_word(const struct result *result);

/* The first check that failed, or NULL. */
const json_t *result_failed_check(const struct result *result);

/* "purge" of "purge.slow_reader@2.6", "slow_reader@2.6" of it. */
size_t result_folder_length(const struct result *result);
const char *result_short_name(const struct result *result);

#endif
