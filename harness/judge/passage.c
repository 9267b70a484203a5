#include "harness/judge/passage.h"

#include <string.h>

#include "harness/harness.h"
#include "rpc/arena.h"

/* One direction of a connection: hashes of what was sent and has not arrived. */
struct way {
    uint64_t *hashes;
    uint32_t first, count, room;
};

struct passage {
    struct way ways[2]; /* c2s, s2c */
    bool changed;       /* by a fault: not compared any more */
};

struct harness_passages {
    struct passage *all; /* by connection */
    uint32_t room, broken;
    bool all_changed;
};

static uint64_t hash_of(struct wire_bytes bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ bytes.length, word;
    for (; bytes.length >= sizeof(word); bytes.data += sizeof(word), bytes.length -= sizeof(word)) {
        memcpy(&word, bytes.data, sizeof(word));
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 29;
    }
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(1099511628211);
    return hash;
}

/* NULL when out of memory: then nothing is compared. */
static struct passage *passage_of(struct harness *harness, uint32_t connection)
{
    if (harness->passages == NULL)
        harness->passages = harness_allocate_locked(harness, sizeof(*harness->passages));
    struct harness_passages *passages = harness->passages;
    if (passages == NULL)
        return NULL;
    struct passage *all =
        arena_lengthen(&harness->locked, passages->all, &passages->room, connection, sizeof(*all));
    if (all == NULL)
        return NULL;
    passages->all = all;
    return &all[connection];
}

static bool is_compared(const struct harness *harness, const struct passage *passage)
{
    return passage != NULL && !passage->changed && !harness->passages->all_changed;
}

void harness_passage_sent(struct harness *harness, uint32_t connection,
                          enum point_direction direction, struct wire_bytes bytes)
{
    struct passage *passage = passage_of(harness, connection);
    if (!is_compared(harness, passage))
        return;
    struct way *way = &passage->ways[direction == DIRECTION_S2C];
    if (way->count == way->room && way->first > 0) {
        memmove(way->hashes, way->hashes + way->first,
                (way->count - way->first) * sizeof(*way->hashes));
        way->count -= way->first;
        way->first = 0;
    }
    uint64_t *hashes =
        arena_lengthen(&harness->locked, way->hashes, &way->room, way->count, sizeof(*hashes));
    if (hashes == NULL) {
        passage->changed = true;
        return;
    }
    way->hashes = hashes;
    way->hashes[way->count++] = hash_of(bytes);
}

void harness_passage_received(struct harness *harness, uint32_t connection,
                              enum point_direction direction, struct wire_bytes bytes)
{
    struct passage *passage = passage_of(harness, connection);
    if (!is_compared(harness, passage))
        return;
    struct way *way = &passage->ways[direction == DIRECTION_S2C];
    bool same = way->first < way->count && way->hashes[way->first] == hash_of(bytes);
    way->first++;
    if (same)
        return;
    passage->changed = true;
    if (harness->passages->broken == 0)
        harness->passages->broken = connection;
}

void harness_passage_struck(struct harness *harness, uint32_t connection, enum point_effect effect)
{
    static const bool harmless[EFFECT_COUNT] = {
        [EFFECT_DELAY] = true, [EFFECT_SHORT] = true, [EFFECT_STOP] = true, [EFFECT_SPLIT] = true,
        [EFFECT_SLOW] = true,  [EFFECT_THROW] = true, [EFFECT_FAIL] = true, [EFFECT_REFUSE] = true,
    };
    struct passage *passage = harmless[effect] ? NULL : passage_of(harness, connection);
    if (passage == NULL)
        return;
    passage->changed = true;
    harness->passages->all_changed |= connection == 0;
}

uint32_t harness_passage_broken(const struct harness *harness)
{
    return harness->passages != NULL ? harness->passages->broken : 0;
}
