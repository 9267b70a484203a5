/*
 * The classes of Writables, by name.
 *
 * They hang in chains by a hash of their names, the newest first, which so hides its older
 * namesakes.  Nothing that hangs there is ever changed: whoever reads needs no lock.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/arena.h"
#include "rpc/wire/writable.h"
#include "rpc/wire/writable_fields.h"
#include "rpc/wire/writable_grammar.h"
#include "rpc/wire/writable_problem.h"
#include "rpc/wire/writable_simple.h"

enum { CHAINS = 128 };

struct link {
    const struct link *older;
    const struct writable_class *class;
};

struct writable_types {
    const struct writable_types *base;
    _Atomic(const struct link *) chains[CHAINS];
    size_t count; /* of names */
    struct arena arena;
    bool any_utf8;
};

/* --- finding --- */

static const struct writable_class *find_simple(struct wire_bytes name)
{
    size_t i = 0;
    while (writable_simple_at(i) != NULL && !wire_is(name, writable_simple_at(i)->name))
        i++;
    return writable_simple_at(i);
}

/* FNV-1a */
static size_t chain_of(struct wire_bytes name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ name.data[i]) * 16777619u;
    return (hash ^ hash >> 16) % CHAINS;
}

static const struct writable_class *find_in(const struct writable_types *types, size_t chain,
                                            struct wire_bytes name)
{
    const struct link *link = atomic_load(&types->chains[chain]);
    while (link != NULL && !wire_is(name, link->class->name))
        link = link->older;
    return link == NULL ? NULL : link->class;
}

const struct writable_class *writable_types_find(const struct writable_types *types,
                                                 struct wire_bytes name)
{
    if (name.length == 0 || name.length > WRITABLE_NAME_MAX ||
        memchr(name.data, '\0', name.length) != NULL)
        return NULL;
    const size_t chain = chain_of(name);
    for (; types != NULL; types = types->base) {
        const struct writable_class *found = find_in(types, chain, name);
        if (found != NULL)
            return found;
    }
    return find_simple(name);
}

/* The better of two next names: the first that stands behind `after` (NULL: any does). */
static const char *nearer(const char *best, const char *name, const char *after)
{
    bool behind = after == NULL || strcmp(name, after) > 0;
    return behind && (best == NULL || strcmp(name, best) < 0) ? name : best;
}

/* The first name behind `after`; NULL after: the first of all. */
static const char *next_name(const struct writable_types *types, const char *after)
{
    const struct writable_class *class;
    const char *best = NULL;
    for (; types != NULL; types = types->base) {
        for (size_t i = 0; i < CHAINS; i++) {
            const struct link *link = atomic_load(&types->chains[i]);
            for (; link != NULL; link = link->older)
                best = nearer(best, link->class->name, after);
        }
    }
    for (size_t i = 0; (class = writable_simple_at(i)) != NULL; i++)
        best = nearer(best, class->name, after);
    return best;
}

const char *writable_types_name_at(const struct writable_types *types, size_t index)
{
    const char *name = next_name(types, NULL);
    while (name != NULL && index-- > 0)
        name = next_name(types, name);
    return name;
}

static const struct {
    const char *name;
    char letter; /* in an array's name */
    enum writable_kind kind;
} primitives[] = {
    {"boolean", 'Z', WRITABLE_BOOLEAN}, {"byte", 'B', WRITABLE_BYTE},
    {"char", 'C', WRITABLE_CHAR},       {"short", 'S', WRITABLE_SHORT},
    {"int", 'I', WRITABLE_INT},         {"long", 'J', WRITABLE_LONG},
    {"float", 'F', WRITABLE_FLOAT},     {"double", 'D', WRITABLE_DOUBLE},
    {"void", '\0', WRITABLE_NULL},      {"java.lang.String", '\0', WRITABLE_UTF8},
};

enum { PRIMITIVES = sizeof(primitives) / sizeof(*primitives) };

/* "[I", "[[Lorg.example.Name;": *name becomes that of the elements. */
static bool is_array(const struct writable_types *types, struct wire_bytes *name)
{
    struct wire_bytes element = {name->data + 1, name->length - 1}, inner;
    size_t dimensions = 1;
    while (element.length > 0 && element.data[0] == '[') {
        element.data++;
        element.length--;
        dimensions++;
    }
    if (dimensions > 255)
        return false; /* Java's own limit */
    bool known = false;
    if (element.length > 2 && element.data[0] == 'L' && element.data[element.length - 1] == ';') {
        enum writable_kind kind;
        const struct writable_class *class;
        inner = (struct wire_bytes){element.data + 1, element.length - 2};
        known = inner.data[0] != '[' && writable_types_declared(types, &inner, &kind, &class) &&
                (kind == WRITABLE_CLASS || kind == WRITABLE_ENUM || kind == WRITABLE_UTF8);
        element = (struct wire_bytes){element.data + 1, element.length - 2};
    } else if (element.length == 1) {
        for (size_t i = 0; i < PRIMITIVES; i++) {
            if (primitives[i].letter == '\0' || primitives[i].letter != (char)element.data[0])
                continue;
            known = true;
            element = wire_text(primitives[i].name);
            break;
        }
    }
    *name = dimensions > 1 ? (struct wire_bytes){name->data + 1, name->length - 1} : element;
    return known;
}

