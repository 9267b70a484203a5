#include "reports/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"

static const char type_prefix[] = "{\"type\":\"";

static bool is_wanted(const char *const *types, const char *type, size_t length)
{
    if (types == NULL)
        return true;
    for (; *types != NULL; types++)
        if (strlen(*types) == length && memcmp(*types, type, length) == 0)
            return true;
    return false;
}

/* Our own lines begin with their type, so most can be passed over without parsing.  True
 * when this one surely has another type. */
static bool is_other(const char *const *types, const char *line, size_t length)
{
    size_t prefix = sizeof(type_prefix) - 1;
    if (types == NULL || length < prefix || memcmp(line, type_prefix, prefix) != 0)
        return false;
    const char *end = memchr(line + prefix, '"', length - prefix);
    return end != NULL && !is_wanted(types, line + prefix, (size_t)(end - line) - prefix);
}

static enum rpc_status check_first(const json_t *line, const char *type)
{
    const char *schema = json_string_value(json_object_get(line, "schema"));
    if (strcmp(type, "scenario") != 0 || schema == NULL)
        return RPC_MALFORMED;
    if (strcmp(schema, RECORD_SCHEMA) == 0)
        return RPC_OK;
    return strncmp(schema, "ripcord.run/", 12) == 0 ? RPC_UNSUPPORTED : RPC_MALFORMED;
}

struct reading {
    const char *const *types;
    record_line_fn *fn;
    void *owner;
    struct record_reading *told;
    bool begun;
};

static enum rpc_status read_line(struct reading *reading, const char *line, size_t length,
                                 bool whole)
{
    struct record_reading *told = reading->told;
    if (reading->begun && whole && is_other(reading->types, line, length)) {
        told->lines++;
        return RPC_OK;
    }
    json_t *object = length <= RECORD_LINE_MAX ? json_loadb(line, length, 0, NULL) : NULL;
    const char *type = json_string_value(json_object_get(object, "type"));
    enum rpc_status status = RPC_OK;
    if (type == NULL) {
        if (whole)
            told->skipped++;
        else
            told->truncated = true;
        if (!reading->begun)
            status = RPC_MALFORMED;
    } else {
        told->lines++;
        if (!reading->begun)
            status = check_first(object, type);
        if (status == RPC_OK && (!reading->begun || is_wanted(reading->types, type, strlen(type))))
            status = reading->fn(reading->owner, type, object);
        reading->begun = true;
    }
    json_decref(object);
    return status;
}

enum rpc_status record_read(const char *bytes, size_t length, const char *const *types,
                            record_line_fn *fn, void *owner, struct record_reading *told)
{
    struct reading reading = {.types = types, .fn = fn, .owner = owner, .told = told};
    *told = (struct record_reading){0};
    const char *end = bytes + length;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *stop = newline != NULL ? newline : end;
        if (stop > bytes) {
            enum rpc_status status =
                read_line(&reading, bytes, (size_t)(stop - bytes), newline != NULL);
            if (status != RPC_OK)
                return status;
        }
        bytes = newline != NULL ? newline + 1 : end;
    }
    return reading.begun ? RPC_OK : RPC_MALFORMED;
}

enum rpc_status record_read_file(const char *path, char **bytes, size_t *length)
{
    enum rpc_status status = RPC_OK;
    size_t capacity = 64 * 1024;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return RPC_IO;
    *length = 0;
    *bytes = malloc(capacity);
    if (*bytes == NULL)
        status = RPC_NO_MEMORY;
    while (status == RPC_OK && !feof(file)) {
        if (*length == capacity) {
            char *larger = capacity < RECORD_FILE_MAX ? realloc(*bytes, 2 * capacity) : NULL;
            if (larger == NULL) {
                status = capacity < RECORD_FILE_MAX ? RPC_NO_MEMORY : RPC_TOO_LONG;
                break;
            }
            *bytes = larger;
            capacity *= 2;
        }
        *length += fread(*bytes + *length, 1, capacity - *length, file);
        if (ferror(file))
            status = RPC_IO;
    }
    fclose(file);
    if (status != RPC_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}
