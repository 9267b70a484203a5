#include "rpc/server/cleanup.h"

#include "rpc/server/parts.h"

static bool is_due(const struct server *server)
{
    int64_t now = (int64_t)world_wall_ms(server->config.host);
    int64_t last = (int64_t)server->listener.cleanup.last_run_ms;

    return (int64_t)server->open_count > server_setting(server, SETTING_IDLE_THRESHOLD) &&
           server->open_count > 0 &&
           now - last >= server_setting(server, SETTING_IDLE_SCAN_INTERVAL);
}

bool server_cleanup_is_due(struct server *server)
{
    world_lock(server->lock);
    bool due = is_due(server);
    world_unlock(server->lock);
    return due;
}

/* Random.nextInt() % count, with Java's sign. */
static int64_t draw(struct server *server)
{
    int32_t drawn = (int32_t)world_choose(server->world, SITE_SERVER_CLEANUP, server->id,
                                          server->listener.cleanup.draws++, UINT32_MAX);
    return drawn % (int64_t)server->open_count;
}

/* Close what is idle from the `start`th to the `end`th.  Each that is closed shortens the list,
 * and so the stretch. */
static unsigned close_stretch(struct server *server, uint64_t start, uint64_t end, unsigned most,
                              enum server_close why)
{
    struct server_connection *connection, *next;
    uint64_t now_ms = world_wall_ms(server->config.host);
    uint64_t at = 0;
    unsigned closed = 0;

    for (connection = TAILQ_FIRST(&server->connections); connection != NULL && at <= end;
         connection = next) {
        next = TAILQ_NEXT(connection, all);
        if (!server_connection_is_open(connection))
            continue;
        at++;
        if (at <= start || !server_connection_timed_out(connection, now_ms))
            continue;
        server_connection_doom(connection, &server->listener.lane, why);
        server_count_up(&server->metrics.idle_closed);
        if (++closed == most)
            break;
    }
    return closed;
}

static void ran(struct server *server)
{
    server->listener.cleanup.last_run_ms = world_wall_ms(server->config.host);
}

unsigned server_cleanup_force(struct server *server)
{
    unsigned closed = close_stretch(server, 0, server->open_count, 0, CLOSE_OOM);
    ran(server);
    return closed;
}

void server_cleanup_run(struct server *server)
{
    unsigned closed = 0;
    bool looked = false;

    world_lock(server->lock);
    if (is_due(server)) {
        int64_t first = draw(server);
        int64_t second = draw(server);
        int64_t start = first < second ? first : second;
        looked = start >= 0;
        if (looked) {
            closed =
                close_stretch(server, (uint64_t)start, (uint64_t)(first < second ? second : first),
                              (unsigned)server_setting(server, SETTING_KILL_MAX), CLOSE_IDLE);
            ran(server);
        }
    }
    world_unlock(server->lock);
    if (looked)
        server_idle_scan_trace(&server->listener.lane, closed);
}
