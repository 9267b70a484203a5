#include "rpc/world/live/socket.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/world/live/address.h"
#include "rpc/world/live/thread.h"
#include "rpc/world/live/timers.h"
#include "rpc/world/live/watch.h"

struct live_listener {
    struct world_listener listener;
    struct live_link link; /* the world's mutex */
    int descriptor;        /* -1: its host is dead */
};

static struct live_listener *live_listener_of(struct world_listener *listener)
{
    return world_container(listener, struct live_listener, listener);
}

enum rpc_status live_status_of(int error)
{
    switch (error) {
    case 0:
        return RPC_OK;
    case EAGAIN:
    case EINPROGRESS:
    case EALREADY:
        return RPC_AGAIN;
    case EMFILE:
    case ENFILE:
        return RPC_NO_DESCRIPTORS;
    case ENOMEM:
    case ENOBUFS:
        return RPC_NO_MEMORY;
    case ECONNREFUSED:
        return RPC_REFUSED;
    case ECONNRESET:
        return RPC_RESET;
    case EPIPE:
        return RPC_BROKEN_PIPE;
    case ETIMEDOUT:
        return RPC_TIMED_OUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
        return RPC_UNREACHABLE;
    case EADDRINUSE:
        return RPC_ADDRESS_IN_USE;
    case EADDRNOTAVAIL:
        return RPC_ADDRESS_UNAVAILABLE;
    default:
        return RPC_IO;
    }
}

void live_trace(struct live_stream *live, enum point point, bool by_peer, size_t bytes)
{
    const struct world_stream *stream = &live->stream;
    if (stream->world->tracer == NULL)
        return;
    const struct point_value value = WORLD_NUMBER(BYTES, bytes);
    struct point_event event = {
        .point = point,
        .direction = stream->accepted == by_peer ? DIRECTION_C2S : DIRECTION_S2C,
        .host = stream->host->id,
        .connection = stream->connection,
        .lane = live_here != NULL && live_here->current != NULL ? live_here->current->lane : 0,
        .call_id = POINT_NO_CALL,
        .values = &value,
        .value_count = point == POINT_NET_SEGMENT ? 1 : 0,
    };
    world_trace(stream->world, &event);
}

/* --- listeners --- */

/* What every accepted socket inherits. */
static void set_up(const struct live_world *world, int descriptor)
{
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    live_address_set_buffers(descriptor, world->net.buffer);
}

enum rpc_status live_listen(struct world_host *host, uint16_t port, int backlog,
                            struct world_listener **listener)
{
    struct live_world *world = live_of(host->world);
    struct live_listener *live = calloc(1, sizeof(*live));
    if (live == NULL)
        return RPC_NO_MEMORY;
    live->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (live->descriptor < 0)
        goto fail;
    set_up(world, live->descriptor);
    struct sockaddr_in at = live_address_of((struct world_address){host->ip, port});
    if (bind(live->descriptor, live_address_any(&at), sizeof(at)) < 0 ||
        listen(live->descriptor, backlog) < 0)
        goto fail;
    live->listener = (struct world_listener){
        .world = host->world, .host = host, .address = live_address_local(live->descriptor)};
    pthread_mutex_lock(&world->mutex);
    live_link_last(&world->listeners, &live->link);
    pthread_mutex_unlock(&world->mutex);
    *listener = &live->listener;
    return RPC_OK;

fail:;
    enum rpc_status status = live_status_of(errno);
    if (live->descriptor >= 0)
        close(live->descriptor);
    free(live);
    return status;
}

