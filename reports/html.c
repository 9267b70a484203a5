/*
 * The HTML page: one file with everything in it.
 *
 * Data comes from real servers and is not trusted.  What is written as markup here is escaped
 * by put_text; what is written as JSON for the script has no `<` in it, so it can't end its
 * element; and the page's own policy allows nothing from outside.  Without script, or where a
 * policy forbids it, the page still tells verdict, failures and matrix as bare HTML.
 */
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "reports/output.h"
#include "reports/reader.h"
#include "reports/results.h"
#include "reports/viewer.h"

enum {
    PAGE_MAX = 24 << 20, /* bytes of packed records in a page */
    FAILED_CHECKS_MAX = 20
};

/* Two screens' worth of canopy, for the browser's tab. */
static const char icon[] =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath "
    "fill='%23b93a00' d='M2 11a10 9 0 0 1 20 0q-2.5-2-5 0q-2.5-2-5 0q-2.5-2-5 0q-2.5-2-5 0zM10 "
    "19h4v4h-4z'/%3E%3Cpath stroke='%23b93a00' fill='none' d='M2.5 11.5 12 20l9.5-8.5M7 11.5l5 "
    "8.5 5-8.5'/%3E%3C/svg%3E";

static void put(FILE *out, const char *markup)
{
    fputs(markup, out);
}

/* Text as text, up to its end or `length` bytes. */
static void put_text_part(FILE *out, const char *text, size_t length)
{
    for (; text != NULL && *text != '\0' && length > 0; text++, length--) {
        switch (*text) {
        case '&':
            put(out, "&amp;");
            break;
        case '<':
            put(out, "&lt;");
            break;
        case '>':
            put(out, "&gt;");
            break;
        case '"':
            put(out, "&quot;");
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void put_text(FILE *out, const char *text)
{
    put_text_part(out, text, SIZE_MAX);
}

static void put_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    put_text(out, text);
    fprintf(out, "</%s>\n", tag);
}

/* --- without script --- */

static void put_place(FILE *out, const json_t *line)
{
    const char *file = result_text(line, "file");
    if (file == NULL)
        return;
    put_text(out, file);
    fprintf(out, ":%lld", (long long)json_integer_value(json_object_get(line, "line")));
}

static void put_term(FILE *out, const char *term, const char *text)
{
    if (text == NULL)
        return;
    put_element(out, "dt", term);
    put_element(out, "dd", text);
}

static void put_failure(FILE *out, const struct result *result)
{
    size_t i, shown = 0;
    json_t *check;
    put(out, "<article>\n");
    const char *title = result_fact(result, "title");
    put_element(out, "h3", title != NULL ? title : result->name);
    if (title != NULL)
        put_element(out, "p", result->name);
    if (result_since(result) == REPORT_NEWLY_FAILING)
        put_element(out, "p", "new since the baseline");
    else if (result_since(result) == REPORT_KNOWN_SINCE)
        put_element(out, "p", "known from the baseline");
    if (result->reason != NULL)
        put_element(out, "p", result->reason);
    json_array_foreach(result->checks, i, check)
    {
        if (json_is_true(json_object_get(check, "ok")) || shown++ == FAILED_CHECKS_MAX)
            continue;
        put(out, "<dl>\n");
        put_term(out, "check", result_text(check, "expr"));
        put_term(out, "expected", result_text(check, "expected"));
        put_term(out, "seen", result_text(check, "actual"));
        put_term(out, "why", result_text(check, "why"));
        put(out, "<dt>at</dt><dd>");
        put_place(out, check);
        put(out, "</dd></dl>\n");
    }
    if (result_fact(result, "replay") != NULL)
        put_element(out, "pre", result_fact(result, "replay"));
    put(out, "</article>\n");
}

static size_t base_length(const struct result *result)
{
    return strcspn(result->name, "@");
}

/* Up to the seed: a sweep of one release is one column. */
static const char *column_of(const struct result *result, size_t *length)
{
    const char *column = result->name + base_length(result);
    if (*column == '@')
        column++;
    *length = strcspn(column, "#");
    return column;
}

static bool is_same_column(const struct result *a, const struct result *b)
{
    size_t a_length, b_length;
    const char *a_column = column_of(a, &a_length), *b_column = column_of(b, &b_length);
    return a_length == b_length && memcmp(a_column, b_column, a_length) == 0;
}

static bool has_column_before(const struct report *report, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_same_column(&report->results[i], &report->results[index]))
            return true;
    return false;
}

static bool is_same_row(const struct result *a, const struct result *b)
{
    size_t length = base_length(a);
    return length == base_length(b) && memcmp(a->name, b->name, length) == 0;
}

static bool has_row_before(const struct report *report, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_same_row(&report->results[i], &report->results[index]))
            return true;
    return false;
}

