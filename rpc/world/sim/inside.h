/*
 * The simulated world from inside: what its parts know of each other.  Nothing outside this
 * folder includes it.
 */
#ifndef RPC_WORLD_SIM_INSIDE_H
#define RPC_WORLD_SIM_INSIDE_H

#include "rpc/world/sim/agenda.h"
#include "rpc/world/sim/arena.h"
#include "rpc/world/sim/chance.h"
#include "rpc/world/sim/host.h"
#include "rpc/world/sim/network.h"
#include "rpc/world/sim/policy.h"
#include "rpc/world/sim/scheduler.h"
#include "rpc/world/sim/sim.h"

struct sim {
    struct world world;
    struct sim_options options;
    uint64_t now_ns;
    uint64_t hash;
    uint32_t names_drawn; /* world_random's ordinal */
    uint32_t locks, locks_held, timers_armed, watches_on;
    bool stopping;
    struct world_watch *running_watch; /* until its function ends or stops it */
    struct sim_scheduler scheduler;
    struct sim_policy policy;
    struct sim_agenda agenda;
    struct sim_hosts hosts;
    struct sim_network network;
    struct sim_arena arena;
};

static inline struct sim *sim_of(struct world *world)
{
    return world_container(world, struct sim, world);
}

/* Something has happened: into the hash with it. */
static inline void sim_note(struct sim *sim, uint64_t what, uint64_t how)
{
    sim->hash = world_fold(sim->hash ^ what, how ^ UINT64_C(0x9e3779b97f4a7c15));
}

/* Whether anybody decides at the sites that are calm by default. */
static inline bool sim_asks(const struct sim *sim)
{
    return sim->options.rough || sim->world.draw != NULL;
}

#endif
