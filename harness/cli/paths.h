/*
 * Files and folders on the command line to files of scenarios.
 */
#ifndef HARNESS_CLI_PATHS_H
#define HARNESS_CLI_PATHS_H

#include <stddef.h>

#include "rpc/status.h"

enum { CLI_PATHS_PROBLEM_MAX = 5120 };

/* All .lua files of the paths, folders searched through but for those called "lib", in order of
 * their names.  RPC_NO_MEMORY; RPC_IO: `problem` (CLI_PATHS_PROBLEM_MAX bytes) says what can't be
 * read, and why.  The list and its texts are the caller's, see cli_paths_free. */
enum rpc_status cli_paths(const char *const *given, char ***paths, size_t *count, char *problem);
void cli_paths_free(char **paths, size_t count);

#endif
