/* Every point of the server's can be held, and goes on as if nothing had been. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

static const struct rig_options lively = {
    .settings = {{SETTING_MAX_IDLE, 1000},
                 {SETTING_IDLE_SCAN_INTERVAL, 3000},
                 {SETTING_IDLE_THRESHOLD, 3},
                 {SETTING_PURGE_INTERVAL, 1}},
    .setting_count = 4,
};

/* Something of everything: calls, a short write, a skipped call, a FATAL, a scan, a purge. */
static void live(unsigned first, uint64_t from_ms)
{
    unsigned peer = first, vanished = first + 1, bad = first + 2;

    rig_call(peer, 1, "sleep", "50");
    rig_call(peer, 2, "blob", "300000");
    rig_call(vanished, 3, "echo", "x");
    rig_send(bad, "\0\0\0\0", 4);
    rig_run_deaf(from_ms + 10);
    rig_close(vanished);
}

static void open_three(void)
{
    for (int i = 0; i < 3; i++)
        rig_open();
}

static void holds(enum point point, const char *release)
{
    struct rig_options options = lively;
    if (release != NULL) {
        options.release = release;
        options.setting_count = 0;
    }
    rig_begin(&options);
    rig_hold(point);
    open_three();
    rig_run_deaf(1);
    live(0, 1);
    rig_run_deaf(100000);
    unsigned held = rig_held();
    rig_release();
    rig_run(110000);
    cr_assert(held > 0, "nobody has come to %s", point_name(point));
    unsigned later = rig_open();
    rig_call(later, 4, "echo", "x");
    rig_run(110010);
    cr_assert(rig_has_reply(later, 4), "%s", point_name(point));
    rig_end();
}

#define HELD(name, point)                                                                          \
    Test(hold, name)                                                                               \
    {                                                                                              \
        holds(point, NULL);                                                                        \
    }

HELD(accept_can_be_held, POINT_SERVER_ACCEPT)
HELD(register_can_be_held, POINT_SERVER_REGISTER)
HELD(read_can_be_held, POINT_SERVER_READ)
HELD(put_can_be_held, POINT_SERVER_PUT)
HELD(take_can_be_held, POINT_SERVER_TAKE)
HELD(skip_can_be_held, POINT_SERVER_SKIP)
HELD(execute_can_be_held, POINT_SERVER_EXECUTE)
HELD(reply_can_be_held, POINT_SERVER_REPLY)
HELD(write_can_be_held, POINT_SERVER_WRITE)
HELD(wakeup_can_be_held, POINT_SERVER_WAKEUP)
HELD(handover_can_be_held, POINT_SERVER_HANDOVER)
HELD(check_can_be_held, POINT_SERVER_CHECK)
HELD(purge_can_be_held, POINT_SERVER_PURGE)
HELD(scan_can_be_held, POINT_SERVER_SCAN)
HELD(refuse_can_be_held, POINT_SERVER_REFUSE)
HELD(close_can_be_held, POINT_SERVER_CLOSE)

Test(hold, before_23_lanes_can_be_held_as_well)
{
    static const enum point points[] = {
        POINT_SERVER_ACCEPT, POINT_SERVER_REGISTER, POINT_SERVER_READ,  POINT_SERVER_PUT,
        POINT_SERVER_TAKE,   POINT_SERVER_EXECUTE,  POINT_SERVER_REPLY, POINT_SERVER_WRITE,
        POINT_SERVER_WAKEUP, POINT_SERVER_HANDOVER, POINT_SERVER_CHECK, POINT_SERVER_CLOSE};

    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
            holds(points[i], release);
    }
}

Test(hold, before_23_the_listener_can_be_held_before_it_cleans_up)
{
    rig_begin(&(struct rig_options){
        .release = "1.2", .settings = {{SETTING_IDLE_THRESHOLD, 0}}, .setting_count = 1});
    rig_hold(POINT_SERVER_SCAN);
    rig_open();
    rig_settle();
    cr_assert(eq(uint, rig_held(), 1u));
    unsigned late = rig_open();
    rig_call(late, 0, "echo", "x");
    rig_run(1000);
    cr_assert(not(rig_has_reply(late, 0)));
    rig_release();
    rig_run(1002);
    cr_assert(rig_has_reply(late, 0));
    rig_end();
}

Test(hold, rest_can_be_held_and_the_next_response_hands_over_anew)
{
    unsigned peer = rig_meet("3.4");
    rig_hold(POINT_SERVER_REST);
    rig_call(peer, 0, "blob", "300000");
    rig_run(100);
    cr_assert(eq(uint, rig_held(), 1u));
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 300000ul));
    rig_call(peer, 1, "blob", "300000");
    rig_run(200);
    cr_assert(not(rig_has_reply(peer, 1)));
    rig_release();
    rig_run(300);
    cr_assert(eq(ulong, rig_reply(peer, 1)->length, 300000ul));
    rig_end();
}

Test(hold, select_can_be_held)
{
    unsigned peer = rig_meet("3.4");
    rig_hold(POINT_SERVER_SELECT);
    rig_call(peer, 0, "blob", "300000");
    rig_run(100);
    cr_assert(eq(uint, rig_held(), 1u));
    cr_assert(not(rig_has_reply(peer, 0)));
    rig_release();
    rig_run(200);
    cr_assert(eq(ulong, rig_reply(peer, 0)->length, 300000ul));
    rig_end();
}

Test(hold, a_stop_goes_on_beside_lanes_that_are_held)
{
    unsigned peer = rig_meet("3.4");
    rig_hold(POINT_SERVER_EXECUTE);
    rig_call(peer, 0, "echo", "x");
    rig_run(10);
    server_stop(rig_server, NULL, NULL);
    rig_run(20);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    rig_release();
    rig_run(30);
    rig_end();
}
