#include "rpc/world/sim/network.h"

#include <assert.h>

#include "rpc/world/sim/handshake.h"
#include "rpc/world/sim/inside.h"

/* Linux: TCP_RTO_MIN, TCP_RTO_MAX. */
#define RTO_MIN_NS (200 * WORLD_MS)
#define RTO_MAX_NS (120 * WORLD_SEC)
enum { RTO_DOUBLINGS = 10 };

static bool is_cut(struct sim *sim, const struct sim_stream *from)
{
    if (sim->hosts.cuts == NULL)
        return false;
    const struct sim_host *to = sim_host_at(sim, from->stream.remote.ip);
    return to != NULL && sim_hosts_cut(sim, from->stream.host, &to->host);
}

static uint32_t side_of(const struct sim_stream *end)
{
    return end->stream.connection * 2 + end->stream.accepted;
}

static uint32_t unsent(const struct sim_stream *end)
{
    return end->out.length - end->visible - end->flying;
}

uint32_t sim_stream_space(const struct sim *sim, const struct sim_stream *end)
{
    uint32_t queued = end->out.length - end->visible;
    return queued < sim->network.buffer ? sim->network.buffer - queued : 0;
}

bool sim_stream_ready(struct sim_stream *end, enum world_direction direction)
{
    if (end->state == STREAM_SYN_SENT)
        return false;
    if (direction == WORLD_READ)
        return end->peer->visible > 0 || end->eof || end->state == STREAM_DEAD;
    /* Linux, sk_stream_is_writeable: a third of the buffer is free. */
    uint32_t queued = end->out.length - end->visible;
    const struct sim *sim = sim_of(end->stream.world);
    return end->state == STREAM_DEAD || end->shut || sim_stream_space(sim, end) >= queued / 2 + 1;
}

static void queue(struct world_watch *watch)
{
    if (watch != NULL && !watch->task.queued)
        sim_enqueue(watch->executor, &watch->task);
}

void sim_stream_wake(struct sim_stream *end, enum world_direction direction)
{
    if (end->stream.readiness[direction] != WORLD_NOT_READY)
        queue(end->stream.watches[direction]);
    if (direction == WORLD_WRITE)
        queue(end->stream.beneath);
}

static enum point point_of(enum sim_segment_kind kind)
{
    switch (kind) {
    case SEGMENT_SYN:
        return POINT_NET_SYN;
    case SEGMENT_FIN:
        return POINT_NET_FIN;
    case SEGMENT_RST:
        return POINT_NET_RST;
    case SEGMENT_SYN_ACK:
    case SEGMENT_ACK:
    case SEGMENT_DATA:
        break;
    }
    return POINT_NET_SEGMENT;
}

/* A SYN is told of by whoever asks its faults first; acknowledgements are not worth it. */
static void trace(struct sim *sim, const struct sim_stream *from, enum sim_segment_kind kind,
                  uint32_t bytes)
{
    if (sim->world.tracer == NULL || kind < SEGMENT_DATA)
        return;
    struct point_value values[] = {{FIELD_BYTES, NULL, bytes}};
    struct point_event event = {
        .point = point_of(kind),
        .direction = from->stream.accepted ? DIRECTION_S2C : DIRECTION_C2S,
        .host = from->stream.host->id,
        .connection = from->stream.connection,
        .lane = sim->world.current != NULL ? sim->world.current->lane : 0,
        .call_id = POINT_NO_CALL,
        .values = values,
        .value_count = kind == SEGMENT_DATA,
    };
    world_trace(&sim->world, &event);
}

void sim_stream_schedule(struct sim *sim, struct sim_stream *end)
{
    uint64_t at_ns = end->timer_ns;
    if (end->first != NULL && end->first->at_ns < at_ns)
        at_ns = end->first->at_ns;
    if (at_ns == WORLD_NEVER)
        sim_agenda_remove(&sim->agenda, &end->agenda_index);
    else if (end->agenda_index == 0 || sim_agenda_at(&sim->agenda, &end->agenda_index) != at_ns)
        sim_agenda_put(&sim->agenda, at_ns, DUE_STREAM, &end->agenda_index);
}

