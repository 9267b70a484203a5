#include "harness/tap/pipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "faults/plan.h"
#include "harness/tap/end.h"

/* Linux: TCP_RTO_MIN, TCP_RTO_MAX. */
#define RTO_MIN_NS (200 * WORLD_MS)
#define RTO_MAX_NS (120 * WORLD_SEC)

/* A slow line passes its bytes in so many steps a second; of a segment that takes longer in so
 * many, but at least one a second: what waits for a byte gets it. */
enum { SLOW_STEPS_PER_SEC = 100, SLOW_STEPS = 64 };

enum rpc_status tap_pipe_init(struct tap_pipe *pipe, const struct harness_tap *tap,
                              const struct world_stream *stream, struct wire_kinds *kinds,
                              enum wire_side side)
{
    *pipe = (struct tap_pipe){
        .tap = tap,
        .world = stream->world,
        .stream = stream,
        .direction = side == WIRE_TO_SERVER ? DIRECTION_C2S : DIRECTION_S2C,
    };
    return tap_cut_init(&pipe->cut, tap_codec(tap), tap_types(tap), kinds, side);
}

static void free_first(struct tap_pipe *pipe)
{
    struct tap_piece *piece = pipe->first;
    pipe->first = piece->next;
    if (pipe->first == NULL)
        pipe->last = NULL;
    pipe->held -= piece->length - piece->gone;
    free(piece);
}

void tap_pipe_release(struct tap_pipe *pipe)
{
    while (pipe->first != NULL)
        free_first(pipe);
    tap_cut_release(&pipe->cut);
    wire_buffer_release(&pipe->gather);
}

bool tap_pipe_clear(const struct tap_pipe *pipe)
{
    return pipe->first == NULL && !point_guarded(POINT_NET_SEGMENT) && !point_guarded(POINT_NET);
}

/* --- pieces ----------------------------------------------------------------------- */

/* Nothing overtakes. */
static struct tap_piece *append(struct tap_pipe *pipe, enum tap_piece_kind kind,
                                struct wire_bytes bytes, uint64_t due_ns)
{
    struct tap_piece *piece = malloc(sizeof(*piece) + bytes.length);
    if (piece == NULL) {
        pipe->failed = RPC_NO_MEMORY;
        return NULL;
    }
    *piece = (struct tap_piece){.kind = kind, .due_ns = due_ns, .length = bytes.length};
    if (bytes.length > 0)
        memcpy(piece->bytes, bytes.data, bytes.length);
    if (pipe->last != NULL)
        pipe->last->next = piece;
    else
        pipe->first = piece;
    pipe->last = piece;
    pipe->held += bytes.length;
    return piece;
}

static struct wire_bytes part(struct wire_bytes bytes, size_t offset, size_t length)
{
    if (offset > bytes.length)
        offset = bytes.length;
    if (length > bytes.length - offset)
        length = bytes.length - offset;
    return (struct wire_bytes){bytes.data + offset, length};
}

void tap_pipe_consume(struct tap_pipe *pipe, size_t length)
{
    struct tap_piece *piece = pipe->first;
    assert(length <= piece->length - piece->gone);
    piece->gone += length;
    pipe->held -= length;
    if (piece->gone == piece->length)
        free_first(pipe);
}

static bool is_open_gate(const struct tap_piece *piece)
{
    return piece != NULL && piece->kind == PIECE_GATE && plan_ticket_good(piece->ticket);
}

uint64_t tap_pipe_next_ns(const struct tap_pipe *pipe)
{
    if (is_open_gate(pipe->first))
        return 0;
    return pipe->first != NULL ? pipe->first->due_ns : WORLD_NEVER;
}

void tap_pipe_drop(struct tap_pipe *pipe)
{
    pipe->gate = NULL;
    while (pipe->first != NULL && pipe->first->kind != PIECE_CLOSE &&
           pipe->first->kind != PIECE_ABORT)
        free_first(pipe);
    if (pipe->first != NULL)
        pipe->first->due_ns = 0;
}

void tap_pipe_heal(struct tap_pipe *pipe)
{
    for (struct tap_piece *piece = pipe->first; piece != NULL; piece = piece->next) {
        if (piece->lost_ns != 0 || (piece->due_ns == WORLD_NEVER && piece->kind != PIECE_GATE))
            piece->due_ns = 0;
        piece->lost_ns = 0;
    }
}

/* --- faults ----------------------------------------------------------------------- */

/* What passes at a point of net.*: `bytes` is for its value. */
static struct point_event visit_of(const struct tap_pipe *pipe, enum point point,
                                   const struct point_value *bytes)
{
    return (struct point_event){
        .point = point,
        .direction = pipe->direction,
        .at_ns = world_now(pipe->world),
        .host = pipe->stream->host->id,
        .connection = pipe->stream->connection,
        .call_id = POINT_NO_CALL,
        .values = bytes,
        .value_count = point == POINT_NET_FIN || point == POINT_NET_RST ? 0 : 1,
    };
}

