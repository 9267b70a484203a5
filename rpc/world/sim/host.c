#include "rpc/world/sim/host.h"

#include <assert.h>
#include <string.h>

#include "rpc/world/sim/inside.h"

#define FIRST_IP    UINT32_C(0x0a000001) /* 10.0.0.1 */
#define FIRST_PORT  UINT16_C(40000)
#define LOOPBACK_IP UINT32_C(0x7f000001)
#define FIRST_HOSTS 8

struct sim_host *sim_host_at(struct sim *sim, uint32_t ip)
{
    uint32_t index = ip - FIRST_IP;
    return index < sim->hosts.count ? sim->hosts.all[index] : NULL;
}

static struct sim_host *find(struct sim *sim, const char *name)
{
    for (uint32_t i = 0; i < sim->hosts.count; i++)
        if (strcmp(sim->hosts.all[i]->host.name, name) == 0)
            return sim->hosts.all[i];
    return NULL;
}

static void grow(struct sim *sim, struct sim_hosts *hosts)
{
    size_t old = hosts->capacity * sizeof(struct sim_host *);
    uint32_t capacity = hosts->capacity == 0 ? FIRST_HOSTS : hosts->capacity * 2;
    struct sim_host **all = sim_arena_take(&sim->arena, capacity * sizeof(struct sim_host *));
    if (old > 0) {
        memcpy(all, hosts->all, old);
        sim_arena_give(&sim->arena, hosts->all, old);
    }
    hosts->all = all;
    hosts->capacity = capacity;
}

struct world_host *sim_host(struct world *world, const char *name)
{
    struct sim *sim = sim_of(world);
    struct sim_hosts *hosts = &sim->hosts;
    struct sim_host *host = find(sim, name);
    if (host != NULL)
        return &host->host;
    if (hosts->count == hosts->capacity)
        grow(sim, hosts);
    host = sim_arena_take(&sim->arena, sizeof(*host));
    *host = (struct sim_host){.next_port = FIRST_PORT};
    host->host.world = world;
    host->host.id = hosts->count + 1;
    host->host.ip = FIRST_IP + hosts->count;
    host->host.up_ns = WORLD_UP_NS;
    memccpy(host->host.name, name, '\0', sizeof(host->host.name) - 1);
    hosts->all[hosts->count++] = host;
    return &host->host;
}

void sim_host_kill(struct world_host *host)
{
    struct sim *sim = sim_of(host->world);
    sim_executors_kill(sim, host);
    sim_network_kill(sim, host);
}

void sim_host_pause(struct world_host *host, bool paused)
{
    sim_host_of(host)->paused = paused;
    sim_executors_pause(sim_of(host->world), host, paused);
}

static bool dotted(const char *name, uint32_t *ip)
{
    uint32_t parts[4];
    const char *at = name;
    for (unsigned i = 0; i < 4; i++) {
        if (*at < '0' || *at > '9')
            return false;
        for (parts[i] = 0; *at >= '0' && *at <= '9' && parts[i] <= 255; at++)
            parts[i] = parts[i] * 10 + (uint32_t)(*at - '0');
        if (parts[i] > 255 || *at != (i < 3 ? '.' : '\0'))
            return false;
        at++;
    }
    *ip = parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3];
    return true;
}

enum rpc_status sim_resolve(struct world *world, const char *name, uint32_t *ip)
{
    struct sim *sim = sim_of(world);
    for (struct sim_name *at = sim->hosts.names; at != NULL; at = at->next) {
        if (strcmp(at->name, name) != 0)
            continue;
        if (at->host == NULL)
            return RPC_NO_SUCH_NAME;
        *ip = at->host->ip;
        return RPC_OK;
    }
    struct sim_host *host = find(sim, name);
    if (host != NULL) {
        *ip = host->host.ip;
        return RPC_OK;
    }
    if (strcmp(name, "localhost") == 0) {
        *ip = LOOPBACK_IP;
        return RPC_OK;
    }
    return dotted(name, ip) ? RPC_OK : RPC_NO_SUCH_NAME;
}

void sim_dns(struct world *world, const char *name, struct world_host *host)
{
    struct sim *sim = sim_of(world);
    for (struct sim_name *at = sim->hosts.names; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            at->host = host;
            return;
        }
    }
    size_t size = strlen(name) + 1;
    struct sim_name *entry = sim_arena_take(&sim->arena, sizeof(*entry) + size);
    entry->next = sim->hosts.names;
    entry->host = host;
    memcpy(entry->name, name, size);
    sim->hosts.names = entry;
}

static bool about(const struct sim_cut *cut, const struct world_host *a, const struct world_host *b)
{
    return (cut->a == a && (cut->b == NULL || cut->b == b)) ||
           (cut->a == b && (cut->b == NULL || cut->b == a));
}

bool sim_hosts_cut(struct sim *sim, const struct world_host *a, const struct world_host *b)
{
    if (a == b)
        return false;
    for (const struct sim_cut *cut = sim->hosts.cuts; cut != NULL; cut = cut->next)
        if (about(cut, a, b))
            return cut->cut;
    return false;
}

/* Whether what `later` says leaves nothing of `earlier`. */
static bool covers(const struct sim_cut *later, const struct sim_cut *earlier)
{
    if (later->b == NULL)
        return earlier->a == later->a || earlier->b == later->a;
    return earlier->b != NULL && about(earlier, later->a, later->b);
}

enum rpc_status sim_partition(struct world_host *a, struct world_host *b, bool cut)
{
    struct sim *sim = sim_of(a->world);
    struct sim_hosts *hosts = &sim->hosts;
    struct sim_cut *said = sim_arena_take(&sim->arena, sizeof(*said));
    *said = (struct sim_cut){.a = a, .b = b, .cut = cut};

    bool any = cut;
    for (struct sim_cut **at = &hosts->cuts; *at != NULL;) {
        struct sim_cut *earlier = *at;
        if (covers(said, earlier)) {
            *at = earlier->next;
            sim_arena_give(&sim->arena, earlier, sizeof(*earlier));
            continue;
        }
        any |= earlier->cut;
        at = &earlier->next;
    }
    said->next = hosts->cuts;
    hosts->cuts = said;
    while (!any && hosts->cuts != NULL) {
        struct sim_cut *gone = hosts->cuts;
        hosts->cuts = gone->next;
        sim_arena_give(&sim->arena, gone, sizeof(*gone));
    }
    if (cut)
        sim_network_cut(sim);
    return RPC_OK;
}
