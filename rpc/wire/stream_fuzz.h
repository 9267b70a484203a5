/*
 * What the fuzzers of both directions do with a stream of an IPC version: decode it in pieces,
 * open what comes, and hold the codec to its word: what it has encoded decodes, to what encodes
 * to the same.
 */
#ifndef RPC_WIRE_STREAM_FUZZ_H
#define RPC_WIRE_STREAM_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "rpc/wire/types_fuzz.h"
#include "rpc/wire/wire.h"

enum { FUZZ_FRAME_MAX = 1 << 16, FUZZ_SASL = 255 };

/* Read on behind the header, as a peer does.  Of which kind a reply's call was it makes up. */
static enum rpc_status fuzz_open(const struct wire_codec *codec, struct wire_decoder *decoder,
                                 struct wire_message *message)
{
    struct arena *arena = wire_decoder_arena(decoder);
    char problem[WIRE_PROBLEM_MAX];

    switch (message->kind) {
    case WIRE_CONTEXT:
        return codec->open_context(message, arena, problem);
    case WIRE_SASL:
        return codec->open_sasl(message, arena, problem);
    case WIRE_REQUEST:
        return message->rpc_kind != WIRE_NUMBER_ABSENT
                   ? codec->open_request(message, arena, problem)
                   : RPC_AGAIN;
    case WIRE_RESPONSE:
        if (codec->protobuf_headers && message->call_id % 2 != 0)
            message->rpc_kind = WIRE_KIND_WRITABLE;
        return message->status == WIRE_SUCCESS ? codec->open_value(message, NULL, problem) : RPC_OK;
    case WIRE_PREAMBLE:
    case WIRE_PING:
    case WIRE_GOODBYE:
        return RPC_OK;
    case WIRE_HTTP:
        break;
    }
    return RPC_AGAIN;
}

/* Encode from the fields alone. */
static struct wire_buffer fuzz_encode(const struct wire_codec *codec, struct wire_message message)
{
    struct wire_buffer out = {NULL, 0, 0};
    message.payload = WIRE_ABSENT;
    if (codec->encode(&message, &out) != RPC_OK)
        abort();
    return out;
}

static void fuzz_again(const struct wire_codec *codec, enum wire_side side,
                       const struct wire_message *message)
{
    struct wire_buffer first = fuzz_encode(codec, *message);
    struct wire_decoder *decoder = wire_decoder_create(codec, side, 2 * FUZZ_FRAME_MAX);
    struct wire_message again;
    size_t used;

    if (side == WIRE_TO_SERVER && message->kind != WIRE_PREAMBLE) {
        const uint8_t opening[] = {'h', 'r', 'p', 'c', (uint8_t)codec->version, 0, 0};
        const struct wire_bytes preamble = {opening, codec->preamble_length};
        if (wire_decoder_feed(decoder, preamble, &used, &again) != RPC_OK)
            abort();
    }
    wire_decoder_types(decoder, fuzz_types());
    wire_decoder_expect(decoder, message->kind);
    struct wire_bytes bytes = {first.data, first.length};
    if (wire_decoder_feed(decoder, bytes, &used, &again) != RPC_OK || used != first.length ||
        fuzz_open(codec, decoder, &again) != RPC_OK)
        abort();
    struct wire_buffer second = fuzz_encode(codec, again);
    if (second.length != first.length || memcmp(second.data, first.data, first.length) != 0)
        abort();
    wire_buffer_release(&second);
    wire_decoder_free(decoder);
    wire_buffer_release(&first);
}

/* The first byte says how large the pieces are, and whether a client expects SASL. */
static int fuzz_stream(int version, enum wire_side side, const uint8_t *data, size_t size)
{
    const struct wire_codec *codec = wire_codec(version);

    if (size < 2)
        return 0;
    struct wire_decoder *decoder = wire_decoder_create(codec, side, FUZZ_FRAME_MAX);
    size_t piece = data[0] == 0 ? size : data[0], at = 1;
    enum rpc_status status = RPC_OK;

    wire_decoder_types(decoder, fuzz_types());
    if (side == WIRE_TO_CLIENT && data[0] == FUZZ_SASL)
        wire_decoder_expect(decoder, WIRE_SASL);
    bool framed = side == WIRE_TO_SERVER || codec->frames_replies;
    while (at < size &&
           (status == RPC_OK || status == RPC_AGAIN || (status == RPC_MALFORMED && framed))) {
        struct wire_message message;
        size_t used;
        struct wire_bytes bytes = {data + at, size - at < piece ? size - at : piece};
        status = wire_decoder_feed(decoder, bytes, &used, &message);
        at += used;
        if (status == RPC_OK && fuzz_open(codec, decoder, &message) == RPC_OK)
            fuzz_again(codec, side, &message);
    }
    wire_decoder_free(decoder);
    return 0;
}

#endif
