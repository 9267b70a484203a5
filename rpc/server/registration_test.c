/* How connections come to their Readers before Hadoop 2.3. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

/* Every client calls a method that hangs; the one Handler and the queue are soon full. */
static void flood(const char *release, unsigned readers, unsigned queue, unsigned peers)
{
    rig_begin(&(struct rig_options){.release = release,
                                    .queue = queue,
                                    .settings = {{SETTING_READERS, readers}},
                                    .setting_count = 1});
    for (unsigned i = 0; i < peers; i++)
        rig_call(rig_open(), 0, "hang", "");
    rig_settle();
}

Test(registration, as_many_are_accepted_as_are_queued_run_and_in_hands)
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        flood(release, 1, 1, 10); /* a Reader, the queue, a Handler, and the Listener's */
        cr_assert(eq(ulong, rig_count(POINT_SERVER_ACCEPT), 4ul));
        cr_assert(eq(ulong, rig_counters().open_connections, 3ul));
        IS_TEXT(rig_doing("reader/0"), "put");
        IS_TEXT(rig_doing("listener"), "wait");
        rig_quit();
    }
}

Test(registration, all_are_served_once_the_handler_is_free)
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release, .queue = 1});
        for (unsigned i = 0; i < 10; i++)
            rig_call(rig_open(), (int32_t)i, "sleep", "100");
        rig_run(2000);
        for (unsigned i = 0; i < 10; i++)
            cr_assert(rig_has_reply(i, (int32_t)i), "peer %u", i);
        cr_assert(eq(ulong, rig_counters().accepted, 10ul));
        rig_end();
    }
}

Test(registration, a_free_reader_gets_nothing_while_the_listener_waits_for_another) /* OV-03 */
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release,
                                        .queue = 1,
                                        .settings = {{SETTING_READERS, 2}},
                                        .setting_count = 1});
        unsigned blocking = rig_open(); /* Reader 1 */
        for (int32_t i = 0; i < 4; i++)
            rig_call(blocking, i, "hang", "");
        rig_settle();
        IS_TEXT(rig_doing("reader/1"), "put");
        rig_open(); /* Reader 0: let in */
        rig_settle();
        cr_assert(eq(ulong, rig_counters().open_connections, 2ul));
        rig_open(); /* Reader 1: the Listener waits */
        rig_open(); /* Reader 0: and does not come to this one */
        rig_settle();
        cr_assert(eq(ulong, rig_counters().open_connections, 2ul));
        cr_assert(eq(ulong, rig_count(POINT_SERVER_ACCEPT), 3ul));
        IS_TEXT(rig_doing("reader/0"), "select");
        rig_quit();
    }
}

Test(registration, the_reader_waits_while_the_listener_registers)
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        unsigned first = rig_meet(release);
        rig_hold(POINT_SERVER_REGISTER);
        unsigned second = rig_open();
        rig_settle();
        cr_assert(eq(uint, rig_held(), 1u));
        IS_TEXT(rig_doing("reader/0"), "wait");
        rig_call(first, 7, "echo", "x");
        rig_call(second, 8, "echo", "x");
        rig_run(5000); /* slices of a second change nothing */
        cr_assert(not(rig_has_reply(first, 7)));
        rig_release();
        rig_hear(first);
        rig_read(second);
        cr_assert(rig_has_reply(first, 7));
        cr_assert(rig_has_reply(second, 8));
        rig_end();
    }
}

Test(registration, the_listener_registers_where_later_the_reader_does)
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        rig_begin(&(struct rig_options){.release = release});
        rig_open();
        rig_settle();
        cr_assert(eq(uint, rig_nth(POINT_SERVER_REGISTER, 0)->lane,
                     rig_nth(POINT_SERVER_ACCEPT, 0)->lane));
        rig_end();
    }
    rig_begin(&(struct rig_options){.release = "2.6"});
    rig_open();
    rig_settle();
    cr_assert(
        ne(uint, rig_nth(POINT_SERVER_REGISTER, 0)->lane, rig_nth(POINT_SERVER_ACCEPT, 0)->lane));
    rig_end();
}

Test(registration, a_dead_reader_is_given_connections_that_it_never_reads) /* BI-04 */
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        unsigned first = rig_meet(release);
        rig_fault(POINT_SERVER_READ, &(struct point_strike){.effect = EFFECT_MEMORY}, 1);
        rig_call(first, 0, "echo", "x");
        rig_settle();
        unsigned second = rig_open();
        rig_call(second, 0, "echo", "x");
        rig_run(100000);
        cr_assert(eq(ulong, rig_counters().open_connections, 2ul));
        cr_assert(eq(ulong, rig_counters().executions, 0ul));
        IS_TEXT(rig_doing("reader/0"), "closed");
        rig_end();
    }
}
