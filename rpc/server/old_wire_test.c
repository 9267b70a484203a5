/* What servers before 2.x make of a connection's bytes: most of what is wrong closes it without
 * a word. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

#define SEND(peer, bytes) rig_send(peer, bytes, sizeof(bytes) - 1)

static void begin(const char *release)
{
    rig_begin(&(struct rig_options){.release = release});
}

/* The peer meets the end without having got a byte. */
static void is_closed_silently(unsigned peer, const char *why)
{
    rig_run(world_now(rig_world) / WORLD_MS + 1);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END), "%s", why);
    cr_assert(eq(ulong, rig_peers[peer].bytes, 0ul));
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, rig_count(POINT_SERVER_CLOSE) - 1)->text, why);
}

static void is_closed_after(unsigned peer, const char *bytes, const char *why)
{
    rig_settle();
    rig_send(peer, bytes, 4);
    is_closed_silently(peer, why);
}

Test(old_wire, a_wrong_magic_a_wrong_version_and_a_browser_hear_nothing) /* BI-01 BI-02 FA-07 */
{
    static const char *const preambles[] = {"xxxx\4\120", "hrpc\3\120", "hrpc\11\0", "GET / "};
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        for (size_t i = 0; i < sizeof(preambles) / sizeof(preambles[0]); i++) {
            begin(release);
            unsigned peer = rig_connect();
            rig_send(peer, preambles[i], 6);
            is_closed_silently(peer, "version");
            rig_end();
        }
    }
}

Test(old_wire, an_unknown_auth_byte_closes)
{
    begin("1.2");
    unsigned peer = rig_connect();
    SEND(peer, "hrpc\4\123");
    is_closed_silently(peer, "auth");
    rig_end();
}

Test(old_wire, a_secure_server_refuses_who_has_no_sasl) /* FA-01 */
{
    static const struct {
        const char *release, *text;
    } cases[] = {
        {"0.20", "Authentication is required"},
        {"1.2",
         "Authorization (hadoop.security.authorization) is enabled but authentication "
         "(hadoop.security.authentication) is configured as simple. Please configure another "
         "method like kerberos or digest."},
    };

    for (size_t i = 0; i < 2; i++) {
        rig_begin(&(struct rig_options){.release = cases[i].release, .requires_sasl = true});
        unsigned peer = rig_open();
        rig_run(1);
        const struct rig_reply *reply = rig_reply(peer, -1);
        cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
        IS_TEXT(reply->class_name, "org.apache.hadoop.security.AccessControlException");
        IS_TEXT(reply->text, cases[i].text);
        IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "fatal");
        rig_end();
    }
}

Test(old_wire, who_wants_sasl_is_switched_to_simple_and_its_token_is_skipped)
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned peer = rig_connect();
        rig_peers[peer].raw_only = true;
        SEND(peer, "hrpc\4\122");
        rig_run(1);
        cr_assert(eq(ulong, rig_peers[peer].bytes, 8ul));
        cr_assert(eq(int, memcmp(rig_peers[peer].raw, "\0\0\0\0\377\377\377\250", 8), 0));
        SEND(peer, "\377\377\377\377"); /* a ping is not that frame */
        SEND(peer, "\0\0\0\5token");
        SEND(peer, "\0\0\0\24\11test.Echo\1\0\5alice\0\0");
        rig_peers[peer].raw_only = false;
        rig_run(3);
        rig_call(peer, 4, "echo", "x");
        rig_run(4);
        cr_assert(rig_has_reply(peer, 4));
        rig_end();
    }
}

Test(old_wire, a_secure_server_without_mechanisms_says_so_in_sasls_own_way)
{
    rig_begin(&(struct rig_options){.release = "1.2", .requires_sasl = true});
    unsigned peer = rig_connect();
    rig_peers[peer].raw_only = true;
    SEND(peer, "hrpc\4\122");
    SEND(peer, "\0\0\0\0");
    rig_run(1);
    static const char expected[] =
        "\0\0\0\1\0\0\0\061org.apache.hadoop.security.AccessControlException"
        "\0\0\0\065Server is not configured to do DIGEST authentication.";
    cr_assert(eq(ulong, rig_peers[peer].bytes, sizeof(expected) - 1));
    cr_assert(eq(int, memcmp(rig_peers[peer].raw, expected, sizeof(expected) - 1), 0));
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    cr_assert(eq(ulong, rig_counters().authentication_failures, 1ul));
    rig_end();
}

