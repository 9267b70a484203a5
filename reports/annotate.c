/*
 * What GitHub's runner reads: workflow commands that annotate lines, and the step's summary.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/results.h"

enum {
    ANNOTATIONS_MAX = 10,      /* errors that the runner shows of one step */
    SUMMARY_MAX = 1000 * 1000, /* bytes; the runner refuses more than 1 MiB */
    CELL_MAX = 300
};

/* A property ends at a comma or colon, a command at the end of its line. */
static void put_escaped(FILE *out, const char *text, bool property)
{
    for (; text != NULL && *text != '\0'; text++) {
        bool special = *text == '%' || *text == '\r' || *text == '\n' ||
                       (property && (*text == ':' || *text == ','));
        if (special)
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

static long long line_of(const struct result *result, const json_t *check)
{
    const json_t *line = json_object_get(check, "line");
    return json_integer_value(line != NULL ? line : json_object_get(result->scenario, "line"));
}

static const char *title_of(const struct result *result)
{
    const char *title = result_fact(result, "title");
    return title != NULL ? title : result->name;
}

static void put_part(FILE *out, const char *word, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    fputs("%0A", out);
    put_escaped(out, word, false);
    put_escaped(out, text, false);
}

static void annotate(FILE *out, const struct result *result)
{
    const json_t *check = result_failed_check(result);
    const char *file = check != NULL ? result_text(check, "file") : NULL;
    fputs("::error file=", out);
    put_escaped(out, file != NULL ? file : result_fact(result, "file"), true);
    if (line_of(result, check) > 0)
        fprintf(out, ",line=%lld", line_of(result, check));
    fputs(",title=", out);
    if (result_since_word(result) != NULL)
        fprintf(out, "%s: ", result_since_word(result));
    put_escaped(out, result->name, true);
    fputs("::", out);
    put_escaped(out, title_of(result), false);
    put_part(out, "", result->reason);
    put_part(out, "", result_text(check, "expr"));
    put_part(out, "expected: ", result_text(check, "expected"));
    put_part(out, "seen: ", result_text(check, "actual"));
    put_part(out, "", result_text(check, "why"));
    put_part(out, "replay: ", result_fact(result, "replay"));
    fputc('\n', out);
}

/* What newly fails comes first: there is room for a few only. */
static size_t in_order(const struct report *report, const struct result **bad)
{
    size_t count = 0;
    for (int news = 1; news >= 0; news--)
        for (size_t i = 0; i < report->count; i++) {
            const struct result *result = &report->results[i];
            bool is_new = result_since(result) == REPORT_NEWLY_FAILING;
            if (report_is_bad(result->status) && is_new == (news == 1))
                bad[count++] = result;
        }
    return count;
}

enum rpc_status report_write_annotations(const struct report *report, FILE *out)
{
    const struct result **bad = calloc(report->count + 1, sizeof(*bad));
    if (bad == NULL)
        return RPC_NO_MEMORY;
    size_t count = in_order(report, bad), shown = 0;
    size_t room = count > ANNOTATIONS_MAX ? ANNOTATIONS_MAX - 1 : ANNOTATIONS_MAX;
    while (shown < count && shown < room)
        annotate(out, bad[shown++]);
    if (count > shown)
        fprintf(out, "::error title=ripcord::%zu more, see the summary\n", count - shown);
    free(bad);
    return fflush(out) == 0 && !ferror(out) ? RPC_OK : RPC_IO;
}

/* --- the summary --- */

/* Text as text: no markup, no line ends, and not endless. */
static void put_words(struct line_buffer *page, const char *text)
{
    size_t left = CELL_MAX;
    for (; text != NULL && *text != '\0' && left > 0; left--) {
        size_t length = line_utf8(text);
        if (length == 0) {
            line_raw(page, "\xef\xbf\xbd", 3);
            text++;
            continue;
        }
        if ((unsigned char)*text < 0x20)
            line_raw(page, " ", 1);
        else if (strchr("\\`*_{}[]<>()#+-!|&~@:$", *text) != NULL) {
            char entity[8];
            int size = snprintf(entity, sizeof(entity), "&#%d;", *text);
            line_raw(page, entity, (size_t)size);
        } else
            line_raw(page, text, length);
        text += length;
    }
    if (text != NULL && *text != '\0')
        line_raw(page, "…", strlen("…"));
}

static void put_cell(struct line_buffer *page, const char *text)
{
    line_raw(page, "| ", 2);
    put_words(page, text);
    line_raw(page, " ", 1);
}

static void put_row(struct line_buffer *page, const struct result *result)
{
    const json_t *check = result_failed_check(result);
    char place[600];
    const char *file = check != NULL ? result_text(check, "file") : NULL;
    snprintf(place, sizeof(place), "%s:%lld",
             file != NULL                          ? file
             : result_fact(result, "file") != NULL ? result_fact(result, "file")
                                                   : "",
             line_of(result, check));
    const char *word = result_since_word(result), *status = record_status_name(result->status);
    char verdict[32];
    snprintf(verdict, sizeof(verdict), word != NULL ? "%s, %s" : "%s", status, word);
    put_cell(page, verdict);
    put_cell(page, title_of(result));
    put_cell(page, place);
    put_cell(page, result_text(check, "expected"));
    put_cell(page, check != NULL ? result_text(check, "actual") : result->reason);
    put_cell(page, result_fact(result, "replay"));
    line_raw(page, "|\n", 2);
}

static void put_failures(struct line_buffer *page, const struct report *report)
{
    static const char head[] = "\n| | scenario | at | expected | seen | replay |\n"
                               "|---|---|---|---|---|---|\n";
    const struct result **bad = calloc(report->count + 1, sizeof(*bad));
    char text[64];
    if (bad == NULL) {
        page->no_memory = true;
        return;
    }
    size_t count = in_order(report, bad), shown = 0;
    if (count > 0)
        line_raw(page, head, sizeof(head) - 1);
    while (shown < count && page->length < SUMMARY_MAX - 32 * 1024)
        put_row(page, bad[shown++]);
    if (count > shown) {
        int length = snprintf(text, sizeof(text), "\n%zu more in the report\n", count - shown);
        line_raw(page, text, (size_t)length);
    }
    free(bad);
}

static void put_fixed(struct line_buffer *page, const struct report *report)
{
    const char *between = "\nFixed since the baseline:\n\n";
    for (size_t i = 0; i < report->count && page->length < SUMMARY_MAX - 16 * 1024; i++)
        if (result_since(&report->results[i]) == REPORT_FIXED_SINCE) {
            line_raw(page, between, strlen(between));
            line_raw(page, "- ", 2);
            put_words(page, report->results[i].name);
            line_raw(page, "\n", 1);
            between = "";
        }
}

enum rpc_status report_append_summary(const struct report *report, const char *path)
{
    struct line_buffer page = {0};
    char verdict[REPORT_VERDICT_MAX], text[REPORT_VERDICT_MAX + 32];
    int length = snprintf(text, sizeof(text), "### ripcord: %s\n",
                          report_verdict(report, verdict, sizeof(verdict)));
    line_raw(&page, text, (size_t)length);
    put_failures(&page, report);
    put_fixed(&page, report);
    FILE *file = page.no_memory ? NULL : fopen(path, "ab");
    enum rpc_status status = page.no_memory ? RPC_NO_MEMORY : file == NULL ? RPC_IO : RPC_OK;
    if (file != NULL) {
        bool written = fwrite(page.bytes, 1, page.length, file) == page.length;
        if (fclose(file) != 0 || !written)
            status = RPC_IO;
    }
    free(page.bytes);
    return status;
}