/* Let the segment travel: behind all others, except that a SYN may overtake a later one. */
static void travel(struct sim *sim, struct sim_stream *from, struct sim_segment segment)
{
    if (from->last != NULL && segment.kind != SEGMENT_SYN && segment.at_ns < from->last->at_ns)
        segment.at_ns = from->last->at_ns;
    struct sim_segment *travelling = sim_arena_take(&sim->arena, sizeof(*travelling));
    struct sim_segment **at = &from->first;
    if (from->last != NULL && from->last->at_ns <= segment.at_ns)
        at = &from->last->next;
    while (*at != NULL && (*at)->at_ns <= segment.at_ns)
        at = &(*at)->next;
    *travelling = segment;
    travelling->next = *at;
    *at = travelling;
    if (travelling->next == NULL)
        from->last = travelling;
    sim_stream_schedule(sim, from);
}

static struct sim_segment take_segment(struct sim *sim, struct sim_stream *from)
{
    struct sim_segment *first = from->first;
    struct sim_segment segment = *first;
    from->first = first->next;
    if (from->first == NULL)
        from->last = NULL;
    sim_arena_give(&sim->arena, first, sizeof(*first));
    return segment;
}

void sim_network_forget(struct sim *sim, struct sim_stream *from)
{
    while (from->first != NULL)
        take_segment(sim, from);
    from->flying = 0;
}

static void arrive(struct sim *sim, struct sim_stream *from, enum sim_segment_kind kind,
                   uint32_t bytes);

bool sim_network_send(struct sim *sim, struct sim_stream *from, enum sim_segment_kind kind,
                      uint32_t bytes, uint64_t delay_ns)
{
    trace(sim, from, kind, bytes);
    sim_note(sim, (uint64_t)side_of(from) << 32 | kind, bytes);
    sim->network.segments++;
    uint32_t ordinal = from->segments++;
    if (is_cut(sim, from))
        return false;
    delay_ns += sim->network.latency_ns;
    if (sim_asks(sim))
        delay_ns += sim_policy_latency(sim, side_of(from), ordinal);
    if (delay_ns == 0 && from->first == NULL) {
        arrive(sim, from, kind, bytes);
        return true;
    }
    travel(
        sim, from,
        (struct sim_segment){
            .sent_ns = sim->now_ns, .at_ns = sim->now_ns + delay_ns, .bytes = bytes, .kind = kind});
    return true;
}

/* Something sent at `sent_ns` was lost: it and all behind it wait for the next try. */
static void begin_retransmitting(struct sim *sim, struct sim_stream *from, uint64_t sent_ns)
{
    if (from->retransmitting)
        return;
    from->retransmitting = true;
    from->since_ns = sent_ns;
    from->attempts = 0;
    from->timer_ns = sent_ns + RTO_MIN_NS;
    if (from->timer_ns > sent_ns + sim->network.give_up_ns)
        from->timer_ns = sent_ns + sim->network.give_up_ns;
    sim_stream_schedule(sim, from);
}

static void retransmit(struct sim *sim, struct sim_stream *from)
{
    if (sim->now_ns >= from->since_ns + sim->network.give_up_ns) {
        sim_stream_die(sim, from, RPC_TIMED_OUT);
        return;
    }
    if (!is_cut(sim, from)) {
        from->retransmitting = false;
        from->timer_ns = WORLD_NEVER;
        sim_network_push(sim, from);
        return;
    }
    from->attempts++;
    uint64_t wait_ns = RTO_MAX_NS;
    if (from->attempts < RTO_DOUBLINGS)
        wait_ns = RTO_MIN_NS << from->attempts;
    from->timer_ns = sim->now_ns + wait_ns;
    if (from->timer_ns > from->since_ns + sim->network.give_up_ns)
        from->timer_ns = from->since_ns + sim->network.give_up_ns;
}

/* Whether the segment about to be sent goes into a partition. */
static bool lost(struct sim *sim, struct sim_stream *from)
{
    if (!is_cut(sim, from))
        return false;
    begin_retransmitting(sim, from, sim->now_ns);
    return true;
}

