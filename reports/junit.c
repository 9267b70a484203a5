/*
 * JUnit XML in the dialect that Jenkins, GitLab and GitHub's reporters all read: one suite a
 * scenario file, one case a result, and exactly one failure a case, because Jenkins keeps one.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/line.h"
#include "reports/output.h"
#include "reports/results.h"
#include "reports/sweep.h"
#include "reports/xml.h"

struct junit {
    struct sweep *sweeps; /* owned */
    size_t sweep_count;
    struct xml xml;
    const struct report *report;
    const char *report_path;
    bool strict;
    bool failed; /* no memory; of failed writes the file tells for itself */
};

static void begin(struct junit *junit, const char *name)
{
    xml_element(&junit->xml, name);
}

static void end(struct junit *junit)
{
    xml_element_end(&junit->xml);
}

static void attribute(struct junit *junit, const char *name, const char *value)
{
    xml_attribute(&junit->xml, name, value);
}

static void attribute_number(struct junit *junit, const char *name, int64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    attribute(junit, name, text);
}

/* Seconds with nine digits after the point. */
static void attribute_seconds(struct junit *junit, const char *name, int64_t ns)
{
    char text[40];
    snprintf(text, sizeof(text), "%lld.%09lld", (long long)(ns / 1000000000),
             (long long)(ns % 1000000000));
    attribute(junit, name, text);
}

static void content(struct junit *junit, struct line_buffer *buffer)
{
    line_raw(buffer, "", 1);
    if (buffer->no_memory)
        junit->failed = true;
    else
        xml_text(&junit->xml, buffer->bytes);
    free(buffer->bytes);
    *buffer = (struct line_buffer){0};
}

static void append(struct line_buffer *buffer, const char *before, const char *text)
{
    if (text == NULL)
        return;
    line_raw(buffer, before, strlen(before));
    line_raw(buffer, text, strlen(text));
    line_raw(buffer, "\n", 1);
}

static void append_place(struct line_buffer *buffer, const json_t *line)
{
    const char *file = result_text(line, "file");
    char place[1024];
    if (file == NULL)
        return;
    snprintf(place, sizeof(place), "%s:%lld", file,
             (long long)json_integer_value(json_object_get(line, "line")));
    append(buffer, "  at       ", place);
}

static const char *since_text(const struct result *result)
{
    if (result_since(result) == REPORT_KNOWN_SINCE)
        return "it failed in the baseline, too";
    return result_text(result->change, "then") != NULL ? "it did not fail in the baseline"
                                                       : "it is not in the baseline";
}

/* What a person reads first, because GitLab shows nothing else: every failed check, then how
 * to play it again. */
static void all_failures(struct line_buffer *buffer, const struct result *result)
{
    size_t i;
    json_t *line;
    append(buffer, "", result_fact(result, "title"));
    if (result_since(result) == REPORT_NEWLY_FAILING)
        append(buffer, "newly failing: ", since_text(result));
    else if (result_since(result) == REPORT_KNOWN_SINCE)
        append(buffer, "known: ", since_text(result));
    append(buffer, "", result->reason);
    json_array_foreach(result->checks, i, line)
    {
        if (json_is_true(json_object_get(line, "ok")))
            continue;
        append(buffer, "\n", result_text(line, "expr"));
        append(buffer, "  expected ", result_text(line, "expected"));
        append(buffer, "  seen     ", result_text(line, "actual"));
        append(buffer, "  why      ", result_text(line, "why"));
        append_place(buffer, line);
    }
    append(buffer, "\nreplay: ", result_fact(result, "replay"));
}

