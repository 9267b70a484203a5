#include "harness/tap/rig.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/sim.h"

struct rig rig;

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
    if (!rig.foreign_server || !stream->accepted)
        cr_assert(eq(int, (int)harness_tap_put(rig.tap, stream, rig.foreign_server), RPC_OK));
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
    struct rig_side *side = world_container(watch, struct rig_side, read);
    uint8_t bytes[100000];
    size_t got;
    enum rpc_status status = world_read(side->stream, bytes, sizeof(bytes), &got);

    if (status == RPC_OK) {
        wire_buffer_add(&side->got, bytes, got);
        cr_assert(side->count < RIG_ARRIVALS_MAX);
        side->arrivals[side->count++] = (struct rig_arrival){world_now(rig.world), got};
    } else if (status != RPC_AGAIN) {
        side->end = status;
        side->end_ns = world_now(rig.world);
        world_watch_stop(watch);
    }
}

static void writable(struct world_watch *watch)
{
    struct rig_side *side = world_container(watch, struct rig_side, write);
    size_t accepted = 1;

    while (side->left.length > 0 && accepted > 0) {
        world_write(side->stream, side->left.data, side->left.length, &accepted);
        side->left.data += accepted;
        side->left.length -= accepted;
    }
    if (side->left.length == 0)
        world_watch_stop(&side->write);
}

static void side_init(struct rig_side *side)
{
    side->end = RPC_AGAIN;
    world_watch_init(&rig.executor, &side->read, side->stream, WORLD_READ, readable);
    world_watch_init(&rig.executor, &side->write, side->stream, WORLD_WRITE, writable);
    world_watch_start(&side->read);
}

void rig_side_close(struct rig_side *side)
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

void rig_run_until(uint64_t at_ns)
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

void rig_set_up(struct world *world, int ipc_version, bool foreign_server)
{
    static const struct harness_tap_ops ops = {.received = on_received, .stopped = on_stopped};

    memset(&rig, 0, sizeof(rig));
    rig.world = world;
    rig.tracer.ops = &tracer_ops;
    rig.world->tracer = &rig.tracer;
    rig.foreign_server = foreign_server;
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

void rig_tear_down(void)
{
    struct sim_statistics statistics;

    rig_side_close(&rig.client);
    rig_side_close(&rig.server);
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

void rig_tapped(void)
{
    rig_set_up(sim_create(&(struct sim_options){.seed = 1}), 9, false);
}

/* --- words of the tests ------------------------------------------------------------- */

struct wire_buffer rig_bytes(size_t count, const enum wire_example *examples)
{
    struct wire_buffer bytes = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++)
        wire_example_add(examples[i], &bytes);
    return bytes;
}

void rig_write_all(struct rig_side *side, const void *data, size_t length)
{
    size_t accepted;
    cr_assert(eq(int, (int)world_write(side->stream, data, length, &accepted), RPC_OK));
    cr_assert(eq(sz, accepted, length));
}

void rig_say(struct rig_side *side, enum wire_example example)
{
    struct wire_buffer bytes = rig_bytes(1, &example);
    rig_write_all(side, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

void rig_has_got(const struct rig_side *side, struct wire_buffer expected)
{
    cr_assert(eq(sz, side->got.length, expected.length));
    cr_assert(eq(int, memcmp(side->got.data, expected.data, expected.length), 0));
    wire_buffer_release(&expected);
}

struct plan_fault *rig_arm(enum point point, struct plan_aim aim, struct point_strike strike)
{
    struct plan_fault *fault;
    cr_assert(eq(int, (int)plan_arm(rig.plan, point, &aim, &strike, &fault), RPC_OK));
    return fault;
}

void rig_write_text(const char *text)
{
    rig_write_all(&rig.client, text, strlen(text));
}

void rig_text_arrives(const char *text, size_t count, const uint64_t *at_ms, const size_t *lengths)
{
    const struct rig_side *side = &rig.server;
    cr_assert(eq(sz, side->got.length, strlen(text)));
    cr_assert(eq(int, memcmp(side->got.data, text, side->got.length), 0));
    cr_assert(eq(sz, side->count, count));
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(u64, side->arrivals[i].at_ns, at_ms[i] * WORLD_MS));
        cr_assert(eq(sz, side->arrivals[i].length, lengths[i]));
    }
}

void rig_say_around(struct rig_side *side, enum wire_example good, const char *bytes)
{
    struct rig_side *peer = side == &rig.server ? &rig.client : &rig.server;
    struct wire_buffer stream = {NULL, 0, 0};

    wire_example_add(good, &stream);
    wire_hex_add(bytes, &stream);
    wire_example_add(good, &stream);
    rig_write_all(side, stream.data, stream.length);
    rig_run_until(world_now(rig.world) + WORLD_SEC);
    cr_assert(ge(sz, peer->got.length, stream.length));
    size_t before = peer->got.length - stream.length;
    cr_assert(eq(int, memcmp(peer->got.data + before, stream.data, stream.length), 0));
    wire_buffer_release(&stream);
}
