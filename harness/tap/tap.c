#include "harness/tap/tap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tap/end.h"

enum { READ_STEP = 16384 };

struct harness_tap {
    struct world *world; /* borrowed */
    const struct harness_tap_ops *ops;
    void *owner;
    struct world_executor executor; /* where held bytes travel */
    struct world_lock *lock;        /* owned: the list of ends */
    struct tap_end *first, **last;
    uint64_t give_up_ns;
    const struct wire_codec *codec;     /* borrowed */
    const struct writable_types *types; /* borrowed */
};

static const struct world_filter_ops filter_ops;

static struct tap_end *end_of(struct world_filter *filter)
{
    return world_container(filter, struct tap_end, filter);
}

const struct harness_tap_ops *tap_ops(const struct harness_tap *tap)
{
    return tap->ops;
}

void *tap_owner(const struct harness_tap *tap)
{
    return tap->owner;
}

const struct wire_codec *tap_codec(const struct harness_tap *tap)
{
    return tap->codec;
}

const struct writable_types *tap_types(const struct harness_tap *tap)
{
    return tap->types;
}

void harness_tap_speak(struct harness_tap *tap, const struct wire_codec *codec,
                       const struct writable_types *types)
{
    tap->codec = codec;
    tap->types = types;
}

uint64_t tap_give_up_ns(const struct harness_tap *tap)
{
    return tap->give_up_ns;
}

void harness_tap_give_up(struct harness_tap *tap, uint64_t after_ns)
{
    tap->give_up_ns = after_ns;
}

const struct plan_ticket *tap_stopped(const struct harness_tap *tap,
                                      const struct point_event *event)
{
    uint8_t guard = atomic_load_explicit(&point_guard[event->point], memory_order_relaxed);
    return (guard & GUARD_HOLD) && tap->ops->stopped != NULL ? tap->ops->stopped(tap->owner, event)
                                                             : NULL;
}

/* --- held bytes go on -------------------------------------------------------------- */

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

/* A fault has ended the connection, which the stack learns at its next step. */
static void break_off(struct tap_end *end, enum rpc_status status)
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
        break_off(end, RPC_RESET);
        break;
    case PIECE_CLOSE:
    case PIECE_ABORT:
        close_stream(end, piece->kind == PIECE_ABORT);
        break;
    case PIECE_GATE: /* never due: what is behind it is, once it is open */
        break;
    }
}

/* Whatever is due of what the stack has written. */
static void flush(struct tap_end *end)
{
    struct tap_piece *piece;

    end->blocked = false;
    while (!end->gone && !end->blocked && (piece = tap_pipe_due(&end->out)) != NULL)
        pass_piece(end, piece);
    if (end->out.failed != RPC_OK && end->broken == RPC_OK)
        break_off(end, end->out.failed);
    if (!end->closed && end->broken == RPC_OK && end->out.held < TAP_HELD_MAX &&
        end->stream->readiness[WORLD_WRITE] == WORLD_NOT_READY)
        let_in(end, WORLD_WRITE, WORLD_AS_BENEATH);
}

/* What a foreign peer has sent may be read now. */
static void offer(struct tap_end *end)
{
    enum world_readiness readiness = WORLD_AS_BENEATH;

    if (!end->foreign || end->closed || end->cut_off)
        return;
    if (tap_pipe_due(&end->in) != NULL)
        readiness = WORLD_READY;
    else if (end->in_over || end->in.held >= TAP_HELD_MAX)
        readiness = WORLD_NOT_READY;
    if (end->in.failed != RPC_OK)
        break_off(end, end->in.failed);
    else if (readiness == WORLD_READY || readiness != end->stream->readiness[WORLD_READ])
        let_in(end, WORLD_READ, readiness);
}

/* When the tap's executor has to look at this end again. */
static uint64_t next_ns(const struct tap_end *end)
{
    uint64_t out_ns = end->blocked ? WORLD_NEVER : tap_pipe_next_ns(&end->out);
    uint64_t in_ns = WORLD_NEVER;
    if (end->stream->readiness[WORLD_READ] != WORLD_READY)
        in_ns = tap_pipe_next_ns(&end->in);
    return out_ns < in_ns ? out_ns : in_ns;
}

/* --- the tap's executor ------------------------------------------------------------ */

static void free_end(struct tap_end *end)
{
    struct harness_tap *tap = end->tap;

    world_lock(tap->lock);
    *end->link = end->next;
    if (end->next != NULL)
        end->next->link = end->link;
    else
        tap->last = end->link;
    world_unlock(tap->lock);
    tap_pipe_release(&end->out);
    tap_pipe_release(&end->in);
    world_lock_free(end->lock);
    free(end);
}

