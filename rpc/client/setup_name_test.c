/* Names that are not known, that stop being known, and that name somebody else now. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

#define SEE_UNKNOWN_HOST "; For more details see:  http://wiki.apache.org/hadoop/UnknownHost"
#define UNKNOWN_TO(host)                                                                           \
    "Invalid host name: local host is: " host "; destination host is: \"nowhere\":8020; "          \
    "java.net.UnknownHostException"

/* The server is "service", whose address is that of `host`. */
static struct stage *named(enum release_id release, const char *host)
{
    struct stage *stage = stage_create(release);
    stage->remote.name = "service";
    stage->echoes = true;
    world_dns(stage->world, "service", world_host(stage->world, host));
    return stage;
}

/* RC-09 */
Test(setup_name, of_a_server_that_has_moved_is_looked_up_again_from_1_2_on)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = named(release, "old");
        stage_start(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        world_dns(stage->world, "service", stage->there);
        stage_until(stage, 5000);
        cr_assert(stage_returned(call, "hi", 2000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 3));
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 5001);
        cr_assert(stage_returned(next, "next", 5000));
        cr_assert(eq(sz, stage->link_count, 1));
        stage_free(stage);
    }
}

Test(setup_name, is_looked_up_once_by_0_20)
{
    struct stage *stage = named(RELEASE_0_20, "old");
    stage_start(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 500);
    world_dns(stage->world, "service", stage->there);
    stage_until(stage, 15000);
    cr_assert(stage_ended(call, "refused", 10000));
    cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_RESOLVE), 1));
    stage_free(stage);
}

/* RC-10 */
Test(setup_name, that_stops_resolving_fails_until_2_6_and_keeps_its_address_in_3_4)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = named(release, "nn");
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 500);
        world_dns(stage->world, "service", NULL);
        stage_until(stage, 15000);
        if (release <= RELEASE_2_6) {
            cr_assert(stage_ended(call, "internal", 2000));
            cr_assert(stage_is(call->outcome->class_name, "java.io.IOException"));
            cr_assert(stage_has(call->outcome->message, "Couldn't set up IO streams"));
            cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 2));
        } else {
            cr_assert(stage_ended(call, "refused", 10000));
            cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 11));
        }
        world_dns(stage->world, "service", stage->there);
        stage_listen(stage);
        struct stage_call *next = stage_call(stage, "next");
        stage_until(stage, 15001);
        cr_assert(stage_returned(next, "next", 15000));
        stage_free(stage);
    }
}

/* RC-15 */
Test(setup_name, that_is_not_known_fails_at_once_until_2_6_and_is_retried_in_3_4)
{
    STAGE_EACH_RELEASE(release)
    {
        const char *message =
            release <= RELEASE_1_2 ? "unknown host: nowhere"
            : release <= RELEASE_2_6
                ? UNKNOWN_TO("(unknown)") SEE_UNKNOWN_HOST
                : UNKNOWN_TO("\"client1/10.0.0.1\"") ": " UNKNOWN_TO("\"client1/10.0.0.1\"")
                      SEE_UNKNOWN_HOST;
        struct stage *stage = stage_create(release);
        stage->remote.name = "nowhere";
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 20000);
        cr_assert(stage_ended(call, "unreachable", release <= RELEASE_2_6 ? 0 : 10000));
        cr_assert(stage_is(call->outcome->class_name, "java.net.UnknownHostException"));
        if (release == RELEASE_3_4)
            cr_assert(stage_has(call->outcome->message, message));
        else
            cr_assert(stage_is(call->outcome->message, message));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 0));
        stage_free(stage);
    }
}

Test(setup_name, that_appears_meanwhile_is_found_by_3_4)
{
    struct stage *stage = stage_create(RELEASE_3_4);
    stage->remote.name = "soon";
    stage->echoes = true;
    stage_start(stage);
    struct stage_call *call = stage_call(stage, "hi");
    stage_until(stage, 2500);
    world_dns(stage->world, "soon", stage->there);
    stage_until(stage, 20000);
    cr_assert(stage_returned(call, "hi", 4000));
    stage_free(stage);
}

/* RC-18 */
Test(setup_name, with_a_new_address_has_its_attempts_counted_anew)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = named(release, "x");
        stage_begin(stage);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 8500);
        world_dns(stage->world, "service", world_host(stage->world, "y"));
        stage_until(stage, 30000);
        cr_assert(stage_ended(call, "refused", 19000));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), 20));
        stage_free(stage);
    }
}

Test(setup_name, with_a_new_address_is_tried_once_in_3_4_whatever_the_policy_says)
{
    STAGE_EACH_RELEASE_FROM(RELEASE_1_2, release)
    {
        struct stage *stage = named(release, "x");
        stage->settings.value[SETTING_CONNECT_RETRIES] = 0;
        stage_begin(stage);
        stage_hold(stage, POINT_CLIENT_CONNECT, 1);
        struct stage_call *call = stage_call(stage, "hi");
        stage_until(stage, 0);
        world_dns(stage->world, "service", world_host(stage->world, "y"));
        stage_release(stage);
        stage_until(stage, 10);
        cr_assert(stage_ended(call, "refused", 0));
        cr_assert(eq(sz, stage_count(stage, POINT_CLIENT_CONNECT), release <= RELEASE_2_6 ? 1 : 2));
        stage_free(stage);
    }
}