/* What its seeds have come to: one that is bad, if there is one. */
static void put_cell(FILE *out, const struct report *report, const struct result *row,
                     const struct result *column)
{
    const struct result *worst = NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct result *result = &report->results[i];
        if (!is_same_row(result, row) || !is_same_column(result, column))
            continue;
        if (worst == NULL || report_is_bad(result->status) > report_is_bad(worst->status))
            worst = result;
    }
    put(out, "<td>");
    if (worst != NULL)
        put(out, record_status_name(worst->status));
    if (worst != NULL && result_since_word(worst) != NULL)
        fprintf(out, ", %s", result_since_word(worst));
    put(out, "</td>");
}

/* Rows are scenarios, columns what follows the @: quadratic, so only for a readable size. */
static void put_matrix(FILE *out, const struct report *report)
{
    const size_t readable = 500;
    if (report->count == 0)
        return;
    put(out, "<h2>Matrix</h2>\n");
    if (report->count > readable) {
        put(out, "<ul>\n");
        for (size_t i = 0; i < report->count; i++) {
            put(out, "<li>");
            put_text(out, report->results[i].name);
            fprintf(out, ": %s</li>\n", record_status_name(report->results[i].status));
        }
        put(out, "</ul>\n");
        return;
    }
    put(out, "<table><thead><tr><th>Scenario</th>");
    for (size_t i = 0; i < report->count; i++)
        if (!has_column_before(report, i)) {
            size_t length;
            const char *column = column_of(&report->results[i], &length);
            put(out, "<th>");
            put_text_part(out, column, length);
            put(out, "</th>\n");
        }
    put(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct result *row = &report->results[i];
        if (has_row_before(report, i))
            continue;
        put(out, "<tr><th>");
        if (result_fact(row, "title") != NULL) {
            put_text(out, result_fact(row, "title"));
            put(out, "<br><small>");
        }
        put_text_part(out, row->name, base_length(row));
        put(out, result_fact(row, "title") != NULL ? "</small></th>" : "</th>");
        for (size_t k = 0; k < report->count; k++)
            if (!has_column_before(report, k))
                put_cell(out, report, row, &report->results[k]);
        put(out, "</tr>\n");
    }
    put(out, "</tbody></table>\n");
}

/* What is new first. */
static void put_failures(FILE *out, const struct report *report)
{
    const char *heading = "<h2>Failures</h2>\n";
    for (int news = 1; news >= 0; news--)
        for (size_t i = 0; i < report->count; i++) {
            const struct result *result = &report->results[i];
            bool is_new = result_since(result) == REPORT_NEWLY_FAILING;
            if (!report_is_bad(result->status) || is_new != (news == 1))
                continue;
            put(out, heading);
            heading = "";
            put_failure(out, result);
        }
}

static void put_bare(FILE *out, const struct report *report)
{
    char verdict[REPORT_VERDICT_MAX];
    struct report_totals totals = report_totals(report);
    put_element(out, "h1", report_verdict(report, verdict, sizeof(verdict)));
    put(out, "<ul>\n");
    for (int status = 0; status < RECORD_STATUS_COUNT; status++)
        if (totals.by_status[status] > 0)
            fprintf(out, "<li>%zu %s</li>\n", totals.by_status[status],
                    record_status_name((enum record_status)status));
    put(out, "</ul>\n");
    put_failures(out, report);
    put_matrix(out, report);
}

/* --- data for the script --- */

/* JSON inside a script element: there is no `<` but in texts, where \u003c means it too. */
static void put_json(FILE *out, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        const char *less = memchr(bytes, '<', (size_t)(end - bytes));
        const char *stop = less != NULL ? less : end;
        fwrite(bytes, 1, (size_t)(stop - bytes), out);
        if (less == NULL)
            break;
        put(out, "\\u003c");
        bytes = less + 1;
    }
}

/* A line of a record again as JSON.  jansson's texts are valid UTF-8. */
static void put_value(struct line_buffer *line, const char *key, const json_t *value)
{
    if (value == NULL)
        return;
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) {
        line->no_memory = true;
        return;
    }
    line_bool(line, key, true); /* makes the comma and the key */
    if (!line->no_memory)
        line->length -= 4;
    line_raw(line, text, strlen(text));
    free(text);
}

