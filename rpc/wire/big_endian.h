/*
 * Fixed-width integers, big-endian, as java.io.DataInput reads them.
 */
#ifndef RPC_WIRE_BIG_ENDIAN_H
#define RPC_WIRE_BIG_ENDIAN_H

#include <stdint.h>

static inline int32_t wire_int32(const uint8_t *bytes)
{
    return (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                     (uint32_t)bytes[3]);
}

static inline int64_t wire_int64(const uint8_t *bytes)
{
    return (int64_t)((uint64_t)(uint32_t)wire_int32(bytes) << 32 | (uint32_t)wire_int32(bytes + 4));
}

/* Returns the byte behind it. */
static inline uint8_t *wire_write_int32(uint8_t *out, int32_t number)
{
    uint32_t value = (uint32_t)number;
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
    return out + 4;
}

#endif
