/*
 * Plays one case of the list and keeps its record: in a worker, or in the parent.
 */
#ifndef HARNESS_CLI_PLAYER_H
#define HARNESS_CLI_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/play/cases.h"
#include "harness/play/play.h"

struct cli_player {
    const struct harness_worlds *worlds;
    const struct harness_cases *cases;
    const char *folder; /* where records go; NULL: none are kept */
    bool twice;         /* play each case again and compare */
};

/* How a case went.  Texts live in the result's arena. */
struct cli_outcome {
    struct harness_result result;
    int64_t wall_ns;
    int record_error;       /* an errno: the record is not whole, or not there; 0: it is */
    const char *divergence; /* where the second trace left the first; NULL: nowhere */
};

void cli_player_play(const struct cli_player *player, size_t index, struct cli_outcome *outcome);

/* The file of a case's record, to be freed; NULL when out of memory. */
char *cli_player_record(const struct cli_player *player, size_t index);

/* Bring what is recorded so far to the file, so that what kills this process loses nothing that
 * came before.  For a signal's handler, on any thread, that does not return; at most once. */
void cli_player_rescue(void);

#endif