static void message_of(struct line_buffer *buffer, const struct result *result)
{
    const json_t *failed = result_failed_check(result);
    const char *expected = result_text(failed, "expected");
    const char *actual = result_text(failed, "actual");
    if (failed == NULL || result->status != RECORD_FAILED) {
        const char *reason = result->reason;
        if (reason == NULL)
            reason = result->status == RECORD_FIXED ? "registered as known, but it passes"
                                                    : record_status_name(result->status);
        line_raw(buffer, reason, strlen(reason));
    } else if (expected != NULL && actual != NULL) {
        line_raw(buffer, "expected ", 9);
        line_raw(buffer, expected, strlen(expected));
        line_raw(buffer, "; seen ", 7);
        line_raw(buffer, actual, strlen(actual));
    } else {
        const char *expr = result_text(failed, "expr");
        line_raw(buffer, expr, expr != NULL ? strlen(expr) : 0);
    }
    line_raw(buffer, "", 1);
    if (!buffer->no_memory)
        buffer->bytes[strcspn(buffer->bytes, "\n")] = '\0';
}

static void outcome(struct junit *junit, const struct sweep *sweep)
{
    const struct result *result = sweep->speaker;
    char seeds[96];
    struct line_buffer message = {0};
    struct line_buffer text = {0};
    bool broken = result->status == RECORD_BROKEN;
    if (result->status == RECORD_PASSED)
        return;
    message_of(&message, result);
    if (message.no_memory)
        junit->failed = true;
    if (report_is_bad(result->status)) {
        const json_t *failed = result_failed_check(result);
        const char *kind = result_text(failed, "kind");
        begin(junit, broken ? "error" : "failure");
        attribute(junit, "message", message.bytes);
        attribute(junit, "type",
                  kind != NULL && !broken ? kind : record_status_name(result->status));
        if (sweep->seeds > 1) {
            snprintf(seeds, sizeof(seeds), "%zu of %zu seeds failed; this is the first",
                     sweep->failed, sweep->seeds);
            append(&text, "", seeds);
        }
        all_failures(&text, result);
    } else {
        const char *known = result_fact(result, "known");
        begin(junit, "skipped");
        attribute(junit, "message", message.bytes);
        append(&text, result->status == RECORD_KNOWN ? "known: " : "",
               result->status == RECORD_KNOWN && known != NULL ? known : message.bytes);
    }
    content(junit, &text);
    end(junit);
    free(message.bytes);
}

static void property(struct junit *junit, const char *name, const char *value)
{
    if (value == NULL)
        return;
    begin(junit, "property");
    attribute(junit, "name", name);
    attribute(junit, "value", value);
    end(junit);
}

static void property_number(struct junit *junit, const char *name, size_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%zu", number);
    property(junit, name, text);
}

static void properties(struct junit *junit, const struct sweep *sweep)
{
    const struct result *result = sweep->speaker;
    char text[32];
    const json_t *seed = json_object_get(result->scenario, "seed");
    begin(junit, "properties");
    if (json_is_integer(seed)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(seed));
        property(junit, "seed", text);
    } else {
        property(junit, "seed", json_string_value(seed));
    }
    if (sweep->seeds > 1) {
        property_number(junit, "seeds", sweep->seeds);
        property_number(junit, "seeds_failed", sweep->failed);
    }
    property(junit, "release", result_fact(result, "release"));
    snprintf(text, sizeof(text), "%lld", (long long)result->t_ns);
    property(junit, "virtual_ns", text);
    if (result->hash != 0) {
        snprintf(text, sizeof(text), "%016llx", (unsigned long long)result->hash);
        property(junit, "record_hash", text);
    }
    property(junit, "since_baseline", result_since_word(result));
    property(junit, "report", junit->report_path);
    end(junit);
}

static void system_out(struct junit *junit, const struct result *result)
{
    size_t i;
    json_t *line;
    struct line_buffer text = {0};
    if (!report_is_bad(result->status))
        return;
    json_array_foreach(result->logs, i, line) append(&text, "", result_text(line, "text"));
    if (junit->report_path != NULL) {
        append(&text, "[[ATTACHMENT|", junit->report_path);
        if (!text.no_memory)
            text.length--; /* the newline */
        line_raw(&text, "]]\n", 3);
    }
    if (text.length == 0 && !text.no_memory)
        return;
    begin(junit, "system-out");
    content(junit, &text);
    end(junit);
}

