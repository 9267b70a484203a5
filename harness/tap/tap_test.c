#include "harness/tap/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "faults/plan.h"
#include "rpc/wire/examples.h"
#include "rpc/world/live/live.h"
#include "rpc/world/sim/sim.h"

/* One connection with a reader at each end, which writes down what comes and when. */
enum { ARRIVALS_MAX = 4096 };

struct arrival {
    uint64_t at_ns;
    size_t length;
};

struct side {
    struct world_stream *stream;
    struct world_watch read, write;
    struct wire_buffer got;
    struct arrival arrivals[ARRIVALS_MAX];
    size_t count;
    enum rpc_status end; /* RPC_AGAIN: not yet */
    uint64_t end_ns;
    struct wire_bytes left; /* to be written */
};

struct rig {
    struct world_tracer tracer;
    struct world *world;
    struct plan *plan;
    struct harness_tap *tap;
    struct world_executor executor;
    struct world_listener *listener;
    struct side client, server;
    unsigned visits[POINT_COUNT];
    char last[256]; /* the last wire event's values */
    enum wire_kind received[8];
    size_t received_count;
    bool client_only, foreign; /* where taps are put */
};

static struct rig rig;
static int ipc_version = 9;

/* --- the tracer ------------------------------------------------------------------- */

static void on_event(struct world_tracer *tracer, const struct point_event *event)
{
    (void)tracer;
    rig.visits[event->point]++;
    if (event->message == NULL)
        return;
    size_t at = 0;
    for (size_t i = 0; i < event->value_count; i++) {
        const struct point_value *value = &event->values[i];
        at += (size_t)snprintf(rig.last + at, sizeof(rig.last) - at,
                               "%s=", point_field_name(value->field));
        if (value->text != NULL)
            at += (size_t)snprintf(rig.last + at, sizeof(rig.last) - at, "%s ", value->text);
        else
            at += (size_t)snprintf(rig.last + at, sizeof(rig.last) - at, "%lld ",
                                   (long long)value->number);
    }
}

static bool on_held(struct world_tracer *tracer, const struct point_event *event,
                    struct world_executor *executor, struct world_task *step)
{
    (void)tracer, (void)event, (void)executor, (void)step;
    return false;
}

static void on_stream(struct world_tracer *tracer, struct world_stream *stream)
{
    (void)tracer;
    if (!rig.client_only || !stream->accepted)
        cr_assert(eq(int, (int)harness_tap_put(rig.tap, stream, rig.foreign), RPC_OK));
}

static void on_lane(struct world_tracer *tracer, uint32_t lane, const char *name,
                    struct world_host *host)
{
    (void)tracer, (void)lane, (void)name, (void)host;
}

static const struct world_tracer_ops tracer_ops = {on_event, on_held, on_stream, on_lane};

static void on_received(void *owner, const struct harness_tap_message *message)
{
    (void)owner;
    rig.received[rig.received_count++ % 8] = message->message->kind;
}

static const struct plan_ticket *on_stopped(void *owner, const struct point_event *event)
{
    (void)owner;
    return plan_stopped(rig.plan, event);
}

/* --- the two ends ----------------------------------------------------------------- */

static void readable(struct world_watch *watch)
{
    struct side *side = world_container(watch, struct side, read);
    uint8_t bytes[100000];
    size_t got;
    enum rpc_status status = world_read(side->stream, bytes, sizeof(bytes), &got);

    if (status == RPC_OK) {
        wire_buffer_add(&side->got, bytes, got);
        cr_assert(side->count < ARRIVALS_MAX);
        side->arrivals[side->count++] = (struct arrival){world_now(rig.world), got};
    } else if (status != RPC_AGAIN) {
        side->end = status;
        side->end_ns = world_now(rig.world);
        world_watch_stop(watch);
    }
}

static void writable(struct world_watch *watch)
{
    struct side *side = world_container(watch, struct side, write);
    size_t accepted = 1;

    while (side->left.length > 0 && accepted > 0) {
        world_write(side->stream, side->left.data, side->left.length, &accepted);
        side->left.data += accepted;
        side->left.length -= accepted;
    }
    if (side->left.length == 0)
        world_watch_stop(&side->write);
}

static void side_init(struct side *side)
{
    side->end = RPC_AGAIN;
    world_watch_init(&rig.executor, &side->read, side->stream, WORLD_READ, readable);
    world_watch_init(&rig.executor, &side->write, side->stream, WORLD_WRITE, writable);
    world_watch_start(&side->read);
}

