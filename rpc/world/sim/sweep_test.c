/* Random sequences of socket calls, partitions and deaths, in calm and rough worlds: whatever is
 * read is what was written, in order and once; nothing is left over; and the same seed does the
 * same again. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/chance.h"
#include "rpc/world/sim/sim.h"

enum { HOSTS = 3, STREAMS = 12, ACTIONS = 300, SEEDS = 400, PIECE = 5000 };

/* One end, and how far its two byte streams have come. */
struct held {
    struct world_stream *stream;
    struct world_watch watch;
    uint64_t written, read;
    bool watched;
};

struct sweep {
    uint64_t seed;
    uint32_t drawn;
    struct world *world;
    struct world_host *hosts[HOSTS];
    struct world_executor executor;
    struct world_listener *listeners[HOSTS];
    struct held held[STREAMS];
    bool cut[HOSTS];
    uint64_t moved;
};

static uint32_t draw(struct sweep *sweep, uint32_t max)
{
    return world_uniform(world_mix(sweep->seed, 77, 0, sweep->drawn++), max);
}

/* The byte at a place of the stream that one side of a connection writes. */
static char byte_at(uint32_t connection, bool accepted, uint64_t place)
{
    return (char)(place * 7 + place / 251 + connection * 13 + accepted);
}

static struct held *empty_place(struct sweep *sweep)
{
    for (unsigned i = 0; i < STREAMS; i++)
        if (sweep->held[i].stream == NULL)
            return &sweep->held[i];
    return NULL;
}

static void read_some(struct sweep *sweep, struct held *held)
{
    char bytes[PIECE];
    size_t got;
    struct world_stream *stream = held->stream;
    if (world_read(stream, bytes, 1 + draw(sweep, PIECE - 1), &got) != RPC_OK)
        return;
    cr_assert(gt(ulong, got, 0u));
    for (size_t i = 0; i < got; i++)
        cr_assert(bytes[i] == byte_at(stream->connection, !stream->accepted, held->read + i),
                  "seed %d, byte %d", (int)sweep->seed, (int)(held->read + i));
    held->read += got;
    sweep->moved += got;
}

static void write_some(struct sweep *sweep, struct held *held)
{
    char bytes[PIECE];
    size_t size = 1 + draw(sweep, PIECE - 1), accepted;
    struct world_stream *stream = held->stream;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(stream->connection, stream->accepted, held->written + i);
    if (world_write(stream, bytes, size, &accepted) == RPC_OK)
        held->written += accepted;
}

static void when_ready(struct world_watch *watch)
{
    struct held *held = world_container(watch, struct held, watch);
    char byte;
    size_t got;
    if (world_read(held->stream, &byte, 1, &got) == RPC_OK) {
        cr_assert(byte == byte_at(held->stream->connection, !held->stream->accepted, held->read));
        held->read++;
    } else {
        world_watch_stop(watch);
        held->watched = false;
    }
}

static void watch_it(struct sweep *sweep, struct held *held)
{
    if (held->watched) {
        world_watch_release(&held->watch);
    } else {
        world_watch_init(&sweep->executor, &held->watch, held->stream, WORLD_READ, when_ready);
        world_watch_start(&held->watch);
    }
    held->watched = !held->watched;
}

static void let_go(struct held *held, bool reset)
{
    if (held->watched)
        world_watch_release(&held->watch);
    if (reset)
        world_reset(held->stream);
    else
        world_close(held->stream);
    *held = (struct held){.stream = NULL};
}

static void use_stream(struct sweep *sweep)
{
    struct held *held = &sweep->held[draw(sweep, STREAMS - 1)];
    uint32_t action = draw(sweep, 99);
    if (held->stream == NULL)
        return;
    if (action < 40)
        write_some(sweep, held);
    else if (action < 75)
        read_some(sweep, held);
    else if (action < 85)
        watch_it(sweep, held);
    else if (action < 90)
        world_shutdown(held->stream);
    else
        let_go(held, action >= 95);
}

static void listen_or_close(struct sweep *sweep, unsigned at)
{
    if (sweep->listeners[at] != NULL)
        world_listener_close(sweep->listeners[at]);
    sweep->listeners[at] = NULL;
    if (draw(sweep, 9) > 0)
        cr_assert(eq(
            int,
            (int)world_listen(sweep->hosts[at], 8020, (int)draw(sweep, 3), &sweep->listeners[at]),
            RPC_OK));
}

