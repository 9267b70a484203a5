/*
 * Hosts: names, addresses, and how a host dies or stands still.
 */
#ifndef RPC_WORLD_LIVE_HOST_H
#define RPC_WORLD_LIVE_HOST_H

#include "rpc/world/live/inside.h"

struct world_host *live_host(struct world *world, const char *name);
void live_host_kill(struct world_host *host);
void live_host_pause(struct world_host *host, bool paused);
enum rpc_status live_resolve(struct world *world, const char *name, uint32_t *ip);
void live_dns(struct world *world, const char *name, struct world_host *host);

/* Any thread; `host` may be NULL. */
bool live_host_is_paused(const struct world_host *host);

void live_hosts_free(struct live_world *world);

#endif
