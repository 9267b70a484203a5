/*
 * Cases: each is a scenario, one row of its cases, a release and a seed.
 */
#ifndef HARNESS_PLAY_CASES_H
#define HARNESS_PLAY_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/play/scenario.h"
#include "rpc/release.h"

struct harness_case {
    const struct harness_file *file; /* borrowed, like the two below */
    const struct harness_scenario *scenario;
    const struct release *release;
    size_t scenario_index, row; /* row 0 when there are none */
    uint64_t seed;
    bool rough, repeated; /* repeated: its name ends with #seed */
    const char *name;     /* "purge.slow_reader/handlers=10": the record's */
    const char *result;   /* "purge.slow_reader/handlers=10@2.6#7": the one people use */
    const char *skip;     /* NULL, or why it can't be played */
};

/* What is asked for. */
struct harness_choice {
    unsigned worlds;     /* HARNESS_SIM or HARNESS_LIVE */
    const char *release; /* a range; NULL: all */
    const char *filter;  /* a part of the result's name or title; NULL: all */
    uint64_t seed;       /* of each case, as it stands; 0 is a seed too */
    uint64_t repeat;     /* how many seeds from there on; 0: what the scenario says */
    bool rough;
};

struct harness_cases {
    struct arena arena; /* of all names */
    struct harness_case *items;
    size_t count;
};

/* All cases of the files in their order.  RPC_MALFORMED: the release is no range or two cases
 * have one name, `problem` (HARNESS_PROBLEM_MAX bytes) says so; RPC_NO_MEMORY. */
enum rpc_status harness_cases_make(struct harness_file *const *files, size_t file_count,
                                   const struct harness_choice *choice, struct harness_cases *cases,
                                   char *problem);
void harness_cases_release(struct harness_cases *cases);

#endif
