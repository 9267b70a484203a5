/*
 * Records back into a report: files, and folders that --record has made.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/reader.h"
#include "reports/results.h"

enum { PATH_LENGTH_MAX = 4096, NAME_LENGTH_MAX = 1024 };

struct loading {
    struct report *report;
    report_told_fn *told;
    void *owner;
};

static void tell(const struct loading *loading, enum rpc_status status, const char *path,
                 const char *sentence)
{
    char text[PATH_LENGTH_MAX + 256];
    snprintf(text, sizeof(text), "%s: %s", path, sentence);
    loading->told(loading->owner, status, text);
}

static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_record(const char *name)
{
    size_t length = strlen(name), ending = strlen(".jsonl");
    return name[0] != '.' && length > ending && strcmp(name + length - ending, ".jsonl") == 0;
}

/* Only where several seeds were played do names and files end with theirs. */
static bool has_seed(const char *name)
{
    const char *at = strrchr(name, '@');
    return strchr(at != NULL ? at : name, '#') != NULL;
}

/* --- a record --- */

/* `is_told`: somebody else has said why it is broken. */
static enum rpc_status add(const struct loading *loading, const struct report_input *input,
                           bool is_told)
{
    struct report *report = loading->report;
    enum rpc_status status = report_add(report, input);
    if (status == RPC_BAD_VALUE) {
        tell(loading, status, input->path != NULL ? input->path : input->scenario->name,
             "another record has the same name; this one is left out");
        return RPC_OK;
    }
    if (status != RPC_OK)
        return status;
    const struct result *result = &report->results[report->count - 1];
    if (result->trouble != RPC_OK)
        tell(loading, result->trouble, input->path, result->reason);
    else if (result->is_cut && !is_told)
        tell(loading, RPC_OK, input->path, "the record ends early; it is shown as far as it goes");
    return RPC_OK;
}

static enum rpc_status load_record(const struct loading *loading, const char *path)
{
    struct report_input input = {
        .path = path, .record_name = file_part(path), .repeated = has_seed(file_part(path))};
    return add(loading, &input, false);
}

/* --- a folder without run.json --- */

static int choose(const struct dirent *entry)
{
    return is_record(entry->d_name);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum rpc_status load_files(const struct loading *loading, const char *folder)
{
    struct dirent **entries;
    enum rpc_status status = RPC_OK;
    int count = scandir(folder, &entries, choose, compare);
    if (count < 0)
        return errno == ENOMEM ? RPC_NO_MEMORY : RPC_IO;
    for (int i = 0; i < count; i++) {
        char path[PATH_LENGTH_MAX];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (status == RPC_OK)
            status = load_record(loading, path);
    }
    free(entries);
    if (count == 0)
        tell(loading, RPC_MALFORMED, folder, "there is no record here (a file *.jsonl)");
    return status;
}

/* --- run.json --- */

static enum rpc_status set_fact(char **fact, const json_t *run, const char *key)
{
    const char *text = result_text(run, key);
    if (*fact != NULL || text == NULL)
        return RPC_OK;
    *fact = strdup(text);
    return *fact != NULL ? RPC_OK : RPC_NO_MEMORY;
}

/* The facts of the first run that is met are the report's. */
static enum rpc_status set_run(struct report *report, const json_t *run)
{
    const json_t *argv = json_object_get(run, "argv");
    size_t argc = json_array_size(argv);
    if (report->started != NULL || report->argc > 0)
        return RPC_OK;
    if (set_fact(&report->version, run, "version") || set_fact(&report->started, run, "started") ||
        set_fact(&report->host, run, "host"))
        return RPC_NO_MEMORY;
    report->wall_ns = json_integer_value(json_object_get(run, "wall_ns"));
    report->live = json_is_true(json_object_get(run, "live"));
    char **texts = realloc(report->argv, (argc + 1) * sizeof(*texts));
    if (texts == NULL)
        return RPC_NO_MEMORY;
    report->argv = texts;
    for (size_t i = 0; i < argc; i++) {
        const char *text = json_string_value(json_array_get(argv, i));
        report->argv[report->argc] = strdup(text != NULL ? text : "");
        if (report->argv[report->argc] == NULL)
            return RPC_NO_MEMORY;
        report->argc++;
    }
    return RPC_OK;
}

/* What the name alone says of a scenario: NAME@RELEASE#SEED.  `name` is cut into its parts. */
static struct record_scenario scenario_of(char *name, const json_t *one)
{
    struct record_scenario scenario = {
        .name = name,
        .title = result_text(one, "title"),
        .file = result_text(one, "file"),
        .line = (int)json_integer_value(json_object_get(one, "line")),
        .subject = "self",
        .replay = result_text(one, "replay"),
        .known = result_text(one, "known"),
    };
    char *column = strrchr(name, '@');
    if (scenario.file == NULL)
        scenario.file = "";
    if (scenario.replay == NULL)
        scenario.replay = "";
    if (column == NULL)
        return scenario;
    *column++ = '\0';
    char *seed = strchr(column, '#');
    if (seed != NULL) {
        *seed++ = '\0';
        scenario.seed = strtoull(seed, NULL, 10);
    }
    if (*column >= '0' && *column <= '9')
        scenario.release = column;
    else
        scenario.subject = column;
    return scenario;
}

/* A number that may be a text, beyond 2^53. */
static uint64_t big(const json_t *one, const char *key)
{
    const json_t *value = json_object_get(one, key);
    if (json_is_string(value))
        return strtoull(json_string_value(value), NULL, 10);
    return (uint64_t)json_integer_value(value);
}

static enum rpc_status load_result(const struct loading *loading, const char *folder,
                                   const json_t *one, size_t *missing)
{
    char path[PATH_LENGTH_MAX], name[NAME_LENGTH_MAX];
    const char *given = result_text(one, "name"), *record = result_text(one, "record");
    const char *word = result_text(one, "status");
    enum record_status status = word != NULL ? record_status_by_name(word) : RECORD_STATUS_COUNT;
    if (given == NULL || status == RECORD_STATUS_COUNT)
        return RPC_OK;
    snprintf(name, sizeof(name), "%s", given);
    struct record_scenario scenario = scenario_of(name, one);
    struct report_input input = {
        .scenario = &scenario,
        .status = status,
        .reason = result_text(one, "reason"),
        .repeated = has_seed(given),
        .wall_ns = json_integer_value(json_object_get(one, "wall_ns")),
        .seeds_tried = big(one, "seeds"),
        .seeds_failed = big(one, "failed"),
        .first_failing_seed = big(one, "first_failing_seed"),
    };
    if (record != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, file_part(record));
        *missing += access(path, F_OK) != 0;
        if (access(path, F_OK) == 0) {
            input.path = path;
            input.record_name = file_part(record);
        }
    }
    return add(loading, &input, status == RECORD_BROKEN);
}

