#include "rpc/world/sim/policy.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/inside.h"

enum { EXECUTORS = 4, STEPS = 5, RUN = EXECUTORS * STEPS, SEEDS = 1000 };

struct walker {
    struct world_task task;
    struct world_executor executor;
    unsigned steps;
    char letter;
    char **to;
};

static void step(struct world_task *task)
{
    struct walker *walker = world_container(task, struct walker, task);
    *(*walker->to)++ = walker->letter;
    if (++walker->steps < STEPS)
        world_post(&walker->executor, task);
}

/* Who ran when, as letters; returns how the seed schedules. */
static enum sim_order walk(uint64_t seed, char story[RUN + 1])
{
    struct world *world = sim_create(&(struct sim_options){.seed = seed, .rough = true});
    struct walker walkers[EXECUTORS];
    char *end = story;
    sim_of(world)->policy.stall = 0;
    for (unsigned i = 0; i < EXECUTORS; i++) {
        walkers[i] = (struct walker){.task.run = step, .letter = (char)('a' + i), .to = &end};
        world_executor_init(world, &walkers[i].executor, world_host(world, "one"), "x", NULL);
        world_post(&walkers[i].executor, &walkers[i].task);
    }
    cr_assert(eq(int, (int)world_run(world, WORLD_NEVER), WORLD_DEAD));
    *end = '\0';
    enum sim_order order = sim_of(world)->policy.order;
    cr_assert(eq(u64, world->delays_ns, world_now(world))); /* only tasks' costs took time */
    for (unsigned i = 0; i < EXECUTORS; i++)
        world_executor_release(&walkers[i].executor);
    world_free(world);
    return order;
}

/* How often the story goes from one letter to another. */
static unsigned changes(const char *story)
{
    unsigned count = 0;
    for (; story[1] != '\0'; story++)
        count += story[0] != story[1];
    return count;
}

Test(policy, each_way_of_scheduling_is_what_it_says)
{
    static const char fifo[] = "abcdabcdabcdabcdabcd";
    unsigned seen[ORDER_EVEN + 1] = {0};
    unsigned strict = 0, preempted = 0, held = 0, odd = 0, starved = 0;
    char first_of_strict[EXECUTORS] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char story[RUN + 1];
        enum sim_order order = walk(seed, story);
        seen[order]++;
        cr_assert(eq(ulong, strlen(story), (unsigned long)RUN));
        switch (order) {
        case ORDER_FIFO:
            cr_assert(strcmp(story, fifo) == 0, "seed %d: %s", (int)seed, story);
            break;
        case ORDER_PRIORITIES: /* each runs to its end, but for one or two interruptions */
            cr_assert(le(uint, changes(story), EXECUTORS - 1u + 2u), "seed %d: %s", (int)seed,
                      story);
            strict += changes(story) == EXECUTORS - 1;
            preempted += changes(story) >= EXECUTORS;
            first_of_strict[story[0] - 'a'] = 1;
            break;
        case ORDER_HOLDS:
            held += strcmp(story, fifo) != 0;
            starved += strchr(story, 'b') - story >= RUN - STEPS;
            break;
        case ORDER_EVEN:
            odd += changes(story) > EXECUTORS;
            break;
        }
    }
    cr_assert(eq(uint, seen[ORDER_FIFO] + seen[ORDER_EVEN] > 60, 1));
    cr_assert(gt(uint, seen[ORDER_HOLDS], 650u));
    cr_assert(gt(uint, seen[ORDER_PRIORITIES], 150u));
    cr_assert(gt(uint, strict, 50u));
    cr_assert(gt(uint, preempted, 10u));
    cr_assert(gt(uint, held, 200u));
    cr_assert(lt(uint, held, seen[ORDER_HOLDS]));
    cr_assert(gt(uint, starved, 5u));
    cr_assert(gt(uint, odd, seen[ORDER_EVEN] / 2));
    for (unsigned i = 0; i < EXECUTORS; i++)
        cr_assert(eq(int, first_of_strict[i], 1));
}
