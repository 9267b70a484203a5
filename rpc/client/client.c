#include "rpc/client/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client/call.h"
#include "rpc/client/caller.h"
#include "rpc/client/connection.h"
#include "rpc/client/inside.h"
#include "rpc/client/receiver.h"
#include "rpc/client/sender.h"
#include "rpc/world/name.h"

/* Client.stop polls before 3.x, and from 2.3 on gives the sender pool a minute then. */
enum { STOP_POLL_MS = 100, POOL_DRAIN_MS = 60000, CALL_ID_MASK = 0x7fffffff };

static const char *const ending_names[] = {
#define X(name, text) [CLIENT_##name] = text,
    CLIENT_ENDING_MAP(X)
#undef X
};

const char *client_ending_name(enum client_ending ending)
{
    return ending_names[ending];
}

/* --- events --- */

struct point_event client_visit(const struct client *client, enum point point,
                                const struct client_thread *thread,
                                const struct client_connection *connection,
                                const struct client_call *call)
{
    return (struct point_event){
        .point = point,
        .host = client->host->id,
        .client = client->id,
        .connection = connection != NULL ? connection->number : 0,
        .lane = thread->executor.lane,
        .call_id = call != NULL ? call->id : POINT_NO_CALL,
        .retry = call != NULL ? call->retry : 0,
    };
}

void client_log(const struct client *client, const struct client_thread *thread,
                const struct client_connection *connection, const char *level, const char *format,
                ...)
{
    if (client->world->tracer == NULL)
        return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct point_event event = client_visit(client, POINT_LOG, thread, connection, NULL);
    CLIENT_VALUES(event, WORLD_TEXT(LEVEL, level), WORLD_TEXT(TEXT, text));
    client_trace(client, &event);
}

/* --- names --- */

struct point_event client_look_up_visit(struct client *client, const struct client_thread *thread,
                                        const struct client_call *call, struct point_value *value,
                                        const char *name)
{
    *value = (struct point_value)WORLD_TEXT(NAME, name);
    struct point_event event =
        client_visit(client, POINT_CLIENT_RESOLVE, thread, thread->connection, call);
    event.values = value;
    event.value_count = 1;
    return event;
}

enum rpc_status client_look_up(struct client *client, struct client_thread *thread,
                               const struct client_call *call, const char *name, uint32_t *ip)
{
    struct point_value value;
    struct point_strike strike;
    struct point_event event = client_look_up_visit(client, thread, call, &value, name);
    char result[16] = "unknown";
    enum rpc_status status = RPC_NO_SUCH_NAME;
    if (!point_strikes(&event, &strike))
        status = world_resolve(client->world, name, ip);
    if (status == RPC_OK)
        client_number_text(*ip, result);
    CLIENT_VALUES(event, WORLD_TEXT(NAME, name), WORLD_TEXT(RESULT, result));
    client_trace(client, &event);
    return status;
}

/* --- buffers --- */

struct client_chunk *client_take_chunk(struct client *client)
{
    struct client_chunk *chunk = client->free_chunks;
    if (chunk == NULL)
        return malloc(sizeof(*chunk));
    client->free_chunks = chunk->next;
    return chunk;
}

void client_give_chunk(struct client *client, struct client_chunk *chunk)
{
    chunk->next = client->free_chunks;
    client->free_chunks = chunk;
}

/* --- the pool of connections --- */

/* Where a key belongs; keys that are equal belong to the same row for life. */
static struct client_connections *row_of(struct client *client,
                                         const struct client_connection_id *key)
{
    return &client->rows[(key->login + key->address->address.port) % CLIENT_POOL_ROWS];
}

struct client_connection *client_find_connection(struct client *client,
                                                 const struct client_connection_id *key)
{
    struct client_connection *at;
    TAILQ_FOREACH (at, row_of(client, key), row)
        if (client_connection_id_is(&at->id, at->place, key, client->release))
            break;
    return at;
}

void client_add_connection(struct client *client, struct client_connection *connection)
{
    connection->in_pool = true;
    client_connection_keep(connection);
    TAILQ_INSERT_TAIL(&client->pool, connection, all);
    TAILQ_INSERT_TAIL(row_of(client, &connection->id), connection, row);
}

