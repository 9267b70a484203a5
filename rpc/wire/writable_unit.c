#include "rpc/wire/writable_unit.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

enum rpc_status writable_unit_complain(struct writable_unit *unit, enum rpc_status status,
                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(unit->problem, WIRE_PROBLEM_MAX, format, arguments);
    va_end(arguments);
    return status;
}

enum rpc_status writable_unit_check_length(struct writable_unit *unit, int64_t length, int64_t most)
{
    if (length < 0)
        return writable_unit_complain(unit, RPC_BAD_VALUE, "%lld", (long long)length);
    if (length > INT_MAX - 2)
        return writable_unit_complain(unit, RPC_TOO_LONG, "Requested array size exceeds VM limit");
    if (length > most)
        return writable_unit_complain(unit, RPC_TOO_LONG, "Java heap space");
    return RPC_OK;
}

enum rpc_status writable_unit_take(struct writable_unit *unit, size_t length,
                                   struct wire_bytes *bytes)
{
    if (length > unit->bytes.length - unit->at) {
        unit->need = unit->at + length;
        return RPC_AGAIN;
    }
    *bytes = (struct wire_bytes){unit->bytes.data + unit->at, length};
    unit->at += length;
    return RPC_OK;
}

enum rpc_status writable_unit_fixed(struct writable_unit *unit, size_t size, uint64_t *bits)
{
    struct wire_bytes bytes;
    enum rpc_status status = writable_unit_take(unit, size, &bytes);
    *bits = 0;
    for (size_t i = 0; status == RPC_OK && i < size; i++)
        *bits = *bits << 8 | bytes.data[i];
    return status;
}

enum rpc_status writable_unit_int(struct writable_unit *unit, int64_t *number)
{
    uint64_t bits;
    enum rpc_status status = writable_unit_fixed(unit, 4, &bits);
    *number = (int32_t)(uint32_t)bits;
    return status;
}

enum rpc_status writable_unit_vlong(struct writable_unit *unit, int64_t *number)
{
    struct wire_bytes bytes;
    *number = 0;
    enum rpc_status status = writable_unit_take(unit, 1, &bytes);
    if (status != RPC_OK)
        return status;
    size_t size = writable_vlong_size(bytes.data[0]);
    status = writable_unit_take(unit, size - 1, &bytes);
    if (status == RPC_OK)
        writable_read_vlong((struct wire_bytes){bytes.data - 1, size}, number);
    return status;
}

enum rpc_status writable_unit_vint(struct writable_unit *unit, int64_t *number)
{
    enum rpc_status status = writable_unit_vlong(unit, number);
    *number = (int32_t)(uint32_t)(uint64_t)*number;
    return status;
}

enum rpc_status writable_unit_utf8(struct writable_unit *unit, struct wire_bytes *text)
{
    uint64_t length;
    enum rpc_status status = writable_unit_fixed(unit, 2, &length);
    if (status == RPC_OK)
        status = writable_unit_take(unit, (size_t)length, text);
    return status == RPC_OK && !unit->any_utf8 ? writable_refuse_utf8(*text, unit->problem)
                                               : status;
}

enum rpc_status writable_unit_count(struct writable_unit *unit, enum writable_prefix prefix,
                                    int64_t *count)
{
    return prefix == WRITABLE_BY_VINT ? writable_unit_vint(unit, count)
                                      : writable_unit_int(unit, count);
}

enum rpc_status writable_unit_bytes(struct writable_unit *unit, enum writable_prefix prefix,
                                    size_t size, struct wire_bytes *bytes)
{
    int64_t length = (int64_t)size;
    enum rpc_status status = RPC_OK;
    if (prefix != WRITABLE_BY_SIZE)
        status = writable_unit_count(unit, prefix, &length);
    if (status == RPC_OK)
        status = writable_unit_check_length(unit, length, WRITABLE_LENGTH_MAX);
    return status == RPC_OK ? writable_unit_take(unit, (size_t)length, bytes) : status;
}

enum rpc_status writable_unit_text(struct writable_unit *unit, enum writable_prefix prefix,
                                   struct wire_bytes *text)
{
    return prefix == WRITABLE_BY_UTF8 ? writable_unit_utf8(unit, text)
                                      : writable_unit_bytes(unit, WRITABLE_BY_VINT, 0, text);
}
