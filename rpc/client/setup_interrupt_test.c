/* What an interrupt does to a caller who sets a connection up. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* RC-08 */
Test(setup, ends_when_its_caller_is_interrupted_in_a_sleep)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1500);
        client_call_interrupt(call->call);
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "interrupted", 1500));
        const char *reason =
            release <= RELEASE_2_6
                ? "reason=null), retry policy="
                : "reason=retries get failed due to exceeded maximum allowed retries number: 10), "
                  "retry policy=";
        cr_assert(stage_has(call->outcome->message,
                            "java.io.InterruptedIOException: Interrupted: "
                            "action=RetryAction(action=RETRY, delayMillis=1000, "));
        cr_assert(stage_has(call->outcome->message, reason));
        cr_assert(stage_has(call->outcome->message,
                            release == RELEASE_2_2
                                ? "RetryUpToMaximumCountWithFixedSleep(maxRetries=10, sleepTime=1 "
                                  "SECONDS)"
                                : "RetryUpToMaximumCountWithFixedSleep(maxRetries=10, "
                                  "sleepTime=1000 MILLISECONDS)"));
        stage_free(stage);
    }
}

/* 4.4 */
Test(setup, goes_on_when_a_sleep_is_interrupted)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        struct client_caller *caller = client_caller_create(stage->client);
        struct stage_call *call = stage_call_to(stage, &stage->remote, "hi", caller);
        stage_until(stage, 1500);
        client_call_interrupt(call->call);
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "refused", 9500));
        cr_assert(eq(u64, stage_event(stage, POINT_CLIENT_CONNECT, 3)->at_ms, 1500));
        cr_assert(not(client_caller_interrupted(caller)));
        client_caller_free(caller);
        stage_free(stage);
    }
}

Test(setup, that_is_interrupted_before_its_sleep_tells_3_4_the_failure)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        stage_hold(stage, POINT_CLIENT_CONNECT, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 100);
        client_call_interrupt(call->call);
        stage_release(stage);
        stage_until(stage, 200);
        if (release == RELEASE_3_4)
            cr_assert(stage_refused(call, 100));
        else
            cr_assert(stage_has(call->outcome->message, "Interrupted: action="));
        stage_free(stage);
    }
}

/* 4.4: the connect itself is interrupted; the flag stays up for the sleep. */
Test(setup, that_is_interrupted_while_it_connects_ends_at_once)
{
    STAGE_EACH_NEW_RELEASE(release)
    {
        struct stage *stage = stage_lonely(release);
        stage_drop_connects(stage, 1000);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        cr_assert(stage_is(client_call_doing(call->call), "connect"));
        client_call_interrupt(call->call);
        stage_until(stage, 2000);
        cr_assert(stage_ended(call, "interrupted", 1000));
        cr_assert(stage_has(call->outcome->message,
                            release <= RELEASE_2_6 ? "Interrupted: action="
                                                   : "Total timeout mills is 20000, 19000 millis "
                                                     "timeout left."));
        stage_free(stage);
    }
}

Test(setup, counts_an_interrupted_connect_and_does_not_sleep_after_it)
{
    STAGE_EACH_OLD_RELEASE(release)
    {
        struct stage *stage = stage_create(release);
        stage->echoes = true;
        stage_begin(stage);
        stage_drop_connects(stage, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 1000);
        client_call_interrupt(call->call);
        stage_listen(stage);
        stage_until(stage, 20000);
        cr_assert(stage_returned(call, "hi", 1000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 2));
        stage_free(stage);
    }
}
