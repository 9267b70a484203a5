/*
 * Call ids: what is known of each id of a client, or on a connection.
 *
 * Under harness_lock, all of it; entries live as long as the case.  Who goes on for ever knows the
 * latest ids only.
 */
#ifndef HARNESS_TRACE_IDS_H
#define HARNESS_TRACE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct harness;

struct harness_known {
    uint32_t of; /* number of the client or connection */
    int32_t call_id;
    uint32_t call;      /* place in the ledger's calls + 1; 0: none of ours, or not begun */
    uint32_t client;    /* has given it to the connection; 0: a stranger has sent it, or a fault */
    const char *method; /* NULL: unknown */
    struct harness_known *next; /* of its bucket */
    struct harness_known *newer;
};

/* Those of all clients, or on all connections.  Empty: all zero. */
struct harness_ids {
    struct harness_known **buckets;
    size_t bucket_count, count; /* of the former a power of two */
    struct harness_known *oldest, *newest;
};

void harness_ids_release(struct harness_ids *ids);

/* NULL: nothing is known. */
struct harness_known *harness_ids_find(const struct harness_ids *ids, uint32_t of, int32_t call_id);

/* The same, made when it is new; NULL when out of memory. */
struct harness_known *harness_ids_enter(struct harness_ids *ids, struct harness *harness,
                                        uint32_t of, int32_t call_id);

#endif
