#include "harness/tap/cut.h"

#include <string.h>

#include "rpc/wire/fields.h"
#include "rpc/wire/writable.h"

enum {
    FRAME_MAX = 256 << 20, /* whatever the peers' own limits are */
    KEPT_FIRST = 512,      /* most messages have room in it */
    KEPT_MAX = 65536,      /* a larger buffer is not kept for the next message */
};

enum rpc_status tap_cut_init(struct tap_cut *cut, const struct wire_codec *codec,
                             const struct writable_types *types, struct wire_kinds *kinds,
                             enum wire_side side)
{
    *cut = (struct tap_cut){.codec = codec, .kinds = kinds, .types = types, .side = side};
    cut->decoder = wire_decoder_create(codec, side, FRAME_MAX);
    if (cut->decoder == NULL)
        return RPC_NO_MEMORY;
    wire_decoder_types(cut->decoder, types);
    return RPC_OK;
}

void tap_cut_release(struct tap_cut *cut)
{
    wire_decoder_free(cut->decoder);
    wire_buffer_release(&cut->kept);
}

bool tap_cut_clear(const struct tap_cut *cut)
{
    return cut->done || cut->raw.length == 0;
}

static void forget(struct tap_cut *cut)
{
    cut->done = false;
    cut->raw = WIRE_ABSENT;
    cut->kept.length = 0;
    if (cut->kept.capacity > KEPT_MAX)
        wire_buffer_release(&cut->kept);
}

static enum rpc_status keep(struct tap_cut *cut, struct wire_bytes bytes)
{
    if (cut->kept.data == NULL)
        wire_buffer_room(&cut->kept, KEPT_FIRST);
    enum rpc_status status = wire_buffer_add(&cut->kept, bytes.data, bytes.length);
    cut->raw = (struct wire_bytes){cut->kept.data, cut->kept.length};
    return status;
}

enum rpc_status tap_cut_keep(struct tap_cut *cut)
{
    return cut->kept.length == 0 ? keep(cut, cut->raw) : RPC_OK;
}

/* After these the stream speaks something else. */
static bool is_last(const struct tap_cut *cut, const struct wire_message *message)
{
    if (message->kind == WIRE_PREAMBLE)
        return !wire_is(message->magic, "hrpc") || message->version != cut->codec->version;
    return message->kind == WIRE_HTTP || message->kind == WIRE_GOODBYE;
}

/* What does not decode ends where its length says. */
static bool is_framed(const struct tap_cut *cut)
{
    return cut->side == WIRE_TO_SERVER || cut->codec->frames_replies;
}

/* In a frame only reading a Writable tells where it ends. */
static void trim(const struct tap_cut *cut, struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];
    struct wire_bytes body = message->body;
    size_t size;
    if (message->kind != WIRE_RESPONSE || message->rpc_kind != WIRE_KIND_WRITABLE ||
        body.data == NULL || !cut->codec->frames_replies ||
        writable_walk(cut->types, WRITABLE_GOAL_OBJECT, NULL, body, NULL, NULL, &size, problem) !=
            RPC_OK ||
        size == body.length)
        return;
    message->body.length = size;
    message->trailing = (struct wire_bytes){body.data + size, body.length - size};
}

enum rpc_status tap_cut_take(struct tap_cut *cut, struct wire_bytes bytes, size_t *used,
                             struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];

    *used = 0;
    if (cut->done)
        forget(cut);
    if (cut->deaf)
        return RPC_TOO_LONG;
    enum rpc_status status = wire_decoder_feed(cut->decoder, bytes, used, message);
    bytes.length = *used;
    if (status != RPC_AGAIN && cut->kept.length == 0)
        cut->raw = bytes;
    else if (keep(cut, bytes) != RPC_OK)
        status = RPC_TOO_LONG;
    cut->done = status != RPC_AGAIN;
    if (status == RPC_OK) {
        wire_kinds_pass(cut->kinds, cut->codec, message);
        wire_message_open(cut->codec, message, wire_decoder_arena(cut->decoder), problem);
        trim(cut, message);
        cut->deaf = is_last(cut, message);
    } else if (status != RPC_AGAIN && !(status == RPC_MALFORMED && is_framed(cut))) {
        cut->deaf = true;
        status = RPC_TOO_LONG;
    }
    return status;
}

