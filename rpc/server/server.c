#include "rpc/server/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/server/meta_info.h"
#include "rpc/server/parts.h"

/* --- creation --- */

/* 2.x takes the constructor's queue size as it is, 3.x for each Handler. */
size_t server_queue_room(const struct server_config *config)
{
    int64_t each = config->queue;
    if (each > 0 && !config->release->queue_override_per_handler)
        return (size_t)each;
    if (each == 0)
        each = config->settings->value[SETTING_HANDLER_QUEUE];
    return each > 0 ? (size_t)each * (config->handlers > 0 ? config->handlers : 1) : 0;
}

static bool create_parts(struct server *server)
{
    int64_t readers = server_setting(server, SETTING_READERS);

    server->reader_count = readers > 0 ? (unsigned)readers : 1;
    server->handler_count = server->config.handlers > 0 ? server->config.handlers : 1;
    server->lock = world_lock_create(server->world);
    server->readers = calloc(server->reader_count, sizeof(*server->readers));
    server->handlers = calloc(server->handler_count, sizeof(*server->handlers));
    return server->lock != NULL && server->readers != NULL && server->handlers != NULL;
}

static void free_parts(struct server *server)
{
    server_free_protocols(server);
    world_lock_free(server->lock);
    free(server->readers);
    free(server->handlers);
    free(server);
}

static void init_lists(struct server *server, size_t queue_room)
{
    TAILQ_INIT(&server->connections);
    TAILQ_INIT(&server->calls);
    STAILQ_INIT(&server->spare_calls);
    server_call_queue_init(&server->queue, queue_room, &server->metrics.call_queue_length);
}

static void init_lanes(struct server *server)
{
    server_lane_init(server, &server->main, "main");
    server_listener_init(server, &server->listener);
    for (unsigned i = 0; i < server->reader_count; i++)
        server_reader_init(server, &server->readers[i], i);
    for (unsigned i = 0; i < server->handler_count; i++)
        server_handler_init(server, &server->handlers[i], i);
    server_responder_init(server, &server->responder);
    server_idle_scan_init(server, &server->idle_scan);
}

uint16_t server_port(const struct world *world, const struct server_config *config)
{
    enum { NAMENODE_PORT = 8020 };

    return config->port == 0 && world->virtual_time ? NAMENODE_PORT : config->port;
}

enum rpc_status server_create(struct world *world, const struct server_config *config,
                              struct server **created)
{
    if (server_queue_room(config) == 0)
        return RPC_BAD_VALUE;
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return RPC_NO_MEMORY;
    server->world = world;
    server->config = *config;
    server->release = config->release;
    server->settings = *config->settings;
    server->config.settings = NULL;
    server->codec = wire_codec((int)config->release->ipc_version);
    assert(server->codec != NULL);
    enum rpc_status status = RPC_NO_MEMORY;
    if (create_parts(server))
        status = server_add_meta(server);
    if (status == RPC_OK)
        status = server_listener_bind(server, &server->listener);
    if (status != RPC_OK) {
        free_parts(server);
        return status;
    }
    server->address = server->listener.socket->address;
    server->id = world_new_id(world, WORLD_ID_SERVER);
    atomic_init(&server->running, true);
    init_lists(server, server_queue_room(config));
    init_lanes(server);
    *created = server;
    return RPC_OK;
}

void server_start(struct server *server)
{
    server_responder_start(&server->responder);
    server_listener_start(&server->listener);
    for (unsigned i = 0; i < server->handler_count; i++)
        server_handler_start(&server->handlers[i]);
}

struct world_executor *server_executor(struct server *server)
{
    return &server->main.executor;
}

/* --- lanes --- */

/* Those of Hadoop's threads, by number; NULL after the last one. */
static const struct server_lane *lane_at(const struct server *server, unsigned n)
{
    const struct server_lane *const first[] = {&server->listener.lane, &server->responder.lane,
                                               &server->idle_scan.lane};

    if (n < 3)
        return first[n];
    n -= 3;
    if (n < server->handler_count)
        return &server->handlers[n].lane;
    n -= server->handler_count;
    return n < server->reader_count ? &server->readers[n].lane : NULL;
}

static const struct server_lane *lane_named(const struct server *server, const char *name)
{
    const struct server_lane *lane;

    for (unsigned n = 0; (lane = lane_at(server, n)) != NULL; n++)
        if (strcmp(name, server_lane_name(lane)) == 0)
            break;
    return lane;
}

const char *server_lane_doing(const struct server *server, const char *name)
{
    const struct server_lane *lane = lane_named(server, name);
    return lane != NULL ? atomic_load_explicit(&lane->doing, memory_order_relaxed) : NULL;
}

