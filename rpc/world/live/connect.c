#include "rpc/world/live/connect.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/world/live/address.h"
#include "rpc/world/live/socket.h"
#include "rpc/world/live/timers.h"
#include "rpc/world/live/watch.h"

enum { SYN_RETRIES = 6 }; /* Linux's tcp_syn_retries */

/* Ask the kernel for the connection.  The port is known to both ends from the beginning. */
static int begin(struct live_stream *live)
{
    struct live_world *world = live_of(live->stream.world);
    struct sockaddr_in to = live_address_of(live->stream.remote);
    live->stream.foreign = !live_listens(world, live->stream.remote);
    live_ports_lock(&world->ports);
    int error = connect(live->descriptor, live_address_any(&to), sizeof(to)) < 0 ? errno : 0;
    live->stream.local = live_address_local(live->descriptor);
    if ((error == 0 || error == EINPROGRESS) && live_address_is_loopback(live->stream.remote) &&
        !live_ports_add(&world->ports, live->stream.local, live->stream.remote,
                        live->stream.connection))
        error = ENOMEM;
    live_ports_unlock(&world->ports);
    if (error == 0)
        live->is_connected = true;
    else if (error != EINPROGRESS)
        live->failure = live_status_of(error);
    return error;
}

/* Who watches it may look now. */
static void has_begun(struct live_stream *live)
{
    live_stream_lock(&live->stream, WORLD_WRITE);
    live->has_begun = true;
    live_stream_unlock(&live->stream);
    live_wake(&live->stream, WORLD_READ);
    live_wake(&live->stream, WORLD_WRITE);
}

static void send_syn(struct live_stream *live);

static void resend(struct world_timer *timer)
{
    struct live_stream *live = world_container(timer, struct live_stream, resend);
    if (live->syn <= SYN_RETRIES) {
        send_syn(live);
    } else {
        live->failure = RPC_TIMED_OUT;
        has_begun(live);
    }
}

static void go_through(struct world_timer *timer)
{
    struct live_stream *live = world_container(timer, struct live_stream, resend);
    begin(live);
    has_begun(live);
}

static void later(struct live_stream *live, uint64_t by_ns, world_timer_fn *run)
{
    struct live_world *world = live_of(live->stream.world);
    if (live->resend.implementation == NULL) {
        struct live_thread *thread = live_here != NULL ? live_here : &world->main;
        live_timer_init_bare(&live->resend, thread, run);
    }
    live->resend.run = run;
    live_timer_start(&live->resend, live_now(&world->world) + by_ns);
}

/* Whether a fault takes this SYN; if so the rest comes later. */
static bool is_struck(struct live_stream *live)
{
    const struct world_stream *stream = &live->stream;
    char text[24];
    const struct point_value to = WORLD_TEXT(TO, world_address_text(stream->remote, text));
    struct point_event event = {
        .point = POINT_NET_SYN,
        .at_ns = live_now(stream->world),
        .direction = DIRECTION_C2S,
        .host = stream->host->id,
        .connection = stream->connection,
        .lane = live_here != NULL && live_here->current != NULL ? live_here->current->lane : 0,
        .call_id = POINT_NO_CALL,
        .values = &to,
        .value_count = 1,
    };
    struct point_strike strike;
    bool struck = point_strikes(&event, &strike);
    if (stream->world->tracer != NULL)
        world_trace(stream->world, &event);
    if (!struck)
        return false;
    if (strike.effect == EFFECT_DROP) {
        later(live, WORLD_SEC << live->syn, resend);
        live->syn++;
    } else {
        later(live, strike.by_ns, go_through);
    }
    return true;
}

static void send_syn(struct live_stream *live)
{
    if (is_struck(live))
        return;
    begin(live);
    has_begun(live);
}

static int open_socket(const struct world_host *from, struct world_address to)
{
    const int on = 1;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    live_address_set_buffers(descriptor, live_of(from->world)->net.buffer);
    if (!live_address_is_loopback(to))
        return descriptor; /* a host of ours has no address that could lead there */
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    struct sockaddr_in local = live_address_of((struct world_address){.ip = from->ip});
    if (bind(descriptor, live_address_any(&local), sizeof(local)) == 0)
        return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

enum rpc_status live_connect(struct world_host *from, struct world_address to, uint32_t connection,
                             struct world_stream **stream)
{
    struct world *world = from->world;
    int descriptor = open_socket(from, to);
    if (descriptor < 0)
        return live_status_of(errno);
    struct live_stream *live = live_stream_create(from, descriptor, connection);
    if (live == NULL) {
        close(descriptor);
        return RPC_NO_MEMORY;
    }
    live->stream.local.ip = from->ip;
    live->stream.remote = to;
    live->stream.foreign = !live_listens(live_of(world), to);
    *stream = &live->stream;
    if (world->tracer != NULL)
        world->tracer->ops->stream(world->tracer, &live->stream);
    send_syn(live);
    if (live->failure != RPC_ADDRESS_UNAVAILABLE && live->failure != RPC_NO_MEMORY)
        return RPC_OK;
    enum rpc_status failure = live->failure;
    world_close(&live->stream);
    return failure;
}

enum rpc_status live_connected(struct world_stream *stream)
{
    struct live_stream *live = live_stream_of(stream);
    if (live->is_connected)
        return RPC_OK;
    if (live->failure != RPC_AGAIN || !live_stream_has_begun(stream))
        return live->failure;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(live->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        live->failure = live_status_of(error);
        return live->failure;
    }
    struct sockaddr_in peer;
    size = sizeof(peer);
    if (getpeername(live->descriptor, live_address_any(&peer), &size) < 0)
        return RPC_AGAIN;
    live->is_connected = true;
    return RPC_OK;
}