void sim_network_push(struct sim *sim, struct sim_stream *from)
{
    if (from->state != STREAM_OPEN || from->retransmitting)
        return;
    uint32_t count = unsent(from);
    uint32_t there = from->visible + from->flying;
    uint32_t room = there < sim->network.buffer ? sim->network.buffer - there : 0;
    if (count > room)
        count = room;
    if (count > 0) {
        if (lost(sim, from))
            return;
        from->flying += count;
        sim_network_send(sim, from, SEGMENT_DATA, count, 0);
    }
    if (from->state == STREAM_OPEN && from->shut && !from->fin_sent && unsent(from) == 0) {
        if (lost(sim, from))
            return;
        from->fin_sent = true;
        sim_network_send(sim, from, SEGMENT_FIN, 0, 0);
    }
}

void sim_stream_die(struct sim *sim, struct sim_stream *end, enum rpc_status error)
{
    sim_network_forget(sim, end);
    sim_ring_truncate(&sim->arena, &end->out, end->visible);
    end->state = STREAM_DEAD;
    end->error = (uint8_t)error;
    end->retransmitting = false;
    end->timer_ns = WORLD_NEVER;
    sim_stream_schedule(sim, end);
    sim_stream_wake(end, WORLD_READ);
    sim_stream_wake(end, WORLD_WRITE);
}

/* This end has nothing more to do with the connection; what travels from it may arrive. */
static void leave(struct sim *sim, struct sim_stream *end)
{
    end->state = STREAM_DEAD;
    end->retransmitting = false;
    end->timer_ns = WORLD_NEVER;
    sim_ring_truncate(&sim->arena, &end->out, end->visible + end->flying);
    sim_stream_schedule(sim, end);
}

/* Say RST to the end that sent something to an end that cannot take it. */
static void answer_with_reset(struct sim *sim, struct sim_stream *end)
{
    if (end->peer->state == STREAM_DEAD)
        return;
    if (end->state == STREAM_OPEN)
        leave(sim, end);
    sim_network_send(sim, end, SEGMENT_RST, 0, 0);
}

static void arrive_data(struct sim *sim, struct sim_stream *from, struct sim_stream *to,
                        uint32_t bytes)
{
    if (to->state == STREAM_SYN_RECEIVED)
        sim_handshake_established(sim, to);
    if (to->state != STREAM_OPEN || to->gone) {
        sim_network_forget(sim, from);
        sim_ring_truncate(&sim->arena, &from->out, from->visible);
        answer_with_reset(sim, to);
        return;
    }
    from->flying -= bytes;
    from->visible += bytes;
    sim_stream_wake(to, WORLD_READ);
    if ((from->stream.watches[WORLD_WRITE] != NULL || from->stream.beneath != NULL) &&
        sim_stream_ready(from, WORLD_WRITE))
        sim_stream_wake(from, WORLD_WRITE);
}

static void arrive_fin(struct sim *sim, struct sim_stream *to)
{
    if (to->state == STREAM_SYN_RECEIVED)
        sim_handshake_established(sim, to);
    if (to->state != STREAM_OPEN) {
        answer_with_reset(sim, to);
        return;
    }
    to->eof = true;
    sim_stream_wake(to, WORLD_READ);
}

static void arrive_reset(struct sim *sim, struct sim_stream *to)
{
    switch ((enum sim_stream_state)to->state) {
    case STREAM_NEW:
    case STREAM_DEAD:
        return;
    case STREAM_SYN_SENT:
        to->failure = RPC_REFUSED;
        sim_stream_die(sim, to, RPC_REFUSED);
        return;
    case STREAM_SYN_RECEIVED:
        sim_handshake_abandoned(to);
        sim_stream_die(sim, to, RPC_RESET);
        return;
    case STREAM_OPEN:
        /* Linux, tcp_reset: EPIPE once the peer has ended its side. */
        sim_stream_die(sim, to, to->eof ? RPC_BROKEN_PIPE : RPC_RESET);
        return;
    }
}

