/* How many of Hadoop's threads are alive in a server.  Counted in JVMs with 0.20.203, 1.2.1, 2.6.0
 * and 3.4.3, besides read in their ipc/Server.java. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

#define THREADS(expected) cr_assert(eq(uint, server_threads(rig_server), expected))

/* A server with two Readers and three Handlers. */
static void begin(const char *release, bool started)
{
    rig_begin(&(struct rig_options){.release = release,
                                    .handlers = 3,
                                    .settings = {{SETTING_READERS, 2}},
                                    .setting_count = 1,
                                    .not_started = !started});
}

Test(threads, of_a_server_come_with_its_creation_and_its_start_and_go_with_its_stop)
{
    static const struct {
        const char *release;
        unsigned made, started, left;
    } cases[] = {
        {"0.20", 2, 7, 2}, {"1.2", 2, 7, 2}, {"2.2", 2, 7, 0}, {"2.6", 3, 8, 0}, {"3.4", 4, 9, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].release, false);
        THREADS(cases[i].made);
        server_start(rig_server);
        rig_settle();
        THREADS(cases[i].started);
        rig_open();
        rig_run(1000000); /* a purge and many scans later */
        THREADS(cases[i].started);
        rig_stop();
        THREADS(cases[i].left);
        rig_run(2000000);
        THREADS(cases[i].left);
        rig_end();
    }
}

Test(threads, of_a_server_that_was_never_started_include_a_timer_that_nobody_cancels)
{
    static const struct {
        const char *release;
        unsigned left;
    } cases[] = {{"0.20", 2}, {"1.2", 2}, {"2.2", 0}, {"2.6", 1}, {"3.4", 1}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].release, false);
        rig_stop();
        THREADS(cases[i].left);
        rig_end();
    }
}

Test(threads, that_run_a_method_end_when_it_does)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        begin(release, true);
        rig_call(rig_open(), 0, "hang", "");
        rig_settle();
        rig_stop();
        rig_run(100000);
        THREADS(1);
        IS_TEXT(rig_doing("handler/0"), "execute");
        server_call_return(rig_hung, wire_text("x"));
        server_call_finish(rig_hung);
        rig_settle();
        THREADS(0);
        rig_end();
    }
}

Test(threads, that_a_fault_delays_end_with_the_stop)
{
    static const struct point_strike delay = {.effect = EFFECT_DELAY, .by_ns = 100 * WORLD_SEC};

    begin("3.4", true);
    rig_fault(POINT_SERVER_EXECUTE, &delay, 1);
    rig_call(rig_open(), 0, "echo", "hi");
    rig_settle();
    IS_TEXT(rig_doing("handler/0"), "sleep");
    rig_stop();
    THREADS(0);
    rig_end();
}

/* 2.x: Listener, Reader, until its select is over Responder, and the Timer that 2.2 has not. */
Test(threads, of_a_stop_that_hangs_stay_but_for_responder_and_handlers)
{
    static const struct {
        const char *release;
        unsigned first, later;
    } cases[] = {{"0.20", 2, 2}, {"1.2", 2, 2}, {"2.2", 4, 3}, {"2.6", 5, 4}, {"3.4", 1, 1}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_begin(&(struct rig_options){.release = cases[i].release, .queue = 1});
        unsigned peer = rig_open();
        for (int32_t id = 0; id < 3; id++)
            rig_call(peer, id, "hang", ""); /* which minds no interrupt: that Handler stays too */
        rig_settle();
        rig_stop();
        rig_run(890000);
        THREADS(cases[i].first);
        rig_run(910000);
        THREADS(cases[i].later);
        rig_quit();
    }
}

Test(threads, that_an_error_ends_are_gone_and_in_3x_all_with_them)
{
    static const struct point_strike memory = {.effect = EFFECT_MEMORY};
    static const struct {
        const char *release;
        unsigned left;
    } cases[] = {{"0.20", 6}, {"1.2", 6}, {"2.2", 6}, {"2.6", 7}, {"3.4", 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].release, true);
        rig_fault(POINT_SERVER_READ, &memory, 1);
        rig_open();
        rig_settle();
        THREADS(cases[i].left);
        rig_end();
    }
}

Test(threads, of_a_process_that_dies_die)
{
    RIG_EACH_RELEASE(release, "0.20", "3.4")
    {
        begin(release, true);
        server_kill(rig_server);
        rig_settle();
        THREADS(0);
        rig_end();
    }
}