static void end_stop(struct client *client)
{
    client->stop_waits = false;
    world_timer_stop(&client->poll);
    if (client->stopped != NULL)
        world_post(client->executor, client->stopped);
    client->stopped = NULL;
}

void client_remove_connection(struct client *client, struct client_connection *connection)
{
    if (!connection->in_pool)
        return;
    connection->in_pool = false;
    client_sender_is_left(connection);
    TAILQ_REMOVE(row_of(client, &connection->id), connection, row);
    TAILQ_REMOVE(&client->pool, connection, all);
    TAILQ_INSERT_HEAD(&client->dying, connection, all);
    struct client_caller *caller;
    STAILQ_FOREACH (caller, &connection->spinning, spinning)
        client_caller_looks_again(caller);
    STAILQ_INIT(&connection->spinning);
    if (client->stop_waits && client->release->stop_interrupts_all && TAILQ_EMPTY(&client->pool))
        end_stop(client);
    client_connection_drop(connection);
}

static void reap(struct world_task *task)
{
    struct client *client = world_container(task, struct client, reap);
    for (struct client_connection *at = TAILQ_FIRST(&client->dying), *next; at != NULL; at = next) {
        next = TAILQ_NEXT(at, all);
        if (at->references > 0)
            continue;
        TAILQ_REMOVE(&client->dying, at, all);
        client_connection_free(at);
    }
}

void client_bury_connection(struct client *client, struct client_connection *connection)
{
    (void)connection;
    if (!client->reap.queued)
        world_post(&client->lane, &client->reap);
}

/* --- calls --- */

int32_t client_next_call_id(struct client *client)
{
    uint32_t id = client->next_call_id++;
    return (int32_t)(client->release->negative_call_ids ? id : id & CALL_ID_MASK);
}

static enum rpc_status make_call(struct client *client, const struct client_remote *remote,
                                 const char *method, struct wire_bytes body,
                                 struct client_caller *caller, client_done_fn *done, void *owner,
                                 struct client_call **made)
{
    struct client_call *call = client_call_create(client, remote, method, body);
    if (call == NULL)
        return RPC_NO_MEMORY;
    if (caller == NULL)
        caller = client_caller_borrow(client);
    if (caller == NULL) {
        client_call_drop(call);
        return RPC_NO_MEMORY;
    }
    call->finished = done;
    call->owner = owner;
    call->caller = caller;
    *made = call;
    return RPC_OK;
}

enum rpc_status client_call(struct client *client, const struct client_remote *remote,
                            const char *method, struct wire_bytes body,
                            struct client_caller *caller, client_done_fn *done, void *owner,
                            struct client_call **made)
{
    enum rpc_status status = make_call(client, remote, method, body, caller, done, owner, made);
    if (status != RPC_OK)
        return status;
    (*made)->id = client_next_call_id(client);
    (*made)->retry = (*made)->caller->retry_count;
    client_caller_begin((*made)->caller, *made);
    return RPC_OK;
}

enum rpc_status client_call_again(struct client *client, const struct client_remote *remote,
                                  const char *method, struct wire_bytes body,
                                  struct client_caller *caller, int32_t call_id, int32_t retry,
                                  client_done_fn *done, void *owner, struct client_call **made)
{
    enum rpc_status status = make_call(client, remote, method, body, caller, done, owner, made);
    if (status != RPC_OK)
        return status;
    (*made)->id = call_id;
    (*made)->retry = (*made)->caller->retry_count = retry;
    client_caller_begin((*made)->caller, *made);
    return RPC_OK;
}

/* --- stop --- */

static bool pool_busy(const struct client *client)
{
    const struct client_connection *at;
    TAILQ_FOREACH (at, &client->dying, all)
        if (at->sender_busy)
            return true;
    return false;
}

/* shutdownNow() */
static void interrupt_pool(struct client *client)
{
    struct client_connection *at;
    TAILQ_FOREACH (at, &client->dying, all)
        client_sender_interrupt(at);
}