static void release(struct tap_end *end)
{
    if (end->timed) {
        world_timer_release(&end->timer);
        world_watch_release(&end->watch);
    }
    end->timed = end->watching = false;
}

/* On the tap's executor: timer and watch as they are needed. */
static void arm(struct tap_end *end)
{
    uint64_t at_ns = end->gone ? WORLD_NEVER : next_ns(end);
    if (at_ns == WORLD_NEVER)
        world_timer_stop(&end->timer);
    else
        world_timer_start(&end->timer, at_ns);
    end->armed_ns = at_ns;
    if (end->blocked && !end->watching)
        world_watch_start(&end->watch);
    else if (!end->blocked && end->watching)
        world_watch_stop(&end->watch);
    end->watching = end->blocked;
}

static void work(struct tap_end *end);

static void on_timer(struct world_timer *timer)
{
    work(world_container(timer, struct tap_end, timer));
}

static void on_writable(struct world_watch *watch)
{
    work(world_container(watch, struct tap_end, watch));
}

static void on_post(struct world_task *task)
{
    struct tap_end *end = world_container(task, struct tap_end, task);

    world_lock(end->lock);
    end->posted = false;
    if (!end->timed) {
        world_timer_init(&end->tap->executor, &end->timer, on_timer);
        world_watch_init_beneath(&end->tap->executor, &end->watch, end->stream, on_writable);
        end->timed = true;
    }
    world_unlock(end->lock);
    work(end);
}

static void work(struct tap_end *end)
{
    const struct harness_tap *tap = end->tap;

    world_lock(end->lock);
    bool emptied = end->out.first != NULL || end->in.first != NULL;
    if (end->watching && end->closed) {
        world_watch_stop(&end->watch); /* this may be the last step */
        end->watching = false;
    }
    if (!end->gone) {
        flush(end);
        offer(end);
    }
    bool gone = end->gone && !end->posted;
    emptied = emptied && end->out.first == NULL && end->in.first == NULL;
    if (gone)
        release(end);
    else
        arm(end);
    world_unlock(end->lock);
    if (gone)
        free_end(end);
    if (emptied && tap->ops->emptied != NULL)
        tap->ops->emptied(tap->owner);
}

/* Whether the tap's executor has to know of something. */
static bool has_work(const struct tap_end *end)
{
    if (end->gone)
        return end->timed;
    return end->blocked != end->watching || (end->closed && end->watching) ||
           next_ns(end) != end->armed_ns;
}

/* At the end of each call from the stack, which may be another thread than the tap's: unlock,
 * and have the tap's executor do what is left.  The end may be freed. */
static void leave(struct tap_end *end)
{
    bool post = !end->posted && has_work(end);
    bool over = end->gone && !end->timed && !end->posted;

    end->posted |= post;
    world_unlock(end->lock);
    if (post)
        world_post(&end->tap->executor, &end->task);
    if (over)
        free_end(end);
}

/* --- the filter -------------------------------------------------------------------- */

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
    flush(end);
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
        flush(end);
    if (end->broken != RPC_OK)
        status = end->broken;
    else if (is_clear(&end->out) || (end->out.ended && end->out.first == NULL))
        status = write_through(end, parts, count, accepted);
    else
        status = write_held(end, parts, count, accepted);
    leave(end);
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
        break_off(end, RPC_RESET);
    offer(end);
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
        if (status == RPC_OK && (end->foreign || end->tap->ops->received != NULL))
            tap_observe(end, &end->in, (struct wire_bytes){buffer, *got});
    }
    if ((status == RPC_END || status == RPC_RESET) && end->tap->ops->ended != NULL)
        end->tap->ops->ended(end->tap->owner, stream, status == RPC_RESET);
    leave(end);
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
        flush(end);
    }
    leave(end);
}

static void tap_close(struct world_filter *filter, struct world_stream *stream, bool reset)
{
    struct tap_end *end = end_of(filter);
    bool aborts = reset || end->broken == RPC_RESET || end->in.held > 0 ||
                  stream->world->ops->unread(stream) > 0;

    world_lock(end->lock);
    if (end->broken == RPC_OK)
        tap_pass_rest(&end->out);
    tap_pipe_drop(&end->in);
    end->closed = true;
    tap_pipe_end(&end->out, aborts ? PIECE_ABORT : PIECE_CLOSE);
    flush(end);
    leave(end);
}

static const struct world_filter_ops filter_ops = {
    .read = tap_read,
    .writev = tap_writev,
    .shutdown = tap_shutdown,
    .close = tap_close,
};

