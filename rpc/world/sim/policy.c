#include "rpc/world/sim/policy.h"

#include "rpc/world/sim/inside.h"

enum {
    US_NS = 1000,
    HOLD_MAX = 256,
    STALL_MAX_MS = 8192,
    SLOW_FACTOR_MAX = 1,
    SLOW_COST_NS = 200 * US_NS,
    LATENCY_MAX_US = 10 * 1000 * 1000,
    SITE_OF_POLICY = 1001, /* the sites' numbers end far below it */
};

/* A chance of 1/n, of 2^32. */
#define ONE_IN(n) ((uint32_t)(UINT32_MAX / (n)))

static const uint32_t costs_ns[] = {0, 1 * US_NS, 5 * US_NS, 20 * US_NS, 100 * US_NS};
enum { COST_COUNT = sizeof(costs_ns) / sizeof(costs_ns[0]) };

static uint64_t bits_for(const struct sim *sim, uint32_t site, uint32_t entity, uint32_t ordinal)
{
    return world_mix(sim->options.seed, site, entity, ordinal);
}

/* One of `count` values, the `what`th thing that the seed decides for the whole run. */
static uint32_t one_of(const struct sim *sim, uint32_t what, const uint32_t *values, uint32_t count)
{
    return values[world_uniform(bits_for(sim, SITE_OF_POLICY, what, 0), count - 1)];
}
#define ONE_OF(sim, what, ...)                                                                     \
    one_of((sim), (what), (const uint32_t[]){__VA_ARGS__},                                         \
           sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void init_priorities(struct sim *sim, struct sim_policy *policy)
{
    uint32_t changes = ONE_OF(sim, 2, 0, 1, 2); /* PCT's depths 1, 2 and 3 */
    uint32_t length = ONE_OF(sim, 3, 1u << 6, 1u << 8, 1u << 10, 1u << 12, 1u << 14);
    for (uint32_t i = 0; i < POLICY_CHANGES_MAX; i++)
        policy->change_at[i] =
            i < changes ? world_uniform(bits_for(sim, SITE_OF_POLICY, 4, i), length) : UINT64_MAX;
    policy->next_low = UINT32_MAX; /* sim_policy_priority's are above */
}

void sim_policy_init(struct sim *sim)
{
    struct sim_policy *policy = &sim->policy;
    *policy = (struct sim_policy){0};
    if (!sim->options.rough)
        return;
    uint32_t percent = world_uniform(bits_for(sim, SITE_OF_POLICY, 0, 0), 99);
    if (percent < 70)
        policy->order = ORDER_HOLDS;
    else if (percent < 90)
        policy->order = ORDER_PRIORITIES;
    else if (percent < 95)
        policy->order = ORDER_EVEN;
    if (policy->order == ORDER_HOLDS)
        policy->hold = ONE_OF(sim, 1, ONE_IN(200), ONE_IN(100), ONE_IN(50), ONE_IN(20), ONE_IN(10),
                              ONE_IN(5), ONE_IN(5) * 2);
    init_priorities(sim, policy);
    policy->stall = ONE_OF(sim, 5, 0, 0, 0, ONE_IN(16384), ONE_IN(2048));
    policy->slow = ONE_OF(sim, 6, 0, 0, 0, ONE_IN(16));
    policy->latency = ONE_OF(sim, 7, 0, ONE_IN(64), ONE_IN(8), ONE_IN(2), UINT32_MAX);
    policy->latency_max_us = ONE_OF(sim, 8, 50, 500, 5000, 50 * 1000, 500 * 1000);
    policy->short_write = ONE_OF(sim, 9, 0, 0, ONE_IN(256), ONE_IN(32), ONE_IN(8));
}

uint64_t sim_policy_priority(const struct sim *sim, uint32_t lane)
{
    if (sim->policy.order != ORDER_PRIORITIES)
        return 0;
    return bits_for(sim, SITE_PICK, lane, 0) | UINT64_C(1) << 63;
}

/* The place of the one with the highest priority. */
static uint32_t highest(struct sim *sim, const struct world_line *line)
{
    struct sim_policy *policy = &sim->policy;
    uint32_t place = 0, best_place = 0;
    struct sim_executor *best = NULL;
    const struct world_executor *at;
    STAILQ_FOREACH (at, line, ready) {
        struct sim_executor *executor = sim_executor_of(at);
        if (best == NULL || executor->priority > best->priority) {
            best = executor;
            best_place = place;
        }
        place++;
    }
    for (unsigned i = 0; i < POLICY_CHANGES_MAX; i++)
        if (policy->change_at[i] == sim->scheduler.picks && best != NULL)
            best->priority = policy->next_low--;
    return best_place;
}

static uint32_t count_of(const struct world_line *line)
{
    uint32_t count = 0;
    const struct world_executor *at;
    STAILQ_FOREACH (at, line, ready)
        count++;
    return count;
}

uint32_t sim_policy_pick(struct sim *sim, const struct world_line *line)
{
    uint32_t count = count_of(line);
    if (count < 2)
        return 0;
    uint32_t picks = (uint32_t)sim->scheduler.picks;
    uint32_t drawn = 0;
    if (sim->policy.order == ORDER_PRIORITIES)
        drawn = highest(sim, line);
    else if (sim->policy.order == ORDER_EVEN)
        drawn = world_uniform(bits_for(sim, SITE_PICK, 0, picks), count - 1);
    return sim_decide(sim, SITE_PICK, 0, picks, count - 1, drawn);
}

uint32_t sim_policy_hold(struct sim *sim, struct sim_executor *executor)
{
    uint32_t lane = executor->executor->lane;
    uint32_t drawn = 0;
    if (sim->policy.hold > 0) {
        uint64_t bits = bits_for(sim, SITE_HOLD, lane, executor->picks);
        if ((uint32_t)bits < sim->policy.hold)
            drawn = 1u << world_uniform(bits, 8);
    }
    return sim_decide(sim, SITE_HOLD, lane, executor->picks, HOLD_MAX, drawn);
}

/* At its first pick an executor learns what its tasks cost. */
static void draw_cost(struct sim *sim, struct sim_executor *executor)
{
    struct sim_policy *policy = &sim->policy;
    bool rough = sim->options.rough;
    if (!policy->cost_known) {
        uint32_t drawn = rough ? world_uniform(bits_for(sim, SITE_COST, 0, 0), COST_COUNT - 1) : 0;
        policy->cost_ns = costs_ns[sim_decide(sim, SITE_COST, 0, 0, COST_COUNT - 1, drawn)];
        policy->cost_known = true;
    }
    uint32_t lane = executor->executor->lane;
    uint32_t drawn = policy->slow > 0 && (uint32_t)bits_for(sim, SITE_COST, lane, 0) < policy->slow;
    uint32_t slow = sim_decide(sim, SITE_COST, lane, 0, SLOW_FACTOR_MAX, drawn);
    executor->cost_ns = policy->cost_ns + (uint64_t)slow * SLOW_COST_NS;
}

/* What chance has held up is forgiven where times are judged. */
static uint64_t held_up(struct sim *sim, uint64_t ns)
{
    struct world *world = &sim->world;
    world->delays_ns += ns;
    if (ns > 0 && sim->now_ns + ns > world->delayed_until_ns)
        world->delayed_until_ns = sim->now_ns + ns;
    return ns;
}

uint64_t sim_policy_stall(struct sim *sim, struct sim_executor *executor)
{
    uint32_t lane = executor->executor->lane;
    uint32_t drawn = 0;
    if (executor->picks == 0)
        draw_cost(sim, executor);
    if (sim->policy.stall > 0) {
        uint64_t bits = bits_for(sim, SITE_STALL, lane, executor->picks);
        if ((uint32_t)bits < sim->policy.stall)
            drawn = 1u << world_uniform(bits, 13);
    }
    uint32_t ms = sim_decide(sim, SITE_STALL, lane, executor->picks, STALL_MAX_MS, drawn);
    return held_up(sim, ms * WORLD_MS);
}

uint64_t sim_policy_latency(struct sim *sim, uint32_t side, uint32_t segment)
{
    uint32_t drawn = 0;
    if (sim->policy.latency > 0) {
        uint64_t bits = bits_for(sim, SITE_LATENCY, side, segment);
        if ((uint32_t)bits < sim->policy.latency)
            drawn = world_uniform(bits, sim->policy.latency_max_us);
    }
    uint32_t us = sim_decide(sim, SITE_LATENCY, side, segment, LATENCY_MAX_US, drawn);
    return held_up(sim, us * (uint64_t)US_NS);
}

size_t sim_policy_write(struct sim *sim, uint32_t side, uint32_t write, size_t size)
{
    if (size < 2)
        return size;
    uint32_t max = size - 1 < UINT32_MAX ? (uint32_t)(size - 1) : UINT32_MAX;
    uint32_t drawn = 0;
    if (sim->policy.short_write > 0) {
        uint64_t bits = bits_for(sim, SITE_SHORT_WRITE, side, write);
        if ((uint32_t)bits < sim->policy.short_write)
            drawn = 1 + world_uniform(bits, max - 1);
    }
    uint32_t taken = sim_decide(sim, SITE_SHORT_WRITE, side, write, max, drawn);
    return taken == 0 ? size : taken;
}
