/*
 * The globals that a file's functions read and write, found without running it: in what Lua's
 * own compiler makes of it.
 */
#ifndef HARNESS_CLI_GLOBALS_H
#define HARNESS_CLI_GLOBALS_H

#include <stdbool.h>
#include <stddef.h>

/* One place; the name lives during the call. */
typedef void cli_global_fn(const char *name, int line, bool written, void *owner);

/* Tell `see` of all of them, function by function.  False when the text does not compile, or this
 * Lua's bytecode is none that is known. */
bool cli_globals(const char *source, cli_global_fn *see, void *owner);

#endif
