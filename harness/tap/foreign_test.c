/* A foreign peer, whose end has no tap. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"
#include "rpc/world/sim/sim.h"

static void facing_a_foreign_server(void)
{
    rig_set_up(sim_create(&(struct sim_options){.seed = 1}), 9, true);
}

TestSuite(foreign_tap, .init = facing_a_foreign_server, .fini = rig_tear_down);

Test(foreign_tap, what_it_sends_is_told_of_and_broken_where_it_is_read)
{
    rig_arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
            (struct point_strike){.effect = EFFECT_SWALLOW});
    rig_arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 3},
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 2 * WORLD_SEC});
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_say(&rig.server, EXAMPLE_EMPTY_REPLY);
    rig_say(&rig.server, EXAMPLE_ERROR);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY));
    rig_run_until(5 * WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(u64, rig.client.arrivals[rig.client.count - 1].at_ns, 2 * WORLD_SEC));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
}

Test(foreign_tap, without_faults_it_is_only_told_of)
{
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 1u));
}

Test(foreign_tap, its_end_comes_behind_its_late_bytes)
{
    rig_arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    rig_write_all(&rig.server, "hello", 5);
    rig_side_close(&rig.server);
    rig_run_until(WORLD_SEC / 2);
    cr_assert(eq(sz, rig.client.got.length, 0));
    rig_run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 5));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
    cr_assert(eq(u64, rig.client.end_ns, WORLD_SEC));
}

Test(foreign_tap, a_reader_that_looks_away_finds_late_bytes_when_it_looks_again)
{
    rig_arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    rig_write_all(&rig.server, "hello", 5);
    rig_run_until(WORLD_SEC / 2);
    world_watch_stop(&rig.client.read);
    rig_run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 0));
    world_watch_start(&rig.client.read);
    rig_run_until(4 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 5));
}

Test(foreign_tap, it_can_be_cut_off)
{
    rig_arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
            (struct point_strike){.effect = EFFECT_FIN, .after = 2});
    rig_write_all(&rig.server, "hello", 5);
    rig_run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 2));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
}
