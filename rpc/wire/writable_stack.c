#include "rpc/wire/writable_stack.h"

#include <string.h>

struct writable_frame *writable_stack_top(struct writable_scan *scan)
{
    return scan->top == 0 ? NULL : &scan->frames[scan->top - 1];
}

static void tell(struct writable_scan *scan, const struct writable_item *item)
{
    if (scan->visit != NULL)
        scan->visit(scan->owner, item);
}

enum rpc_status writable_stack_push(struct writable_scan *scan, enum writable_frame_kind kind,
                                    struct writable_frame **pushed)
{
    if (scan->top == WRITABLE_DEPTH_MAX)
        return writable_unit_complain(&scan->unit, RPC_TOO_DEEP, "nested deeper than %d levels",
                                      WRITABLE_DEPTH_MAX);
    *pushed = &scan->frames[scan->top++];
    (*pushed)->kind = kind;
    (*pushed)->next = 0;
    (*pushed)->count = 0;
    (*pushed)->last = SIZE_MAX;
    (*pushed)->class = NULL;
    scan->depth += kind != FRAME_SUPER && kind != FRAME_PARAMETERS;
    return RPC_OK;
}

enum rpc_status writable_stack_open(struct writable_scan *scan, enum writable_frame_kind kind,
                                    struct writable_item *item, struct writable_frame **opened)
{
    enum rpc_status status = writable_stack_push(scan, kind, opened);
    if (status != RPC_OK)
        return status;
    item->event = WRITABLE_OPEN;
    item->length = scan->unit.at - scan->offset;
    (*opened)->count = item->count;
    (*opened)->opened = *item;
    (*opened)->opened.declared = WIRE_ABSENT; /* its bytes may move */
    scan->offset = scan->unit.at;
    tell(scan, item);
    return RPC_OK;
}

static void set_class(struct writable_frame *frame, const struct writable_class *class)
{
    frame->class = class;
    frame->count = class->field_count;
    memset(frame->slots, 0, sizeof(frame->slots));
}

enum rpc_status writable_stack_open_class(struct writable_scan *scan,
                                          const struct writable_class *class,
                                          struct writable_item *item)
{
    struct writable_frame *frame = NULL;
    item->kind = WRITABLE_CLASS;
    item->type = class;
    enum rpc_status status = writable_stack_open(scan, FRAME_CLASS, item, &frame);
    if (status == RPC_OK)
        set_class(frame, class);
    return status;
}

enum rpc_status writable_stack_open_super(struct writable_scan *scan,
                                          const struct writable_class *class)
{
    struct writable_frame *frame = NULL;
    enum rpc_status status = writable_stack_push(scan, FRAME_SUPER, &frame);
    if (status == RPC_OK)
        set_class(frame, class);
    return status;
}

enum rpc_status writable_stack_value(struct writable_scan *scan, struct writable_item *item)
{
    item->event = WRITABLE_VALUE;
    item->length = scan->unit.at - scan->offset;
    scan->offset = scan->unit.at;
    if (item->field != NULL && item->field->slot >= 0)
        writable_stack_top(scan)->slots[item->field->slot] =
            item->absent ? INT64_MIN : item->number;
    tell(scan, item);
    return RPC_OK;
}

void writable_stack_close(struct writable_scan *scan)
{
    struct writable_frame *frame = writable_stack_top(scan);
    scan->top--;
    if (frame->kind == FRAME_SUPER || frame->kind == FRAME_PARAMETERS)
        return;
    scan->depth--;
    frame->opened.event = WRITABLE_CLOSE;
    frame->opened.length = scan->offset - frame->opened.offset;
    tell(scan, &frame->opened);
}