/* --- taps -------------------------------------------------------------------------- */

struct harness_tap *harness_tap_create(struct world *world, struct world_host *host,
                                       struct world_executor *companion,
                                       const struct harness_tap_ops *ops, void *owner)
{
    static const struct harness_tap_ops nobody = {.sent = NULL};

    struct harness_tap *tap = calloc(1, sizeof(*tap));
    if (tap == NULL)
        goto fail;
    *tap = (struct harness_tap){.world = world, .ops = ops != NULL ? ops : &nobody, .owner = owner};
    tap->give_up_ns = 924 * WORLD_SEC;
    tap->codec = wire_codec(9);
    tap->last = &tap->first;
    tap->lock = world_lock_create(world);
    if (tap->lock == NULL)
        goto fail_tap;
    world_executor_init(world, &tap->executor, host, "net", companion);
    return tap;

fail_tap:
    free(tap);
fail:
    return NULL;
}

/* The stream goes on without the tap, or ends. */
static void let_go(struct tap_end *end)
{
    if (end->gone)
        return;
    if (end->closed) {
        world_raw_close(end->stream, false);
        return;
    }
    end->stream->filter = NULL;
    end->stream->readiness[WORLD_READ] = end->stream->readiness[WORLD_WRITE] = WORLD_AS_BENEATH;
}

void harness_tap_free(struct harness_tap *tap)
{
    if (tap == NULL)
        return;
    for (struct tap_end *end = tap->first; end != NULL; end = end->next) {
        release(end);
        let_go(end);
    }
    world_executor_release(&tap->executor);
    while (tap->first != NULL)
        free_end(tap->first);
    world_lock_free(tap->lock);
    free(tap);
}

enum rpc_status harness_tap_put(struct harness_tap *tap, struct world_stream *stream, bool foreign)
{
    struct tap_end *end = calloc(1, sizeof(*end));
    if (end == NULL)
        goto fail;
    *end = (struct tap_end){.filter.ops = &filter_ops,
                            .tap = tap,
                            .stream = stream,
                            .foreign = foreign,
                            .task.run = on_post,
                            .armed_ns = WORLD_NEVER};
    end->lock = world_lock_create(tap->world);
    if (end->lock == NULL)
        goto fail_end;
    if (tap_pipe_init(&end->out, tap, stream, stream->accepted ? WIRE_TO_CLIENT : WIRE_TO_SERVER) !=
        RPC_OK)
        goto fail_lock;
    if (tap_pipe_init(&end->in, tap, stream, stream->accepted ? WIRE_TO_SERVER : WIRE_TO_CLIENT) !=
        RPC_OK)
        goto fail_out;

    world_lock(tap->lock);
    end->link = tap->last;
    *tap->last = end;
    tap->last = &end->next;
    world_unlock(tap->lock);
    stream->filter = &end->filter;
    return RPC_OK;

fail_out:
    tap_pipe_release(&end->out);
fail_lock:
    world_lock_free(end->lock);
fail_end:
    free(end);
fail:
    return RPC_NO_MEMORY;
}

/* Have the tap's executor look at every end that holds something. */
static void look_at_all(struct harness_tap *tap, bool heal)
{
    world_lock(tap->lock);
    for (struct tap_end *end = tap->first; end != NULL; end = end->next) {
        world_lock(end->lock);
        if (heal) {
            tap_pipe_heal(&end->out);
            tap_pipe_heal(&end->in);
        }
        bool post = !end->posted && (end->out.first != NULL || end->in.first != NULL);
        end->posted |= post;
        world_unlock(end->lock);
        if (post)
            world_post(&tap->executor, &end->task);
    }
    world_unlock(tap->lock);
}

void harness_tap_heal(struct harness_tap *tap)
{
    look_at_all(tap, true);
}

void harness_tap_go_on(struct harness_tap *tap)
{
    look_at_all(tap, false);
}

/* The end of a stream stays where it can be read again. */
static bool holds_back(const struct tap_pipe *in, uint64_t now_ns)
{
    return in->held > 0 || (in->first != NULL && in->first->due_ns > now_ns);
}

size_t harness_tap_held(struct harness_tap *tap)
{
    size_t held = 0;
    world_lock(tap->lock);
    for (struct tap_end *end = tap->first; end != NULL; end = end->next) {
        world_lock(end->lock);
        held += end->out.first != NULL || holds_back(&end->in, world_now(tap->world));
        world_unlock(end->lock);
    }
    world_unlock(tap->lock);
    return held;
}
