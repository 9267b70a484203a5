#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/arena.h"
#include "rpc/wire/big_endian.h"
#include "rpc/wire/extent.h"
#include "rpc/wire/goodbye.h"
#include "rpc/wire/wire.h"

enum {
    WORD = 4,         /* a magic or a length */
    BODY_STEP = 8192, /* memory that is asked for ahead of a body's bytes, at least */
    KEPT_MAX = 65536, /* a larger buffer is not kept for the next message */
};

enum decoder_state {
    DECODER_MAGIC,   /* "hrpc", or "GET " */
    DECODER_HEADER,  /* the rest of the preamble */
    DECODER_LENGTH,  /* the length word of a frame */
    DECODER_BODY,    /* the frame behind it */
    DECODER_REPLY,   /* before version 9, to a client: what has no length word */
    DECODER_GOODBYE, /* after a first length of -1 */
    DECODER_DEAD,    /* a length that no one survives */
};

#define TO(state) (1u << (state))

static const unsigned may_follow[] = {
    [DECODER_MAGIC] = TO(DECODER_HEADER),
    [DECODER_HEADER] = TO(DECODER_LENGTH),
    [DECODER_LENGTH] =
        TO(DECODER_LENGTH) | TO(DECODER_BODY) | TO(DECODER_GOODBYE) | TO(DECODER_DEAD),
    [DECODER_BODY] = TO(DECODER_LENGTH),
    [DECODER_REPLY] = TO(DECODER_REPLY) | TO(DECODER_DEAD),
    [DECODER_GOODBYE] = TO(DECODER_LENGTH) | TO(DECODER_DEAD),
    [DECODER_DEAD] = 0,
};

struct wire_decoder {
    const struct wire_codec *codec; /* borrowed */
    struct arena arena;             /* for the message that was given last */
    enum wire_side side;
    enum decoder_state state;
    bool given; /* the buffer holds a message that its borrower is done with */
    bool first; /* nothing has been decoded yet */
    enum wire_kind expected;
    struct wire_extent *extent; /* owned; NULL: what comes has length words */
    struct wire_buffer *spare;  /* borrowed; see wire_decoder_share */
    size_t length_max;          /* of a frame */
    size_t missing;             /* bytes of the present state that have not come */
    uint8_t head[2 * WORD];     /* preamble, or a length word */
    size_t head_length;
    struct wire_buffer body;
    const char *problem; /* in the arena, of the message that was given last */
};

static void enter(struct wire_decoder *decoder, enum decoder_state next, size_t missing)
{
    assert(may_follow[decoder->state] & TO(next));
    decoder->state = next;
    decoder->missing = missing;
}

struct wire_decoder *wire_decoder_create(const struct wire_codec *codec, enum wire_side side,
                                         size_t frame_length_max)
{
    struct wire_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        return NULL;
    bool unframed = side == WIRE_TO_CLIENT && !codec->frames_replies;
    if (unframed) {
        decoder->extent = wire_extent_create(NULL, frame_length_max);
        if (decoder->extent == NULL) {
            free(decoder);
            return NULL;
        }
    }
    decoder->codec = codec;
    decoder->arena.budget = WIRE_DECODED_MAX;
    decoder->side = side;
    decoder->length_max = frame_length_max;
    decoder->state = unframed                 ? DECODER_REPLY
                     : side == WIRE_TO_SERVER ? DECODER_MAGIC
                                              : DECODER_LENGTH;
    decoder->missing = unframed ? WIRE_EXTENT_HEADER : WORD;
    decoder->first = true;
    decoder->problem = "";
    return decoder;
}

void wire_decoder_expect(struct wire_decoder *decoder, enum wire_kind expected)
{
    decoder->expected = expected;
    if (decoder->extent != NULL)
        wire_extent_expect(decoder->extent, expected);
}

void wire_decoder_types(struct wire_decoder *decoder, const struct writable_types *types)
{
    if (decoder->extent != NULL)
        wire_extent_types(decoder->extent, types);
}

void wire_decoder_free(struct wire_decoder *decoder)
{
    if (decoder == NULL)
        return;
    wire_buffer_release(&decoder->body);
    wire_extent_free(decoder->extent);
    arena_release(&decoder->arena);
    free(decoder);
}

/* The message that was given last is its borrower's no more. */
static void forget_message(struct wire_decoder *decoder)
{
    decoder->given = false;
    decoder->head_length = 0;
    decoder->body.length = 0;
    if (decoder->body.capacity > KEPT_MAX)
        wire_buffer_release(&decoder->body);
    arena_reset(&decoder->arena);
    decoder->problem = "";
}

