/* Segments: late, split, slow, damaged, lost, held, cut off. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"

TestSuite(tap, .init = rig_tapped, .fini = rig_tear_down);

Test(tap, a_delayed_segment_keeps_its_place)
{
    rig_arm(POINT_NET_SEGMENT, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 50 * WORLD_MS});
    rig_write_text("first");
    rig_write_text("second");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("firstsecond", 1, RIG_LIST(50), RIG_LIST(11));
}

Test(tap, a_constant_delay_is_a_longer_way_and_no_queue)
{
    rig_arm(POINT_NET, RIG_ANY,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 50 * WORLD_MS});
    rig_write_text("first");
    rig_run_until(20 * WORLD_MS);
    rig_write_text("second");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("firstsecond", 2, RIG_LIST(50, 70), RIG_LIST(5, 6));
}

Test(tap, a_split_segment_arrives_in_pieces)
{
    rig_arm(POINT_NET_SEGMENT, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_SPLIT, .size = 4, .gap_ns = 10 * WORLD_MS});
    rig_write_text("0123456789");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("0123456789", 3, RIG_LIST(0, 10, 20), RIG_LIST(4, 4, 2));
}

Test(tap, a_slow_line_passes_so_many_bytes_a_second)
{
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = 10});
    rig_write_text("abc");
    rig_write_text("de");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("abcde", 5, RIG_LIST(100, 200, 300, 400, 500), RIG_LIST(1, 1, 1, 1, 1));
}

Test(tap, a_long_slow_line_passes_them_in_steps_of_at_most_a_second)
{
    enum { LENGTH = 60000, RATE = 500, STEPS = LENGTH / RATE };
    char *text = malloc(LENGTH);
    memset(text, 'x', LENGTH);
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = RATE});
    rig_write_all(&rig.client, text,
                  16); /* no preamble: what follows is nothing the tap could know */
    rig_run_until(WORLD_SEC);
    size_t before = rig.server.count;
    rig_write_all(&rig.client, text, LENGTH);
    rig_run_until((STEPS + 1) * WORLD_SEC + WORLD_MS);
    cr_assert(eq(sz, rig.server.got.length, LENGTH + 16));
    cr_assert(eq(sz, rig.server.count, before + STEPS));
    cr_assert(eq(u64, rig.server.arrivals[before].at_ns, 2 * WORLD_SEC));
    cr_assert(eq(u64, rig.server.arrivals[before + STEPS - 1].at_ns, (STEPS + 1) * WORLD_SEC));
    free(text);
}

Test(tap, a_slow_line_passes_a_message_when_it_is_whole_whatever_comes_behind_it)
{
    struct wire_buffer stream = {NULL, 0, 0};
    wire_example_add(EXAMPLE_PREAMBLE_CONTEXT, &stream);
    size_t end = stream.length;
    for (int i = 0; i < 100; i++)
        wire_example_add(EXAMPLE_CALL, &stream);
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = 100});
    rig_write_all(&rig.client, stream.data, stream.length);
    rig_run_until(end * WORLD_SEC / 100 + WORLD_MS);
    cr_assert(eq(sz, rig.server.got.length, end));
    wire_buffer_release(&stream);
}

Test(tap, a_slow_line_pushes_back)
{
    enum { LENGTH = 1 << 20, RATE = 64 << 10 };
    uint8_t *bytes = calloc(1, LENGTH);
    size_t accepted;

    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = RATE});
    cr_assert(eq(int, (int)world_write(rig.client.stream, bytes, LENGTH, &accepted), RPC_OK));
    cr_assert(eq(sz, accepted, 64 << 10));
    rig.client.left = (struct wire_bytes){bytes + accepted, LENGTH - accepted};
    world_watch_start(&rig.client.write);
    rig_run_until(8 * WORLD_SEC);
    cr_assert(gt(sz, rig.client.left.length, LENGTH * 7 / 16 - 2000));
    rig_run_until(20 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.left.length, 0));
    cr_assert(eq(sz, rig.server.got.length, LENGTH));
    cr_assert(eq(u64, rig.server.arrivals[rig.server.count - 1].at_ns, 16 * WORLD_SEC));
    free(bytes);
}

Test(tap, one_bit_is_turned_over)
{
    rig_arm(POINT_NET_SEGMENT, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_CORRUPT, .offset = 1, .bit = 5});
    rig_write_text("hello");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("hEllo", 1, RIG_LIST(0), RIG_LIST(5));
}

Test(tap, bytes_appear_that_nobody_has_sent)
{
    const struct harness_tap_inject inject = {wire_text("XY")};
    rig_arm(POINT_NET_SEGMENT, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_INJECT, .payload = &inject});
    rig_write_text("hello");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("XYhello", 1, RIG_LIST(0), RIG_LIST(7));
}

