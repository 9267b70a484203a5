/*
 * What the benchmarks measure: a client and a server of ours in one world.
 *
 * The server's methods: "echo" returns its parameter, "never" is never answered and keeps no
 * Handler busy.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <time.h>

#include "rpc/client/client.h"
#include "rpc/server/server.h"

struct rig {
    struct world *world;
    const struct release *release;
    struct release_settings settings;
    struct world_executor executor;
    struct server *server;
    struct client *client;
};

enum { RIG_HANDLERS = 10 };
#define RIG_RELEASE "3.4"

/* Takes the world (NULL: out of memory).  What fails ends the program. */
void rig_begin(struct rig *rig, struct world *world, const char *release, unsigned handlers);
void rig_end(struct rig *rig);

/* Another login is another ConnectionId. */
struct client_remote rig_remote(const struct rig *rig, uint32_t login);

/* Its parameter is a text of 64 bytes. */
void rig_call(struct rig *rig, const struct client_remote *remote, const char *method,
              client_done_fn *done, void *owner);

/* Give a call that has returned its value back; another ending ends the program. */
void rig_returned(struct client_call *call);

double rig_seconds(clockid_t clock);

#endif
