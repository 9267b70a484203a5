/*
 * A server and all its parts, as its modules see it.
 *
 * One lock guards what lanes share: the callQueue, the connections and their responseQueues,
 * the Responder's registrations, the spare calls.  A task takes it once.
 */
#ifndef RPC_SERVER_PARTS_H
#define RPC_SERVER_PARTS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "rpc/release.h"
#include "rpc/server/call.h"
#include "rpc/server/call_queue.h"
#include "rpc/server/connection.h"
#include "rpc/server/handler.h"
#include "rpc/server/idle_scan.h"
#include "rpc/server/lane.h"
#include "rpc/server/listener.h"
#include "rpc/server/metrics.h"
#include "rpc/server/packet.h"
#include "rpc/server/protocols.h"
#include "rpc/server/reader.h"
#include "rpc/server/refusal.h"
#include "rpc/server/registration.h"
#include "rpc/server/respond.h"
#include "rpc/server/responder.h"
#include "rpc/server/server.h"

struct server {
    struct world *world; /* borrowed, as host and release are */
    struct server_config config;
    const struct release *release;
    struct release_settings settings;
    const struct wire_codec *codec;
    uint32_t id;
    struct world_address address;
    struct world_lock *lock; /* owned */
    _Atomic bool running;
    _Atomic bool killed; /* set with the lock */

    struct server_lane main; /* what stop() runs on; never stands */
    struct server_listener listener;
    struct server_reader *readers; /* owned */
    unsigned reader_count;
    struct server_handler *handlers; /* owned */
    unsigned handler_count;
    struct server_responder responder;
    struct server_idle_scan idle_scan;
    struct server_call_queue queue;
    struct server_metrics metrics;

    struct server_connection_all connections; /* in order of accepting, closed too; lock */
    uint64_t open_count;                      /* those that are not doomed; lock */
    unsigned ending;                          /* doomed and not yet closed; lock */
    struct server_call_all calls;             /* lock */
    struct server_call_list spare_calls;      /* lock */
    size_t spare_count;                       /* lock */

    struct server_protocol *protocols; /* owned, names too; oldest first */
    size_t protocol_count;
    bool has_messages, has_writables; /* engines that have been loaded */

    struct world_task stop_task;
    struct world_task hop_task;
    unsigned hop;
    bool stop_posted, halted; /* lock */
    bool stop_hangs;          /* lock: stop waits for a Reader that never ends */
    bool left_open;           /* lock: stop has not closed the connections */
    struct world_executor *done_executor;
    struct world_task *done;
};

static inline bool server_is_running(const struct server *server)
{
    return atomic_load_explicit(&server->running, memory_order_relaxed);
}

/* 0 where the release has nothing of the kind. */
static inline int64_t server_setting(const struct server *server, enum release_setting setting)
{
    int64_t value = server->settings.value[setting];
    return value == RELEASE_NONE ? 0 : value;
}

/* Where the release has no limit, what a JVM has memory for: beyond it the Reader dies. */
static inline size_t server_request_length_max(const struct server *server)
{
    enum { HEAP = 256 << 20 };
    int64_t most = server_setting(server, SETTING_REQUEST_LENGTH_MAX);
    if (server->settings.value[SETTING_REQUEST_LENGTH_MAX] == RELEASE_NONE)
        return HEAP;
    return most > 0 ? (size_t)most : 0;
}

static inline size_t server_reader_queue(const struct server *server)
{
    int64_t most = server_setting(server, SETTING_READER_QUEUE);
    return most > 0 ? (size_t)most : 1;
}

/* The clock of the purge: wall clock, in 3.x the time since boot. */
static inline uint64_t server_purge_clock(const struct server *server)
{
    struct world_host *host = server->config.host;
    return server->release->monotonic_purge ? world_uptime_ns(host)
                                            : world_wall_ms(host) * WORLD_MS;
}

static inline uint64_t server_purge_interval_ns(const struct server *server)
{
    enum { DEFAULT_MINUTES = 15 };
    int64_t minutes = server_setting(server, SETTING_PURGE_INTERVAL);
    return (uint64_t)(minutes > 0 ? minutes : DEFAULT_MINUTES) * 60 * WORLD_SEC;
}

/* How long a connection may be silent, when it is idle. */
static inline uint64_t server_idle_limit_ms(const struct server *server)
{
    int64_t key = server->settings.no_idle_key ? server->release->missing_idle_ms
                                               : server_setting(server, SETTING_MAX_IDLE);
    return 2 * (uint64_t)key;
}

/* The Reader of the next connection: the first one goes to Reader 1, if there is one. */
static inline unsigned server_next_reader(const struct server *server)
{
    return (server->listener.next_reader + 1) % server->reader_count;
}

/* Whether ipc.server.max.connections are open.  The lock is held. */
static inline bool server_is_full(const struct server *server)
{
    int64_t most = server_setting(server, SETTING_CONNECTIONS_MAX);
    return most > 0 && server->open_count >= (uint64_t)most;
}

/* Tell who waits for the stop when everything is closed.  The lock is held. */
void server_check_stopped(struct server *server);

#endif
