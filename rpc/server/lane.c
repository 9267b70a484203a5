#include "rpc/server/lane.h"

#include <string.h>

#include "rpc/server/parts.h"
#include "rpc/world/name.h"

void server_lane_init(struct server *server, struct server_lane *lane, const char *name)
{
    struct world_host *host = server->config.host;

    *lane = (struct server_lane){.server = server, .died_ns = WORLD_NEVER, .doing = "new"};
    world_name_print(lane->name, sizeof(lane->name), "server%u/%s", server->id, name);
    if (lane == &server->main || server->config.thread_each)
        world_executor_init_thread(server->world, &lane->executor, host, lane->name);
    else
        world_executor_init(server->world, &lane->executor, host, lane->name,
                            &server->main.executor);

    lane->control = &server->main.executor;
    if (lane == &server->main || !server->config.thread_each)
        return;
    char control[WORLD_NAME_MAX];
    world_name_print(control, sizeof(control), "server%u/%s/control", server->id, name);
    world_executor_init(server->world, &lane->own_control, host, control, &lane->executor);
    lane->control = &lane->own_control;
}

const char *server_lane_name(const struct server_lane *lane)
{
    return strchr(lane->name, '/') + 1;
}

void server_lane_release(struct server_lane *lane)
{
    if (lane->server == NULL)
        return;
    if (lane->control == &lane->own_control)
        world_executor_release(&lane->own_control);
    world_executor_release(&lane->executor);
    lane->server = NULL;
}

bool server_lane_is(const struct server_lane *lane, const char *doing)
{
    return strcmp(atomic_load_explicit(&lane->doing, memory_order_relaxed), doing) == 0;
}

bool server_lane_lives(const struct server_lane *lane)
{
    return !server_lane_is(lane, "new") && !server_lane_is(lane, "closed");
}

void server_lane_ends(struct server_lane *lane)
{
    if (!server_lane_is(lane, "new"))
        server_lane_does(lane, "closed");
}

void server_lane_dies(struct server_lane *lane)
{
    server_lane_does(lane, "closed");
    atomic_store_explicit(&lane->died_ns, world_now(lane->server->world), memory_order_relaxed);
}

struct point_event server_lane_event(const struct server_lane *lane, enum point point,
                                     const struct server_connection *connection,
                                     const struct server_call *call)
{
    return (struct point_event){
        .point = point,
        .host = lane->executor.host->id,
        .server = lane->server->id,
        .connection = connection != NULL ? connection->number : 0,
        .lane = lane->executor.lane,
        .call_id = call != NULL ? call->id : POINT_NO_CALL,
        .retry = call != NULL ? call->retry : -1,
    };
}

void server_lane_trace(const struct server_lane *lane, enum point point,
                       const struct server_connection *connection, const struct server_call *call)
{
    if (lane->executor.world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(lane, point, connection, call);
    world_trace(lane->executor.world, &event);
}

bool server_lane_held(struct server_lane *lane, enum point point,
                      const struct server_connection *connection, const struct server_call *call,
                      struct world_task *step, world_task_fn *then)
{
    if (!point_guarded(point))
        return false;
    struct point_event event = server_lane_event(lane, point, connection, call);
    return server_lane_held_at(lane, &event, step, then);
}
