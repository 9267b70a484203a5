/*
 * The scanner of Writables: step by step, a unit each.  One whose bytes have not all come leaves
 * everything as it was, so what was passed is never passed again.
 */
#include <assert.h>
#include <stdlib.h>

#include "rpc/wire/writable.h"
#include "rpc/wire/writable_object.h"
#include "rpc/wire/writable_shape.h"
#include "rpc/wire/writable_stack.h"

/* --- steps --- */

static bool is_there(const struct writable_frame *frame, const struct writable_field *field)
{
    return field->when_field == WRITABLE_ALWAYS ||
           frame->slots[frame->class->fields[field->when_field].slot] == field->when_is;
}

/* Whether too many elements had no byte at all: so few bytes must not make so much work. */
static bool is_empty_again(struct writable_scan *scan, struct writable_frame *frame)
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
    struct writable_frame *frame = writable_stack_top(scan);
    while (frame->class != NULL && frame->next < frame->count &&
           !is_there(frame, &frame->class->fields[frame->next]))
        frame->next++;
    if (frame->next == frame->count) {
        writable_stack_close(scan);
        return RPC_OK;
    }
    if (is_empty_again(scan, frame))
        return writable_unit_complain(&scan->unit, RPC_TOO_LONG, "Java heap space");
    scan->unit.at = scan->offset;
    struct writable_item item = {
        .index = frame->next, .depth = scan->depth, .offset = scan->offset, .number = 0};
    enum rpc_status status;
    if (frame->class != NULL) {
        item.in = frame->class;
        item.field = &frame->class->fields[frame->next];
        status = writable_shape_read(scan, &item.field->shape, &item);
    } else if (frame->kind == FRAME_ARRAY || frame->kind == FRAME_PARAMETERS) {
        status = writable_object_read(scan, &item);
    } else {
        status = writable_shape_read(scan, &frame->shape, &item);
    }
    if (status == RPC_OK)
        frame->next++;
    else if (status == RPC_AGAIN)
        frame->last = SIZE_MAX; /* the same element again */
    return status;
}

static enum rpc_status begin_parameters(struct writable_scan *scan)
{
    struct writable_frame *frame;
    int64_t count;
    scan->unit.at = scan->offset;
    enum rpc_status status = writable_unit_int(&scan->unit, &count);
    if (status == RPC_OK)
        status = writable_unit_check_length(&scan->unit, count, WRITABLE_COUNT_MAX);
    if (status == RPC_OK)
        status = writable_stack_push(scan, FRAME_PARAMETERS, &frame);
    if (status != RPC_OK)
        return status;
    frame->count = (size_t)count;
    scan->offset = scan->unit.at;
    return RPC_OK;
}

static enum rpc_status begin(struct writable_scan *scan)
{
    struct writable_item item = {.offset = scan->offset};
    scan->unit.at = scan->offset;
    switch (scan->goal) {
    case WRITABLE_GOAL_OBJECT:
        return writable_object_read(scan, &item);
    case WRITABLE_GOAL_PARAMETERS:
        return begin_parameters(scan);
    case WRITABLE_GOAL_CLASS:
        return writable_stack_open_class(scan, scan->class, &item);
    }
    assert(false);
    return RPC_MALFORMED;
}

enum rpc_status writable_scan(struct writable_scan *scan, struct wire_bytes bytes, size_t *size,
                              char *problem)
{
    assert(bytes.length >= scan->offset);
    scan->unit.bytes = bytes;
    scan->unit.problem = problem;
    enum rpc_status status = RPC_OK;
    if (!scan->begun) {
        status = begin(scan);
        scan->begun = status == RPC_OK;
    }
    while (status == RPC_OK && scan->top > 0)
        status = step(scan);
    *size = status == RPC_AGAIN ? scan->unit.need : scan->offset;
    return status;
}

/* --- its life --- */

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
    scan->unit.any_utf8 = writable_types_takes_any_utf8(types);
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
