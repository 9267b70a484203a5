/*
 * Lua values without parts, written as Writables: numbers, texts, bytes, constants of enums.
 *
 * Each appends the value at `index` (absolute; nil is zero, empty or absent) to `out`.  What does
 * not fit is a Lua error that names class, field and what was given.
 */
#ifndef HARNESS_MESSAGE_VALUE_PLAIN_H
#define HARNESS_MESSAGE_VALUE_PLAIN_H

#include <lua.h>

#include "harness/message/value.h"

/* Where in what is being written. */
struct value_building {
    lua_State *L;
    const struct harness_manner *manner;
    struct wire_buffer *out;
    const char *class, *field; /* for messages; field NULL: none */
    unsigned depth;            /* of classes in each other */
};

/* BYTE … LONG, VINT, VLONG. */
void value_put_number(struct value_building *building, int index, enum writable_kind kind);
void value_put_boolean(struct value_building *building, int index);
/* FLOAT, DOUBLE. */
void value_put_real(struct value_building *building, int index, enum writable_kind kind);
void value_put_bytes(struct value_building *building, int index,
                     const struct writable_shape *shape);
/* UTF8 … STRING. */
void value_put_text(struct value_building *building, int index, enum writable_kind kind);
/* Of a class, or a type: UTF8. */
void value_put_name(struct value_building *building, const char *name);
/* `class` NULL: any constant; of a class, nil is its first. */
void value_put_enum(struct value_building *building, int index, const struct writable_class *class,
                    enum writable_prefix prefix);

/* --- errors --- */

/* "class org.example.Name: field 'x'", or the type alone; pushed, as the next one is. */
const char *value_place(const struct value_building *building);
/* "… takes a whole number, got 'x'" */
void value_expected(const struct value_building *building, const char *what, int index);
/* An error unless RPC_OK. */
void value_check(const struct value_building *building, enum rpc_status status);
/* "… no class x is declared; did you mean y?" */
int value_no_such_class(const struct value_building *building, const char *name);

#endif
