/*
 * The scanner of Writables.
 *
 * What is open stands on a stack: a class between its fields, a list or an array between its
 * elements.  A step takes one unit: a value, or the head of something with parts.  A unit whose
 * bytes have not all come leaves everything as it was, so what was passed is never passed again.
 */
#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/big_endian.h"
#include "rpc/wire/writable.h"

static const char null_instance[] = "org.apache.hadoop.io.ObjectWritable$NullInstance";

enum frame_kind {
    FRAME_CLASS,      /* fields */
    FRAME_SUPER,      /* the fields of a super class, which are the object's own */
    FRAME_LIST,       /* elements of one type */
    FRAME_ARRAY,      /* ObjectWritables */
    FRAME_PACKED,     /* primitives */
    FRAME_PARAMETERS, /* ObjectWritables, without an OPEN */
};

struct frame {
    enum frame_kind kind;
    size_t next, count;
    size_t last;                        /* where the element before began */
    const struct writable_class *class; /* FRAME_CLASS, _SUPER */
    struct writable_shape shape;        /* FRAME_LIST, _PACKED */
    struct writable_item opened;
    int64_t slots[WRITABLE_SLOTS_MAX];
};

struct writable_scan {
    const struct writable_types *types;
    writable_visit_fn *visit;
    void *owner;
    enum writable_goal goal;
    const struct writable_class *class;
    bool begun;
    size_t offset; /* of the next unit */
    size_t empties;
    unsigned top;   /* frames in use */
    unsigned depth; /* of them, without super classes and parameters */
    struct frame frames[WRITABLE_DEPTH_MAX];
    /* of the present look: */
    struct wire_bytes bytes;
    size_t need; /* bytes that must have come for the next unit */
    char *problem;
};

/* --- problems ---------------------------------------------------------------------------- */