bool writable_types_declared(const struct writable_types *types, struct wire_bytes *name,
                             enum writable_kind *kind, const struct writable_class **class)
{
    *class = NULL;
    for (size_t i = 0; i < PRIMITIVES; i++) {
        if (wire_is(*name, primitives[i].name)) {
            *kind = primitives[i].kind;
            return true;
        }
    }
    if (name->length > 1 && name->data[0] == '[') {
        *kind = WRITABLE_ARRAY;
        return is_array(types, name);
    }
    *class = writable_types_find(types, *name);
    if (*class == NULL)
        return false;
    *kind = (*class)->kind == WRITABLE_CONSTANTS ? WRITABLE_ENUM
            : (*class)->kind == WRITABLE_PACKED  ? WRITABLE_ARRAY
                                                 : WRITABLE_CLASS;
    return true;
}

/* --- adding --- */

/* `class` is found by its name from now on. */
static enum rpc_status publish(struct writable_types *types, const struct writable_class *class,
                               char *problem)
{
    struct wire_bytes name = wire_text(class->name);
    const size_t chain = chain_of(name);
    bool is_new = find_in(types, chain, name) == NULL;
    if (is_new && types->count >= WRITABLE_CLASSES_MAX)
        return writable_problem(problem, RPC_TOO_LONG, "more than %d classes",
                                WRITABLE_CLASSES_MAX);
    struct link *link = arena_take(&types->arena, sizeof(*link));
    if (link == NULL)
        return writable_problem_memory(problem);
    *link = (struct link){atomic_load(&types->chains[chain]), class};
    atomic_store(&types->chains[chain], link);
    types->count += is_new;
    return RPC_OK;
}

static struct writable_class *make_class(struct writable_types *types, const char *name,
                                         enum writable_class_kind kind)
{
    struct writable_class *class = arena_take(&types->arena, sizeof(*class));
    if (class == NULL)
        return NULL;
    class->kind = kind;
    class->name = arena_text(&types->arena, name);
    return class->name == NULL ? NULL : class;
}

static enum rpc_status check_name(const char *name, char *problem)
{
    if (writable_grammar_is_class(name, strlen(name)))
        return RPC_OK;
    return writable_problem(problem, RPC_MALFORMED,
                            "'%.100s' is no name of a class, such as org.example.Name", name);
}

static enum rpc_status add_struct(struct writable_types *types, const char *name,
                                  const struct writable_declared *fields, size_t count,
                                  char *problem)
{
    struct writable_class *class = make_class(types, name, WRITABLE_STRUCT);
    if (class == NULL)
        return writable_problem_memory(problem);
    enum rpc_status status =
        writable_fields_make(&types->arena, types, name, fields, count, &class->fields, problem);
    if (status != RPC_OK)
        return status;
    class->field_count = count;
    return publish(types, class, problem);
}

enum rpc_status writable_types_add(struct writable_types *types, const char *name,
                                   const struct writable_declared *fields, size_t count,
                                   char *problem)
{
    const struct arena_mark before = arena_mark(&types->arena);
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK && count > WRITABLE_FIELDS_MAX)
        status = writable_problem(problem, RPC_TOO_LONG, "class %s has more than %d fields", name,
                                  WRITABLE_FIELDS_MAX);
    if (status == RPC_OK)
        status = add_struct(types, name, fields, count, problem);
    if (status != RPC_OK)
        arena_give_back(&types->arena, before);
    return status;
}

static enum rpc_status add_enum(struct writable_types *types, const char *name,
                                const char *const *constants, size_t count, char *problem)
{
    struct writable_class *class = make_class(types, name, WRITABLE_CONSTANTS);
    const char **made = arena_take(&types->arena, (count + 1) * sizeof(*made));
    if (class == NULL || made == NULL)
        return writable_problem_memory(problem);
    for (size_t i = 0; i < count; i++) {
        made[i] = arena_text(&types->arena, constants[i]);
        if (made[i] == NULL)
            return writable_problem_memory(problem);
    }
    class->constants = made;
    class->constant_count = count;
    return publish(types, class, problem);
}

enum rpc_status writable_types_add_enum(struct writable_types *types, const char *name,
                                        const char *const *constants, size_t count, char *problem)
{
    const struct arena_mark before = arena_mark(&types->arena);
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK)
        status = add_enum(types, name, constants, count, problem);
    if (status != RPC_OK)
        arena_give_back(&types->arena, before);
    return status;
}

static enum rpc_status add_bare(struct writable_types *types, const char *name,
                                enum writable_class_kind kind, char *problem)
{
    const struct arena_mark before = arena_mark(&types->arena);
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK) {
        struct writable_class *class = make_class(types, name, kind);
        status = class == NULL ? writable_problem_memory(problem) : publish(types, class, problem);
    }
    if (status != RPC_OK)
        arena_give_back(&types->arena, before);
    return status;
}

enum rpc_status writable_types_add_abstract(struct writable_types *types, const char *name,
                                            char *problem)
{
    return add_bare(types, name, WRITABLE_ABSTRACT, problem);
}

enum rpc_status writable_types_add_packed(struct writable_types *types, char *problem)
{
    return add_bare(types, WRITABLE_PACKED_CLASS, WRITABLE_PACKED, problem);
}

void writable_types_take_any_utf8(struct writable_types *types)
{
    types->any_utf8 = true;
}

bool writable_types_takes_any_utf8(const struct writable_types *types)
{
    while (types != NULL && !types->any_utf8)
        types = types->base;
    return types != NULL;
}

struct writable_types *writable_types_create(const struct writable_types *base)
{
    struct writable_types *types = calloc(1, sizeof(*types));
    if (types == NULL)
        return NULL;
    types->base = base;
    return types;
}

void writable_types_free(struct writable_types *types)
{
    if (types == NULL)
        return;
    arena_release(&types->arena);
    free(types);
}