Test(old_wire, minus_one_is_a_ping_and_other_negative_lengths_close) /* BI-03 */
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned peer = rig_connect(), quiet = rig_connect();
        SEND(peer, "hrpc\4\120\377\377\377\377"); /* even before the header */
        SEND(quiet, "hrpc\4\120\377\377\377\377");
        rig_run(1);
        SEND(peer, "\0\0\0\24\11test.Echo\1\0\5alice\0\0\377\377\377\377");
        rig_run(2);
        rig_call(peer, 1, "echo", "x");
        rig_run(3);
        cr_assert(rig_has_reply(peer, 1));
        cr_assert(eq(ulong, rig_counters().open_connections, 2ul));
        rig_close(peer);
        is_closed_after(quiet, "\377\377\377\376", "length");
        rig_end();
    }
}

Test(old_wire, a_ping_ends_the_pass_even_before_the_header)
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned first = rig_connect(), second = rig_connect();
        SEND(first, "hrpc\4\120\377\377\377\377\0\0\0\24\11test.Echo\1\0\5alice\0\0");
        SEND(second, "hrpc\4\120");
        rig_settle();
        size_t n = 0; /* the last read of the first one, which sees its header */
        for (size_t i = 0; i < rig_count(POINT_SERVER_READ); i++)
            if (rig_nth(POINT_SERVER_READ, i)->values[FIELD_BYTES] == 20)
                n = i;
        bool other_came_before = false;
        for (size_t i = 0; i < n; i++)
            other_came_before |= rig_nth(POINT_SERVER_READ, i)->connection == 2;
        cr_assert(n > 0 && other_came_before);
        rig_end();
    }
}

Test(old_wire, empty_frames_close)
{
    begin("1.2");
    unsigned headless = rig_connect();
    SEND(headless, "hrpc\4\120");
    is_closed_after(headless, "\0\0\0\0", "malformed");
    unsigned open = rig_open();
    is_closed_after(open, "\0\0\0\0", "malformed");
    rig_end();
}

Test(old_wire, a_giant_length_makes_its_reader_deaf_for_ever) /* BI-04 */
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        rig_begin(&(struct rig_options){
            .release = release, .settings = {{SETTING_READERS, 2}}, .setting_count = 1});
        unsigned bad = rig_open(), lucky = rig_open(), same = rig_open();
        rig_settle();
        SEND(bad, "\177\377\377\377");
        rig_run(1);
        rig_call(bad, 1, "echo", "x");
        rig_call(same, 2, "echo", "x");
        rig_call(lucky, 3, "echo", "x");
        rig_close(bad); /* nobody sees its FIN */
        rig_open();
        unsigned later = rig_open(); /* of Reader 1 again */
        rig_call(later, 4, "echo", "x");
        rig_run(100000);
        cr_assert(rig_has_reply(lucky, 3));
        cr_assert(not(rig_has_reply(same, 2)));
        cr_assert(not(rig_has_reply(later, 4)));
        cr_assert(eq(ulong, rig_counters().open_connections, 5ul));
        IS_TEXT(rig_doing("reader/1"), "closed");
        rig_end();
    }
}

Test(old_wire, a_protocol_that_is_no_class_closes) /* BI-18 */
{
    begin("1.2");
    unsigned peer = rig_connect();
    SEND(peer, "hrpc\4\120\0\0\0\22\7no.Such\1\0\5alice\0\0");
    is_closed_silently(peer, "protocol");
    rig_end();
}

Test(old_wire, an_empty_user_closes)
{
    begin("0.20");
    unsigned peer = rig_connect();
    SEND(peer, "hrpc\4\120\0\0\0\16\11test.Echo\1\0\0\0");
    is_closed_silently(peer, "user");
    rig_end();
}

Test(old_wire, a_header_that_ends_too_early_closes)
{
    begin("0.20");
    unsigned peer = rig_connect();
    SEND(peer, "hrpc\4\120\0\0\0\3\11te");
    is_closed_silently(peer, "malformed");
    rig_end();
}

Test(old_wire, without_a_protocol_every_call_meets_a_null_pointer)
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned peer = rig_connect();
        SEND(peer, "hrpc\4\120\0\0\0\13\0\1\0\5alice\0\0");
        rig_run(1);
        rig_call(peer, 0, "echo", "x");
        rig_run(2);
        const struct rig_reply *reply = rig_reply(peer, 0);
        cr_assert(eq(int, (int)reply->status, WIRE_ERROR));
        IS_TEXT(reply->class_name, "java.io.IOException");
        IS_TEXT(reply->text, "java.io.IOException: java.lang.NullPointerException");
        rig_end();
    }
}

