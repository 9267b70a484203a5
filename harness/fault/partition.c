#include "harness/fault/partition.h"

#include "harness/handles/handles.h"
#include "harness/lua/show.h"

struct harness_partition {
    struct harness *harness;
    struct world_host *a, *b; /* b NULL: all others */
    struct world_timer timer; /* for its beginning, then for its end */
    uint64_t to_ns;           /* 0: for ever */
    uint64_t cut_ns;          /* when it began */
    bool cut, over, struck;
};

static void set(struct harness_partition *partition, bool cut)
{
    if (partition->cut != cut)
        world_partition(partition->a, partition->b, cut);
    if (cut && !partition->cut)
        partition->cut_ns = world_now(partition->harness->world);
    partition->cut = cut;
    partition->struck = partition->struck || cut;
    harness_changed(partition->harness);
}

static void begin(struct harness_partition *partition)
{
    set(partition, true);
    if (partition->to_ns != 0)
        world_timer_start(&partition->timer, partition->to_ns);
}

static void time_has_come(struct world_timer *timer)
{
    struct harness_partition *partition = world_container(timer, struct harness_partition, timer);
    if (partition->over)
        return;
    if (!partition->cut)
        begin(partition);
    else
        harness_partition_lift(partition);
}

/* The host of the handle on top: its own, or itself. */
static struct world_host *host_of(lua_State *L)
{
    struct harness_host *host = harness_test(L, -1, &harness_host_type);
    if (host == NULL) {
        if (harness_type_at(L, -1, NULL) == NULL)
            luaL_error(L, "net.partition: a server, client or host expected, got %s",
                       harness_push_text(L, -1));
        lua_getfield(L, -1, "host");
        host = harness_check(L, lua_gettop(L), &harness_host_type);
        lua_pop(L, 1);
    }
    return host->host;
}

struct harness_partition *harness_partition_arm(lua_State *L, int index, uint64_t from_ns,
                                                uint64_t to_ns)
{
    struct harness *harness = harness_of(L);
    struct harness_partition *partition = harness_keep(L, sizeof(*partition));
    *partition = (struct harness_partition){.harness = harness, .to_ns = to_ns};
    lua_Integer count = lua_istable(L, index) ? (lua_Integer)lua_rawlen(L, index) : 0;
    if (count < 1 || count > 2)
        luaL_error(L, "net.partition is aimed at one host, or at the two it divides");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        *(i == 1 ? &partition->a : &partition->b) = host_of(L);
        lua_pop(L, 1);
    }
    if (world_partition(partition->a, partition->b, false) == RPC_UNSUPPORTED)
        harness_skip(L, "live can't partition the machine's network");
    world_timer_init(&harness->executor, &partition->timer, time_has_come);
    if (from_ns > world_now(harness->world))
        world_timer_start(&partition->timer, from_ns);
    else
        begin(partition);
    return partition;
}

void harness_partition_lift(struct harness_partition *partition)
{
    if (partition->over)
        return;
    partition->over = true;
    world_timer_stop(&partition->timer);
    set(partition, false);
}

uint32_t harness_partition_strikes(const struct harness_partition *partition)
{
    return partition->struck;
}

bool harness_partition_divides(const struct harness_partition *partition, uint32_t one,
                               uint32_t other, uint64_t *since_ns)
{
    uint32_t a = partition->a->id, b = partition->b != NULL ? partition->b->id : 0;
    *since_ns = partition->cut_ns;
    if (!partition->cut || one == other)
        return false;
    if (b == 0)
        return a == one || a == other;
    return (a == one && b == other) || (a == other && b == one);
}

void harness_partition_end(struct harness_partition *partition)
{
    world_timer_release(&partition->timer);
}
