/*
 * What the tests of the codecs read and write with: bytes from hex and from the examples, and a
 * decoder that is fed message by message.
 */
#ifndef RPC_WIRE_CODEC_STAGE_H
#define RPC_WIRE_CODEC_STAGE_H

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"
#include "rpc/wire/wire.h"

static inline const struct wire_codec *v4(void)
{
    return wire_codec(4);
}

static inline struct wire_bytes bytes_of(const struct wire_buffer *buffer)
{
    return (struct wire_bytes){buffer->data, buffer->length};
}

/* Bytes from hex, for as long as the test runs. */
static inline struct wire_bytes hex(const char *digits)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    wire_hex_add(digits, &buffer);
    return buffer.data != NULL ? bytes_of(&buffer) : wire_text("");
}

static inline struct wire_bytes bytes_of_example(enum wire_example example)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    wire_example_add(example, &buffer);
    return bytes_of(&buffer);
}

static inline void give_back(struct wire_bytes bytes)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    memcpy(&buffer.data, &bytes.data, sizeof(bytes.data));
    if (bytes.length > 0)
        wire_buffer_release(&buffer);
}

/* The codec's bytes for the messages are `expected`, which is given back. */
static inline void are(const struct wire_codec *codec, const struct wire_message *messages,
                       size_t count, struct wire_bytes expected)
{
    struct wire_buffer out = {NULL, 0, 0};

    for (size_t i = 0; i < count; i++)
        cr_assert(eq(int, (int)codec->encode(&messages[i], &out), RPC_OK));
    cr_assert(eq(sz, out.length, expected.length));
    cr_assert(memcmp(out.data, expected.data, expected.length) == 0);
    wire_buffer_release(&out);
    give_back(expected);
}

static const char string_hi[] = "00106a6176612e6c616e672e537472696e670002 6869";
static const char two_of_string_hi_and_7[] =
    "00000002 00106a6176612e6c616e672e537472696e670002 6869 0003696e7400000007";

static struct wire_bytes fed[8];
static size_t fed_count;

/* The next message of `decoder`, from `digits`, which are to be all of it. */
static inline enum rpc_status next(struct wire_decoder *decoder, const char *digits,
                                   struct wire_message *message)
{
    struct wire_bytes bytes = hex(digits);
    size_t used;

    enum rpc_status status = wire_decoder_feed(decoder, bytes, &used, message);
    cr_assert(eq(sz, used, bytes.length));
    cr_assert(fed_count < 8);
    fed[fed_count++] = bytes;
    return status;
}

static inline void done(struct wire_decoder *decoder)
{
    wire_decoder_free(decoder);
    while (fed_count > 0)
        give_back(fed[--fed_count]);
}

#endif
