/*
 * t:peer and t:dial, and who listens.
 */
#include "harness/handles/peer.h"

#include <stdio.h>
#include <string.h>

#include "harness/handles/payload.h"
#include "harness/handles/spoken.h"
#include "harness/lua/options.h"

enum { BACKLOG = 128 };

/* --- accept --- */

static void connection_came(struct world_watch *watch)
{
    struct harness_peer *peer = world_container(watch, struct harness_peer, watch);
    world_watch_stop(watch);
    harness_changed(peer->harness);
}

static int accepted(lua_State *L, struct harness *harness, void *owner)
{
    (void)harness;
    struct harness_peer *peer = owner;
    struct world_stream *stream;
    char name[WORLD_NAME_MAX];
    if (peer->listener == NULL)
        return luaL_error(L, "%s does not listen any more", peer->name);
    enum rpc_status status = world_accept(peer->listener, &stream);
    if (status == RPC_AGAIN) {
        world_watch_start(&peer->watch);
        return HARNESS_NOT_YET;
    }
    if (status != RPC_OK)
        return luaL_error(L, "%s can't accept: %s", peer->name, rpc_status_text(status));
    snprintf(name, sizeof(name), "%.40s/raw/%u", peer->name, ++peer->accepted);
    struct harness_raw *raw =
        harness_raw_make(L, peer->host, &peer->executor, WIRE_TO_CLIENT, name);
    harness_raw_begin(raw, stream);
    harness_push(L, &harness_raw_type, raw);
    return 1;
}

static int accept_one(lua_State *L)
{
    struct harness_peer *peer = harness_check(L, 1, &harness_peer_type);
    struct harness_wait wait = {.ready = accepted, .owner = peer, .what = "a connection"};
    return harness_wait(L, &wait);
}

static void stop_listening(struct harness_peer *peer)
{
    if (peer->listener == NULL)
        return;
    world_watch_release(&peer->watch);
    world_listener_close(peer->listener);
    peer->listener = NULL;
}

static int close_peer(lua_State *L)
{
    stop_listening(harness_check(L, 1, &harness_peer_type));
    return 0;
}

static const luaL_Reg methods[] = {{"accept", accept_one}, {"close", close_peer}, {NULL, NULL}};

static void push_address(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_peer *peer = object;
    char text[24];
    lua_pushstring(L, peer->listener == NULL ? NULL
                                             : world_address_text(peer->listener->address, text));
}

static void push_port(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_peer *peer = object;
    if (peer->listener != NULL)
        lua_pushinteger(L, peer->listener->address.port);
    else
        lua_pushnil(L);
}

static void push_host(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push(L, &harness_host_type, ((struct harness_peer *)object)->host);
}

static const struct harness_field fields[] = {
    {"address", push_address}, {"port", push_port}, {"host", push_host}, {NULL, NULL}};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_peer *)object)->name);
}

static void aim(const void *object, struct plan_aim *aim)
{
    aim->host = ((const struct harness_peer *)object)->host->host->id;
}

const struct harness_type harness_peer_type = {
    .name = "peer", .methods = methods, .fields = fields, .describe = describe, .aim = aim};

/* --- t --- */

/* t:peer {host, port} */
static int make_peer(lua_State *L)
{
    struct harness *harness = harness_of(L);
    lua_settop(L, 2);
    harness_options(L, 2, "peer", "host port", 0);
    uint16_t port = (uint16_t)harness_option_integer(L, 2, "port", 0, 0, 65535);
    struct harness_peer *peer = harness_keep(L, sizeof(*peer));
    peer->harness = harness;
    harness->handles->peer_count++;
    snprintf(peer->name, sizeof(peer->name), "peer%u", harness->handles->peer_count);
    peer->host = harness_host_option(L, 2, "host", peer->name);
    enum rpc_status status = world_listen(peer->host->host, port, BACKLOG, &peer->listener);
    char problem[HARNESS_LISTEN_PROBLEM_MAX];
    if (status != RPC_OK)
        return luaL_error(L, "%s can't listen: %s", peer->name,
                          harness_listen_problem(peer->host->host, port, status, problem));
    peer->address = peer->listener->address;
    world_executor_init(harness->world, &peer->executor, peer->host->host, peer->name,
                        &harness->executor);
    world_watch_init_listener(&peer->executor, &peer->watch, peer->listener, connection_came);
    struct harness_peer **last = &harness->handles->peers;
    while (*last != NULL)
        last = &(*last)->next;
    *last = peer;
    harness_push(L, &harness_peer_type, peer);
    return 1;
}

