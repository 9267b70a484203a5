#include <stdlib.h>

#include "harness/tap/end.h"

bool tap_guarded(enum point_direction direction)
{
    if (point_guarded(POINT_WIRE_SASL))
        return true;
    if (direction == DIRECTION_S2C)
        return point_guarded(POINT_WIRE_RESPONSE);
    return point_guarded(POINT_WIRE_PREAMBLE) || point_guarded(POINT_WIRE_CONTEXT) ||
           point_guarded(POINT_WIRE_REQUEST) || point_guarded(POINT_WIRE_PING);
}

static struct wire_bytes whole(const struct wire_buffer *buffer)
{
    return (struct wire_bytes){buffer->data, buffer->length};
}

/* --- telling --- */

/* The events of a message, and the fault that strikes there. */
static bool tell_point(const struct tap_end *end, const struct wire_message *message,
                       struct point_strike *strike)
{
    struct world *world = end->stream->world;
    enum point point = tap_point_of(message);
    struct tap_visit visit;

    if (point == POINT_COUNT || (world->tracer == NULL && !point_guarded(point)))
        return false;
    tap_visit_begin(&visit, end->stream, message);
    if (world->tracer != NULL)
        world_trace(world, &visit.event);
    return strike != NULL && point_strikes(&visit.event, strike);
}

static void tell(const struct tap_end *end, const struct tap_pipe *pipe,
                 void (*told)(void *, const struct harness_tap_message *),
                 const struct wire_message *message, const struct point_strike *strike)
{
    if (told == NULL)
        return;
    const struct harness_tap_message passing = {
        .stream = end->stream,
        .direction = pipe->direction,
        .message = message,
        .bytes = pipe->cut.raw,
        .at_ns = world_now(end->stream->world),
        .strike = strike,
    };
    told(tap_owner(end->tap), &passing);
}

/* Before version 9 no frame says what it is: who sees both directions knows. */
static void learn(struct tap_end *end, const struct wire_message *message)
{
    const struct tap_pipe *out = &end->out;
    bool accepted = out->direction == DIRECTION_S2C;
    struct wire_decoder *to_client = accepted ? out->cut.decoder : end->in.cut.decoder;
    struct wire_decoder *to_server = accepted ? end->in.cut.decoder : out->cut.decoder;

    if (message->kind == WIRE_PREAMBLE && out->cut.codec->auth_is_sasl(message->auth))
        wire_decoder_expect(to_client, WIRE_SASL);
    if (message->kind != WIRE_SASL)
        return;
    if (message->side == WIRE_TO_SERVER) {
        end->token_came = true;
    } else if (message->sasl_state == WIRE_SASL_SUCCESS) {
        end->switched = true;
        wire_decoder_expect(to_client, WIRE_RESPONSE);
    }
    if (end->switched && end->token_came)
        wire_decoder_expect(to_server, WIRE_CONTEXT);
}

void tap_observe(struct tap_end *end, struct tap_pipe *pipe, struct wire_bytes bytes)
{
    const struct harness_tap_ops *ops = tap_ops(end->tap);
    bool ours = pipe == &end->out || end->foreign;
    struct wire_message message;
    size_t used;

    pipe->holding = false; /* these have gone: what is held later must not begin with them */
    while (bytes.length > 0) {
        enum rpc_status status = tap_cut_take(&pipe->cut, bytes, &used, &message);
        if (status == RPC_TOO_LONG)
            return;
        bytes = (struct wire_bytes){bytes.data + used, bytes.length - used};
        if (status != RPC_OK)
            continue;
        learn(end, &message);
        if (ours)
            tell_point(end, &message, NULL);
        tell(end, pipe, ours ? ops->sent : ops->received, &message, NULL);
    }
}

/* --- passing --- */

/* Into the segment that goes on at once. */
static void gather(struct tap_pipe *pipe, struct wire_bytes bytes)
{
    pipe->mixed |= pipe->complete && bytes.length > 0;
    if (bytes.length > 0 && wire_buffer_add(&pipe->gather, bytes.data, bytes.length) != RPC_OK)
        pipe->failed = RPC_NO_MEMORY;
}

static void send_gathered(struct tap_pipe *pipe)
{
    tap_pipe_send(pipe, whole(&pipe->gather), 0);
    pipe->gather.length = 0;
    pipe->complete = pipe->mixed = false;
}

static void gather_changed(struct tap_pipe *pipe, struct wire_message message,
                           const struct harness_tap_change *change)
{
    size_t before = pipe->gather.length;
    struct wire_buffer made = {0};

    pipe->mixed |= pipe->complete;
    for (size_t i = 0; change != NULL && i < change->count; i++)
        wire_field_set(&message, change->fields[i].name, change->fields[i].value);
    if (change != NULL && change->make_value != NULL &&
        (message.kind == WIRE_REQUEST || message.kind == WIRE_RESPONSE) &&
        change->make_value(change->owner, pipe->stream, &message, &made))
        message.body =
            (struct wire_bytes){made.length > 0 ? made.data : (const uint8_t *)"", made.length};
    enum rpc_status status = pipe->cut.codec->encode(&message, &pipe->gather);
    wire_buffer_release(&made);
    if (status != RPC_OK) {
        gather(pipe, pipe->cut.raw); /* too long to be told otherwise */
        return;
    }
    if (change != NULL && change->has_cut && pipe->gather.length - before > change->cut)
        pipe->gather.length = before + change->cut;
}

