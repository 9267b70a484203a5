/* Rough worlds: the seed decides order, costs, latencies and short writes, and still every
 * call is answered once. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

enum { PEERS = 6, CALLS = 12 };

static const char *const releases[] = {"0.20", "1.2", "2.2", "2.6", "3.4"};

enum { RELEASES = sizeof(releases) / sizeof(releases[0]), FIRST_WITH_PENDING = 3 };

/* Whether its Readers have pendingConnections. */
static bool has_pending(const char *release)
{
    return strcmp(release, releases[FIRST_WITH_PENDING]) >= 0;
}

static void send_all(unsigned *peers)
{
    static const char *const methods[] = {"echo", "blob", "sleep", "defer", "throw"};
    static const char *const bodies[] = {"x", "70000", "3", "5", ""};

    for (unsigned i = 0; i < PEERS; i++)
        peers[i] = rig_open();
    for (int32_t call = 0; call < CALLS; call++)
        for (unsigned i = 0; i < PEERS; i++) {
            size_t kind = ((unsigned)call + i) % 5;
            rig_call(peers[i], call, methods[kind], bodies[kind]);
        }
}

/* A stalled thread can take seconds, and there can be several. */
static void run_until(bool (*done)(void))
{
    for (uint64_t ms = world_now(rig_world) / WORLD_MS; !done() && ms < 600000; ms += 50) {
        rig_run_deaf(ms + 50);
        for (unsigned i = 0; i < PEERS; i++)
            rig_read(i);
    }
    cr_assert(done());
}

static bool all_answered(void)
{
    for (unsigned i = 0; i < PEERS; i++)
        if (rig_peers[i].reply_count < CALLS)
            return false;
    return true;
}

static bool all_closed(void)
{
    return rig_counters().open_connections == 0 && rig_counters().call_queue_length == 0;
}

static bool all_gone(void)
{
    return server_connections(rig_server, NULL, 0) == 0;
}

static uint64_t sweep(uint64_t seed, const char *release, bool thread_each)
{
    unsigned peers[PEERS];
    rig_begin(&(struct rig_options){.release = release,
                                    .handlers = 3,
                                    .queue = release[0] == '3' ? 1 : 4,
                                    .rough = true,
                                    .seed = seed,
                                    .thread_each = thread_each,
                                    .settings = {{SETTING_READERS, 2}, {SETTING_READER_QUEUE, 1}},
                                    .setting_count = has_pending(release) ? 2 : 1});
    send_all(peers);
    run_until(all_answered);
    for (unsigned i = 0; i < PEERS; i++) {
        cr_assert(eq(ulong, rig_peers[peers[i]].reply_count, (size_t)CALLS), "seed %lu", seed);
        for (int32_t call = 0; call < CALLS; call++)
            cr_assert(rig_has_reply(peers[i], call));
    }
    struct server_connection_view views[PEERS];
    cr_assert(eq(ulong, server_connections(rig_server, views, PEERS), (size_t)PEERS));
    for (unsigned i = 0; i < PEERS; i++)
        cr_assert(eq(long, views[i].rpc_count, 0l));
    cr_assert(eq(ulong, rig_counters().executions, (unsigned long)PEERS * CALLS));
    uint64_t hash = world_hash(rig_world);
    rig_end();
    return hash;
}

Test(sweep, every_call_is_answered_once)
{
    for (uint64_t seed = 1; seed <= 100; seed++)
        sweep(seed, releases[seed % RELEASES], false);
}

Test(sweep, every_call_is_answered_once_with_a_thread_for_each_lane)
{
    for (uint64_t seed = 1; seed <= 100; seed++)
        sweep(seed, releases[seed % RELEASES], true);
}

Test(sweep, the_same_seed_is_the_same_run)
{
    cr_assert(eq(ulong, sweep(7, "3.4", false), sweep(7, "3.4", false)));
    cr_assert(ne(ulong, sweep(7, "3.4", false), sweep(8, "3.4", false)));
}

/* Peers that end in the midst of everything. */
static void chaos(uint64_t seed, bool thread_each)
{
    unsigned peers[PEERS];
    const char *release = releases[seed % RELEASES];
    rig_begin(&(struct rig_options){.release = release,
                                    .handlers = 2,
                                    .queue = 2,
                                    .rough = true,
                                    .seed = seed,
                                    .thread_each = thread_each,
                                    .settings = {{SETTING_MAX_IDLE, 20},
                                                 {SETTING_IDLE_THRESHOLD, 0},
                                                 {SETTING_IDLE_SCAN_INTERVAL, 7}},
                                    .setting_count = has_pending(release) ? 3 : 2});
    send_all(peers);
    for (unsigned i = 0; i < PEERS; i++) {
        rig_run(1 + (seed * 7 + i * 5) % 40 + i * 3 + world_now(rig_world) / WORLD_MS);
        rig_close(peers[i]);
    }
    run_until(all_closed);
    rig_end();
}

Test(sweep, peers_that_end_in_the_midst_leave_nothing_behind)
{
    for (uint64_t seed = 1; seed <= 100; seed++)
        chaos(seed, false);
}

Test(sweep, peers_that_end_in_the_midst_leave_nothing_behind_with_threads)
{
    for (uint64_t seed = 1; seed <= 100; seed++)
        chaos(seed, true);
}

Test(sweep, a_stop_at_any_moment_ends_everything)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        unsigned peers[PEERS];
        const char *release = releases[seed % RELEASES];
        rig_begin(&(struct rig_options){.release = release,
                                        .handlers = 2,
                                        .queue = 1,
                                        .rough = true,
                                        .seed = seed,
                                        .thread_each = seed % 3 == 0,
                                        .settings = {{SETTING_READER_QUEUE, 1}},
                                        .setting_count = has_pending(release)});
        send_all(peers);
        rig_run(seed % 20);
        server_stop(rig_server, NULL, NULL);
        rig_run_deaf(world_now(rig_world) / WORLD_MS + 100);
        if (strcmp(release, "3.4") != 0)
            server_kill(rig_server); /* a Reader may have stood before the queue */
        run_until(all_gone);
        rig_end();
    }
}