static void side_close(struct side *side)
{
    if (side->stream == NULL)
        return;
    world_watch_release(&side->read);
    world_watch_release(&side->write);
    world_close(side->stream);
    side->stream = NULL;
}

static void on_time(struct world_timer *timer)
{
    world_stop(timer->executor->world);
}

static void run_until(uint64_t at_ns)
{
    struct world_timer timer;
    world_timer_init(&rig.executor, &timer, on_time);
    world_timer_start(&timer, at_ns);
    world_run(rig.world, WORLD_NEVER);
    world_timer_release(&timer);
}

/* A socket is connected and accepted when the world finds the time. */
static void settle(void)
{
    world_run(rig.world, rig.world->virtual_time ? WORLD_NEVER : 10 * WORLD_SEC);
}

static void set_up(struct world *world, bool client_only)
{
    static const struct harness_tap_ops ops = {.received = on_received, .stopped = on_stopped};

    memset(&rig, 0, sizeof(rig));
    rig.world = world;
    rig.tracer.ops = &tracer_ops;
    rig.world->tracer = &rig.tracer;
    rig.client_only = rig.foreign = client_only;
    rig.plan = plan_create(rig.world, NULL, NULL, NULL);
    struct world_host *server = world_host(rig.world, "server1");
    struct world_host *client = world_host(rig.world, "client1");
    world_executor_init(rig.world, &rig.executor, client, "test", NULL);
    rig.tap =
        harness_tap_create(rig.world, world_host(rig.world, "script"), &rig.executor, &ops, NULL);

    harness_tap_speak(rig.tap, wire_codec(ipc_version), NULL);

    cr_assert(eq(int, (int)world_listen(server, 0, 16, &rig.listener), RPC_OK));
    const struct world_address address = rig.listener->address;
    cr_assert(eq(int, (int)world_connect(client, address, 1, &rig.client.stream), RPC_OK));
    settle();
    cr_assert(eq(int, (int)world_accept(rig.listener, &rig.server.stream), RPC_OK));
    side_init(&rig.client);
    side_init(&rig.server);
}

static void tear_down(void)
{
    struct sim_statistics statistics;

    side_close(&rig.client);
    side_close(&rig.server);
    world_listener_close(rig.listener);
    plan_free(rig.plan);
    harness_tap_free(rig.tap);
    world_executor_release(&rig.executor);
    if (rig.world->virtual_time) {
        sim_statistics(rig.world, &statistics);
        cr_assert(eq(uint, statistics.streams, 0u));
        cr_assert(eq(uint, statistics.executors, 0u));
        cr_assert(eq(uint, statistics.watches_on, 0u));
        cr_assert(eq(uint, statistics.timers_armed, 0u));
        cr_assert(eq(uint, statistics.locks, 0u));
    }
    world_free(rig.world);
    wire_buffer_release(&rig.client.got);
    wire_buffer_release(&rig.server.got);
}

static void tapped(void)
{
    set_up(sim_create(&(struct sim_options){.seed = 1}), false);
}

static void facing_a_foreign_server(void)
{
    set_up(sim_create(&(struct sim_options){.seed = 1}), true);
}

static void tapped_of_version_4(void)
{
    ipc_version = 4;
    tapped();
}

TestSuite(old_tap, .init = tapped_of_version_4, .fini = tear_down);
TestSuite(tap, .init = tapped, .fini = tear_down);
TestSuite(foreign_tap, .init = facing_a_foreign_server, .fini = tear_down);

/* --- words of the tests ------------------------------------------------------------- */

static struct wire_buffer bytes_of(size_t count, const enum wire_example *examples)
{
    struct wire_buffer bytes = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++)
        wire_example_add(examples[i], &bytes);
    return bytes;
}

#define BYTES(...)                                                                                 \
    bytes_of(sizeof((enum wire_example[]){__VA_ARGS__}) / sizeof(enum wire_example),               \
             (enum wire_example[]){__VA_ARGS__})

static void write_all(struct side *side, const void *data, size_t length)
{
    size_t accepted;
    cr_assert(eq(int, (int)world_write(side->stream, data, length, &accepted), RPC_OK));
    cr_assert(eq(sz, accepted, length));
}

