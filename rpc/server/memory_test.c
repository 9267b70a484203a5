/* When memory runs out: which thread it costs, and who hears of it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

static const char *const releases[] = {"0.20", "1.2", "2.2", "2.6", "3.4"};

#define EACH_RELEASE(release)                                                                      \
    for (size_t each = 0, once = 1; each < sizeof(releases) / sizeof(releases[0]);                 \
         each++, once = 1)                                                                         \
        for (const char *release = releases[each]; once == 1; once = 0)

static void strike_once(enum point point)
{
    rig_fault(point, &(struct point_strike){.effect = EFFECT_MEMORY}, 1);
}

static unsigned begin(const char *release)
{
    rig_begin(&(struct rig_options){.release = release});
    unsigned peer = rig_open();
    rig_settle();
    return peer;
}

Test(memory, in_a_method_it_is_an_error_like_others)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        strike_once(POINT_SERVER_EXECUTE);
        rig_call(peer, 0, "echo", "x");
        rig_call(peer, 1, "echo", "x");
        rig_run(1);
        IS_TEXT(rig_reply(peer, 0)->text,
                each < 2 ? "java.io.IOException: java.lang.OutOfMemoryError: Java heap space"
                         : "Java heap space");
        IS_TEXT(rig_reply(peer, 0)->class_name,
                each < 2 ? "java.io.IOException" : "java.lang.OutOfMemoryError");
        cr_assert(rig_has_reply(peer, 1));
        rig_end();
    }
}

Test(memory, while_a_reply_is_made_it_costs_the_handler)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        strike_once(POINT_SERVER_REPLY);
        rig_call(peer, 0, "echo", "x");
        rig_call(peer, 1, "echo", "x");
        rig_run(100000);
        cr_assert(eq(ulong, rig_peers[peer].reply_count, 0ul), "%s", release);
        cr_assert(eq(ulong, rig_counters().call_queue_length, 1ul));
        cr_assert(eq(ulong, rig_counters().open_connections, 1ul));
        IS_TEXT(rig_doing("handler/0"), "closed");
        cr_assert(server_lane_died_ns(rig_server, "handler/0") <= world_now(rig_world));
        cr_assert(eq(u64, server_lane_died_ns(rig_server, "reader/0"), WORLD_NEVER));
        rig_end();
    }
}

Test(memory, while_a_handler_writes_it_costs_connection_and_handler)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        strike_once(POINT_SERVER_WRITE);
        rig_call(peer, 0, "echo", "x");
        rig_run(1);
        cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END), "%s", release);
        unsigned other = rig_open();
        rig_call(other, 1, "echo", "x");
        rig_run(100000);
        cr_assert(not(rig_has_reply(other, 1)));
        IS_TEXT(rig_doing("handler/0"), "closed");
        rig_end();
    }
}

Test(memory, while_the_responder_writes_it_costs_the_connection_and_a_minute)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        rig_call(peer, 0, "blob", "4000000");
        rig_run_deaf(1);
        strike_once(POINT_SERVER_WRITE);
        rig_read_some(peer, 60000);
        rig_run_deaf(2);
        IS_TEXT(rig_doing("responder"), "sleep");
        cr_assert(eq(ulong, rig_counters().output_errors, 1ul), "%s", release);
        rig_run_deaf(60003);
        IS_TEXT(rig_doing("responder"), "select");
        IS_TEXT(rig_doing("handler/0"), "wait");
        rig_end();
    }
}

Test(memory, in_its_select_it_stops_the_responder_for_a_minute)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        strike_once(POINT_SERVER_SELECT);
        rig_call(peer, 0, "blob", "200000"); /* wakes it */
        rig_run_deaf(5);
        cr_assert(eq(uint, rig_strikes(), 1u), "%s", release);
        IS_TEXT(rig_doing("responder"), "sleep");
        rig_run(59990);
        cr_assert(not(rig_has_reply(peer, 0)), "%s", release);
        rig_run(60010);
        cr_assert(rig_has_reply(peer, 0));
        rig_end();
    }
}

Test(memory, in_a_reader_it_costs_the_reader_and_in_3x_the_process)
{
    EACH_RELEASE(release)
    {
        unsigned peer = begin(release);
        strike_once(POINT_SERVER_READ);
        rig_call(peer, 0, "echo", "x");
        rig_run(100000);
        cr_assert(not(rig_has_reply(peer, 0)));
        cr_assert(eq(int, rig_peers[peer].ended != RPC_OK, strcmp(release, "3.4") == 0), "%s",
                  release);
        rig_end();
    }
}