static enum rpc_status complain(struct writable_scan *scan, enum rpc_status status,
                                const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum rpc_status complain(struct writable_scan *scan, enum rpc_status status,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(scan->problem, WIRE_PROBLEM_MAX, format, arguments);
    va_end(arguments);
    return status;
}

/* ObjectWritable.readObject */
static enum rpc_status no_class(struct writable_scan *scan, struct wire_bytes name)
{
    int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
    return complain(scan, RPC_UNKNOWN_NAME, "readObject can't find class %.*s", shown,
                    (const char *)name.data);
}

/* NegativeArraySizeException, or OutOfMemoryError. */
static enum rpc_status check_length(struct writable_scan *scan, int64_t length, int64_t most)
{
    if (length < 0)
        return complain(scan, RPC_BAD_VALUE, "%lld", (long long)length);
    if (length > INT_MAX - 2)
        return complain(scan, RPC_TOO_LONG, "Requested array size exceeds VM limit");
    if (length > most)
        return complain(scan, RPC_TOO_LONG, "Java heap space");
    return RPC_OK;
}

/* --- a unit's bytes ---------------------------------------------------------------------- */

/* The unit being read: from scan->offset to `at`. */
struct unit {
    struct writable_scan *scan;
    size_t at;
};

/* `length` more bytes; RPC_AGAIN when they have not come. */
static enum rpc_status take(struct unit *unit, size_t length, struct wire_bytes *bytes)
{
    struct writable_scan *scan = unit->scan;
    if (length > scan->bytes.length - unit->at) {
        scan->need = unit->at + length;
        return RPC_AGAIN;
    }
    *bytes = (struct wire_bytes){scan->bytes.data + unit->at, length};
    unit->at += length;
    return RPC_OK;
}

static enum rpc_status take_fixed(struct unit *unit, size_t size, uint64_t *bits)
{
    struct wire_bytes bytes;
    enum rpc_status status = take(unit, size, &bytes);
    *bits = 0;
    for (size_t i = 0; status == RPC_OK && i < size; i++)
        *bits = *bits << 8 | bytes.data[i];
    return status;
}

static enum rpc_status take_int(struct unit *unit, int64_t *number)
{
    uint64_t bits;
    enum rpc_status status = take_fixed(unit, 4, &bits);
    *number = (int32_t)(uint32_t)bits;
    return status;
}

static enum rpc_status take_vlong(struct unit *unit, int64_t *number)
{
    struct wire_bytes bytes;
    *number = 0;
    enum rpc_status status = take(unit, 1, &bytes);
    if (status != RPC_OK)
        return status;
    size_t size = writable_vlong_size(bytes.data[0]);
    status = take(unit, size - 1, &bytes);
    if (status == RPC_OK)
        writable_read_vlong((struct wire_bytes){bytes.data - 1, size}, number);
    return status;
}

/* A vint is a vlong whose upper half is not looked at (WritableUtils.readVInt). */
static enum rpc_status take_vint(struct unit *unit, int64_t *number)
{
    enum rpc_status status = take_vlong(unit, number);
    *number = (int32_t)(uint32_t)(uint64_t)*number;
    return status;
}

/* uint16 length, then the text. */
static enum rpc_status take_utf8(struct unit *unit, struct wire_bytes *text)
{
    uint64_t length;
    enum rpc_status status = take_fixed(unit, 2, &length);
    return status == RPC_OK ? take(unit, (size_t)length, text) : status;
}

static enum rpc_status take_count(struct unit *unit, enum writable_prefix prefix, int64_t *count)
{
    return prefix == WRITABLE_BY_VINT ? take_vint(unit, count) : take_int(unit, count);
}

static enum rpc_status take_bytes(struct unit *unit, enum writable_prefix prefix, size_t size,
                                  struct wire_bytes *bytes)
{
    int64_t length = (int64_t)size;
    enum rpc_status status = RPC_OK;
    if (prefix != WRITABLE_BY_SIZE)
        status = take_count(unit, prefix, &length);
    if (status == RPC_OK)
        status = check_length(unit->scan, length, WRITABLE_LENGTH_MAX);
    return status == RPC_OK ? take(unit, (size_t)length, bytes) : status;
}

static enum rpc_status take_text(struct unit *unit, enum writable_prefix prefix,
                                 struct wire_bytes *text)
{
    return prefix == WRITABLE_BY_UTF8 ? take_utf8(unit, text)
                                      : take_bytes(unit, WRITABLE_BY_VINT, 0, text);
}

/* --- the stack --------------------------------------------------------------------------- */

static struct frame *top(struct writable_scan *scan)
{
    return scan->top == 0 ? NULL : &scan->frames[scan->top - 1];
}

static void tell(struct writable_scan *scan, const struct writable_item *item)
{
    if (scan->visit != NULL)
        scan->visit(scan->owner, item);
}

static enum rpc_status push(struct writable_scan *scan, enum frame_kind kind, struct frame **pushed)
{
    if (scan->top == WRITABLE_DEPTH_MAX)
        return complain(scan, RPC_TOO_DEEP, "nested deeper than %d levels", WRITABLE_DEPTH_MAX);
    *pushed = &scan->frames[scan->top++];
    (*pushed)->kind = kind;
    (*pushed)->next = 0;
    (*pushed)->count = 0;
    (*pushed)->last = SIZE_MAX;
    (*pushed)->class = NULL;
    scan->depth += kind != FRAME_SUPER && kind != FRAME_PARAMETERS;
    return RPC_OK;
}

/* A new frame of which the visitor hears; the unit is its head. */
static enum rpc_status open(struct unit *unit, enum frame_kind kind, struct writable_item *item,
                            struct frame **opened)
{
    struct writable_scan *scan = unit->scan;
    enum rpc_status status = push(scan, kind, opened);
    if (status != RPC_OK)
        return status;
    item->event = WRITABLE_OPEN;
    item->length = unit->at - scan->offset;
    (*opened)->count = item->count;
    (*opened)->opened = *item;
    (*opened)->opened.declared = WIRE_ABSENT; /* its bytes may move */
    scan->offset = unit->at;
    tell(scan, item);
    return RPC_OK;
}

static enum rpc_status open_class(struct unit *unit, const struct writable_class *class,
                                  struct writable_item *item)
{
    struct frame *frame;
    item->kind = WRITABLE_CLASS;
    item->type = class;
    enum rpc_status status = open(unit, FRAME_CLASS, item, &frame);
    if (status == RPC_OK) {
        frame->class = class;
        frame->count = class->field_count;
        memset(frame->slots, 0, sizeof(frame->slots));
    }
    return status;
}

/* What was read is a value without parts. */
static enum rpc_status end_value(struct unit *unit, struct writable_item *item)
{
    struct writable_scan *scan = unit->scan;
    item->event = WRITABLE_VALUE;
    item->length = unit->at - scan->offset;
    scan->offset = unit->at;
    if (item->field != NULL && item->field->slot >= 0)
        top(scan)->slots[item->field->slot] = item->absent ? INT64_MIN : item->number;
    tell(scan, item);
    return RPC_OK;
}

/* --- values ------------------------------------------------------------------------------ */

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

static enum rpc_status read_fixed(struct unit *unit, enum writable_kind kind,
                                  struct writable_item *item)
{
    uint64_t bits;
    enum rpc_status status = take_fixed(unit, size_of(kind), &bits);
    if (status != RPC_OK)
        return status;
    item->kind = kind;
    set_number(item, bits);
    return end_value(unit, item);
}

static enum rpc_status read_enum(struct unit *unit, enum writable_prefix prefix,
                                 const struct writable_class *class, struct writable_item *item)
{
    enum rpc_status status = take_text(unit, prefix, &item->bytes);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_ENUM;
    item->type = class;
    item->number = -1;
    for (size_t i = 0; class != NULL && i < class->constant_count; i++)
        if (wire_is(item->bytes, class->constants[i]))
            item->number = (int64_t)i;
    if (class == NULL || item->number >= 0)
        return end_value(unit, item);
    /* Class.getCanonicalName() */
    char name[WRITABLE_NAME_MAX + 1];
    snprintf(name, sizeof(name), "%s", class->name);
    for (char *at = name; (at = strchr(at, '$')) != NULL;)
        *at = '.';
    int shown = item->bytes.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)item->bytes.length;
    return complain(unit->scan, RPC_UNKNOWN_NAME, "No enum constant %.180s.%.*s", name, shown,
                    (const char *)item->bytes.data);
}

