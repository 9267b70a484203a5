#include "rpc/world/sim/handshake.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

enum {
    SYN_TRANSMISSIONS = 7,     /* Linux: tcp_syn_retries 6; at 0, 1, 3, 7, 15, 31, 63 s */
    SYN_ACK_TRANSMISSIONS = 6, /* tcp_synack_retries 5 */
    SERVER_PORT = 8020,
    FIRST_PORT = 40000,
    BACKLOG_MAX = 4096, /* Linux: somaxconn */
};

static struct sim_listener *listener_of(struct world_listener *listener)
{
    return world_container(listener, struct sim_listener, listener);
}

static struct sim_listener *listener_at(const struct sim_host *host, uint16_t port)
{
    struct sim_listener *listener = host->listeners;
    while (listener != NULL && listener->listener.address.port != port)
        listener = listener->next;
    return listener;
}

enum rpc_status sim_listen(struct world_host *host, uint16_t port, int backlog,
                           struct world_listener **listener)
{
    struct sim *sim = sim_of(host->world);
    struct sim_host *self = sim_host_of(host);
    if (port == 0) {
        for (port = SERVER_PORT; port != 0 && listener_at(self, port) != NULL;)
            port++;
    }
    if (port == 0 || listener_at(self, port) != NULL)
        return RPC_ADDRESS_IN_USE;

    struct sim_listener *made = sim_arena_take(&sim->arena, sizeof(*made));
    *made = (struct sim_listener){.next = self->listeners};
    made->listener.world = host->world;
    made->listener.host = host;
    made->listener.address = (struct world_address){host->ip, port};
    STAILQ_INIT(&made->established);
    made->backlog = backlog < 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX : (uint32_t)backlog;
    self->listeners = made;
    sim->network.listeners++;
    *listener = &made->listener;
    return RPC_OK;
}

enum rpc_status sim_accept(struct world_listener *listener, struct world_stream **stream)
{
    struct sim *sim = sim_of(listener->world);
    struct sim_listener *self = listener_of(listener);
    struct sim_stream *end = STAILQ_FIRST(&self->established);
    if (end == NULL)
        return RPC_AGAIN;
    STAILQ_REMOVE_HEAD(&self->established, next);
    self->queued--;
    end->listener = NULL;
    sim->network.streams++;
    *stream = &end->stream;
    if (sim->world.tracer != NULL)
        sim->world.tracer->ops->stream(sim->world.tracer, &end->stream);
    return RPC_OK;
}

/* Give an end of the kernel's up, with an RST. */
static void drop_end(struct sim *sim, struct sim_stream *end)
{
    end->listener = NULL;
    if (end->state == STREAM_SYN_RECEIVED)
        end->state = STREAM_OPEN;
    sim_stream_finish(sim, end, true);
    end->returned = true;
    sim_pair_settle(sim, sim_pair_of(end));
}

void sim_handshake_stop(struct sim *sim, struct sim_listener *listener)
{
    struct sim_host *host = sim_host_of(listener->listener.host);
    struct sim_listener **at = &host->listeners;
    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    listener->gone = true;

    struct sim_stream *end;
    while ((end = STAILQ_FIRST(&listener->established)) != NULL) {
        STAILQ_REMOVE_HEAD(&listener->established, next);
        drop_end(sim, end);
    }
    listener->queued = 0;
    for (struct sim_pair *pair = TAILQ_FIRST(&sim->network.connections); listener->pending > 0;) {
        struct sim_pair *next = TAILQ_NEXT(pair, all);
        if (pair->end[1].state == STREAM_SYN_RECEIVED && pair->end[1].listener == listener) {
            listener->pending--;
            drop_end(sim, &pair->end[1]);
        }
        pair = next;
    }
}

void sim_listener_close(struct world_listener *listener)
{
    struct sim *sim = sim_of(listener->world);
    struct sim_listener *self = listener_of(listener);
    assert(listener->watch == NULL);
    if (!self->gone)
        sim_handshake_stop(sim, self);
    sim->network.listeners--;
    sim_arena_give(&sim->arena, self, sizeof(*self));
}

