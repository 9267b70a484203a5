/*
 * Arguments against the types that they are declared with.
 */
#include "rpc/wire/writable.h"

/* Its super class's; NULL: there is none but java.lang.Object. */
static const char *super_of(const struct writable_class *class)
{
    for (size_t i = 0; i < class->field_count; i++)
        if (class->fields[i].name[0] == '\0')
            return class->fields[i].shape.class_name;
    return NULL;
}

bool writable_is_a(const struct writable_types *types, const struct writable_class *class,
                   struct wire_bytes name)
{
    for (unsigned depth = 0; class != NULL && depth < WRITABLE_DEPTH_MAX; depth++) {
        if (wire_is(name, class->name))
            return true;
        const char *super = super_of(class);
        class = super == NULL ? NULL : writable_types_find(types, wire_text(super));
    }
    const struct writable_class *declared = writable_types_find(types, name);
    return declared != NULL && declared->kind == WRITABLE_ABSTRACT;
}

static bool is_primitive(const struct writable_types *types, struct wire_bytes name)
{
    enum writable_kind kind;
    const struct writable_class *class;
    return writable_types_declared(types, &name, &kind, &class) && kind <= WRITABLE_DOUBLE;
}

void writable_see_argument(void *owner, const struct writable_item *item)
{
    struct writable_arguments *arguments = owner;
    if (item->depth > 0 || item->event == WRITABLE_CLOSE || arguments->fit != WRITABLE_FITS)
        return;
    if (item->kind == WRITABLE_NULL && is_primitive(arguments->types, item->declared))
        arguments->fit = WRITABLE_NULL_FOR_PRIMITIVE;
    else if (item->kind == WRITABLE_CLASS && item->event == WRITABLE_OPEN &&
             !writable_is_a(arguments->types, item->type, item->declared))
        arguments->fit = WRITABLE_OTHER_TYPE;
}