static void arrive(struct sim *sim, struct sim_stream *from, enum sim_segment_kind kind,
                   uint32_t bytes)
{
    struct sim_stream *to = from->peer;
    switch (kind) {
    case SEGMENT_SYN:
        sim_handshake_syn(sim, from);
        break;
    case SEGMENT_SYN_ACK:
        if (to->state == STREAM_DEAD)
            answer_with_reset(sim, to);
        else
            sim_handshake_syn_ack(sim, to);
        break;
    case SEGMENT_ACK:
        if (to->state == STREAM_SYN_RECEIVED)
            sim_handshake_established(sim, to);
        break;
    case SEGMENT_DATA:
        arrive_data(sim, from, to, bytes);
        break;
    case SEGMENT_FIN:
        arrive_fin(sim, to);
        break;
    case SEGMENT_RST:
        arrive_reset(sim, to);
        break;
    }
}

/* The first travelling segment ran into a partition, and all behind it will. */
static void lose_segments(struct sim *sim, struct sim_stream *from)
{
    uint64_t sent_ns = from->first->sent_ns;
    bool again = false;
    while (from->first != NULL) {
        struct sim_segment segment = take_segment(sim, from);
        again |= segment.kind == SEGMENT_DATA || segment.kind == SEGMENT_FIN;
        if (segment.kind == SEGMENT_FIN)
            from->fin_sent = false;
    }
    from->flying = 0;
    if (again && from->state == STREAM_OPEN)
        begin_retransmitting(sim, from, sent_ns);
}

void sim_stream_due(struct sim *sim, struct sim_stream *end)
{
    while (end->first != NULL && end->first->at_ns <= sim->now_ns) {
        if (is_cut(sim, end)) {
            lose_segments(sim, end);
            break;
        }
        struct sim_segment segment = take_segment(sim, end);
        arrive(sim, end, segment.kind, segment.bytes);
    }
    if (end->timer_ns <= sim->now_ns) {
        if (end->state == STREAM_OPEN)
            retransmit(sim, end);
        else
            sim_handshake_again(sim, end); /* a dead end has no timer */
    }
    sim_stream_schedule(sim, end);
    sim_pair_settle(sim, sim_pair_of(end));
}

void sim_pair_settle(struct sim *sim, struct sim_pair *pair)
{
    struct sim_network *network = &sim->network;
    if (!pair->end[0].returned || !pair->end[1].returned)
        return;
    for (unsigned i = 0; i < 2; i++) {
        struct sim_stream *end = &pair->end[i];
        sim_network_forget(sim, end);
        sim_ring_truncate(&sim->arena, &end->out, 0);
        sim_agenda_remove(&sim->agenda, &end->agenda_index);
    }
    TAILQ_REMOVE(&network->connections, pair, all);
    network->pairs--;
    sim_arena_give(&sim->arena, pair, sizeof(*pair));
}

void sim_stream_finish(struct sim *sim, struct sim_stream *end, bool reset)
{
    struct sim_stream *peer = end->peer;
    bool unread = peer->visible > 0;
    if (end->gone)
        return;
    end->gone = true;
    sim_ring_drop(&sim->arena, &peer->out, peer->visible);
    peer->visible = 0;
    if (end->state == STREAM_SYN_SENT) {
        sim_stream_die(sim, end, RPC_OK);
    } else if (end->state == STREAM_OPEN && (reset || unread)) {
        leave(sim, end);
        sim_network_send(sim, end, SEGMENT_RST, 0, 0);
    } else if (end->state == STREAM_OPEN) {
        end->shut = true;
        sim_network_push(sim, end);
    }
}

void sim_network_kill(struct sim *sim, struct world_host *host)
{
    struct sim_host *self = sim_host_of(host);
    while (self->listeners != NULL)
        sim_handshake_stop(sim, self->listeners);
    struct sim_pair *pair;
    TAILQ_FOREACH (pair, &sim->network.connections, all)
        for (unsigned i = 0; i < 2; i++)
            if (!pair->end[i].returned && pair->end[i].stream.host == host)
                sim_stream_finish(sim, &pair->end[i], false);
}

void sim_network_cut(struct sim *sim)
{
    struct sim_pair *pair;
    TAILQ_FOREACH (pair, &sim->network.connections, all) {
        for (unsigned i = 0; i < 2; i++) {
            struct sim_stream *end = &pair->end[i];
            /* Waiting for room there it would probe now and then, and learn it this way. */
            if (end->state == STREAM_OPEN && unsent(end) > 0 && is_cut(sim, end))
                begin_retransmitting(sim, end, sim->now_ns);
        }
    }
}
