#include "harness/tap/flow.h"

static void let_in(struct tap_end *end, enum world_direction direction,
                   enum world_readiness readiness)
{
    end->stream->readiness[direction] = (uint8_t)readiness;
    if (!end->closed)
        world_wake(end->stream, direction);
}

/* Nothing that the stack has written can go on. */
static void break_writes(struct tap_end *end, enum rpc_status status)
{
    end->broken = status;
    end->blocked = false;
    tap_pipe_drop(&end->out);
    let_in(end, WORLD_WRITE, WORLD_READY);
}

void tap_break_off(struct tap_end *end, enum rpc_status status)
{
    end->cut_off = true;
    break_writes(end, status);
    tap_pipe_drop(&end->in);
    let_in(end, WORLD_READ, WORLD_READY);
}

/* The socket takes what it can of the first piece. */
static void write_piece(struct tap_end *end, struct tap_piece *piece)
{
    size_t accepted;
    struct iovec part = {.iov_base = piece->bytes + piece->gone,
                         .iov_len = piece->length - piece->gone};

    enum rpc_status status = world_raw_writev(end->stream, &part, 1, &accepted);
    if (status == RPC_OK)
        tap_pipe_consume(&end->out, accepted);
    else if (status == RPC_AGAIN)
        end->blocked = true;
    else
        break_writes(end, status);
}

/* While the tap's watch stands the stream can't be closed: the tap's executor does it. */
static void close_stream(struct tap_end *end, bool reset)
{
    if (end->watching) {
        end->blocked = true;
        return;
    }
    tap_pipe_consume(&end->out, 0);
    world_raw_close(end->stream, reset || end->broken == RPC_RESET);
    end->gone = true;
}

static void pass_piece(struct tap_end *end, struct tap_piece *piece)
{
    switch (piece->kind) {
    case PIECE_BYTES:
        write_piece(end, piece);
        break;
    case PIECE_FIN:
        world_raw_shutdown(end->stream);
        tap_pipe_consume(&end->out, 0);
        break;
    case PIECE_RESET:
        tap_break_off(end, RPC_RESET);
        break;
    case PIECE_CLOSE:
    case PIECE_ABORT:
        close_stream(end, piece->kind == PIECE_ABORT);
        break;
    case PIECE_GATE: /* never due: what is behind it is, once it is open */
        break;
    }
}

void tap_flush(struct tap_end *end)
{
    struct tap_piece *piece;

    end->blocked = false;
    do {
        while (!end->gone && !end->blocked && (piece = tap_pipe_due(&end->out)) != NULL)
            pass_piece(end, piece);
    } while (!end->gone && tap_pass_on(end, &end->out));
    if (end->out.failed != RPC_OK && end->broken == RPC_OK)
        tap_break_off(end, end->out.failed);
    if (!end->closed && end->broken == RPC_OK && end->out.held < TAP_HELD_MAX &&
        end->stream->readiness[WORLD_WRITE] == WORLD_NOT_READY)
        let_in(end, WORLD_WRITE, WORLD_AS_BENEATH);
}

void tap_offer(struct tap_end *end)
{
    enum world_readiness readiness = WORLD_AS_BENEATH;

    if (!end->foreign || end->closed || end->cut_off)
        return;
    while (tap_pass_on(end, &end->in))
        ;
    if (tap_pipe_due(&end->in) != NULL)
        readiness = WORLD_READY;
    else if (end->in_over || end->in.held >= TAP_HELD_MAX)
        readiness = WORLD_NOT_READY;
    if (end->in.failed != RPC_OK)
        tap_break_off(end, end->in.failed);
    else if (readiness == WORLD_READY || readiness != end->stream->readiness[WORLD_READ])
        let_in(end, WORLD_READ, readiness);
}

uint64_t tap_next_ns(const struct tap_end *end)
{
    uint64_t out_ns = end->blocked ? WORLD_NEVER : tap_pipe_next_ns(&end->out);
    uint64_t in_ns = WORLD_NEVER;
    if (end->stream->readiness[WORLD_READ] != WORLD_READY)
        in_ns = tap_pipe_next_ns(&end->in);
    return out_ns < in_ns ? out_ns : in_ns;
}
