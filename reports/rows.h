/*
 * A record as a list of its lines, for exports that must see it whole and in order of time.
 */
#ifndef REPORTS_ROWS_H
#define REPORTS_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "rpc/status.h"

struct rows {
    json_t **lines; /* owned, each a reference; in order of the record */
    size_t count, capacity;
};

/* Read the record at `path`; `types` as in record_read.  Lines that do not parse are left out.
 * What record_read and record_read_file return; nothing is left then. */
enum rpc_status rows_read(const char *path, const char *const *types, struct rows *rows);
void rows_release(struct rows *rows);

/* The number under `key`, or `otherwise` where there is none (null, too). */
int64_t rows_number(const json_t *line, const char *key, int64_t otherwise);

/* The text under `key`, or "". */
const char *rows_text(const json_t *line, const char *key);

/* Whether it is a line of this type. */
int rows_is(const json_t *line, const char *type);

#endif