static void say(struct side *side, enum wire_example example)
{
    struct wire_buffer bytes = BYTES(example);
    write_all(side, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

static void has_got(const struct side *side, struct wire_buffer expected)
{
    cr_assert(eq(sz, side->got.length, expected.length));
    cr_assert(eq(int, memcmp(side->got.data, expected.data, expected.length), 0));
    wire_buffer_release(&expected);
}

static struct plan_fault *arm(enum point point, struct plan_aim aim, struct point_strike strike)
{
    struct plan_fault *fault;
    cr_assert(eq(int, (int)plan_arm(rig.plan, point, &aim, &strike, &fault), RPC_OK));
    return fault;
}

#define ANY   ((struct plan_aim){.nth = 0})
#define FIRST ((struct plan_aim){.nth = 1})

/* --- messages --------------------------------------------------------------------- */

Test(tap, without_faults_everything_passes_at_once_and_is_told_of)
{
    say(&rig.client, EXAMPLE_PREAMBLE_CONTEXT);
    cr_assert(
        eq(int, strcmp(rig.last, "user=alice protocol=org.example.EchoProtocol length=67 "), 0),
        "%s", rig.last);
    say(&rig.client, EXAMPLE_CALL);
    cr_assert(eq(int, strcmp(rig.last, "method=echo length=71 "), 0), "%s", rig.last);
    say(&rig.client, EXAMPLE_PING);
    say(&rig.server, EXAMPLE_ERROR);
    cr_assert(eq(int,
                 strcmp(rig.last, "status=ERROR class=java.io.FileNotFoundException message=nofile "
                                  "code=ERROR_APPLICATION length=72 "),
                 0),
              "%s", rig.last);
    run_until(WORLD_SEC);
    has_got(&rig.server, BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_PING));
    has_got(&rig.client, BYTES(EXAMPLE_ERROR));
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
    struct plan_fault *fault = arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
                                   (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes = BYTES(EXAMPLE_REPLY, EXAMPLE_EMPTY_REPLY, EXAMPLE_ERROR);
    write_all(&rig.server, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
    run_until(WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(uint, plan_fault_strikes(fault), 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
}

Test(tap, aims_see_the_method_and_messages_written_byte_by_byte)
{
    arm(POINT_WIRE_REQUEST, (struct plan_aim){.method = "fail"},
        (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes =
        BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_FAILING_CALL, EXAMPLE_PING);
    for (size_t i = 0; i < bytes.length; i++)
        write_all(&rig.client, bytes.data + i, 1);
    wire_buffer_release(&bytes);
    run_until(WORLD_SEC);
    has_got(&rig.server, BYTES(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL, EXAMPLE_PING));
}

Test(tap, a_delayed_message_is_late_to_the_nanosecond_and_nothing_overtakes_it)
{
    arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 3 * WORLD_SEC});
    say(&rig.server, EXAMPLE_REPLY);
    say(&rig.server, EXAMPLE_EMPTY_REPLY);
    run_until(WORLD_SEC);
    say(&rig.server, EXAMPLE_ERROR);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 1));
    run_until(10 * WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY, EXAMPLE_EMPTY_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(u64, rig.client.arrivals[0].at_ns, 0));
    for (size_t i = 1; i < rig.client.count; i++)
        cr_assert(eq(u64, rig.client.arrivals[i].at_ns, 3 * WORLD_SEC));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 0));
}

Test(tap, a_duplicated_message_arrives_twice)
{
    arm(POINT_WIRE_RESPONSE, FIRST, (struct point_strike){.effect = EFFECT_DUPLICATE});
    say(&rig.server, EXAMPLE_REPLY);
    say(&rig.server, EXAMPLE_ERROR);
    run_until(WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY, EXAMPLE_REPLY, EXAMPLE_ERROR));
}

