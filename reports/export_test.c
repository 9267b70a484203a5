#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>

#include "reports/golden.h"
#include "reports/reader.h"
#include "reports/report.h"

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/ripcord-export-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    cr_assert(eq(int, system(command), 0));
}

TestSuite(export, .init = make_folder, .fini = remove_folder);

static const char *in_folder(const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    cr_assert(eq(sz, fwrite(bytes, 1, length, file), length));
    cr_assert(eq(int, fclose(file), 0));
}

static char *read_text(const char *path, size_t *length)
{
    char *bytes;
    cr_assert(eq(int, (int)record_read_file(path, &bytes, length), RPC_OK));
    bytes = realloc(bytes, *length + 1);
    bytes[*length] = '\0';
    return bytes;
}

static char *find_bytes(char *bytes, size_t length, const char *what)
{
    size_t size = strlen(what);
    for (size_t at = 0; at + size <= length; at++)
        if (memcmp(bytes + at, what, size) == 0)
            return bytes + at;
    return NULL;
}

static const char *purge_record(void)
{
    struct golden golden = golden_purge();
    const char *path = in_folder("purge.jsonl");
    write_bytes(path, golden.bytes, golden.length);
    free(golden.bytes);
    return path;
}

static uint32_t word(const char *bytes, size_t at)
{
    uint32_t number;
    memcpy(&number, bytes + at, sizeof(number));
    return number;
}

/* Every message stands once at its sender's interface, and once at the receiver's if it came. */
Test(export, a_capture_has_each_message_where_it_was_seen_and_whole_blocks)
{
    const char *record = purge_record(), *path = in_folder("purge.pcapng");
    size_t length, at = 0, packets[2] = {0, 0};
    cr_assert(eq(int, (int)report_write_pcapng(record, path), RPC_OK));
    char *bytes = read_text(path, &length);
    uint64_t last_ns = 0;
    while (at < length) {
        uint32_t type = word(bytes, at), size = word(bytes, at + 4);
        cr_assert(eq(u32, size % 4, 0));
        cr_assert(eq(u32, word(bytes, at + size - 4), size));
        if (type == 6) {
            uint64_t ns = (uint64_t)word(bytes, at + 12) << 32 | word(bytes, at + 16);
            cr_assert(ns >= last_ns);
            last_ns = ns;
            packets[word(bytes, at + 8)]++;
            cr_assert(le(u32, word(bytes, at + 20), word(bytes, at + 24)));
        }
        at += size;
    }
    cr_assert(eq(sz, at, length));
    cr_assert(gt(sz, packets[0], 10));
    cr_assert(gt(sz, packets[1], 10));
    free(bytes);
}

Test(export, a_capture_says_what_became_of_a_message)
{
    const char *record = purge_record(), *path = in_folder("purge.pcapng");
    static const char comment[] = "held by F1";
    size_t length;
    cr_assert(eq(int, (int)report_write_pcapng(record, path), RPC_OK));
    char *bytes = read_text(path, &length);
    cr_assert(find_bytes(bytes, length, comment) != NULL);
    free(bytes);
}

Test(export, a_trace_for_perfetto_is_json_and_all_that_begins_ends)
{
    const char *record = purge_record(), *path = in_folder("purge.json");
    size_t length, i;
    long open = 0, slices = 0, flows = 0;
    json_t *event;
    cr_assert(eq(int, (int)report_write_perfetto(record, path), RPC_OK));
    char *bytes = read_text(path, &length);
    json_t *trace = json_loadb(bytes, length, 0, NULL);
    cr_assert(trace != NULL);
    json_array_foreach(json_object_get(trace, "traceEvents"), i, event)
    {
        const char *phase = json_string_value(json_object_get(event, "ph"));
        open += *phase == 'b';
        open -= *phase == 'e';
        slices += *phase == 'X';
        flows += *phase == 's';
        flows -= *phase == 'f';
        bool has_time = json_is_number(json_object_get(event, "ts"));
        cr_assert(has_time || *phase == 'M');
    }
    cr_assert(eq(long, open, 0));
    cr_assert(eq(long, flows, 0));
    cr_assert(gt(long, slices, 0));
    json_decref(trace);
    free(bytes);
}

Test(export, what_is_no_record_makes_no_file)
{
    const char *path = in_folder("none.pcapng");
    write_bytes(in_folder("text"), "hello\n", 6);
    cr_assert(eq(int, (int)report_write_pcapng(in_folder("text"), path), RPC_MALFORMED));
    cr_assert(eq(int, (int)report_write_perfetto(in_folder("nothing"), path), RPC_IO));
    cr_assert(eq(int, access(path, F_OK), -1));
}

/* --- GitHub and the earlier run --- */

static struct report *begin(void)
{
    static const char *const argv[] = {"run"};
    struct report_run run = {.argv = argv, .argc = 1, .started = "2026-11-21T02:14:07Z"};
    struct report *report;
    cr_assert(eq(int, (int)report_create(&run, &report), RPC_OK));
    return report;
}

static void add(struct report *report, const char *path)
{
    struct report_input input = {.path = path, .record_name = strrchr(path, '/') + 1};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
}

static void add_bare(struct report *report, const char *name, enum record_status status)
{
    struct record_scenario scenario = {
        .name = name,
        .file = "a,b:c.lua",
        .line = 3,
        .subject = "self",
        .release = "2.6",
        .replay = "ripcord run x",
        .title = "100%\nsure | <b>",
    };
    struct report_input input = {.scenario = &scenario, .status = status, .reason = "why"};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
}