static bool struck(const struct tap_pipe *pipe, enum point point, size_t bytes,
                   struct point_strike *strike)
{
    if (!point_guarded(point))
        return false;
    const struct point_value value = WORLD_NUMBER(BYTES, bytes);
    const struct point_event event = visit_of(pipe, point, &value);
    return point_strikes(&event, strike);
}

struct tap_piece *tap_pipe_stop(struct tap_pipe *pipe, const struct point_event *event)
{
    const struct plan_ticket *ticket = tap_stopped(pipe->tap, event);
    struct tap_piece *gate =
        ticket != NULL ? append(pipe, PIECE_GATE, WIRE_ABSENT, WORLD_NEVER) : NULL;
    if (gate != NULL)
        gate->ticket = ticket;
    return gate;
}

void tap_pipe_wait(struct tap_pipe *pipe, struct wire_bytes bytes)
{
    if (bytes.length > 0)
        append(pipe, PIECE_BYTES, bytes, WORLD_NEVER);
}

bool tap_pipe_is_let_go(const struct tap_pipe *pipe)
{
    return pipe->gate != NULL && pipe->gate == pipe->first && is_open_gate(pipe->gate);
}

struct tap_piece *tap_pipe_take_behind(struct tap_pipe *pipe)
{
    struct tap_piece *behind = pipe->gate->next;
    free(pipe->gate);
    pipe->gate = pipe->first = pipe->last = NULL;
    pipe->held = 0;
    return behind;
}

/* The same at a point of net.*. */
static void stop(struct tap_pipe *pipe, enum point point, size_t bytes)
{
    if (!point_guarded(point))
        return;
    const struct point_value value = WORLD_NUMBER(BYTES, bytes);
    const struct point_event event = visit_of(pipe, point, &value);
    tap_pipe_stop(pipe, &event);
}

static bool segment_struck(const struct tap_pipe *pipe, size_t bytes, struct point_strike *strike)
{
    return struck(pipe, POINT_NET_SEGMENT, bytes, strike) || struck(pipe, POINT_NET, bytes, strike);
}

static bool is_loss(const struct point_strike *strike)
{
    return strike->effect == EFFECT_DROP || strike->effect == EFFECT_PARTITION;
}

static uint64_t gives_up_ns(const struct tap_pipe *pipe, const struct tap_piece *piece)
{
    return piece->lost_ns - 1 + tap_give_up_ns(pipe->tap);
}

/* It is sent again when TCP would. */
static void lose(const struct tap_pipe *pipe, struct tap_piece *piece)
{
    uint64_t wait_ns = RTO_MIN_NS;
    for (unsigned i = 0; i < piece->losses && wait_ns < RTO_MAX_NS; i++)
        wait_ns *= 2;
    if (wait_ns > RTO_MAX_NS)
        wait_ns = RTO_MAX_NS;
    uint64_t now_ns = world_now(pipe->world);
    if (piece->lost_ns == 0)
        piece->lost_ns = now_ns + 1; /* never 0 */
    piece->losses++;
    piece->due_ns = now_ns + wait_ns;
    if (piece->due_ns > gives_up_ns(pipe, piece))
        piece->due_ns = gives_up_ns(pipe, piece);
}

struct tap_piece *tap_pipe_due(struct tap_pipe *pipe)
{
    while (is_open_gate(pipe->first) && pipe->first != pipe->gate)
        free_first(pipe);
    struct tap_piece *piece = pipe->first;
    uint64_t now_ns = world_now(pipe->world);
    struct point_strike strike;

    if (piece == NULL || piece->due_ns > now_ns)
        return NULL;
    if (piece->lost_ns == 0)
        return piece;
    if (now_ns >= gives_up_ns(pipe, piece)) {
        pipe->failed = RPC_TIMED_OUT;
        return NULL;
    }
    if (segment_struck(pipe, piece->length, &strike) && is_loss(&strike)) {
        lose(pipe, piece);
        return NULL;
    }
    piece->lost_ns = 0;
    return piece;
}

/* --- what becomes of a segment that a fault strikes --------------------------------- */

typedef void effect_fn(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                       const struct point_strike *strike);

static void lost(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                 const struct point_strike *strike)
{
    (void)strike;
    struct tap_piece *piece = append(pipe, PIECE_BYTES, bytes, due_ns);
    if (piece != NULL)
        lose(pipe, piece);
}

static void late(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                 const struct point_strike *strike)
{
    append(pipe, PIECE_BYTES, bytes, due_ns + strike->by_ns);
}

