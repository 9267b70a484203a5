#include "harness/cli/terminal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/lua/units.h"

enum colour { PLAIN, RED, GREEN, YELLOW, GREY, BOLD };

enum { PROGRESS_MAX = 78 };

static const char *const codes[] = {
    [PLAIN] = "\033[0m",   [RED] = "\033[31m",  [GREEN] = "\033[32m",
    [YELLOW] = "\033[33m", [GREY] = "\033[90m", [BOLD] = "\033[1m",
};

static const enum colour colour_of[RECORD_STATUS_COUNT] = {
    [RECORD_PASSED] = GREEN, [RECORD_FAILED] = RED, [RECORD_BROKEN] = RED,
    [RECORD_KNOWN] = YELLOW, [RECORD_FIXED] = RED,  [RECORD_SKIPPED] = GREY,
};

static int64_t wall_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void cli_terminal_begin(struct cli_terminal *terminal, FILE *out, enum cli_loudness loudness,
                        const char *colour, size_t total)
{
    const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool able = isatty(fileno(out)) == 1 && kind != NULL && strcmp(kind, "dumb") != 0;
    bool wanted = no_colour == NULL || *no_colour == '\0';
    *terminal = (struct cli_terminal){
        .out = out,
        .loudness = loudness,
        .colours =
            strcmp(colour, "always") == 0 || (able && wanted && strcmp(colour, "never") != 0),
        .progress = able && loudness != CLI_SILENT,
        .total = total,
        .began_ns = wall_now_ns(),
    };
}

static const char *paint(const struct cli_terminal *terminal, enum colour colour)
{
    return terminal->colours ? codes[colour] : "";
}

static void wipe(struct cli_terminal *terminal)
{
    if (terminal->shown)
        fputs("\r\033[K", terminal->out);
    terminal->shown = false;
}

void cli_terminal_progress(struct cli_terminal *terminal, size_t ended,
                           const struct harness_case *playing)
{
    if (!terminal->progress)
        return;
    wipe(terminal);
    fprintf(terminal->out, "%s%zu of %zu  %.*s%s", paint(terminal, GREY), ended, terminal->total,
            PROGRESS_MAX - 24, playing->result, paint(terminal, PLAIN));
    terminal->shown = true;
    fflush(terminal->out);
}

/* --- a case --- */

/* A text of several lines stays in its column. */
static void show_fact(FILE *out, const char *name, const char *text)
{
    fprintf(out, "    %-9s ", name);
    for (; *text != '\0'; text++) {
        fputc(*text, out);
        if (*text == '\n')
            fprintf(out, "    %-9s ", "");
    }
    fputc('\n', out);
}

static void show_finding(const struct cli_terminal *terminal, const struct harness_finding *finding,
                         uint64_t seed)
{
    FILE *out = terminal->out;
    char at[HARNESS_DURATION_MAX];
    const char *line = finding->source != NULL && !finding->invariant ? finding->source
                       : finding->expr != NULL                        ? finding->expr
                                                                      : "?";
    fprintf(out, "  %s", paint(terminal, BOLD));
    if (finding->file != NULL)
        fprintf(out, "%s:%d: ", finding->file, finding->line);
    fprintf(out, "%s%s%s\n", finding->invariant ? "invariant " : "", line, paint(terminal, PLAIN));
    if (finding->expected != NULL)
        show_fact(out, "expected", finding->expected);
    if (finding->seen != NULL)
        show_fact(out, "seen", finding->seen);
    if (finding->why != NULL)
        show_fact(out, "because", finding->why);
    fprintf(out, "    at        %s, seed %" PRIu64 "\n", harness_duration_text(finding->at_ns, at),
            seed);
}

static bool is_bad(const struct cli_outcome *outcome)
{
    switch (outcome->result.status) {
    case RECORD_FAILED:
    case RECORD_BROKEN:
    case RECORD_FIXED:
        return true;
    case RECORD_PASSED:
    case RECORD_KNOWN:
    case RECORD_SKIPPED:
    case RECORD_STATUS_COUNT:
        break;
    }
    return outcome->divergence != NULL;
}

static void show_case_line(const struct cli_terminal *terminal, const struct harness_case *play,
                           const struct harness_result *result)
{
    char took[HARNESS_DURATION_MAX];
    fprintf(terminal->out, "%s%-7s%s %s", paint(terminal, colour_of[result->status]),
            record_status_name(result->status), paint(terminal, PLAIN), play->result);
    fprintf(terminal->out, "%s  %s%s\n", paint(terminal, GREY),
            harness_duration_text(result->end_ns, took), paint(terminal, PLAIN));
}

static void show_in_full(const struct cli_terminal *terminal, const struct harness_case *play,
                         const struct cli_outcome *outcome, const struct harness_worlds *worlds)
{
    FILE *out = terminal->out;
    const struct harness_result *result = &outcome->result;
    fprintf(out, "  %s:%d: %s\n", play->file->path, play->scenario->line, play->scenario->title);
    if (result->status == RECORD_FIXED)
        show_fact(out, "fixed", "it passes, though it is registered as known:");
    if (result->reason != NULL)
        show_fact(out, record_status_name(result->status), result->reason);
    for (size_t i = 0; i < result->failed_count && result->status != RECORD_KNOWN; i++)
        show_finding(terminal, &result->failed[i], play->seed);
    if (outcome->divergence != NULL)
        show_fact(out, "diverged", outcome->divergence);
    fprintf(out, "    replay    %s\n", worlds->replay(worlds->owner, play));
}