Test(tap, a_changed_message_goes_on_with_the_change_only)
{
    const struct harness_tap_field fields[] = {{"call", wire_number(1)},
                                               {"length", wire_number(7)},
                                               {"trailing", wire_value(wire_text("x"))},
                                               {"nonsense", wire_number(1)}};
    const struct harness_tap_change change = {.fields = fields, .count = 4};

    arm(POINT_WIRE_RESPONSE, FIRST,
        (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    say(&rig.server, EXAMPLE_REPLY);
    run_until(WORLD_SEC);
    struct wire_buffer expected = BYTES(EXAMPLE_REPLY);
    expected.data[3] = 7;
    expected.data[6] = 1;
    wire_buffer_add(&expected, "x", 1);
    has_got(&rig.client, expected);
}

Test(tap, a_message_can_be_cut_short)
{
    const struct harness_tap_change change = {.has_cut = true, .cut = 10};

    arm(POINT_WIRE_RESPONSE, FIRST,
        (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    say(&rig.server, EXAMPLE_REPLY);
    run_until(WORLD_SEC);
    struct wire_buffer expected = BYTES(EXAMPLE_REPLY);
    expected.length = 10;
    has_got(&rig.client, expected);
}

Test(tap, what_is_no_message_passes_as_it_is)
{
    struct wire_buffer expected = {NULL, 0, 0};

    arm(POINT_WIRE_RESPONSE, ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    wire_hex_add("00000003 020800 ffffffff ffffffff 0102", &expected);
    write_all(&rig.server, expected.data, expected.length);
    write_all(&rig.server, "more", 4);
    wire_buffer_add(&expected, "more", 4);
    run_until(WORLD_SEC);
    has_got(&rig.client, expected);
}

Test(tap, a_long_message_that_was_held_follows_as_the_peer_reads)
{
    enum { LENGTH = 1 << 20 };
    struct wire_message reply = wire_message(WIRE_RESPONSE);
    struct wire_buffer bytes = {NULL, 0, 0};
    uint8_t *body = calloc(1, LENGTH);

    reply.body = (struct wire_bytes){body, LENGTH};
    wire_codec(9)->encode(&reply, &bytes);
    arm(POINT_WIRE_RESPONSE, FIRST,
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    world_watch_stop(&rig.client.read);
    rig.server.left = (struct wire_bytes){bytes.data, bytes.length};
    world_watch_start(&rig.server.write);
    run_until(5 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.left.length, 0));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 1)); /* the buffers are full */
    world_watch_start(&rig.client.read);
    run_until(6 * WORLD_SEC);
    has_got(&rig.client, bytes);
    cr_assert(eq(u64, rig.client.arrivals[rig.client.count - 1].at_ns, 5 * WORLD_SEC));
    free(body);
}

/* --- messages of version 4 -------------------------------------------------------- */

/* A reply whose value nobody can read, or whose frame holds nonsense, and a good one behind it. */
static void reply_after(const char *bad, enum wire_example good, unsigned seen)
{
    struct wire_buffer stream = {NULL, 0, 0};
    wire_example_add(good, &stream);
    wire_hex_add(bad, &stream);
    wire_example_add(good, &stream);
    write_all(&rig.server, stream.data, stream.length);
    run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, stream.length));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], seen));
    wire_buffer_release(&stream);
}

/* call 7, SUCCESS, of class "no.X" */
#define OF_NO_CLASS "00000007 00000000 0004 6e6f2e58"

Test(old_tap, sees_no_reply_behind_one_whose_class_nobody_knows)
{
    reply_after(OF_NO_CLASS, EXAMPLE_V4_REPLY, 1);
}

/* call 7, a status of 5: no more than a header */
Test(old_tap, sees_the_reply_behind_one_whose_status_means_nothing)
{
    reply_after("00000007 00000005", EXAMPLE_V4_REPLY, 3);
}

/* call 7, SUCCESS, a String whose length is longer than all that comes: it never ends */
Test(old_tap, sees_no_reply_behind_one_that_does_not_end)
{
    reply_after("00000007 00000000 00106a6176612e6c616e672e537472696e67 ffff", EXAMPLE_V4_REPLY, 1);
}

/* An int[-1], and a text of -16 bytes: nobody knows where they end. */
Test(old_tap, sees_no_reply_behind_a_negative_length)
{
    reply_after("00000007 00000000 00025b49 ffffffff", EXAMPLE_V4_REPLY, 1);
}

Test(old_tap, sees_no_reply_behind_an_error_of_negative_length)
{
    reply_after("00000007 00000001 fffffff0 00000001 61", EXAMPLE_V4_REPLY, 1);
}

Test(tap, sees_the_reply_behind_a_frame_of_nonsense)
{
    reply_after("00000003 ffffff", EXAMPLE_REPLY, 2);
}

Test(old_tap, tells_of_what_has_no_header_and_no_length)
{
    say(&rig.client, EXAMPLE_V4_CONTEXT);
    cr_assert(
        eq(int, strcmp(rig.last, "user=alice protocol=org.example.EchoProtocol length=38 "), 0),
        "%s", rig.last);
    say(&rig.client, EXAMPLE_V4_CALL);
    cr_assert(eq(int, strcmp(rig.last, "method=echo length=49 "), 0), "%s", rig.last);
    say(&rig.client, EXAMPLE_V4_PING);
    struct wire_buffer replies = BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_VOID, EXAMPLE_V4_FATAL);
    write_all(&rig.server, replies.data, replies.length);
    cr_assert(eq(int,
                 strncmp(rig.last, "status=FATAL class=org.apache.hadoop.security.authorize.", 56),
                 0),
              "%s", rig.last);
    run_until(WORLD_SEC);
    has_got(&rig.server, BYTES(EXAMPLE_V4_CONTEXT, EXAMPLE_V4_CALL, EXAMPLE_V4_PING));
    has_got(&rig.client, replies);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PREAMBLE], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_CONTEXT], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_REQUEST], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_PING], 1u));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
    cr_assert(eq(sz, rig.received_count, 7));
}

