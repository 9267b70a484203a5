/*
 * TAP version 14: one test point a result, with a subtest of its checks; so `prove` can run
 * ripcord.  A known failure is a TODO, which is exactly TAP's meaning.
 */
#include <string.h>

#include "reports/results.h"

static const char *text_or(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* A description: on one line, with `\` and `#` escaped. */
static void description(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\\' || c == '#')
            fputc('\\', out);
        fputc(c < 0x20 || c == 0x7f ? ' ' : c, out);
    }
}

/* A YAML double-quoted scalar. */
static void yaml(FILE *out, const char *indent, const char *key, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, "%s%s: \"", indent, key);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputs("\"\n", out);
}

static void yaml_at(FILE *out, const char *indent, const json_t *line)
{
    const char *file = result_text(line, "file");
    json_int_t number = json_integer_value(json_object_get(line, "line"));
    char at[1024];
    if (file == NULL)
        return;
    if (number > 0)
        snprintf(at, sizeof(at), "%s:%lld", file, (long long)number);
    else
        snprintf(at, sizeof(at), "%s", file);
    yaml(out, indent, "at", at);
}

static void subtest(FILE *out, const struct result *result)
{
    size_t i;
    json_t *check;
    fputs("    # Subtest: ", out);
    description(out, result->name);
    fprintf(out, "\n    1..%zu\n", json_array_size(result->checks));
    json_array_foreach(result->checks, i, check)
    {
        bool ok = json_is_true(json_object_get(check, "ok"));
        fprintf(out, "    %s %zu - ", ok ? "ok" : "not ok", i + 1);
        description(out, text_or(result_text(check, "expr"), "check"));
        fputc('\n', out);
        if (ok)
            continue;
        fputs("      ---\n", out);
        yaml(out, "      ", "expected", result_text(check, "expected"));
        yaml(out, "      ", "actual", result_text(check, "actual"));
        yaml(out, "      ", "why", result_text(check, "why"));
        yaml_at(out, "      ", check);
        fputs("      ...\n", out);
    }
}

static void directive(FILE *out, const struct result *result)
{
    if (result->status == RECORD_SKIPPED) {
        fputs(" # SKIP ", out);
        description(out, text_or(result->reason, "skipped"));
    } else if (result->status == RECORD_KNOWN) {
        fputs(" # TODO ", out);
        description(out, text_or(result_fact(result, "known"), text_or(result->reason, "known")));
    }
}

static void point(FILE *out, const struct result *result, size_t number)
{
    bool ok = result->status == RECORD_PASSED || result->status == RECORD_SKIPPED;
    if (json_array_size(result->checks) > 0)
        subtest(out, result);
    fprintf(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    description(out, result->name);
    directive(out, result);
    fputc('\n', out);
    if (ok)
        return;
    fputs("  ---\n", out);
    yaml(out, "  ", "title", result_fact(result, "title"));
    yaml(out, "  ", "status", record_status_name(result->status));
    yaml(out, "  ", "since", result_since_word(result));
    yaml(out, "  ", "reason", result->reason);
    yaml_at(out, "  ", result->scenario);
    yaml(out, "  ", "replay", result_fact(result, "replay"));
    fputs("  ...\n", out);
}

enum rpc_status report_write_tap(const struct report *report, int version, FILE *out)
{
    const struct result *broken = NULL;
    fprintf(out, "TAP version %d\n1..%zu\n", version, report->count);
    for (size_t i = 0; i < report->count; i++) {
        point(out, &report->results[i], i + 1);
        if (report->results[i].status == RECORD_BROKEN && broken == NULL)
            broken = &report->results[i];
    }
    if (broken != NULL) {
        fputs("Bail out! ", out);
        description(out, broken->name);
        fputs(": ", out);
        description(out, text_or(broken->reason, "broken"));
        fputc('\n', out);
    }
    fflush(out);
    return ferror(out) ? RPC_IO : RPC_OK;
}
