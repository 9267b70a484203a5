/*
 * Writes the golden records into a folder, and every report of them: what the viewer's test
 * opens in a browser.
 *
 *     golden FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* Yesterday's run: the purge passed, with one line before it that is another. */
static int write_earlier(const char *folder)
{
    char path[1024];
    struct golden golden = golden_purge();
    char *lane = strstr(golden.bytes, "\n{\"type\":\"lane\"");
    char *second = lane != NULL ? strstr(lane + 1, "\n{\"type\":\"lane\"") : NULL;
    char *status = strstr(golden.bytes, "\"status\":\"failed\"");
    if (second == NULL || status == NULL)
        return 1;
    memcpy(second + 10, "lame", 4);
    memcpy(status + 10, "passed", 6);
    snprintf(path, sizeof(path), "%s/earlier", folder);
    mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/earlier/golden-0.jsonl", folder);
    FILE *file = fopen(path, "wb");
    struct report *report;
    struct report_run run = {.version = "0.0.9", .started = "2026-11-20T02:11:40Z"};
    if (file == NULL || fwrite(golden.bytes, 1, golden.length, file) != golden.length ||
        fclose(file) != 0 || report_create(&run, &report) != RPC_OK)
        return 1;
    struct report_input input = {
        .bytes = golden.bytes, .length = golden.length, .record_name = "golden-0.jsonl"};
    struct golden hostile = golden_hostile(); /* it failed yesterday, too */
    struct report_input known = {.bytes = hostile.bytes, .length = hostile.length};
    int failed = report_add(report, &input) != RPC_OK || report_add(report, &known) != RPC_OK;
    snprintf(path, sizeof(path), "%s/earlier/run.json", folder);
    failed |= report_write_run(report, path) != RPC_OK;
    report_free(report);
    free(hostile.bytes);
    free(golden.bytes);
    return failed;
}

/* A thousand results, for the bench. */
static int write_many(const char *folder, const struct report_run *run)
{
    struct report *report;
    char path[1024], name[64];
    if (report_create(run, &report) != RPC_OK)
        return 1;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "folder%d.case%d", i / 50, i / 2);
        add_row(report, name, i % 2 ? "3.4" : "2.6", i % 90 == 89 ? RECORD_FAILED : RECORD_PASSED);
    }
    snprintf(path, sizeof(path), "%s/many.html", folder);
    int failed = report_write_html(report, path) != RPC_OK;
    report_free(report);
    return failed;
}

/* A run in which nothing was played. */
static int write_empty(const char *folder)
{
    struct report *report;
    struct report_run run = {.version = "0.1.0"};
    char path[1024];
    if (report_create(&run, &report) != RPC_OK)
        return 1;
    snprintf(path, sizeof(path), "%s/empty.html", folder);
    int failed = report_write_html(report, path) != RPC_OK;
    report_free(report);
    return failed;
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

    int failed = write_earlier(argv[1]) | write_many(argv[1], &run) | write_empty(argv[1]);
    snprintf(path, sizeof(path), "%s/earlier", argv[1]);
    failed |= report_compare(report, path) != RPC_OK;
    snprintf(path, sizeof(path), "%s/report.html", argv[1]);
    failed |= report_write_html(report, path) != RPC_OK;
    snprintf(path, sizeof(path), "%s/junit.xml", argv[1]);
    failed |= report_write_junit(report, path, "report.html", false) != RPC_OK;
    snprintf(path, sizeof(path), "%s/run.json", argv[1]);
    failed |= report_write_run(report, path) != RPC_OK;
    failed |= report_write_tap(report, 14, stdout) != RPC_OK;
    report_free(report);
    for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
        free(keep[i].bytes);
    return failed;
}
