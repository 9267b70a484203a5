/*
 * Writables as Lua values.
 *
 * Of a class a table of its fields by name; of one that is not the declared class its name stands
 * at [1].  Numbers, texts and booleans are themselves, bytes and byte[] strings, an enum its
 * constant's name, lists and arrays lists, null nil.  Where integers are given, "15m" (in
 * milliseconds) and "4KiB" stand for one too; what a table leaves out is zero, empty or null.
 * Where only the bytes say what it is ("object"), integers are long, and all but long, double,
 * boolean and String stand as { "int", 5 }.  A list that ends with null, or has one in it, says its
 * length: { "a", nil, n = 2 }, as table.pack does; of what is decoded a metatable says it.
 */
#ifndef HARNESS_MESSAGE_VALUE_H
#define HARNESS_MESSAGE_VALUE_H

#include <lua.h>

#include "harness/message/types.h"

/* How values are written. */
struct harness_manner {
    const struct writable_types *classes;
    bool overlong; /* UTF8 has NUL as c0 80 */
    bool packed;   /* arrays of primitives as ArrayPrimitiveWritable$Internal */
};

/* Push the value of an ObjectWritable, of a class, or the list of parameters.  On failure nothing
 * is pushed, and `problem` (WIRE_PROBLEM_MAX) says why: the errors of writable_walk.  *size (or
 * NULL): the bytes used. */
enum rpc_status harness_value_decode(lua_State *L, const struct writable_types *classes,
                                     enum writable_goal goal, const struct writable_class *class,
                                     struct wire_bytes bytes, size_t *size, char *problem);

/* Append the value at `index` as an ObjectWritable of the declared type ("long", "[B",
 * "org.example.Name").  A Lua error names class, field and what was given. */
void harness_value_encode_object(lua_State *L, int index, const struct harness_manner *manner,
                                 const char *declared, struct wire_buffer *out);
/* The same as the fields of a class alone. */
void harness_value_encode(lua_State *L, int index, const struct harness_manner *manner,
                          const struct writable_class *class, struct wire_buffer *out);

/* What the keys of a table say that stands for a list. */
struct harness_list {
    size_t length; /* `n`, where table.pack has set it: nil may be the last; else the last place */
    size_t places; /* how many of them are not nil */
    bool counted;  /* by `n` */
};

/* False: a key is neither `n` nor a place in the list; it is pushed. */
bool harness_list_of(lua_State *L, int index, struct harness_list *list);

/* Functions of a script that convert a field: those of { "bytes:int", "x", read = …, write = … },
 * which stand at `index`; nil removes. */
void harness_value_convert(lua_State *L, const char *class, const char *field, int read, int write);

/* For the two above: push the function, false when there is none (nothing is pushed). */
bool harness_value_converter(lua_State *L, const char *class, const char *field, const char *which);

#endif
