/*
 * The agenda: what is due at which instant.  Entries of the same instant come out in the
 * order in which they were put in.
 */
#ifndef RPC_WORLD_SIM_AGENDA_H
#define RPC_WORLD_SIM_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/world/sim/arena.h"

/* Whose index an entry's is. */
enum sim_due { DUE_TIMER, DUE_STREAM, DUE_EXECUTOR };

struct sim_agenda_entry {
    uint64_t at_ns;
    uint64_t order;
    size_t *index; /* embedded in what is due: its place in `entries` + 1, 0: none */
    enum sim_due due;
};

struct sim_agenda {
    struct sim_arena *arena; /* borrowed */
    struct sim_agenda_entry *entries;
    size_t count, capacity;
    uint64_t order;
};

/* Put `index` in for `at_ns`; one that is in moves, and is the last of its new instant. */
void sim_agenda_put(struct sim_agenda *agenda, uint64_t at_ns, enum sim_due due, size_t *index);

/* Take `index` out.  Harmless when it is not in. */
void sim_agenda_remove(struct sim_agenda *agenda, size_t *index);

/* The instant of one that is in. */
static inline uint64_t sim_agenda_at(const struct sim_agenda *agenda, const size_t *index)
{
    return agenda->entries[*index - 1].at_ns;
}

/* The next instant; UINT64_MAX when the agenda is empty. */
static inline uint64_t sim_agenda_next(const struct sim_agenda *agenda)
{
    return agenda->count > 0 ? agenda->entries[0].at_ns : UINT64_MAX;
}

/* Take the first entry out; there is one. */
struct sim_agenda_entry sim_agenda_take(struct sim_agenda *agenda);

#endif
