#include "rpc/server/responder.h"

#include <assert.h>

#include "rpc/server/parts.h"

#define OUT_OF_MEMORY_NS (60 * WORLD_SEC) /* Server.java, Responder.doRunLoop */

static struct server_responder *of_step(struct world_task *task)
{
    return world_container(task, struct server_responder, step);
}

static void go(struct server_responder *responder, world_task_fn *step)
{
    server_lane_post(&responder->lane, &responder->step, step);
}

static struct server_connection *take(struct server_connection_list *list)
{
    struct server_connection *connection = STAILQ_FIRST(list);
    if (connection != NULL)
        STAILQ_REMOVE_HEAD(list, turn);
    return connection;
}

/* At the top of its loop, or where that is near: a stopped server's thread ends. */
static bool ends(struct server_responder *responder)
{
    if (server_is_running(responder->lane.server))
        return false;
    server_lane_ends(&responder->lane);
    return true;
}

static void loop_top(struct world_task *task);
static void end_select(struct server_responder *responder);

/* --- select --- */

static void on_writable(struct world_watch *watch)
{
    struct server_connection *connection =
        world_container(watch, struct server_connection, write_watch);
    struct server_responder *responder = &connection->server->responder;

    world_watch_stop(watch);
    world_lock(connection->server->lock);
    bool open = server_connection_is_open(connection);
    if (open) {
        STAILQ_INSERT_TAIL(&responder->ready, connection, turn);
        server_connection_keep(connection);
    }
    world_unlock(connection->server->lock);
    if (open && responder->selecting)
        end_select(responder);
}

/* Java's select ends a little late; a script may say how much (site server.select). */
static uint64_t lateness(struct server_responder *responder)
{
    enum { LATE_MS = 1, LATE_MAX_MS = 60000 };
    struct server *server = responder->lane.server;
    struct world *world = server->world;
    uint32_t ms = LATE_MS;

    if (world->draw != NULL)
        ms = world->draw(world->draw_owner, SITE_SERVER_SELECT, server->id, responder->selects,
                         LATE_MAX_MS, LATE_MS);
    return ms * WORLD_MS;
}

/* Watch what has been registered or has still something to write. */
static void arm(struct server_responder *responder, struct server_connection_list *arming)
{
    struct server_connection *connection;

    while ((connection = take(arming)) != NULL) {
        if (server_connection_is_open(connection)) {
            if (!connection->has_write_watch)
                world_watch_init(&responder->lane.executor, &connection->write_watch,
                                 connection->stream, WORLD_WRITE, on_writable);
            connection->has_write_watch = true;
            world_watch_start(&connection->write_watch);
        }
        server_connection_let_go(connection);
    }
}

static void sleep_now(struct server_responder *responder);

static bool finds_no_memory(struct server_responder *responder)
{
    struct point_strike strike;

    if (!point_guarded(POINT_SERVER_SELECT))
        return false;
    struct point_event event = server_lane_event(&responder->lane, POINT_SERVER_SELECT, NULL, NULL);
    return point_strikes(&event, &strike);
}

static void select_now(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;
    struct server_connection_list arming = STAILQ_HEAD_INITIALIZER(arming);

    if (ends(responder))
        return;
    if (finds_no_memory(responder)) {
        sleep_now(responder);
        return;
    }
    world_lock(server->lock);
    responder->waiting = responder->pending > 0;
    bool waiting = responder->waiting;
    bool ready = !STAILQ_EMPTY(&responder->ready);
    if (!waiting)
        STAILQ_CONCAT(&arming, &responder->arming);
    world_unlock(server->lock);
    if (waiting) {
        server_lane_does(&responder->lane, "wait");
        return;
    }
    server_lane_trace(&responder->lane, POINT_SERVER_SELECT, NULL, NULL);
    server_lane_does(&responder->lane, "select");
    responder->selecting = true;
    responder->selects++;
    arm(responder, &arming);
    if (ready)
        end_select(responder);
    else
        world_timer_start(&responder->timer, world_now(server->world) +
                                                 server_purge_interval_ns(server) +
                                                 lateness(responder));
}

/* Wait until no registration is pending. */
static void loop_top(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;

    if (ends(responder))
        return;
    world_lock(server->lock);
    responder->waiting = responder->pending > 0;
    bool waiting = responder->waiting;
    world_unlock(server->lock);
    if (waiting)
        server_lane_does(&responder->lane, "wait");
    else if (!server_lane_held(&responder->lane, POINT_SERVER_SELECT, NULL, NULL, task, select_now))
        go(responder, select_now);
}

