/*
 * Writables in a frame: values, and the head of a call of WritableRpcEngine.
 */
#include <inttypes.h>
#include <stdio.h>

#include "harness/trace/picture.h"

enum { WORD = 4 };

/* A walk over values, and which of the picture's fields are open. */
struct walk {
    struct picture *picture;
    bool parameters;
    size_t open[WRITABLE_DEPTH_MAX + 1];
};

static const char *name_of(struct walk *walk, const struct writable_item *item)
{
    if (item->field != NULL)
        return item->field->name;
    if (item->depth > 0)
        return picture_print(walk->picture, "[%zu]", item->index);
    return walk->parameters ? picture_print(walk->picture, "parameter %zu", item->index + 1)
                            : "value";
}

static const char *show_text(struct picture *picture, const struct writable_item *item)
{
    struct wire_buffer text = {NULL, 0, 0};
    const char *shown = "…";
    if (writable_read_text(item->kind, item->bytes, &text) == RPC_OK)
        shown = picture_bytes(picture, text.length > 0 ? (struct wire_bytes){text.data, text.length}
                                                       : wire_text(""));
    wire_buffer_release(&text);
    return shown;
}

/* The name of a class or constant, cut where nobody reads on, and what stands behind it. */
static const char *print_name(struct picture *picture, struct wire_bytes name, const char *rest)
{
    int shown = name.length < WRITABLE_NAME_MAX ? (int)name.length : WRITABLE_NAME_MAX;
    return picture_print(picture, "%.*s%s%s", shown, (const char *)name.data,
                         rest[0] != '\0' ? " " : "", rest);
}

static const char *show_value(struct picture *picture, const struct writable_item *item)
{
    if (item->absent)
        return "null";
    switch (item->kind) {
    case WRITABLE_BOOLEAN:
        return item->number != 0 ? "true" : "false";
    case WRITABLE_FLOAT:
    case WRITABLE_DOUBLE:
        return picture_print(picture, "%.17g", item->real);
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
    case WRITABLE_TEXT:
    case WRITABLE_STRING:
        return show_text(picture, item);
    case WRITABLE_ENUM:
        return print_name(picture, item->bytes, "");
    case WRITABLE_NULL:
        return "null";
    case WRITABLE_BYTE:
    case WRITABLE_CHAR:
    case WRITABLE_SHORT:
    case WRITABLE_INT:
    case WRITABLE_LONG:
    case WRITABLE_VINT:
    case WRITABLE_VLONG:
    case WRITABLE_BYTES:
    case WRITABLE_LIST:
    case WRITABLE_OPTIONAL:
    case WRITABLE_CLASS:
    case WRITABLE_NAMED:
    case WRITABLE_OBJECT:
    case WRITABLE_ARRAY:
        break;
    }
    return item->bytes.data != NULL ? picture_bytes(picture, item->bytes)
                                    : picture_print(picture, "%" PRId64, item->number);
}

static const char *show_head(struct picture *picture, const struct writable_item *item)
{
    if (item->type != NULL)
        return picture_print(picture, "%s", item->type->name);
    return picture_print(picture, "%zu elements", item->count);
}

static void visit(void *owner, const struct writable_item *item)
{
    struct walk *walk = owner;
    struct picture *picture = walk->picture;
    if (item->event == WRITABLE_CLOSE) {
        size_t place = walk->open[item->depth];
        if (place < picture->count)
            picture->fields[place].length = (uint32_t)item->length;
        return;
    }
    const char *shown =
        item->event == WRITABLE_OPEN ? show_head(picture, item) : show_value(picture, item);
    /* The class says more than a number alone does; that of a class is shown. */
    if (item->declared.data != NULL && item->type == NULL && picture->count < PICTURE_FIELDS_MAX)
        shown = print_name(picture, item->declared, shown);
    if (item->event == WRITABLE_OPEN)
        walk->open[item->depth] =
            picture->count < PICTURE_FIELDS_MAX ? picture->count : PICTURE_FIELDS_MAX;
    picture_add(picture, picture->base + item->offset, item->length, picture->depth + item->depth,
                name_of(walk, item), shown);
}

void picture_values(struct picture *picture, enum writable_goal goal,
                    const struct writable_types *types)
{
    struct walk walk = {.picture = picture, .parameters = goal == WRITABLE_GOAL_PARAMETERS};
    char problem[WIRE_PROBLEM_MAX] = "";
    size_t size, before = picture->count;
    int32_t count;

    picture->base = picture->at;
    picture->depth = 0;
    if (walk.parameters && picture_int32(picture, "parameters", &count))
        picture->at -= WORD;
    enum rpc_status status =
        writable_walk(types, goal, NULL, picture_rest(picture), visit, &walk, &size, problem);
    if (status == RPC_OK)
        picture->at += size;
    else if (picture->count > before)
        picture->fields[picture->count - 1].problem =
            picture_print(picture, "%s", problem[0] != '\0' ? problem : rpc_status_text(status));
    if (status != RPC_OK && picture->count > before)
        picture->at =
            picture->fields[picture->count - 1].offset + picture->fields[picture->count - 1].length;
}

bool picture_prefixed(struct picture *picture, const char *name, enum writable_kind kind)
{
    struct wire_bytes rest = picture_rest(picture);
    int64_t length = 0;
    size_t prefix = 0;
    if (kind == WRITABLE_TEXT)
        prefix = writable_read_vlong(rest, &length);
    else if (rest.length >= 2)
        prefix = 2, length = rest.data[0] << 8 | rest.data[1];
    if (prefix == 0 || length < 0 || (uint64_t)length > rest.length - prefix)
        return false;
    const struct writable_item item = {.kind = kind, .bytes = {rest.data + prefix, (size_t)length}};
    picture_add(picture, picture->at, prefix + (size_t)length, 0, name, show_text(picture, &item));
    picture->at += prefix + (size_t)length;
    return true;
}

void picture_invocation(struct picture *picture, const struct writable_types *types)
{
    int32_t hash;
    if (picture_int64(picture, "rpc version") &&
        picture_prefixed(picture, "protocol", WRITABLE_UTF8) &&
        picture_prefixed(picture, "method", WRITABLE_UTF8) &&
        picture_int64(picture, "client version") && picture_int32(picture, "methods hash", &hash))
        picture_values(picture, WRITABLE_GOAL_PARAMETERS, types);
}
