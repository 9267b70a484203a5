/*
 * What a server counts (metrics/RpcMetrics.java), and when a call counts as slow.
 */
#ifndef RPC_SERVER_METRICS_H
#define RPC_SERVER_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "rpc/server/server.h"

typedef _Atomic uint64_t server_count;

struct server_metrics {
    server_count accepted, open_connections, dropped_connections, call_queue_length, executions,
        skipped, output_errors, purged, idle_closed, authentication_failures,
        authorization_failures, slow_calls, backoffs, cache_hits;
    /* Processing times in ms, as Welford sums them; the server's lock. */
    uint64_t samples;
    double mean, squares;
};

static inline void server_count_up(server_count *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static inline void server_count_set(server_count *count, uint64_t value)
{
    atomic_store_explicit(count, value, memory_order_relaxed);
}

void server_metrics_read(const struct server_metrics *metrics, struct server_counters *counters);

/* A call has been processed for `ms`.  It is slow when more than 1024 were before it and it
 * took longer than their mean and three standard deviations, and than `threshold_ms` (3.x
 * Server.java, logSlowRpcCalls).  The server's lock is held. */
void server_metrics_processed(struct server_metrics *metrics, double ms, bool judge,
                              double threshold_ms);

#endif