Test(old_tap, a_reply_is_swallowed_from_its_first_byte_to_its_last)
{
    arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
        (struct point_strike){.effect = EFFECT_SWALLOW});
    struct wire_buffer bytes = BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_STRINGS, EXAMPLE_V4_ERROR);
    for (size_t i = 0; i < bytes.length; i++)
        write_all(&rig.server, bytes.data + i, 1);
    wire_buffer_release(&bytes);
    run_until(WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_V4_REPLY, EXAMPLE_V4_ERROR));
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

    arm(POINT_WIRE_RESPONSE, FIRST,
        (struct point_strike){.effect = EFFECT_CHANGE, .payload = &change});
    say(&rig.server, EXAMPLE_V4_REPLY);
    run_until(WORLD_SEC);
    wire_hex_add("00000001 00000001 00000001 43 00000002 6e6f", &expected);
    has_got(&rig.client, expected);
}

Test(old_tap, behind_a_value_of_an_unknown_class_nothing_is_a_message)
{
    struct wire_buffer expected = {NULL, 0, 0};

    arm(POINT_WIRE_RESPONSE, ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    wire_hex_add("00000001 00000000 000178 000178 0102", &expected);
    wire_example_add(EXAMPLE_V4_REPLY, &expected);
    write_all(&rig.server, expected.data, expected.length);
    run_until(WORLD_SEC);
    has_got(&rig.client, expected);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 0u));
}

Test(old_tap, a_server_that_wants_no_token_passes_over_one)
{
    struct wire_buffer opening = {NULL, 0, 0};

    wire_hex_add("68727063 04 52 00000003 616263", &opening);
    write_all(&rig.client, opening.data, opening.length);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_SASL], 1u));
    run_until(WORLD_MS);
    say(&rig.server, EXAMPLE_V4_SWITCH);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_SASL], 2u));
    run_until(WORLD_SEC);
    opening.length = 0;
    wire_hex_add("00000005 0150 00 2121", &opening);
    write_all(&rig.client, opening.data, opening.length);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_CONTEXT], 1u));
    say(&rig.server, EXAMPLE_V4_REPLY);
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 1u));
    wire_buffer_release(&opening);
}

/* --- segments --------------------------------------------------------------------- */

static void text_arrives(const char *text, size_t count, const uint64_t *at_ms,
                         const size_t *lengths)
{
    const struct side *side = &rig.server;
    cr_assert(eq(sz, side->got.length, strlen(text)));
    cr_assert(eq(int, memcmp(side->got.data, text, side->got.length), 0));
    cr_assert(eq(sz, side->count, count));
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(u64, side->arrivals[i].at_ns, at_ms[i] * WORLD_MS));
        cr_assert(eq(sz, side->arrivals[i].length, lengths[i]));
    }
}

#define ARRIVES(text, count, times, lengths)                                                       \
    text_arrives(text, count, (const uint64_t[])times, (const size_t[])lengths)
#define LIST(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void write_text(const char *text)
{
    write_all(&rig.client, text, strlen(text));
}

Test(tap, a_delayed_segment_keeps_its_place)
{
    arm(POINT_NET_SEGMENT, FIRST,
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 50 * WORLD_MS});
    write_text("first");
    write_text("second");
    run_until(WORLD_SEC);
    ARRIVES("firstsecond", 1, LIST(50), LIST(11));
}

Test(tap, a_constant_delay_is_a_longer_way_and_no_queue)
{
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 50 * WORLD_MS});
    write_text("first");
    run_until(20 * WORLD_MS);
    write_text("second");
    run_until(WORLD_SEC);
    ARRIVES("firstsecond", 2, LIST(50, 70), LIST(5, 6));
}

Test(tap, a_split_segment_arrives_in_pieces)
{
    arm(POINT_NET_SEGMENT, FIRST,
        (struct point_strike){.effect = EFFECT_SPLIT, .size = 4, .gap_ns = 10 * WORLD_MS});
    write_text("0123456789");
    run_until(WORLD_SEC);
    ARRIVES("0123456789", 3, LIST(0, 10, 20), LIST(4, 4, 2));
}

Test(tap, a_slow_line_passes_so_many_bytes_a_second)
{
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = 10});
    write_text("abc");
    write_text("de");
    run_until(WORLD_SEC);
    ARRIVES("abcde", 5, LIST(100, 200, 300, 400, 500), LIST(1, 1, 1, 1, 1));
}

