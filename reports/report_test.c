#include "reports/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>

#include "reports/golden.h"
#include "reports/reader.h"

static struct report *create(void)
{
    static const char *const argv[] = {"ripcord", "run"};
    struct report *report;
    struct report_run run = {
        .argv = argv, .argc = 2, .started = "2026-11-21T02:14:07Z", .host = "ci"};
    cr_assert(eq(int, (int)report_create(&run, &report), RPC_OK));
    return report;
}

/* What lives until the test's process ends. */
static void *keep(void *memory)
{
    static void *kept[128];
    static size_t count;
    cr_assert(count < sizeof(kept) / sizeof(kept[0]));
    kept[count++] = memory;
    return memory;
}

static void add(struct report *report, struct golden golden)
{
    keep(golden.bytes);
    struct report_input input = {
        .bytes = golden.bytes, .length = golden.length, .wall_ns = 1500000000};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
}

static void add_bare(struct report *report, const char *name, enum record_status status,
                     const char *reason)
{
    struct record_scenario scenario = {
        .name = name,
        .file = "scenarios/x.lua",
        .line = 3,
        .subject = "self",
        .release = "2.6",
        .replay = "ripcord run scenarios/x.lua",
        .known = status == RECORD_KNOWN ? "HADOOP-1234" : NULL,
    };
    struct report_input input = {.scenario = &scenario, .status = status, .reason = reason};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
}

static char path[] = "/tmp/ripcord-report-XXXXXX";

static char *content(void)
{
    char *bytes;
    size_t length;
    cr_assert(eq(int, (int)record_read_file(path, &bytes, &length), RPC_OK));
    bytes = realloc(bytes, length + 1);
    bytes[length] = '\0';
    unlink(path);
    return bytes;
}

static char *html_of(const struct report *report)
{
    close(mkstemp(path));
    cr_assert(eq(int, (int)report_write_html(report, path), RPC_OK));
    return content();
}

static char *tap_of(const struct report *report)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert(eq(int, (int)report_write_tap(report, 14, out), RPC_OK));
    fclose(out);
    return text;
}

static xmlDoc *junit_of(const struct report *report, bool strict)
{
    close(mkstemp(path));
    cr_assert(eq(int, (int)report_write_junit(report, path, "out/report.html", strict), RPC_OK));
    char *bytes = content();
    xmlDoc *document = xmlReadMemory(bytes, (int)strlen(bytes), "junit.xml", NULL, XML_PARSE_NONET);
    cr_assert(ne(ptr, document, NULL));
    free(bytes);
    return document;
}

/* An XPath expression's value as a text. */
static const char *value(xmlDoc *document, const char *expression)
{
    xmlXPathContext *context = xmlXPathNewContext(document);
    xmlXPathObject *object = xmlXPathEvalExpression((const xmlChar *)expression, context);
    cr_assert(ne(ptr, object, NULL), "%s", expression);
    char *text = keep(xmlXPathCastToString(object));
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    return text;
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* --- results --- */

Test(report, the_verdict_is_a_sentence)
{
    char text[128];
    struct report *report = create();
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)), "Nothing was run");
    add_bare(report, "a.b", RECORD_PASSED, NULL);
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)), "The one result passed");
    add_bare(report, "a.c", RECORD_PASSED, NULL);
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)), "All 2 results passed");
    add_bare(report, "a.d", RECORD_SKIPPED, NULL);
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)),
                     "Nothing failed: 2 of 3 results passed");
    add_bare(report, "a.e", RECORD_BROKEN, NULL);
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)), "1 of 4 results is broken");
    add_bare(report, "a.f", RECORD_FIXED, NULL);
    cr_assert_str_eq(report_verdict(report, text, sizeof(text)),
                     "1 of 5 results failed, 1 is broken");
    report_free(report);
}

