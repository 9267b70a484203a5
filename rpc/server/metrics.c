#include "rpc/server/metrics.h"

enum { SAMPLES_MIN = 1024, DEVIATIONS = 3 };

static uint64_t read_count(const server_count *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void server_metrics_read(const struct server_metrics *metrics, struct server_counters *counters)
{
    *counters = (struct server_counters){
        .accepted = read_count(&metrics->accepted),
        .open_connections = read_count(&metrics->open_connections),
        .dropped_connections = read_count(&metrics->dropped_connections),
        .call_queue_length = read_count(&metrics->call_queue_length),
        .executions = read_count(&metrics->executions),
        .skipped = read_count(&metrics->skipped),
        .output_errors = read_count(&metrics->output_errors),
        .purged = read_count(&metrics->purged),
        .idle_closed = read_count(&metrics->idle_closed),
        .authentication_failures = read_count(&metrics->authentication_failures),
        .authorization_failures = read_count(&metrics->authorization_failures),
        .slow_calls = read_count(&metrics->slow_calls),
        .backoffs = read_count(&metrics->backoffs),
        .cache_hits = read_count(&metrics->cache_hits),
    };
}

static bool is_slow(const struct server_metrics *metrics, double ms, double threshold_ms)
{
    if (metrics->samples <= SAMPLES_MIN || ms <= threshold_ms)
        return false;
    double variance = metrics->squares / (double)(metrics->samples - 1);
    double above = ms - metrics->mean;
    return above > 0 && above * above > DEVIATIONS * DEVIATIONS * variance;
}

void server_metrics_processed(struct server_metrics *metrics, double ms, bool judge,
                              double threshold_ms)
{
    if (judge && is_slow(metrics, ms, threshold_ms))
        server_count_up(&metrics->slow_calls);
    metrics->samples++;
    double off = ms - metrics->mean;
    metrics->mean += off / (double)metrics->samples;
    metrics->squares += off * (ms - metrics->mean);
}
