#include "harness/cli/exports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/usage.h"

enum { PATH_LENGTH_MAX = 4096 };

static bool is_output(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool cli_exports_wanted(const struct cli_exports *exports)
{
    return exports->html != NULL || exports->junit != NULL || exports->tap || exports->annotate ||
           exports->pcap != NULL || exports->perfetto != NULL || exports->baseline != NULL;
}

int cli_exports_complain(const char *what, const char *path, int error)
{
    bool theirs = error == ENOENT || error == ENOTDIR || error == EISDIR || error == ENAMETOOLONG;
    return cli_complain(theirs ? CLI_USAGE : CLI_MACHINE, "cannot write the %s %s: %s", what, path,
                        strerror(error));
}

int cli_exports_told(const char *what, const char *path, enum rpc_status status)
{
    if (status == RPC_OK)
        return CLI_WELL;
    if (status == RPC_IO && is_output(path))
        return CLI_MACHINE; /* cli_end_output tells it */
    if (status == RPC_IO)
        cli_exports_complain(what, path, errno != 0 ? errno : EIO);
    else
        cli_complain(CLI_MACHINE, "cannot write the %s %s: %s", what, path,
                     rpc_status_text(status));
    return CLI_MACHINE;
}

static bool takes_output(const struct cli_exports *exports)
{
    return is_output(exports->html) || is_output(exports->junit) || is_output(exports->pcap) ||
           is_output(exports->perfetto);
}

FILE *cli_exports_spoken(const struct cli_exports *exports)
{
    return exports->tap || takes_output(exports) ? stderr : stdout;
}

/* --- before --- */

/* What is written twice to one place would be lost, or mixed; a folder has room for both. */
static int check_places(const struct cli_exports *exports)
{
    const struct {
        const char *option, *path;
    } places[] = {{"--report", exports->html},
                  {"--junit", exports->junit},
                  {"--pcap", exports->pcap},
                  {"--perfetto", exports->perfetto},
                  {"--tap", exports->tap ? "-" : NULL}};
    const size_t count = sizeof(places) / sizeof(places[0]);
    struct stat about;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; places[i].path != NULL && j < count; j++) {
            const char *path = places[j].path;
            if (path == NULL || strcmp(places[i].path, path) != 0 ||
                (stat(path, &about) == 0 && !S_ISREG(about.st_mode)))
                continue;
            return cli_complain(CLI_USAGE, "%s and %s can't both be written to %s; name two files",
                                places[i].option, places[j].option,
                                is_output(path) ? "the standard output" : path);
        }
    return CLI_WELL;
}

/* A report appears whole, under another name first: so its folder must take new files. */
static int check_file(const char *what, const char *path)
{
    char folder[PATH_LENGTH_MAX];
    struct stat about;
    if (path == NULL || is_output(path))
        return CLI_WELL;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return S_ISDIR(about.st_mode) ? cli_exports_complain(what, path, EISDIR) : CLI_WELL;
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof(folder), "%.*s", length, path);
    if (access(length == 0 ? "." : folder, W_OK | X_OK) != 0)
        return cli_exports_complain(what, path, errno);
    return CLI_WELL;
}

