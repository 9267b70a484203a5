/*
 * A file that appears whole or not at all.
 *
 * What is written goes to a file beside it, which takes the name at the end.  "-" is the
 * standard output, and what exists and is no plain file (a pipe, a device) is written as it is.
 */
#ifndef REPORTS_OUTPUT_H
#define REPORTS_OUTPUT_H

#include <stdio.h>

#include "rpc/status.h"

struct output {
    FILE *file;
    const char *path; /* borrowed */
    char *beside;     /* owned; NULL: written as it is */
};

/* Begin.  RPC_OK, RPC_NO_MEMORY, RPC_IO. */
enum rpc_status output_begin(struct output *output, const char *path);

/* End: on RPC_OK so far and no failed write the file takes its name.  Returns `status`, or
 * RPC_IO. */
enum rpc_status output_end(struct output *output, enum rpc_status status);

#endif
