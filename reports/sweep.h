/*
 * The seeds of one scenario and release, taken together.
 */
#ifndef REPORTS_SWEEP_H
#define REPORTS_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "reports/results.h"

struct sweep {
    const struct result *speaker; /* the first that is bad, else the first */
    size_t seeds, failed;
    int64_t wall_ns; /* of all of them */
};

/* Of NAME@RELEASE#SEED all but the seed. */
size_t sweep_name_length(const struct result *result);

/* In the order of their first results; the caller frees.  NULL: no memory. */
struct sweep *sweeps_of(const struct report *report, size_t *count);

#endif
