#include "rpc/wire/writable_shape.h"

#include <assert.h>

#include "rpc/wire/writable_object.h"
#include "rpc/wire/writable_value.h"

static enum rpc_status read_list(struct writable_scan *scan, const struct writable_shape *shape,
                                 struct writable_item *item)
{
    int64_t count;
    struct writable_frame *frame;
    enum rpc_status status = writable_unit_count(&scan->unit, shape->prefix, &count);
    if (status == RPC_OK)
        status = writable_unit_check_length(&scan->unit, count, WRITABLE_COUNT_MAX);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_LIST;
    item->count = (size_t)count;
    status = writable_stack_open(scan, FRAME_LIST, item, &frame);
    if (status == RPC_OK)
        frame->shape = *shape->of;
    return status;
}

static enum rpc_status read_optional(struct writable_scan *scan, const struct writable_shape *shape,
                                     struct writable_item *item)
{
    uint64_t there;
    enum rpc_status status = writable_unit_fixed(&scan->unit, 1, &there);
    if (status != RPC_OK)
        return status;
    if (there)
        return writable_shape_read(scan, shape->of, item);
    item->kind = shape->of->kind;
    item->absent = true;
    return writable_stack_value(scan, item);
}

/* A super class has no head of its own, and whatever is read before it in this unit is none. */
static enum rpc_status read_class(struct writable_scan *scan, const struct writable_shape *shape,
                                  struct writable_item *item)
{
    const struct writable_class *class =
        writable_types_find(scan->types, wire_text(shape->class_name));
    if (class == NULL || class->kind != WRITABLE_STRUCT)
        return writable_unit_complain(&scan->unit, RPC_UNKNOWN_NAME,
                                      "the class %.150s is not declared", shape->class_name);
    if (item->field == NULL || item->field->name[0] != '\0')
        return writable_stack_open_class(scan, class, item);
    return writable_stack_open_super(scan, class);
}

static enum rpc_status read_named(struct writable_scan *scan, const struct writable_shape *shape,
                                  struct writable_item *item)
{
    struct wire_bytes name;
    const struct writable_class *class;
    enum rpc_status status = writable_unit_text(&scan->unit, shape->prefix, &name);
    if (status == RPC_OK)
        status = writable_object_class(scan, name, &class);
    item->declared = name;
    return status == RPC_OK ? writable_stack_open_class(scan, class, item) : status;
}

enum rpc_status writable_shape_read(struct writable_scan *scan, const struct writable_shape *shape,
                                    struct writable_item *item)
{
    enum rpc_status status;
    item->kind = shape->kind;
    switch (shape->kind) {
    case WRITABLE_BOOLEAN:
    case WRITABLE_BYTE:
    case WRITABLE_CHAR:
    case WRITABLE_SHORT:
    case WRITABLE_INT:
    case WRITABLE_LONG:
    case WRITABLE_FLOAT:
    case WRITABLE_DOUBLE:
        return writable_value_fixed(scan, shape->kind, item);
    case WRITABLE_VINT:
        status = writable_unit_vint(&scan->unit, &item->number);
        return status == RPC_OK ? writable_stack_value(scan, item) : status;
    case WRITABLE_VLONG:
        status = writable_unit_vlong(&scan->unit, &item->number);
        return status == RPC_OK ? writable_stack_value(scan, item) : status;
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
    case WRITABLE_TEXT:
    case WRITABLE_STRING:
    case WRITABLE_BYTES:
        return writable_value_bytes(scan, shape, item);
    case WRITABLE_ENUM:
        return writable_value_enum(
            scan, shape->prefix,
            shape->class_name == NULL
                ? NULL
                : writable_types_find(scan->types, wire_text(shape->class_name)),
            item);
    case WRITABLE_LIST:
        return read_list(scan, shape, item);
    case WRITABLE_OPTIONAL:
        return read_optional(scan, shape, item);
    case WRITABLE_CLASS:
        return read_class(scan, shape, item);
    case WRITABLE_NAMED:
        item->loose = true;
        return read_named(scan, shape, item);
    case WRITABLE_OBJECT:
        item->loose = true;
        return writable_object_read(scan, item);
    case WRITABLE_ARRAY:
    case WRITABLE_NULL:
        break;
    }
    assert(false);
    return RPC_MALFORMED;
}