static void test_case(struct junit *junit, const struct sweep *sweep)
{
    const struct result *result = sweep->speaker;
    char folder[128], name[1024];
    size_t length = result_folder_length(result);
    const char *short_name = result_short_name(result);
    snprintf(folder, sizeof(folder), "%.*s", (int)(length < 127 ? length : 127), result->name);
    snprintf(name, sizeof(name), "%.*s",
             (int)(sweep_name_length(result) - (size_t)(short_name - result->name)), short_name);
    begin(junit, "testcase");
    attribute(junit, "name", sweep->seeds > 1 ? name : short_name);
    attribute(junit, "classname", length > 0 ? folder : "scenarios");
    if (!junit->strict) {
        json_int_t line = json_integer_value(json_object_get(result->scenario, "line"));
        attribute(junit, "file", result_fact(result, "file"));
        if (line > 0)
            attribute_number(junit, "line", line);
    }
    attribute_seconds(junit, "time", sweep->wall_ns);
    properties(junit, sweep);
    outcome(junit, sweep);
    system_out(junit, result);
    end(junit);
}

/* --- suites --- */

static const char *file_of(const struct result *result)
{
    const char *file = result_fact(result, "file");
    return file != NULL ? file : "scenarios";
}

/* The counts of the suite `file`, or of all when it is NULL. */
static void counts(struct junit *junit, const char *file)
{
    int64_t tests = 0, failures = 0, errors = 0, skipped = 0, wall_ns = 0;
    for (size_t i = 0; i < junit->sweep_count; i++) {
        const struct sweep *sweep = &junit->sweeps[i];
        enum record_status status = sweep->speaker->status;
        if (file != NULL && strcmp(file_of(sweep->speaker), file) != 0)
            continue;
        tests++;
        failures += status == RECORD_FAILED || status == RECORD_FIXED;
        errors += status == RECORD_BROKEN;
        skipped += status == RECORD_SKIPPED || status == RECORD_KNOWN;
        wall_ns += sweep->wall_ns;
    }
    attribute_number(junit, "tests", tests);
    attribute_number(junit, "failures", failures);
    attribute_number(junit, "errors", errors);
    attribute_number(junit, "skipped", skipped);
    attribute_seconds(junit, "time", wall_ns);
}

static bool is_first_of_file(const struct report *report, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(file_of(&report->results[i]), file_of(&report->results[index])) == 0)
            return false;
    return true;
}

static void suite(struct junit *junit, const char *file)
{
    begin(junit, "testsuite");
    attribute(junit, "name", file);
    counts(junit, file);
    if (junit->report->live) {
        attribute(junit, "timestamp", junit->report->started);
        attribute(junit, "hostname", junit->report->host);
    }
    for (size_t i = 0; i < junit->sweep_count; i++)
        if (strcmp(file_of(junit->sweeps[i].speaker), file) == 0)
            test_case(junit, &junit->sweeps[i]);
    end(junit);
}

enum rpc_status report_write_junit(const struct report *report, const char *path,
                                   const char *report_path, bool strict)
{
    struct output output;
    enum rpc_status status = output_begin(&output, path);
    if (status != RPC_OK)
        return status;
    struct junit junit = {.report = report, .report_path = report_path, .strict = strict};
    junit.sweeps = sweeps_of(report, &junit.sweep_count);
    if (junit.sweeps == NULL)
        return output_end(&output, RPC_NO_MEMORY);
    xml_begin(&junit.xml);
    begin(&junit, "testsuites");
    attribute(&junit, "name", "ripcord");
    counts(&junit, NULL);
    for (size_t i = 0; i < report->count; i++)
        if (is_first_of_file(report, i))
            suite(&junit, file_of(&report->results[i]));
    end(&junit);
    status = xml_end(&junit.xml, output.file);
    free(junit.sweeps);
    return output_end(&output, junit.failed ? RPC_NO_MEMORY : status);
}
