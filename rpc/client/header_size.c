#include "rpc/client/header_size.h"

#include <stdbool.h>

enum { FIELD_CALL_ID = 1, FIELD_IPC_VERSION = 3, FIELD_RETRY = 8, KNOWN_FIELDS = 9 };
enum { TYPE_VARINT, TYPE_64, TYPE_BYTES, TYPE_32 = 5 };

size_t client_varint_size(uint64_t value)
{
    size_t size = 1;
    while ((value >>= 7) > 0)
        size++;
    return size;
}

static bool read(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 70; shift += 7) {
        uint8_t byte = *(*at)++;
        if (shift < 64)
            *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool is_32_bits(uint64_t field)
{
    return field == FIELD_CALL_ID || field == FIELD_IPC_VERSION || field == FIELD_RETRY;
}

/* The value behind a key: past it, and its size at its shortest; 0 for what is no field. */
static size_t value_size(const uint8_t **at, const uint8_t *end, uint64_t field, unsigned type)
{
    uint64_t value;
    size_t size = 0;
    if (type == TYPE_VARINT) {
        if (!read(at, end, &value))
            return 0;
        return client_varint_size(is_32_bits(field) ? (uint32_t)value : value);
    }
    if (type == TYPE_BYTES) {
        if (!read(at, end, &value) || value > (uint64_t)(end - *at))
            return 0;
        *at += value;
        return client_varint_size(value) + (size_t)value;
    }
    if (type == TYPE_64)
        size = 8;
    else if (type == TYPE_32)
        size = 4;
    if (size > (size_t)(end - *at))
        return 0;
    *at += size;
    return size;
}

size_t client_header_size(const uint8_t *header, size_t length)
{
    const uint8_t *at = header, *end = header + length;
    size_t sizes[KNOWN_FIELDS] = {0}, total = 0;
    uint64_t key;
    while (at < end && read(&at, end, &key)) {
        size_t size = value_size(&at, end, key >> 3, (unsigned)(key & 7));
        if (size == 0)
            return length;
        size += client_varint_size(key);
        if (key >> 3 < KNOWN_FIELDS)
            sizes[key >> 3] = size;
        else
            total += size;
    }
    for (int i = 0; i < KNOWN_FIELDS; i++)
        total += sizes[i];
    return total;
}
