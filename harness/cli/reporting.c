#include "harness/cli/reporting.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/usage.h"

enum { PATH_LENGTH_MAX = 4096 };

/* --- before --- */

static int make_folder(const char *path)
{
    struct stat about;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return cli_exports_complain("records to", path, errno);
    if (stat(path, &about) != 0)
        return cli_exports_complain("records to", path, errno);
    if (!S_ISDIR(about.st_mode))
        return cli_exports_complain("records to", path, ENOTDIR);
    if (access(path, W_OK | X_OK) != 0)
        return cli_exports_complain("records to", path, errno);
    return CLI_WELL;
}

/* Reports are made of records; where nobody wants to keep them they pass. */
static int make_passing_folder(struct cli_reporting *reporting)
{
    const char *parent = getenv("TMPDIR");
    char path[PATH_LENGTH_MAX];
    snprintf(path, sizeof(path), "%s/ripcord-XXXXXX",
             parent != NULL && *parent != '\0' ? parent : "/tmp");
    if (mkdtemp(path) == NULL)
        return cli_exports_complain("records to", path, errno);
    reporting->is_passing = true;
    reporting->folder = strdup(path);
    return reporting->folder != NULL ? CLI_WELL : cli_complain(CLI_MACHINE, "out of memory");
}

int cli_reporting_begin(struct cli_reporting *reporting, const struct report_run *run, size_t cases)
{
    bool wanted = cli_exports_wanted(reporting->exports);
    int status = cli_exports_check(reporting->exports, cases);
    if (status == CLI_WELL && reporting->record != NULL) {
        status = make_folder(reporting->record);
        reporting->folder = strdup(reporting->record);
    } else if (status == CLI_WELL && wanted) {
        status = make_passing_folder(reporting);
    }
    if (status == CLI_WELL && (wanted || reporting->record != NULL) &&
        (reporting->folder == NULL || report_create(run, &reporting->report) != RPC_OK))
        status = cli_complain(CLI_MACHINE, "out of memory");
    return status;
}

/* --- while it plays --- */

int cli_reporting_add(struct cli_reporting *reporting, const struct cli_player *player,
                      size_t index, const struct cli_outcome *outcome)
{
    const struct harness_case *play = &player->cases->items[index];
    struct report_input input = {.repeated = play->repeated, .wall_ns = outcome->wall_ns};
    if (reporting->report == NULL)
        return CLI_WELL;
    char *path = cli_player_record(player, index);
    struct stat about;
    if (path != NULL && stat(path, &about) == 0 && about.st_size > 0) {
        input.path = path;
        input.record_name = strrchr(path, '/') + 1;
    }
    input.reason = outcome->result.reason;
    input.status = outcome->result.status;
    struct record_scenario scenario = {
        .name = play->name,
        .title = play->scenario->title,
        .file = play->file->path,
        .line = play->scenario->line,
        .subject = "self",
        .release = play->release->name,
        .seed = play->seed,
        .replay = "",
    };
    input.scenario = &scenario;
    enum rpc_status status = path != NULL ? report_add(reporting->report, &input) : RPC_NO_MEMORY;
    free(path);
    if (status != RPC_OK)
        return cli_complain(CLI_MACHINE, "the report of %s: %s", play->result,
                            rpc_status_text(status));
    return CLI_WELL;
}

/* What people can do about it. */
static const char *mend(const struct cli_reporting *reporting, int error)
{
    if (error != ENOSPC && error != EDQUOT)
        return "";
    return reporting->is_passing ? "; make room there, or let TMPDIR name another folder"
                                 : "; make room there, or name another folder with --record";
}

int cli_reporting_lose(struct cli_reporting *reporting, const struct cli_player *player,
                       size_t index, int error)
{
    char *path = reporting->folder != NULL ? cli_player_record(player, index) : NULL;
    if (!reporting->has_lost)
        cli_complain(CLI_MACHINE, "cannot write the record %s: %s%s",
                     path != NULL ? path : player->cases->items[index].result, strerror(error),
                     mend(reporting, error));
    reporting->has_lost = true;
    free(path);
    return CLI_MACHINE;
}

/* --- after --- */

/* Where a record found no room it may find none either, which has been told. */
static int write_run(const struct cli_reporting *reporting)
{
    char path[PATH_LENGTH_MAX];
    snprintf(path, sizeof(path), "%s/run.json", reporting->record);
    enum rpc_status status = report_write_run(reporting->report, path);
    if (status == RPC_IO && reporting->has_lost)
        return CLI_MACHINE;
    return cli_exports_told("run's summary", path, status);
}

int cli_reporting_write(struct cli_reporting *reporting)
{
    if (reporting->report == NULL)
        return CLI_WELL;
    int status = cli_exports_write(reporting->exports, reporting->report);
    int written = reporting->record != NULL ? write_run(reporting) : CLI_WELL;
    return written != CLI_WELL ? written : status;
}

const char *cli_reporting_path(const struct cli_reporting *reporting)
{
    const char *path = cli_exports_path(reporting->exports);
    return path != NULL ? path : reporting->record;
}

static void remove_folder(const char *folder)
{
    char path[PATH_LENGTH_MAX];
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(folder);
}

void cli_reporting_release(struct cli_reporting *reporting)
{
    report_free(reporting->report);
    if (reporting->is_passing && reporting->folder != NULL)
        remove_folder(reporting->folder);
    free(reporting->folder);
}