/* Before 3.x: no connection is left; from 2.3 on its senders may take a minute. */
static void drain(struct client *client)
{
    uint64_t now = world_now(client->world);
    if (!client->release->drains_senders) {
        end_stop(client);
        return;
    }
    if (client->drain_until_ns == 0) {
        client->drain_until_ns = now + POOL_DRAIN_MS * WORLD_MS;
        client_idle_threads_end(&client->idle_threads);
    }
    if (!pool_busy(client)) {
        end_stop(client);
    } else if (now >= client->drain_until_ns) {
        interrupt_pool(client);
        end_stop(client);
    } else {
        world_timer_start(&client->poll, client->drain_until_ns);
    }
}

bool client_stop_hangs(const struct client *client)
{
    const struct client_connection *at;
    TAILQ_FOREACH (at, &client->pool, all)
        if (client->stop_begun && at->dead)
            return true;
    return false;
}

/* One that hangs need not look again: it would not find anything else. */
static void poll(struct world_timer *timer)
{
    struct client *client = world_container(timer, struct client, poll);
    if (TAILQ_EMPTY(&client->pool))
        drain(client);
    else if (!client_stop_hangs(client))
        world_timer_start(&client->poll, world_now(client->world) + STOP_POLL_MS * WORLD_MS);
}

void client_sender_rests(struct client *client)
{
    if (client->stop_waits && client->drain_until_ns != 0 && !pool_busy(client))
        end_stop(client);
}

void client_stop(struct client *client, struct world_task *done)
{
    if (client->stop_begun) {
        if (done != NULL && client->stop_waits && client->stopped == NULL)
            client->stopped = done;
        else if (done != NULL)
            world_post(client->executor, done);
        return;
    }
    client->stop_begun = client->stop_waits = true;
    client->stopped = done;
    for (struct client_connection *at = TAILQ_FIRST(&client->pool), *next; at != NULL; at = next) {
        next = TAILQ_NEXT(at, all);
        client_receiver_interrupt(at);
        if (!client->release->stop_interrupts_all)
            continue;
        client_sender_interrupt(at);
        if (at->connecting != NULL)
            client_caller_interrupt(at->connecting);
    }
    if (!client->release->stop_interrupts_all)
        poll(&client->poll);
    else if (TAILQ_EMPTY(&client->pool))
        end_stop(client);
}

/* --- life --- */

