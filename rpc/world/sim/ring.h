/*
 * The bytes of one direction of a connection, first in first out.  The memory is taken with
 * the first byte and given back with the last.
 */
#ifndef RPC_WORLD_SIM_RING_H
#define RPC_WORLD_SIM_RING_H

#include <stdint.h>

#include "rpc/world/sim/arena.h"

struct sim_ring {
    uint8_t *bytes; /* NULL: empty */
    uint32_t start, length, capacity;
};

/* Make room for `more` bytes behind the present ones. */
void sim_ring_reserve(struct sim_arena *arena, struct sim_ring *ring, uint32_t more);

/* Append; there is room. */
void sim_ring_append(struct sim_ring *ring, const void *bytes, uint32_t count);

/* Copy the first `count` bytes out; there are as many. */
void sim_ring_copy(const struct sim_ring *ring, void *bytes, uint32_t count);

/* Drop the first `count`, or all but the first `length`. */
void sim_ring_drop(struct sim_arena *arena, struct sim_ring *ring, uint32_t count);
void sim_ring_truncate(struct sim_arena *arena, struct sim_ring *ring, uint32_t length);

#endif
