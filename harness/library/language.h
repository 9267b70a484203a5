/*
 * The scenario language as its annotations say it (ripcord.lua, which the build puts into the
 * program): classes with their fields and methods, and the types of both.
 *
 * So editors, the reference page and `ripcord check` know one list of names; a test compares it
 * with what scripts really find.
 */
#ifndef HARNESS_LIBRARY_LANGUAGE_H
#define HARNESS_LIBRARY_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct language;

/* A type as it is written: "Server|Peer|string", "Connection[]", "{ host?: Host }".  A part of the
 * annotations; of length 0 when it is unknown. */
struct language_type {
    const char *text;
    size_t length;
};

enum { LANGUAGE_NAME_MAX = 32, LANGUAGE_PARAMETERS_MAX = 6 };

/* A field, a method, a global function or value. */
struct language_member {
    char name[LANGUAGE_NAME_MAX]; /* "[1]" and "[integer]" for items */
    bool function;
    struct language_type type; /* of the value, or of the function's first result */
    struct language_type parameters[LANGUAGE_PARAMETERS_MAX];
    size_t parameter_count;
    bool variadic; /* the last parameter stands for all that follow */
};

struct language_class {
    char name[LANGUAGE_NAME_MAX]; /* "" has the globals */
    bool exact;                   /* it has nothing else, and reading that is an error */
    struct language_member *members;
    size_t count;
};

/* NULL when out of memory. */
struct language *language_create(void);
void language_free(struct language *language);

/* The class of that name; NULL: none. */
const struct language_class *language_class(const struct language *language, const char *name);
/* NULL: it has none of that name. */
const struct language_member *language_member(const struct language_class *class, const char *name);
/* The i-th class, in their order; NULL: there are no more. */
const struct language_class *language_class_at(const struct language *language, size_t i);

/* --- types --- */

/* The next alternative of `rest`, which goes on behind it; false at the end. */
bool language_part(struct language_type *rest, struct language_type *part);
bool language_is(struct language_type type, const char *text);
/* Whether `type` is that name, or has it among its alternatives. */
bool language_has(struct language_type type, const char *name);
/* What an alias stands for; an empty type: it is none. */
struct language_type language_alias(const struct language *language, struct language_type type);
/* The class of a value of that type, nil left aside; NULL: none, or not always the same. */
const struct language_class *language_class_of(const struct language *language,
                                               struct language_type type);
/* Of a list: the type of its items; of a table by names: of its values. */
struct language_type language_item(const struct language *language, struct language_type type);
/* Of "table<ConfKey, any>": the first. */
struct language_type language_key_type(struct language_type type);
/* Parameter `i`, from 0, of "fun(call: HandlerCall, request: table): any". */
struct language_type language_parameter(struct language_type type, size_t i);

/* What may stand in a table that is written where `type` is expected. */
enum language_key { LANGUAGE_KEY, LANGUAGE_NO_KEY, LANGUAGE_ANY_KEY };
/* Whether `name` ("[1]" for a first item) may, and the type of its value where that is known. */
enum language_key language_key(const struct language *language, struct language_type type,
                               const char *name, struct language_type *value);
/* Append the names that may, a space behind each. */
void language_keys(const struct language *language, struct language_type type, char *names,
                   size_t size);

#endif