uint64_t server_lane_died_ns(const struct server *server, const char *name)
{
    const struct server_lane *lane = lane_named(server, name);
    return lane != NULL ? atomic_load_explicit(&lane->died_ns, memory_order_relaxed) : WORLD_NEVER;
}

unsigned server_threads(const struct server *server)
{
    const struct server_lane *lane;

    if (server->killed)
        return 0;
    unsigned count = server->release->updates_metrics && server_is_running(server);
    for (unsigned n = 0; (lane = lane_at(server, n)) != NULL; n++)
        count += server_lane_lives(lane);
    return count;
}

/* --- stop --- */

/* The n-th part ends its timers and watches; false when there is none. */
static bool halt(struct server *server, unsigned n)
{
    if (n == 0)
        server_listener_halt(&server->listener);
    else if (n == 1)
        server_responder_halt(&server->responder);
    else if (n == 2)
        server_idle_scan_halt(&server->idle_scan);
    else if (n < 3 + server->handler_count)
        server_handler_halt(&server->handlers[n - 3]);
    else
        return false;
    return true;
}

static struct world_executor *control_of(struct server *server, unsigned n)
{
    return n < 3 + server->handler_count ? lane_at(server, n)->control : &server->main.executor;
}

void server_check_stopped(struct server *server)
{
    if (!server->halted || server->ending > 0 || server->stop_hangs || server->done == NULL)
        return;
    struct world_task *done = server->done;
    server->done = NULL;
    world_post(server->done_executor, done);
}

static void all_halted(struct server *server)
{
    world_lock(server->lock);
    server->halted = true;
    server_check_stopped(server);
    world_unlock(server->lock);
}

/* With a thread for each lane, from control to control. */
static void hop(struct world_task *task)
{
    struct server *server = world_container(task, struct server, hop_task);

    if (halt(server, server->hop))
        world_post(control_of(server, ++server->hop), task);
    else
        all_halted(server);
}

static void halt_all(struct server *server)
{
    server->hop = 0;
    server->hop_task.run = hop;
    if (server->config.thread_each) {
        world_post(control_of(server, 0), &server->hop_task);
        return;
    }
    while (halt(server, server->hop))
        server->hop++;
    all_halted(server);
}

/* Readers that stand before a full callQueue for good: nobody interrupts them, and no Handler is
 * left.  The lock is held. */
static bool reader_is_stuck(const struct server *server)
{
    return !server->release->stop_interrupts_readers && !STAILQ_EMPTY(&server->queue.blocked);
}

/* The Listener stands before such a Reader, and never gets to its end.  The lock is held. */
static bool listener_is_stuck(const struct server *server)
{
    bool stuck = false;

    for (unsigned i = 0; i < server->reader_count; i++)
        stuck |= server->readers[i].listener_waits && server->readers[i].is_blocked;
    return stuck && reader_is_stuck(server);
}

static void close_connections(struct server *server)
{
    struct server_connection *connection;

    TAILQ_FOREACH (connection, &server->connections, all)
        server_connection_doom(connection, &server->main, CLOSE_STOP);
}

/* What the threads do that are not stuck.  The lock is held. */
static void let_go(struct server *server)
{
    for (unsigned i = 0; i < server->reader_count; i++) {
        struct server_reader *reader = &server->readers[i];
        if (reader->listener_waits && server->release->reader_takes_at_once)
            world_resume(&server->listener.lane.executor);
        if (server->release->stop_wakes_readers && !reader->is_blocked)
            server_lane_ends(&reader->lane);
    }
    if (!reader_is_stuck(server))
        server_call_queue_release_readers(&server->queue);
}

static void stop_run(struct world_task *task)
{
    struct server *server = world_container(task, struct server, stop_task);

    atomic_store_explicit(&server->running, false, memory_order_relaxed);
    world_lock(server->lock);
    server->stop_hangs =
        !server->killed && server->release->stop_wakes_readers && reader_is_stuck(server);
    server->left_open = server->stop_hangs || (!server->killed && listener_is_stuck(server));
    let_go(server);
    if (!server->left_open)
        close_connections(server);
    world_unlock(server->lock);
    for (unsigned i = 0; i < server->handler_count && !server->killed; i++)
        server_handler_interrupt(&server->handlers[i]);
    halt_all(server);
}

/* The process of a server dies whose stop has left something. */
static void kill_rest(struct world_task *task)
{
    struct server *server = world_container(task, struct server, stop_task);

    world_lock(server->lock);
    close_connections(server);
    world_unlock(server->lock);
}

