/* What becomes of bytes and of the end when a stream ends. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"

TestSuite(tap, .init = rig_tapped, .fini = rig_tear_down);

Test(tap, a_close_waits_for_what_is_held)
{
    rig_arm(POINT_NET_SEGMENT, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    rig_write_text("hello");
    rig_side_close(&rig.client);
    rig_run_until(WORLD_SEC / 2);
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    rig_run_until(3 * WORLD_SEC);
    RIG_ARRIVES("hello", 1, RIG_LIST(1000), RIG_LIST(5));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, half_a_message_that_is_held_goes_out_before_the_end)
{
    rig_arm(POINT_WIRE_REQUEST, RIG_ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    rig_write_text("hrpc");
    rig_run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 0));
    world_shutdown(rig.client.stream);
    rig_run_until(2 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 4));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}

Test(tap, a_close_sends_half_a_message_that_is_held)
{
    rig_arm(POINT_WIRE_REQUEST, RIG_ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    rig_write_text("hrpc");
    rig_side_close(&rig.client);
    rig_run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 4));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}

Test(tap, a_fin_that_is_lost_arrives_when_the_world_heals)
{
    rig_arm(POINT_NET_FIN, RIG_ANY, (struct point_strike){.effect = EFFECT_DROP});
    rig_write_text("hello");
    rig_side_close(&rig.client);
    rig_run_until(5 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 5));
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    plan_heal(rig.plan);
    harness_tap_heal(rig.tap);
    rig_run_until(6 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, 5 * WORLD_SEC));
}

Test(tap, a_reset_can_be_late)
{
    rig_arm(POINT_NET_RST, RIG_ANY,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    world_watch_release(&rig.client.read);
    world_watch_release(&rig.client.write);
    world_reset(rig.client.stream);
    rig.client.stream = NULL;
    rig_run_until(3 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_RESET));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, what_is_still_held_at_the_end_of_the_world_is_let_go)
{
    rig_arm(POINT_NET, RIG_ANY,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 100 * WORLD_SEC});
    rig_write_text("hello");
    rig_side_close(&rig.client);
    rig_write_all(&rig.server, "hi", 2);
    rig_run_until(WORLD_SEC);
    cr_assert(eq(sz, harness_tap_held(rig.tap), 2));
}

Test(tap, a_close_of_a_full_socket_is_no_end_before_its_bytes)
{
    enum { LENGTH = 200000 };
    static uint8_t bytes[LENGTH];
    struct plan_fault *fault = rig_arm(
        POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});

    world_watch_stop(&rig.server.read);
    rig_write_all(&rig.client, bytes, 64 << 10);
    rig_run_until(2 * WORLD_SEC);
    rig_write_all(&rig.client, bytes, 64 << 10); /* behind a full buffer */
    rig_run_until(4 * WORLD_SEC);
    plan_lift(fault);
    rig_side_close(&rig.client);
    rig_run_until(5 * WORLD_SEC);
    world_watch_start(&rig.server.read);
    rig_run_until(6 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 128 << 10));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}