static void failed_checks(struct line_buffer *line, const struct result *result)
{
    size_t i, shown = 0;
    json_t *check;
    line_open(line, "failed", '[');
    json_array_foreach(result->checks, i, check) if (!json_is_true(json_object_get(check, "ok")) &&
                                                     shown++ < FAILED_CHECKS_MAX)
        put_value(line, NULL, check);
    line_close(line, ']');
}

/* What the list, the matrix and the cards need of a result. */
static void index_entry(struct line_buffer *line, const struct result *result)
{
    static const char *const facts[] = {"title",   "file",   "line",  "subject",
                                        "release", "replay", "known", "seed"};
    line_open(line, NULL, '{');
    line_text(line, "name", result->name);
    line_text(line, "status", record_status_name(result->status));
    line_text(line, "reason", result->reason);
    line_number(line, "t", result->t_ns);
    if (result->wall_ns > 0)
        line_number(line, "wall_ns", result->wall_ns);
    if (result->seeds_tried > 0) {
        line_unsigned(line, "seeds", result->seeds_tried);
        line_unsigned(line, "failed_seeds", result->seeds_failed);
        if (result->seeds_failed > 0)
            line_unsigned(line, "first_failing_seed", result->first_failing_seed);
    }
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        put_value(line, facts[i], json_object_get(result->scenario, facts[i]));
    line_number(line, "checks", (int64_t)json_array_size(result->checks));
    line_number(line, "checks_failed", (int64_t)result->checks_failed);
    if (result->checks_failed > 0)
        failed_checks(line, result);
    if (result->change != NULL) {
        json_t *change = json_copy(result->change);
        json_object_del(change, "path"); /* a place on this machine */
        put_value(line, "change", change);
        json_decref(change);
    }
    line_close(line, '}');
}

/* The arguments as one would type them. */
static void command(struct line_buffer *line, const struct report *report)
{
    struct line_buffer text = {0};
    if (report->argc > 0 && strncmp(report->argv[0], "ripcord", 7) != 0)
        line_raw(&text, "ripcord ", 8); /* some have the command's own arguments only */
    for (size_t i = 0; i < report->argc; i++) {
        if (i > 0)
            line_raw(&text, " ", 1);
        line_raw(&text, report->argv[i], strlen(report->argv[i]));
    }
    line_raw(&text, "", 1);
    if (text.no_memory)
        line->no_memory = true;
    else if (report->argc > 0)
        line_text(line, "command", text.bytes);
    free(text.bytes);
}

static enum rpc_status put_index(FILE *out, const struct report *report)
{
    struct line_buffer line = {0};
    line_raw(&line, "{", 1);
    line_open(&line, "run", '{');
    report_run_members(report, &line);
    command(&line, report);
    put_value(&line, "baseline", report->baseline);
    line_close(&line, '}');
    line_open(&line, "results", '[');
    for (size_t i = 0; i < report->count; i++)
        index_entry(&line, &report->results[i]);
    line_close(&line, ']');
    line_raw(&line, "}", 1);
    enum rpc_status status = line.no_memory ? RPC_NO_MEMORY : RPC_OK;
    if (status == RPC_OK) {
        put(out, "<script type=\"application/json\" id=\"ripcord-index\">");
        put_json(out, line.bytes, line.length);
        put(out, "</script>\n");
    }
    free(line.bytes);
    return status;
}

/* --- records, packed --- */

/* gzip without a time in it, so that equal records make equal pages.  The caller frees. */
static unsigned char *gzip(const char *bytes, size_t length, size_t *packed_length)
{
    z_stream stream = {0};
    if (length > UINT32_MAX / 2 ||
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY))
        return NULL;
    uLong bound = deflateBound(&stream, (uLong)length);
    unsigned char *packed = malloc(bound);
    if (packed != NULL) {
        stream.next_in = (const Bytef *)bytes;
        stream.avail_in = (uInt)length;
        stream.next_out = packed;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
            free(packed);
            packed = NULL;
        }
        *packed_length = stream.total_out;
    }
    deflateEnd(&stream);
    return packed;
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        unsigned long group = (unsigned long)bytes[i] << 16;
        if (i + 1 < length)
            group |= (unsigned long)bytes[i + 1] << 8;
        if (i + 2 < length)
            group |= bytes[i + 2];
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(i + 1 < length ? digits[group >> 6 & 63] : '=', out);
        fputc(i + 2 < length ? digits[group & 63] : '=', out);
    }
}

