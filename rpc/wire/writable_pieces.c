/*
 * The pieces that Writables are made of, to read and to write.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/writable.h"
#include "rpc/wire/writable_problem.h"

/* --- vint and vlong (WritableUtils) --- */

/* decodeVIntSize */
size_t writable_vlong_size(uint8_t first)
{
    int value = (int8_t)first;
    if (value >= -112)
        return 1;
    return (size_t)(value < -120 ? -119 - value : -111 - value);
}

size_t writable_read_vlong(struct wire_bytes bytes, int64_t *value)
{
    if (bytes.length == 0)
        return 0;
    int first = (int8_t)bytes.data[0];
    size_t size = writable_vlong_size(bytes.data[0]);
    if (size > bytes.length)
        return 0;
    uint64_t magnitude = size == 1 ? (uint64_t)(int64_t)first : 0;
    for (size_t i = 1; i < size; i++)
        magnitude = magnitude << 8 | bytes.data[i];
    *value = (int64_t)(size > 1 && first < -120 ? ~magnitude : magnitude);
    return size;
}

static size_t write_vlong(uint8_t *out, int64_t number)
{
    if (number >= -112 && number <= 127) {
        out[0] = (uint8_t)(int8_t)number;
        return 1;
    }
    uint64_t magnitude = number < 0 ? ~(uint64_t)number : (uint64_t)number;
    size_t length = 0;
    for (uint64_t rest = magnitude; rest != 0; rest >>= 8)
        length++;
    out[0] = (uint8_t)(int8_t)((number < 0 ? -120 : -112) - (int)length);
    for (size_t i = 0; i < length; i++)
        out[1 + i] = (uint8_t)(magnitude >> 8 * (length - 1 - i));
    return 1 + length;
}

/* --- reading texts --- */

/* UTF-8 of a code point; lone surrogates have their three bytes. */
static size_t write_point(uint8_t *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | (point >> 18 & 7));
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* How many bytes the sequence has that begins so; 0: none does.  UTF8.readChars of 1.2.1. */
static size_t sequence_length(uint8_t first)
{
    return first < 0x80             ? 1
           : (first & 0xe0) == 0xc0 ? 2
           : (first & 0xf0) == 0xe0 ? 3
           : (first & 0xf8) == 0xf0 ? 4
                                    : 0;
}

/* Nearly all is ASCII: eight bytes at a look. */
static size_t skip_ascii(struct wire_bytes text)
{
    size_t at = 0;
    uint64_t eight;
    for (; text.length - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, text.data + at, sizeof(eight));
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return at;
}

size_t writable_check_utf8(struct wire_bytes text)
{
    size_t at = skip_ascii(text);
    while (at < text.length) {
        size_t length = sequence_length(text.data[at]);
        if (length == 0 || length > text.length - at)
            break;
        at += length;
    }
    return at;
}

/* UTF8.readChars of 1.2.1, with its own idea of where the hexadecimal bytes end. */
enum rpc_status writable_refuse_utf8(struct wire_bytes text, char *problem)
{
    enum { SHOWN = 6 };
    size_t at = writable_check_utf8(text);
    if (at == text.length)
        return RPC_OK;
    uint8_t first = text.data[at];
    bool cut = (first & 0xc0) == 0xc0 && first < 0xf8;
    size_t rest = text.length - at, end = at + (rest < SHOWN ? rest : SHOWN);
    if (cut)
        end = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    char bytes[2 * SHOWN + 1] = "";
    for (size_t i = at; i < end && i < text.length; i++)
        snprintf(bytes + 2 * (i - at), 3, "%02x", text.data[i]);
    return writable_problem(problem, RPC_MALFORMED, "%s UTF8 at %s", cut ? "Truncated" : "Invalid",
                            bytes);
}

/* One sequence, as Java reads it: the bits of whatever follows.  Its length; 0: there is none. */
static size_t read_sequence(struct wire_bytes bytes, size_t at, uint32_t *point)
{
    static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    if (at >= bytes.length)
        return 0;
    size_t length = sequence_length(bytes.data[at]);
    if (length == 0 || length > bytes.length - at)
        return 0;
    *point = bytes.data[at] & mask[length];
    for (size_t i = 1; i < length; i++)
        *point = *point << 6 | (bytes.data[at + i] & 0x3f);
    return length;
}

static bool is_high(uint32_t point)
{
    return point >= 0xd800 && point < 0xdc00;
}

static bool is_low(uint32_t point)
{
    return point >= 0xdc00 && point < 0xe000;
}