Test(report, a_record_that_ends_early_is_a_broken_result)
{
    struct report *report = create();
    add(report, golden_truncated());
    struct report_input crashed = {.bytes = "", .reason = "the worker died of signal 11"};
    cr_assert(eq(int, (int)report_add(report, &crashed), RPC_OK));
    struct report_input missing = {.path = "/no/such/a.b@2.6.jsonl"};
    cr_assert(eq(int, (int)report_add(report, &missing), RPC_OK));
    struct report_totals totals = report_totals(report);
    cr_assert(eq(sz, totals.by_status[RECORD_BROKEN], 3));
    char *tap = tap_of(report);
    cr_assert(has(tap, "the record ends early"));
    cr_assert(has(tap, "not ok 3 - a.b@2.6\n"));
    cr_assert(has(tap, "the record cannot be read"));
    free(tap);
    report_free(report);
}

Test(report, two_results_of_one_name_are_refused)
{
    struct report *report = create();
    add(report, golden_purge());
    struct golden again = golden_purge();
    keep(again.bytes);
    struct report_input input = {.bytes = again.bytes, .length = again.length};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_BAD_VALUE));
    input.repeated = true;
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
    cr_assert(eq(sz, report_totals(report).results, 2));
    report_free(report);
}

Test(report, a_place_that_cannot_be_written_is_told_and_nothing_half_stays)
{
    struct report *report = create();
    cr_assert(eq(int, (int)report_write_html(report, "/no/such/r.html"), RPC_IO));
    cr_assert(eq(int, (int)report_write_junit(report, "/no/such/j.xml", NULL, false), RPC_IO));
    cr_assert(eq(int, (int)report_write_run(report, "/no/such/run.json"), RPC_IO));
    cr_assert(eq(int, (int)report_write_html(report, "/dev/full"), RPC_IO));
    cr_assert(eq(int, (int)report_write_junit(report, "/dev/full", NULL, false), RPC_IO));
    cr_assert(eq(int, (int)report_write_run(report, "/dev/full"), RPC_IO));
    report_free(report);
}

/* Four seeds of one scenario: the third and the fourth fail. */
static struct report *with_seeds(void)
{
    struct report *report = create();
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct record_scenario scenario = {
            .name = "purge.sweep",
            .file = "scenarios/x.lua",
            .subject = "self",
            .release = "2.6",
            .seed = seed,
            .replay = seed == 3 ? "ripcord run --seed 3" : "ripcord run",
        };
        struct report_input input = {.scenario = &scenario,
                                     .repeated = true,
                                     .status = seed >= 3 ? RECORD_FAILED : RECORD_PASSED,
                                     .wall_ns = 1000000000};
        cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
    }
    return report;
}

Test(report, run_json_tells_arguments_counts_and_sweeps)
{
    struct report *report = create();
    add(report, golden_storm());
    struct golden purge = golden_purge();
    keep(purge.bytes);
    struct report_input sweep = {
        .bytes = purge.bytes,
        .length = purge.length,
        .record_name = "purge.slow_reader@2.6.jsonl",
        .seeds_tried = 500,
        .seeds_failed = 3,
        .first_failing_seed = 7,
    };
    report_add(report, &sweep);
    close(mkstemp(path));
    cr_assert(eq(int, (int)report_write_run(report, path), RPC_OK));
    char *text = content();
    json_t *run = json_loads(text, 0, NULL);
    const json_t *failed = json_array_get(json_object_get(run, "results"), 1);
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(run, "argv"), 1)), "run");
    cr_assert_str_eq(json_string_value(json_object_get(run, "verdict")), "1 of 2 results failed");
    cr_assert_str_eq(json_string_value(json_object_get(failed, "status")), "failed");
    cr_assert_str_eq(json_string_value(json_object_get(failed, "record")),
                     "purge.slow_reader@2.6.jsonl");
    cr_assert(eq(long, (long)json_integer_value(json_object_get(failed, "seeds")), 500));
    cr_assert(eq(long, (long)json_integer_value(json_object_get(failed, "first_failing_seed")), 7));
    json_decref(run);
    free(text);
    report_free(report);
}

