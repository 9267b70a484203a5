/*
 * The only place that chooses between the simulated and the live world.
 */
#ifndef HARNESS_CLI_WORLDS_H
#define HARNESS_CLI_WORLDS_H

#include <stdbool.h>

#include "harness/play/play.h"

enum { CLI_TOLERANCE_MS = 20 }; /* unless another one is asked for */

struct cli_worlds_options {
    const char *world;   /* "sim" or "live" */
    double speed;        /* live: the clock's */
    double tolerance_ms; /* live: so late is in time */
    bool thread_each;    /* live: Hadoop's threads */
    bool rough;          /* said on the command line */
};

/* Fill `worlds`; false: there is no such world.  `options` must outlive it.  What plays ends
 * when a signal has come (cli_interrupted). */
bool cli_worlds(const struct cli_worlds_options *options, struct harness_worlds *worlds);

#endif