static enum rpc_status read_list(struct unit *unit, const struct writable_shape *shape,
                                 struct writable_item *item)
{
    int64_t count;
    struct frame *frame;
    enum rpc_status status = take_count(unit, shape->prefix, &count);
    if (status == RPC_OK)
        status = check_length(unit->scan, count, WRITABLE_COUNT_MAX);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_LIST;
    item->count = (size_t)count;
    status = open(unit, FRAME_LIST, item, &frame);
    if (status == RPC_OK)
        frame->shape = *shape->of;
    return status;
}

/* --- ObjectWritable ----------------------------------------------------------------------------
 */

/* The name of a class that must be one of which there are objects. */
static enum rpc_status find_instance(struct unit *unit, struct wire_bytes name,
                                     const struct writable_class **class)
{
    *class = writable_types_find(unit->scan->types, name);
    if (*class == NULL)
        return no_class(unit->scan, name);
    if ((*class)->kind != WRITABLE_STRUCT) /* ReflectionUtils.newInstance */
        return complain(unit->scan, RPC_UNKNOWN_NAME,
                        "java.lang.NoSuchMethodException: %s.<init>()", (*class)->name);
    return RPC_OK;
}

static enum rpc_status read_null(struct unit *unit, struct writable_item *item)
{
    enum writable_kind kind;
    const struct writable_class *class;
    enum rpc_status status = take_utf8(unit, &item->declared);
    if (status != RPC_OK)
        return status;
    struct wire_bytes name = item->declared;
    if (!writable_types_declared(unit->scan->types, &name, &kind, &class)) {
        int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
        return complain(unit->scan, RPC_UNKNOWN_NAME, "java.lang.ClassNotFoundException: %.*s",
                        shown, (const char *)name.data);
    }
    item->kind = WRITABLE_NULL;
    item->absent = true;
    return end_value(unit, item);
}

static enum rpc_status read_instance(struct unit *unit, struct writable_item *item)
{
    struct wire_bytes name;
    const struct writable_class *class;
    enum rpc_status status = take_utf8(unit, &name);
    if (status != RPC_OK)
        return status;
    if (wire_is(name, null_instance))
        return read_null(unit, item);
    status = find_instance(unit, name, &class);
    return status == RPC_OK ? open_class(unit, class, item) : status;
}

static enum rpc_status read_array(struct unit *unit, struct writable_item *item)
{
    int64_t count;
    struct frame *frame;
    enum rpc_status status = take_int(unit, &count);
    if (status == RPC_OK)
        status = check_length(unit->scan, count, WRITABLE_COUNT_MAX);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_ARRAY;
    item->count = (size_t)count;
    return open(unit, FRAME_ARRAY, item, &frame);
}