static int dialed(lua_State *L, struct harness *harness, void *owner)
{
    (void)harness;
    struct harness_raw *raw = owner;
    if (raw->stream == NULL)
        return luaL_error(L, "%s was closed while it connected", raw->name);
    enum rpc_status status = world_connected(raw->stream);
    if (status == RPC_AGAIN) {
        world_watch_start(&raw->watches[WORLD_WRITE]);
        return HARNESS_NOT_YET;
    }
    if (status != RPC_OK) {
        harness_raw_close(raw);
        return luaL_error(L, "dial: %s", rpc_status_text(status));
    }
    harness_push(L, &harness_raw_type, raw);
    return 1;
}

/* What a table of options says of where from; the protocol is the server's first. */
static struct harness_raw *prepare_dial(lua_State *L, const struct harness_target *target)
{
    struct harness *harness = harness_of(L);
    char name[WORLD_NAME_MAX];
    snprintf(name, sizeof(name), "dial%u", ++harness->handles->dial_count);
    struct harness_host *host = harness_host_option(L, 3, "host", name);
    struct harness_raw *raw = harness_raw_make(L, host, NULL, WIRE_TO_SERVER, name);
    if (target->server != NULL) {
        const struct harness_spoken *first = target->server->spoken;
        snprintf(raw->dialect.protocol, sizeof(raw->dialect.protocol), "%s", first->name);
        raw->dialect.protocol_version = first->version;
        raw->dialect.writables = first->writables;
    }
    return raw;
}

/* t:dial(server, {host}) */
static int dial(lua_State *L)
{
    struct harness *harness = harness_of(L);
    lua_settop(L, 3);
    harness_options(L, 3, "dial", "host", 0);
    struct harness_target target = harness_target(L, 2);
    struct harness_raw *raw = prepare_dial(L, &target);
    if (target.name != NULL) {
        enum rpc_status found = world_resolve(harness->world, target.name, &target.address.ip);
        if (found != RPC_OK)
            return luaL_error(L, "dial: %s: %s", target.name, rpc_status_text(found));
    }
    struct world_stream *stream;
    uint32_t connection = world_new_id(harness->world, WORLD_ID_CONNECTION);
    enum rpc_status status = world_connect(raw->host->host, target.address, connection, &stream);
    if (status != RPC_OK)
        return luaL_error(L, "dial: %s", rpc_status_text(status));
    harness_raw_begin(raw, stream);
    struct harness_wait wait = {.ready = dialed, .owner = raw, .what = "the connection"};
    return harness_wait(L, &wait);
}

static const luaL_Reg of_t[] = {{"peer", make_peer}, {"dial", dial}, {NULL, NULL}};

/* --- the module --- */

/* What a script has left open is closed, so that nobody waits for it. */
static void close_all(struct harness *harness)
{
    for (struct harness_raw *raw = harness->handles->raws; raw != NULL; raw = raw->next)
        harness_raw_close(raw);
    for (struct harness_peer *peer = harness->handles->peers; peer != NULL; peer = peer->next)
        stop_listening(peer);
}

static void end(struct harness *harness)
{
    if (harness->handles == NULL)
        return;
    close_all(harness);
    for (struct harness_raw *raw = harness->handles->raws; raw != NULL; raw = raw->next)
        harness_raw_free(raw);
    for (struct harness_peer *peer = harness->handles->peers; peer != NULL; peer = peer->next)
        world_executor_release(&peer->executor);
}

const struct harness_module harness_peers = {.payload = harness_fault_payload,
                                             .methods = of_t,
                                             .heal = close_all,
                                             .stop = close_all,
                                             .end = end};
