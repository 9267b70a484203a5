#include "rpc/release.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static unsigned range(const char *text)
{
    unsigned mask;
    cr_assert(eq(int, (int)release_range(text, &mask), RPC_OK));
    return mask;
}

Test(release, a_range_names_the_releases_between_its_ends)
{
    cr_assert(eq(uint, range(NULL), 31u));
    cr_assert(eq(uint, range("2.6"), 1u << RELEASE_2_6));
    cr_assert(eq(uint, range("-1.2"), 1u << RELEASE_0_20 | 1u << RELEASE_1_2));
    cr_assert(eq(uint, range("2.3-"), 1u << RELEASE_2_6 | 1u << RELEASE_3_4));
    cr_assert(eq(uint, range("1.2-2.2"), 1u << RELEASE_1_2 | 1u << RELEASE_2_2));
    cr_assert(eq(uint, range(" -0.20 , 3.4 "), 1u << RELEASE_0_20 | 1u << RELEASE_3_4));
}

Test(release, a_range_that_does_not_read_is_refused)
{
    unsigned mask;
    const char *wrong[] = {"2", "2.6 3.4", "2.6,", "x", "--1.2", "2.6-,,"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert(eq(int, (int)release_range(wrong[i], &mask), RPC_MALFORMED), "%s", wrong[i]);
}

Test(release, a_key_with_a_port_is_found)
{
    cr_assert(eq(int, (int)release_setting_by_key("ipc.8020.backoff.enable"), SETTING_BACKOFF));
    cr_assert(eq(int, (int)release_setting_by_key("ipc.ping.interval"), SETTING_PING_INTERVAL));
    cr_assert(eq(int, (int)release_setting_by_key("ipc.pong.interval"), SETTING_COUNT));
    cr_assert(eq(int, (int)release_setting_by_key("ipc..backoff.enable"), SETTING_COUNT));
}

Test(release, a_setting_that_a_release_lacks_takes_only_what_it_does_anyway)
{
    const struct release *release = release_by_name("2.6");
    struct release_settings settings;
    release_defaults(release, &settings);
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_PURGE_INTERVAL, 1),
                 RPC_NOT_IN_RELEASE));
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_PURGE_INTERVAL, 15), RPC_OK));
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_CONNECTIONS_MAX, 3),
                 RPC_NOT_IN_RELEASE));
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_PING, 2), RPC_BAD_VALUE));
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_MAX_IDLE, 0), RPC_OK));
    cr_assert(eq(long, settings.value[SETTING_MAX_IDLE], 0));
}

Test(release, a_key_that_no_file_sets_is_told_apart_until_it_is_set)
{
    const struct release *release = release_by_name("1.2");
    struct release_settings settings;
    release_defaults(release, &settings);
    cr_assert(not(settings.no_idle_key));
    release_unset(release, &settings, SETTING_MAX_IDLE);
    cr_assert(settings.no_idle_key);
    cr_assert(eq(long, settings.value[SETTING_MAX_IDLE], 10000)); /* to a client */
    cr_assert(eq(int, (int)release_set(release, &settings, SETTING_MAX_IDLE, 10000), RPC_OK));
    cr_assert(not(settings.no_idle_key));
    release_set(release, &settings, SETTING_KILL_MAX, 3);
    release_unset(release, &settings, SETTING_KILL_MAX);
    cr_assert(eq(long, settings.value[SETTING_KILL_MAX], 10));
}