/* ArrayPrimitiveWritable$Internal: the type's name, the count, packed elements. */
static enum rpc_status read_packed(struct unit *unit, struct writable_item *item)
{
    struct wire_bytes name;
    enum writable_kind kind = WRITABLE_NULL;
    const struct writable_class *class;
    int64_t count;
    struct frame *frame;
    enum rpc_status status = take_utf8(unit, &name);
    if (status != RPC_OK)
        return status;
    if (!writable_types_declared(NULL, &name, &kind, &class) || kind > WRITABLE_DOUBLE) {
        int shown = name.length > WIRE_PROBLEM_MAX ? WIRE_PROBLEM_MAX : (int)name.length;
        return complain(unit->scan, RPC_MALFORMED,
                        "ArrayPrimitiveWritable: unsupported component type: %.*s", shown,
                        (const char *)name.data);
    }
    status = take_int(unit, &count);
    if (status == RPC_OK)
        status = check_length(unit->scan, count, WRITABLE_COUNT_MAX);
    if (status != RPC_OK)
        return status;
    item->kind = WRITABLE_ARRAY;
    item->count = (size_t)count;
    status = open(unit, FRAME_PACKED, item, &frame);
    if (status == RPC_OK)
        frame->shape = (struct writable_shape){.kind = kind};
    return status;
}

static enum rpc_status read_object(struct unit *unit, struct writable_item *item)
{
    enum writable_kind kind;
    const struct writable_class *class;
    enum rpc_status status = take_utf8(unit, &item->declared);
    struct wire_bytes name = item->declared;
    if (status != RPC_OK)
        return status;
    if (!writable_types_declared(unit->scan->types, &name, &kind, &class))
        return no_class(unit->scan, item->declared);
    switch ((int)kind) {
    case WRITABLE_NULL: /* void */
        item->kind = kind;
        item->absent = true;
        return end_value(unit, item);
    case WRITABLE_UTF8:
        item->kind = kind;
        status = take_utf8(unit, &item->bytes);
        return status == RPC_OK ? end_value(unit, item) : status;
    case WRITABLE_ENUM:
        return read_enum(unit, WRITABLE_BY_UTF8, class, item);
    case WRITABLE_ARRAY:
        return class != NULL ? read_packed(unit, item) : read_array(unit, item);
    case WRITABLE_CLASS:
        return read_instance(unit, item);
    default:
        return read_fixed(unit, kind, item);
    }
}

/* --- any type ------------------------------------------------------------------------------------
 */

static enum rpc_status read_shape(struct unit *unit, const struct writable_shape *shape,
                                  struct writable_item *item);

static enum rpc_status read_optional(struct unit *unit, const struct writable_shape *shape,
                                     struct writable_item *item)
{
    uint64_t there;
    enum rpc_status status = take_fixed(unit, 1, &there);
    if (status != RPC_OK)
        return status;
    if (there)
        return read_shape(unit, shape->of, item);
    item->kind = shape->of->kind;
    item->absent = true;
    return end_value(unit, item);
}

/* A super class has no head of its own, and whatever is read before it in this unit is none. */
static enum rpc_status read_class(struct unit *unit, const struct writable_shape *shape,
                                  struct writable_item *item)
{
    struct writable_scan *scan = unit->scan;
    const struct writable_class *class =
        writable_types_find(scan->types, wire_text(shape->class_name));
    struct frame *frame;
    if (class == NULL || class->kind != WRITABLE_STRUCT)
        return complain(scan, RPC_UNKNOWN_NAME, "the class %.150s is not declared",
                        shape->class_name);
    if (item->field == NULL || item->field->name[0] != '\0')
        return open_class(unit, class, item);
    enum rpc_status status = push(scan, FRAME_SUPER, &frame);
    if (status == RPC_OK) {
        frame->class = class;
        frame->count = class->field_count;
        memset(frame->slots, 0, sizeof(frame->slots));
    }
    return status;
}

static enum rpc_status read_named(struct unit *unit, const struct writable_shape *shape,
                                  struct writable_item *item)
{
    struct wire_bytes name;
    const struct writable_class *class;
    enum rpc_status status = take_text(unit, shape->prefix, &name);
    if (status == RPC_OK)
        status = find_instance(unit, name, &class);
    item->declared = name;
    return status == RPC_OK ? open_class(unit, class, item) : status;
}

/* A length of -1 is null. */
static enum rpc_status take_nullable(struct unit *unit, enum writable_prefix prefix,
                                     struct writable_item *item)
{
    struct unit ahead = *unit;
    int64_t length;
    enum rpc_status status = take_count(&ahead, prefix, &length);
    if (status != RPC_OK || length != -1)
        return take_bytes(unit, prefix, 0, &item->bytes);
    item->absent = true;
    *unit = ahead;
    return RPC_OK;
}

