/*
 * Faults that are armed from outside, through libfiu (fiu-run, fiu-ctrl): their strikes are
 * counted and recorded, for they are in nobody's plan, and no seed brings them back.
 */
#ifndef HARNESS_FAULT_OUTSIDE_H
#define HARNESS_FAULT_OUTSIDE_H

#include <stdint.h>

#include "harness/harness.h"

extern const struct harness_module harness_outside_module;

/* How often they have struck. */
uint64_t harness_outside_strikes(struct harness *harness);

#endif
