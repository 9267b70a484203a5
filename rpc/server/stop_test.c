/* What stop leaves behind, by release. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

/* The only Reader stands before the full callQueue. */
static void begin_with_blocked_reader(const char *release)
{
    rig_begin(&(struct rig_options){.release = release, .queue = 1});
    unsigned peer = rig_open();
    for (int32_t i = 0; i < 3; i++)
        rig_call(peer, i, "hang", "");
    rig_settle();
    IS_TEXT(rig_doing("reader/0"), "put");
}

Test(stop, hangs_behind_a_blocked_reader_in_2x) /* SD-05 */
{
    RIG_EACH_RELEASE(release, "2.2", "2.6")
    {
        begin_with_blocked_reader(release);
        rig_stop();
        rig_run(3600000);
        cr_assert(eq(uint, rig_stops_done(), 0u));
        cr_assert(server_stop_hangs(rig_server));
        cr_assert(eq(int, (int)rig_peers[0].ended, RPC_OK));
        unsigned late = rig_dial(); /* but the port is free */
        rig_settle();
        cr_assert(eq(int, (int)world_connected(rig_peers[late].stream), RPC_REFUSED));
        rig_quit();
    }
}

Test(stop, returns_in_1x_and_leaves_the_reader) /* SD-04 */
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin_with_blocked_reader(release);
        rig_stop();
        rig_run(1000);
        cr_assert(eq(uint, rig_stops_done(), 1u));
        cr_assert(not(server_stop_hangs(rig_server)));
        IS_TEXT(rig_doing("reader/0"), "put");
        cr_assert(ne(int, (int)rig_peers[0].ended, RPC_OK));
        rig_end();
    }
}

Test(stop, closes_nothing_in_1x_while_the_listener_waits_for_a_blocked_reader)
{
    begin_with_blocked_reader("1.2");
    unsigned in_hand = rig_open();
    rig_settle();
    IS_TEXT(rig_doing("listener"), "wait");
    rig_stop();
    rig_run(100000);
    cr_assert(eq(uint, rig_stops_done(), 1u));
    cr_assert(eq(int, (int)rig_peers[0].ended, RPC_OK));
    cr_assert(eq(int, (int)rig_peers[in_hand].ended, RPC_OK));
    rig_quit();
}

Test(stop, wakes_readers_from_2x_on) /* SD-04 */
{
    static const struct {
        const char *release, *doing;
    } cases[] = {{"0.20", "select"},
                 {"1.2", "select"},
                 {"2.2", "closed"},
                 {"2.6", "closed"},
                 {"3.4", "closed"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_begin(&(struct rig_options){.release = cases[i].release});
        rig_open();
        rig_settle();
        rig_stop();
        IS_TEXT(rig_doing("reader/0"), cases[i].doing);
        rig_end();
    }
}

Test(stop, does_not_count_off_whom_it_closes_before_23) /* SD-16 */
{
    static const struct {
        const char *release;
        unsigned long left;
    } cases[] = {{"0.20", 5}, {"1.2", 5}, {"2.2", 5}, {"2.6", 0}, {"3.4", 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_begin(&(struct rig_options){.release = cases[i].release});
        for (int peer = 0; peer < 5; peer++)
            rig_open();
        rig_settle();
        rig_stop();
        cr_assert(eq(ulong, rig_counters().open_connections, cases[i].left));
        cr_assert(eq(ulong, server_connections(rig_server, NULL, 0), 0ul));
        rig_end();
    }
}