static enum rpc_status load_results(const struct loading *loading, const char *folder,
                                    const json_t *run)
{
    const json_t *results = json_object_get(run, "results");
    char sentence[128];
    size_t i, missing = 0;
    json_t *one;
    enum rpc_status status = set_run(loading->report, run);
    json_array_foreach(results, i, one)
    {
        if (status == RPC_OK)
            status = load_result(loading, folder, one, &missing);
    }
    if (status == RPC_OK && missing > 0) {
        snprintf(sentence, sizeof(sentence),
                 "%zu of the %zu records are not there; their verdicts are, from run.json", missing,
                 json_array_size(results));
        tell(loading, RPC_OK, folder, sentence);
    }
    return status;
}

/* `folder` NULL: the facts of the run only, its records are named one by one. */
static enum rpc_status load_run(const struct loading *loading, const char *folder, const char *path)
{
    char *bytes;
    size_t length;
    enum rpc_status status = record_read_file(path, &bytes, &length);
    if (status != RPC_OK)
        return status;
    json_t *run = json_loadb(bytes, length, 0, NULL);
    const char *schema = result_text(run, "schema");
    bool is_ours = schema != NULL && strcmp(schema, RECORD_SCHEMA) == 0;
    free(bytes);
    if (is_ours && json_is_array(json_object_get(run, "results"))) {
        status =
            folder != NULL ? load_results(loading, folder, run) : set_run(loading->report, run);
    } else if (!is_ours && schema != NULL && strncmp(schema, "ripcord.run/", 12) == 0) {
        tell(loading, RPC_UNSUPPORTED, path,
             "a newer ripcord made this run: it is of another version than " RECORD_SCHEMA);
    } else {
        tell(loading, RPC_MALFORMED, path,
             "this is no summary of a run; the records beside it are taken as they are");
        status = folder != NULL ? load_files(loading, folder) : RPC_OK;
    }
    json_decref(run);
    return status;
}

enum rpc_status report_load(struct report *report, const char *path, report_told_fn *told,
                            void *owner)
{
    const struct loading loading = {.report = report, .told = told, .owner = owner};
    char summary[PATH_LENGTH_MAX];
    struct stat about;
    if (stat(path, &about) != 0)
        return RPC_IO;
    if (!S_ISDIR(about.st_mode)) {
        FILE *file = fopen(path, "rb");
        if (file == NULL)
            return RPC_IO;
        fclose(file);
        return strcmp(file_part(path), "run.json") == 0 ? load_run(&loading, NULL, path)
                                                        : load_record(&loading, path);
    }
    snprintf(summary, sizeof(summary), "%s/run.json", path);
    return access(summary, F_OK) == 0 ? load_run(&loading, path, summary)
                                      : load_files(&loading, path);
}
