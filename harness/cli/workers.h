/*
 * Plays all cases with several processes: the parent hands them out and gets the outcomes in
 * the order of the list, whatever the order of ending.
 *
 * A case that crashes or takes too long costs itself only: its outcome is `broken`, and another
 * process takes the worker's place.  The first whose record could not be written is the last to
 * be handed out; those that are being played then are told of, too.  Forks: no thread may have been
 * started before.
 */
#ifndef HARNESS_CLI_WORKERS_H
#define HARNESS_CLI_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/cli/player.h"

/* Told of each case in order; the outcome is released after it.  False: no new case. */
typedef bool cli_workers_told_fn(void *owner, size_t index, struct cli_outcome *outcome);

/* Told now and then while nothing ends: how many have ended, and one that is being played. */
typedef void cli_workers_tick_fn(void *owner, size_t ended, size_t playing);

struct cli_workers_options {
    unsigned jobs;   /* 0: play in this process */
    int64_t wall_ns; /* what a case may take in sim */
    cli_workers_told_fn *told;
    cli_workers_tick_fn *tick; /* NULL: nobody wants to know */
    void *owner;
};

/* Play the cases.  How many have been told of: fewer than there are after a signal
 * (cli_interrupted), or when told so; -1: no process could be made, errno says why. */
long cli_workers_play(const struct cli_player *player, const struct cli_workers_options *options);

#endif
