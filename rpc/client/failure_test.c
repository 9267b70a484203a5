#include "rpc/client/failure.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define SEE(page) "; For more details see:  http://wiki.apache.org/hadoop/" page
#define HOSTS     "local host is: \"vm/10.0.0.2\"; destination host is: \"nn\":8020; "
#define CALL      "Call From vm/10.0.0.2 to nn:8020 failed"
#define LOCAL(of) "Failed on local exception: " of "; Host Details : " HOSTS
#define KEPT(of)                                                                                   \
    "DestHost:destPort nn:8020 , LocalHost:localPort vm/10.0.0.2:0. Failed on local "              \
    "exception: " of
#define TO(kind, of) "Call to nn/10.0.0.1:8020 failed on " kind " exception: " of

#define IO "java.io.IOException"

static const struct client_hosts hosts = {"vm/10.0.0.2", "nn", 8020, "nn/10.0.0.1:8020"};

static bool wraps(enum release_id release, const struct client_hosts *ends, const char *thrown,
                  const char *class_name, const char *message)
{
    struct client_failure *bare = client_failure_create(CLIENT_INTERNAL, thrown, "why", NULL, NULL);
    struct client_failure *told = client_failure_wrap(release_get(release), ends, bare);
    bool same = strcmp(told->class_name, class_name) == 0 && strcmp(told->message, message) == 0;
    if (!same)
        cr_log_error("%s: %s: %s", release_get(release)->name, told->class_name, told->message);
    client_failure_drop(told);
    client_failure_drop(bare);
    return same;
}

/* What each release makes of a class: its own class, or an IOException. */
static const struct told {
    const char *thrown;
    const char *call_to; /* 0.20, 1.2 */
    const char *net, *eof, *keeps;
} rows[] = {
    {"java.net.BindException", TO("local", "java.net.BindException: why"),
     "Problem binding to [vm/10.0.0.2:0] java.net.BindException: why" SEE("BindException"), "", ""},
    {"java.net.ConnectException", TO("connection", "java.net.ConnectException: why"),
     CALL " on connection exception: java.net.ConnectException: why" SEE("ConnectionRefused"), "",
     ""},
    {"java.net.UnknownHostException", TO("local", "java.net.UnknownHostException: why"),
     "Invalid host name: " HOSTS "java.net.UnknownHostException: why" SEE("UnknownHost"), "", ""},
    {"java.net.SocketTimeoutException",
     TO("socket timeout", "java.net.SocketTimeoutException: why"),
     CALL " on socket timeout exception: java.net.SocketTimeoutException: why" SEE("SocketTimeout"),
     "", ""},
    {"java.net.NoRouteToHostException", TO("local", "java.net.NoRouteToHostException: why"),
     "No Route to Host from  vm/10.0.0.2 to nn:8020 failed on socket timeout exception: "
     "java.net.NoRouteToHostException: why" SEE("NoRouteToHost"),
     "", ""},
    {"java.io.EOFException", TO("local", "java.io.EOFException: why"),
     LOCAL("java.io.EOFException: why"),
     "End of File Exception between " HOSTS ": java.io.EOFException: why" SEE("EOFException"), ""},
    {"java.net.SocketException", TO("local", "java.net.SocketException: why"),
     LOCAL("java.net.SocketException: why"), "",
     CALL " on socket exception: java.net.SocketException: why" SEE("SocketException")},
    {"org.apache.hadoop.security.AccessControlException",
     TO("local", "org.apache.hadoop.security.AccessControlException: why"),
     LOCAL("org.apache.hadoop.security.AccessControlException: why"), "", CALL ": why"},
    {"java.io.UTFDataFormatException", TO("local", "java.io.UTFDataFormatException: why"),
     LOCAL("java.io.UTFDataFormatException: why"), "", KEPT("java.io.UTFDataFormatException: why")},
    {"java.nio.channels.ClosedByInterruptException",
     TO("local", "java.nio.channels.ClosedByInterruptException: why"),
     LOCAL("java.nio.channels.ClosedByInterruptException: why"), "", "why"},
    {"org.apache.hadoop.ipc.RpcException", TO("local", "org.apache.hadoop.ipc.RpcException: why"),
     LOCAL("org.apache.hadoop.ipc.RpcException: why"), "", "why"},
};

/* The text of `release`: "" is that of the release before. */
static const char *text_of(const struct told *row, enum release_id release)
{
    const char *text = row->net;
    if (release <= RELEASE_1_2)
        return row->call_to;
    if (release >= RELEASE_2_6 && *row->eof != '\0')
        text = row->eof;
    if (release >= RELEASE_3_4 && *row->keeps != '\0')
        text = row->keeps;
    return text;
}

static const char *class_of(const struct told *row, enum release_id release)
{
    const char *text = text_of(row, release);
    bool by_time_or_refusal = strstr(text, "failed on connection") != NULL ||
                              strstr(text, "failed on socket timeout") != NULL;
    if (release <= RELEASE_1_2)
        return by_time_or_refusal ? row->thrown : IO;
    return strncmp(text, "Failed on local", 15) == 0 ? IO : row->thrown;
}

Test(failure, is_worded_as_its_release_words_that_class)
{
    for (unsigned id = 0; id < RELEASE_COUNT; id++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            enum release_id release = (enum release_id)id;
            cr_assert(wraps(release, &hosts, rows[i].thrown, class_of(&rows[i], release),
                            text_of(&rows[i], release)),
                      "%s in %s", rows[i].thrown, release_get(release)->name);
        }
}

Test(failure, of_a_server_whose_address_was_never_set_says_so_from_3_4_on)
{
    static const struct client_hosts unset[] = {
        {"vm/10.0.0.2", "0.0.0.0", 8020, "/0.0.0.0:8020"},
        {"vm/10.0.0.2", "nn", 0, "nn/10.0.0.1:0"},
    };
    for (size_t i = 0; i < 2; i++)
        cr_assert(wraps(RELEASE_3_4, &unset[i], "java.net.ConnectException",
                        "java.net.ConnectException",
                        "Your endpoint configuration is wrong" SEE("UnsetHostnameOrPort")));
    cr_assert(wraps(RELEASE_2_6, &unset[1], "java.net.ConnectException",
                    "java.net.ConnectException",
                    "Call From vm/10.0.0.2 to nn:0 failed on connection exception: "
                    "java.net.ConnectException: why" SEE("ConnectionRefused")));
}

Test(failure, keeps_its_cause_but_for_the_bind_exception_that_2_2_makes_anew)
{
    for (unsigned id = 0; id < RELEASE_COUNT; id++)
        for (size_t i = 0; i < 2; i++) {
            struct client_failure *bare =
                client_failure_create(CLIENT_SETUP_FAILED, rows[i].thrown, "why", NULL, NULL);
            struct client_failure *wrapped =
                client_failure_wrap(release_get((enum release_id)id), &hosts, bare);
            bool has_none = i == 0 && id == RELEASE_2_2;
            const char *cause = wrapped->cause_class;
            cr_assert(has_none ? cause == NULL : strcmp(cause, rows[i].thrown) == 0, "%s in %s",
                      rows[i].thrown, release_get((enum release_id)id)->name);
            client_failure_drop(wrapped);
            client_failure_drop(bare);
        }
}
