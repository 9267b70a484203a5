#include "rpc/wire/writable_value.h"

#include <stdio.h>
#include <string.h>

static size_t size_of(enum writable_kind kind)
{
    switch ((int)kind) {
    case WRITABLE_BOOLEAN:
    case WRITABLE_BYTE:
        return 1;
    case WRITABLE_CHAR:
    case WRITABLE_SHORT:
        return 2;
    case WRITABLE_INT:
    case WRITABLE_FLOAT:
        return 4;
    default:
        return 8;
    }
}

static void set_number(struct writable_item *item, uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float real;
    switch ((int)item->kind) {
    case WRITABLE_BOOLEAN:
        item->number = bits != 0;
        return;
    case WRITABLE_BYTE:
        item->number = (int8_t)(uint8_t)bits;
        return;
    case WRITABLE_CHAR:
        item->number = (uint16_t)bits;
        return;
    case WRITABLE_SHORT:
        item->number = (int16_t)(uint16_t)bits;
        return;
    case WRITABLE_INT:
        item->number = (int32_t)half;
        return;
    case WRITABLE_FLOAT:
        memcpy(&real, &half, sizeof(real));
        item->real = (double)real;
        return;
    case WRITABLE_DOUBLE:
        memcpy(&item->real, &bits, sizeof(item->real));
        return;
    default:
        item->number = (int64_t)bits;
    }
}

enum rpc_status writable_value_fixed(struct writable_scan *scan, enum writable_kind kind,
                                     struct writable_item *item)
{
    uint64_t bits;
    enum rpc_status status = writable_unit_fixed(&scan->unit, size_of(kind), &bits);
    if (status != RPC_OK)
        return status;
    item->kind = kind;
    set_number(item, bits);
    return writable_stack_value(scan, item);
}

enum rpc_status writable_value_enum(struct writable_scan *scan, enum writable_prefix prefix,
                                    const struct writable_class *class, struct writable_item *item)
{
    enum rpc_status status = writable_unit_text(&scan->unit, prefix, &item->bytes);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_ENUM;
    item->type = class;
    item->number = -1;
    for (size_t i = 0; class != NULL && i < class->constant_count; i++)
        if (wire_is(item->bytes, class->constants[i]))
            item->number = (int64_t)i;
    if (class == NULL || item->number >= 0)
        return writable_stack_value(scan, item);
    /* Class.getCanonicalName() */
    char name[WRITABLE_NAME_MAX + 1];
    snprintf(name, sizeof(name), "%s", class->name);
    for (char *at = name; (at = strchr(at, '$')) != NULL;)
        *at = '.';
    int shown = item->bytes.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)item->bytes.length;
    return writable_unit_complain(&scan->unit, RPC_UNKNOWN_NAME, "No enum constant %.180s.%.*s",
                                  name, shown, (const char *)item->bytes.data);
}

/* A length of -1 is null. */
static enum rpc_status take_nullable(struct writable_scan *scan, enum writable_prefix prefix,
                                     struct writable_item *item)
{
    struct writable_unit ahead = scan->unit;
    int64_t length;
    enum rpc_status status = writable_unit_count(&ahead, prefix, &length);
    if (status != RPC_OK || length != -1)
        return writable_unit_bytes(&scan->unit, prefix, 0, &item->bytes);
    item->absent = true;
    scan->unit = ahead;
    return RPC_OK;
}

enum rpc_status writable_value_bytes(struct writable_scan *scan, const struct writable_shape *shape,
                                     struct writable_item *item)
{
    enum rpc_status status = RPC_OK;
    switch ((int)shape->kind) {
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
        status = writable_unit_utf8(&scan->unit, &item->bytes);
        break;
    case WRITABLE_TEXT:
        status = writable_unit_text(&scan->unit, WRITABLE_BY_TEXT, &item->bytes);
        break;
    case WRITABLE_STRING:
        status = take_nullable(scan, WRITABLE_BY_INT, item);
        break;
    default:
        status = shape->nullable
                     ? take_nullable(scan, shape->prefix, item)
                     : writable_unit_bytes(&scan->unit, shape->prefix, shape->size, &item->bytes);
    }
    return status == RPC_OK ? writable_stack_value(scan, item) : status;
}
