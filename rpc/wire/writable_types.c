/*
 * The classes of Writables, by name.
 *
 * What is known stands in a sorted index.  An addition makes a new index and puts it in the
 * place of the old one, which stays until the end: whoever reads needs no lock.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/writable.h"
#include "rpc/wire/writable_fields.h"
#include "rpc/wire/writable_grammar.h"
#include "rpc/wire/writable_problem.h"
#include "rpc/wire/writable_simple.h"
#include "rpc/wire/writable_store.h"

struct index {
    size_t count;
    const struct writable_class *classes[];
};

struct writable_types {
    const struct writable_types *base;
    _Atomic(const struct index *) index;
    struct writable_store store;
    bool any_utf8;
};

/* --- finding ----------------------------------------------------------------------------- */

static int compare(struct wire_bytes name, const char *with)
{
    int order = strncmp((const char *)name.data, with, name.length);
    return order != 0 ? order : with[name.length] == '\0' ? 0 : -1;
}

static const struct writable_class *find_simple(struct wire_bytes name)
{
    size_t i = 0;
    while (writable_simple_at(i) != NULL && compare(name, writable_simple_at(i)->name) != 0)
        i++;
    return writable_simple_at(i);
}

static const struct writable_class *find_in(const struct index *index, struct wire_bytes name)
{
    size_t low = 0, high = index == NULL ? 0 : index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(name, index->classes[middle]->name);
        if (order == 0)
            return index->classes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct writable_class *writable_types_find(const struct writable_types *types,
                                                 struct wire_bytes name)
{
    if (name.length == 0 || name.length > WRITABLE_NAME_MAX ||
        memchr(name.data, '\0', name.length) != NULL)
        return NULL;
    for (; types != NULL; types = types->base) {
        const struct writable_class *found = find_in(atomic_load(&types->index), name);
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
        const struct index *index = atomic_load(&types->index);
        for (size_t i = 0; index != NULL && i < index->count; i++)
            best = nearer(best, index->classes[i]->name, after);
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

/* --- adding ------------------------------------------------------------------------------ */

/* The index with `class` in it, in its place or in that of a namesake. */
static enum rpc_status publish(struct writable_types *types, const struct writable_class *class,
                               char *problem)
{
    const struct index *old = atomic_load(&types->index);
    size_t count = old == NULL ? 0 : old->count, at = 0;
    if (count >= WRITABLE_CLASSES_MAX)
        return writable_problem(problem, RPC_TOO_LONG, "more than %d classes",
                                WRITABLE_CLASSES_MAX);
    struct index *made =
        writable_store_take(&types->store, sizeof(*made) + (count + 1) * sizeof(*made->classes));
    if (made == NULL)
        return writable_problem_memory(problem);
    while (at < count && strcmp(old->classes[at]->name, class->name) < 0)
        at++;
    size_t behind = at < count && strcmp(old->classes[at]->name, class->name) == 0 ? at + 1 : at;
    made->count = count + 1 - (behind - at);
    if (at > 0)
        memcpy(made->classes, old->classes, at * sizeof(*made->classes));
    made->classes[at] = class;
    if (behind < count)
        memcpy(made->classes + at + 1, old->classes + behind,
               (count - behind) * sizeof(*made->classes));
    atomic_store(&types->index, made);
    return RPC_OK;
}

static struct writable_class *make_class(struct writable_types *types, const char *name,
                                         enum writable_class_kind kind)
{
    struct writable_class *class = writable_store_take(&types->store, sizeof(*class));
    if (class == NULL)
        return NULL;
    class->kind = kind;
    class->name = writable_store_copy(&types->store, name, strlen(name));
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
        writable_fields_make(&types->store, types, name, fields, count, &class->fields, problem);
    if (status != RPC_OK)
        return status;
    class->field_count = count;
    return publish(types, class, problem);
}

enum rpc_status writable_types_add(struct writable_types *types, const char *name,
                                   const struct writable_declared *fields, size_t count,
                                   char *problem)
{
    const struct writable_piece *before = types->store.newest;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK && count > WRITABLE_FIELDS_MAX)
        status = writable_problem(problem, RPC_TOO_LONG, "class %s has more than %d fields", name,
                                  WRITABLE_FIELDS_MAX);
    if (status == RPC_OK)
        status = add_struct(types, name, fields, count, problem);
    if (status != RPC_OK)
        writable_store_give_back(&types->store, before);
    return status;
}

static enum rpc_status add_enum(struct writable_types *types, const char *name,
                                const char *const *constants, size_t count, char *problem)
{
    struct writable_class *class = make_class(types, name, WRITABLE_CONSTANTS);
    const char **made = writable_store_take(&types->store, (count + 1) * sizeof(*made));
    if (class == NULL || made == NULL)
        return writable_problem_memory(problem);
    for (size_t i = 0; i < count; i++) {
        made[i] = writable_store_copy(&types->store, constants[i], strlen(constants[i]));
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
    const struct writable_piece *before = types->store.newest;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK)
        status = add_enum(types, name, constants, count, problem);
    if (status != RPC_OK)
        writable_store_give_back(&types->store, before);
    return status;
}

static enum rpc_status add_bare(struct writable_types *types, const char *name,
                                enum writable_class_kind kind, char *problem)
{
    const struct writable_piece *before = types->store.newest;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK) {
        struct writable_class *class = make_class(types, name, kind);
        status = class == NULL ? writable_problem_memory(problem) : publish(types, class, problem);
    }
    if (status != RPC_OK)
        writable_store_give_back(&types->store, before);
    return status;
}

enum rpc_status writable_types_add_abstract(struct writable_types *types, const char *name,
                                            char *problem)
{
    return add_bare(types, name, WRITABLE_ABSTRACT, problem);
}

enum rpc_status writable_types_add_packed(struct writable_types *types, char *problem)
{
    return add_bare(types, "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal", WRITABLE_PACKED,
                    problem);
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
    atomic_init(&types->index, NULL);
    return types;
}

void writable_types_free(struct writable_types *types)
{
    if (types == NULL)
        return;
    writable_store_give_back(&types->store, NULL);
    free(types);
}
