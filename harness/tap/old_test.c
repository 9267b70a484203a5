/* Messages of version 4. */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "harness/tap/rig.h"
#include "rpc/world/sim/sim.h"

static void tapped_of_version_4(void)
{
    rig_set_up(sim_create(&(struct sim_options){.seed = 1}), 4, false);
}

TestSuite(old_tap, .init = tapped_of_version_4, .fini = rig_tear_down);

/* How many replies are seen of a good one, bytes in the midst, and the good one again. */
static void replies_seen(const char *bytes, unsigned count)
{
    rig_say_around(&rig.server, EXAMPLE_V4_REPLY, bytes);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], count));
}

/* call 7, SUCCESS, of class "no.X" */
#define OF_NO_CLASS "00000007 00000000 0004 6e6f2e58"

Test(old_tap, sees_no_reply_behind_one_whose_class_nobody_knows)
{
    replies_seen(OF_NO_CLASS, 1);
}

/* call 7, a status of 5: no more than a header */
Test(old_tap, sees_the_reply_behind_one_whose_status_means_nothing)
{
    replies_seen("00000007 00000005", 3);
}

/* call 7, SUCCESS, a String whose length is longer than all that comes: it never ends */
Test(old_tap, sees_no_reply_behind_one_that_does_not_end)
{
    replies_seen("00000007 00000000 00106a6176612e6c616e672e537472696e67 ffff", 1);
}

/* call 7, SUCCESS, a String that is no UTF-8: what does not decode has no length to skip. */
Test(old_tap, sees_no_reply_behind_one_that_does_not_decode)
{
    replies_seen("00000007 00000000 00106a6176612e6c616e672e537472696e67 0003 618062", 1);
}

/* An int[-1], and a text of -16 bytes: nobody knows where they end. */
Test(old_tap, sees_no_reply_behind_a_negative_length)
{
    replies_seen("00000007 00000000 00025b49 ffffffff", 1);
}

Test(old_tap, sees_no_reply_behind_an_error_of_negative_length)
{
    replies_seen("00000007 00000001 fffffff0 00000001 61", 1);
}

/* Two bytes, where a call begins with the four of its id: requests have frames, unlike replies. */
Test(old_tap, sees_the_call_behind_a_frame_of_nonsense)
{
    rig_say(&rig.client, EXAMPLE_V4_CONTEXT);
    rig_say_around(&rig.client, EXAMPLE_V4_CALL, "00000002 0102");
    cr_assert(eq(uint, rig.visits[POINT_WIRE_REQUEST], 2u));
}

Test(old_tap, tells_of_what_has_no_header_and_no_length)
{
    rig_say(&rig.client, EXAMPLE_V4_CONTEXT);
    cr_assert(
        eq(int, strcmp(rig.last, "user=alice protocol=org.example.EchoProtocol length=38 "), 0),
        "%s", rig.last);
    rig_say(&rig.client, EXAMPLE_V4_CALL);
    cr_assert(eq(int, strcmp(rig.last, "method=echo length=49 "), 0), "%s", rig.last);
    rig_say(&rig.client, EXAMPLE_V4_PING);
    struct wire_buffer replies = RIG_BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_VOID, EXAMPLE_V4_FATAL);
    rig_write_all(&rig.server, replies.data, replies.length);
    cr_assert(eq(int,
                 strncmp(rig.last, "status=FATAL class=org.apache.hadoop.security.authorize.", 56),
                 0),
              "%s", rig.last);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.server, RIG_BYTES(EXAMPLE_V4_CONTEXT, EXAMPLE_V4_CALL, EXAMPLE_V4_PING));
    rig_has_got(&rig.client, replies);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PREAMBLE], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_CONTEXT], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_REQUEST], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PING], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
    cr_assert(eq(sz, rig.received_count, 7));
}

Test(old_tap, a_reply_is_swallowed_from_its_first_byte_to_its_last)
{
    rig_arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
            (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes = RIG_BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_STRINGS, EXAMPLE_V4_ERROR);
    for (size_t i = 0; i < bytes.length; i++)
        rig_write_all(&rig.server, bytes.data + i, 1);
    wire_buffer_release(&bytes);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, RIG_BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_ERROR));
}

Test(old_tap, a_reply_is_changed_as_its_version_has_it)
{
    const struct harness_tap_field fields[] = {
        {"status", wire_value(wire_text("ERROR"))},
        {"class", wire_value(wire_text("C"))},
        {"message", wire_value(wire_text("no"))},
    };
    const struct harness_tap_change change = {.fields = fields, .count = 3};
    struct wire_buffer expected = {NULL, 0, 0};

    rig_arm(POINT_WIRE_RESPONSE, RIG_FIRST,
            (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    rig_say(&rig.server, EXAMPLE_V4_REPLY);
    rig_run_until(WORLD_SEC);
    wire_hex_add("00000001 00000001 00000001 43 00000002 6e6f", &expected);
    rig_has_got(&rig.client, expected);
}

Test(old_tap, behind_a_value_of_an_unknown_class_nothing_is_a_message)
{
    struct wire_buffer expected = {NULL, 0, 0};

    rig_arm(POINT_WIRE_RESPONSE, RIG_ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    wire_hex_add("00000001 00000000 000178 000178 0102", &expected);
    wire_example_add(EXAMPLE_V4_REPLY, &expected);
    rig_write_all(&rig.server, expected.data, expected.length);
    rig_run_until(WORLD_SEC);
    rig_has_got(&rig.client, expected);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 0u));
}

Test(old_tap, a_server_that_wants_no_token_passes_over_one)
{
    struct wire_buffer opening = {NULL, 0, 0};

    wire_hex_add("68727063 04 52 00000003 616263", &opening);
    rig_write_all(&rig.client, opening.data, opening.length);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_SASL], 1u));
    rig_run_until(WORLD_MS);
    rig_say(&rig.server, EXAMPLE_V4_SWITCH);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_SASL], 2u));
    rig_run_until(WORLD_SEC);
    opening.length = 0;
    wire_hex_add("00000005 0150 00 2121", &opening);
    rig_write_all(&rig.client, opening.data, opening.length);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_CONTEXT], 1u));
    rig_say(&rig.server, EXAMPLE_V4_REPLY);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 1u));
    wire_buffer_release(&opening);
}
