/*
 * The end of a file that is still in memory: whole lines, which go to the file many at a time.
 *
 * One thread adds at a time.  At any moment, on any thread, the handler of a signal that kills the
 * process may bring what is there to the file (tail_rescue).
 */
#ifndef REPORTS_TAIL_H
#define REPORTS_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "rpc/status.h"

struct tail;

/* Begin the file `path`, made or made empty.  RPC_OK, RPC_NO_MEMORY, RPC_IO (errno says why). */
enum rpc_status tail_create(const char *path, struct tail **tail);

/* Close and free it; what is not in the file is lost. */
void tail_free(struct tail *tail);

/* Append a line.  RPC_OK, or RPC_IO: then errno says why, and the file ends with a whole line
 * where it can be cut at all. */
enum rpc_status tail_add(struct tail *tail, const char *line, size_t length);

/* Bring what is here to the file.  As tail_add. */
enum rpc_status tail_flush(struct tail *tail);

/* The same for a handler; nothing can be added or flushed any more.  False: another thread is in
 * the midst of a line, so ask again in a moment. */
bool tail_rescue(struct tail *tail);

#endif
