/*
 * Comparing with an earlier run: what fails now and did not, what is fixed, which calls end
 * otherwise, and where two records of one case first differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/reader.h"
#include "reports/results.h"

enum { PATH_LENGTH_MAX = 4096, LINE_SHOWN_MAX = 2000, FAR_MAX = 50 };

static json_t *load(const char *folder, const char *name)
{
    char path[PATH_LENGTH_MAX];
    char *bytes;
    size_t length;
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
        record_read_file(path, &bytes, &length) != RPC_OK)
        return NULL;
    json_t *run = json_loadb(bytes, length, 0, NULL);
    free(bytes);
    return run;
}

static const json_t *find(const json_t *results, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(results, i, one)
    {
        const char *own = result_text(one, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return one;
    }
    return NULL;
}

/* --- two records --- */

/* How calls end, in the order of the record. */
static enum rpc_status keep_ending(void *owner, const char *type, const json_t *line)
{
    json_t *endings = owner;
    char id[32];
    if (strcmp(type, "call") != 0)
        return RPC_OK;
    snprintf(id, sizeof(id), "%lld", (long long)json_integer_value(json_object_get(line, "id")));
    const char *ending = result_text(line, "ending");
    json_t *text = json_string(ending != NULL ? ending : "");
    return json_object_set_new(endings, id, text) == 0 ? RPC_OK : RPC_NO_MEMORY;
}

/* The calls that end in another way, as [[call, before, now], …]. */
static json_t *compare_endings(const char *before, size_t before_length, const char *now,
                               size_t now_length)
{
    static const char *const types[] = {"call", NULL};
    struct record_reading reading;
    json_t *then = json_object(), *endings = json_object(), *changed = json_array(), *ending;
    const char *id;
    record_read(before, before_length, types, keep_ending, then, &reading);
    record_read(now, now_length, types, keep_ending, endings, &reading);
    json_object_foreach(endings, id, ending)
    {
        const json_t *was = json_object_get(then, id);
        if (json_is_string(was) && !json_equal(was, ending) && json_array_size(changed) < FAR_MAX)
            json_array_append_new(changed,
                                  json_pack("[I,s,s]", (json_int_t)atoll(id),
                                            json_string_value(was), json_string_value(ending)));
    }
    json_decref(then);
    json_decref(endings);
    return changed;
}

static size_t line_length(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);
}

static void set_line(json_t *change, const char *key, const char *time_key, const char *at,
                     size_t length)
{
    json_t *line = json_loadb(at, length, 0, NULL);
    const json_t *t = json_object_get(line, "t");
    if (json_is_integer(t))
        json_object_set_new(change, time_key, json_integer(json_integer_value(t)));
    json_decref(line);
    while (length > LINE_SHOWN_MAX || (length > 0 && json_object_get(change, key) == NULL)) {
        if (length > LINE_SHOWN_MAX)
            length = LINE_SHOWN_MAX;
        json_t *text = json_stringn(at, length); /* NULL when a character has been cut */
        if (text == NULL)
            length--;
        else
            json_object_set_new(change, key, text);
    }
}

/* The first line that differs, behind the first one, which tells only what was played. */
static void find_difference(json_t *change, const char *before, size_t before_length,
                            const char *now, size_t now_length)
{
    const char *before_end = before + before_length, *now_end = now + now_length;
    for (json_int_t number = 1; before < before_end || now < now_end; number++) {
        size_t was = line_length(before, before_end), is = line_length(now, now_end);
        if (number > 1 && (was != is || memcmp(before, now, was) != 0)) {
            json_object_set_new(change, "line", json_integer(number));
            set_line(change, "before", "t_before", before, was);
            set_line(change, "now", "t_now", now, is);
            return;
        }
        before += was < (size_t)(before_end - before) ? was + 1 : was;
        now += is < (size_t)(now_end - now) ? is + 1 : is;
    }
}

static void compare_records(json_t *change, const char *path, const struct result *result)
{
    char *then, *owned;
    const char *now;
    size_t then_length, length;
    if (record_read_file(path, &then, &then_length) != RPC_OK)
        return;
    if (result_bytes(result, &now, &length, &owned) == RPC_OK && now != NULL) {
        json_t *endings = compare_endings(then, then_length, now, length);
        if (json_array_size(endings) > 0)
            json_object_set(change, "endings", endings);
        json_decref(endings);
        find_difference(change, then, then_length, now, length);
        free(owned);
    }
    free(then);
}

/* --- two results --- */

static const char *kind_of(bool bad, bool was_bad, const json_t *change)
{
    if (bad != was_bad)
        return bad ? "new" : "fixed";
    if (json_object_get(change, "endings") != NULL)
        return "endings";
    if (json_object_get(change, "line") != NULL)
        return "order";
    return "same";
}

static bool has_hash(const struct result *result, const json_t *then)
{
    char text[32];
    const char *hash = result_text(then, "hash");
    snprintf(text, sizeof(text), "%016llx", (unsigned long long)result->hash);
    return result->hash != 0 && hash != NULL && strcmp(hash, text) == 0;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, key, json_string(text));
}

