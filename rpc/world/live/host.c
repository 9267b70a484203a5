#include "rpc/world/live/host.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/world/live/executor.h"
#include "rpc/world/live/socket.h"
#include "rpc/world/live/thread.h"

struct live_host {
    struct world_host host;
    struct live_link link; /* the world's mutex */
    _Atomic bool paused;
};

/* What a script says of a name. */
struct name {
    struct live_link link; /* the world's mutex */
    char text[WORLD_NAME_MAX];
    struct world_host *host; /* NULL: it does not resolve */
};

static struct live_host *live_host_of(struct world_host *host)
{
    return world_container(host, struct live_host, host);
}

static void copy_name(char to[WORLD_NAME_MAX], const char *name)
{
    size_t length = strnlen(name, WORLD_NAME_MAX - 1);
    memcpy(to, name, length);
    to[length] = '\0';
}

static bool is(const char *known, const char *name)
{
    return strncmp(known, name, WORLD_NAME_MAX - 1) == 0;
}

/* With the world's mutex. */
static struct world_host *find_host(struct live_world *world, const char *name)
{
    for (struct live_link *at = world->hosts.next; at != &world->hosts; at = at->next) {
        struct live_host *host = world_container(at, struct live_host, link);
        if (is(host->host.name, name))
            return &host->host;
    }
    return NULL;
}

static struct name *find_name(struct live_world *world, const char *text)
{
    for (struct live_link *at = world->names.next; at != &world->names; at = at->next) {
        struct name *name = world_container(at, struct name, link);
        if (is(name->text, text))
            return name;
    }
    return NULL;
}

struct world_host *live_host(struct world *base, const char *name)
{
    struct live_world *world = live_of(base);
    pthread_mutex_lock(&world->mutex);
    struct world_host *found = find_host(world, name);
    struct live_host *host = found == NULL ? calloc(1, sizeof(*host)) : NULL;
    if (host != NULL) {
        host->host.world = base;
        host->host.id = ++world->host_count;
        host->host.ip = world->block.ip + host->host.id;
        host->host.up_ns = WORLD_UP_NS;
        copy_name(host->host.name, name);
        live_link_last(&world->hosts, &host->link);
        found = &host->host;
    }
    pthread_mutex_unlock(&world->mutex);
    assert(found != NULL);
    return found;
}

/* --- names --- */

enum rpc_status live_resolve(struct world *base, const char *text, uint32_t *ip)
{
    struct live_world *world = live_of(base);
    pthread_mutex_lock(&world->mutex);
    const struct name *name = find_name(world, text);
    const struct world_host *host = name != NULL ? name->host : find_host(world, text);
    pthread_mutex_unlock(&world->mutex);
    if (host != NULL) {
        *ip = host->ip;
        return RPC_OK;
    }
    struct in_addr address;
    if (name != NULL || inet_pton(AF_INET, text, &address) != 1)
        return RPC_NO_SUCH_NAME;
    *ip = ntohl(address.s_addr);
    return RPC_OK;
}

void live_dns(struct world *base, const char *text, struct world_host *host)
{
    struct live_world *world = live_of(base);
    pthread_mutex_lock(&world->mutex);
    struct name *name = find_name(world, text);
    if (name == NULL) {
        name = calloc(1, sizeof(*name));
        assert(name != NULL);
        copy_name(name->text, text);
        live_link_last(&world->names, &name->link);
    }
    name->host = host;
    pthread_mutex_unlock(&world->mutex);
}

/* --- life and death --- */

bool live_host_is_paused(const struct world_host *host)
{
    if (host == NULL)
        return false;
    const struct live_host *live = (const struct live_host *)(const void *)host;
    return atomic_load_explicit(&live->paused, memory_order_relaxed);
}

void live_host_pause(struct world_host *host, bool paused)
{
    struct live_world *world = live_of(host->world);
    atomic_store(&live_host_of(host)->paused, paused);
    if (paused)
        return;
    pthread_mutex_lock(&world->mutex);
    for (struct live_link *at = world->executors.next; at != &world->executors; at = at->next) {
        struct live_executor *executor = world_container(at, struct live_executor, link);
        if (executor->executor->host == host)
            live_executor_nudge(executor);
    }
    pthread_mutex_unlock(&world->mutex);
}

void live_host_kill(struct world_host *host)
{
    struct live_world *world = live_of(host->world);
    live_stand_still(world);
    for (struct live_link *at = world->executors.next; at != &world->executors; at = at->next) {
        struct live_executor *executor = world_container(at, struct live_executor, link);
        if (executor->executor->host == host)
            executor->dead = true;
    }
    live_sockets_die(host);
    live_go_on(world);
}

void live_hosts_free(struct live_world *world)
{
    while (world->names.next != &world->names) {
        struct name *name = world_container(world->names.next, struct name, link);
        live_link_remove(&name->link);
        free(name);
    }
    while (world->hosts.next != &world->hosts) {
        struct live_host *host = world_container(world->hosts.next, struct live_host, link);
        live_link_remove(&host->link);
        free(host);
    }
}
