#include "rpc/wire/writable_object.h"

#include "rpc/wire/writable_value.h"

static const char null_instance[] = "org.apache.hadoop.io.ObjectWritable$NullInstance";

/* ObjectWritable.readObject */
static enum rpc_status no_class(struct writable_scan *scan, struct wire_bytes name)
{
    int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
    return writable_unit_complain(&scan->unit, RPC_UNKNOWN_NAME, "readObject can't find class %.*s",
                                  shown, (const char *)name.data);
}

enum rpc_status writable_object_class(struct writable_scan *scan, struct wire_bytes name,
                                      const struct writable_class **class)
{
    *class = writable_types_find(scan->types, name);
    if (*class == NULL)
        return no_class(scan, name);
    if ((*class)->kind != WRITABLE_STRUCT) /* ReflectionUtils.newInstance */
        return writable_unit_complain(&scan->unit, RPC_UNKNOWN_NAME,
                                      "java.lang.NoSuchMethodException: %s.<init>()",
                                      (*class)->name);
    return RPC_OK;
}

/* Whether java.lang.reflect.Array.set puts a value of this kind (NULL: null) into an array of that
 * one: numbers get wider, never narrower. */
static bool goes_into(enum writable_kind array, enum writable_kind kind)
{
    if (array == kind)
        return true;
    if (array == WRITABLE_UTF8)
        return kind == WRITABLE_NULL;
    if (array > WRITABLE_DOUBLE)
        return kind > WRITABLE_DOUBLE && kind != WRITABLE_UTF8;
    if (array == WRITABLE_BOOLEAN || array == WRITABLE_CHAR || kind == WRITABLE_BOOLEAN)
        return false;
    return kind < array && !(kind == WRITABLE_CHAR && array == WRITABLE_SHORT);
}

/* Of elements of a class, whether `class` (NULL: not an object of one) is one. */
static bool is_element(const struct writable_scan *scan, const struct writable_shape *element,
                       enum writable_kind kind, const struct writable_class *class)
{
    if (element->kind == WRITABLE_CLASS && class != NULL)
        return writable_is_a(scan->types, class, wire_text(element->class_name));
    return goes_into(element->kind, kind);
}

static enum rpc_status check_element(struct writable_scan *scan, enum writable_kind kind,
                                     const struct writable_class *class)
{
    const struct writable_frame *frame = writable_stack_top(scan);
    if (frame == NULL || frame->kind != FRAME_ARRAY || is_element(scan, &frame->shape, kind, class))
        return RPC_OK;
    return writable_unit_complain(&scan->unit, RPC_BAD_VALUE, "%s type mismatch",
                                  frame->shape.kind > WRITABLE_DOUBLE ? "array element"
                                                                      : "argument");
}

static enum rpc_status read_null(struct writable_scan *scan, struct writable_item *item)
{
    enum writable_kind kind;
    const struct writable_class *class;
    enum rpc_status status = writable_unit_utf8(&scan->unit, &item->declared);
    if (status != RPC_OK)
        return status;
    struct wire_bytes name = item->declared;
    if (!writable_types_declared(scan->types, &name, &kind, &class)) {
        int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
        bool newer = writable_types_find(scan->types, wire_text(WRITABLE_PACKED_CLASS)) != NULL;
        return writable_unit_complain(&scan->unit, RPC_UNKNOWN_NAME,
                                      newer
                                          ? "java.lang.ClassNotFoundException: Class %.*s not found"
                                          : "java.lang.ClassNotFoundException: %.*s",
                                      shown, (const char *)name.data);
    }
    item->kind = WRITABLE_NULL;
    item->absent = true;
    status = check_element(scan, item->kind, NULL);
    return status == RPC_OK ? writable_stack_value(scan, item) : status;
}

static enum rpc_status read_instance(struct writable_scan *scan, struct writable_item *item)
{
    struct wire_bytes name;
    const struct writable_class *class;
    enum rpc_status status = writable_unit_utf8(&scan->unit, &name);
    if (status != RPC_OK)
        return status;
    if (wire_is(name, null_instance))
        return read_null(scan, item);
    status = writable_object_class(scan, name, &class);
    if (status == RPC_OK)
        status = check_element(scan, WRITABLE_CLASS, class);
    return status == RPC_OK ? writable_stack_open_class(scan, class, item) : status;
}