/* --- purge --- */

/* The head is the one that is looked at first, and the first old one ends the search. */
static uint64_t age_of_old(struct server_connection *connection, uint64_t now_ns)
{
    uint64_t interval = server_purge_interval_ns(connection->server);
    const struct server_call *call;

    STAILQ_FOREACH (call, &connection->responses, next) {
        if (now_ns > call->stamp_ns + interval)
            return now_ns - call->stamp_ns;
    }
    return 0;
}

static void purge_next(struct world_task *task);

static void purge_now(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;
    struct server_connection *connection = STAILQ_FIRST(&responder->old);

    STAILQ_REMOVE_HEAD(&responder->old, purge);
    world_lock(server->lock);
    uint64_t age = age_of_old(connection, server_purge_clock(server));
    bool purged = age > 0 && server_connection_doom(connection, &responder->lane, CLOSE_PURGE);
    world_unlock(server->lock);
    if (purged) {
        server_count_up(&server->metrics.purged);
        if (server->world->tracer != NULL) {
            struct point_event event =
                server_lane_event(&responder->lane, POINT_SERVER_PURGE, connection, NULL);
            SERVER_VALUES(event, WORLD_NUMBER(AGE, age / WORLD_MS));
            world_trace(server->world, &event);
        }
    }
    server_connection_let_go(connection);
    go(responder, purge_next);
}

static void purge_next(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server_connection *connection = STAILQ_FIRST(&responder->old);

    if (connection == NULL)
        go(responder, loop_top);
    else if (!server_lane_held(&responder->lane, POINT_SERVER_PURGE, connection, NULL, task,
                               purge_now))
        purge_now(task);
}

static void check_now(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;
    struct server_connection *connection;

    server_lane_trace(&responder->lane, POINT_SERVER_CHECK, NULL, NULL);
    uint64_t now_ns = server_purge_clock(server);
    world_lock(server->lock);
    responder->last_check_ns = now_ns;
    TAILQ_FOREACH (connection, &responder->registered, registered) {
        if (age_of_old(connection, now_ns) > 0) {
            server_connection_keep(connection);
            STAILQ_INSERT_TAIL(&responder->old, connection, purge);
        }
    }
    world_unlock(server->lock);
    go(responder, purge_next);
}

static void after_pass(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;

    if (ends(responder))
        return;
    bool due =
        server_purge_clock(server) >= responder->last_check_ns + server_purge_interval_ns(server);
    if (!due)
        loop_top(task);
    else if (!server_lane_held(&responder->lane, POINT_SERVER_CHECK, NULL, NULL, task, check_now))
        check_now(task);
}

/* --- a pass --- */

static void write_next(struct world_task *task);

static void rest_now(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server_connection *connection = responder->current;

    server_lane_trace(&responder->lane, POINT_SERVER_REST, connection, NULL);
    server_connection_let_go(connection);
    go(responder, write_next);
}

/* An OutOfMemoryError ends the pass. */
static void sleep_now(struct server_responder *responder)
{
    responder->sleeping = true;
    server_lane_does(&responder->lane, "sleep");
    world_timer_start(&responder->timer,
                      world_now(responder->lane.executor.world) + OUT_OF_MEMORY_NS);
}

/* One response of the connection whose turn it is.  *rests: OP_WRITE goes off. */
static enum server_written write_one(struct server_responder *responder,
                                     struct server_connection *connection, bool *rests)
{
    enum server_written written = WRITTEN_ALL;

    *rests = false;
    if (!server_connection_is_open(connection) || !connection->wants_write)
        return WRITTEN_ALL;
    if (connection->response_count > 0)
        written = server_write_head(&responder->lane, connection, responder->passes);
    if (written == WRITTEN_ERROR || written == WRITTEN_MEMORY)
        return written;
    connection->wants_write = connection->response_count > 0;
    *rests = !connection->wants_write;
    if (*rests)
        return written;
    server_connection_keep(connection);
    STAILQ_INSERT_TAIL(&responder->arming, connection, turn);
    return written;
}

