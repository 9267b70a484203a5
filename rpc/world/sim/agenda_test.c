#include "rpc/world/sim/agenda.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/world/chance.h"

enum { ENTRIES = 200, ROUNDS = 5000 };

/* What should be in: a plain list. */
static struct {
    size_t index;
    uint64_t at_ns, order;
} list[ENTRIES];

static unsigned first_of_list(void)
{
    unsigned first = ENTRIES;
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (list[i].index == 0)
            continue;
        if (first == ENTRIES || list[i].at_ns < list[first].at_ns ||
            (list[i].at_ns == list[first].at_ns && list[i].order < list[first].order))
            first = i;
    }
    return first;
}

Test(agenda, gives_back_by_instant_and_then_by_the_order_of_putting_whatever_moves_or_leaves)
{
    struct sim_arena arena = {0};
    struct sim_agenda agenda = {.arena = &arena};
    uint64_t order = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t bits = world_mix(1, 0, 0, round);
        unsigned at = (unsigned)(bits % ENTRIES), action = (unsigned)(bits >> 32) % 10;
        if (action < 6) {
            list[at].at_ns = (bits >> 20) % 50;
            list[at].order = order++;
            sim_agenda_put(&agenda, list[at].at_ns, DUE_TIMER, &list[at].index);
            cr_assert(eq(ulong, sim_agenda_at(&agenda, &list[at].index), list[at].at_ns));
        } else if (action < 9) {
            sim_agenda_remove(&agenda, &list[at].index);
        } else if (agenda.count > 0) {
            unsigned first = first_of_list();
            cr_assert(eq(ulong, sim_agenda_next(&agenda), list[first].at_ns));
            cr_assert(eq(ptr, sim_agenda_take(&agenda).index, &list[first].index));
        }
    }
    while (agenda.count > 0) {
        cr_assert(eq(ptr, &list[first_of_list()].index, agenda.entries[0].index));
        sim_agenda_take(&agenda);
    }
    cr_assert(eq(uint, first_of_list(), (unsigned)ENTRIES));
    cr_assert(eq(ulong, sim_agenda_next(&agenda), UINT64_MAX));
    sim_arena_release(&arena);
}
