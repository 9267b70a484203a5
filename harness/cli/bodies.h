/*
 * What the bodies of a file say wrong, and the globals that they read and write, found without
 * running them.
 *
 * The values that scripts get from `t` have the types that the language's annotations give them;
 * locals keep them as long as nobody assigns anew.  Where a type is known, its names are looked
 * up: methods, fields, options, and texts that must be one of a list.  Where it is not, nothing is
 * said; nor of what a `pcall` holds, which may be wrong on purpose.
 */
#ifndef HARNESS_CLI_BODIES_H
#define HARNESS_CLI_BODIES_H

#include <stdbool.h>

#include "harness/library/language.h"

/* A place where a global is read or written, in a pcall too; the name lives during the call. */
typedef void cli_global_fn(const char *name, int line, bool written, void *owner);
typedef void cli_mistake_fn(int line, const char *mistake, void *owner);

/* Hears of each in the order of the text: of all globals, then of all mistakes. */
struct cli_hearer {
    cli_global_fn *global;
    cli_mistake_fn *mistake;
    void *owner; /* of both */
};

/* Tell all of `source`, which must compile.  False: out of memory. */
bool cli_bodies(const struct language *language, const char *source,
                const struct cli_hearer *hearer);

#endif