static void post_stop(struct server *server, bool kill, struct world_executor *executor,
                      struct world_task *done)
{
    world_lock(server->lock);
    bool first = !server->stop_posted;
    bool rest = kill && !first && server->left_open;
    server->stop_posted = true;
    if (first) {
        server->killed = kill;
        server->done_executor = executor;
        server->done = done;
    } else if (done != NULL && server->done == NULL && !kill) {
        server->done_executor = executor;
        server->done = done;
        server_check_stopped(server);
    }
    if (rest) {
        server->killed = true;
        server->left_open = server->stop_hangs = false;
    }
    world_unlock(server->lock);
    if (first || rest)
        server_lane_post(&server->main, &server->stop_task, first ? stop_run : kill_rest);
}

void server_stop(struct server *server, struct world_executor *executor, struct world_task *done)
{
    post_stop(server, false, executor, done);
}

void server_kill(struct server *server)
{
    post_stop(server, true, NULL, NULL);
}

bool server_stop_hangs(const struct server *server)
{
    world_lock(server->lock);
    bool hangs = server->stop_hangs;
    world_unlock(server->lock);
    return hangs;
}

/* --- the end --- */

static void cut_connections(struct server *server)
{
    struct server_connection *connection;

    TAILQ_FOREACH (connection, &server->connections, all) {
        server_connection_cut(connection);
    }
}

static void free_connections(struct server *server)
{
    struct server_connection *connection;

    while ((connection = TAILQ_FIRST(&server->connections)) != NULL) {
        TAILQ_REMOVE(&server->connections, connection, all);
        server_connection_free(connection);
    }
}

static void free_calls(struct server *server)
{
    struct server_call *call;

    while ((call = TAILQ_FIRST(&server->calls)) != NULL) {
        TAILQ_REMOVE(&server->calls, call, all);
        server_call_free(call);
    }
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    cut_connections(server);
    server_idle_scan_release(&server->idle_scan);
    server_responder_release(&server->responder);
    for (unsigned i = 0; i < server->handler_count; i++)
        server_handler_release(&server->handlers[i]);
    for (unsigned i = 0; i < server->reader_count; i++)
        server_reader_release(&server->readers[i]);
    server_listener_release(&server->listener);
    server_lane_release(&server->main);
    free_connections(server); /* a lane may have had tasks of theirs: a killed host runs none */
    free_calls(server);
    free_parts(server);
}

/* --- what others may know --- */

uint32_t server_id(const struct server *server)
{
    return server->id;
}

struct world_address server_address(const struct server *server)
{
    return server->address;
}

void server_counters(const struct server *server, struct server_counters *counters)
{
    server_metrics_read(&server->metrics, counters);
}

static int by_number(const void *a, const void *b)
{
    const struct server_connection_view *first = a, *second = b;
    return (first->connection > second->connection) - (first->connection < second->connection);
}

static struct server_connection_view view_of(const struct server_connection *connection)
{
    struct server_connection_view view = {
        .connection = connection->number,
        .reader = (int)connection->reader->index,
        .rpc_count = atomic_load_explicit(&connection->rpc_count, memory_order_relaxed),
        .last_contact_ms = atomic_load_explicit(&connection->last_contact_ms, memory_order_relaxed),
        .state = server_connection_state_name(connection),
    };
    size_t length = connection->user.length;
    if (length >= sizeof(view.user))
        length = sizeof(view.user) - 1;
    if (length > 0)
        memcpy(view.user, connection->user.data, length);
    return view;
}

size_t server_connections(const struct server *server, struct server_connection_view *views,
                          size_t max)
{
    const struct server_connection *connection;
    size_t count = 0;

    world_lock(server->lock);
    TAILQ_FOREACH (connection, &server->connections, all) {
        if (server_connection_state(connection) == CONNECTION_CLOSED)
            continue;
        if (count < max)
            views[count] = view_of(connection);
        count++;
    }
    world_unlock(server->lock);
    if (max > 0)
        qsort(views, count < max ? count : max, sizeof(*views), by_number);
    return count;
}

enum rpc_status server_refresh(struct server *server, const struct release_settings *settings)
{
    static const enum release_setting fresh[] = {SETTING_BACKOFF, SETTING_OVERFLOW_FAILOVER,
                                                 SETTING_SLOW_RPC, SETTING_SLOW_RPC_THRESHOLD};

    world_lock(server->lock);
    for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
        server->settings.value[fresh[i]] = settings->value[fresh[i]];
    world_unlock(server->lock);
    return RPC_OK;
}
