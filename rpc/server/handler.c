#include "rpc/server/handler.h"

#include <assert.h>
#include <stdio.h>

#include "rpc/server/method.h"
#include "rpc/server/parts.h"
#include "rpc/world/name.h"

static void take_first(struct world_task *task);
static void execute_now(struct world_task *task);

static struct server_handler *of_task(struct world_task *task)
{
    return world_container(task, struct server_handler, task);
}

void server_handler_wake(struct server_handler *handler)
{
    server_lane_post(&handler->lane, &handler->task, take_first);
}

/* --- the end of a call --- */

static void then_take(struct server_lane *lane, struct server_connection *connection)
{
    struct server_handler *handler = world_container(lane, struct server_handler, lane);

    (void)connection;
    if (server_is_running(lane->server))
        server_lane_post(lane, &handler->task, take_first);
    else
        server_lane_ends(lane);
}

static void then_nothing(struct server_lane *lane, struct server_connection *connection)
{
    (void)lane;
    (void)connection;
}

/* Whether it minds how long methods take, for the slow ones (3.x). */
static bool measures(const struct server *server)
{
    return server_setting(server, SETTING_SLOW_RPC) != 0;
}

static void measure(struct server_call *call)
{
    struct server *server = call->server;
    int64_t threshold = server_setting(server, SETTING_SLOW_RPC_THRESHOLD);

    if (!measures(server) || call->deferred)
        return;
    uint64_t took = world_now(server->world) - call->taken_ns;
    world_lock(server->lock);
    server_metrics_processed(&server->metrics, (double)(took / WORLD_MS), true, (double)threshold);
    world_unlock(server->lock);
}

/* MaxRespSize limits nothing: a response that is longer is worth a warning. */
static void mind_length(const struct server_call *call)
{
    struct world *world = call->server->world;
    int64_t large = server_setting(call->server, SETTING_LARGE_RESPONSE);
    char text[512];

    if (world->tracer == NULL || (int64_t)call->response.length <= large)
        return;
    snprintf(text, sizeof(text), "Large response size %zu for call %s.%s", call->response.length,
             call->protocol.data != NULL ? (const char *)call->protocol.data : "null",
             server_call_method_text(call));
    struct point_event event =
        server_lane_event(&call->handler->lane, POINT_LOG, call->connection, call);
    SERVER_VALUES(event, WORLD_TEXT(LEVEL, "warn"), WORLD_TEXT(TEXT, text));
    world_trace(world, &event);
}

static void reply_now(struct world_task *task)
{
    struct server_call *call = world_container(task, struct server_call, task);
    struct server_handler *handler = call->handler;

    measure(call);
    mind_length(call);
    if (!call->deferred)
        handler->call = NULL;
    server_respond(&handler->lane, call, call->deferred ? then_nothing : then_take);
}

void server_call_finish(struct server_call *call)
{
    assert(call->answered);
    server_lane_post(&call->handler->lane, &call->task, reply_now);
}

static void freed(struct world_task *task)
{
    struct server_handler *handler = world_container(task, struct server_handler, freed);

    handler->call->deferred = true;
    handler->call = NULL;
    then_take(&handler->lane, NULL);
}

void server_call_defer(struct server_call *call)
{
    server_lane_post(&call->handler->lane, &call->handler->freed, freed);
}

void server_call_abandon(struct server_call *call)
{
    /* Nobody will ever finish it; its slot and its connection know no more than that. */
    (void)call;
}

/* The answer of a call that no method has seen. */
static void answer(struct server_call *call, enum rpc_status made)
{
    if (made == RPC_OK) {
        server_call_finish(call);
        return;
    }
    call->handler->call = NULL;
    then_take(&call->handler->lane, NULL);
    server_call_discard(call);
}

/* --- the method --- */