enum rpc_status live_accept(struct world_listener *listener, struct world_stream **stream)
{
    struct live_world *world = live_of(listener->world);
    struct sockaddr_in from;
    int descriptor;
    do {
        socklen_t size = sizeof(from);
        descriptor = accept4(live_listener_of(listener)->descriptor, live_address_any(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (descriptor < 0 && (errno == ECONNABORTED || errno == EINTR));
    if (descriptor < 0)
        return live_status_of(errno);
    struct world_address remote = live_address_from(&from);
    uint32_t connection = live_ports_take(&world->ports, remote, listener->address);
    bool foreign = connection == 0;
    if (foreign)
        connection = world_new_id(&world->world, WORLD_ID_CONNECTION);
    struct live_stream *live = live_stream_create(listener->host, descriptor, connection);
    if (live == NULL) {
        close(descriptor);
        return RPC_NO_MEMORY;
    }
    live->stream.accepted = true;
    live->stream.local = listener->address;
    live->stream.remote = remote;
    live->has_begun = live->is_connected = true;
    live->stream.foreign = foreign;
    *stream = &live->stream;
    if (world->world.tracer != NULL)
        world->world.tracer->ops->stream(world->world.tracer, &live->stream);
    return RPC_OK;
}

void live_listener_close(struct world_listener *listener)
{
    struct live_world *world = live_of(listener->world);
    struct live_listener *live = live_listener_of(listener);
    assert(listener->watch == NULL || live->descriptor < 0);
    pthread_mutex_lock(&world->mutex);
    live_link_remove(&live->link);
    pthread_mutex_unlock(&world->mutex);
    if (live->descriptor >= 0)
        close(live->descriptor);
    free(live);
}

int live_listener_descriptor(struct world_listener *listener)
{
    return live_listener_of(listener)->descriptor;
}

bool live_listens(struct live_world *world, struct world_address address)
{
    bool found = false;
    pthread_mutex_lock(&world->mutex);
    for (struct live_link *at = world->listeners.next; at != &world->listeners; at = at->next) {
        const struct live_listener *live = world_container(at, struct live_listener, link);
        found |= live->listener.address.ip == address.ip &&
                 live->listener.address.port == address.port && live->descriptor >= 0;
    }
    pthread_mutex_unlock(&world->mutex);
    return found;
}

/* --- streams --- */

struct live_stream *live_stream_create(struct world_host *host, int descriptor, uint32_t connection)
{
    struct live_world *world = live_of(host->world);
    struct live_stream *live = calloc(1, sizeof(*live));
    if (live == NULL)
        return NULL;
    live->stream =
        (struct world_stream){.world = host->world, .host = host, .connection = connection};
    live->descriptor = descriptor;
    live->failure = RPC_AGAIN;
    live_batch_init(&live->batch);
    pthread_mutex_lock(&world->mutex);
    live_link_last(&world->streams, &live->link);
    pthread_mutex_unlock(&world->mutex);
    return live;
}

/* What a call that has failed answers. */
static enum rpc_status failure(const struct live_stream *live)
{
    if (errno == ENOTCONN || live->descriptor < 0)
        return live->descriptor < 0 ? RPC_RESET : live->failure;
    return live_status_of(errno);
}

enum rpc_status live_read(struct world_stream *stream, void *buffer, size_t size, size_t *got)
{
    struct live_stream *live = live_stream_of(stream);
    *got = 0;
    if (size == 0)
        return RPC_OK;
    ssize_t count = live_batch_read(live, buffer, size);
    if (count < 0)
        return failure(live);
    if (count == 0)
        return RPC_END;
    *got = (size_t)count;
    if (live->stream.foreign)
        live_trace(live, POINT_NET_SEGMENT, true, *got);
    return RPC_OK;
}

enum rpc_status live_writev(struct world_stream *stream, const struct iovec *parts, int count,
                            size_t *accepted)
{
    struct live_stream *live = live_stream_of(stream);
    *accepted = 0;
    ssize_t sent = live_batch_write(live, parts, count);
    if (sent < 0 && errno == EPIPE && !live->is_connected)
        return live->failure; /* as Linux says before the handshake */
    if (sent < 0)
        return failure(live);
    *accepted = (size_t)sent;
    if (sent > 0)
        live_trace(live, POINT_NET_SEGMENT, false, *accepted);
    return RPC_OK;
}

void live_shutdown(struct world_stream *stream)
{
    struct live_stream *live = live_stream_of(stream);
    if (live->has_ended || live->descriptor < 0)
        return;
    live->has_ended = true;
    if (live_batch_shut(live))
        live_trace(live, POINT_NET_FIN, false, 0);
}

size_t live_unread(struct world_stream *stream)
{
    int count = 0;
    if (ioctl(live_stream_of(stream)->descriptor, FIONREAD, &count) < 0 || count < 0)
        count = 0;
    return (size_t)count + live_batch_ahead(live_stream_of(stream));
}

static void take_rest_off(struct live_stream *live)
{
    for (int i = 0; i < 2; i++)
        if (live->resting[i] != NULL)
            live_watch_end_rest(live->resting[i]);
}

/* A watch that rests on it, or late bytes, belong to another thread. */
static bool is_foreign(struct live_stream *live)
{
    bool foreign = false;
    if (live_here == NULL)
        return false;
    live_latch_take(&live->latch);
    for (int i = 0; i < 2; i++)
        foreign |= live->resting[i] != NULL && live_watch_thread(live->resting[i]) != live_here;
    live_latch_give(&live->latch);
    return foreign || live_batch_is_foreign(live);
}

/* RST instead of FIN, whatever has been read. */
static void set_abort(const struct live_stream *live)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(live->descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* What the peer will be told by a close. */
static void trace_close(struct live_stream *live, bool reset)
{
    if (live->stream.world->tracer == NULL || !live->is_connected || live->descriptor < 0)
        return;
    if (reset || live_unread(&live->stream) > 0)
        live_trace(live, POINT_NET_RST, false, 0);
    else if (!live->has_ended)
        live_trace(live, POINT_NET_FIN, false, 0);
}

static void end_socket(struct live_stream *live, bool reset)
{
    reset |= live_batch_ahead(live) > 0;
    if (reset && live->descriptor >= 0)
        set_abort(live);
    live_batch_close(live, reset);
    if (live->descriptor >= 0)
        close(live->descriptor);
    live->descriptor = -1;
}

void live_close(struct world_stream *stream, bool reset)
{
    struct live_world *world = live_of(stream->world);
    struct live_stream *live = live_stream_of(stream);
    assert(live->descriptor < 0 ||
           (stream->watches[WORLD_READ] == NULL && stream->watches[WORLD_WRITE] == NULL &&
            stream->beneath == NULL));
    if (live->resend.implementation != NULL)
        live_timer_release(&live->resend);
    trace_close(live, reset);
    bool foreign = is_foreign(live);
    if (foreign)
        live_stand_still(world);
    take_rest_off(live);
    end_socket(live, reset);
    if (foreign)
        live_go_on(world);
    pthread_mutex_lock(&world->mutex);
    live_link_remove(&live->link);
    pthread_mutex_unlock(&world->mutex);
    free(live);
}

/* --- watches --- */

int live_stream_descriptor(struct world_stream *stream)
{
    return live_stream_of(stream)->descriptor;
}

struct world_watch *live_stream_lock(struct world_stream *stream, enum world_direction direction)
{
    live_latch_take(&live_stream_of(stream)->latch);
    return stream->watches[direction];
}

void live_stream_unlock(struct world_stream *stream)
{
    live_latch_give(&live_stream_of(stream)->latch);
}

bool live_stream_set_watch(struct world_stream *stream, enum world_direction direction,
                           struct world_watch *watch)
{
    const struct world_watch *before = live_stream_lock(stream, direction);
    assert(watch == NULL || before == NULL);
    stream->watches[direction] = watch;
    bool begun = live_stream_of(stream)->has_begun;
    live_stream_unlock(stream);
    return begun;
}

bool live_stream_set_resting(struct live_stream *live, enum world_direction direction,
                             struct live_watch *watch)
{
    live_latch_take(&live->latch);
    bool free = live->resting[direction] == NULL || watch == NULL;
    if (free)
        live->resting[direction] = watch;
    live_latch_give(&live->latch);
    return free;
}

bool live_stream_has_begun(struct world_stream *stream)
{
    live_stream_lock(stream, WORLD_WRITE);
    bool begun = live_stream_of(stream)->has_begun;
    live_stream_unlock(stream);
    return begun;
}

/* --- the end of all --- */

void live_sockets_die(struct world_host *host)
{
    struct live_world *world = live_of(host->world);
    for (struct live_link *at = world->listeners.next; at != &world->listeners; at = at->next) {
        struct live_listener *live = world_container(at, struct live_listener, link);
        if (live->listener.host != host || live->descriptor < 0)
            continue;
        live_watch_lose(live->listener.watch);
        close(live->descriptor);
        live->descriptor = -1;
    }
    for (struct live_link *at = world->streams.next; at != &world->streams; at = at->next) {
        struct live_stream *live = world_container(at, struct live_stream, link);
        if (live->stream.host != host || live->descriptor < 0)
            continue;
        live_watch_lose(live->stream.watches[WORLD_READ]);
        live_watch_lose(live->stream.watches[WORLD_WRITE]);
        live_watch_lose(live->stream.beneath);
        take_rest_off(live);
        if (live->resend.implementation != NULL)
            live_timer_release(&live->resend);
        trace_close(live, false);
        end_socket(live, false);
    }
}

void live_sockets_free(struct live_world *world)
{
    while (world->streams.next != &world->streams) {
        struct live_stream *live = world_container(world->streams.next, struct live_stream, link);
        live_link_remove(&live->link);
        end_socket(live, false);
        free(live);
    }
    while (world->listeners.next != &world->listeners) {
        struct live_listener *live =
            world_container(world->listeners.next, struct live_listener, link);
        live_link_remove(&live->link);
        if (live->descriptor >= 0)
            close(live->descriptor);
        free(live);
    }
}
