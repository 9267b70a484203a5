#include "rpc/client/call_failure.h"

#include "rpc/client/connection.h"

struct client_failure *client_call_stopped(const struct client_call *call)
{
    const struct client *client = call->client;
    static const char digits[] = "0123456789abcdef";
    char name[2 * CLIENT_ID_LENGTH + 1] = "", server[WORLD_NAME_MAX * 2 + 32];
    if (!client->release->has_sender_thread)
        return client_failure_create(CLIENT_STOPPED, "java.io.IOException", "The client is stopped",
                                     NULL, NULL);
    for (int i = 0; i < CLIENT_ID_LENGTH; i++) {
        name[2 * i] = digits[client->client_id[i] >> 4];
        name[2 * i + 1] = digits[client->client_id[i] & 15];
    }
    client_server_text(call->key.address, call->key.address->address, server, sizeof(server));
    return client_failure_format(
        CLIENT_STOPPED, "java.io.IOException",
        "Failed to get connection for %s, Call%d: Client-%s is already stopped", server, call->id,
        name);
}

struct client_failure *client_call_unknown_host(const struct client_call *call)
{
    const struct client *client = call->client;
    if (client->release->unknown_host != NULL)
        return client_failure_format(CLIENT_UNREACHABLE, "java.net.UnknownHostException", "%s%s",
                                     client->release->unknown_host, call->key.address->name);
    struct client_hosts hosts = {.remote = call->key.address->name,
                                 .port = call->key.address->address.port};
    struct client_failure *bare = client_failure_create(
        CLIENT_UNREACHABLE, "java.net.UnknownHostException", NULL, NULL, NULL);
    struct client_failure *wrapped = client_failure_wrap(client->release, &hosts, bare);
    client_failure_drop(bare);
    return wrapped;
}

struct client_failure *client_call_value_failure(const struct client_call *call)
{
    char problem[WIRE_PROBLEM_MAX];
    const struct release *release = call->client->release;
    struct wire_bytes value = {call->value.data, call->value.length};
    problem[0] = '\0';
    if (call->check == NULL || !release->value_decoded_by_caller ||
        call->check(call->check_owner, value, problem))
        return NULL;
    return client_failure_create(CLIENT_BAD_REPLY, release->protobuf_exception, problem, NULL,
                                 NULL);
}