Test(export, annotations_are_escaped_and_at_most_ten)
{
    struct report *report = begin();
    char name[32], *text;
    size_t length, lines = 0;
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "a.case%d", i);
        add_bare(report, name, RECORD_BROKEN);
    }
    FILE *out = open_memstream(&text, &length);
    cr_assert(eq(int, (int)report_write_annotations(report, out), RPC_OK));
    fclose(out);
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    cr_assert(eq(sz, lines, 10));
    cr_assert(strstr(text, "::error file=a%2Cb%3Ac.lua,line=3,title=a.case0@2.6::100%25%0Asure") ==
              text);
    cr_assert(strstr(text, "::error title=ripcord::3 more, see the summary\n") != NULL);
    free(text);
    report_free(report);
}

Test(export, the_summary_is_added_to_and_holds_no_markup_of_others)
{
    struct report *report = begin();
    const char *path = in_folder("summary.md");
    size_t length;
    write_bytes(path, "before\n", 7);
    add_bare(report, "a.case", RECORD_FAILED);
    cr_assert(eq(int, (int)report_append_summary(report, path), RPC_OK));
    char *text = read_text(path, &length);
    cr_assert(strncmp(text, "before\n### ripcord: 1 of 1 results failed\n", 42) == 0);
    cr_assert(strstr(text, "<b>") == NULL);
    cr_assert(strstr(text, "sure | ") == NULL);
    free(text);
    report_free(report);
}

/* The earlier run's records with one text in one of them replaced. */
static void write_earlier(const char *what, const char *by)
{
    struct golden golden = golden_purge();
    char *found = find_bytes(golden.bytes, golden.length, what);
    cr_assert(found != NULL);
    cr_assert(eq(sz, strlen(what), strlen(by)));
    memcpy(found, by, strlen(by));
    const char *path = in_folder("purge.jsonl");
    write_bytes(path, golden.bytes, golden.length);
    free(golden.bytes);
    struct report *earlier = begin();
    add(earlier, path);
    cr_assert(eq(int, (int)report_write_run(earlier, in_folder("run.json")), RPC_OK));
    report_free(earlier);
}

static json_t *change_of_page(const char *path)
{
    static const char begins[] = "id=\"ripcord-index\">";
    size_t length;
    char *page = read_text(path, &length);
    char *index = strstr(page, begins);
    cr_assert(index != NULL);
    index += strlen(begins);
    *strstr(index, "</script>") = '\0';
    json_t *all = json_loads(index, 0, NULL);
    json_t *change = json_deep_copy(
        json_object_get(json_array_get(json_object_get(all, "results"), 0), "change"));
    json_decref(all);
    free(page);
    return change;
}

static json_t *compare_with_now(void)
{
    struct golden golden = golden_purge();
    struct report *report = begin();
    struct report_input input = {.bytes = golden.bytes, .length = golden.length};
    cr_assert(eq(int, (int)report_add(report, &input), RPC_OK));
    cr_assert(eq(int, (int)report_compare(report, folder), RPC_OK));
    cr_assert(eq(int, (int)report_write_html(report, in_folder("page.html")), RPC_OK));
    report_free(report);
    free(golden.bytes);
    return change_of_page(in_folder("page.html"));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

Test(export, an_equal_record_is_the_same)
{
    write_earlier("\"type\"", "\"type\"");
    json_t *change = compare_with_now();
    cr_assert(strcmp(text_of(change, "kind"), "same") == 0);
    json_decref(change);
}

Test(export, a_result_that_passed_before_is_new_and_its_first_other_line_is_told)
{
    write_earlier("\"status\":\"failed\"", "\"status\":\"passed\"");
    json_t *change = compare_with_now();
    cr_assert(strcmp(text_of(change, "kind"), "new") == 0);
    cr_assert(strcmp(text_of(change, "then"), "passed") == 0);
    cr_assert(strstr(text_of(change, "now"), "\"status\":\"failed\"") != NULL);
    cr_assert(strstr(text_of(change, "before"), "\"status\":\"passed\"") != NULL);
    json_decref(change);
}

Test(export, a_call_that_ends_otherwise_is_told)
{
    write_earlier("\"ending\":\"value\"", "\"ending\":\"reset\"");
    json_t *change = compare_with_now();
    cr_assert(strcmp(text_of(change, "kind"), "endings") == 0);
    cr_assert(eq(sz, json_array_size(json_object_get(change, "endings")), 1));
    json_decref(change);
}

Test(export, the_same_endings_in_another_course_are_a_changed_order)
{
    write_earlier("\"type\":\"lane\"", "\"type\":\"lame\"");
    json_t *change = compare_with_now();
    cr_assert(strcmp(text_of(change, "kind"), "order") == 0);
    cr_assert(gt(i64, json_integer_value(json_object_get(change, "line")), 1));
    json_decref(change);
}

Test(export, a_folder_without_a_run_is_no_earlier_run)
{
    struct report *report = begin();
    add_bare(report, "a.case", RECORD_PASSED);
    cr_assert(eq(int, (int)report_compare(report, folder), RPC_IO));
    write_bytes(in_folder("run.json"), "{}", 2);
    cr_assert(eq(int, (int)report_compare(report, folder), RPC_MALFORMED));
    report_free(report);
}