/* One character from `at`, a pair of surrogates being one. */
static size_t read_character(struct wire_bytes bytes, size_t at, uint32_t *point)
{
    uint32_t low;
    size_t length = read_sequence(bytes, at, point);
    if (length == 0) {
        *point = '?';
        return 1;
    }
    size_t more = length == 3 && is_high(*point) ? read_sequence(bytes, at + length, &low) : 0;
    if (more == 3 && is_low(low)) {
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
        length += more;
    }
    return length;
}

/* --- UTF-8 as java.nio.charset decodes it --- */

static bool continues(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Whether the second byte can follow the first.  Surrogates are not seen before the third. */
static bool can_follow(uint8_t first, uint8_t second)
{
    if (!continues(second))
        return false;
    return first == 0xe0   ? second >= 0xa0
           : first == 0xf0 ? second >= 0x90
           : first == 0xf4 ? second < 0x90
                           : true;
}

/* How many bytes from `at` are one character, or else are replaced by one (*well is false). */
static size_t decode(struct wire_bytes text, size_t at, bool *well)
{
    const uint8_t *byte = text.data + at;
    size_t left = text.length - at, length = sequence_length(byte[0]);
    *well = byte[0] < 0x80;
    if (length < 2 || byte[0] < 0xc2 || byte[0] > 0xf4 || left < 2 || !can_follow(byte[0], byte[1]))
        return 1;
    for (size_t i = 2; i < length; i++)
        if (i == left || !continues(byte[i]))
            return i;
    *well = byte[0] != 0xed || byte[1] < 0xa0;
    return length;
}

bool writable_is_utf8(struct wire_bytes text)
{
    bool well = true;
    for (size_t at = 0; well && at < text.length;)
        at += decode(text, at, &well);
    return well;
}

static enum rpc_status read_replaced(struct wire_bytes bytes, struct wire_buffer *out)
{
    enum rpc_status status = RPC_OK;
    bool well;
    for (size_t at = 0, length; status == RPC_OK && at < bytes.length; at += length) {
        length = decode(bytes, at, &well);
        status = well ? wire_buffer_add(out, bytes.data + at, length)
                      : wire_buffer_add(out, "\xef\xbf\xbd", 3);
    }
    return status;
}

enum rpc_status writable_read_text(enum writable_kind kind, struct wire_bytes bytes,
                                   struct wire_buffer *out)
{
    if ((kind == WRITABLE_TEXT || kind == WRITABLE_STRING) && !writable_is_utf8(bytes))
        return read_replaced(bytes, out);
    if (kind != WRITABLE_UTF8 && kind != WRITABLE_UTF)
        return wire_buffer_add(out, bytes.data, bytes.length);
    /* No character gets longer than it was, but what is overlong gets shorter. */
    uint8_t *room = wire_buffer_room(out, bytes.length);
    if (room == NULL)
        return bytes.length == 0 ? RPC_OK : RPC_NO_MEMORY;
    for (size_t at = 0; at < bytes.length;) {
        uint32_t point;
        at += read_character(bytes, at, &point);
        size_t length = write_point(room, point);
        room += length;
        out->length += length;
    }
    return RPC_OK;
}

/* --- writing --- */

static enum rpc_status put_fixed(struct wire_buffer *out, uint64_t bits, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits >> 8 * (size - 1 - i));
    return wire_buffer_add(out, bytes, size);
}

enum rpc_status writable_put_number(struct wire_buffer *out, enum writable_kind kind,
                                    int64_t number)
{
    uint8_t bytes[9];
    switch ((int)kind) {
    case WRITABLE_BOOLEAN:
        return put_fixed(out, number != 0, 1);
    case WRITABLE_BYTE:
        return put_fixed(out, (uint64_t)number, 1);
    case WRITABLE_CHAR:
    case WRITABLE_SHORT:
        return put_fixed(out, (uint64_t)number, 2);
    case WRITABLE_INT:
        return put_fixed(out, (uint64_t)number, 4);
    case WRITABLE_LONG:
        return put_fixed(out, (uint64_t)number, 8);
    case WRITABLE_VINT:
    case WRITABLE_VLONG:
        return wire_buffer_add(out, bytes, write_vlong(bytes, number));
    default:
        assert(false);
        return RPC_BAD_VALUE;
    }
}

enum rpc_status writable_put_real(struct wire_buffer *out, enum writable_kind kind, double number)
{
    uint64_t bits;
    if (kind == WRITABLE_FLOAT) {
        uint32_t half;
        float real = (float)number;
        memcpy(&half, &real, sizeof(half));
        return put_fixed(out, half, 4);
    }
    assert(kind == WRITABLE_DOUBLE);
    memcpy(&bits, &number, sizeof(bits));
    return put_fixed(out, bits, 8);
}

/* A character of UTF-8 as Java has it in memory, one or two UTF-16 units: its bytes at `out`.  A
 * byte that is no UTF-8 stands as it is. */
