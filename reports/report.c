#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

#include "reports/results.h"

bool report_is_bad(enum record_status status)
{
    return status == RECORD_FAILED || status == RECORD_BROKEN || status == RECORD_FIXED;
}

static char *copy(const char *text, enum rpc_status *status)
{
    char *copied = text != NULL ? strdup(text) : NULL;
    if (text != NULL && copied == NULL)
        *status = RPC_NO_MEMORY;
    return copied;
}

enum rpc_status report_create(const struct report_run *run, struct report **created)
{
    enum rpc_status status = RPC_OK;
    struct report *report = calloc(1, sizeof(*report));
    if (report == NULL)
        return RPC_NO_MEMORY;
    report->version = copy(run->version, &status);
    report->started = copy(run->started, &status);
    report->host = copy(run->host, &status);
    report->wall_ns = run->wall_ns;
    report->live = run->live;
    report->argv = calloc(run->argc + 1, sizeof(*report->argv));
    if (report->argv == NULL)
        status = RPC_NO_MEMORY;
    for (; status == RPC_OK && report->argc < run->argc; report->argc++)
        report->argv[report->argc] = copy(run->argv[report->argc], &status);
    if (status != RPC_OK) {
        report_free(report);
        return status;
    }
    *created = report;
    return RPC_OK;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        result_release(&report->results[i]);
    free(report->results);
    json_decref(report->baseline);
    for (size_t i = 0; i < report->argc; i++)
        free(report->argv[i]);
    free(report->argv);
    free(report->host);
    free(report->started);
    free(report->version);
    free(report);
}

static bool has_name(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->results[i].name, name) == 0)
            return true;
    return false;
}

enum rpc_status report_add(struct report *report, const struct report_input *input)
{
    if (report->count == report->capacity) {
        size_t capacity = report->capacity > 0 ? 2 * report->capacity : 16;
        struct result *results = realloc(report->results, capacity * sizeof(*results));
        if (results == NULL)
            return RPC_NO_MEMORY;
        report->results = results;
        report->capacity = capacity;
    }
    struct result *result = &report->results[report->count];
    enum rpc_status status = result_init(result, input);
    if (status != RPC_OK)
        return status;
    if (has_name(report, result->name)) {
        result_release(result);
        return RPC_BAD_VALUE;
    }
    report->count++;
    return RPC_OK;
}

struct report_totals report_totals(const struct report *report)
{
    struct report_totals totals = {.results = report->count};
    for (size_t i = 0; i < report->count; i++) {
        const struct result *result = &report->results[i];
        totals.by_status[result->status]++;
        totals.virtual_ns += result->t_ns;
        totals.wall_ns += result->wall_ns;
    }
    if (report->wall_ns > 0)
        totals.wall_ns = report->wall_ns;
    return totals;
}

/* ", 2 of them new" */
static void add_news(const struct report *report, size_t bad, char *text, size_t size)
{
    struct report_changes changes = report_changes(report);
    size_t news = changes.since[REPORT_NEWLY_FAILING], length = strlen(text);
    if (!changes.compared)
        return;
    if (news == 0)
        snprintf(text + length, size - length, bad == 1 ? ", as before" : ", none of them new");
    else if (news == bad)
        snprintf(text + length, size - length, bad == 1 ? ", newly" : ", all of them new");
    else
        snprintf(text + length, size - length, ", %zu of them new", news);
}

const char *report_verdict(const struct report *report, char *text, size_t size)
{
    struct report_totals totals = report_totals(report);
    size_t failed = totals.by_status[RECORD_FAILED] + totals.by_status[RECORD_FIXED];
    size_t broken = totals.by_status[RECORD_BROKEN];
    size_t passed = totals.by_status[RECORD_PASSED];
    if (totals.results == 0)
        snprintf(text, size, "Nothing was run");
    else if (failed > 0 && broken > 0)
        snprintf(text, size, "%zu of %zu results failed, %zu %s broken", failed, totals.results,
                 broken, broken == 1 ? "is" : "are");
    else if (failed > 0)
        snprintf(text, size, "%zu of %zu results failed", failed, totals.results);
    else if (broken > 0)
        snprintf(text, size, "%zu of %zu results %s broken", broken, totals.results,
                 broken == 1 ? "is" : "are");
    else if (passed == totals.results)
        snprintf(text, size, passed == 1 ? "The one result passed" : "All %zu results passed",
                 passed);
    else
        snprintf(text, size, "Nothing failed: %zu of %zu results passed", passed, totals.results);
    if (failed + broken > 0)
        add_news(report, failed + broken, text, size);
    return text;
}
