#include "harness/trace/ids.h"

#include <stdlib.h>

#include "harness/harness.h"

enum { BUCKETS_FIRST = 64, GROWTH = 4, FORGETS_FROM = 8192 };

void harness_ids_release(struct harness_ids *ids)
{
    free(ids->buckets);
    *ids = (struct harness_ids){0};
}

static struct harness_known **bucket_of(const struct harness_ids *ids, uint32_t of, int32_t call_id)
{
    uint64_t mixed = ((uint64_t)of << 32 | (uint32_t)call_id) * UINT64_C(0x9e3779b97f4a7c15);
    return &ids->buckets[(mixed >> 20) & (ids->bucket_count - 1)];
}

static void put(struct harness_ids *ids, struct harness_known *known)
{
    struct harness_known **bucket = bucket_of(ids, known->of, known->call_id);
    known->next = *bucket;
    *bucket = known;
}

struct harness_known *harness_ids_find(const struct harness_ids *ids, uint32_t of, int32_t call_id)
{
    struct harness_known *known = ids->count > 0 ? *bucket_of(ids, of, call_id) : NULL;
    while (known != NULL && (known->of != of || known->call_id != call_id))
        known = known->next;
    return known;
}

/* Whether there are buckets, perhaps not as many as there should be: slower, not wrong. */
static bool grow(struct harness_ids *ids)
{
    size_t count = ids->bucket_count > 0 ? ids->bucket_count * GROWTH : BUCKETS_FIRST;
    struct harness_known **grown = calloc(count, sizeof(*grown));
    if (grown == NULL)
        return ids->buckets != NULL;
    free(ids->buckets);
    ids->buckets = grown;
    ids->bucket_count = count;
    for (struct harness_known *known = ids->oldest; known != NULL; known = known->newer)
        put(ids, known);
    return true;
}

/* The oldest entry, known no more. */
static struct harness_known *forget_oldest(struct harness_ids *ids)
{
    struct harness_known *known = ids->oldest;
    struct harness_known **at = bucket_of(ids, known->of, known->call_id);
    while (*at != known)
        at = &(*at)->next;
    *at = known->next;
    ids->oldest = known->newer;
    ids->count--;
    return known;
}

struct harness_known *harness_ids_enter(struct harness_ids *ids, struct harness *harness,
                                        uint32_t of, int32_t call_id)
{
    struct harness_known *known = harness_ids_find(ids, of, call_id);
    if (known != NULL || (ids->count >= ids->bucket_count && !grow(ids)))
        return known;
    bool forgets = harness->forgets && ids->count == FORGETS_FROM;
    known = forgets ? forget_oldest(ids) : harness_allocate_locked(harness, sizeof(*known));
    if (known == NULL)
        return NULL;
    *known = (struct harness_known){.of = of, .call_id = call_id};
    put(ids, known);
    if (ids->oldest != NULL)
        ids->newest->newer = known;
    else
        ids->oldest = known;
    ids->newest = known;
    ids->count++;
    return known;
}
