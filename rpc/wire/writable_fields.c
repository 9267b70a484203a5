#include "rpc/wire/writable_fields.h"

#include <string.h>

#include "rpc/wire/writable_grammar.h"
#include "rpc/wire/writable_problem.h"

struct making {
    struct arena *arena;
    const struct writable_types *types;
    const char *class_name;
    struct writable_field *fields;
    int slots; /* given to fields that conditions ask */
    char *problem;
};

/* --- conditions --- */

static bool is_number(enum writable_kind kind)
{
    return kind <= WRITABLE_LONG || kind == WRITABLE_VINT || kind == WRITABLE_VLONG;
}

/* The ordinal of a constant of the enum that stands there; -1: it has none of that name. */
static int find_constant(const struct writable_types *types, const struct writable_shape *shape,
                         const char *name)
{
    if (shape->kind != WRITABLE_ENUM || shape->class_name == NULL)
        return -1;
    const struct writable_class *class = writable_types_find(types, wire_text(shape->class_name));
    for (size_t i = 0; class != NULL && i < class->constant_count; i++)
        if (strcmp(class->constants[i], name) == 0)
            return (int)i;
    return -1;
}

/* What the field `asked` must be for `field` to be there. */
static enum rpc_status set_wanted(const struct making *making,
                                  const struct writable_declared *declared,
                                  const struct writable_field *asked, struct writable_field *field)
{
    field->when_is = declared->when_is;
    if (declared->when_constant != NULL) {
        field->when_is = find_constant(making->types, &asked->shape, declared->when_constant);
        if (field->when_is < 0)
            return writable_problem(making->problem, RPC_UNKNOWN_NAME,
                                    "class %s: field '%s': '%s' can't be '%s'", making->class_name,
                                    field->name, declared->when, declared->when_constant);
    } else if (!is_number(asked->shape.kind) && asked->shape.kind != WRITABLE_ENUM) {
        return writable_problem(
            making->problem, RPC_MALFORMED,
            "class %s: field '%s' asks '%s', which is neither number, boolean nor enum",
            making->class_name, field->name, declared->when);
    }
    return RPC_OK;
}

static enum rpc_status set_condition(struct making *making,
                                     const struct writable_declared *declared, int self)
{
    struct writable_field *field = &making->fields[self];
    int other = 0;
    while (other < self && strcmp(making->fields[other].name, declared->when) != 0)
        other++;
    if (other == self)
        return writable_problem(making->problem, RPC_UNKNOWN_NAME,
                                "class %s: field '%s' asks '%s', which is no field before it",
                                making->class_name, field->name, declared->when);
    struct writable_field *asked = &making->fields[other];
    field->when_field = other;
    enum rpc_status status = set_wanted(making, declared, asked, field);
    if (status != RPC_OK || asked->slot >= 0)
        return status;
    if (making->slots == WRITABLE_SLOTS_MAX)
        return writable_problem(making->problem, RPC_TOO_LONG,
                                "class %s: conditions ask more than %d fields", making->class_name,
                                WRITABLE_SLOTS_MAX);
    asked->slot = making->slots++;
    return RPC_OK;
}

/* --- fields --- */

static enum rpc_status check_name(const struct making *making, const char *type, const char *name,
                                  int self)
{
    if (name[0] == '\0' && making->fields[self].shape.kind != WRITABLE_CLASS)
        return writable_problem(making->problem, RPC_MALFORMED,
                                "class %s: a field of type '%s' has no name", making->class_name,
                                type);
    for (int i = 0; i < self && name[0] != '\0'; i++)
        if (strcmp(making->fields[i].name, name) == 0)
            return writable_problem(making->problem, RPC_MALFORMED, "class %s has two fields '%s'",
                                    making->class_name, name);
    return RPC_OK;
}

static enum rpc_status make_field(struct making *making, const struct writable_declared *declared,
                                  int self)
{
    struct writable_field *field = &making->fields[self];
    const char *name = declared->name == NULL ? "" : declared->name;
    enum rpc_status status = writable_grammar_parse(making->arena, declared->type, &field->shape);
    field->when_field = WRITABLE_ALWAYS;
    field->slot = -1;
    if (status == RPC_NO_MEMORY)
        return writable_problem_memory(making->problem);
    if (status != RPC_OK)
        return writable_problem(making->problem, status,
                                "class %s: field '%s' has the type '%s', which is none",
                                making->class_name, name, declared->type);
    status = check_name(making, declared->type, name, self);
    if (status != RPC_OK)
        return status;
    field->name = arena_text(making->arena, name);
    if (field->name == NULL)
        return writable_problem_memory(making->problem);
    return declared->when == NULL ? RPC_OK : set_condition(making, declared, self);
}

enum rpc_status writable_fields_make(struct arena *arena, const struct writable_types *types,
                                     const char *class_name,
                                     const struct writable_declared *declared, size_t count,
                                     const struct writable_field **fields, char *problem)
{
    struct writable_field *made = arena_take(arena, (count + 1) * sizeof(*made));
    struct making making = {.arena = arena,
                            .types = types,
                            .class_name = class_name,
                            .fields = made,
                            .problem = problem};
    if (made == NULL)
        return writable_problem_memory(problem);
    for (size_t i = 0; i < count; i++) {
        enum rpc_status status = make_field(&making, &declared[i], (int)i);
        if (status != RPC_OK)
            return status;
    }
    *fields = made;
    return RPC_OK;
}
