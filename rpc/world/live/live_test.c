#include "rpc/world/live/live.h"

#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(live, the_wall_clock_does_not_jump_when_the_world_begins_to_run)
{
    struct world *world = live_create(&(struct live_options){.speed = 1});
    cr_assert(ne(ptr, world, NULL));
    struct world_host *host = world_host(world, "nn");
    uint64_t made_ms = world_wall_ms_at(host, 0);
    usleep(50 * 1000);
    cr_assert(eq(ulong, world_wall_ms(host), made_ms));
    world_run(world, WORLD_MS);
    cr_assert(eq(ulong, world_wall_ms_at(host, 0), made_ms));
    world_free(world);
}
