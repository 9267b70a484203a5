/*
 * A worker: a process that plays cases for the parent.
 */
#ifndef HARNESS_CLI_WORKER_H
#define HARNESS_CLI_WORKER_H

#include <stdint.h>

#include "harness/cli/player.h"

/* Some of the list's cases, one behind the other. */
struct cli_range {
    uint32_t first, count;
};

/* Play the ranges that the parent asks for over `socket` and answer each when it has been played,
 * with the length (uint32_t) and the parcel of each of its cases, until the parent closes.  Never
 * returns. */
_Noreturn void cli_worker(int socket, const struct cli_player *player);

#endif