/* One record into the page, if there is still room for it; `prefix` "b": the baseline's. */
static enum rpc_status put_packed(FILE *out, const char *bytes, size_t length, const char *prefix,
                                  size_t index, size_t *room)
{
    size_t packed_length = 0;
    unsigned char *packed = gzip(bytes, length, &packed_length);
    if (packed == NULL)
        return RPC_NO_MEMORY;
    if (packed_length / 3 * 4 <= *room) {
        *room -= packed_length / 3 * 4;
        fprintf(out,
                "<script type=\"application/x-ripcord-run\" data-record=\"%s%zu\" "
                "data-encoding=\"gzip\">",
                prefix, index);
        put_base64(out, packed, packed_length);
        put(out, "</script>\n");
    }
    free(packed);
    return RPC_OK;
}

static enum rpc_status put_record(FILE *out, const struct result *result, size_t index,
                                  size_t *room)
{
    const char *bytes;
    char *owned;
    size_t length;
    enum rpc_status status = result_bytes(result, &bytes, &length, &owned);
    if (status != RPC_OK || bytes == NULL)
        return status == RPC_NO_MEMORY ? status : RPC_OK; /* told already: it is broken */
    status = put_packed(out, bytes, length, "", index, room);
    free(owned);
    return status;
}

/* How it was in the run that this one is compared with. */
static enum rpc_status put_earlier(FILE *out, const struct result *result, size_t index,
                                   size_t *room)
{
    const char *path = result_text(result->change, "path");
    char *bytes;
    size_t length;
    if (path == NULL)
        return RPC_OK;
    enum rpc_status status = record_read_file(path, &bytes, &length);
    if (status != RPC_OK)
        return status == RPC_NO_MEMORY ? status : RPC_OK;
    status = put_packed(out, bytes, length, "b", index, room);
    free(bytes);
    return status;
}

static int by_length(const void *a, const void *b)
{
    const struct result *const *first = a, *const *second = b;
    if ((*first)->record_length != (*second)->record_length)
        return (*first)->record_length < (*second)->record_length ? -1 : 1;
    return *first < *second ? -1 : *first > *second; /* of one array: in its order */
}

/* Failed results first, then the others, small ones first: a page that is full still shows what
 * is wrong. */
static enum rpc_status put_records(FILE *out, const struct report *report)
{
    size_t room = PAGE_MAX, count = 0, bad = 0;
    enum rpc_status status = RPC_OK;
    const struct result **order = calloc(report->count + 1, sizeof(*order));
    if (order == NULL)
        return RPC_NO_MEMORY;
    for (int wanted = 1; wanted >= 0; wanted--)
        for (size_t i = 0; i < report->count; i++)
            if (report_is_bad(report->results[i].status) == (wanted == 1)) {
                order[count++] = &report->results[i];
                bad += wanted == 1;
            }
    qsort(order + bad, count - bad, sizeof(*order), by_length);
    for (size_t i = 0; i < count && status == RPC_OK; i++) {
        size_t index = (size_t)(order[i] - report->results);
        status = put_record(out, order[i], index, &room);
        if (status == RPC_OK)
            status = put_earlier(out, order[i], index, &room);
    }
    free(order);
    return status;
}

/* --- the page --- */

static void put_file(FILE *out, const struct viewer_file *file)
{
    fwrite(file->begin, 1, (size_t)(file->end - file->begin), out);
}

static void put_head(FILE *out, const struct report *report)
{
    char verdict[REPORT_VERDICT_MAX];
    put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
             "base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    put_text(out, report_verdict(report, verdict, sizeof(verdict)));
    fprintf(out, " – ripcord</title>\n<link rel=\"icon\" href=\"%s\">\n<style>\n", icon);
    put_file(out, &viewer_style);
    put(out, "</style>\n</head>\n");
}

static enum rpc_status put_page(FILE *out, const struct report *report)
{
    put_head(out, report);
    put(out, "<body>\n<main id=\"main\">\n");
    put_bare(out, report);
    put(out, "</main>\n");
    enum rpc_status status = put_index(out, report);
    if (status == RPC_OK)
        status = put_records(out, report);
    put(out, "<script>\n\"use strict\";\n(() => {\n"); /* one program, in files by idea */
    for (size_t i = 0; i < viewer_script_count; i++)
        put_file(out, &viewer_scripts[i]);
    put(out, "})();\n</script>\n</body>\n</html>\n");
    return status;
}

enum rpc_status report_write_html(const struct report *report, const char *path)
{
    struct output output;
    enum rpc_status status = output_begin(&output, path);
    if (status != RPC_OK)
        return status;
    return output_end(&output, put_page(output.file, report));
}