Test(report, run_json_takes_the_seeds_of_a_scenario_together)
{
    struct report *report = with_seeds();
    close(mkstemp(path));
    cr_assert(eq(int, (int)report_write_run(report, path), RPC_OK));
    char *text = content();
    json_t *run = json_loads(text, 0, NULL);
    const json_t *sweeps = json_object_get(run, "sweeps"), *sweep = json_array_get(sweeps, 0);
    cr_assert(eq(sz, json_array_size(json_object_get(run, "results")), 4));
    cr_assert(eq(sz, json_array_size(sweeps), 1));
    cr_assert_str_eq(json_string_value(json_object_get(sweep, "name")), "purge.sweep@2.6");
    cr_assert(eq(long, (long)json_integer_value(json_object_get(sweep, "seeds")), 4));
    cr_assert(eq(long, (long)json_integer_value(json_object_get(sweep, "failed")), 2));
    cr_assert(eq(long, (long)json_integer_value(json_object_get(sweep, "first_failing_seed")), 3));
    json_decref(run);
    free(text);
    report_free(report);
}

/* --- JUnit --- */

Test(junit, has_a_suite_a_file_and_one_failure_a_case)
{
    struct report *report = create();
    add(report, golden_purge());
    add(report, golden_storm());
    add_bare(report, "idle.scan", RECORD_SKIPPED, "not in this release");
    add_bare(report, "idle.known", RECORD_KNOWN, "fails as registered");
    add_bare(report, "idle.broken", RECORD_BROKEN, "a script error");
    xmlDoc *document = junit_of(report, false);
    cr_assert_str_eq(value(document, "string(/testsuites/@tests)"), "5");
    cr_assert_str_eq(value(document, "string(/testsuites/@failures)"), "1");
    cr_assert_str_eq(value(document, "string(/testsuites/@errors)"), "1");
    cr_assert_str_eq(value(document, "string(/testsuites/@skipped)"), "2");
    cr_assert_str_eq(value(document, "count(/testsuites/testsuite)"), "3");
    cr_assert_str_eq(value(document, "count(//testsuite[@name='scenarios/x.lua']/testcase)"), "3");
    cr_assert_str_eq(value(document, "count(//failure)"), "1");
    cr_assert_str_eq(value(document, "count(//error)"), "1");
    cr_assert_str_eq(value(document, "count(//@timestamp)"), "0");
    cr_assert_str_eq(value(document, "string(//testcase[failure]/@name)"), "slow_reader@2.6");
    cr_assert_str_eq(value(document, "string(//testcase[failure]/@classname)"), "purge");
    cr_assert_str_eq(value(document, "string(//testcase[failure]/@line)"), "9");
    cr_assert_str_eq(value(document, "string(//testcase[failure]/@time)"), "1.500000000");
    cr_assert_str_eq(value(document, "string(//failure/@type)"), "expect");
    cr_assert_str_eq(value(document, "string(//failure/@message)"),
                     "expected eof, 15:00.000 to 15:00.002; seen eof, 15:55.311 after it was "
                     "queued (virtual 15:56.512)");
    const char *text = value(document, "string(//failure)");
    cr_assert(has(text, "t:expect(stuck):fails"));
    cr_assert(has(text, "scenarios/purge/slow_reader.lua:15"));
    cr_assert(has(text, "replay: ripcord run scenarios/purge/slow_reader.lua --release 2.6"));
    cr_assert(has(value(document, "string(//testcase[failure]/system-out)"),
                  "[[ATTACHMENT|out/report.html]]"));
    cr_assert_str_eq(
        value(document, "string(//testcase[failure]//property[@name='virtual_ns']/@value)"),
        "960000000000");
    cr_assert(has(value(document, "string(//testcase[@name='known@2.6']/skipped)"), "HADOOP-1234"));
    xmlFreeDoc(document);
    report_free(report);
}

static int validate(xmlDoc *document)
{
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(JUNIT_SCHEMA);
    xmlSchema *schema = xmlSchemaParse(parser);
    cr_assert(ne(ptr, schema, NULL));
    xmlSchemaValidCtxt *judge = xmlSchemaNewValidCtxt(schema);
    int errors = xmlSchemaValidateDoc(judge, document);
    xmlSchemaFreeValidCtxt(judge);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    return errors;
}

