/*
 * Programs that a dead worker has left behind.  They come to us, the nearest subreaper.
 */
#ifndef HARNESS_CLI_ORPHANS_H
#define HARNESS_CLI_ORPHANS_H

#include <stdbool.h>

/* Kill the groups of all children that lead one of their own, which no worker does, and reap
 * them.  `gently`: with SIGTERM first, and SIGKILL after two seconds. */
void cli_orphans_kill(bool gently);

#endif
