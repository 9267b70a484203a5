/*
 * What the bodies of a file say wrong, found without running them.
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

/* A mistake, in the order of the text. */
typedef void cli_mistake_fn(int line, const char *mistake, void *owner);

/* Tell of all mistakes in `source`, which must compile.  False: out of memory. */
bool cli_bodies(const struct language *language, const char *source, cli_mistake_fn *see,
                void *owner);

#endif