Test(tap, a_long_slow_line_passes_them_in_steps_of_at_most_a_second)
{
    enum { LENGTH = 60000, RATE = 500, STEPS = LENGTH / RATE };
    char *text = malloc(LENGTH);
    memset(text, 'x', LENGTH);
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = RATE});
    write_all(&rig.client, text, 16); /* no preamble: what follows is nothing the tap could know */
    run_until(WORLD_SEC);
    size_t before = rig.server.count;
    write_all(&rig.client, text, LENGTH);
    run_until((STEPS + 1) * WORLD_SEC + WORLD_MS);
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
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = 100});
    write_all(&rig.client, stream.data, stream.length);
    run_until(end * WORLD_SEC / 100 + WORLD_MS);
    cr_assert(eq(sz, rig.server.got.length, end));
    wire_buffer_release(&stream);
}

Test(tap, a_slow_line_pushes_back)
{
    enum { LENGTH = 1 << 20, RATE = 64 << 10 };
    uint8_t *bytes = calloc(1, LENGTH);
    size_t accepted;

    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_SLOW, .rate = RATE});
    cr_assert(eq(int, (int)world_write(rig.client.stream, bytes, LENGTH, &accepted), RPC_OK));
    cr_assert(eq(sz, accepted, 64 << 10));
    rig.client.left = (struct wire_bytes){bytes + accepted, LENGTH - accepted};
    world_watch_start(&rig.client.write);
    run_until(8 * WORLD_SEC);
    cr_assert(gt(sz, rig.client.left.length, LENGTH * 7 / 16 - 2000));
    run_until(20 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.left.length, 0));
    cr_assert(eq(sz, rig.server.got.length, LENGTH));
    cr_assert(eq(u64, rig.server.arrivals[rig.server.count - 1].at_ns, 16 * WORLD_SEC));
    free(bytes);
}

Test(tap, one_bit_is_turned_over)
{
    arm(POINT_NET_SEGMENT, FIRST,
        (struct point_strike){.effect = EFFECT_CORRUPT, .offset = 1, .bit = 5});
    write_text("hello");
    run_until(WORLD_SEC);
    ARRIVES("hEllo", 1, LIST(0), LIST(5));
}

Test(tap, bytes_appear_that_nobody_has_sent)
{
    const struct harness_tap_inject inject = {wire_text("XY")};
    arm(POINT_NET_SEGMENT, FIRST,
        (struct point_strike){.effect = EFFECT_INJECT, .payload = &inject});
    write_text("hello");
    run_until(WORLD_SEC);
    ARRIVES("XYhello", 1, LIST(0), LIST(7));
}

Test(tap, a_lost_segment_is_sent_again_after_200_ms_then_400)
{
    arm(POINT_NET_SEGMENT, (struct plan_aim){.times = 2},
        (struct point_strike){.effect = EFFECT_DROP});
    write_text("hello");
    run_until(WORLD_SEC);
    ARRIVES("hello", 1, LIST(600), LIST(5));
}

Test(tap, a_segment_that_is_lost_for_ever_breaks_the_connection)
{
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DROP});
    write_text("hello");
    run_until(2000 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.client.end, RPC_TIMED_OUT));
    cr_assert(eq(u64, rig.client.end_ns, 924 * WORLD_SEC));
    cr_assert(eq(sz, rig.server.got.length, 0));
}

Test(tap, how_long_a_lost_segment_is_sent_again_can_be_set)
{
    harness_tap_give_up(rig.tap, 30 * WORLD_SEC);
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DROP});
    write_text("hello");
    run_until(2000 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.client.end, RPC_TIMED_OUT));
    cr_assert(eq(u64, rig.client.end_ns, 30 * WORLD_SEC));
}

Test(tap, what_was_lost_arrives_when_the_world_heals)
{
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DROP});
    write_text("hello");
    run_until(100 * WORLD_SEC);
    plan_heal(rig.plan);
    harness_tap_heal(rig.tap);
    run_until(101 * WORLD_SEC);
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
    write_text("hello");
    run_until(WORLD_SEC);
    write_text("world");
    run_until(2 * WORLD_SEC);
    cr_assert(eq(uint, plan_gate_held(gate), 2));
    cr_assert(eq(sz, rig.server.got.length, 0));
    plan_gate_release(gate, 1);
    harness_tap_go_on(rig.tap);
    run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 5));
    plan_gate_release(gate, 0);
    harness_tap_go_on(rig.tap);
    run_until(4 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 10));
    cr_assert(eq(u64, rig.server.arrivals[1].at_ns, 3 * WORLD_SEC));
}