static void run(struct server_handler *handler, struct server_call *call)
{
    struct server *server = handler->lane.server;
    enum rpc_status answered = RPC_OK;
    void *owner = NULL;

    server_method_fn *method = server_method_find(call, &owner, &answered);
    if (method == NULL) {
        answer(call, answered);
        return;
    }
    if (call->problem == CALL_NO_BODY) {
        answer(call, server_call_throw(call, server->release->protobuf_exception,
                                       "While parsing a protocol message, the input ended "
                                       "unexpectedly in the middle of a field."));
        return;
    }
    if (server->world->tracer != NULL) {
        struct point_event event =
            server_lane_event(&handler->lane, POINT_SERVER_EXECUTE, call->connection, call);
        SERVER_VALUES(event, WORLD_TEXT(METHOD, server_call_method_text(call)));
        world_trace(server->world, &event);
    }
    server_count_up(&server->metrics.executions);
    switch (method(call, owner)) {
    case SERVER_DONE:
        server_call_finish(call);
        break;
    case SERVER_PENDING:
        break;
    case SERVER_DEFERRED:
        server_call_defer(call);
        break;
    }
}

static void delay_over(struct world_timer *timer)
{
    struct server_handler *handler = world_container(timer, struct server_handler, delay);
    if (!server_is_running(handler->lane.server))
        return;
    server_lane_does(&handler->lane, "execute");
    run(handler, handler->call);
}

