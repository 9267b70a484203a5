#include "rpc/wire/data_input.h"

#include <stdio.h>
#include <string.h>

#include "rpc/arena.h"
#include "rpc/wire/big_endian.h"
#include "rpc/wire/writable.h"

struct wire_data_input wire_data_input(struct wire_bytes bytes, struct arena *arena, char *problem)
{
    if (bytes.length == 0)
        bytes = wire_text("");
    problem[0] = '\0';
    return (struct wire_data_input){.at = bytes.data,
                                    .end = bytes.data + bytes.length,
                                    .arena = arena,
                                    .problem = problem,
                                    .status = RPC_OK,
                                    .no_utf8 = WIRE_ABSENT};
}

static size_t left(const struct wire_data_input *in)
{
    return (size_t)(in->end - in->at);
}

static const uint8_t *fail(struct wire_data_input *in, enum rpc_status status)
{
    in->status = status;
    return NULL;
}

/* The next `length` bytes; NULL when they are not there. */
static const uint8_t *take(struct wire_data_input *in, size_t length)
{
    if (in->status != RPC_OK)
        return NULL;
    if (length > left(in))
        return fail(in, RPC_END);
    const uint8_t *bytes = in->at;
    in->at += length;
    return bytes;
}

static struct wire_bytes take_bytes(struct wire_data_input *in, int64_t length)
{
    if (in->status == RPC_OK && length < 0) {
        snprintf(in->problem, WIRE_PROBLEM_MAX, "%lld", (long long)length);
        fail(in, RPC_BAD_VALUE);
    }
    if (in->status == RPC_OK && length > WRITABLE_COUNT_MAX) /* Java makes the array first */
        fail(in, RPC_TOO_LONG);
    const uint8_t *bytes = take(in, length < 0 ? 0 : (size_t)length);
    return bytes != NULL ? (struct wire_bytes){bytes, (size_t)length} : WIRE_ABSENT;
}

bool wire_data_boolean(struct wire_data_input *in)
{
    const uint8_t *byte = take(in, 1);
    return byte != NULL && byte[0] != 0;
}

static int64_t take_uint16(struct wire_data_input *in)
{
    const uint8_t *bytes = take(in, 2);
    return bytes != NULL ? (int64_t)(bytes[0] << 8 | bytes[1]) : 0;
}

int32_t wire_data_int32(struct wire_data_input *in)
{
    const uint8_t *bytes = take(in, 4);
    return bytes != NULL ? wire_int32(bytes) : 0;
}

int64_t wire_data_int64(struct wire_data_input *in)
{
    const uint8_t *bytes = take(in, 8);
    return bytes != NULL ? wire_int64(bytes) : 0;
}

/* WritableUtils.readVInt cuts a long to an int without a word. */
static int32_t take_vint(struct wire_data_input *in)
{
    int64_t number = 0;
    if (in->status != RPC_OK)
        return 0;
    size_t size = writable_read_vlong((struct wire_bytes){in->at, left(in)}, &number);
    if (size == 0)
        fail(in, RPC_END);
    in->at += size;
    return (int32_t)(uint32_t)(uint64_t)number;
}

/* --- texts --- */

static bool is_ascii(struct wire_bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static struct wire_bytes as_utf8(struct wire_data_input *in, enum writable_kind kind,
                                 struct wire_bytes text)
{
    struct wire_buffer buffer = {NULL, 0, 0};
    uint8_t *kept = NULL;

    if (in->arena == NULL || is_ascii(text))
        return text;
    if (writable_read_text(kind, text, &buffer) == RPC_OK &&
        (kept = arena_room(in->arena, buffer.length)) != NULL)
        memcpy(kept, buffer.data, buffer.length);
    size_t length = buffer.length;
    wire_buffer_release(&buffer);
    if (kept == NULL)
        fail(in, RPC_NO_MEMORY);
    return kept != NULL ? (struct wire_bytes){kept, length} : WIRE_ABSENT;
}

struct wire_bytes wire_data_utf8(struct wire_data_input *in)
{
    struct wire_bytes text = take_bytes(in, take_uint16(in));
    if (in->no_utf8.data == NULL && writable_check_utf8(text) < text.length)
        in->no_utf8 = text;
    return as_utf8(in, WRITABLE_UTF8, text);
}

static bool follows(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Where java.io.DataInputStream.readUTF stumbles; false and the reason in `problem`. */
static bool check_utf(struct wire_bytes text, char *problem)
{
    size_t at = 0;
    while (at < text.length) {
        const uint8_t *byte = text.data + at;
        size_t length = byte[0] < 0x80 ? 1 : (byte[0] & 0xe0) == 0xc0 ? 2 : 3;
        if ((byte[0] & 0xf0) == 0xf0 || follows(byte[0])) {
            snprintf(problem, WIRE_PROBLEM_MAX, "malformed input around byte %zu", at);
            return false;
        }
        at += length;
        if (at > text.length) {
            snprintf(problem, WIRE_PROBLEM_MAX, "malformed input: partial character at end");
            return false;
        }
        if ((length > 1 && !follows(byte[1])) || (length > 2 && !follows(byte[2]))) {
            snprintf(problem, WIRE_PROBLEM_MAX, "malformed input around byte %zu",
                     length == 2 ? at : at - 1);
            return false;
        }
    }
    return true;
}

struct wire_bytes wire_data_utf(struct wire_data_input *in)
{
    struct wire_bytes text = take_bytes(in, take_uint16(in));
    if (in->status == RPC_OK && !check_utf(text, in->problem))
        fail(in, RPC_MALFORMED);
    return in->status == RPC_OK ? as_utf8(in, WRITABLE_UTF, text) : WIRE_ABSENT;
}

struct wire_bytes wire_data_text(struct wire_data_input *in)
{
    return take_bytes(in, take_vint(in));
}

struct wire_bytes wire_data_string(struct wire_data_input *in)
{
    int32_t length = wire_data_int32(in);
    return length == -1 ? WIRE_ABSENT : take_bytes(in, length);
}

struct wire_bytes wire_data_rest(struct wire_data_input *in)
{
    return take_bytes(in, (int64_t)left(in));
}