static enum rpc_status read_bytes(struct unit *unit, const struct writable_shape *shape,
                                  struct writable_item *item)
{
    enum rpc_status status = RPC_OK;
    switch ((int)shape->kind) {
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
        status = take_utf8(unit, &item->bytes);
        break;
    case WRITABLE_TEXT:
        status = take_text(unit, WRITABLE_BY_TEXT, &item->bytes);
        break;
    case WRITABLE_STRING:
        status = take_nullable(unit, WRITABLE_BY_INT, item);
        break;
    default:
        status = shape->nullable ? take_nullable(unit, shape->prefix, item)
                                 : take_bytes(unit, shape->prefix, shape->size, &item->bytes);
    }
    return status == RPC_OK ? end_value(unit, item) : status;
}

static enum rpc_status read_shape(struct unit *unit, const struct writable_shape *shape,
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
        return read_fixed(unit, shape->kind, item);
    case WRITABLE_VINT:
        status = take_vint(unit, &item->number);
        return status == RPC_OK ? end_value(unit, item) : status;
    case WRITABLE_VLONG:
        status = take_vlong(unit, &item->number);
        return status == RPC_OK ? end_value(unit, item) : status;
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
    case WRITABLE_TEXT:
    case WRITABLE_STRING:
    case WRITABLE_BYTES:
        return read_bytes(unit, shape, item);
    case WRITABLE_ENUM:
        return read_enum(unit, shape->prefix,
                         shape->class_name == NULL
                             ? NULL
                             : writable_types_find(unit->scan->types, wire_text(shape->class_name)),
                         item);
    case WRITABLE_LIST:
        return read_list(unit, shape, item);
    case WRITABLE_OPTIONAL:
        return read_optional(unit, shape, item);
    case WRITABLE_CLASS:
        return read_class(unit, shape, item);
    case WRITABLE_NAMED:
        item->loose = true;
        return read_named(unit, shape, item);
    case WRITABLE_OBJECT:
        item->loose = true;
        return read_object(unit, item);
    case WRITABLE_ARRAY:
    case WRITABLE_NULL:
        break;
    }
    assert(false);
    return RPC_MALFORMED;
}

/* --- steps ------------------------------------------------------------------------------- */

static bool is_there(const struct frame *frame, const struct writable_field *field)
{
    return field->when_field == WRITABLE_ALWAYS ||
           frame->slots[frame->class->fields[field->when_field].slot] == field->when_is;
}

static void close(struct writable_scan *scan, struct frame *frame)
{
    scan->top--;
    if (frame->kind == FRAME_SUPER || frame->kind == FRAME_PARAMETERS)
        return;
    scan->depth--;
    frame->opened.event = WRITABLE_CLOSE;
    frame->opened.length = scan->offset - frame->opened.offset;
    tell(scan, &frame->opened);
}

/* Whether too many elements had no byte at all: so few bytes must not make so much work. */
static bool is_empty_again(struct writable_scan *scan, struct frame *frame)
{
    if (frame->kind == FRAME_CLASS || frame->kind == FRAME_SUPER)
        return false;
    scan->empties += frame->last == scan->offset;
    frame->last = scan->offset;
    return scan->empties > WRITABLE_EMPTY_MAX;
}

/* The next field or element of the frame at the top. */
static enum rpc_status step(struct writable_scan *scan)
{
    struct frame *frame = top(scan);
    while (frame->class != NULL && frame->next < frame->count &&
           !is_there(frame, &frame->class->fields[frame->next]))
        frame->next++;
    if (frame->next == frame->count) {
        close(scan, frame);
        return RPC_OK;
    }
    if (is_empty_again(scan, frame))
        return complain(scan, RPC_TOO_LONG, "Java heap space");
    struct unit unit = {scan, scan->offset};
    struct writable_item item = {
        .index = frame->next, .depth = scan->depth, .offset = scan->offset, .number = 0};
    enum rpc_status status;
    if (frame->class != NULL) {
        item.in = frame->class;
        item.field = &frame->class->fields[frame->next];
        status = read_shape(&unit, &item.field->shape, &item);
    } else if (frame->kind == FRAME_ARRAY || frame->kind == FRAME_PARAMETERS) {
        status = read_object(&unit, &item);
    } else {
        status = read_shape(&unit, &frame->shape, &item);
    }
    if (status == RPC_OK)
        frame->next++;
    else if (status == RPC_AGAIN)
        frame->last = SIZE_MAX; /* the same element again */
    return status;
}

