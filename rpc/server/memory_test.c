/* When memory runs out: which thread it costs, and who hears of it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

static void strike_once(enum point point)
{
    rig_fault(point, &(struct point_strike){.effect = EFFECT_MEMORY}, 1);
}

/* A peer's first call meets no memory at `point`. */
static unsigned strike_a_call(const char *release, enum point point)
{
    unsigned peer = rig_meet(release);
    strike_once(point);
    rig_call(peer, 0, "echo", "x");
    return peer;
}

Test(memory, in_a_method_it_is_an_error_like_others)
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = strike_a_call(release, POINT_SERVER_EXECUTE);
        rig_call(peer, 1, "echo", "x");
        rig_run(1);
        IS_TEXT(rig_reply(peer, 0)->text,
                strcmp(release, "2.2") < 0
                    ? "java.io.IOException: java.lang.OutOfMemoryError: Java heap space"
                    : "Java heap space");
        IS_TEXT(rig_reply(peer, 0)->class_name,
                strcmp(release, "2.2") < 0 ? "java.io.IOException" : "java.lang.OutOfMemoryError");
        cr_assert(rig_has_reply(peer, 1));
        rig_end();
    }
}

Test(memory, while_a_reply_is_made_it_costs_the_handler)
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = strike_a_call(release, POINT_SERVER_REPLY);
        rig_call(peer, 1, "echo", "x");
        rig_run(100000);
        cr_assert(eq(ulong, rig_peers[peer].reply_count, 0ul));
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
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = strike_a_call(release, POINT_SERVER_WRITE);
        rig_run(1);
        cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
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
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = rig_meet(release);
        rig_call(peer, 0, "blob", "4000000");
        rig_run_deaf(1);
        strike_once(POINT_SERVER_WRITE);
        rig_read_some(peer, 60000);
        rig_run_deaf(2);
        IS_TEXT(rig_doing("responder"), "sleep");
        cr_assert(eq(ulong, rig_counters().output_errors, 1ul));
        rig_run_deaf(60003);
        IS_TEXT(rig_doing("responder"), "select");
        IS_TEXT(rig_doing("handler/0"), "wait");
        rig_end();
    }
}

Test(memory, in_its_select_it_stops_the_responder_for_a_minute)
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = rig_meet(release);
        strike_once(POINT_SERVER_SELECT);
        rig_call(peer, 0, "blob", "200000"); /* wakes it */
        rig_run_deaf(5);
        cr_assert(eq(uint, rig_strikes(), 1u));
        IS_TEXT(rig_doing("responder"), "sleep");
        rig_run(59990);
        cr_assert(not(rig_has_reply(peer, 0)));
        rig_run(60010);
        cr_assert(rig_has_reply(peer, 0));
        rig_end();
    }
}

Test(memory, in_a_reader_it_costs_the_reader_and_in_3x_the_process)
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        unsigned peer = strike_a_call(release, POINT_SERVER_READ);
        rig_run(100000);
        cr_assert(not(rig_has_reply(peer, 0)));
        cr_assert(eq(int, rig_peers[peer].ended != RPC_OK, strcmp(release, "3.4") == 0));
        rig_end();
    }
}
