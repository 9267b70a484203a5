/*
 * Events as lines, for people who look on while a server serves.
 */
#ifndef HARNESS_CLI_WATCH_H
#define HARNESS_CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "faults/point.h"
#include "rpc/world/world.h"

struct cli_watch {
    FILE *out;
    int loudness; /* 0: the log, and where servers listen; 1: what happens per call; 2: everything
                   */
    uint64_t connections, calls;
    bool lost; /* a line could not be written, which was told */
};

void cli_watch_begin(struct cli_watch *watch, FILE *out, int loudness);

/* One at a time. */
void cli_watch_event(struct cli_watch *watch, const struct point_event *event);

void cli_watch_strike(struct cli_watch *watch, const struct point_event *event,
                      enum point_effect effect, bool outside);
void cli_watch_listens(struct cli_watch *watch, struct world_address address);

/* The summary. */
void cli_watch_end(struct cli_watch *watch);

#endif