Test(junit, fits_its_schema_whatever_the_results_are)
{
    struct report *report = create();
    xmlDoc *document = junit_of(report, false);
    cr_assert(eq(int, validate(document), 0));
    xmlFreeDoc(document);
    add(report, golden_purge());
    add(report, golden_storm());
    add(report, golden_fatal());
    add(report, golden_hostile());
    add(report, golden_empty());
    add_bare(report, "idle.skipped", RECORD_SKIPPED, "not in this release");
    add_bare(report, "idle.known", RECORD_KNOWN, "fails as registered");
    add_bare(report, "idle.fixed", RECORD_FIXED, NULL);
    add_bare(report, "idle.broken", RECORD_BROKEN, "a script error");
    for (int strict = 0; strict < 2; strict++) {
        strcpy(path, "/tmp/ripcord-report-XXXXXX");
        document = junit_of(report, strict != 0);
        cr_assert(eq(int, validate(document), 0));
        cr_assert(gt(dbl, atof(value(document, "count(//testcase)")), 8));
        xmlFreeDoc(document);
    }
    report_free(report);
}

Test(junit, the_seeds_of_a_scenario_are_one_case_and_the_first_that_fails_speaks)
{
    struct report *report = with_seeds();
    xmlDoc *document = junit_of(report, false);
    cr_assert_str_eq(value(document, "string(/testsuites/@tests)"), "1");
    cr_assert_str_eq(value(document, "string(/testsuites/@failures)"), "1");
    cr_assert_str_eq(value(document, "string(//testcase/@name)"), "sweep@2.6");
    cr_assert_str_eq(value(document, "string(//testcase/@time)"), "4.000000000");
    cr_assert_str_eq(value(document, "string(//property[@name='seed']/@value)"), "3");
    cr_assert_str_eq(value(document, "string(//property[@name='seeds_failed']/@value)"), "2");
    cr_assert(has(value(document, "string(//failure)"), "2 of 4 seeds failed; this is the first"));
    cr_assert(has(value(document, "string(//failure)"), "replay: ripcord run --seed 3"));
    cr_assert(eq(int, validate(document), 0));
    xmlFreeDoc(document);
    report_free(report);
}

Test(junit, strict_leaves_file_and_line_out)
{
    struct report *report = create();
    add(report, golden_purge());
    xmlDoc *document = junit_of(report, true);
    cr_assert_str_eq(value(document, "count(//testcase/@file | //testcase/@line)"), "0");
    xmlFreeDoc(document);
    report_free(report);
}

Test(junit, hostile_texts_still_make_xml)
{
    struct report *report = create();
    add(report, golden_hostile());
    xmlDoc *document = junit_of(report, false);
    cr_assert_str_eq(value(document, "string(//failure/@message)"),
                     "expected <script>alert(1)</script><!--\"'&\xef\xbf\xbd\xef\xbf\xbd[31m"
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd]]> # \\ ");
    cr_assert_str_eq(value(document, "count(//script)"), "0");
    xmlFreeDoc(document);
    report_free(report);
}

/* --- TAP --- */

