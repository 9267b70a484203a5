#include "reports/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reports/line.h"
#include "reports/reader.h"

const char *result_text(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

const char *result_fact(const struct result *result, const char *key)
{
    return result_text(result->scenario, key);
}

const json_t *result_failed_check(const struct result *result)
{
    size_t i;
    json_t *check;
    json_array_foreach(result->checks, i,
                       check) if (!json_is_true(json_object_get(check, "ok"))) return check;
    return NULL;
}

size_t result_folder_length(const struct result *result)
{
    size_t dot = strcspn(result->name, ".@/");
    return result->name[dot] == '.' ? dot : 0;
}

const char *result_short_name(const struct result *result)
{
    size_t folder = result_folder_length(result);
    return folder > 0 ? result->name + folder + 1 : result->name;
}

/* --- reading a record --- */

static enum rpc_status set_reason(struct result *result, const char *reason)
{
    free(result->reason);
    result->reason = reason != NULL ? strdup(reason) : NULL;
    return reason != NULL && result->reason == NULL ? RPC_NO_MEMORY : RPC_OK;
}

static enum rpc_status on_end(struct result *result, const json_t *line)
{
    const char *name = result_text(line, "status");
    result->status = name != NULL ? record_status_by_name(name) : RECORD_STATUS_COUNT;
    result->t_ns = json_integer_value(json_object_get(line, "t"));
    if (result->status == RECORD_STATUS_COUNT) {
        result->status = RECORD_BROKEN;
        return set_reason(result, "the record's end has no status that is known");
    }
    return set_reason(result, result_text(line, "reason"));
}

static enum rpc_status on_line(void *owner, const char *type, const json_t *line)
{
    struct result *result = owner;
    json_t *kept = NULL;
    json_int_t t = json_integer_value(json_object_get(line, "t"));
    if (t > result->t_ns)
        result->t_ns = t;

    if (strcmp(type, "scenario") == 0 && result->scenario == NULL) {
        result->scenario = json_deep_copy(line);
        return result->scenario != NULL ? RPC_OK : RPC_NO_MEMORY;
    }
    if (strcmp(type, "check") == 0) {
        kept = result->checks;
        result->checks_failed += !json_is_true(json_object_get(line, "ok"));
    } else if (strcmp(type, "log") == 0) {
        kept = result->logs;
        if (json_array_size(kept) == RESULT_LOGS_MAX)
            json_array_remove(kept, 0);
    } else if (strcmp(type, "end") == 0) {
        return on_end(result, line);
    }
    result->calls += strcmp(type, "call") == 0;
    result->conns += strcmp(type, "conn") == 0;
    result->faults += strcmp(type, "fault") == 0;
    if (kept != NULL && json_array_append_new(kept, json_deep_copy(line)) != 0)
        return RPC_NO_MEMORY;
    return RPC_OK;
}

static const char *complaint(enum rpc_status status, const char *path)
{
    if (status == RPC_MALFORMED)
        return "this is no record of ripcord";
    if (status == RPC_UNSUPPORTED)
        return "a newer ripcord made this record: it is of another version than ripcord.run/1";
    return path != NULL ? "the record cannot be read" : NULL;
}

static enum rpc_status read_record(struct result *result, const char *reason)
{
    static const char *const types[] = {"check", "log", "end", "call", "conn", "fault", NULL};
    const char *bytes = NULL;
    char *owned = NULL;
    size_t length = 0;
    struct record_reading reading;

    result->status = RECORD_STATUS_COUNT;
    enum rpc_status status = result_bytes(result, &bytes, &length, &owned);
    if (status == RPC_OK) {
        result->record_length = length;
        result->hash = XXH3_64bits(bytes, length);
        status = record_read(bytes, length, types, on_line, result, &reading);
    }
    free(owned);
    if (status == RPC_NO_MEMORY)
        return status;
    if (status == RPC_OK && result->status != RECORD_STATUS_COUNT)
        return result->reason == NULL ? set_reason(result, reason) : RPC_OK;
    result->trouble = status;
    result->is_cut = status == RPC_OK;
    result->status = RECORD_BROKEN;
    if (status != RPC_OK)
        return set_reason(result, complaint(status, result->path));
    return set_reason(result, reason != NULL ? reason : "the record ends early");
}

/* --- a result without a record --- */

/* A line as the writer would write it, so that both kinds of results look the same. */
static json_t *scenario_line(const struct record_scenario *scenario)
{
    struct record *record;
    if (record_create_memory(0, &record) != RPC_OK)
        return NULL;
    size_t length;
    record_scenario(record, scenario);
    const char *bytes = record_bytes(record, &length);
    json_t *line = json_loadb(bytes, length, 0, NULL);
    record_free(record);
    return line;
}

/* A record that could not be read still needs a name: that of its file. */
static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static json_t *nameless(const char *path)
{
    char name[256];
    snprintf(name, sizeof(name), "%s", path != NULL ? file_part(path) : "unreadable");
    char *extension = strstr(name, ".jsonl");
    if (extension != NULL)
        *extension = '\0';
    struct line_buffer line = {0};
    line_raw(&line, "{", 1);
    line_text(&line, "name", name);
    line_text(&line, "subject", "self");
    line_raw(&line, "}", 1);
    json_t *object = line.no_memory ? NULL : json_loadb(line.bytes, line.length, 0, NULL);
    free(line.bytes);
    return object;
}

static char *name_of(const struct result *result, bool repeated)
{
    const json_t *seed = json_object_get(result->scenario, "seed");
    struct record_scenario scenario = {
        .name = result_fact(result, "name"),
        .subject = result_fact(result, "subject"),
        .release = result_fact(result, "release"),
        .seed = json_is_string(seed) ? strtoull(json_string_value(seed), NULL, 10)
                                     : (uint64_t)json_integer_value(seed),
    };
    if (scenario.name == NULL)
        scenario.name = "unnamed";
    if (scenario.subject == NULL)
        scenario.subject = "self";
    if (strcmp(scenario.subject, "self") == 0 && scenario.release == NULL)
        return strdup(scenario.name);
    return record_result_name(&scenario, repeated);
}

static enum rpc_status copy(char **to, const char *text)
{
    *to = text != NULL ? strdup(text) : NULL;
    return text != NULL && *to == NULL ? RPC_NO_MEMORY : RPC_OK;
}

enum rpc_status result_init(struct result *result, const struct report_input *input)
{
    *result = (struct result){
        .status = input->status,
        .wall_ns = input->wall_ns,
        .seeds_tried = input->seeds_tried,
        .seeds_failed = input->seeds_failed,
        .first_failing_seed = input->first_failing_seed,
        .bytes = input->bytes,
        .length = input->length,
    };
    const char *record_name = input->record_name != NULL ? input->record_name : input->path;
    result->checks = json_array();
    result->logs = json_array();
    if (result->checks == NULL || result->logs == NULL || copy(&result->path, input->path) ||
        copy(&result->record_name, record_name))
        goto fail;

    if (input->path == NULL && input->bytes == NULL) {
        if (set_reason(result, input->reason) != RPC_OK)
            goto fail;
    } else if (read_record(result, input->reason) != RPC_OK) {
        goto fail;
    }
    if (result->scenario == NULL)
        result->scenario =
            input->scenario != NULL ? scenario_line(input->scenario) : nameless(input->path);
    if (result->scenario == NULL)
        goto fail;
    result->name = name_of(result, input->repeated);
    if (result->name != NULL)
        return RPC_OK;

fail:
    result_release(result);
    return RPC_NO_MEMORY;
}

void result_release(struct result *result)
{
    json_decref(result->change);
    json_decref(result->logs);
    json_decref(result->checks);
    json_decref(result->scenario);
    free(result->record_name);
    free(result->path);
    free(result->reason);
    free(result->name);
    *result = (struct result){0};
}

enum rpc_status result_bytes(const struct result *result, const char **bytes, size_t *length,
                             char **owned)
{
    *owned = NULL;
    *bytes = result->bytes;
    *length = result->length;
    if (result->path == NULL)
        return RPC_OK;
    enum rpc_status status = record_read_file(result->path, owned, length);
    *bytes = *owned;
    return status;
}
