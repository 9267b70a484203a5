/*
 * Hosts: names, addresses, and what cuts them off from each other.
 */
#ifndef RPC_WORLD_SIM_HOST_H
#define RPC_WORLD_SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/world/world.h"

struct sim;
struct sim_listener;

struct sim_host {
    struct world_host host;
    struct sim_listener *listeners; /* linked by `next` */
    uint16_t next_port;             /* of those that the kernel gives out */
    bool paused;
};

/* A name that was given to a host, or (NULL) taken from it. */
struct sim_name {
    struct sim_name *next;
    struct world_host *host;
    char name[];
};

/* Something said about partitions; what was said last about two hosts counts. */
struct sim_cut {
    struct sim_cut *next;     /* the one said before */
    struct world_host *a, *b; /* b NULL: all others */
    bool cut;
};

struct sim_hosts {
    struct sim_host **all; /* by id - 1 */
    uint32_t count, capacity;
    struct sim_name *names;
    struct sim_cut *cuts; /* newest first; NULL: nothing is cut */
};

static inline struct sim_host *sim_host_of(struct world_host *host)
{
    return world_container(host, struct sim_host, host);
}

/* The host with that address; NULL when there is none. */
struct sim_host *sim_host_at(struct sim *sim, uint32_t ip);

/* Whether nothing passes between these two. */
bool sim_hosts_cut(struct sim *sim, const struct world_host *a, const struct world_host *b);

/* For world_ops. */
struct world_host *sim_host(struct world *world, const char *name);
void sim_host_kill(struct world_host *host);
void sim_host_pause(struct world_host *host, bool paused);
enum rpc_status sim_resolve(struct world *world, const char *name, uint32_t *ip);
void sim_dns(struct world *world, const char *name, struct world_host *host);
enum rpc_status sim_partition(struct world_host *a, struct world_host *b, bool cut);

#endif