/* An int32 count, and as many elements behind it. */
static enum rpc_status open_array(struct writable_scan *scan, enum writable_frame_kind kind,
                                  struct writable_item *item, struct writable_frame **frame)
{
    int64_t count;
    enum rpc_status status = writable_unit_int(&scan->unit, &count);
    if (status == RPC_OK && count < 0 && kind == FRAME_PACKED)
        return writable_unit_complain(&scan->unit, RPC_MALFORMED,
                                      "encoded array length is negative %lld", (long long)count);
    if (status == RPC_OK)
        status = writable_unit_check_length(&scan->unit, count, WRITABLE_COUNT_MAX);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_ARRAY;
    item->count = (size_t)count;
    return writable_stack_open(scan, kind, item, frame);
}

/* Elements of the type `name`, each with its own class. */
static enum rpc_status read_array(struct writable_scan *scan, struct wire_bytes name,
                                  struct writable_item *item)
{
    enum writable_kind kind = WRITABLE_NULL;
    const struct writable_class *class;
    struct writable_frame *frame;
    writable_types_declared(scan->types, &name, &kind, &class);
    enum rpc_status status = open_array(scan, FRAME_ARRAY, item, &frame);
    if (status == RPC_OK)
        frame->shape =
            (struct writable_shape){.kind = kind, .class_name = class != NULL ? class->name : NULL};
    return status;
}

/* ArrayPrimitiveWritable$Internal: the type's name, the count, packed elements.  The array that it
 * makes counts as what was declared (ObjectWritable.readObject). */
static enum rpc_status read_packed(struct writable_scan *scan, struct writable_item *item)
{
    static const char *const arrays[] = {
        [WRITABLE_BOOLEAN] = "[Z", [WRITABLE_BYTE] = "[B",   [WRITABLE_CHAR] = "[C",
        [WRITABLE_SHORT] = "[S",   [WRITABLE_INT] = "[I",    [WRITABLE_LONG] = "[J",
        [WRITABLE_FLOAT] = "[F",   [WRITABLE_DOUBLE] = "[D",
    };
    struct wire_bytes name;
    enum writable_kind kind = WRITABLE_NULL;
    const struct writable_class *class;
    struct writable_frame *frame;
    enum rpc_status status = writable_unit_utf8(&scan->unit, &name);
    if (status != RPC_OK)
        return status;
    if (!writable_types_declared(NULL, &name, &kind, &class) || kind > WRITABLE_DOUBLE) {
        int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
        return writable_unit_complain(&scan->unit, RPC_MALFORMED,
                                      "encoded array component type %.*s is not a candidate "
                                      "primitive type",
                                      shown, (const char *)name.data);
    }
    item->declared = wire_text(arrays[kind]);
    status = open_array(scan, FRAME_PACKED, item, &frame);
    if (status == RPC_OK)
        frame->shape = (struct writable_shape){.kind = kind};
    return status;
}

enum rpc_status writable_object_read(struct writable_scan *scan, struct writable_item *item)
{
    enum writable_kind kind;
    const struct writable_class *class;
    enum rpc_status status = writable_unit_utf8(&scan->unit, &item->declared);
    struct wire_bytes name = item->declared;
    if (status != RPC_OK)
        return status;
    if (!writable_types_declared(scan->types, &name, &kind, &class))
        return no_class(scan, item->declared);
    if (kind != WRITABLE_CLASS && (status = check_element(scan, kind, NULL)) != RPC_OK)
        return status;
    switch ((int)kind) {
    case WRITABLE_NULL: /* void */
        item->kind = kind;
        item->absent = true;
        return writable_stack_value(scan, item);
    case WRITABLE_UTF8:
        item->kind = kind;
        status = writable_unit_utf8(&scan->unit, &item->bytes);
        return status == RPC_OK ? writable_stack_value(scan, item) : status;
    case WRITABLE_ENUM:
        return writable_value_enum(scan, WRITABLE_BY_UTF8, class, item);
    case WRITABLE_ARRAY:
        return class != NULL ? read_packed(scan, item) : read_array(scan, name, item);
    case WRITABLE_CLASS:
        return read_instance(scan, item);
    default:
        return writable_value_fixed(scan, kind, item);
    }
}