/* The local port of a new connection: the host's next one, unless a script wants another. */
static uint16_t choose_port(struct sim *sim, struct sim_host *host, uint32_t connection)
{
    uint16_t port = host->next_port;
    while (listener_at(host, port) != NULL)
        port = port == UINT16_MAX ? FIRST_PORT : (uint16_t)(port + 1);
    host->next_port = port == UINT16_MAX ? FIRST_PORT : (uint16_t)(port + 1);
    uint32_t wanted = sim_decide(sim, SITE_CLIENT_PORT, connection, 0, UINT16_MAX, 0);
    return wanted != 0 ? (uint16_t)wanted : port;
}

/* 127.0.0.0/8 leads every host to itself. */
static bool is_loopback(uint32_t ip)
{
    return ip >> 24 == 127;
}

/* One transmission of the SYN, and when it is the next one's turn. */
static void send_syn(struct sim *sim, struct sim_stream *client)
{
    char text[24];
    struct point_value values[] = {{FIELD_TO, world_address_text(client->stream.remote, text), 0}};
    struct point_event event = {
        .point = POINT_NET_SYN,
        .direction = DIRECTION_C2S,
        .at_ns = sim->now_ns,
        .host = client->stream.host->id,
        .connection = client->stream.connection,
        .lane = sim->world.current != NULL ? sim->world.current->lane : 0,
        .call_id = POINT_NO_CALL,
        .values = values,
        .value_count = 1,
    };
    client->timer_ns = sim->now_ns + (WORLD_SEC << client->attempts);
    client->attempts++;
    struct point_strike strike;
    bool struck = point_strikes(&event, &strike);
    if (sim->world.tracer != NULL)
        world_trace(&sim->world, &event);
    if (struck && strike.effect == EFFECT_DROP)
        return;
    sim_network_send(sim, client, SEGMENT_SYN, 0,
                     struck && strike.effect == EFFECT_DELAY ? strike.by_ns : 0);
}

static struct sim_pair *add_pair(struct sim *sim)
{
    struct sim_network *network = &sim->network;
    struct sim_pair *pair = sim_arena_take(&sim->arena, sizeof(*pair));
    *pair = (struct sim_pair){0};
    TAILQ_INSERT_TAIL(&network->connections, pair, all);
    network->pairs++;
    for (unsigned i = 0; i < 2; i++) {
        pair->end[i].stream.world = &sim->world;
        pair->end[i].timer_ns = WORLD_NEVER;
    }
    pair->end[0].peer = &pair->end[1];
    pair->end[1].peer = &pair->end[0];
    pair->end[1].stream.accepted = true;
    pair->end[1].returned = true; /* nobody has it yet */
    return pair;
}

enum rpc_status sim_connect(struct world_host *host, struct world_address to, uint32_t connection,
                            struct world_stream **stream)
{
    struct sim *sim = sim_of(host->world);
    struct sim_stream *client = &add_pair(sim)->end[0];
    struct sim_stream *server = client->peer;
    client->state = STREAM_SYN_SENT;
    client->stream.host = host;
    client->stream.local.ip = is_loopback(to.ip) ? to.ip : host->ip;
    client->stream.local.port = choose_port(sim, sim_host_of(host), connection);
    client->stream.remote = to;
    client->stream.connection = connection;
    server->stream.local = to;
    server->stream.remote = client->stream.local;
    server->stream.connection = connection;
    sim->network.streams++;
    *stream = &client->stream;
    if (sim->world.tracer != NULL)
        sim->world.tracer->ops->stream(sim->world.tracer, &client->stream);
    send_syn(sim, client);
    sim_stream_schedule(sim, client);
    return RPC_OK;
}

