/*
 * What the tests of Writables read and write with: a diary of what a walk tells, and classes for
 * an example.
 */
#ifndef RPC_WIRE_WRITABLE_STAGE_H
#define RPC_WIRE_WRITABLE_STAGE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "rpc/wire/codec_stage.h"
#include "rpc/wire/writable.h"

#define ENTRIES(array) (sizeof(array) / sizeof(*(array)))

static char problem[WIRE_PROBLEM_MAX];

static inline void says(const char *seen, const char *expected)
{
    cr_assert(strcmp(seen, expected) == 0, "'%s' is not '%s'", seen, expected);
}

static inline void put_name(struct wire_buffer *out, const char *name)
{
    cr_assert(eq(int, writable_put_text(out, WRITABLE_UTF8, wire_text(name), false), RPC_OK));
}

static inline void put_int(struct wire_buffer *out, int32_t number)
{
    cr_assert(eq(int, writable_put_number(out, WRITABLE_INT, number), RPC_OK));
}

/* A visitor that writes down what it is told. */
struct diary {
    char text[4096];
    size_t used, events;
};

static inline void note(struct diary *diary, const char *text)
{
    diary->used +=
        (size_t)snprintf(diary->text + diary->used, sizeof(diary->text) - diary->used, "%s", text);
}

static inline void see_value(struct diary *diary, const struct writable_item *item)
{
    char text[512] = "null";
    if (item->absent)
        ;
    else if (item->kind == WRITABLE_FLOAT || item->kind == WRITABLE_DOUBLE)
        snprintf(text, sizeof(text), "%g", item->real);
    else if (item->bytes.data != NULL)
        snprintf(text, sizeof(text), "'%.*s'", (int)item->bytes.length,
                 (const char *)item->bytes.data);
    else
        snprintf(text, sizeof(text), "%lld", (long long)item->number);
    note(diary, text);
}

static inline void see(void *owner, const struct writable_item *item)
{
    struct diary *diary = owner;
    diary->events++;
    if (diary->used > sizeof(diary->text) - 700)
        return;
    if (item->event == WRITABLE_CLOSE) {
        note(diary, " )");
        return;
    }
    note(diary, " ");
    if (item->field != NULL) {
        note(diary, item->field->name);
        note(diary, "=");
    }
    if (item->event == WRITABLE_VALUE) {
        see_value(diary, item);
    } else {
        note(diary, item->type != NULL ? item->type->name : "list");
        note(diary, "(");
    }
}

static inline const char *told(const struct writable_types *types, enum writable_goal goal,
                               const char *class, struct wire_bytes bytes)
{
    static struct diary diary;
    size_t size;
    diary = (struct diary){.used = 0};
    const struct writable_class *found =
        class == NULL ? NULL : writable_types_find(types, wire_text(class));
    enum rpc_status status = writable_walk(types, goal, found, bytes, see, &diary, &size, problem);
    cr_assert(eq(int, status, RPC_OK), "%s: %s", rpc_status_text(status), problem);
    cr_assert(eq(sz, size, bytes.length));
    return diary.text;
}

static inline const char *object(const struct writable_types *types, struct wire_bytes bytes)
{
    return told(types, WRITABLE_GOAL_OBJECT, NULL, bytes);
}

static inline enum rpc_status fate(const struct writable_types *types, struct wire_bytes bytes)
{
    return writable_walk(types, WRITABLE_GOAL_OBJECT, NULL, bytes, NULL, NULL, NULL, problem);
}

static inline void declare(struct writable_types *types, const char *name,
                           const struct writable_declared *fields, size_t count)
{
    enum rpc_status status = writable_types_add(types, name, fields, count, problem);
    cr_assert(eq(int, status, RPC_OK), "%s", problem);
}

/* A class with a field of every kind, and conditions. */
static inline struct writable_types *example_types(void)
{
    static const struct writable_declared base[] = {{.type = "utf8", .name = "name"},
                                                    {.type = "short", .name = "port"}};
    static const struct writable_declared leaf[] = {
        {.type = "org.example.Base"},
        {.type = "boolean", .name = "map"},
        {.type = "vlong", .name = "shuffled", .when = "map", .when_is = 0},
        {.type = "list:vint optional text", .name = "words"},
        {.type = "bytes:vint", .name = "data"},
        {.type = "bytes:3", .name = "raw"},
        {.type = "string", .name = "note"},
        {.type = "list org.example.Base", .name = "nodes"},
        {.type = "enum org.example.Action", .name = "action"},
        {.type = "int", .name = "job", .when = "action", .when_constant = "KILL"},
        {.type = "object", .name = "any"},
        {.type = "writable:text", .name = "split"},
    };
    static const char *const actions[] = {"LAUNCH", "KILL"};
    struct writable_types *types = writable_types_create(NULL);
    writable_types_add_enum(types, "org.example.Action", actions, 2, problem);
    declare(types, "org.example.Base", base, ENTRIES(base));
    declare(types, "org.example.Leaf", leaf, ENTRIES(leaf));
    return types;
}

static inline void put_base(struct wire_buffer *out)
{
    put_name(out, "dn");
    writable_put_number(out, WRITABLE_SHORT, 9);
}

static inline void put_leaf(struct wire_buffer *out, bool map, const char *action)
{
    put_base(out);
    writable_put_number(out, WRITABLE_BOOLEAN, map);
    if (!map)
        writable_put_number(out, WRITABLE_VLONG, 1000);
    writable_put_number(out, WRITABLE_VINT, 2);
    writable_put_number(out, WRITABLE_BOOLEAN, 0);
    writable_put_number(out, WRITABLE_BOOLEAN, 1);
    writable_put_text(out, WRITABLE_TEXT, wire_text("w"), false);
    writable_put_bytes(out, WRITABLE_BY_VINT, wire_text("dd"));
    writable_put_bytes(out, WRITABLE_BY_SIZE, wire_text("rrr"));
    writable_put_text(out, WRITABLE_STRING, WIRE_ABSENT, false);
    put_int(out, 1);
    put_base(out);
    writable_put_text(out, WRITABLE_TEXT, wire_text(action), false);
    if (strcmp(action, "KILL") == 0)
        put_int(out, 77);
    writable_put_long_object(out, 3);
    writable_put_text(out, WRITABLE_TEXT, wire_text("org.example.Base"), false);
    put_base(out);
}

#endif
