/*
 * Draws of the simulated world, the answers that its owner gives instead, and the hash of
 * what has happened.
 */
#ifndef RPC_WORLD_SIM_CHANCE_H
#define RPC_WORLD_SIM_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#include "rpc/world/chance.h"
#include "rpc/world/world.h"

struct sim;

/* The answer for a draw that fell on `drawn`: the world's owner may say otherwise. */
uint32_t sim_decide(struct sim *sim, enum world_site site, uint32_t entity, uint32_t ordinal,
                    uint32_t max, uint32_t drawn);

/* For world_ops. */
uint32_t sim_choose(struct world *world, enum world_site site, uint32_t entity, uint32_t ordinal,
                    uint32_t max);
void sim_random(struct world *world, void *buffer, size_t size);
uint64_t sim_hash(struct world *world);

#endif