/* Whether a message has to stand at its point: it, and all behind it. */
static bool stops(struct tap_end *end, struct tap_pipe *pipe, const struct wire_message *message)
{
    enum point point = tap_point_of(message);
    struct tap_visit visit;

    if (point == POINT_COUNT || !point_guarded(point))
        return false;
    tap_visit_begin(&visit, end->stream, message);
    send_gathered(pipe);
    pipe->gate = tap_pipe_stop(pipe, &visit.event);
    if (pipe->gate == NULL)
        return false;
    pipe->message = *message;
    if (tap_cut_keep(&pipe->cut) != RPC_OK)
        pipe->failed = RPC_NO_MEMORY;
    return true;
}

/* A whole message, which has been held. */
static void pass_message(struct tap_end *end, struct tap_pipe *pipe,
                         const struct wire_message *message)
{
    const struct wire_bytes raw = pipe->cut.raw;
    struct point_strike strike;

    bool struck = tell_point(end, message, &strike);
    tell(end, pipe, tap_ops(end->tap)->sent, message, struck ? &strike : NULL);
    if (!struck) {
        gather(pipe, raw);
    } else if (strike.effect == EFFECT_DELAY) {
        send_gathered(pipe);
        tap_pipe_send(pipe, raw, strike.by_ns);
    } else if (strike.effect == EFFECT_CHANGE) {
        gather_changed(pipe, *message, strike.payload);
    } else if (strike.effect == EFFECT_DUPLICATE) {
        gather(pipe, raw);
        gather(pipe, raw);
    } else if (strike.effect != EFFECT_SWALLOW) {
        gather(pipe, raw); /* armed from outside, with an effect of another point */
    }
    pipe->complete = pipe->gather.length > 0;
}

bool tap_pass_on(struct tap_end *end, struct tap_pipe *pipe)
{
    struct tap_piece *next;

    if (!tap_pipe_is_let_go(pipe))
        return false;
    struct tap_piece *piece = tap_pipe_take_behind(pipe);
    pass_message(end, pipe, &pipe->message);
    for (; piece != NULL; piece = next) {
        next = piece->next;
        if (piece->kind == PIECE_BYTES) {
            tap_pass(end, pipe, (struct wire_bytes){piece->bytes, piece->length});
        } else {
            tap_pass_rest(pipe);
            tap_pipe_end(pipe, piece->kind);
        }
        free(piece);
    }
    if (pipe->gate == NULL)
        send_gathered(pipe);
    return true;
}

void tap_pass_rest(struct tap_pipe *pipe)
{
    if (pipe->gate != NULL)
        return;
    if (pipe->holding && !tap_cut_clear(&pipe->cut))
        gather(pipe, pipe->cut.raw);
    pipe->holding = false;
    send_gathered(pipe);
}

/* What a piece of the stream turned out to be; `used` are its bytes. */
static void pass_cut(struct tap_end *end, struct tap_pipe *pipe, struct wire_bytes used,
                     enum rpc_status status, const struct wire_message *message)
{
    if (status == RPC_OK)
        learn(end, message);
    if (pipe->holding && status == RPC_OK) {
        if (!stops(end, pipe, message))
            pass_message(end, pipe, message);
        return;
    }
    if (!pipe->holding)
        gather(pipe, used);
    else if (status != RPC_AGAIN)
        gather(pipe, pipe->cut.raw); /* no message */
    if (status == RPC_OK) {
        pipe->complete = true;
        tell_point(end, message, NULL);
        tell(end, pipe, tap_ops(end->tap)->sent, message, NULL);
    }
}

void tap_pass(struct tap_end *end, struct tap_pipe *pipe, struct wire_bytes bytes)
{
    enum rpc_status status = RPC_OK;
    struct wire_message message;
    size_t used;

    while (bytes.length > 0 && status != RPC_TOO_LONG && pipe->gate == NULL) {
        if (tap_cut_clear(&pipe->cut))
            pipe->holding = tap_guarded(pipe->direction);
        status = tap_cut_take(&pipe->cut, bytes, &used, &message);
        pass_cut(end, pipe, (struct wire_bytes){bytes.data, used}, status, &message);
        bytes = (struct wire_bytes){bytes.data + used, bytes.length - used};
    }
    if (pipe->gate != NULL) {
        tap_pipe_wait(pipe, bytes);
        return;
    }
    gather(pipe, bytes);
    send_gathered(pipe);
}