/* --- what can be said about a message --------------------------------------------- */

enum point tap_point_of(const struct wire_message *message)
{
    switch (message->kind) {
    case WIRE_PREAMBLE:
        return POINT_WIRE_PREAMBLE;
    case WIRE_SASL:
        return POINT_WIRE_SASL;
    case WIRE_CONTEXT:
        return POINT_WIRE_CONTEXT;
    case WIRE_PING:
        return POINT_WIRE_PING;
    case WIRE_REQUEST:
        return POINT_WIRE_REQUEST;
    case WIRE_RESPONSE:
        return POINT_WIRE_RESPONSE;
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
    return POINT_COUNT;
}

/* A C string of the bytes, in `room`. */
static const char *text_of(struct wire_bytes bytes, char *room)
{
    size_t length = bytes.length < TAP_TEXT_MAX ? bytes.length : TAP_TEXT_MAX;
    memcpy(room, bytes.data, length);
    room[length] = '\0';
    return room;
}

static void add_number(struct tap_visit *visit, enum point_field field, int64_t number)
{
    visit->values[visit->event.value_count++] = (struct point_value){(uint8_t)field, NULL, number};
}

/* The message's field of that name, when there is one. */
static void add(struct tap_visit *visit, enum point_field field)
{
    struct wire_value value;
    const size_t place = visit->event.value_count;
    if (wire_field_get(visit->event.message, point_field_name(field), &value) != RPC_OK)
        return;
    if (value.type == WIRE_VALUE_NUMBER)
        add_number(visit, field, value.number);
    else if (value.type == WIRE_VALUE_BYTES)
        visit->values[visit->event.value_count++] =
            (struct point_value){(uint8_t)field, text_of(value.bytes, visit->texts[place]), 0};
}

/* The fields of the points in faults/point.h, but for the length; FIELD_COUNT ends a list. */
static const enum point_field told[][TAP_TOLD_MAX + 1] = {
    [WIRE_PREAMBLE] = {FIELD_VERSION, FIELD_AUTH, FIELD_COUNT},
    [WIRE_SASL] = {FIELD_STATE, FIELD_COUNT},
    [WIRE_CONTEXT] = {FIELD_USER, FIELD_EFFECTIVE, FIELD_PROTOCOL, FIELD_COUNT},
    [WIRE_REQUEST] = {FIELD_METHOD, FIELD_COUNT},
    [WIRE_PING] = {FIELD_COUNT},
    [WIRE_RESPONSE] = {FIELD_STATUS, FIELD_CLASS, FIELD_MESSAGE, FIELD_CODE, FIELD_COUNT},
    [WIRE_GOODBYE] = {FIELD_COUNT},
    [WIRE_HTTP] = {FIELD_COUNT},
};

void tap_visit_begin(struct tap_visit *visit, const struct world_stream *stream,
                     const struct wire_message *message)
{
    visit->event = (struct point_event){
        .point = tap_point_of(message),
        .direction = message->side == WIRE_TO_SERVER ? DIRECTION_C2S : DIRECTION_S2C,
        .host = stream->host->id,
        .connection = stream->connection,
        .call_id = POINT_NO_CALL,
        .at_ns = world_now(stream->world),
        .values = visit->values,
        .message = message,
    };
    if (message->kind == WIRE_REQUEST || message->kind == WIRE_RESPONSE) {
        visit->event.call_id = message->call_id;
        visit->event.retry = message->retry;
    }
    for (const enum point_field *field = told[message->kind]; *field != FIELD_COUNT; field++)
        add(visit, *field);
    add_number(visit, FIELD_LENGTH, (int64_t)message->size);
}