static bool struck(struct server_handler *handler, struct server_call *call)
{
    struct point_strike strike;
    struct world *world = handler->lane.executor.world;
    struct point_event event =
        server_lane_event(&handler->lane, POINT_SERVER_EXECUTE, call->connection, call);

    SERVER_VALUES(event, WORLD_TEXT(METHOD, server_call_method_text(call)));
    if (!point_strikes(&event, &strike))
        return false;
    if (strike.effect == EFFECT_DELAY) {
        server_lane_does(&handler->lane, "sleep");
        world_timer_start(&handler->delay, world_now(world) + strike.by_ns);
        return true;
    }
    if (world->tracer != NULL)
        world_trace(world, &event);
    if (strike.effect == EFFECT_MEMORY) {
        answer(call, server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space"));
        return true;
    }
    const char *class_name = strike.class_name;
    answer(call, server_call_throw(call, class_name != NULL ? class_name : "java.io.IOException",
                                   strike.message));
    return true;
}

static void execute_now(struct world_task *task)
{
    struct server_handler *handler = of_task(task);

    if (!point_guarded(POINT_SERVER_EXECUTE) || !struck(handler, handler->call))
        run(handler, handler->call);
}

static void execute(struct server_handler *handler, struct server_call *call)
{
    server_lane_does(&handler->lane, "execute");
    /* 3.x cannot even say in its log what the call was; nothing is ever sent for it. */
    if (call->problem == CALL_NO_HEADER) {
        handler->call = NULL;
        then_take(&handler->lane, NULL);
        return;
    }
    if (point_guarded(POINT_SERVER_EXECUTE)) {
        struct point_event event =
            server_lane_event(&handler->lane, POINT_SERVER_EXECUTE, call->connection, call);
        SERVER_VALUES(event, WORLD_TEXT(METHOD, server_call_method_text(call)));
        if (server_lane_held_at(&handler->lane, &event, &handler->task, execute_now))
            return;
    }
    execute_now(&handler->task);
}

/* --- take --- */

static void skip_now(struct world_task *task)
{
    struct server_handler *handler = of_task(task);
    struct server *server = handler->lane.server;
    struct server_call *call = handler->call;

    if (server->world->tracer != NULL) {
        struct point_event event =
            server_lane_event(&handler->lane, POINT_SERVER_SKIP, call->connection, call);
        SERVER_VALUES(event, WORLD_TEXT(METHOD, server_call_method_text(call)));
        world_trace(server->world, &event);
    }
    server_count_up(&server->metrics.skipped);
    handler->call = NULL;
    server_call_discard(call);
    then_take(&handler->lane, NULL);
}

static void skip(struct server_handler *handler, struct server_call *call)
{
    if (point_guarded(POINT_SERVER_SKIP)) {
        struct point_event event =
            server_lane_event(&handler->lane, POINT_SERVER_SKIP, call->connection, call);
        SERVER_VALUES(event, WORLD_TEXT(METHOD, server_call_method_text(call)));
        if (server_lane_held_at(&handler->lane, &event, &handler->task, skip_now))
            return;
    }
    skip_now(&handler->task);
}

static void trace_take(struct server_handler *handler, const struct server_call *call,
                       size_t length)
{
    struct world *world = handler->lane.executor.world;
    if (world->tracer == NULL)
        return;
    struct point_event event =
        server_lane_event(&handler->lane, POINT_SERVER_TAKE, call->connection, call);
    SERVER_VALUES(event, WORLD_NUMBER(LEVEL, 0), WORLD_NUMBER(LENGTH, length),
                  WORLD_TEXT(METHOD, server_call_method_text(call)));
    world_trace(world, &event);
}

static void take_now(struct world_task *task)
{
    struct server_handler *handler = of_task(task);
    struct server *server = handler->lane.server;

    if (!server_is_running(server))
        return;
    assert(handler->call == NULL);
    world_lock(server->lock);
    struct server_call *call = server_call_queue_take(&server->queue, handler);
    size_t length = server->queue.length;
    handler->call = call;
    world_unlock(server->lock);
    if (call == NULL) {
        server_lane_does(&handler->lane, "wait");
        return;
    }
    call->handler = handler;
    if (measures(server))
        call->taken_ns = world_now(server->world);
    trace_take(handler, call, length);
    if (server->release->skips_closed_callers && !server_connection_is_open(call->connection))
        skip(handler, call);
    else
        execute(handler, call);
}

/* Whether a hold stops it before the call that it would take now. */
static bool take_held(struct server_handler *handler)
{
    struct server *server = handler->lane.server;
    struct point_event event;
    char method[128];

    world_lock(server->lock);
    const struct server_call *call = STAILQ_FIRST(&server->queue.calls);
    if (call != NULL) {
        event = server_lane_event(&handler->lane, POINT_SERVER_TAKE, call->connection, call);
        snprintf(method, sizeof(method), "%s", server_call_method_text(call));
    }
    world_unlock(server->lock);
    if (call == NULL)
        return false;
    SERVER_VALUES(event, WORLD_NUMBER(LEVEL, 0), WORLD_TEXT(METHOD, method));
    return server_lane_held_at(&handler->lane, &event, &handler->task, take_now);
}

static void take_first(struct world_task *task)
{
    struct server_handler *handler = of_task(task);

    if (!point_guarded(POINT_SERVER_TAKE) || !take_held(handler))
        take_now(task);
}

/* --- life --- */

static void interrupt(struct world_task *task)
{
    struct server_handler *handler = world_container(task, struct server_handler, interrupt);
    const struct server_config *config = &handler->lane.server->config;
    struct server_call *call = handler->call;

    if (call == NULL)
        return;
    atomic_store_explicit(&call->interrupted, true, memory_order_relaxed);
    if (config->interrupted != NULL)
        config->interrupted(config->interrupted_owner, call);
}

void server_handler_interrupt(struct server_handler *handler)
{
    server_lane_post(&handler->lane, &handler->interrupt, interrupt);
}

void server_handler_init(struct server *server, struct server_handler *handler, uint32_t index)
{
    char name[SERVER_LANE_NAME_MAX];

    world_name_print(name, sizeof(name), "handler/%u", index);
    handler->index = index;
    server_lane_init(server, &handler->lane, name);
    world_timer_init(&handler->lane.executor, &handler->delay, delay_over);
    STAILQ_INSERT_TAIL(&server->queue.idle, handler, idle);
}

void server_handler_start(struct server_handler *handler)
{
    server_lane_does(&handler->lane, "wait");
}

void server_handler_halt(struct server_handler *handler)
{
    world_timer_release(&handler->delay);
    if (handler->call == NULL || server_lane_is(&handler->lane, "sleep"))
        server_lane_ends(&handler->lane);
}

void server_handler_release(struct server_handler *handler)
{
    server_handler_halt(handler);
    server_lane_release(&handler->lane);
}
