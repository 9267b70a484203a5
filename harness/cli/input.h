/*
 * What the command line reads whole.
 */
#ifndef HARNESS_CLI_INPUT_H
#define HARNESS_CLI_INPUT_H

#include <stddef.h>

#include "rpc/wire/wire.h"

/* Append what is still to come from a descriptor.  0 or an errno: EFBIG, there are more than
 * `most` bytes; ENOMEM. */
int cli_input_rest(int descriptor, size_t most, struct wire_buffer *bytes);

/* The same with the file at `path`.  An exit status, after a complaint. */
int cli_input_file(const char *path, size_t most, struct wire_buffer *bytes);

#endif