enum rpc_status sim_connected(struct world_stream *stream)
{
    struct sim_stream *end = sim_stream_of(stream);
    assert(!end->returned);
    if (end->state == STREAM_SYN_SENT)
        return RPC_AGAIN;
    if (end->failure != RPC_OK)
        return (enum rpc_status)end->failure;
    enum rpc_status error = (enum rpc_status)end->error;
    end->error = RPC_OK;
    return error;
}

static void send_syn_ack(struct sim *sim, struct sim_stream *server)
{
    server->timer_ns = sim->now_ns + (WORLD_SEC << server->attempts);
    server->attempts++;
    sim_network_send(sim, server, SEGMENT_SYN_ACK, 0, 0);
    sim_stream_schedule(sim, server);
}

static void open_client(struct sim *sim, struct sim_stream *client)
{
    client->state = STREAM_OPEN;
    client->timer_ns = WORLD_NEVER;
    client->attempts = 0;
    sim_stream_schedule(sim, client);
    sim_stream_wake(client, WORLD_WRITE);
}

void sim_handshake_syn(struct sim *sim, struct sim_stream *client)
{
    struct sim_host *host = is_loopback(client->stream.remote.ip)
                                ? sim_host_of(client->stream.host)
                                : sim_host_at(sim, client->stream.remote.ip);
    struct sim_stream *server = client->peer;
    if (host == NULL || client->state != STREAM_SYN_SENT)
        return;
    server->stream.host = &host->host;
    if (server->state == STREAM_SYN_RECEIVED) {
        sim_network_send(sim, server, SEGMENT_SYN_ACK, 0, 0);
        return;
    }
    struct sim_listener *listener = listener_at(host, client->stream.remote.port);
    if (listener == NULL && client->stream.local.ip == client->stream.remote.ip &&
        client->stream.local.port == client->stream.remote.port) {
        client->peer = client; /* both ends say SYN at once, and they are the same */
        open_client(sim, client);
        return;
    }
    if (listener == NULL || server->state != STREAM_NEW) {
        sim_network_send(sim, server, SEGMENT_RST, 0, 0);
        return;
    }
    /* Linux, sk_acceptq_is_full: one more than the backlog fits. */
    if (listener->queued + listener->pending > listener->backlog)
        return;
    server->state = STREAM_SYN_RECEIVED;
    server->returned = false;
    server->listener = listener;
    listener->pending++;
    send_syn_ack(sim, server);
}

void sim_handshake_syn_ack(struct sim *sim, struct sim_stream *client)
{
    if (client->state == STREAM_SYN_SENT) {
        sim_network_forget(sim, client); /* SYNs that come later */
        open_client(sim, client);
    }
    sim_network_send(sim, client, SEGMENT_ACK, 0, 0);
}

void sim_handshake_established(struct sim *sim, struct sim_stream *server)
{
    struct sim_listener *listener = server->listener;
    server->state = STREAM_OPEN;
    server->timer_ns = WORLD_NEVER;
    server->attempts = 0;
    sim_stream_schedule(sim, server);
    listener->pending--;
    listener->queued++;
    STAILQ_INSERT_TAIL(&listener->established, server, next);
    struct world_watch *watch = listener->listener.watch;
    if (watch != NULL && !watch->task.queued)
        sim_enqueue(watch->executor, &watch->task);
}

void sim_handshake_abandoned(struct sim_stream *server)
{
    server->listener->pending--;
    server->listener = NULL;
    server->gone = true;
    server->returned = true;
}

void sim_handshake_again(struct sim *sim, struct sim_stream *end)
{
    if (end->state == STREAM_SYN_RECEIVED) {
        if (end->attempts < SYN_ACK_TRANSMISSIONS) {
            send_syn_ack(sim, end);
        } else {
            sim_handshake_abandoned(end);
            sim_stream_die(sim, end, RPC_TIMED_OUT);
        }
    } else if (end->attempts < SYN_TRANSMISSIONS) {
        send_syn(sim, end);
    } else {
        end->failure = RPC_TIMED_OUT;
        sim_stream_die(sim, end, RPC_TIMED_OUT);
    }
}
