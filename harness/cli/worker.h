/*
 * A worker: a process that plays one case at a time for the parent.
 */
#ifndef HARNESS_CLI_WORKER_H
#define HARNESS_CLI_WORKER_H

#include <stdint.h>

#include "harness/cli/player.h"

/* Play what the parent asks for over `socket` (the place in the list, uint32_t) and answer with
 * the length (uint32_t) and a parcel, until the parent closes.  Never returns. */
_Noreturn void cli_worker(int socket, const struct cli_player *player);

#endif