/* A file for one result, a folder for several. */
static int check_capture(const char *option, const char *what, const char *path, size_t results)
{
    struct stat about;
    if (path != NULL && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return access(path, W_OK | X_OK) == 0 ? CLI_WELL : cli_exports_complain(what, path, errno);
    if (path != NULL && results > 1)
        return cli_complain(CLI_USAGE,
                            "%s %s would hold one result, and there are %zu: name a folder that is "
                            "there, or take one: run's --filter chooses it, or its record is named",
                            option, path, results);
    return check_file(what, path);
}

static int check_baseline(const char *folder)
{
    char path[PATH_LENGTH_MAX];
    if (folder == NULL)
        return CLI_WELL;
    snprintf(path, sizeof(path), "%s/run.json", folder);
    if (access(path, R_OK) == 0)
        return CLI_WELL;
    return cli_complain(CLI_USAGE, "%s is no baseline (a folder that --record has made): %s: %s",
                        folder, path, strerror(errno));
}

int cli_exports_check(const struct cli_exports *exports, size_t results)
{
    int status = check_places(exports);
    if (status == CLI_WELL)
        status = check_file("report", exports->html);
    if (status == CLI_WELL)
        status = check_file("JUnit report", exports->junit);
    if (status == CLI_WELL)
        status = check_capture("--pcap", "capture", exports->pcap, results);
    if (status == CLI_WELL)
        status = check_capture("--perfetto", "trace", exports->perfetto, results);
    return status == CLI_WELL ? check_baseline(exports->baseline) : status;
}

/* --- after --- */

static int compare(const struct cli_exports *exports, struct report *report)
{
    enum rpc_status status = report_compare(report, exports->baseline);
    if (status == RPC_OK)
        return cli_exports_told("changes", "-",
                                report_write_changes(report, false, cli_exports_spoken(exports)));
    if (status == RPC_NO_MEMORY)
        return cli_complain(CLI_MACHINE, "out of memory");
    return cli_complain(CLI_USAGE, "%s is no baseline: its run.json tells of no results",
                        exports->baseline);
}

static int annotate(const struct cli_exports *exports, const struct report *report)
{
    const char *summary = getenv("GITHUB_STEP_SUMMARY");
    int status = CLI_WELL;
    if (!exports->annotate)
        return CLI_WELL;
    status |= cli_exports_told("annotations", "-",
                               report_write_annotations(report, cli_exports_spoken(exports)));
    if (summary != NULL && *summary != '\0')
        status |=
            cli_exports_told("step's summary", summary, report_append_summary(report, summary));
    return status;
}

/* Perl's prove, which says so in the environment, refuses what is newer than 13. */
static int tap_version(void)
{
    return getenv("HARNESS_ACTIVE") != NULL ? 13 : 14;
}

int cli_exports_write(const struct cli_exports *exports, struct report *report)
{
    int status = CLI_WELL;
    errno = 0;
    if (exports->baseline != NULL)
        status = compare(exports, report);
    int compared = status;
    status = CLI_WELL;
    if (exports->tap)
        status |= cli_exports_told("TAP", "-", report_write_tap(report, tap_version(), stdout));
    status |= annotate(exports, report);
    if (exports->html != NULL)
        status |=
            cli_exports_told("report", exports->html, report_write_html(report, exports->html));
    if (exports->junit != NULL)
        status |= cli_exports_told(
            "JUnit report", exports->junit,
            report_write_junit(report, exports->junit, exports->html, exports->junit_strict != 0));
    if (exports->pcap != NULL)
        status |=
            cli_exports_told("capture", exports->pcap, report_export_pcapng(report, exports->pcap));
    if (exports->perfetto != NULL)
        status |= cli_exports_told("trace", exports->perfetto,
                                   report_export_perfetto(report, exports->perfetto));
    return status != CLI_WELL ? status : compared;
}

const char *cli_exports_path(const struct cli_exports *exports)
{
    const char *path = exports->html != NULL    ? exports->html
                       : exports->junit != NULL ? exports->junit
                       : exports->pcap != NULL  ? exports->pcap
                                                : exports->perfetto;
    return path != NULL && !is_output(path) ? path : NULL;
}

int cli_exports_end(const struct cli_exports *exports, const char *path, int status)
{
    if (status == CLI_WELL && path != NULL)
        fprintf(takes_output(exports) ? stderr : stdout, "%s%s\n", exports->tap ? "# " : "", path);
    return cli_end_output(status);
}

void cli_exports_release(struct cli_exports *exports)
{
    free(exports->html);
    free(exports->junit);
    free(exports->pcap);
    free(exports->perfetto);
    free(exports->baseline);
}
