#include "harness/tap/filter.h"

#include <string.h>

#include "harness/tap/end.h"
#include "harness/tap/flow.h"

enum { READ_STEP = 16384 };

static struct tap_end *end_of(struct world_filter *filter)
{
    return world_container(filter, struct tap_end, filter);
}

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* The first `length` bytes of the parts, one by one. */
static void each_part(struct tap_end *end, const struct iovec *parts, size_t length,
                      void (*take)(struct tap_end *, struct tap_pipe *, struct wire_bytes))
{
    for (; length > 0; parts++) {
        size_t size = parts->iov_len < length ? parts->iov_len : length;
        take(end, &end->out, (struct wire_bytes){parts->iov_base, size});
        length -= size;
    }
}

/* Nothing is held and no fault could strike: the socket has it at once. */
static enum rpc_status write_through(struct tap_end *end, const struct iovec *parts, int count,
                                     size_t *accepted)
{
    enum rpc_status status = world_raw_writev(end->stream, parts, count, accepted);
    if (status == RPC_OK)
        each_part(end, parts, *accepted, tap_observe);
    return status;
}

static bool is_clear(const struct tap_pipe *pipe)
{
    return tap_pipe_clear(pipe) && (tap_cut_clear(&pipe->cut) || !pipe->holding) &&
           !tap_guarded(pipe->direction);
}

static enum rpc_status write_held(struct tap_end *end, const struct iovec *parts, int count,
                                  size_t *accepted)
{
    size_t size = size_of(parts, count);
    size_t room = end->out.held < TAP_HELD_MAX ? TAP_HELD_MAX - end->out.held : 0;

    if (room == 0) {
        end->stream->readiness[WORLD_WRITE] = WORLD_NOT_READY;
        return RPC_AGAIN;
    }
    *accepted = size < room ? size : room;
    each_part(end, parts, *accepted, tap_pass);
    tap_flush(end);
    return RPC_OK; /* what a fault has broken is told next time */
}

static enum rpc_status tap_writev(struct world_filter *filter, struct world_stream *stream,
                                  const struct iovec *parts, int count, size_t *accepted)
{
    struct tap_end *end = end_of(filter);
    enum rpc_status status;
    (void)stream;

    *accepted = 0;
    world_lock(end->lock);
    if (end->out.first != NULL)
        tap_flush(end);
    if (end->broken != RPC_OK)
        status = end->broken;
    else if (is_clear(&end->out) || (end->out.ended && end->out.first == NULL))
        status = write_through(end, parts, count, accepted);
    else
        status = write_held(end, parts, count, accepted);
    tap_leave(end);
    return status;
}

/* Into the pipe with what a foreign peer has sent. */
static void pull(struct tap_end *end)
{
    uint8_t bytes[READ_STEP];
    size_t got;

    while (!end->in_over && end->in.held < TAP_HELD_MAX) {
        enum rpc_status status = world_raw_read(end->stream, bytes, sizeof(bytes), &got);
        if (status == RPC_AGAIN)
            return;
        if (status == RPC_OK) {
            tap_pass(end, &end->in, (struct wire_bytes){bytes, got});
            continue;
        }
        tap_pass_rest(&end->in);
        tap_pipe_end(&end->in, status == RPC_END ? PIECE_FIN : PIECE_RESET);
        end->in_over = true;
    }
}

static enum rpc_status read_held(struct tap_end *end, uint8_t *buffer, size_t size, size_t *got)
{
    struct tap_piece *piece;

    pull(end);
    while (*got < size && (piece = tap_pipe_due(&end->in)) != NULL && piece->kind == PIECE_BYTES) {
        size_t length = piece->length - piece->gone;
        if (length > size - *got)
            length = size - *got;
        memcpy(buffer + *got, piece->bytes + piece->gone, length);
        *got += length;
        tap_pipe_consume(&end->in, length);
    }
    enum rpc_status status = RPC_OK;
    if (*got == 0) {
        piece = tap_pipe_due(&end->in);
        status = piece == NULL ? RPC_AGAIN : piece->kind == PIECE_FIN ? RPC_END : RPC_RESET;
    }
    if (status == RPC_RESET)
        tap_break_off(end, RPC_RESET);
    tap_offer(end);
    return status;
}

static enum rpc_status tap_read(struct world_filter *filter, struct world_stream *stream,
                                void *buffer, size_t size, size_t *got)
{
    struct tap_end *end = end_of(filter);
    enum rpc_status status;

    *got = 0;
    world_lock(end->lock);
    if (end->cut_off) {
        status = end->broken;
    } else if (end->foreign && (end->in_over || !is_clear(&end->in))) {
        status = read_held(end, buffer, size, got);
    } else {
        status = world_raw_read(stream, buffer, size, got);
        if (status == RPC_OK && (end->foreign || tap_ops(end->tap)->received != NULL))
            tap_observe(end, &end->in, (struct wire_bytes){buffer, *got});
    }
    if ((status == RPC_END || status == RPC_RESET) && tap_ops(end->tap)->ended != NULL)
        tap_ops(end->tap)->ended(tap_owner(end->tap), stream, status == RPC_RESET);
    tap_leave(end);
    return status;
}

static void tap_shutdown(struct world_filter *filter, struct world_stream *stream)
{
    struct tap_end *end = end_of(filter);
    (void)stream;

    world_lock(end->lock);
    if (end->broken == RPC_OK) { /* else an RST is due, and no FIN goes before it */
        tap_pass_rest(&end->out);
        tap_pipe_end(&end->out, PIECE_FIN);
        tap_flush(end);
    }
    tap_leave(end);
}

/* Who gives up while it connects, or was refused, has nobody to tell. */
static bool was_connected(struct world_stream *stream)
{
    enum rpc_status status = stream->accepted ? RPC_OK : world_connected(stream);
    return status == RPC_OK || status == RPC_RESET;
}

static void tap_close(struct world_filter *filter, struct world_stream *stream, bool reset)
{
    struct tap_end *end = end_of(filter);

    world_lock(end->lock);
    bool aborts = reset || end->broken == RPC_RESET || end->in.held > 0 || end->in.gate != NULL ||
                  stream->world->ops->unread(stream) > 0;
    if (end->broken == RPC_OK)
        tap_pass_rest(&end->out);
    tap_pipe_drop(&end->in);
    end->closed = true;
    if (was_connected(stream))
        tap_pipe_end(&end->out, aborts ? PIECE_ABORT : PIECE_CLOSE);
    else
        tap_pipe_end_unseen(&end->out);
    tap_flush(end);
    tap_leave(end);
}

const struct world_filter_ops tap_filter_ops = {
    .read = tap_read,
    .writev = tap_writev,
    .shutdown = tap_shutdown,
    .close = tap_close,
};