static enum rpc_status begin_parameters(struct writable_scan *scan)
{
    struct unit unit = {scan, scan->offset};
    struct frame *frame;
    int64_t count;
    enum rpc_status status = take_int(&unit, &count);
    if (status == RPC_OK)
        status = check_length(scan, count, WRITABLE_COUNT_MAX);
    if (status == RPC_OK)
        status = push(scan, FRAME_PARAMETERS, &frame);
    if (status != RPC_OK)
        return status;
    frame->count = (size_t)count;
    scan->offset = unit.at;
    return RPC_OK;
}

static enum rpc_status begin(struct writable_scan *scan)
{
    struct unit unit = {scan, scan->offset};
    struct writable_item item = {.offset = scan->offset};
    switch (scan->goal) {
    case WRITABLE_GOAL_OBJECT:
        return read_object(&unit, &item);
    case WRITABLE_GOAL_PARAMETERS:
        return begin_parameters(scan);
    case WRITABLE_GOAL_CLASS:
        return open_class(&unit, scan->class, &item);
    }
    assert(false);
    return RPC_MALFORMED;
}

enum rpc_status writable_scan(struct writable_scan *scan, struct wire_bytes bytes, size_t *size,
                              char *problem)
{
    assert(bytes.length >= scan->offset);
    scan->bytes = bytes;
    scan->problem = problem;
    enum rpc_status status = RPC_OK;
    if (!scan->begun) {
        status = begin(scan);
        scan->begun = status == RPC_OK;
    }
    while (status == RPC_OK && scan->top > 0)
        status = step(scan);
    *size = status == RPC_AGAIN ? scan->need : scan->offset;
    return status;
}

/* --- its life ---------------------------------------------------------------------------- */

struct writable_scan *writable_scan_create(void)
{
    return calloc(1, sizeof(struct writable_scan));
}

void writable_scan_free(struct writable_scan *scan)
{
    free(scan);
}

void writable_scan_begin(struct writable_scan *scan, const struct writable_types *types,
                         enum writable_goal goal, const struct writable_class *class)
{
    assert(goal != WRITABLE_GOAL_CLASS || class->kind == WRITABLE_STRUCT);
    scan->types = types;
    scan->goal = goal;
    scan->class = class;
    scan->begun = false;
    scan->offset = 0;
    scan->empties = 0;
    scan->top = 0;
    scan->depth = 0;
    scan->visit = NULL;
    scan->owner = NULL;
}

void writable_scan_visit(struct writable_scan *scan, writable_visit_fn *visit, void *owner)
{
    scan->visit = visit;
    scan->owner = owner;
}

enum rpc_status writable_walk(const struct writable_types *types, enum writable_goal goal,
                              const struct writable_class *class, struct wire_bytes bytes,
                              writable_visit_fn *visit, void *owner, size_t *size, char *problem)
{
    size_t used = 0;
    struct writable_scan scan; /* its frames are set as they are pushed */
    problem[0] = '\0';
    writable_scan_begin(&scan, types, goal, class);
    writable_scan_visit(&scan, visit, owner);
    enum rpc_status status = writable_scan(&scan, bytes, &used, problem);
    if (size != NULL)
        *size = used;
    return status == RPC_AGAIN ? RPC_END : status;
}

/* --- signatures -------------------------------------------------------------------------- */

struct signature {
    char *text;
    size_t size, used;
};

static void see_parameter(void *owner, const struct writable_item *item)
{
    struct signature *signature = owner;
    if (item->depth > 0 || item->event == WRITABLE_CLOSE)
        return;
    size_t room = signature->size - signature->used;
    size_t length = item->declared.length < room ? item->declared.length : room;
    int added =
        snprintf(signature->text + signature->used, room, "%s%.*s", signature->used > 0 ? "," : "",
                 (int)length, (const char *)item->declared.data);
    signature->used += added < 0 ? 0 : (size_t)added < room ? (size_t)added : room - 1;
}

enum rpc_status writable_signature(const struct writable_types *types, struct wire_bytes parameters,
                                   char *text, size_t size, char *problem)
{
    struct signature signature = {text, size, 0};
    text[0] = '\0';
    return writable_walk(types, WRITABLE_GOAL_PARAMETERS, NULL, parameters, see_parameter,
                         &signature, NULL, problem);
}
