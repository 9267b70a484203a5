/*
 * run.json: the run as a whole, and the only file with wall time and arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/output.h"
#include "reports/results.h"
#include "reports/sweep.h"

void report_run_members(const struct report *report, struct line_buffer *line)
{
    struct report_totals totals = report_totals(report);
    char verdict[REPORT_VERDICT_MAX];
    line_text(line, "version", report->version);
    line_open(line, "argv", '[');
    for (size_t i = 0; i < report->argc; i++)
        line_text(line, NULL, report->argv[i]);
    line_close(line, ']');
    line_text(line, "started", report->started);
    line_text(line, "host", report->host);
    line_bool(line, "live", report->live);
    line_number(line, "wall_ns", totals.wall_ns);
    line_number(line, "virtual_ns", totals.virtual_ns);
    line_text(line, "verdict", report_verdict(report, verdict, sizeof(verdict)));
    line_open(line, "counts", '{');
    line_number(line, "results", (int64_t)totals.results);
    for (int status = 0; status < RECORD_STATUS_COUNT; status++)
        line_number(line, record_status_name((enum record_status)status),
                    (int64_t)totals.by_status[status]);
    line_close(line, '}');
}

void report_result_members(const struct result *result, struct line_buffer *line)
{
    line_text(line, "name", result->name);
    line_text(line, "status", record_status_name(result->status));
    line_text(line, "reason", result->reason);
    line_number(line, "t", result->t_ns);
    if (result->wall_ns > 0)
        line_number(line, "wall_ns", result->wall_ns);
    line_text(line, "record", result->record_name);
    if (result->hash != 0)
        line_hash(line, "hash", result->hash);
    if (result->seeds_tried > 0) {
        line_unsigned(line, "seeds", result->seeds_tried);
        line_unsigned(line, "failed", result->seeds_failed);
        if (result->seeds_failed > 0)
            line_unsigned(line, "first_failing_seed", result->first_failing_seed);
    }
}

/* Of a result without a record nobody else could tell. */
static void add_facts(const struct result *result, struct line_buffer *line)
{
    static const char *const facts[] = {"title", "file", "replay", "known"};
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        line_text(line, facts[i], result_fact(result, facts[i]));
    if (json_is_integer(json_object_get(result->scenario, "line")))
        line_number(line, "line", json_integer_value(json_object_get(result->scenario, "line")));
}

/* Scenarios that were played with several seeds. */
static void put_sweeps(const struct report *report, struct line_buffer *line)
{
    size_t count;
    struct sweep *sweeps = sweeps_of(report, &count);
    if (sweeps == NULL)
        line->no_memory = true;
    line_open(line, "sweeps", '[');
    for (size_t i = 0; i < count; i++) {
        const struct sweep *sweep = &sweeps[i];
        if (sweep->seeds < 2)
            continue;
        char *name = strndup(sweep->speaker->name, sweep_name_length(sweep->speaker));
        line_open(line, NULL, '{');
        line_text(line, "name", name != NULL ? name : sweep->speaker->name);
        line_unsigned(line, "seeds", sweep->seeds);
        line_unsigned(line, "failed", sweep->failed);
        const json_t *seed = json_object_get(sweep->speaker->scenario, "seed");
        if (sweep->failed > 0 && json_is_integer(seed))
            line_number(line, "first_failing_seed", json_integer_value(seed));
        if (sweep->failed > 0)
            line_text(line, "record", sweep->speaker->record_name);
        line_close(line, '}');
        free(name);
    }
    line_close(line, ']');
    free(sweeps);
}

enum rpc_status report_write_run(const struct report *report, const char *path)
{
    struct line_buffer line = {0};
    line_raw(&line, "{", 1);
    line_text(&line, "type", "run");
    line_text(&line, "schema", RECORD_SCHEMA);
    report_run_members(report, &line);
    line_open(&line, "results", '[');
    for (size_t i = 0; i < report->count; i++) {
        line_open(&line, NULL, '{');
        report_result_members(&report->results[i], &line);
        if (report->results[i].record_name == NULL)
            add_facts(&report->results[i], &line);
        line_close(&line, '}');
    }
    line_close(&line, ']');
    put_sweeps(report, &line);
    line_raw(&line, "}\n", 2);

    struct output output;
    enum rpc_status status = line.no_memory ? RPC_NO_MEMORY : output_begin(&output, path);
    if (status == RPC_OK) {
        fwrite(line.bytes, 1, line.length, output.file);
        status = output_end(&output, RPC_OK);
    }
    free(line.bytes);
    return status;
}