/* `then`: how run.json tells of the result, with the `path` of its record; NULL: it does not. */
static enum rpc_status compare(struct result *result, const json_t *then)
{
    json_t *change = json_object();
    bool bad = report_is_bad(result->status);
    if (change == NULL)
        return RPC_NO_MEMORY;
    if (then == NULL) {
        set_text(change, "kind", bad ? "new" : "added");
    } else {
        const char *status = result_text(then, "status"), *path = result_text(then, "path");
        const char *name = result_text(then, "name");
        enum record_status was = status != NULL ? record_status_by_name(status) : RECORD_BROKEN;
        if (path != NULL && !has_hash(result, then))
            compare_records(change, path, result);
        set_text(change, "kind", kind_of(bad, report_is_bad(was), change));
        set_text(change, "then", status != NULL ? status : "?");
        if (name != NULL && strcmp(name, result->name) != 0)
            set_text(change, "with", name);
        if (strcmp(result_text(change, "kind"), "same") != 0)
            set_text(change, "path", path);
    }
    json_decref(result->change);
    result->change = change;
    return RPC_OK;
}

/* --- two runs --- */

static bool has_result(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->results[i].name, name) == 0)
            return true;
    return false;
}

/* `run` is the earlier one, as run.json tells of it.  `paired`: one result each, whatever they
 * are called. */
static enum rpc_status compare_all(struct report *report, const json_t *run, bool paired)
{
    const json_t *results = json_object_get(run, "results");
    json_t *gone = json_array(), *one;
    enum rpc_status status = gone != NULL ? RPC_OK : RPC_NO_MEMORY;
    size_t i;
    for (i = 0; i < report->count && status == RPC_OK; i++) {
        struct result *result = &report->results[i];
        status = compare(result, paired ? json_array_get(results, 0) : find(results, result->name));
    }
    json_array_foreach(results, i, one)
    {
        const char *name = result_text(one, "name");
        if (name != NULL && !paired && !has_result(report, name))
            json_array_append(gone, json_object_get(one, "name"));
    }
    json_decref(report->baseline);
    report->baseline = json_pack("{s:s*,s:s*,s:s*,s:o}", "started", result_text(run, "started"),
                                 "version", result_text(run, "version"), "verdict",
                                 result_text(run, "verdict"), "gone", gone);
    return report->baseline != NULL ? status : RPC_NO_MEMORY;
}

/* Where the records are: run.json names their files only. */
static void find_records(const json_t *results, const char *folder)
{
    char path[PATH_LENGTH_MAX];
    json_t *one;
    size_t i;
    json_array_foreach(results, i, one)
    {
        const char *record = result_text(one, "record");
        const char *slash = record != NULL ? strrchr(record, '/') : NULL;
        json_object_del(one, "path");
        if (record == NULL)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, slash != NULL ? slash + 1 : record);
        set_text(one, "path", path);
    }
}

enum rpc_status report_compare(struct report *report, const char *folder)
{
    json_t *run = load(folder, "run.json");
    const json_t *results = json_object_get(run, "results");
    enum rpc_status status = run == NULL ? RPC_IO : RPC_MALFORMED;
    if (json_is_array(results)) {
        find_records(results, folder);
        status = compare_all(report, run, false);
    }
    json_decref(run);
    return status;
}

static json_t *result_as_told(const struct result *result)
{
    char hash[32];
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)result->hash);
    return json_pack("{s:s,s:s,s:s,s:s*}", "name", result->name, "status",
                     record_status_name(result->status), "hash", hash, "path", result->path);
}

enum rpc_status report_compare_with(struct report *report, const struct report *earlier)
{
    char verdict[REPORT_VERDICT_MAX];
    json_t *run =
        json_pack("{s:s*,s:s*,s:s,s:[]}", "started", earlier->started, "version", earlier->version,
                  "verdict", report_verdict(earlier, verdict, sizeof(verdict)), "results");
    enum rpc_status status = run != NULL ? RPC_OK : RPC_NO_MEMORY;
    for (size_t i = 0; i < earlier->count && status == RPC_OK; i++)
        if (json_array_append_new(json_object_get(run, "results"),
                                  result_as_told(&earlier->results[i])) != 0)
            status = RPC_NO_MEMORY;
    if (status == RPC_OK)
        status = compare_all(report, run, report->count == 1 && earlier->count == 1);
    json_decref(run);
    return status;
}

/* --- what has come of it --- */

enum report_since result_since(const struct result *result)
{
    const char *kind = result_text(result->change, "kind");
    if (kind == NULL)
        return REPORT_NOT_COMPARED;
    if (strcmp(kind, "new") == 0)
        return REPORT_NEWLY_FAILING;
    if (strcmp(kind, "fixed") == 0)
        return REPORT_FIXED_SINCE;
    return report_is_bad(result->status) ? REPORT_KNOWN_SINCE : REPORT_WELL_SINCE;
}

const char *result_since_word(const struct result *result)
{
    static const char *const words[] = {
        [REPORT_NOT_COMPARED] = NULL,   [REPORT_NEWLY_FAILING] = "new",
        [REPORT_KNOWN_SINCE] = "known", [REPORT_FIXED_SINCE] = "fixed",
        [REPORT_WELL_SINCE] = NULL,
    };
    return words[result_since(result)];
}

struct report_changes report_changes(const struct report *report)
{
    struct report_changes changes = {.compared = report->baseline != NULL};
    for (size_t i = 0; i < report->count; i++) {
        const char *kind = result_text(report->results[i].change, "kind");
        changes.since[result_since(&report->results[i])]++;
        if (kind == NULL)
            continue;
        changes.endings += strcmp(kind, "endings") == 0;
        changes.order += strcmp(kind, "order") == 0;
        changes.added += strcmp(kind, "added") == 0;
    }
    changes.gone = json_array_size(json_object_get(report->baseline, "gone"));
    return changes;
}