Test(tap, a_lost_segment_is_sent_again_after_200_ms_then_400)
{
    rig_arm(POINT_NET_SEGMENT, (struct plan_aim){.times = 2},
            (struct point_strike){.effect = EFFECT_DROP});
    rig_write_text("hello");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("hello", 1, RIG_LIST(600), RIG_LIST(5));
}

Test(tap, a_segment_that_is_lost_for_ever_breaks_the_connection)
{
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_DROP});
    rig_write_text("hello");
    rig_run_until(2000 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.client.end, RPC_TIMED_OUT));
    cr_assert(eq(u64, rig.client.end_ns, 924 * WORLD_SEC));
    cr_assert(eq(sz, rig.server.got.length, 0));
}

Test(tap, how_long_a_lost_segment_is_sent_again_can_be_set)
{
    harness_tap_give_up(rig.tap, 30 * WORLD_SEC);
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_DROP});
    rig_write_text("hello");
    rig_run_until(2000 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.client.end, RPC_TIMED_OUT));
    cr_assert(eq(u64, rig.client.end_ns, 30 * WORLD_SEC));
}

Test(tap, what_was_lost_arrives_when_the_world_heals)
{
    rig_arm(POINT_NET, RIG_ANY, (struct point_strike){.effect = EFFECT_DROP});
    rig_write_text("hello");
    rig_run_until(100 * WORLD_SEC);
    plan_heal(rig.plan);
    harness_tap_heal(rig.tap);
    rig_run_until(101 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 5));
    cr_assert(eq(u64, rig.server.arrivals[0].at_ns, 100 * WORLD_SEC));
}

static struct plan_gate *hold(enum point point)
{
    static const struct plan_aim anybody;
    struct plan_gate *gate;
    cr_assert(eq(int, (int)plan_hold(rig.plan, point, &anybody, &gate), RPC_OK));
    return gate;
}

Test(tap, a_segment_stands_at_a_hold_and_what_is_behind_it_too)
{
    struct plan_gate *gate = hold(POINT_NET_SEGMENT);
    rig_write_text("hello");
    rig_run_until(WORLD_SEC);
    rig_write_text("world");
    rig_run_until(2 * WORLD_SEC);
    cr_assert(eq(uint, plan_gate_held(gate), 2));
    cr_assert(eq(sz, rig.server.got.length, 0));
    plan_gate_release(gate, 1);
    harness_tap_go_on(rig.tap);
    rig_run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 5));
    plan_gate_release(gate, 0);
    harness_tap_go_on(rig.tap);
    rig_run_until(4 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 10));
    cr_assert(eq(u64, rig.server.arrivals[1].at_ns, 3 * WORLD_SEC));
}

Test(tap, an_end_stands_at_a_hold)
{
    struct plan_gate *gate = hold(POINT_NET_FIN);
    rig_write_text("hello");
    world_shutdown(rig.client.stream);
    rig_run_until(WORLD_SEC);
    cr_assert(eq(uint, plan_gate_held(gate), 1));
    cr_assert(eq(sz, rig.server.got.length, 5));
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    plan_gate_release(gate, 0);
    harness_tap_go_on(rig.tap);
    rig_run_until(2 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, the_stream_ends_in_the_middle)
{
    size_t accepted;

    rig_arm(POINT_NET_SEGMENT, RIG_FIRST, (struct point_strike){.effect = EFFECT_FIN, .after = 3});
    rig_write_text("hello");
    rig_run_until(WORLD_SEC);
    RIG_ARRIVES("hel", 1, RIG_LIST(0), RIG_LIST(3));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, 0));
    cr_assert(eq(int, (int)world_write(rig.client.stream, "x", 1, &accepted), RPC_BROKEN_PIPE));
}

Test(tap, the_connection_is_reset_in_the_middle)
{
    size_t accepted;

    rig_arm(POINT_NET_SEGMENT, RIG_FIRST, (struct point_strike){.effect = EFFECT_RST, .after = 3});
    rig_write_all(&rig.client, "hello", 5);
    rig_run_until(1);
    cr_assert(eq(int, (int)rig.client.end, RPC_RESET));
    cr_assert(eq(u64, rig.client.end_ns, 0));
    cr_assert(eq(int, (int)world_write(rig.client.stream, "x", 1, &accepted), RPC_RESET));
    world_shutdown(rig.client.stream);
    rig_side_close(&rig.client);
    rig_run_until(WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_RESET));
    cr_assert(eq(sz, rig.server.got.length, 3));
}