void wire_decoder_share(struct wire_decoder *decoder, struct wire_buffer *spare)
{
    decoder->spare = spare;
}

void wire_decoder_rest(struct wire_decoder *decoder)
{
    if (!decoder->given)
        return;
    forget_message(decoder);
    if (decoder->spare == NULL || decoder->spare->data != NULL) {
        wire_buffer_release(&decoder->body);
        return;
    }
    *decoder->spare = decoder->body;
    decoder->body = (struct wire_buffer){0};
}

static bool has_body(const struct wire_decoder *decoder)
{
    return decoder->state == DECODER_BODY || decoder->state == DECODER_GOODBYE ||
           decoder->state == DECODER_REPLY;
}

size_t wire_decoder_want(struct wire_decoder *decoder, uint8_t **into)
{
    assert(decoder->state != DECODER_DEAD);

    if (decoder->given)
        forget_message(decoder);
    size_t want = decoder->missing;
    assert(want > 0);
    if (!has_body(decoder)) {
        *into = decoder->head + decoder->head_length;
        return want;
    }
    if (decoder->body.data == NULL && decoder->spare != NULL) {
        decoder->body = *decoder->spare;
        *decoder->spare = (struct wire_buffer){0};
    }
    size_t step = decoder->body.length > BODY_STEP ? decoder->body.length : BODY_STEP;
    if (want > step)
        want = step;
    *into = wire_buffer_room(&decoder->body, want);
    return *into != NULL ? want : 0;
}

bool wire_decoder_amid(const struct wire_decoder *decoder)
{
    return !decoder->given && (decoder->head_length > 0 || decoder->body.length > 0);
}

static enum rpc_status give(struct wire_decoder *decoder, enum rpc_status status)
{
    decoder->given = true;
    decoder->first = false;
    return status;
}

static enum rpc_status die(struct wire_decoder *decoder, int32_t length,
                           struct wire_message *message)
{
    enter(decoder, DECODER_DEAD, 0);
    *message = (struct wire_message){.side = decoder->side, .length = length};
    return RPC_TOO_LONG;
}

static enum rpc_status take_header(struct wire_decoder *decoder, struct wire_message *message)
{
    const struct wire_bytes magic = {decoder->head, WORD};
    const uint8_t *rest = decoder->head + WORD;

    enter(decoder, DECODER_LENGTH, WORD);
    bool http = decoder->codec->knows_http && wire_is(magic, "GET ");
    *message = wire_message(http ? WIRE_HTTP : WIRE_PREAMBLE);
    message->magic = magic;
    message->size = decoder->codec->preamble_length;
    if (message->kind == WIRE_PREAMBLE) {
        bool has_class = message->size > WORD + 2;
        message->version = (int8_t)rest[0];
        message->service_class = has_class ? (int8_t)rest[1] : 0;
        message->auth = rest[has_class ? 2 : 1];
    }
    decoder->expected = decoder->codec->auth_is_sasl(message->auth) ? WIRE_SASL : WIRE_CONTEXT;
    return give(decoder, RPC_OK);
}

/* Few messages have one: no connection keeps room for it. */
static void keep_problem(struct wire_decoder *decoder, const char *problem)
{
    const char *kept = arena_text(&decoder->arena, problem);
    if (kept != NULL)
        decoder->problem = kept;
}

static enum rpc_status take_body(struct wire_decoder *decoder, struct wire_message *message)
{
    const struct wire_bytes frame = {decoder->body.data, decoder->body.length};

    enter(decoder, DECODER_LENGTH, WORD);
    char problem[WIRE_PROBLEM_MAX];
    enum rpc_status status =
        decoder->codec->decode(decoder->side, decoder->expected, frame, message, &decoder->arena,
                               problem, sizeof(problem));
    if (status == RPC_MALFORMED)
        keep_problem(decoder, problem);
    message->length = (int32_t)frame.length;
    message->size = WORD + frame.length;
    if (decoder->expected == WIRE_CONTEXT)
        decoder->expected = WIRE_REQUEST;
    return give(decoder, status);
}

/* The header of a reply, or what has come of one that can't be read further. */
static enum rpc_status open_reply(struct wire_decoder *decoder, struct wire_message *message)
{
    const struct wire_bytes reply = {decoder->body.data, decoder->body.length};
    char problem[WIRE_PROBLEM_MAX];

    enum rpc_status status =
        decoder->codec->decode(decoder->side, decoder->expected, reply, message, &decoder->arena,
                               problem, sizeof(problem));
    message->size = reply.length;
    return status;
}

