/*
 * Writes the golden records into a folder, and every report of them: what the viewer's test
 * opens in a browser.
 *
 *     golden FOLDER
 */
#include <stdio.h>
#include <stdlib.h>

#include "reports/golden.h"
#include "reports/report.h"

static struct golden keep[8];

static void add(struct report *report, const char *folder, size_t number, struct golden golden)
{
    char path[1024];
    keep[number] = golden;
    snprintf(path, sizeof(path), "%s/golden-%zu.jsonl", folder, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(golden.bytes, 1, golden.length, file) != golden.length ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    struct report_input input = {.bytes = golden.bytes,
                                 .length = golden.length,
                                 .record_name = path,
                                 .wall_ns = 41700000,
                                 .repeated = number == 6};
    if (report_add(report, &input) != RPC_OK)
        exit(1);
}

static void add_row(struct report *report, const char *name, const char *release,
                    enum record_status status)
{
    struct record_scenario scenario = {
        .name = name,
        .title = "A claim that fits on a line",
        .file = "scenarios/idle/scan.lua",
        .line = 3,
        .subject = "self",
        .release = release,
        .replay = "ripcord run scenarios/idle/scan.lua",
        .known = status == RECORD_KNOWN ? "HADOOP-1234" : NULL,
    };
    report_add(report, &(struct report_input){.scenario = &scenario,
                                              .status = status,
                                              .reason = status == RECORD_PASSED
                                                            ? NULL
                                                            : "this release does not have it"});
}

int main(int argc, char **argv)
{
    static const char *const command[] = {"ripcord", "run", "scenarios/", "--seed", "7"};
    struct report_run run = {
        .version = "0.1.0",
        .argv = command,
        .argc = 5,
        .started = "2026-11-21T02:14:07Z",
        .wall_ns = 3530000000,
        .host = "linux x86_64",
    };
    struct report *report;
    char path[1024];
    if (argc != 2 || report_create(&run, &report) != RPC_OK)
        return 2;
    add(report, argv[1], 0, golden_purge());
    add(report, argv[1], 1, golden_storm());
    add(report, argv[1], 2, golden_fatal());
    add(report, argv[1], 3, golden_events(10000));
    add(report, argv[1], 4, golden_empty());
    add(report, argv[1], 5, golden_hostile());
    add(report, argv[1], 6, golden_truncated());
    add(report, argv[1], 7, golden_calm());
    add_row(report, "purge.slow_reader", "3.4", RECORD_PASSED);
    add_row(report, "idle.scan_closes_oldest", "2.6", RECORD_PASSED);
    add_row(report, "idle.scan_closes_oldest", "3.4", RECORD_KNOWN);
    add_row(report, "idle.ping_keeps_open", "2.6", RECORD_PASSED);
    add_row(report, "idle.ping_keeps_open", "3.4", RECORD_PASSED);
    add_row(report, "overload.backoff", "2.6", RECORD_SKIPPED);
    add_row(report, "overload.backoff", "3.4", RECORD_PASSED);

    int failed = 0;
    snprintf(path, sizeof(path), "%s/report.html", argv[1]);
    failed |= report_write_html(report, path) != RPC_OK;
    snprintf(path, sizeof(path), "%s/junit.xml", argv[1]);
    failed |= report_write_junit(report, path, "report.html", false) != RPC_OK;
    snprintf(path, sizeof(path), "%s/run.json", argv[1]);
    failed |= report_write_run(report, path) != RPC_OK;
    failed |= report_write_tap(report, stdout) != RPC_OK;
    report_free(report);
    for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
        free(keep[i].bytes);
    return failed;
}