static char *copy_of(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

/* InetAddress.getLocalHost() as a text. */
static char *local_name(const struct world_host *host)
{
    char number[16], text[WORLD_NAME_MAX + 20];
    return strdup(world_name_print(text, sizeof(text), "%s/%s", host->name,
                                   client_number_text(host->ip, number)));
}

/* A random UUID, as its 16 bytes. */
static void draw_client_id(struct client *client)
{
    world_random(client->world, client->client_id, CLIENT_ID_LENGTH);
    client->client_id[6] = (uint8_t)((client->client_id[6] & 0x0f) | 0x40);
    client->client_id[8] = (uint8_t)((client->client_id[8] & 0x3f) | 0x80);
}

static void free_parts(struct client *client)
{
    client_connection_id_free_parts(client);
    free(client->real_user);
    free(client->local_name);
    arena_release(&client->arena);
    wire_extent_free(client->spare_extent);
    free(client);
}

static void init_lists(struct client *client)
{
    TAILQ_INIT(&client->pool);
    TAILQ_INIT(&client->dying);
    for (unsigned i = 0; i < CLIENT_POOL_ROWS; i++)
        TAILQ_INIT(&client->rows[i]);
    STAILQ_INIT(&client->callers);
    SLIST_INIT(&client->idle_callers);
    LIST_INIT(&client->calls);
    LIST_INIT(&client->free_calls);
}

enum rpc_status client_create(struct world *world, const struct client_config *config,
                              struct world_executor *executor, struct client **created)
{
    const struct wire_codec *codec = wire_codec((int)config->release->ipc_version);
    if (codec == NULL)
        return RPC_UNSUPPORTED;
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return RPC_NO_MEMORY;
    *client = (struct client){
        .world = world,
        .host = config->host,
        .release = config->release,
        .codec = codec,
        .settings = *config->settings,
        .executor = executor,
        .service_class = config->service_class,
        .plain_sockets = config->plain_sockets,
        .writables = config->writables,
        .types = config->types,
        .next_call_id = (uint32_t)config->first_call_id,
        .real_user = copy_of(config->real_user),
        .local_name = local_name(config->host),
        .arena = {.budget = WIRE_DECODED_MAX},
        .reap = {.run = reap},
    };
    init_lists(client);
    client->user = client_text_of(client, config->user != NULL ? config->user : "ripcord");
    if (client->user == NULL || (config->real_user != NULL && client->real_user == NULL) ||
        client->local_name == NULL) {
        free_parts(client);
        return RPC_NO_MEMORY;
    }
    client->id = world_new_id(world, WORLD_ID_CLIENT);
    draw_client_id(client);
    char name[WORLD_NAME_MAX];
    world_name_print(name, sizeof(name), "client%u/calls", client->id);
    world_executor_init(world, &client->lane, config->host, name, executor);
    world_timer_init(&client->lane, &client->poll, poll);
    *created = client;
    return RPC_OK;
}

static void free_connections(struct client_connections *connections)
{
    struct client_connection *at;
    while ((at = TAILQ_FIRST(connections)) != NULL) {
        TAILQ_REMOVE(connections, at, all);
        client_sender_clear(at);
        for (struct client_call *call; (call = TAILQ_FIRST(&at->calls)) != NULL;) {
            client_connection_leave(at, call);
            client_call_drop(call);
        }
        client_connection_free(at);
    }
}

/* What calls refer to goes after them. */
static void free_calls(struct client *client)
{
    struct client_call *call;
    while ((call = LIST_FIRST(&client->calls)) != NULL) {
        call->connection = NULL;
        call->references = 1;
        client_call_drop(call);
    }
    while ((call = LIST_FIRST(&client->free_calls)) != NULL) {
        LIST_REMOVE(call, all);
        wire_buffer_release(&call->method);
        wire_buffer_release(&call->body);
        wire_buffer_release(&call->value);
        wire_buffer_release(&call->frame);
        free(call);
    }
}

/* Before 2.x a writer is a caller, and callers go first. */
static void stop_writing(const struct client_connections *connections)
{
    struct client_connection *at;
    TAILQ_FOREACH (at, connections, all)
        world_watch_release(&at->write_watch);
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    world_timer_release(&client->poll);
    world_executor_release(&client->lane);
    stop_writing(&client->pool);
    stop_writing(&client->dying);
    struct client_caller *caller;
    while ((caller = STAILQ_FIRST(&client->callers)) != NULL) {
        STAILQ_REMOVE_HEAD(&client->callers, all);
        client_caller_release(caller);
    }
    free_connections(&client->pool);
    free_connections(&client->dying);
    free_calls(client);
    client_idle_threads_end(&client->idle_threads);
    for (struct client_chunk *at = client->free_chunks, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    free_parts(client);
}

uint32_t client_id(const struct client *client)
{
    return client->id;
}

/* --- views --- */

static unsigned threads_of(const struct client_connections *connections)
{
    unsigned count = 0;
    const struct client_connection *at;
    TAILQ_FOREACH (at, connections, all)
        count += at->receiver_runs + client_sender_threads(at);
    return count;
}

unsigned client_threads(const struct client *client)
{
    return client_idle_threads_count(&client->idle_threads, world_now(client->world)) +
           threads_of(&client->pool) + threads_of(&client->dying);
}

static const char *doing(const struct client_connection *connection)
{
    if (connection->connecting != NULL)
        return connection->connecting->thread.doing;
    if (connection->state == CONNECTION_CLOSED)
        return "closed";
    return connection->receiver.doing;
}

size_t client_connections(const struct client *client, struct client_connection_view *views,
                          size_t max)
{
    size_t count = 0;
    const struct client_connection *at;
    TAILQ_FOREACH (at, &client->pool, all) {
        if (count < max)
            views[count] = (struct client_connection_view){
                .connection = at->number,
                .state = client_connection_state_name(at->state),
                .doing = doing(at),
                .user = at->id.user->text,
                .calls = at->call_count,
                .last_activity_ms = at->last_activity_ms,
                .reads = at->receiver_place == RECEIVER_READS,
                .timeout_ms = client_receiver_timeout(at),
                .deadline_ns = at->deadline_ns,
                .waited_ms = at->waited_ms,
            };
        count++;
    }
    return count;
}