static void split(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                  const struct point_strike *strike)
{
    size_t size = strike->size > 0 ? (size_t)strike->size : 1;
    for (size_t at = 0; at < bytes.length; at += size) {
        append(pipe, PIECE_BYTES, part(bytes, at, size), due_ns);
        due_ns += strike->gap_ns;
    }
}

/* When a slow line has passed what it was given. */
static uint64_t slow_free_ns(const struct tap_pipe *pipe)
{
    return pipe->slow_ns + pipe->slow_bytes * WORLD_SEC / pipe->slow_rate;
}

/* How many bytes make a step; a message that ends within the segment must not wait for one. */
static size_t slow_step(const struct tap_pipe *pipe, size_t length, uint64_t rate)
{
    uint64_t step = rate / SLOW_STEPS_PER_SEC;
    uint64_t coarse = length / SLOW_STEPS < rate ? length / SLOW_STEPS : rate;
    if (!pipe->mixed && coarse > step)
        step = coarse;
    return step > 0 ? (size_t)step : 1;
}

/* The bytes pass one behind the other, behind those of the segments before. */
static void slow(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                 const struct point_strike *strike)
{
    uint64_t rate = strike->rate > 0 ? strike->rate : 1;
    size_t size = slow_step(pipe, bytes.length, rate);

    if (pipe->slow_rate != rate || slow_free_ns(pipe) < due_ns) {
        pipe->slow_ns = due_ns;
        pipe->slow_bytes = 0;
        pipe->slow_rate = rate;
    }
    for (size_t at = 0; at < bytes.length; at += size) {
        struct wire_bytes passes = part(bytes, at, size);
        pipe->slow_bytes += passes.length;
        append(pipe, PIECE_BYTES, passes, slow_free_ns(pipe));
    }
}

static void damaged(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                    const struct point_strike *strike)
{
    struct tap_piece *piece = append(pipe, PIECE_BYTES, bytes, due_ns);
    if (piece != NULL)
        piece->bytes[strike->offset % piece->length] ^= (uint8_t)(1u << strike->bit % 8);
}

static void injected(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                     const struct point_strike *strike)
{
    const struct harness_tap_inject *inject = strike->payload;
    if (inject != NULL)
        append(pipe, PIECE_BYTES, inject->bytes, due_ns);
    append(pipe, PIECE_BYTES, bytes, due_ns);
}

/* `after` bytes pass, then the stream is over. */
static void cut_off(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t due_ns,
                    const struct point_strike *strike)
{
    struct wire_bytes passes = part(bytes, 0, (size_t)strike->after);
    if (passes.length > 0)
        append(pipe, PIECE_BYTES, passes, due_ns);
    append(pipe, strike->effect == EFFECT_FIN ? PIECE_FIN : PIECE_RESET, WIRE_ABSENT, due_ns);
    pipe->ended = true;
}

/* A duplicate is not among them: TCP takes the second for what it is. */
static effect_fn *const effects[EFFECT_COUNT] = {
    [EFFECT_DROP] = lost,   [EFFECT_PARTITION] = lost, [EFFECT_DELAY] = late,
    [EFFECT_SPLIT] = split, [EFFECT_SLOW] = slow,      [EFFECT_CORRUPT] = damaged,
    [EFFECT_FIN] = cut_off, [EFFECT_RST] = cut_off,    [EFFECT_INJECT] = injected,
};

void tap_pipe_send(struct tap_pipe *pipe, struct wire_bytes bytes, uint64_t by_ns)
{
    uint64_t due_ns = world_now(pipe->world) + by_ns;
    struct point_strike strike;

    if (bytes.length == 0 || pipe->ended)
        return;
    stop(pipe, POINT_NET_SEGMENT, bytes.length);
    if (segment_struck(pipe, bytes.length, &strike) && effects[strike.effect] != NULL)
        effects[strike.effect](pipe, bytes, due_ns, &strike);
    else
        append(pipe, PIECE_BYTES, bytes, due_ns);
}

void tap_pipe_end(struct tap_pipe *pipe, enum tap_piece_kind kind)
{
    enum point point = kind == PIECE_ABORT ? POINT_NET_RST : POINT_NET_FIN;
    struct point_strike strike;

    if (pipe->gate != NULL) {
        append(pipe, kind, WIRE_ABSENT, WORLD_NEVER);
        return;
    }
    stop(pipe, point, 0);
    struct tap_piece *piece = append(pipe, kind, WIRE_ABSENT, world_now(pipe->world));
    if (piece == NULL || !struck(pipe, point, 0, &strike))
        return;
    if (strike.effect == EFFECT_DROP)
        piece->due_ns = WORLD_NEVER;
    else if (strike.effect == EFFECT_DELAY)
        piece->due_ns += strike.by_ns;
}

void tap_pipe_end_unseen(struct tap_pipe *pipe)
{
    append(pipe, PIECE_CLOSE, WIRE_ABSENT, world_now(pipe->world));
}
