/* Which connections the idle scan closes, and when. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

#define SCAN(idle, interval, kill, threshold)                                                      \
    .settings = {{SETTING_MAX_IDLE, idle},                                                         \
                 {SETTING_IDLE_SCAN_INTERVAL, interval},                                           \
                 {SETTING_KILL_MAX, kill},                                                         \
                 {SETTING_IDLE_THRESHOLD, threshold}},                                             \
    .setting_count = 4

static unsigned long open_now(void)
{
    return rig_counters().open_connections;
}

Test(idle_scan, three_a_scan_and_never_the_busy_one) /* ID-09 */
{
    rig_begin(&(struct rig_options){SCAN(1000, 750, 3, 0)});
    unsigned busy = rig_open();
    rig_call(busy, 0, "hang", "");
    for (int i = 1; i < 7; i++)
        rig_open();
    rig_run_deaf(2249);
    cr_assert(eq(ulong, open_now(), 7ul));
    rig_run_deaf(2250);
    cr_assert(eq(ulong, open_now(), 4ul));
    rig_run_deaf(3000);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_run_deaf(10000);
    cr_assert(eq(ulong, open_now(), 1ul));
    /* The limit does not begin anew with the reply. */
    server_call_return(rig_hung, wire_text("x"));
    server_call_finish(rig_hung);
    rig_run_deaf(10500);
    cr_assert(eq(ulong, open_now(), 0ul));
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "idle");
    cr_assert(eq(ulong, rig_counters().idle_closed, 7ul));
    rig_end();
}

Test(idle_scan, a_peer_that_stops_after_3_bytes_is_closed_only_by_the_scan) /* ID-12 */
{
    rig_begin(&(struct rig_options){.release = "2.6", SCAN(1000, 750, 10, 0)});
    unsigned peer = rig_connect();
    rig_send(peer, "hrp", 3);
    rig_run_deaf(2249);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_run_deaf(2250);
    cr_assert(eq(ulong, open_now(), 0ul));
    rig_end();
}

Test(idle_scan, below_the_threshold_nothing_is_closed) /* ID-12 */
{
    rig_begin(&(struct rig_options){SCAN(1000, 750, 10, 2)});
    rig_dial();
    rig_run_deaf(100000);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_dial();
    rig_run_deaf(103000);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_end();
}

Test(idle_scan, a_running_call_protects_its_connection) /* ID-15 */
{
    rig_begin(&(struct rig_options){SCAN(1000, 750, 10, 0)});
    unsigned peer = rig_open();
    rig_call(peer, 0, "sleep", "100000");
    rig_run_deaf(99999);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_read(peer);
    rig_run_deaf(100750);
    rig_read(peer);
    cr_assert(rig_has_reply(peer, 0));
    cr_assert(eq(ulong, open_now(), 0ul));
    rig_end();
}

Test(idle_scan, a_byte_of_an_unfinished_frame_postpones_the_close)
{
    rig_begin(&(struct rig_options){SCAN(1000, 750, 10, 0)});
    unsigned peer = rig_open();
    rig_run_deaf(2000);
    rig_send(peer, "\0", 1);
    rig_run_deaf(3999);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_run_deaf(4500);
    cr_assert(eq(ulong, open_now(), 0ul));
    rig_end();
}

Test(idle_scan, out_of_memory_closes_all_idle_ones_and_stops_accepting_for_a_minute) /* ID-16 */
{
    rig_begin(&(struct rig_options){.handlers = 5, SCAN(1000, 10000000, 10, 4000)});
    for (int i = 0; i < 50; i++)
        rig_open();
    for (int i = 0; i < 5; i++) {
        unsigned busy = rig_open();
        rig_call(busy, 0, "sleep", "200000");
    }
    rig_run_deaf(5000);
    /* The last accepted one is closed besides; let it be none that counts. */
    rig_fault(POINT_SERVER_ACCEPT, &(struct point_strike){.effect = EFFECT_MEMORY}, 1);
    rig_dial();
    rig_settle();
    cr_assert(eq(uint, rig_strikes(), 1u));
    cr_assert(eq(ulong, rig_counters().idle_closed, 50ul));
    cr_assert(eq(ulong, open_now(), 4ul));
    IS_TEXT(rig_doing("listener"), "sleep");
    rig_run_deaf(64999);
    cr_assert(eq(ulong, open_now(), 4ul));
    rig_run_deaf(65000);
    cr_assert(eq(ulong, open_now(), 5ul));
    rig_end();
}

Test(idle_scan, a_jump_of_the_wall_clock_makes_everybody_idle) /* ID-17 */
{
    rig_begin(&(struct rig_options){SCAN(10000, 10000, 10, 0)});
    rig_open();
    rig_run_deaf(1000);
    world_clock_jump(world_host(rig_world, "server1"), (int64_t)(3600 * WORLD_SEC));
    rig_run_deaf(9999);
    cr_assert(eq(ulong, open_now(), 1ul));
    rig_run_deaf(10000);
    cr_assert(eq(ulong, open_now(), 0ul));
    rig_end();
}

static void stuck_when_the_clock_jumps(const char *release, unsigned long purged)
{
    rig_begin(&(struct rig_options){.release = release});
    unsigned stuck = rig_open(), other = rig_open();
    rig_call(stuck, 0, "blob", "4000000");
    rig_run_deaf(1000);
    world_clock_jump(world_host(rig_world, "server1"), (int64_t)(3600 * WORLD_SEC));
    rig_call(other, 0, "blob", "4000000");
    rig_run_deaf(2000);
    cr_assert(eq(ulong, rig_counters().purged, purged));
    rig_end();
}

Test(idle_scan, a_jump_of_the_wall_clock_purges_in_2x) /* ID-17 */
{
    stuck_when_the_clock_jumps("2.6", 1);
}

Test(idle_scan, a_jump_of_the_wall_clock_does_not_purge_in_3x) /* ID-17 */
{
    stuck_when_the_clock_jumps("3.4", 0);
}

Test(idle_scan, twenty_five_go_ten_ten_five) /* ID-18 */
{
    rig_begin(&(struct rig_options){SCAN(10000, 10000, 10, 0)});
    for (int i = 0; i < 25; i++)
        rig_open();
    rig_run_deaf(20000);
    cr_assert(eq(ulong, open_now(), 25ul));
    rig_run_deaf(30000);
    cr_assert(eq(ulong, open_now(), 15ul));
    rig_run_deaf(40000);
    cr_assert(eq(ulong, open_now(), 5ul));
    rig_run_deaf(50000);
    cr_assert(eq(ulong, open_now(), 0ul));
    cr_assert(eq(long, rig_nth(POINT_SERVER_SCAN, 2)->values[FIELD_CLOSED], 10l));
    rig_end();
}
