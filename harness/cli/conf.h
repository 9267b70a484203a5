/*
 * --conf KEY=VALUE: a setting by Hadoop's name.
 */
#ifndef HARNESS_CLI_CONF_H
#define HARNESS_CLI_CONF_H

#include "rpc/release.h"

enum { CLI_CONF_KEY_MAX = 128 };

/* The release of that name; NULL after a complaint. */
const struct release *cli_release(const char *name);

/* Read `text` into `settings`: a number in Hadoop's unit of that key, "5s" for a time and "64KiB"
 * for a size; of a key that counts something, false means that it stands in no file.  0, or an
 * exit status after a complaint. */
int cli_conf_set(const struct release *release, struct release_settings *settings,
                 const char *text);

#endif
