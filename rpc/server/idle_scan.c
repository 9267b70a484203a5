#include "rpc/server/idle_scan.h"

#include "rpc/server/parts.h"

unsigned server_close_idle(struct server *server, struct server_lane *lane, bool all)
{
    uint64_t now_ms = world_wall_ms(server->config.host);
    uint64_t threshold = (uint64_t)server_setting(server, SETTING_IDLE_THRESHOLD);
    unsigned most = (unsigned)server_setting(server, SETTING_KILL_MAX);
    struct server_connection *connection, *next;
    unsigned closed = 0;

    for (connection = TAILQ_FIRST(&server->connections); connection != NULL; connection = next) {
        next = TAILQ_NEXT(connection, all);
        if (!all && server->open_count < threshold)
            break;
        if (!server_connection_timed_out(connection, now_ms) ||
            !server_connection_doom(connection, lane, all ? CLOSE_OOM : CLOSE_IDLE))
            continue;
        server_count_up(&server->metrics.idle_closed);
        if (++closed == most && !all)
            break;
    }
    return closed;
}

void server_idle_scan_trace(struct server_lane *lane, unsigned closed)
{
    struct world *world = lane->executor.world;
    if (world->tracer == NULL)
        return;
    struct point_event event = server_lane_event(lane, POINT_SERVER_SCAN, NULL, NULL);
    SERVER_VALUES(event, WORLD_NUMBER(CLOSED, closed));
    world_trace(world, &event);
}

static void arm(struct server_idle_scan *scan)
{
    struct server *server = scan->lane.server;
    uint64_t interval = (uint64_t)server_setting(server, SETTING_IDLE_SCAN_INTERVAL) * WORLD_MS;

    server_lane_does(&scan->lane, "wait");
    world_timer_start(&scan->timer, world_now(server->world) + interval);
}

static void scan_now(struct world_task *task)
{
    struct server_idle_scan *scan = world_container(task, struct server_idle_scan, step);
    struct server *server = scan->lane.server;

    if (!server_is_running(server))
        return;
    server_lane_does(&scan->lane, "execute");
    world_lock(server->lock);
    unsigned closed = server_close_idle(server, &scan->lane, false);
    world_unlock(server->lock);
    server_idle_scan_trace(&scan->lane, closed);
    arm(scan);
}

static void due(struct world_timer *timer)
{
    struct server_idle_scan *scan = world_container(timer, struct server_idle_scan, timer);

    if (server_is_running(scan->lane.server) &&
        !server_lane_held(&scan->lane, POINT_SERVER_SCAN, NULL, NULL, &scan->step, scan_now))
        scan_now(&scan->step);
}

static void begin(struct world_task *task)
{
    struct server_idle_scan *scan = world_container(task, struct server_idle_scan, step);
    if (server_is_running(scan->lane.server) && scan->lane.server->release->timer_closes_idle)
        arm(scan);
}

void server_idle_scan_start(struct server_idle_scan *scan)
{
    server_lane_post(&scan->lane, &scan->step, begin);
}

void server_idle_scan_init(struct server *server, struct server_idle_scan *scan)
{
    server_lane_init(server, &scan->lane, "idletimer");
    if (server->release->timer_closes_idle) /* new Timer() starts its thread */
        server_lane_does(&scan->lane, "wait");
    world_timer_init(&scan->lane.executor, &scan->timer, due);
}

void server_idle_scan_halt(struct server_idle_scan *scan)
{
    world_timer_release(&scan->timer);
    if (server_lane_is(&scan->lane.server->listener.lane, "closed"))
        server_lane_ends(&scan->lane);
}

void server_idle_scan_release(struct server_idle_scan *scan)
{
    server_idle_scan_halt(scan);
    server_lane_release(&scan->lane);
}