Test(tap, an_end_stands_at_a_hold)
{
    struct plan_gate *gate = hold(POINT_NET_FIN);
    write_text("hello");
    world_shutdown(rig.client.stream);
    run_until(WORLD_SEC);
    cr_assert(eq(uint, plan_gate_held(gate), 1));
    cr_assert(eq(sz, rig.server.got.length, 5));
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    plan_gate_release(gate, 0);
    harness_tap_go_on(rig.tap);
    run_until(2 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, the_stream_ends_in_the_middle)
{
    size_t accepted;

    arm(POINT_NET_SEGMENT, FIRST, (struct point_strike){.effect = EFFECT_FIN, .after = 3});
    write_text("hello");
    run_until(WORLD_SEC);
    ARRIVES("hel", 1, LIST(0), LIST(3));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, 0));
    cr_assert(eq(int, (int)world_write(rig.client.stream, "x", 1, &accepted), RPC_BROKEN_PIPE));
}

Test(tap, the_connection_is_reset_in_the_middle)
{
    size_t accepted;

    arm(POINT_NET_SEGMENT, FIRST, (struct point_strike){.effect = EFFECT_RST, .after = 3});
    write_all(&rig.client, "hello", 5);
    run_until(1);
    cr_assert(eq(int, (int)rig.client.end, RPC_RESET));
    cr_assert(eq(u64, rig.client.end_ns, 0));
    cr_assert(eq(int, (int)world_write(rig.client.stream, "x", 1, &accepted), RPC_RESET));
    world_shutdown(rig.client.stream);
    side_close(&rig.client);
    run_until(WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_RESET));
    cr_assert(eq(sz, rig.server.got.length, 3));
}

/* --- the end ---------------------------------------------------------------------- */

Test(tap, a_close_waits_for_what_is_held)
{
    arm(POINT_NET_SEGMENT, FIRST,
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    write_text("hello");
    side_close(&rig.client);
    run_until(WORLD_SEC / 2);
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    run_until(3 * WORLD_SEC);
    ARRIVES("hello", 1, LIST(1000), LIST(5));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, half_a_message_that_is_held_goes_out_before_the_end)
{
    arm(POINT_WIRE_REQUEST, ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    write_text("hrpc");
    run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 0));
    world_shutdown(rig.client.stream);
    run_until(2 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 4));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}

Test(tap, a_close_sends_half_a_message_that_is_held)
{
    arm(POINT_WIRE_REQUEST, ANY, (struct point_strike){.effect = EFFECT_SWALLOW});
    write_text("hrpc");
    side_close(&rig.client);
    run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 4));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}

Test(tap, a_fin_that_is_lost_arrives_when_the_world_heals)
{
    arm(POINT_NET_FIN, ANY, (struct point_strike){.effect = EFFECT_DROP});
    write_text("hello");
    side_close(&rig.client);
    run_until(5 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 5));
    cr_assert(eq(int, (int)rig.server.end, RPC_AGAIN));
    plan_heal(rig.plan);
    harness_tap_heal(rig.tap);
    run_until(6 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(u64, rig.server.end_ns, 5 * WORLD_SEC));
}

Test(tap, a_reset_can_be_late)
{
    arm(POINT_NET_RST, ANY, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    world_watch_release(&rig.client.read);
    world_watch_release(&rig.client.write);
    world_reset(rig.client.stream);
    rig.client.stream = NULL;
    run_until(3 * WORLD_SEC);
    cr_assert(eq(int, (int)rig.server.end, RPC_RESET));
    cr_assert(eq(u64, rig.server.end_ns, WORLD_SEC));
}

Test(tap, what_is_still_held_at_the_end_of_the_world_is_let_go)
{
    arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 100 * WORLD_SEC});
    write_text("hello");
    side_close(&rig.client);
    write_all(&rig.server, "hi", 2);
    run_until(WORLD_SEC);
    cr_assert(eq(sz, harness_tap_held(rig.tap), 2));
}

Test(tap, a_close_of_a_full_socket_is_no_end_before_its_bytes)
{
    enum { LENGTH = 200000 };
    static uint8_t bytes[LENGTH];
    struct plan_fault *fault =
        arm(POINT_NET, ANY, (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});

    world_watch_stop(&rig.server.read);
    write_all(&rig.client, bytes, 64 << 10);
    run_until(2 * WORLD_SEC);
    write_all(&rig.client, bytes, 64 << 10); /* behind a full buffer */
    run_until(4 * WORLD_SEC);
    plan_lift(fault);
    side_close(&rig.client);
    run_until(5 * WORLD_SEC);
    world_watch_start(&rig.server.read);
    run_until(6 * WORLD_SEC);
    cr_assert(eq(sz, rig.server.got.length, 128 << 10));
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
}

