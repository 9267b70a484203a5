#include "bench/rig.h"

#include <stdio.h>
#include <stdlib.h>

static const char protocol_name[] = "org.ripcord.TestProtocol";

#define TEXT "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* A message of one field; one parameter, java.lang.String. */
static const uint8_t message[] = "\x0a\x40" TEXT;
static const uint8_t writable[] = "\0\0\0\1\0\x10java.lang.String\0\x40" TEXT;
enum { PARAMETER_COUNT = 4 };

static bool has_writables(const struct rig *rig)
{
    return rig->release->ipc_version < 9;
}

static void check(enum rpc_status status)
{
    if (status == RPC_OK)
        return;
    fprintf(stderr, "bench: %s\n", rpc_status_text(status));
    exit(1);
}

static enum server_outcome echo(struct server_call *call, void *owner)
{
    const struct rig *rig = owner;
    struct wire_bytes value = server_call_body(call);
    if (has_writables(rig))
        value = (struct wire_bytes){value.data + PARAMETER_COUNT, value.length - PARAMETER_COUNT};
    server_call_return(call, value);
    return SERVER_DONE;
}

static enum server_outcome never(struct server_call *call, void *owner)
{
    (void)call, (void)owner;
    return SERVER_DEFERRED;
}

static server_method_fn *find(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol;
    if (wire_is(method, "echo"))
        return echo;
    return wire_is(method, "never") ? never : NULL;
}

void rig_begin(struct rig *rig, struct world *world, const char *name, unsigned handlers)
{
    const struct release *release = release_by_name(name);
    *rig = (struct rig){.world = world, .release = release};
    check(world != NULL ? RPC_OK : RPC_NO_MEMORY);
    check(release != NULL ? RPC_OK : RPC_UNKNOWN_NAME);
    release_defaults(release, &rig->settings);
    struct world_host *here = world_host(world, "client1");
    struct server_config server = {.release = release,
                                   .settings = &rig->settings,
                                   .host = world_host(world, "server1"),
                                   .handlers = handlers};
    struct client_config client = {.release = release, .settings = &rig->settings, .host = here};
    struct server_protocol protocol = {.name = protocol_name,
                                       .version = 1,
                                       .find = find,
                                       .owner = rig,
                                       .engine =
                                           has_writables(rig) ? SERVER_WRITABLE : SERVER_PROTOBUF};

    world_executor_init(world, &rig->executor, here, "script", NULL);
    check(server_create(world, &server, &rig->server));
    check(server_add_protocol(rig->server, &protocol));
    check(client_create(world, &client, &rig->executor, &rig->client));
    server_start(rig->server);
}

void rig_end(struct rig *rig)
{
    client_free(rig->client);
    server_kill(rig->server);
    server_free(rig->server);
    world_executor_release(&rig->executor);
    world_free(rig->world);
}

struct client_remote rig_remote(const struct rig *rig, uint32_t login)
{
    return (struct client_remote){.address = server_address(rig->server),
                                  .protocol = protocol_name,
                                  .protocol_version = 1,
                                  .login = login};
}

void rig_call(struct rig *rig, const struct client_remote *remote, const char *method,
              client_done_fn *done, void *owner)
{
    struct client_call *call;
    struct wire_bytes body = {message, sizeof(message) - 1};
    if (has_writables(rig))
        body = (struct wire_bytes){writable, sizeof(writable) - 1};
    check(client_call(rig->client, remote, method, body, NULL, done, owner, &call));
}

void rig_returned(struct client_call *call)
{
    if (client_call_outcome(call)->ending != CLIENT_VALUE) {
        fprintf(stderr, "bench: %s\n", client_call_outcome(call)->message);
        exit(1);
    }
    client_call_free(call);
}

double rig_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