Test(old_wire, who_is_not_authorized_hears_it_without_an_id) /* FA-04 */
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        rig_begin(&(struct rig_options){.release = release, .acl = true});
        unsigned peer = rig_open();
        rig_run(1);
        const struct rig_reply *reply = rig_reply(peer, -1);
        cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
        IS_TEXT(reply->class_name, "org.apache.hadoop.security.authorize.AuthorizationException");
        IS_TEXT(reply->text, "User alice is not authorized for protocol interface test.Echo, "
                             "expected client Kerberos principal is null");
        cr_assert(not(reply->has_stack));
        cr_assert(eq(ulong, rig_counters().authorization_failures, 1ul));
        rig_end();
    }
}

Test(old_wire, errors_keep_the_class_in_front_of_their_text)
{
    static const struct {
        const char *method, *class_name, *text;
    } cases[] = {
        {"throw", "java.io.FileNotFoundException", "java.io.FileNotFoundException: no such file"},
        {"unchecked", "java.io.IOException",
         "java.io.IOException: java.lang.IllegalStateException: not now"},
        {"nope", "java.io.IOException",
         "java.io.IOException: java.lang.NoSuchMethodException: test.Echo.nope()"},
    };

    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned peer = rig_open();
        for (int32_t i = 0; i < 3; i++)
            rig_call(peer, i, cases[i].method, "x");
        rig_call(peer, -7, "echo", "x"); /* any id is echoed */
        rig_run(1);
        for (int32_t i = 0; i < 3; i++) {
            const struct rig_reply *reply = rig_reply(peer, i);
            cr_assert(eq(int, (int)reply->status, WIRE_ERROR));
            IS_TEXT(reply->class_name, cases[i].class_name);
            IS_TEXT(reply->text, cases[i].text);
            cr_assert(reply->has_stack);
        }
        cr_assert(rig_has_reply(peer, -7));
        rig_end();
    }
}

Test(old_wire, a_value_that_can_not_be_written_is_never_heard_of) /* BI-09 */
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned peer = rig_open();
        rig_call(peer, 0, "broken", "x");
        rig_call(peer, 1, "echo", "x");
        rig_run(100000);
        cr_assert(not(rig_has_reply(peer, 0)));
        cr_assert(rig_has_reply(peer, 1));
        cr_assert(eq(long, rig_connection().rpc_count, 1l));
        rig_end();
    }
}

Test(old_wire, parameters_that_do_not_decode_close) /* BI-08 */
{
    static const char unknown[] = "\0\0\0\35\0\0\0\0\0\4echo\0\0\0\1\0\13no.Such$Cls\1\2";
    static const char shorter[] = "\0\0\0\16\0\0\0\0\0\4echo\0\0\0\1";

    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        begin(release);
        unsigned first = rig_open(), second = rig_open();
        rig_settle();
        SEND(first, unknown);
        is_closed_silently(first, "malformed");
        SEND(second, shorter);
        is_closed_silently(second, "malformed");
        cr_assert(eq(ulong, rig_counters().executions, 0ul));
        rig_end();
    }
}

Test(old_wire, an_array_that_no_memory_has_room_for_ends_its_reader)
{
    static const char call[] = "\0\0\0\26\0\0\0\0\0\4echo\0\0\0\1\0\2[I\177\377\377\377";

    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        unsigned peer = rig_meet(release);
        rig_send(peer, call, 4 + 22);
        rig_run(1000);
        cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_OK));
        IS_TEXT(rig_doing("reader/0"), "closed");
        rig_end();
    }
}

Test(old_wire, calls_of_a_client_that_has_gone_are_executed) /* SH-10 PU-07 */
{
    RIG_EACH_RELEASE(release, "0.20", "2.2")
    {
        begin(release);
        unsigned peer = rig_open();
        rig_call(peer, 0, "sleep", "1000");
        rig_call(peer, 1, "echo", "x");
        rig_call(peer, 2, "echo", "x");
        rig_run(10);
        rig_close(peer);
        rig_run(2000);
        cr_assert(eq(ulong, rig_counters().executions, 3ul));
        cr_assert(eq(ulong, rig_counters().skipped, 0ul));
        cr_assert(eq(ulong, rig_counters().output_errors, 3ul));
        rig_end();
    }
}

Test(old_wire, an_old_and_a_new_peer_part)
{
    rig_begin(&(struct rig_options){.release = "2.2"});
    unsigned peer = rig_connect();
    rig_peers[peer].raw_only = true;
    SEND(peer, "hrpc\4\120\0");
    rig_run(1);
    cr_assert(eq(int, memcmp(rig_peers[peer].raw, "\377\377\377\377\377\377\377\377", 8), 0));
    IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "version");
    rig_end();
}
