#include "rpc/world/sim/chance.h"

#include <assert.h>
#include <string.h>

#include "rpc/world/sim/inside.h"

static const bool site_rough[] = {
#define X(name, text, rough) [SITE_##name] = rough,
    WORLD_SITE_MAP(X)
#undef X
};

/* The sites' numbers end far below it. */
enum { SITE_OF_NAMES = 1000 };

uint32_t sim_decide(struct sim *sim, enum world_site site, uint32_t entity, uint32_t ordinal,
                    uint32_t max, uint32_t drawn)
{
    struct world *world = &sim->world;
    uint32_t answer = drawn;
    if (world->draw != NULL)
        answer = world->draw(world->draw_owner, site, entity, ordinal, max, drawn);
    assert(answer <= max);
    if (answer != 0) {
        sim_note(sim, (uint64_t)site << 32 | entity, (uint64_t)ordinal << 32 | answer);
    }
    return answer;
}

uint32_t sim_choose(struct world *world, enum world_site site, uint32_t entity, uint32_t ordinal,
                    uint32_t max)
{
    struct sim *sim = sim_of(world);
    uint32_t drawn = 0;
    if (!site_rough[site] || sim->options.rough)
        drawn = world_uniform(world_mix(sim->options.seed, site, entity, ordinal), max);
    return sim_decide(sim, site, entity, ordinal, max, drawn);
}

void sim_random(struct world *world, void *buffer, size_t size)
{
    struct sim *sim = sim_of(world);
    uint8_t *to = buffer;
    while (size > 0) {
        uint64_t bits = world_mix(sim->options.seed, SITE_OF_NAMES, 0, sim->names_drawn++);
        size_t count = size < sizeof(bits) ? size : sizeof(bits);
        for (size_t i = 0; i < count; i++)
            to[i] = (uint8_t)(bits >> (8 * i));
        to += count;
        size -= count;
    }
}

uint64_t sim_hash(struct world *world)
{
    return sim_of(world)->hash;
}