static void act(struct sweep *sweep)
{
    uint32_t action = draw(sweep, 99);
    unsigned at = draw(sweep, HOSTS - 1);
    struct held *place = empty_place(sweep);
    struct world_address to = {sweep->hosts[draw(sweep, HOSTS - 1)]->ip, 8020};
    if (action < 70) {
        use_stream(sweep);
    } else if (action < 78 && place != NULL) {
        world_connect(sweep->hosts[at], to, world_new_id(sweep->world, WORLD_ID_CONNECTION),
                      &place->stream);
    } else if (action < 90 && place != NULL && sweep->listeners[at] != NULL) {
        world_accept(sweep->listeners[at], &place->stream);
    } else if (action == 90) {
        listen_or_close(sweep, at);
    } else if (action < 93) {
        sweep->cut[at] = !sweep->cut[at];
        world_partition(sweep->hosts[at], NULL, sweep->cut[at]);
    } else if (action == 93) {
        world_host_kill(sweep->hosts[at]);
        if (sweep->listeners[at] != NULL)
            listen_or_close(sweep, at);
    } else {
        uint64_t length_ns = WORLD_MS << draw(sweep, 16);
        world_run(sweep->world, world_now(sweep->world) + length_ns);
    }
}

static void begin(struct sweep *sweep, bool rough)
{
    static const char *const names[HOSTS] = {"one", "two", "three"};
    sweep->world = sim_create(&(struct sim_options){.seed = sweep->seed, .rough = rough});
    world_net(sweep->world, &(struct world_net){.latency_ns = draw(sweep, 3) * 3 * WORLD_MS,
                                                .buffer = draw(sweep, 1) * 2000,
                                                .give_up_ns = draw(sweep, 1) * 10 * WORLD_SEC});
    for (unsigned i = 0; i < HOSTS; i++) {
        sweep->hosts[i] = world_host(sweep->world, names[i]);
        world_listen(sweep->hosts[i], 0, 2, &sweep->listeners[i]);
    }
    /* On a host of its own, which lives on. */
    world_executor_init(sweep->world, &sweep->executor, world_host(sweep->world, "script"), "it",
                        NULL);
}

static void end(struct sweep *sweep)
{
    struct sim_statistics rest;
    for (unsigned i = 0; i < STREAMS; i++)
        if (sweep->held[i].stream != NULL)
            let_go(&sweep->held[i], false);
    for (unsigned i = 0; i < HOSTS; i++)
        if (sweep->listeners[i] != NULL)
            world_listener_close(sweep->listeners[i]);
    cr_assert(eq(int, (int)world_run(sweep->world, WORLD_NEVER), WORLD_DEAD));
    world_executor_release(&sweep->executor);
    sim_statistics(sweep->world, &rest);
    cr_assert(eq(uint, rest.streams + rest.listeners + rest.watches_on + rest.executors, 0u));
    cr_assert(eq(ulong, rest.agenda_count, 0u));
    cr_assert(eq(ulong, rest.pairs, 0u), "seed %d", (int)sweep->seed);
    world_free(sweep->world);
}

static uint64_t play(uint64_t seed, bool rough, uint64_t *moved)
{
    struct sweep sweep = {.seed = seed};
    begin(&sweep, rough);
    for (unsigned i = 0; i < ACTIONS; i++)
        act(&sweep);
    uint64_t hash = world_hash(sweep.world) ^ world_now(sweep.world);
    *moved += sweep.moved;
    end(&sweep);
    return hash;
}

static void sweep_all(bool rough)
{
    uint64_t moved = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t hash = play(seed, rough, &moved);
        cr_assert(eq(ulong, play(seed, rough, &moved), hash), "seed %d", (int)seed);
    }
    cr_assert(gt(ulong, moved, SEEDS * 10000u));
}

Test(sweep, calm_worlds_keep_their_bytes_and_leave_nothing_behind)
{
    sweep_all(false);
}

Test(sweep, rough_worlds_keep_their_bytes_and_leave_nothing_behind)
{
    sweep_all(true);
}

/* A writer's pieces and its end, under latencies that the seed draws. */
Test(sweep, an_end_never_overtakes_the_bytes_before_it)
{
    enum { PIECES = 40 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sweep sweep = {.seed = seed};
        begin(&sweep, true);
        struct world_address to = sweep.listeners[0]->address;
        struct held *from = &sweep.held[0], *at = &sweep.held[1];
        world_connect(sweep.hosts[1], to, 1, &from->stream);
        world_run(sweep.world, 10 * WORLD_SEC);
        cr_assert(eq(int, (int)world_accept(sweep.listeners[0], &at->stream), RPC_OK));
        for (unsigned i = 0; i < PIECES; i++) {
            write_some(&sweep, from);
            world_run(sweep.world, world_now(sweep.world) + WORLD_MS);
            read_some(&sweep, at);
        }
        uint64_t written = from->written;
        let_go(from, false);
        char byte;
        size_t got;
        enum rpc_status status;
        while ((status = world_read(at->stream, &byte, 1, &got)) != RPC_END) {
            at->read += got;
            if (status == RPC_AGAIN)
                world_run(sweep.world, world_now(sweep.world) + WORLD_MS);
        }
        cr_assert(eq(ulong, at->read, written), "seed %d", (int)seed);
        end(&sweep);
    }
}
