#include "rpc/world/sim/ring.h"

#include <assert.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static void give_if_empty(struct sim_arena *arena, struct sim_ring *ring)
{
    if (ring->length == 0 && ring->bytes != NULL) {
        sim_arena_give(arena, ring->bytes, ring->capacity);
        *ring = (struct sim_ring){0};
    }
}

void sim_ring_reserve(struct sim_arena *arena, struct sim_ring *ring, uint32_t more)
{
    uint32_t needed = ring->length + more;
    if (needed <= ring->capacity)
        return;
    uint32_t capacity = FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *bytes = sim_arena_take(arena, capacity);
    sim_ring_copy(ring, bytes, ring->length);
    if (ring->bytes != NULL)
        sim_arena_give(arena, ring->bytes, ring->capacity);
    *ring = (struct sim_ring){.bytes = bytes, .length = ring->length, .capacity = capacity};
}

void sim_ring_append(struct sim_ring *ring, const void *bytes, uint32_t count)
{
    assert(count <= ring->capacity - ring->length);
    uint32_t at = (ring->start + ring->length) & (ring->capacity - 1);
    uint32_t first = count < ring->capacity - at ? count : ring->capacity - at;
    memcpy(ring->bytes + at, bytes, first);
    if (count > first)
        memcpy(ring->bytes, (const uint8_t *)bytes + first, count - first);
    ring->length += count;
}

void sim_ring_copy(const struct sim_ring *ring, void *bytes, uint32_t count)
{
    assert(count <= ring->length);
    if (count == 0)
        return;
    uint32_t first = ring->capacity - ring->start;
    if (first > count)
        first = count;
    memcpy(bytes, ring->bytes + ring->start, first);
    if (count > first)
        memcpy((uint8_t *)bytes + first, ring->bytes, count - first);
}

void sim_ring_drop(struct sim_arena *arena, struct sim_ring *ring, uint32_t count)
{
    assert(count <= ring->length);
    if (count == 0)
        return;
    ring->start = (ring->start + count) & (ring->capacity - 1);
    ring->length -= count;
    give_if_empty(arena, ring);
}

void sim_ring_truncate(struct sim_arena *arena, struct sim_ring *ring, uint32_t length)
{
    assert(length <= ring->length);
    ring->length = length;
    give_if_empty(arena, ring);
}
