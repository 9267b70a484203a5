#include "rpc/client/setup_failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client/output.h"

struct client_failure *client_setup_unchecked(const struct release *release,
                                              struct client_failure *failure)
{
    const char *text = release->setup_failure;
    char *string = client_failure_string(failure);
    bool tells = text[strlen(text) - 1] == ' ' && string != NULL;
    struct client_failure *whole = client_failure_format(CLIENT_INTERNAL, "java.io.IOException",
                                                         "%s%s", text, tells ? string : "");
    struct client_failure *caused = client_failure_create(
        CLIENT_INTERNAL, whole->class_name, whole->message, failure->class_name, failure->message);
    free(string);
    client_failure_drop(whole);
    client_failure_drop(failure);
    return caused;
}

char *client_setup_policy(const struct client_connection *connection, char *text, size_t size)
{
    const int64_t *settings = connection->id.settings->value;
    bool seconds = connection->client->release->policy_in_seconds;
    long long sleep = (long long)settings[SETTING_CONNECT_RETRY_INTERVAL];
    snprintf(text, size, "RetryUpToMaximumCountWithFixedSleep(maxRetries=%lld, sleepTime=%lld %s)",
             (long long)settings[SETTING_CONNECT_RETRIES], seconds ? sleep / 1000 : sleep,
             seconds ? "SECONDS" : "MILLISECONDS");
    return text;
}

struct client_failure *client_setup_interrupted_sleep(const struct client_connection *connection)
{
    const struct client *client = connection->client;
    const int64_t *settings = connection->id.settings->value;
    long long retries = (long long)settings[SETTING_CONNECT_RETRIES];
    long long sleep = (long long)settings[SETTING_CONNECT_RETRY_INTERVAL];
    char policy[128];
    client_setup_policy(connection, policy, sizeof(policy));
    char reason[128] = "null", text[512];
    if (client->release->retry_reason != NULL)
        snprintf(reason, sizeof(reason), "%s%lld", client->release->retry_reason, retries);
    snprintf(text, sizeof(text),
             "Interrupted: action=RetryAction(action=RETRY, delayMillis=%lld, reason=%s), retry "
             "policy=%s",
             sleep, reason, policy);
    return client_failure_create(client->stop_begun ? CLIENT_STOPPED : CLIENT_INTERRUPTED,
                                 "java.io.InterruptedIOException", text,
                                 "java.lang.InterruptedException", "sleep interrupted");
}

struct client_failure *client_setup_timeout(const struct client_connection *connection)
{
    const char *class_name = connection->client->release->connect_timeout;
    char channel[512];
    if (connection->client->plain_sockets)
        return client_failure_create(CLIENT_CONNECT_TIMEOUT, class_name, "connect timed out", NULL,
                                     NULL);
    return client_failure_format(
        CLIENT_CONNECT_TIMEOUT, class_name,
        "%lld millis timeout while waiting for channel to be ready for connect. ch : %s",
        (long long)connection->client->settings.value[SETTING_CONNECT_TIMEOUT],
        client_channel_text(connection, true, channel, sizeof(channel)));
}

struct client_failure *client_setup_refusal(enum rpc_status status, const char **result)
{
    static const struct {
        enum rpc_status status;
        enum client_ending ending;
        const char *result, *class_name, *message;
    } kinds[] = {
        {RPC_REFUSED, CLIENT_REFUSED, "refused", "java.net.ConnectException", "Connection refused"},
        {RPC_TIMED_OUT, CLIENT_CONNECT_TIMEOUT, "timeout", "java.net.ConnectException",
         "Connection timed out"},
        {RPC_UNREACHABLE, CLIENT_UNREACHABLE, "unreachable", "java.net.NoRouteToHostException",
         "No route to host"},
        {RPC_ADDRESS_UNAVAILABLE, CLIENT_SETUP_FAILED, "error", "java.net.BindException",
         "Cannot assign requested address"},
        {RPC_NO_DESCRIPTORS, CLIENT_SETUP_FAILED, "error", "java.net.SocketException",
         "Too many open files"},
        {RPC_RESET, CLIENT_RESET, "reset", "java.io.IOException", "Connection reset by peer"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].status == status) {
            *result = kinds[i].result;
            return client_failure_create(kinds[i].ending, kinds[i].class_name, kinds[i].message,
                                         NULL, NULL);
        }
    *result = "error";
    return client_failure_create(CLIENT_SETUP_FAILED, "java.io.IOException",
                                 rpc_status_text(status), NULL, NULL);
}

struct client_failure *client_setup_unknown_host(const struct client_connection *connection)
{
    struct client_hosts hosts = client_connection_hosts(connection);
    struct client_failure *bare = client_failure_create(
        CLIENT_UNREACHABLE, "java.net.UnknownHostException", NULL, NULL, NULL);
    struct client_failure *wrapped = client_failure_wrap(connection->client->release, &hosts, bare);
    client_failure_drop(bare);
    return wrapped;
}
