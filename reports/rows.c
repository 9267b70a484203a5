#include "reports/rows.h"

#include <stdlib.h>
#include <string.h>

#include "reports/reader.h"

static enum rpc_status keep(void *owner, const char *type, const json_t *line)
{
    struct rows *rows = owner;
    (void)type;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 256;
        json_t **lines = realloc(rows->lines, capacity * sizeof(json_t *));
        if (lines == NULL)
            return RPC_NO_MEMORY;
        rows->lines = lines;
        rows->capacity = capacity;
    }
    rows->lines[rows->count] = json_deep_copy(line);
    return rows->lines[rows->count++] != NULL ? RPC_OK : RPC_NO_MEMORY;
}

enum rpc_status rows_read(const char *path, const char *const *types, struct rows *rows)
{
    char *bytes;
    size_t length;
    struct record_reading reading;
    *rows = (struct rows){0};
    enum rpc_status status = record_read_file(path, &bytes, &length);
    if (status != RPC_OK)
        return status;
    status = record_read(bytes, length, types, keep, rows, &reading);
    free(bytes);
    if (status != RPC_OK)
        rows_release(rows);
    return status;
}

void rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        json_decref(rows->lines[i]);
    free(rows->lines);
    *rows = (struct rows){0};
}

int64_t rows_number(const json_t *line, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(line, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *rows_text(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text != NULL ? text : "";
}

int rows_is(const json_t *line, const char *type)
{
    return strcmp(rows_text(line, "type"), type) == 0;
}
