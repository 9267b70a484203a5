/* Everything at once, by the seed. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"
#include "rpc/world/live/live.h"
#include "rpc/world/sim/sim.h"

static struct wire_buffer many(enum wire_example first, enum wire_example then)
{
    struct wire_buffer bytes = {NULL, 0, 0};
    if (first != then)
        wire_example_add(first, &bytes);
    for (int i = 0; i < 300; i++)
        wire_example_add(then, &bytes);
    return bytes;
}

static void arm_by_chance(enum point point, struct point_strike strike)
{
    rig_arm(point, (struct plan_aim){.has_chance = true, .chance = UINT32_MAX / 8}, strike);
}

/* Both sides write and read, and then go home, while anything may be late. */
static void survives(struct world *world, bool foreign_server)
{
    rig_set_up(world, 9, foreign_server);
    struct wire_buffer requests = many(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL);
    struct wire_buffer responses = many(EXAMPLE_REPLY, EXAMPLE_REPLY);

    arm_by_chance(POINT_WIRE_REQUEST, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 7000});
    arm_by_chance(POINT_WIRE_RESPONSE,
                  (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_MS});
    arm_by_chance(POINT_NET, (struct point_strike){.effect = EFFECT_DROP});
    arm_by_chance(POINT_NET_SEGMENT,
                  (struct point_strike){.effect = EFFECT_SPLIT, .size = 100, .gap_ns = 900});
    arm_by_chance(POINT_NET_SEGMENT, (struct point_strike){.effect = EFFECT_SLOW, .rate = 20000});
    arm_by_chance(POINT_NET_FIN, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    rig.client.left = (struct wire_bytes){requests.data, requests.length};
    rig.server.left = (struct wire_bytes){responses.data, responses.length};
    world_watch_start(&rig.client.write);
    world_watch_start(&rig.server.write);
    rig_run_until(600 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.left.length + rig.server.left.length, 0));
    world_shutdown(rig.client.stream);
    world_shutdown(rig.server.stream);
    rig_run_until(700 * WORLD_SEC);
    rig_has_got(&rig.server, requests);
    rig_has_got(&rig.client, responses);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 0));
    rig_tear_down();
}

Test(any_tap, whatever_is_late_the_bytes_are_whole_and_in_order)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        survives(sim_create(&(struct sim_options){.seed = seed, .rough = true}), false);
        survives(sim_create(&(struct sim_options){.seed = seed, .rough = true}), true);
    }
}

Test(any_tap, and_so_they_are_on_real_sockets)
{
    const struct live_options options = {.speed = 500, .seed = 1};
    survives(live_create(&options), false);
    survives(live_create(&options), true);
}

static uint64_t hash_of(uint64_t seed)
{
    rig_set_up(sim_create(&(struct sim_options){.seed = seed, .rough = true}), 9, false);
    struct wire_buffer requests = many(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL);
    arm_by_chance(POINT_NET, (struct point_strike){.effect = EFFECT_DROP});
    arm_by_chance(POINT_WIRE_REQUEST, (struct point_strike){.effect = EFFECT_SWALLOW});
    rig.client.left = (struct wire_bytes){requests.data, requests.length};
    world_watch_start(&rig.client.write);
    rig_run_until(600 * WORLD_SEC);
    uint64_t hash = world_hash(rig.world);
    wire_buffer_release(&requests);
    rig_tear_down();
    return hash;
}

Test(any_tap, the_same_seed_gives_the_same_run)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        cr_assert(eq(u64, hash_of(seed), hash_of(seed)));
    cr_assert(ne(u64, hash_of(1), hash_of(2)));
}