/* "12 passed, 1 failed" */
static void show_counts(FILE *out, const size_t counts[RECORD_STATUS_COUNT])
{
    const char *between = "";
    for (unsigned status = 0; status < RECORD_STATUS_COUNT; status++) {
        if (counts[status] == 0)
            continue;
        fprintf(out, "%s%zu %s", between, counts[status],
                record_status_name((enum record_status)status));
        between = ", ";
    }
}

static void end_file(struct cli_terminal *terminal)
{
    const size_t *counts = terminal->of_file;
    if (terminal->file == NULL || terminal->loudness != CLI_USUAL)
        return;
    wipe(terminal);
    bool bad = counts[RECORD_FAILED] + counts[RECORD_BROKEN] + counts[RECORD_FIXED] > 0;
    bool played = counts[RECORD_PASSED] + counts[RECORD_KNOWN] > 0;
    enum colour colour = bad ? RED : played ? GREEN : GREY;
    fprintf(terminal->out, "%s%-7s%s %s  ", paint(terminal, colour),
            bad      ? "failed"
            : played ? "passed"
                     : "skipped",
            paint(terminal, PLAIN), terminal->file->path);
    show_counts(terminal->out, counts);
    fputc('\n', terminal->out);
}

/* What the case has found out, each answer on a line of its own. */
static void show_answers(const struct cli_terminal *terminal, const char *answers)
{
    for (const char *at = answers; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        fprintf(terminal->out, "    %s%.*s%s\n", paint(terminal, BOLD), (int)length, at,
                paint(terminal, PLAIN));
        at += length + (at[length] == '\n');
    }
}

void cli_terminal_result(struct cli_terminal *terminal, const struct harness_case *play,
                         const struct cli_outcome *outcome, const struct harness_worlds *worlds)
{
    const struct harness_result *result = &outcome->result;
    if (play->file != terminal->file) {
        end_file(terminal);
        terminal->file = play->file;
        memset(terminal->of_file, 0, sizeof(terminal->of_file));
    }
    terminal->counts[result->status]++;
    terminal->of_file[result->status]++;
    terminal->diverged += outcome->divergence != NULL;
    terminal->outside += result->outside > 0 && result->hash != 0;
    terminal->virtual_ns += (int64_t)result->end_ns;
    if (terminal->loudness == CLI_SILENT)
        return;
    bool in_full = is_bad(outcome);
    bool answered = result->answers != NULL && terminal->loudness != CLI_QUIET;
    if (!in_full && terminal->loudness != CLI_VERBOSE && !answered)
        return;
    wipe(terminal);
    show_case_line(terminal, play, result);
    if (in_full)
        show_in_full(terminal, play, outcome, worlds);
    else if (result->reason != NULL)
        show_fact(terminal->out, record_status_name(result->status), result->reason);
    if (answered)
        show_answers(terminal, result->answers);
    fflush(terminal->out);
}

/* --- the end --- */

/* Seconds are exact enough for people. */
static const char *rough_time(int64_t ns, char *text)
{
    const int64_t second_ns = 1000000000;
    uint64_t rounded_ns = (uint64_t)ns;
    if (ns >= 60 * second_ns)
        rounded_ns -= rounded_ns % (uint64_t)second_ns;
    else
        rounded_ns -= rounded_ns % 1000000;
    return harness_duration_text(rounded_ns, text);
}

void cli_terminal_end(struct cli_terminal *terminal, int signal)
{
    char played_text[HARNESS_DURATION_MAX], took_text[HARNESS_DURATION_MAX];
    size_t played = 0;
    end_file(terminal);
    wipe(terminal);
    if (terminal->loudness == CLI_SILENT)
        return;
    for (unsigned status = 0; status < RECORD_STATUS_COUNT; status++)
        played += terminal->counts[status];
    fprintf(terminal->out, "%s%zu %s:%s ", paint(terminal, BOLD), played,
            played == 1 ? "case" : "cases", paint(terminal, PLAIN));
    show_counts(terminal->out, terminal->counts);
    if (terminal->diverged > 0)
        fprintf(terminal->out, "%s%zu with two traces of one seed", played > 0 ? ", " : "",
                terminal->diverged);
    if (played < terminal->total)
        fprintf(terminal->out, "%s%zu not played", played > 0 ? ", " : "",
                terminal->total - played);
    fprintf(terminal->out, "%s; %s of virtual time in %s\n",
            signal == 0        ? ""
            : signal == SIGINT ? "; interrupted"
                               : "; terminated",
            rough_time(terminal->virtual_ns, played_text),
            rough_time(wall_now_ns() - terminal->began_ns, took_text));
    if (terminal->outside > 0)
        fprintf(
            terminal->out,
            "faults armed from outside struck in %zu of them: a seed alone won't replay those\n",
            terminal->outside);
    fflush(terminal->out);
}