static void write_now(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;
    struct server_connection *connection = responder->current;
    bool rests;

    world_lock(server->lock);
    enum server_written written = write_one(responder, connection, &rests);
    world_unlock(server->lock);

    if (rests) {
        if (!server_lane_held(&responder->lane, POINT_SERVER_REST, connection, NULL, task,
                              rest_now))
            rest_now(task);
        return;
    }
    server_connection_let_go(connection);
    if (written == WRITTEN_MEMORY)
        sleep_now(responder);
    else
        go(responder, write_next);
}

static void write_next(struct world_task *task)
{
    struct server_responder *responder = of_step(task);

    if (ends(responder))
        return;
    responder->current = take(&responder->pass);
    if (responder->current == NULL)
        after_pass(task);
    else if (!server_write_held(&responder->lane, responder->current, NULL, responder->passes, task,
                                write_now))
        write_now(task);
}

static void begin_pass(struct world_task *task)
{
    struct server_responder *responder = of_step(task);
    struct server *server = responder->lane.server;

    server_lane_does(&responder->lane, "write");
    world_lock(server->lock);
    STAILQ_CONCAT(&responder->pass, &responder->ready);
    world_unlock(server->lock);
    if (!STAILQ_EMPTY(&responder->pass))
        responder->passes++;
    go(responder, write_next);
}

/* Something is ready, or a wake-up has come, or the time is over. */
static void end_select(struct server_responder *responder)
{
    assert(responder->selecting);
    responder->selecting = false;
    world_timer_stop(&responder->timer);
    go(responder, begin_pass);
}

static void time_over(struct world_timer *timer)
{
    struct server_responder *responder = world_container(timer, struct server_responder, timer);

    if (ends(responder))
        return;
    if (responder->sleeping) {
        responder->sleeping = false;
        go(responder, write_next);
    } else if (responder->selecting) {
        end_select(responder);
    }
}

/* --- registrations --- */

static void wake_up(struct world_task *task)
{
    struct server_responder *responder = world_container(task, struct server_responder, wake);
    struct server *server = responder->lane.server;

    world_lock(server->lock);
    bool waiting = responder->waiting;
    responder->woken = responder->waiting = false;
    world_unlock(server->lock);
    if (ends(responder))
        return;
    if (responder->selecting)
        end_select(responder);
    else if (waiting)
        go(responder, loop_top);
}

void server_responder_wake(struct server_responder *responder)
{
    if (!responder->woken && server_is_running(responder->lane.server))
        server_lane_post(&responder->lane, &responder->wake, wake_up);
    responder->woken = true;
}

void server_responder_register(struct server_responder *responder,
                               struct server_connection *connection)
{
    assert(responder->pending > 0);
    responder->pending--;
    if (connection != NULL && server_connection_is_open(connection)) {
        if (!connection->is_registered)
            TAILQ_INSERT_TAIL(&responder->registered, connection, registered);
        connection->is_registered = true;
        connection->wants_write = true;
        server_connection_keep(connection);
        STAILQ_INSERT_TAIL(&responder->arming, connection, turn);
    }
    if (responder->waiting)
        server_responder_wake(responder);
}

void server_responder_forget(struct server_responder *responder,
                             struct server_connection *connection)
{
    if (connection->is_registered)
        TAILQ_REMOVE(&responder->registered, connection, registered);
    connection->is_registered = false;
    connection->wants_write = false;
}

/* --- life --- */

void server_responder_init(struct server *server, struct server_responder *responder)
{
    server_lane_init(server, &responder->lane, "responder");
    TAILQ_INIT(&responder->registered);
    STAILQ_INIT(&responder->arming);
    STAILQ_INIT(&responder->ready);
    STAILQ_INIT(&responder->pass);
    STAILQ_INIT(&responder->old);
    world_timer_init(&responder->lane.executor, &responder->timer, time_over);
}

void server_responder_start(struct server_responder *responder)
{
    server_lane_does(&responder->lane, "wait");
    go(responder, loop_top);
}

void server_responder_halt(struct server_responder *responder)
{
    struct server *server = responder->lane.server;

    world_lock(server->lock);
    bool forgotten = server->stop_hangs;
    world_unlock(server->lock);
    if (forgotten)
        return;
    world_timer_release(&responder->timer);
    server_lane_ends(&responder->lane);
}

void server_responder_release(struct server_responder *responder)
{
    world_timer_release(&responder->timer);
    server_lane_release(&responder->lane);
}