static enum rpc_status take_reply(struct wire_decoder *decoder, struct wire_message *message)
{
    const struct wire_bytes come_of_it = {decoder->body.data, decoder->body.length};
    char problem[WIRE_PROBLEM_MAX] = "";

    size_t needed = come_of_it.length;
    enum rpc_status status = wire_extent_look(decoder->extent, come_of_it, &needed, problem);
    decoder->missing = needed - come_of_it.length;
    if (status == RPC_AGAIN || status == RPC_NO_MEMORY)
        return status;
    enum rpc_status opened = open_reply(decoder, message);
    if (status == RPC_OK) {
        enter(decoder, DECODER_REPLY, WIRE_EXTENT_HEADER);
        wire_extent_reset(decoder->extent);
        return give(decoder, opened);
    }
    keep_problem(decoder, problem);
    enter(decoder, DECODER_DEAD, 0);
    return status;
}

/* A ping of a version before 9. */
static enum rpc_status take_ping(struct wire_decoder *decoder, int32_t length,
                                 struct wire_message *message)
{
    enter(decoder, DECODER_LENGTH, WORD);
    *message = decoder->codec->message(WIRE_PING);
    message->length = length;
    message->size = WORD;
    return give(decoder, RPC_OK);
}

static enum rpc_status take_goodbye(struct wire_decoder *decoder, struct wire_message *message)
{
    const struct wire_bytes goodbye = {decoder->body.data, decoder->body.length};

    size_t needed = wire_goodbye_size(goodbye, decoder->length_max);
    if (needed == 0)
        return die(decoder, -1, message);
    decoder->missing = needed - goodbye.length;
    if (decoder->missing > 0)
        return RPC_AGAIN;
    *message = wire_goodbye_decode(goodbye);
    message->length = -1;
    enter(decoder, DECODER_LENGTH, WORD);
    return give(decoder, RPC_OK);
}

static enum rpc_status take_length(struct wire_decoder *decoder, struct wire_message *message)
{
    int32_t length = wire_int32(decoder->head);

    if (length == -1 && decoder->side == WIRE_TO_SERVER && !decoder->codec->frames_pings)
        return take_ping(decoder, length, message);
    if (length == -1 && decoder->side == WIRE_TO_CLIENT && decoder->first) {
        if (wire_buffer_add(&decoder->body, decoder->head, WORD) != RPC_OK)
            return RPC_NO_MEMORY;
        enter(decoder, DECODER_GOODBYE, WORD);
        return RPC_AGAIN;
    }
    if (length < 0 || (size_t)length > decoder->length_max) {
        return die(decoder, length, message);
    }
    enter(decoder, DECODER_BODY, (size_t)length);
    return length == 0 ? take_body(decoder, message) : RPC_AGAIN;
}

enum rpc_status wire_decoder_take(struct wire_decoder *decoder, size_t length,
                                  struct wire_message *message)
{
    assert(length <= decoder->missing);
    decoder->missing -= length;
    if (has_body(decoder))
        decoder->body.length += length;
    else
        decoder->head_length += length;
    if (decoder->missing > 0)
        return RPC_AGAIN;

    switch (decoder->state) {
    case DECODER_MAGIC:
        enter(decoder, DECODER_HEADER, decoder->codec->preamble_length - WORD);
        return RPC_AGAIN;
    case DECODER_HEADER:
        return take_header(decoder, message);
    case DECODER_LENGTH:
        return take_length(decoder, message);
    case DECODER_BODY:
        return take_body(decoder, message);
    case DECODER_REPLY:
        return take_reply(decoder, message);
    case DECODER_GOODBYE:
        return take_goodbye(decoder, message);
    case DECODER_DEAD:
        break;
    }
    return RPC_TOO_LONG;
}

const char *wire_decoder_problem(const struct wire_decoder *decoder)
{
    return decoder->problem;
}

struct arena *wire_decoder_arena(struct wire_decoder *decoder)
{
    return &decoder->arena;
}

enum rpc_status wire_decoder_feed(struct wire_decoder *decoder, struct wire_bytes bytes,
                                  size_t *used, struct wire_message *message)
{
    *used = 0;
    while (*used < bytes.length) {
        uint8_t *into;
        size_t want = wire_decoder_want(decoder, &into);
        if (want == 0)
            return RPC_NO_MEMORY;
        if (want > bytes.length - *used)
            want = bytes.length - *used;
        memcpy(into, bytes.data + *used, want);
        *used += want;
        enum rpc_status status = wire_decoder_take(decoder, want, message);
        if (status != RPC_AGAIN)
            return status;
    }
    return RPC_AGAIN;
}
