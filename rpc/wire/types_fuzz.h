/*
 * Classes of Writables that fuzzers may meet: one of each kind of field, and one that has itself.
 */
#ifndef RPC_WIRE_TYPES_FUZZ_H
#define RPC_WIRE_TYPES_FUZZ_H

#include <stdlib.h>

#include "rpc/wire/writable.h"

/* Never freed. */
static inline const struct writable_types *fuzz_types(void)
{
    static const struct writable_declared fields[] = {
        {.type = "boolean", .name = "a"},
        {.type = "long", .name = "b", .when = "a", .when_is = 1},
        {.type = "vint", .name = "c"},
        {.type = "utf8", .name = "d"},
        {.type = "utf", .name = "e"},
        {.type = "text", .name = "f"},
        {.type = "string", .name = "g"},
        {.type = "bytes", .name = "h"},
        {.type = "bytes:vint", .name = "i"},
        {.type = "list:vint long", .name = "j"},
        {.type = "enum C", .name = "k"},
        {.type = "optional T", .name = "l"},
        {.type = "list R", .name = "m"},
        {.type = "writable:utf8", .name = "n"},
        {.type = "object", .name = "o"},
    };
    static const char *const constants[] = {"X", "Y"};
    static struct writable_types *types;
    char problem[WIRE_PROBLEM_MAX];

    if (types != NULL)
        return types;
    types = writable_types_create(NULL);
    if (types == NULL || writable_types_add_enum(types, "C", constants, 2, problem) != RPC_OK ||
        writable_types_add(types, "R", fields, 1, problem) != RPC_OK ||
        writable_types_add(types, "E", NULL, 0, problem) != RPC_OK ||
        writable_types_add_abstract(types, "A", problem) != RPC_OK ||
        writable_types_add_packed(types, problem) != RPC_OK ||
        writable_types_add(types, "T", fields, sizeof(fields) / sizeof(*fields), problem) != RPC_OK)
        abort();
    return types;
}

#endif
