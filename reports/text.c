/*
 * A run as text for a terminal: what failed, and what has changed since an earlier run.
 */
#include <stdio.h>
#include <string.h>

#include "reports/results.h"

enum { TIME_MAX = 64, LIST_MAX = 200 };

/* "15m1ms": exact, as scripts write it. */
static const char *duration(int64_t ns, char *text)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{3600000000000, "h"}, {60000000000, "m"}, {1000000000, "s"},
                 {1000000, "ms"},      {1000, "us"},       {1, "ns"}};
    size_t used = 0;
    snprintf(text, TIME_MAX, "0");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        long long count = (long long)(ns / units[i].ns);
        ns %= units[i].ns;
        if (count > 0)
            used += (size_t)snprintf(text + used, TIME_MAX - used, "%lld%s", count, units[i].name);
    }
    return text;
}

/* A text of several lines stays in its column; nothing in it reaches the terminal as a command. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n')
            fprintf(out, "\n%14s", "");
        else
            fputc(c < 0x20 || c == 0x7f ? ' ' : c, out);
    }
}

static void put_fact(FILE *out, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    fprintf(out, "    %-9s ", name);
    put_text(out, text);
    fputc('\n', out);
}

static void put_place(FILE *out, const json_t *line)
{
    const char *file = result_text(line, "file");
    if (file == NULL)
        return;
    put_text(out, file);
    fprintf(out, ":%lld: ", (long long)json_integer_value(json_object_get(line, "line")));
}

static void put_check(FILE *out, const json_t *check)
{
    char text[TIME_MAX];
    const char *kind = result_text(check, "kind"), *expr = result_text(check, "expr");
    fputs("  ", out);
    put_place(out, check);
    if (kind != NULL && strcmp(kind, "invariant") == 0)
        fputs("invariant ", out);
    put_text(out, expr != NULL ? expr : "?");
    fputc('\n', out);
    put_fact(out, "expected", result_text(check, "expected"));
    put_fact(out, "seen", result_text(check, "actual"));
    put_fact(out, "because", result_text(check, "why"));
    put_fact(out, "at", duration(json_integer_value(json_object_get(check, "t")), text));
}

static void put_head(FILE *out, const char *word, const struct result *result)
{
    char text[TIME_MAX];
    fprintf(out, "%-7s ", word);
    put_text(out, result->name);
    fprintf(out, "  %s\n", duration(result->t_ns, text));
}

static void put_result(FILE *out, const struct result *result)
{
    size_t i;
    json_t *check;
    const char *title = result_fact(result, "title");
    if (title != NULL) {
        fputs("  ", out);
        put_place(out, result->scenario);
        put_text(out, title);
        fputc('\n', out);
    }
    put_fact(out, record_status_name(result->status), result->reason);
    json_array_foreach(result->checks, i, check) if (!json_is_true(json_object_get(check, "ok")))
        put_check(out, check);
    put_fact(out, "replay", result_fact(result, "replay"));
}

enum rpc_status report_write_text(const struct report *report, FILE *out)
{
    char verdict[REPORT_VERDICT_MAX];
    for (size_t i = 0; i < report->count; i++)
        if (report_is_bad(report->results[i].status)) {
            put_head(out, record_status_name(report->results[i].status), &report->results[i]);
            put_result(out, &report->results[i]);
        }
    fprintf(out, "%s\n", report_verdict(report, verdict, sizeof(verdict)));
    return fflush(out) == 0 && !ferror(out) ? RPC_OK : RPC_IO;
}

/* --- since an earlier run --- */

static void put_before(FILE *out, const struct result *result)
{
    const char *then = result_text(result->change, "then");
    fprintf(out, "    before    %s\n", then != NULL ? then : "not there");
}

static void put_since(FILE *out, const struct report *report, enum report_since since,
                      const char *word, bool in_full)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct result *result = &report->results[i];
        if (result_since(result) != since)
            continue;
        put_head(out, word, result);
        if (in_full)
            put_result(out, result);
        if (in_full)
            put_before(out, result);
    }
}

static void put_course(FILE *out, const struct result *result)
{
    size_t i;
    json_t *one;
    const char *with = result_text(result->change, "with");
    json_array_foreach(json_object_get(result->change, "endings"), i, one)
    {
        fprintf(out, "    call %lld ended in ",
                (long long)json_integer_value(json_array_get(one, 0)));
        put_text(out, json_string_value(json_array_get(one, 1)));
        fputs(", now in ", out);
        put_text(out, json_string_value(json_array_get(one, 2)));
        fputc('\n', out);
    }
    const json_t *line = json_object_get(result->change, "line");
    if (line == NULL)
        return;
    fprintf(out, "    the records differ first in line %lld%s%s\n",
            (long long)json_integer_value(line), with != NULL ? "; before: " : "",
            with != NULL ? with : "");
    put_fact(out, "before", result_text(result->change, "before"));
    put_fact(out, "now", result_text(result->change, "now"));
}

/* Those whose verdict has not changed, but what happened has. */
static void put_courses(FILE *out, const struct report *report)
{
    size_t shown = 0;
    for (size_t i = 0; i < report->count && shown < LIST_MAX; i++) {
        const struct result *result = &report->results[i];
        const char *kind = result_text(result->change, "kind");
        if (kind == NULL || (strcmp(kind, "endings") != 0 && strcmp(kind, "order") != 0))
            continue;
        put_head(out, strcmp(kind, "endings") == 0 ? "ending" : "order", result);
        put_course(out, result);
        shown++;
    }
}

static void put_gone(FILE *out, const struct report *report)
{
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(report->baseline, "gone"), i, name)
    {
        fputs("gone    ", out);
        put_text(out, json_string_value(name));
        fputc('\n', out);
    }
}

/* "2 newly failing, 1 known, 1 fixed" */
static void put_counts(FILE *out, const struct report *report)
{
    const struct report_changes changes = report_changes(report);
    const struct {
        size_t count;
        const char *words;
    } counts[] = {
        {changes.since[REPORT_NEWLY_FAILING], "newly failing"},
        {changes.since[REPORT_KNOWN_SINCE], "known"},
        {changes.since[REPORT_FIXED_SINCE], "fixed"},
        {changes.endings, "with other endings"},
        {changes.order, "with another course"},
        {changes.added, "added"},
        {changes.gone, "gone"},
    };
    const char *between = "", *started = result_text(report->baseline, "started");
    fprintf(out, "since %s: ", started != NULL ? started : "the earlier run");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i].count == 0)
            continue;
        fprintf(out, "%s%zu %s", between, counts[i].count, counts[i].words);
        between = ", ";
    }
    fprintf(out, "%s\n", *between == '\0' ? "nothing has changed" : "");
}

enum rpc_status report_write_changes(const struct report *report, bool in_full, FILE *out)
{
    put_since(out, report, REPORT_NEWLY_FAILING, "new", in_full);
    put_since(out, report, REPORT_KNOWN_SINCE, "known", false);
    put_since(out, report, REPORT_FIXED_SINCE, "fixed", false);
    if (in_full)
        put_courses(out, report);
    if (in_full)
        put_gone(out, report);
    put_counts(out, report);
    return fflush(out) == 0 && !ferror(out) ? RPC_OK : RPC_IO;
}
