/*
 * Reading a record back, line by line.
 *
 * A record may come from a crashed run, a full disk or a stranger: a line that does not
 * parse is passed over and counted, a last line that was cut off is told apart from that,
 * unknown types and fields are the caller's to ignore, and every size has a limit.
 */
#ifndef REPORTS_READER_H
#define REPORTS_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "rpc/status.h"

enum {
    RECORD_LINE_MAX = 16 << 20, /* bytes of one line; a longer one is passed over */
    RECORD_FILE_MAX = 512 << 20
};

/* What was met on the way. */
struct record_reading {
    size_t lines;   /* that were understood, or not looked for */
    size_t skipped; /* that are no object with a type, or too long */
    bool truncated; /* the last line was cut off; it is not counted */
};

/* One line, borrowed for the call.  Anything but RPC_OK ends the reading. */
typedef enum rpc_status record_line_fn(void *owner, const char *type, const json_t *line);

/* Read the record `bytes`.  `types` (NULL-terminated, or NULL: all) are the types that are
 * wanted besides the first line.  RPC_OK; RPC_MALFORMED: the first line is no `scenario` of
 * ripcord; RPC_UNSUPPORTED: of another version than ours; what `fn` returned. */
enum rpc_status record_read(const char *bytes, size_t length, const char *const *types,
                            record_line_fn *fn, void *owner, struct record_reading *reading);

/* The whole file in memory; the caller frees `bytes`.  RPC_OK, RPC_IO, RPC_NO_MEMORY,
 * RPC_TOO_LONG (over RECORD_FILE_MAX). */
enum rpc_status record_read_file(const char *path, char **bytes, size_t *length);

#endif
