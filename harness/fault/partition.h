/*
 * The fault net.partition: nothing passes between two hosts (or one and all others) until it
 * is lifted.  It is the world's, not a point that somebody visits.
 */
#ifndef HARNESS_FAULT_PARTITION_H
#define HARNESS_FAULT_PARTITION_H

#include <lua.h>

#include "harness/harness.h"

struct harness_partition;

/* Cut what the handles in the aim at `index` are on, now or from `from` to `to`. */
struct harness_partition *harness_partition_arm(lua_State *L, int index, uint64_t from_ns,
                                                uint64_t to_ns);

/* Heal it; harmless the second time. */
void harness_partition_lift(struct harness_partition *partition);

/* 1 once it has been cut. */
uint32_t harness_partition_strikes(const struct harness_partition *partition);

/* Whether it now keeps these two hosts (their numbers; 0: some other) apart; *since_ns is when it
 * began. */
bool harness_partition_divides(const struct harness_partition *partition, uint32_t one,
                               uint32_t other, uint64_t *since_ns);

/* At the end of a case: its timer. */
void harness_partition_end(struct harness_partition *partition);

#endif
