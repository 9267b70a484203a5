#include "harness/tap/tap.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"

TestSuite(tap, .init = rig_tapped, .fini = rig_tear_down);

Test(tap, without_faults_everything_passes_at_once_and_is_told_of)
{
    rig_say(&rig.client, EXAMPLE_PREAMBLE_CONTEXT);
    cr_assert(
        eq(int, strcmp(rig.last, "user=alice protocol=org.example.EchoProtocol length=67 "), 0),
        "%s", rig.last);
    rig_say(&rig.client, EXAMPLE_CALL);
    cr_assert(eq(int, strcmp(rig.last, "method=echo length=71 "), 0), "%s", rig.last);
    rig_say(&rig.client, EXAMPLE_PING);
    rig_say(&rig.server, EXAMPLE_ERROR);
    cr_assert(eq(int,
                 strcmp(rig.last, "status=ERROR class=java.io.FileNotFoundException message=nofile "
                                  "code=ERROR_APPLICATION length=72 "),
                 0),
              "%s", rig.last);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.server, RIG_BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_PING));
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_ERROR));
    cr_assert(eq(u64, rig.server.arrivals[rig.server.count - 1].at_ns, 0));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PREAMBLE], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_CONTEXT], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_REQUEST], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PING], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 1u));
    cr_assert(eq(sz, rig.received_count, 5));
    cr_assert(eq(int, (int)rig.received[3], WIRE_PING));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 0));
}

Test(tap, a_swallowed_message_never_arrives_and_its_neighbours_do)
{
    struct plan_fault *fault = rig_arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
                                       (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes = RIG_BYTES(EXAMPLE_REPLY, EXAMPLE_EMPTY_REPLY, EXAMPLE_ERROR);
    rig_write_all(&rig.server, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(uint, plan_fault_strikes(fault), 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
}

Test(tap, aims_see_the_method_and_messages_written_byte_by_byte)
{
    rig_arm(POINT_WIRE_REQUEST, (struct plan_aim){.method = "fail"},
            (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes =
        RIG_BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_FAILING_CALL, EXAMPLE_PING);
    for (size_t i = 0; i < bytes.length; i++)
        rig_write_all(&rig.client, bytes.data + i, 1);
    wire_buffer_release(&bytes);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.server, RIG_BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_PING));
}

Test(tap, a_delayed_message_is_late_to_the_nanosecond_and_nothing_overtakes_it)
{
    rig_arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 3 * WORLD_SEC});
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_say(&rig.server, EXAMPLE_EMPTY_REPLY);
    rig_run_until(WORLD_SEC);
    rig_say(&rig.server, EXAMPLE_ERROR);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 1));
    rig_run_until(10 * WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY, EXAMPLE_EMPTY_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(u64, rig.client.arrivals[0].at_ns, 0));
    cr_assert(gt(sz, rig.client.count, 1));
    for (size_t i = 1; i < rig.client.count; i++)
        cr_assert(eq(u64, rig.client.arrivals[i].at_ns, 3 * WORLD_SEC));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 0));
}

Test(tap, a_duplicated_message_arrives_twice)
{
    rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST, (struct point_strike){.effect = EFFECT_DUPLICATE});
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_say(&rig.server, EXAMPLE_ERROR);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_REPLY, EXAMPLE_REPLY, EXAMPLE_ERROR));
}

Test(tap, a_changed_message_goes_on_with_the_change_only)
{
    const struct harness_tap_field fields[] = {{"call", wire_number(1)},
                                               {"length", wire_number(7)},
                                               {"trailing", wire_value(wire_text("x"))},
                                               {"nonsense", wire_number(1)}};
    const struct harness_tap_change change = {.fields = fields, .count = 4};

    rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_run_until(WORLD_SEC);
    struct wire_buffer expected = RIG_BYTES(EXAMPLE_REPLY);
    expected.data[3] = 7;
    expected.data[6] = 1;
    wire_buffer_add(&expected, "x", 1);
    rig_has_got(&rig.client, expected);
}

Test(tap, a_message_can_be_cut_short)
{
    const struct harness_tap_change change = {.has_cut = true, .cut = 10};

    rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    rig_say(&rig.server, EXAMPLE_REPLY);
    rig_run_until(WORLD_SEC);
    struct wire_buffer expected = RIG_BYTES(EXAMPLE_REPLY);
    expected.length = 10;
    rig_has_got(&rig.client, expected);
}

Test(tap, what_is_no_message_passes_as_it_is)
{
    struct wire_buffer expected = {NULL, 0, 0};

    rig_arm(POINT_WIRE_RESPONSE, RIG_ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    wire_hex_add("00000003 020800 ffffffff ffffffff 0102", &expected);
    rig_write_all(&rig.server, expected.data, expected.length);
    rig_write_all(&rig.server, "more", 4);
    wire_buffer_add(&expected, "more", 4);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, expected);
}

Test(tap, a_long_message_that_was_held_follows_as_the_peer_reads)
{
    enum { LENGTH = 1 << 20 };
    struct wire_message reply = wire_message(WIRE_RESPONSE);
    struct wire_buffer bytes = {NULL, 0, 0};
    uint8_t *body = calloc(1, LENGTH);

    reply.body = (struct wire_bytes){body, LENGTH};
    wire_codec(9)->encode(&reply, &bytes);
    rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    world_watch_stop(&rig.client.read);
    rig.server.left = (struct wire_bytes){bytes.data, bytes.length};
    world_watch_start(&rig.server.write);
    rig_run_until(5 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.left.length, 0));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 1)); /* the buffers are full */
    world_watch_start(&rig.client.read);
    rig_run_until(6 * WORLD_SEC);
    rig_has_got(&rig.client, bytes);
    cr_assert(eq(u64, rig.client.arrivals[rig.client.count - 1].at_ns, 5 * WORLD_SEC));
    free(body);
}

Test(tap, a_message_behind_a_fault_that_was_lifted_passes_once_in_however_many_writes)
{
    struct plan_fault *fault =
        rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST, (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer lost = RIG_BYTES(EXAMPLE_REPLY), bytes = RIG_BYTES(EXAMPLE_ERROR);
    rig_write_all(&rig.server, lost.data, lost.length);
    wire_buffer_release(&lost);
    plan_lift(fault);
    rig_write_all(&rig.server, bytes.data, 10);
    rig_write_all(&rig.server, bytes.data + 10, bytes.length - 10);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, bytes);
}

Test(tap, sees_the_reply_behind_a_frame_of_nonsense)
{
    rig_say_around(&rig.server, EXAMPLE_REPLY, "00000003 ffffff");
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 2u));
}
