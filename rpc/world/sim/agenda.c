#include "rpc/world/sim/agenda.h"

#include <assert.h>
#include <string.h>

/* A heap with four children a node: half as deep as with two, and a node's children share
 * two cache lines. */
enum { CHILDREN = 4, FIRST_CAPACITY = 32 };

static bool before(const struct sim_agenda_entry *a, const struct sim_agenda_entry *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

static void place(struct sim_agenda *agenda, size_t at, struct sim_agenda_entry entry)
{
    agenda->entries[at] = entry;
    *entry.index = at + 1;
}

static void sift_up(struct sim_agenda *agenda, size_t at, struct sim_agenda_entry entry)
{
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!before(&entry, &agenda->entries[parent]))
            break;
        place(agenda, at, agenda->entries[parent]);
        at = parent;
    }
    place(agenda, at, entry);
}

static void sift_down(struct sim_agenda *agenda, size_t at, struct sim_agenda_entry entry)
{
    for (;;) {
        size_t child = at * CHILDREN + 1;
        if (child >= agenda->count)
            break;
        size_t end = child + CHILDREN < agenda->count ? child + CHILDREN : agenda->count;
        size_t least = child;
        while (++child < end)
            if (before(&agenda->entries[child], &agenda->entries[least]))
                least = child;
        if (!before(&agenda->entries[least], &entry))
            break;
        place(agenda, at, agenda->entries[least]);
        at = least;
    }
    place(agenda, at, entry);
}

static void grow(struct sim_agenda *agenda)
{
    size_t old = agenda->capacity * sizeof(*agenda->entries);
    size_t capacity = agenda->capacity == 0 ? FIRST_CAPACITY : agenda->capacity * 2;
    struct sim_agenda_entry *entries =
        sim_arena_take(agenda->arena, capacity * sizeof(*agenda->entries));
    if (old > 0) {
        memcpy(entries, agenda->entries, old);
        sim_arena_give(agenda->arena, agenda->entries, old);
    }
    agenda->entries = entries;
    agenda->capacity = capacity;
}

void sim_agenda_put(struct sim_agenda *agenda, uint64_t at_ns, enum sim_due due, size_t *index)
{
    struct sim_agenda_entry entry = {at_ns, agenda->order++, index, due};
    if (*index != 0) {
        size_t at = *index - 1;
        if (at_ns < agenda->entries[at].at_ns)
            sift_up(agenda, at, entry);
        else
            sift_down(agenda, at, entry);
        return;
    }
    if (agenda->count == agenda->capacity)
        grow(agenda);
    sift_up(agenda, agenda->count++, entry);
}

void sim_agenda_remove(struct sim_agenda *agenda, size_t *index)
{
    if (*index == 0)
        return;
    size_t at = *index - 1;
    assert(agenda->entries[at].index == index);
    *index = 0;
    struct sim_agenda_entry moved = agenda->entries[--agenda->count];
    if (at == agenda->count)
        return;
    if (at > 0 && before(&moved, &agenda->entries[(at - 1) / CHILDREN]))
        sift_up(agenda, at, moved);
    else
        sift_down(agenda, at, moved);
}

struct sim_agenda_entry sim_agenda_take(struct sim_agenda *agenda)
{
    struct sim_agenda_entry first = agenda->entries[0];
    sim_agenda_remove(agenda, first.index);
    return first;
}
