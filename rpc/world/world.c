#include "rpc/world/world.h"

static void begin(struct world_executor *executor, const char *name,
                  struct world_executor *companion)
{
    struct world *world = executor->world;
    executor->lane = atomic_fetch_add(&world->next_lane, 1) + 1;
    world->ops->executor_init(executor, companion);
    if (world->tracer != NULL)
        world->tracer->ops->lane(world->tracer, executor->lane, name, executor->host);
}

void world_executor_init(struct world *world, struct world_executor *executor,
                         struct world_host *host, const char *name,
                         struct world_executor *companion)
{
    *executor = (struct world_executor){.world = world, .host = host};
    begin(executor, name, companion);
}

void world_executor_init_thread(struct world *world, struct world_executor *executor,
                                struct world_host *host, const char *name)
{
    *executor = (struct world_executor){.world = world, .host = host, .own_thread = true};
    begin(executor, name, NULL);
}

/* Where the digits end. */
static char *put_number(char *at, uint32_t number)
{
    if (number >= 10)
        at = put_number(at, number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* By hand: each connection is told of several times by its address. */
char *world_address_text(struct world_address address, char *text)
{
    char *at = text;
    for (int shift = 24; shift >= 0; shift -= 8) {
        at = put_number(at, address.ip >> shift & 255u);
        *at++ = shift > 0 ? '.' : ':';
    }
    *put_number(at, address.port) = '\0';
    return text;
}
