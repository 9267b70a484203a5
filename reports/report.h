/*
 * The reports of a run: from the records of its results to one HTML page, JUnit XML, TAP 14
 * and run.json.  A report knows records only: neither Lua nor sockets.
 *
 *     report_create(&run, &report);
 *     report_add(report, &input);            for each result, in any order
 *     report_write_html(report, "report.html");
 *     report_free(report);
 *
 * Results keep the order in which they were added.  One thread at a time.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/record.h"
#include "rpc/status.h"

struct report;

enum { REPORT_VERDICT_MAX = 160 };

/* The run as a whole; all texts are copied and may be NULL. */
struct report_run {
    const char *version; /* "0.1.0 (1f3c9e2)" */
    const char *const *argv;
    size_t argc;
    const char *started; /* wall time, ISO 8601 in UTC: "2026-11-21T02:14:07Z" */
    int64_t wall_ns;     /* 0: not known */
    const char *host;    /* "linux x86_64" */
    bool live;           /* JUnit then tells time and host */
};

/* One result.  Give `path`, or `bytes`, or (there is no record) `scenario` and `status`. */
struct report_input {
    const char *path;  /* of the record; read now, and again for the page: keep it until then */
    const char *bytes; /* a record in memory, borrowed until the report is freed */
    size_t length;
    const char *record_name;                /* how run.json names the record's file; NULL: `path` */
    const struct record_scenario *scenario; /* copied */
    enum record_status status;
    const char *reason; /* why broken or skipped, where the record does not say: a crash */
    bool repeated;      /* the seed belongs to the name */
    int64_t wall_ns;
    uint64_t seeds_tried, seeds_failed, first_failing_seed; /* of a sweep; 0: one seed */
};

/* How many results ended how, and how long they took. */
struct report_totals {
    size_t results;
    size_t by_status[RECORD_STATUS_COUNT];
    int64_t virtual_ns, wall_ns; /* sums */
};

/* RPC_OK, RPC_NO_MEMORY. */
enum rpc_status report_create(const struct report_run *run, struct report **report);
void report_free(struct report *report);

/* Add one result.  A record that can't be read, has no end or is no record makes a `broken`
 * result, not a failure; RPC_NO_MEMORY is one, and RPC_BAD_VALUE: a result of that name is
 * there already. */
enum rpc_status report_add(struct report *report, const struct report_input *input);

/* Compare with an earlier run, the `folder` that its --record wrote; when all results are there,
 * and before the HTML page is written, which then tells of new failures, fixed ones, changed
 * endings and the first line in which two records differ.  The folder must stay until then.
 * RPC_OK, RPC_NO_MEMORY, RPC_IO (no run.json), RPC_MALFORMED (it is none). */
enum rpc_status report_compare(struct report *report, const char *folder);

/* The same with a report of the earlier run; its records are read again, from their files.  Are
 * there one result here and one there, they are compared whatever they are called.
 * RPC_OK, RPC_NO_MEMORY. */
enum rpc_status report_compare_with(struct report *report, const struct report *earlier);

/* How a result stands since the earlier run. */
enum report_since {
    REPORT_NOT_COMPARED,
    REPORT_NEWLY_FAILING, /* bad, and it was not, or was not there */
    REPORT_KNOWN_SINCE,   /* bad, as before */
    REPORT_FIXED_SINCE,   /* well, and it was bad */
    REPORT_WELL_SINCE,
    REPORT_SINCE_COUNT
};

struct report_changes {
    bool compared; /* false: with nothing, and all else is zero */
    size_t since[REPORT_SINCE_COUNT];
    size_t endings, order; /* the same verdict, but other endings; or only another course */
    size_t added, gone;    /* added and well; only in the earlier run */
};

struct report_changes report_changes(const struct report *report);

/* What report_load has to tell of a file: a sentence without a full stop.  `status` RPC_OK: what
 * there is has been taken; else nothing of it could be. */
typedef void report_told_fn(void *owner, enum rpc_status status, const char *sentence);

/* Add the results of `path`: a record, or a folder of them as --record makes it.  Its run.json
 * says what belongs to the run, in which order, and what the records can't know: wall times, the
 * command, results that have no record.  Without one all files *.jsonl are taken, in the order
 * of their names.  What is no record, or a newer one, becomes a `broken` result and is told of,
 * as are records that end early.
 * RPC_OK, RPC_NO_MEMORY; RPC_IO: `path` can't be read (errno). */
enum rpc_status report_load(struct report *report, const char *path, report_told_fn *told,
                            void *owner);

struct report_totals report_totals(const struct report *report);

/* The verdict as a sentence without a full stop: "3 of 72 results failed, 2 of them new"
 * (REPORT_VERDICT_MAX bytes).  Returns `text`. */
const char *report_verdict(const struct report *report, char *text, size_t size);

/* Write one report.  A file appears whole or not at all; "-" is the standard output.
 * RPC_OK, RPC_NO_MEMORY, RPC_IO (errno says why). */
enum rpc_status report_write_html(const struct report *report, const char *path);
enum rpc_status report_write_run(const struct report *report, const char *path); /* run.json */

/* `report_path`, the HTML page beside it, or NULL.  `strict`: neither file nor line, for
 * validators of the Surefire schema. */
enum rpc_status report_write_junit(const struct report *report, const char *path,
                                   const char *report_path, bool strict);

/* TAP of this version, 14 or 13: subtests and YAML are lines that 13 passes over. */
enum rpc_status report_write_tap(const struct report *report, int version, FILE *out);

/* For people at a terminal: each failed result with its checks and how to play it again; and
 * what has changed since the earlier run, `in_full` with those texts for what newly fails. */
enum rpc_status report_write_text(const struct report *report, FILE *out);
enum rpc_status report_write_changes(const struct report *report, bool in_full, FILE *out);

/* GitHub: workflow commands that annotate the lines of failed checks (`out` is the step's
 * output), and the verdict as a table at the end of the file that $GITHUB_STEP_SUMMARY names. */
enum rpc_status report_write_annotations(const struct report *report, FILE *out);
enum rpc_status report_append_summary(const struct report *report, const char *path);

/* --- exports of one record: `record_path` to `path` --- */

/* A capture of what went over the wire, for Wireshark (with docs/hrpc.lua), and a Chrome trace
 * in JSON, for Perfetto.  Also: RPC_MALFORMED, RPC_UNSUPPORTED, RPC_TOO_LONG of the record. */
enum rpc_status report_write_pcapng(const char *record_path, const char *path);
enum rpc_status report_write_perfetto(const char *record_path, const char *path);

/* The same for the results of a report: of the one result to the file `path`, of several to
 * files in the folder `path`, called as their records are.  Results without a record are passed
 * over.  Also: RPC_BAD_VALUE: there are several, and `path` is no folder. */
enum rpc_status report_export_pcapng(const struct report *report, const char *path);
enum rpc_status report_export_perfetto(const struct report *report, const char *path);

#endif
