/* How many of Hadoop's threads are alive in a client.  Counted in JVMs with 0.20.203, 1.2.1, 2.6.0
 * and 3.4.3, besides read in their ipc/Client.java. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/idle_threads.h"
#include "rpc/client/stage.h"

#define THREADS(expected) cr_assert(eq(uint, client_threads(stage->client), expected))

static bool writes_itself(enum release_id release)
{
    return release <= RELEASE_1_2;
}

static bool has_pool(enum release_id release)
{
    return release == RELEASE_2_2 || release == RELEASE_2_6;
}

Test(threads, of_a_client_are_its_connections_receivers_and_whoever_sends)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        THREADS(0);
        stage_call(stage, "hi");
        stage_until(stage, 9999);
        THREADS(writes_itself(release) ? 1 : 2);
        stage_until(stage, 10001); /* idle for so long */
        THREADS(has_pool(release) ? 1 : 0);
        stage_free(stage);
    }
}

/* SD-09 */
Test(threads, of_2x_that_send_wait_a_minute_for_more_and_a_stop_ends_them_from_2_3_on)
{
    STAGE_EACH_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 59999);
        THREADS(has_pool(release) ? 1 : 0);
        stage_until(stage, 60000);
        THREADS(0);
        stage_call(stage, "hi");
        stage_until(stage, 61000);
        THREADS(writes_itself(release) ? 1 : 2);
        stage_stop(stage);
        stage_until(stage,
                    61099); /* before 3.x it looks every 100 ms whether connections are left */
        THREADS(has_pool(release) ? 1 : 0);
        stage_until(stage, 61100);
        THREADS(release == RELEASE_2_2 ? 1 : 0);
        stage_until(stage, 120000);
        THREADS(0);
        stage_free(stage);
    }
}

Test(threads,
     of_the_pool_are_as_many_as_have_been_at_work_at_once_and_the_last_to_rest_is_the_first)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_open(release);
        struct client_remote other = stage->remote;
        bool pool = has_pool(release);
        other.user = "bob";
        stage->echoes = true;
        stage_call(stage, "hi");
        stage_until(stage, 100);
        stage_call_to(stage, &other, "hi", NULL);
        stage_until(stage, 1000);
        THREADS(pool ? 3 : 4);
        stage_hold(stage, POINT_CLIENT_WRITE, 2);
        stage_call(stage, "hi");
        stage_call_to(stage, &other, "hi", NULL);
        stage_until(stage, 2000);
        THREADS(4);
        stage_release(stage);
        stage_until(stage, 30000);
        THREADS(pool ? 2 : 0);
        stage_call(stage, "hi");
        stage_until(stage, 61999);
        THREADS(pool ? 2 : 0);
        stage_until(stage, 62000);
        THREADS(pool ? 1 : 0);
        stage_until(stage, 90000);
        THREADS(0);
        stage_free(stage);
    }
}

/* RpcRequestSender polls for ipc.client.connection.maxidletime at a time. */
Test(threads, of_3_4_that_send_outlive_their_connection_until_their_next_look)
{
    struct stage *stage = stage_open(RELEASE_3_4);
    stage->echoes = true;
    stage_call(stage, "hi");
    stage_until(stage, 8000);
    stage->echoes = false;
    stage_call(stage, "hi");
    stage_until(stage, 9000);
    THREADS(2);
    stage_close(stage, 0, false);
    stage_until(stage, 17999);
    THREADS(1);
    stage_until(stage, 18000);
    THREADS(0);

    stage_call(stage, "hi");
    stage_until(stage, 39000); /* past its second look */
    stage_close(stage, 1, false);
    stage_until(stage, 47999);
    THREADS(1);
    stage_stop(stage); /* which does not find it */
    THREADS(1);
    stage_until(stage, 48000);
    THREADS(0);
    stage_free(stage);
}

/* 2.6: the receiver waits in its close for the writer, whom the pool's end interrupts. */
Test(threads, that_are_stuck_in_a_write_end_when_somebody_interrupts_them)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_deaf(release);
        stage_call(stage, stage_long_text());
        stage_until(stage, 1000);
        THREADS(2);
        stage_stop(stage);
        stage_until(stage, 1001);
        THREADS(release == RELEASE_3_4 ? 0 : 2);
        stage_until(stage, 61099);
        THREADS(release == RELEASE_3_4 ? 0 : 2);
        stage_until(stage, 61101);
        THREADS(release == RELEASE_2_2 ? 2 : 0);
        stage_free(stage);
    }
}

/* HADOOP-6723 */
Test(threads, of_1_2_that_receive_die_of_what_nobody_catches)
{
    struct stage_call *call;
    struct stage *stage = stage_pending(RELEASE_1_2, &call);
    THREADS(1);
    stage_reply(stage, 0, 999, "x");
    stage_until(stage, 20);
    THREADS(0);
    stage_free(stage);
}

Test(threads, that_idle_are_counted_until_their_time)
{
    struct client_idle_threads threads = {0};
    client_idle_threads_take(&threads);
    for (uint64_t end = 1; end <= 100; end++)
        client_idle_threads_add(&threads, 0, end);
    cr_assert(eq(uint, client_idle_threads_count(&threads, 0), 100));
    cr_assert(eq(uint, client_idle_threads_count(&threads, 60), 40));
    client_idle_threads_take(&threads);
    cr_assert(eq(uint, client_idle_threads_count(&threads, 60), 39));
    for (uint64_t end = 101; end <= 1000; end++)
        client_idle_threads_add(&threads, end - 1, end);
    cr_assert(le(sz, threads.room, 128)); /* those that have ended have made room */
    cr_assert(eq(uint, client_idle_threads_count(&threads, 999), 1));
    client_idle_threads_end(&threads);
    cr_assert(eq(uint, client_idle_threads_count(&threads, 0), 0));
}