static size_t write_units(struct wire_bytes text, size_t *at, bool overlong, uint8_t *out,
                          size_t *units)
{
    uint32_t point;
    size_t length = read_sequence(text, *at, &point);
    *units = 1;
    if (length == 0) {
        out[0] = text.data[(*at)++];
        return 1;
    }
    *at += length;
    if (point == 0 && overlong) {
        out[0] = 0xc0;
        out[1] = 0x80;
        return 2;
    }
    if (point < 0x10000 || point > 0x10ffff) {
        memcpy(out, text.data + *at - length, length);
        return length;
    }
    *units = 2;
    size_t used = write_point(out, 0xd800 + ((point - 0x10000) >> 10));
    return used + write_point(out + used, 0xdc00 + (point & 0x3ff));
}

/* uint16 length, then CESU-8. */
static enum rpc_status put_utf(struct wire_buffer *out, struct wire_bytes text, bool overlong,
                               size_t units_max, size_t length_max)
{
    enum { CHARACTER_MAX = 6 };
    size_t start = out->length, units = 0, at = 0, of_this;
    enum rpc_status status = put_fixed(out, 0, 2);
    while (status == RPC_OK && at < text.length) {
        uint8_t character[CHARACTER_MAX];
        size_t used = write_units(text, &at, overlong, character, &of_this);
        units += of_this;
        if (units > units_max) {
            /* Java cuts between the halves of a pair. */
            if (of_this == 2 && units == units_max + 1)
                status = wire_buffer_add(out, character, 3);
            break;
        }
        if (out->length - start - 2 + used > length_max)
            status = RPC_TOO_LONG;
        else
            status = wire_buffer_add(out, character, used);
    }
    if (status != RPC_OK) {
        out->length = start;
        return status;
    }
    size_t length = out->length - start - 2;
    out->data[start] = (uint8_t)(length >> 8);
    out->data[start + 1] = (uint8_t)length;
    return RPC_OK;
}

enum rpc_status writable_put_text(struct wire_buffer *out, enum writable_kind kind,
                                  struct wire_bytes text, bool overlong)
{
    enum { UTF8_UNITS_MAX = 0xffff / 3 };
    switch ((int)kind) {
    case WRITABLE_UTF8:
        return put_utf(out, text, overlong, UTF8_UNITS_MAX, UINT16_MAX);
    case WRITABLE_UTF:
        return put_utf(out, text, true, SIZE_MAX, UINT16_MAX);
    case WRITABLE_TEXT:
        return writable_put_bytes(out, WRITABLE_BY_VINT, text);
    case WRITABLE_STRING:
        return text.data == NULL ? put_fixed(out, UINT32_MAX, 4)
                                 : writable_put_bytes(out, WRITABLE_BY_INT, text);
    default:
        assert(false);
        return RPC_BAD_VALUE;
    }
}

enum rpc_status writable_put_bytes(struct wire_buffer *out, enum writable_prefix prefix,
                                   struct wire_bytes bytes)
{
    enum rpc_status status = RPC_OK;
    size_t before = out->length;
    if (bytes.length > INT32_MAX)
        return RPC_TOO_LONG;
    if (prefix != WRITABLE_BY_SIZE)
        status = writable_put_number(out, prefix == WRITABLE_BY_VINT ? WRITABLE_VINT : WRITABLE_INT,
                                     (int64_t)bytes.length);
    if (status == RPC_OK && bytes.length > 0)
        status = wire_buffer_add(out, bytes.data, bytes.length);
    if (status != RPC_OK)
        out->length = before;
    return status;
}

static enum rpc_status put_name(struct wire_buffer *out, const char *name)
{
    return writable_put_text(out, WRITABLE_UTF8, wire_text(name), false);
}

enum rpc_status writable_put_long_object(struct wire_buffer *out, int64_t number)
{
    enum rpc_status status = put_name(out, "long");
    return status == RPC_OK ? writable_put_number(out, WRITABLE_LONG, number) : status;
}

enum rpc_status writable_put_string_object(struct wire_buffer *out, struct wire_bytes text,
                                           bool overlong)
{
    enum rpc_status status = put_name(out, "java.lang.String");
    return status == RPC_OK ? writable_put_text(out, WRITABLE_UTF8, text, overlong) : status;
}

enum rpc_status writable_put_null_object(struct wire_buffer *out, const char *declared)
{
    enum rpc_status status = put_name(out, "org.apache.hadoop.io.Writable");
    if (status == RPC_OK)
        status = put_name(out, "org.apache.hadoop.io.ObjectWritable$NullInstance");
    return status == RPC_OK ? put_name(out, declared) : status;
}
