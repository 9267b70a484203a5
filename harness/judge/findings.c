#include "harness/judge/findings.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/play/cases.h"
#include "harness/play/scenario.h"
#include "reports/record.h"
#include "rpc/arena.h"

enum { FAILED_MAX = 200, REASONS_MAX = 10, AROUND = 2, SENTENCE_MAX = 1024, LINE_MAX_BYTES = 400 };

struct harness_findings {
    size_t asked, count, failed;  /* of scripts; of all */
    struct harness_finding *kept; /* the first FAILED_MAX that failed; NULL: none has */
    const char *broken;           /* why it is, a line each; NULL: it is not */
    unsigned reasons;             /* … how many */
    bool is_spoilt;               /* what comes now only follows from the last of them */
    const char *skipped;
    const char *answers; /* a line each */
};

enum rpc_status harness_findings_begin(struct harness *harness)
{
    harness->findings = harness_allocate(harness, sizeof(*harness->findings));
    return harness->findings != NULL ? RPC_OK : RPC_NO_MEMORY;
}

/* --- source --- */

/* Where line `line` of the text begins; its length. */
static const char *find_line(const char *text, int line, size_t *length)
{
    for (int at = 1; at < line && text != NULL; at++) {
        text = strchr(text, '\n');
        if (text != NULL)
            text++;
    }
    if (text == NULL || *text == '\0')
        return NULL;
    *length = strcspn(text, "\n");
    return text;
}

const char *harness_source_line(struct harness *harness, const char *file, int line)
{
    const struct harness_file *main_file = harness->play->file;
    size_t length;
    if (file == NULL || line <= 0 || strcmp(file, main_file->path) != 0)
        return NULL;
    const char *text = find_line(main_file->source, line, &length);
    if (text == NULL)
        return NULL;
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    if (length > LINE_MAX_BYTES)
        length = LINE_MAX_BYTES;
    return arena_print(harness->arena, "%.*s", (int)length, text);
}

/* The lines around, as they stand. */
static size_t source_around(struct harness *harness, const struct harness_finding *finding,
                            struct record_source *lines)
{
    const struct harness_file *main_file = harness->play->file;
    size_t count = 0;
    if (finding->file == NULL || strcmp(finding->file, main_file->path) != 0)
        return 0;
    for (int line = finding->line - AROUND; line <= finding->line + AROUND; line++) {
        size_t length;
        const char *text = line > 0 ? find_line(main_file->source, line, &length) : NULL;
        if (text == NULL)
            continue;
        text = arena_print(harness->arena, "%.*s", (int)length, text);
        lines[count++] = (struct record_source){.line = line, .text = text};
    }
    return count;
}

/* --- checks --- */

static void record(struct harness *harness, const struct harness_finding *finding)
{
    struct record_source source[2 * AROUND + 1];
    struct record_check line = {
        .check = (uint32_t)harness->findings->count,
        .t_ns = (int64_t)finding->at_ns,
        .ok = finding->ok,
        .invariant = finding->invariant,
        .expr = finding->expr,
        .expected = finding->expected,
        .actual = finding->seen,
        .file = finding->file,
        .line = finding->line,
        .source = source,
        .source_count = finding->ok ? 0 : source_around(harness, finding, source),
        .about_call = finding->call,
        .about_connection = finding->connection,
        .about_fault = finding->fault,
        .about_t_ns = (int64_t)finding->about_ns,
        .why = finding->why,
    };
    harness_lock(harness);
    record_check(harness->record, &line);
    harness_unlock(harness);
}

static const char *keep(struct harness *harness, const char *text)
{
    return text != NULL && text[0] != '\0' ? arena_text(harness->arena, text) : NULL;
}

static void keep_failed(struct harness *harness, const struct harness_finding *finding)
{
    struct harness_findings *findings = harness->findings;
    if (findings->kept == NULL)
        findings->kept = harness_allocate(harness, FAILED_MAX * sizeof(*findings->kept));
    if (findings->kept != NULL && findings->failed < FAILED_MAX) {
        struct harness_finding *kept = &findings->kept[findings->failed];
        *kept = *finding;
        kept->expr = keep(harness, finding->expr);
        kept->expected = keep(harness, finding->expected);
        kept->seen = keep(harness, finding->seen);
        kept->why = keep(harness, finding->why);
        kept->file = keep(harness, finding->file);
        kept->source = harness_source_line(harness, finding->file, finding->line);
    }
    findings->failed++;
}

