#include "rpc/world/world.h"

#include "rpc/world/name.h"

static void begin(struct world_executor *executor, const char *name,
                  struct world_executor *companion)
{
    struct world *world = executor->world;
    STAILQ_INIT(&executor->tasks);
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

char *world_address_text(struct world_address address, char *text)
{
    const uint32_t ip = address.ip;
    return world_name_print(text, 24, "%u.%u.%u.%u:%u", ip >> 24, ip >> 16 & 255u, ip >> 8 & 255u,
                            ip & 255u, (unsigned)address.port);
}
