#include "rpc/wire/coded.h"

#include <string.h>

enum {
    VARINT_MAX = 10,
    DELIMITER_MAX = 5,
    GROUPS_MAX = 100, /* CodedInputStream's recursion limit */
};

enum wire_type { TYPE_VARINT, TYPE_64, TYPE_BYTES, TYPE_GROUP, TYPE_GROUP_END, TYPE_32 };

/* InvalidProtocolBufferException.java */
const char wire_coded_truncated[] =
    "While parsing a protocol message, the input ended unexpectedly in the middle of a field.  "
    "This could mean either that the input has been truncated or that an embedded message "
    "misreported its own length.";
static const char negative_size[] =
    "CodedInputStream encountered an embedded string or message which claimed to have negative "
    "size.";
static const char malformed_varint[] = "CodedInputStream encountered a malformed varint.";
static const char invalid_tag[] = "Protocol message contained an invalid tag (zero).";
static const char invalid_end[] = "Protocol message end-group tag did not match expected tag.";
static const char invalid_type[] = "Protocol message tag had invalid wire type.";
static const char too_deep[] =
    "Protocol message had too many levels of nesting.  May be malicious.  Use "
    "CodedInputStream.setRecursionLimit() to increase the depth limit.";

/* --- reading --- */

static bool fail(struct wire_coded_reader *in, const char *problem)
{
    in->problem = problem;
    return false;
}

static bool read_long_varint(struct wire_coded_reader *in, unsigned length_max, uint64_t *number)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < length_max; i++) {
        if (in->at == in->end)
            return fail(in, wire_coded_truncated);
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80) {
            *number = value;
            return true;
        }
    }
    return fail(in, malformed_varint);
}

/* Nearly all keys, lengths and numbers have one byte. */
static inline bool read_varint(struct wire_coded_reader *in, unsigned length_max, uint64_t *number)
{
    if (in->at == in->end || *in->at >= 0x80)
        return read_long_varint(in, length_max, number);
    *number = *in->at++;
    return true;
}

static inline bool pass(struct wire_coded_reader *in, size_t length)
{
    if ((size_t)(in->end - in->at) < length)
        return fail(in, wire_coded_truncated);
    in->at += length;
    return true;
}

/* A length is an int in Java, whatever the varint. */
static inline bool read_bytes(struct wire_coded_reader *in, unsigned length_max,
                              struct wire_bytes *bytes)
{
    uint64_t number;
    if (!read_varint(in, length_max, &number))
        return false;
    int32_t length = (int32_t)(uint32_t)number;
    if (length < 0)
        return fail(in, negative_size);
    *bytes = (struct wire_bytes){in->at, (size_t)length};
    return pass(in, bytes->length);
}

bool wire_coded_delimited(struct wire_coded_reader *in, struct wire_bytes *bytes)
{
    return read_bytes(in, DELIMITER_MAX, bytes);
}

static inline bool read_key(struct wire_coded_reader *in, uint32_t *key)
{
    uint64_t number;
    if (!read_varint(in, VARINT_MAX, &number))
        return false;
    *key = (uint32_t)number;
    if (*key >> 3 == 0)
        return fail(in, invalid_tag);
    return true;
}

/* What follows a key that begins no group and ends none. */
static inline bool read_value(struct wire_coded_reader *in, struct wire_coded_field *field)
{
    switch (field->key & 7) {
    case TYPE_VARINT:
        return read_varint(in, VARINT_MAX, &field->number);
    case TYPE_BYTES:
        return read_bytes(in, VARINT_MAX, &field->bytes);
    case TYPE_64:
        return pass(in, 8);
    case TYPE_32:
        return pass(in, 4);
    default:
        return fail(in, invalid_type);
    }
}

/* To the end of the group that `key` has begun. */
static bool pass_group(struct wire_coded_reader *in, uint32_t key)
{
    uint32_t open[GROUPS_MAX];
    size_t depth = 0;

    open[depth++] = key >> 3;
    while (depth > 0) {
        struct wire_coded_field inner;
        if (!read_key(in, &inner.key))
            return false;
        if ((inner.key & 7) == TYPE_GROUP) {
            if (depth == GROUPS_MAX)
                return fail(in, too_deep);
            open[depth++] = inner.key >> 3;
        } else if ((inner.key & 7) == TYPE_GROUP_END) {
            if (open[--depth] != inner.key >> 3)
                return fail(in, invalid_end);
        } else if (!read_value(in, &inner)) {
            return false;
        }
    }
    return true;
}

bool wire_coded_next_of_any_size(struct wire_coded_reader *in, struct wire_coded_field *field)
{
    while (in->problem == NULL && in->at < in->end) {
        if (!read_key(in, &field->key))
            return false;
        if ((field->key & 7) == TYPE_GROUP_END)
            return fail(in, invalid_end);
        if ((field->key & 7) != TYPE_GROUP)
            return read_value(in, field);
        if (!pass_group(in, field->key))
            return false;
    }
    return false;
}

bool wire_coded_check(struct wire_coded_reader *in, struct wire_bytes bytes)
{
    struct wire_coded_reader inside = wire_coded_reader(bytes);
    struct wire_coded_field field;
    while (wire_coded_next(&inside, &field))
        continue;
    return inside.problem == NULL || fail(in, inside.problem);
}

/* --- writing --- */

size_t wire_coded_varint_size(uint64_t number)
{
    size_t size = 1;
    while (__builtin_expect(number >= 0x80, 0)) {
        number >>= 7;
        size++;
    }
    return size;
}

uint8_t *wire_coded_write_varint(uint8_t *out, uint64_t number)
{
    while (number >= 0x80) {
        *out++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *out++ = (uint8_t)number;
    return out;
}

uint8_t *wire_coded_write_bytes(uint8_t *out, struct wire_bytes bytes)
{
    out = wire_coded_write_varint(out, bytes.length);
    if (bytes.length > 0)
        memcpy(out, bytes.data, bytes.length);
    return out + bytes.length;
}

/* Nearly all lengths have the one byte that was left for them. */
uint8_t *wire_coded_end(uint8_t *fields, uint8_t *out)
{
    size_t size = (size_t)(out - fields);
    size_t more = wire_coded_varint_size(size) - 1;
    if (more > 0)
        memmove(fields + more, fields, size);
    wire_coded_write_varint(fields - 1, size);
    return out + more;
}