bool harness_findings_read(const struct harness *harness, bool ok)
{
    return !ok || harness->record != NULL;
}

void harness_find(struct harness *harness, const struct harness_finding *given)
{
    struct harness_findings *findings = harness->findings;
    struct harness_finding finding = *given;
    findings->count++;
    if (!finding.invariant)
        findings->asked++;
    if (finding.at_ns == 0)
        finding.at_ns = world_now(harness->world);
    if (harness->record != NULL)
        record(harness, &finding);
    if (!finding.ok)
        keep_failed(harness, &finding);
}

void harness_answer(struct harness *harness, const char *text)
{
    const char *before = harness->findings->answers;
    harness->findings->answers = before == NULL
                                     ? arena_text(harness->arena, text)
                                     : arena_print(harness->arena, "%s\n%s", before, text);
    harness_log(harness, "answer", text);
}

const char *harness_findings_answers(const struct harness *harness)
{
    return harness->findings->answers;
}

size_t harness_findings_asked(const struct harness *harness)
{
    return harness->findings->asked;
}

size_t harness_findings_failed(const struct harness *harness)
{
    return harness->findings->failed;
}

const struct harness_finding *harness_findings_at(const struct harness *harness, size_t failed)
{
    const struct harness_finding *kept = harness->findings->kept;
    return kept != NULL && failed < FAILED_MAX ? &kept[failed] : NULL;
}

/* --- void and skipped --- */

static bool is_given(const struct harness_findings *findings, const char *reason)
{
    return findings->broken != NULL && strstr(findings->broken, reason) != NULL;
}

/* Under the lock. */
static void give_reason(struct harness *harness, const char *text)
{
    struct harness_findings *findings = harness->findings;
    const char *before = findings->broken;
    if (is_given(findings, text))
        return;
    const char *all = before == NULL ? arena_text(&harness->locked, text)
                                     : arena_print(&harness->locked, "%s\n%s", before, text);
    findings->broken = all != NULL ? all : before != NULL ? before : "not enough memory";
    findings->reasons++;
}

/* One that spoils is always told: nothing comes behind it. */
static void add_reason(struct harness *harness, bool spoils, const char *sentence,
                       va_list arguments)
{
    struct harness_findings *findings = harness->findings;
    char text[SENTENCE_MAX];
    vsnprintf(text, sizeof(text), sentence, arguments);
    harness_lock(harness);
    bool fits = spoils || findings->reasons < REASONS_MAX || is_given(findings, text);
    if (!findings->is_spoilt)
        give_reason(harness, fits ? text : "and more of that kind");
    findings->is_spoilt |= spoils;
    harness_unlock(harness);
}

void harness_void(struct harness *harness, const char *sentence, ...)
{
    va_list arguments;
    va_start(arguments, sentence);
    add_reason(harness, false, sentence, arguments);
    va_end(arguments);
}

void harness_broken(struct harness *harness, const char *sentence, ...)
{
    va_list arguments;
    va_start(arguments, sentence);
    add_reason(harness, true, sentence, arguments);
    va_end(arguments);
}

const char *harness_findings_broken(const struct harness *harness)
{
    return harness->findings->broken;
}

bool harness_findings_spoilt(const struct harness *harness)
{
    return harness->findings->is_spoilt;
}

int harness_skip(lua_State *L, const char *reason, ...)
{
    struct harness *harness = harness_of(L);
    char text[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(text, sizeof(text), reason, arguments);
    va_end(arguments);
    harness->findings->skipped = arena_text(harness->arena, text);
    if (harness->findings->skipped == NULL)
        harness->findings->skipped = "skipped";
    harness->left = true;
    lua_pushstring(L, text);
    return harness_leave(L);
}

const char *harness_findings_skipped(const struct harness *harness)
{
    return harness->findings->skipped;
}