Test(tap, a_result_is_a_point_with_a_subtest_of_its_checks)
{
    struct report *report = create();
    add(report, golden_purge());
    add(report, golden_storm());
    add_bare(report, "idle.scan", RECORD_SKIPPED, "not in #2");
    add_bare(report, "idle.known", RECORD_KNOWN, NULL);
    char *tap = tap_of(report);
    cr_assert(has(tap, "TAP version 14\n1..4\n    # Subtest: purge.slow_reader@2.6\n    1..3\n"));
    cr_assert(has(tap, "    not ok 2 - t:expect(stuck):fails \"eof\":at { \"15m\", \"+2ms\" }\n"
                       "      ---\n      expected: \"eof, 15:00.000 to 15:00.002\"\n"));
    cr_assert(has(tap, "\nnot ok 1 - purge.slow_reader@2.6\n  ---\n"));
    cr_assert(has(tap, "  replay: \"ripcord run scenarios/purge/slow_reader.lua --release 2.6"));
    cr_assert(has(tap, "\nok 2 - reconnect.storm@3.4\n"));
    cr_assert(has(tap, "\nok 3 - idle.scan@2.6 # SKIP not in \\#2\n"));
    cr_assert(has(tap, "\nnot ok 4 - idle.known@2.6 # TODO HADOOP-1234\n"));
    cr_assert(not(has(tap, "Bail out!")));
    free(tap);
    add_bare(report, "idle.broken", RECORD_BROKEN, "a script error");
    tap = tap_of(report);
    cr_assert(has(tap, "\nBail out! idle.broken@2.6: a script error\n"));
    free(tap);
    report_free(report);
}

Test(tap, hostile_texts_stay_on_their_lines)
{
    struct report *report = create();
    add(report, golden_hostile());
    char *tap = tap_of(report);
    for (char *line = strtok(tap, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_assert(strncmp(line, "::error", 7) != 0);
    free(tap);
    report_free(report);
}

/* --- HTML --- */

Test(html, tells_verdict_failures_and_matrix_without_a_script)
{
    struct report *report = create();
    add(report, golden_purge());
    add(report, golden_storm());
    char *page = html_of(report);
    char *script = strstr(page, "<script");
    cr_assert(ne(ptr, script, NULL));
    *script = '\0';
    cr_assert(has(page, "<h1>1 of 2 results failed</h1>"));
    cr_assert(has(page, "<dd>eof, 15:00.000 to 15:00.002</dd>"));
    cr_assert(has(page, "scenarios/purge/slow_reader.lua:15"));
    cr_assert(has(page, "<pre>ripcord run scenarios/purge/slow_reader.lua --release 2.6"));
    cr_assert(has(page, "<small>purge.slow_reader</small></th><td>failed</td><td></td></tr>"));
    cr_assert(has(page, "<small>reconnect.storm</small></th><td></td><td>passed</td></tr>"));
    free(page);
    report_free(report);
}

Test(html, data_is_never_markup)
{
    struct report *report = create();
    struct report *clean = create();
    add(report, golden_hostile());
    add(clean, golden_empty());
    char *page = html_of(report);
    close(mkstemp(strcpy(path, "/tmp/ripcord-report-XXXXXX")));
    cr_assert(eq(int, (int)report_write_html(clean, path), RPC_OK));
    char *other = content();
    size_t ends = 0, other_ends = 0;
    for (char *at = page; (at = strstr(at, "</script")) != NULL; at++)
        ends++;
    for (char *at = other; (at = strstr(at, "</script")) != NULL; at++)
        other_ends++;
    cr_assert(eq(sz, ends, other_ends));
    cr_assert(not(has(page, "<script>alert")));
    cr_assert(not(has(page, "<img")));
    cr_assert(not(has(page, "<b>bold")));
    cr_assert(has(page, "&lt;script&gt;alert(1)"));
    cr_assert(has(page, "\\u003cscript>alert(1)"));
    free(other);
    free(page);
    report_free(clean);
    report_free(report);
}

Test(html, asks_nothing_from_outside_and_equal_runs_make_equal_pages)
{
    char *pages[2];
    for (int i = 0; i < 2; i++) {
        struct report *report = create();
        add(report, golden_purge());
        strcpy(path, "/tmp/ripcord-report-XXXXXX");
        pages[i] = html_of(report);
        report_free(report);
    }
    cr_assert_str_eq(pages[0], pages[1]);
    cr_assert(has(pages[0], "default-src 'none'"));
    cr_assert(not(has(pages[0], "src=\"http")));
    cr_assert(not(has(pages[0], "href=\"http")));
    cr_assert(not(has(pages[0], "@import")));
    cr_assert(not(has(pages[0], "url(")));
    free(pages[0]);
    free(pages[1]);
}
