#include "rpc/world/sim/stream.h"

#include <assert.h>

#include "rpc/world/sim/inside.h"

enum { BUFFER_DEFAULT = 64 << 10, BUFFER_MAX = 1 << 30, GIVE_UP_DEFAULT_S = 924 };

static struct sim_stream *owned(struct world_stream *stream)
{
    struct sim_stream *end = sim_stream_of(stream);
    assert(!end->returned);
    return end;
}

/* What Linux says after the last byte: an error once, then the end. */
static enum rpc_status take_error(struct sim_stream *end, enum rpc_status otherwise)
{
    enum rpc_status error = (enum rpc_status)end->error;
    end->error = RPC_OK;
    return error != RPC_OK ? error : otherwise;
}

enum rpc_status sim_read(struct world_stream *stream, void *buffer, size_t size, size_t *got)
{
    struct sim *sim = sim_of(stream->world);
    struct sim_stream *end = owned(stream);
    struct sim_stream *peer = end->peer;
    *got = 0;
    if (peer->visible > 0) {
        uint32_t count = size < peer->visible ? (uint32_t)size : peer->visible;
        sim_ring_copy(&peer->out, buffer, count);
        sim_ring_drop(&sim->arena, &peer->out, count);
        peer->visible -= count;
        sim_note(sim, stream->connection, count);
        if (peer->out.length > 0)
            sim_network_push(sim, peer);
        *got = count;
        return RPC_OK;
    }
    if (end->eof)
        return RPC_END;
    if (end->state == STREAM_DEAD)
        return take_error(end, RPC_END);
    return RPC_AGAIN;
}

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

static void store(struct sim *sim, struct sim_stream *end, const struct iovec *part, uint32_t left)
{
    sim_ring_reserve(&sim->arena, &end->out, left);
    for (; left > 0; part++) {
        uint32_t count = part->iov_len < left ? (uint32_t)part->iov_len : left;
        if (count > 0)
            sim_ring_append(&end->out, part->iov_base, count);
        left -= count;
    }
}

enum rpc_status sim_writev(struct world_stream *stream, const struct iovec *parts, int count,
                           size_t *accepted)
{
    struct sim *sim = sim_of(stream->world);
    struct sim_stream *end = owned(stream);
    *accepted = 0;
    if (end->state == STREAM_SYN_SENT)
        return RPC_AGAIN;
    if (end->state == STREAM_DEAD)
        return take_error(end, RPC_BROKEN_PIPE);
    if (end->shut)
        return RPC_BROKEN_PIPE;
    size_t size = size_of(parts, count);
    uint32_t space = sim_stream_space(sim, end);
    if (size == 0)
        return RPC_OK;
    if (space == 0)
        return RPC_AGAIN;
    if (size > space)
        size = space;
    if (sim_asks(sim))
        size = sim_policy_write(sim, stream->connection * 2 + stream->accepted, end->writes, size);
    end->writes++;
    store(sim, end, parts, (uint32_t)size);
    *accepted = size;
    sim_network_push(sim, end);
    return RPC_OK;
}

void sim_shutdown(struct world_stream *stream)
{
    struct sim_stream *end = owned(stream);
    if (end->state != STREAM_OPEN || end->shut)
        return;
    end->shut = true;
    sim_network_push(sim_of(stream->world), end);
    sim_stream_wake(end, WORLD_WRITE);
}

void sim_close(struct world_stream *stream, bool reset)
{
    struct sim *sim = sim_of(stream->world);
    struct sim_stream *end = owned(stream);
    assert(stream->watches[WORLD_READ] == NULL && stream->watches[WORLD_WRITE] == NULL &&
           stream->beneath == NULL);
    sim_stream_finish(sim, end, reset);
    end->returned = true;
    sim->network.streams--;
    sim_pair_settle(sim, sim_pair_of(end));
}

void sim_wake(struct world_stream *stream, enum world_direction direction)
{
    struct world_watch *watch = owned(stream)->stream.watches[direction];
    if (watch != NULL && !watch->task.queued)
        sim_enqueue(watch->executor, &watch->task);
}

size_t sim_unread(struct world_stream *stream)
{
    return owned(stream)->peer->visible;
}

enum rpc_status sim_net(struct world *world, const struct world_net *net)
{
    struct sim_network *network = &sim_of(world)->network;
    size_t buffer = net->buffer == 0 ? BUFFER_DEFAULT : net->buffer;
    network->latency_ns = net->latency_ns;
    network->buffer = buffer < BUFFER_MAX ? (uint32_t)buffer : BUFFER_MAX;
    network->give_up_ns = net->give_up_ns == 0 ? GIVE_UP_DEFAULT_S * WORLD_SEC : net->give_up_ns;
    return RPC_OK;
}
