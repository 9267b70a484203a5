/*
 * The exports of one record, for all records of a report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/results.h"

typedef enum rpc_status export_fn(const char *record_path, const char *path);

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* FOLDER/purge.slow_reader@2.6.pcapng */
static enum rpc_status export_into(const struct result *result, const char *folder,
                                   const char *ending, export_fn *write)
{
    char *file = record_file_name(result->name);
    size_t size = file != NULL ? strlen(folder) + strlen(file) + strlen(ending) + 2 : 0;
    char *path = file != NULL ? malloc(size) : NULL;
    enum rpc_status status = RPC_NO_MEMORY;
    if (path != NULL) {
        int stem = (int)(strlen(file) - strlen(".jsonl"));
        snprintf(path, size, "%s/%.*s%s", folder, stem, file, ending);
        status = write(result->path, path);
    }
    free(path);
    free(file);
    return status;
}

static enum rpc_status export_all(const struct report *report, const char *path, const char *ending,
                                  export_fn *write)
{
    bool many = is_folder(path);
    enum rpc_status status = RPC_OK;
    if (!many && report->count > 1)
        return RPC_BAD_VALUE;
    for (size_t i = 0; i < report->count && status == RPC_OK; i++) {
        const struct result *result = &report->results[i];
        if (result->path == NULL || result->trouble != RPC_OK)
            continue;
        status = many ? export_into(result, path, ending, write) : write(result->path, path);
    }
    return status;
}

enum rpc_status report_export_pcapng(const struct report *report, const char *path)
{
    return export_all(report, path, ".pcapng", report_write_pcapng);
}

enum rpc_status report_export_perfetto(const struct report *report, const char *path)
{
    return export_all(report, path, ".perfetto.json", report_write_perfetto);
}