/* --- a foreign peer --------------------------------------------------------------- */

Test(foreign_tap, what_it_sends_is_told_of_and_broken_where_it_is_read)
{
    arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 2},
        (struct point_strike){.effect = EFFECT_SWALLOW});
    arm(POINT_WIRE_RESPONSE, (struct plan_aim){.nth = 3},
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = 2 * WORLD_SEC});
    say(&rig.server, EXAMPLE_REPLY);
    say(&rig.server, EXAMPLE_EMPTY_REPLY);
    say(&rig.server, EXAMPLE_ERROR);
    run_until(WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY));
    run_until(5 * WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY, EXAMPLE_ERROR));
    cr_assert(eq(u64, rig.client.arrivals[rig.client.count - 1].at_ns, 2 * WORLD_SEC));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 3u));
}

Test(foreign_tap, without_faults_it_is_only_told_of)
{
    say(&rig.server, EXAMPLE_REPLY);
    run_until(WORLD_SEC);
    has_got(&rig.client, BYTES(EXAMPLE_REPLY));
    cr_assert(eq(uint, rig.visits[POINT_WIRE_RESPONSE], 1u));
}

Test(foreign_tap, its_end_comes_behind_its_late_bytes)
{
    arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    write_all(&rig.server, "hello", 5);
    side_close(&rig.server);
    run_until(WORLD_SEC / 2);
    cr_assert(eq(sz, rig.client.got.length, 0));
    run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 5));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
    cr_assert(eq(u64, rig.client.end_ns, WORLD_SEC));
}

Test(foreign_tap, a_reader_that_looks_away_finds_late_bytes_when_it_looks_again)
{
    arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
        (struct point_strike){.effect = EFFECT_DELAY, .by_ns = WORLD_SEC});
    write_all(&rig.server, "hello", 5);
    run_until(WORLD_SEC / 2);
    world_watch_stop(&rig.client.read);
    run_until(3 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 0));
    world_watch_start(&rig.client.read);
    run_until(4 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 5));
}

Test(foreign_tap, it_can_be_cut_off)
{
    arm(POINT_NET, (struct plan_aim){.direction = DIRECTION_S2C},
        (struct point_strike){.effect = EFFECT_FIN, .after = 2});
    write_all(&rig.server, "hello", 5);
    run_until(WORLD_SEC);
    cr_assert(eq(sz, rig.client.got.length, 2));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
}

/* --- everything at once ----------------------------------------------------------- */

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
    arm(point, (struct plan_aim){.has_chance = true, .chance = UINT32_MAX / 8}, strike);
}

/* Both sides write and read, and then go home, while anything may be late. */
static void survives(struct world *world, bool client_only)
{
    set_up(world, client_only);
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
    run_until(600 * WORLD_SEC);
    cr_assert(eq(sz, rig.client.left.length + rig.server.left.length, 0));
    world_shutdown(rig.client.stream);
    world_shutdown(rig.server.stream);
    run_until(700 * WORLD_SEC);
    has_got(&rig.server, requests);
    has_got(&rig.client, responses);
    cr_assert(eq(int, (int)rig.server.end, RPC_END));
    cr_assert(eq(int, (int)rig.client.end, RPC_END));
    cr_assert(eq(sz, harness_tap_held(rig.tap), 0));
    tear_down();
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
    set_up(sim_create(&(struct sim_options){.seed = seed, .rough = true}), false);
    struct wire_buffer requests = many(EXAMPLE_PREAMBLE_CONTEXT, EXAMPLE_CALL);
    arm_by_chance(POINT_NET, (struct point_strike){.effect = EFFECT_DROP});
    arm_by_chance(POINT_WIRE_REQUEST, (struct point_strike){.effect = EFFECT_SWALLOW});
    rig.client.left = (struct wire_bytes){requests.data, requests.length};
    world_watch_start(&rig.client.write);
    run_until(600 * WORLD_SEC);
    uint64_t hash = world_hash(rig.world);
    wire_buffer_release(&requests);
    tear_down();
    return hash;
}

Test(any_tap, the_same_seed_gives_the_same_run)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        cr_assert(eq(u64, hash_of(seed), hash_of(seed)));
    cr_assert(ne(u64, hash_of(1), hash_of(2)));
}
