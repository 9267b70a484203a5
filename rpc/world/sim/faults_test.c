/* What the network tells the tracer, and what faults do to SYNs. */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/sim/sim.h"

#define MS                   WORLD_MS
#define S                    WORLD_SEC
#define IS(status, expected) cr_assert(eq(int, (int)(status), (int)(expected)))

struct listening {
    struct world_tracer tracer;
    unsigned streams, lanes, count;
    struct {
        enum point point;
        enum point_direction direction;
        uint64_t at_ns;
        uint32_t connection, host;
        int64_t bytes;
        char to[24];
    } events[32];
};

static void on_event(struct world_tracer *tracer, const struct point_event *event)
{
    struct listening *listening = world_container(tracer, struct listening, tracer);
    unsigned at = listening->count++;
    listening->events[at].point = event->point;
    listening->events[at].direction = event->direction;
    listening->events[at].at_ns = event->at_ns;
    listening->events[at].connection = event->connection;
    listening->events[at].host = event->host;
    if (event->point == POINT_NET_SEGMENT)
        listening->events[at].bytes = event->values[0].number;
    if (event->point == POINT_NET_SYN)
        strcpy(listening->events[at].to, event->values[0].text);
}

static void on_stream(struct world_tracer *tracer, struct world_stream *stream)
{
    struct listening *listening = world_container(tracer, struct listening, tracer);
    cr_assert(eq(uint, stream->connection, 5u));
    cr_assert(eq(int, stream->accepted, listening->streams == 1));
    listening->streams++;
}

static void on_lane(struct world_tracer *tracer, uint32_t lane, const char *name,
                    struct world_host *host)
{
    (void)lane, (void)name, (void)host;
    world_container(tracer, struct listening, tracer)->lanes++;
}

static const struct world_tracer_ops tracer_ops = {
    .event = on_event, .stream = on_stream, .lane = on_lane};

static struct listening listening;
static struct world *world;
static struct world_host *client_host;
static struct world_listener *listener;
static struct world_stream *client, *server;

static void begin(void)
{
    listening.tracer.ops = &tracer_ops;
    world = sim_create(&(struct sim_options){.seed = 1});
    world->tracer = &listening.tracer;
    IS(world_listen(world_host(world, "server1"), 0, 8, &listener), RPC_OK);
    client_host = world_host(world, "client1");
}

static void end(void)
{
    world_close(client);
    world_close(server);
    world_listener_close(listener);
    world_free(world);
}

Test(faults, each_segment_is_told_with_its_connection_direction_and_bytes)
{
    size_t accepted;
    begin();
    IS(world_connect(client_host, listener->address, 5, &client), RPC_OK);
    IS(world_accept(listener, &server), RPC_OK);
    world_write(client, "four", 4, &accepted);
    world_write(server, "seventy", 7, &accepted);
    world_shutdown(client);
    world_reset(server);
    server = NULL;
    static const struct {
        enum point point;
        enum point_direction direction;
        uint32_t host;
        int64_t bytes;
    } expected[] = {
        {POINT_NET_SYN, DIRECTION_C2S, 2, 0},     {POINT_NET_SEGMENT, DIRECTION_C2S, 2, 4},
        {POINT_NET_SEGMENT, DIRECTION_S2C, 1, 7}, {POINT_NET_FIN, DIRECTION_C2S, 2, 0},
        {POINT_NET_RST, DIRECTION_S2C, 1, 0},
    };
    cr_assert(eq(uint, listening.count, 5u));
    for (unsigned i = 0; i < 5; i++) {
        cr_assert(eq(int, (int)listening.events[i].point, (int)expected[i].point));
        cr_assert(eq(int, (int)listening.events[i].direction, (int)expected[i].direction));
        cr_assert(eq(uint, listening.events[i].host, expected[i].host));
        cr_assert(eq(uint, listening.events[i].connection, 5u));
        cr_assert(eq(long, listening.events[i].bytes, expected[i].bytes));
    }
    cr_assert(strcmp(listening.events[0].to, "10.0.0.1:8020") == 0);
    cr_assert(eq(uint, listening.streams, 2u));
    world_close(client);
    world_listener_close(listener);
    world_free(world);
}

/* Strikes at the first `times` SYNs. */
struct fault {
    unsigned times;
    uint64_t by_ns;
};

static bool judge(void *owner, const struct point_event *event, enum point_effect effect,
                  struct point_strike *strike)
{
    struct fault *fault = owner;
    (void)effect;
    cr_assert(eq(uint, event->connection, 5u));
    strike->by_ns = fault->by_ns;
    return fault->times > 0 && fault->times--;
}

static uint64_t time_to_connect(enum point_effect effect, struct fault fault,
                                enum rpc_status expected)
{
    begin();
    point_init();
    point_arm(POINT_NET_SYN, effect, judge, &fault);
    IS(world_connect(client_host, listener->address, 5, &client), RPC_OK);
    uint64_t at_ns = 0;
    while (world_connected(client) == RPC_AGAIN) {
        at_ns += 500 * MS;
        world_run(world, at_ns);
    }
    IS(world_connected(client), expected);
    point_arm(POINT_NET_SYN, effect, NULL, NULL);
    if (expected == RPC_OK) {
        IS(world_accept(listener, &server), RPC_OK);
        return at_ns;
    }
    world->tracer = NULL;
    IS(world_connect(client_host, listener->address, 5, &server), RPC_OK);
    return at_ns;
}

Test(faults, a_dropped_syn_is_sent_again)
{
    cr_assert(eq(ulong, time_to_connect(EFFECT_DROP, (struct fault){.times = 3}, RPC_OK), 7 * S));
    cr_assert(eq(ulong, listening.events[3].at_ns, 7 * S));
    end();
}

Test(faults, a_connection_whose_every_syn_is_dropped_times_out)
{
    cr_assert(eq(ulong, time_to_connect(EFFECT_DROP, (struct fault){.times = 7}, RPC_TIMED_OUT),
                 127 * S));
    cr_assert(eq(uint, listening.count, 7u));
    end();
}

Test(faults, a_syn_that_is_delayed_comes_later_and_may_be_overtaken)
{
    struct fault late = {.times = 1, .by_ns = 500 * MS};
    cr_assert(eq(ulong, time_to_connect(EFFECT_DELAY, late, RPC_OK), 500 * MS));
    end();
    memset(&listening, 0, sizeof(listening));
    late.by_ns = 5 * S;
    cr_assert(eq(ulong, time_to_connect(EFFECT_DELAY, late, RPC_OK), 1 * S));
    end();
}
