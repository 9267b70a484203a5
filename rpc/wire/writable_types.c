/*
 * The classes of Writables, and the grammar in which they are declared.
 *
 * What is known stands in a sorted index.  An addition makes a new index and puts it in the
 * place of the old one, which stays until the end: whoever reads needs no lock.
 */
#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/writable.h"

const char writable_words[] = "boolean byte char short int long float double vint vlong utf8 utf "
                              "text string bytes enum list optional object writable";

/* Memory, in the order in which it was taken. */
struct piece {
    struct piece *older;
    max_align_t bytes[];
};

struct index {
    size_t count;
    const struct writable_class *classes[];
};

struct writable_types {
    const struct writable_types *base;
    _Atomic(const struct index *) index;
    struct piece *pieces;
};

static void *take(struct writable_types *types, size_t size)
{
    struct piece *piece = calloc(1, sizeof(*piece) + size);
    if (piece == NULL)
        return NULL;
    piece->older = types->pieces;
    types->pieces = piece;
    return piece->bytes;
}

static void give_back(struct writable_types *types, const struct piece *until)
{
    while (types->pieces != until) {
        struct piece *older = types->pieces->older;
        free(types->pieces);
        types->pieces = older;
    }
}

static const char *copy(struct writable_types *types, const char *text, size_t length)
{
    char *made = take(types, length + 1);
    if (made != NULL)
        memcpy(made, text, length);
    return made;
}

static enum rpc_status complain(char *problem, enum rpc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum rpc_status complain(char *problem, enum rpc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, WIRE_PROBLEM_MAX, format, arguments);
    va_end(arguments);
    return status;
}

static enum rpc_status no_memory(char *problem)
{
    return complain(problem, RPC_NO_MEMORY, "%s", rpc_status_text(RPC_NO_MEMORY));
}

/* --- what Hadoop has by itself (org.apache.hadoop.io) ------------------------------------ */

#define IO "org.apache.hadoop.io."

#define VALUE(kind_)                                                                               \
    {                                                                                              \
        .name = "value", .shape = {.kind = (kind_)}, .when_field = -1, .slot = -1                  \
    }
#define BYTES(where)                                                                               \
    {                                                                                              \
        .name = "value", .shape = {.kind = WRITABLE_BYTES, .prefix = (where)}, .when_field = -1,   \
        .slot = -1                                                                                 \
    }

static const struct writable_field simple[][1] = {
    {VALUE(WRITABLE_BOOLEAN)}, {VALUE(WRITABLE_BYTE)},   {BYTES(WRITABLE_BY_INT)},
    {VALUE(WRITABLE_DOUBLE)},  {VALUE(WRITABLE_FLOAT)},  {VALUE(WRITABLE_INT)},
    {VALUE(WRITABLE_LONG)},    {VALUE(WRITABLE_OBJECT)}, {VALUE(WRITABLE_TEXT)},
    {VALUE(WRITABLE_UTF8)},    {VALUE(WRITABLE_VINT)},   {VALUE(WRITABLE_VLONG)},
};

#define SIMPLE(name_, i)                                                                           \
    {                                                                                              \
        .name = IO name_, .fields = simple[i], .field_count = 1                                    \
    }

/* Sorted. */
static const struct writable_class own[] = {
    SIMPLE("BooleanWritable", 0),
    SIMPLE("ByteWritable", 1),
    SIMPLE("BytesWritable", 2),
    SIMPLE("DoubleWritable", 3),
    SIMPLE("FloatWritable", 4),
    SIMPLE("IntWritable", 5),
    SIMPLE("LongWritable", 6),
    {.name = IO "NullWritable"},
    SIMPLE("ObjectWritable", 7),
    SIMPLE("Text", 8),
    SIMPLE("UTF8", 9),
    SIMPLE("VIntWritable", 10),
    SIMPLE("VLongWritable", 11),
    {.name = IO "Writable", .kind = WRITABLE_ABSTRACT},
};

enum { OWN = sizeof(own) / sizeof(*own) };

/* --- finding ----------------------------------------------------------------------------- */

static int compare(struct wire_bytes name, const char *with)
{
    int order = strncmp((const char *)name.data, with, name.length);
    return order != 0 ? order : with[name.length] == '\0' ? 0 : -1;
}

static const struct writable_class *find_own(struct wire_bytes name)
{
    for (size_t i = 0; i < OWN; i++)
        if (compare(name, own[i].name) == 0)
            return &own[i];
    return NULL;
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
    return find_own(name);
}

/* The first name behind `after`; NULL after: the first of all. */
static const char *next_name(const struct writable_types *types, const char *after)
{
    const char *best = NULL;
    for (; types != NULL; types = types->base) {
        const struct index *index = atomic_load(&types->index);
        for (size_t i = 0; index != NULL && i < index->count; i++) {
            const char *name = index->classes[i]->name;
            if ((after == NULL || strcmp(name, after) > 0) &&
                (best == NULL || strcmp(name, best) < 0))
                best = name;
        }
    }
    for (size_t i = 0; i < OWN; i++)
        if ((after == NULL || strcmp(own[i].name, after) > 0) &&
            (best == NULL || strcmp(own[i].name, best) < 0))
            best = own[i].name;
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

/* --- types and classes ------------------------------------------------------------------- */

/* A word of the grammar: up to a space, with what stands behind its colon. */
struct word {
    char name[16], argument[16];
    const char *rest;
};

static const struct {
    const char *word;
    enum writable_kind kind;
} plain[] = {
    {"boolean", WRITABLE_BOOLEAN}, {"byte", WRITABLE_BYTE},     {"char", WRITABLE_CHAR},
    {"short", WRITABLE_SHORT},     {"int", WRITABLE_INT},       {"long", WRITABLE_LONG},
    {"float", WRITABLE_FLOAT},     {"double", WRITABLE_DOUBLE}, {"vint", WRITABLE_VINT},
    {"vlong", WRITABLE_VLONG},     {"utf8", WRITABLE_UTF8},     {"utf", WRITABLE_UTF},
    {"text", WRITABLE_TEXT},       {"string", WRITABLE_STRING}, {"object", WRITABLE_OBJECT},
};

static bool is_class_name(const char *text, size_t length)
{
    if (length == 0 || length > WRITABLE_NAME_MAX)
        return false;
    bool qualified = isupper((unsigned char)text[0]) != 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f || strchr(";[/:(),", c) != NULL)
            return false;
        qualified = qualified || c == '.' || c == '$';
    }
    return qualified;
}

static bool split(const char *text, struct word *word)
{
    size_t length = strcspn(text, " "), colon = strcspn(text, ": ");
    *word = (struct word){.rest = text + length + strspn(text + length, " ")};
    if (colon >= sizeof(word->name) || length - colon > sizeof(word->argument))
        return false;
    memcpy(word->name, text, colon);
    if (colon < length)
        memcpy(word->argument, text + colon + 1, length - colon - 1);
    return true;
}

static bool read_prefix(const struct word *word, const char *first, enum writable_prefix is_first,
                        const char *second, enum writable_prefix is_second,
                        enum writable_prefix *prefix)
{
    if (word->argument[0] != '\0' && strcmp(word->argument, first) != 0) {
        *prefix = is_second;
        return strcmp(word->argument, second) == 0;
    }
    *prefix = is_first;
    return true;
}

/* "bytes:12" */
static bool read_size(const char *text, struct writable_shape *shape)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return false;
    unsigned long long size = strtoull(text, &end, 10);
    shape->prefix = WRITABLE_BY_SIZE;
    shape->size = (size_t)size;
    return *end == '\0' && size <= WRITABLE_LENGTH_MAX;
}

static enum rpc_status parse(struct writable_types *types, const char *text, unsigned depth,
                             struct writable_shape *shape);

static enum rpc_status parse_inner(struct writable_types *types, const char *text, unsigned depth,
                                   struct writable_shape *shape)
{
    struct writable_shape *of = take(types, sizeof(*of));
    if (of == NULL)
        return RPC_NO_MEMORY;
    shape->of = of;
    return parse(types, text, depth + 1, of);
}

static enum rpc_status set_class(struct writable_types *types, const char *text,
                                 struct writable_shape *shape)
{
    if (!is_class_name(text, strlen(text)))
        return RPC_UNKNOWN_NAME;
    shape->class_name = copy(types, text, strlen(text));
    return shape->class_name == NULL ? RPC_NO_MEMORY : RPC_OK;
}

/* The words that take something behind a colon or a space. */
static enum rpc_status parse_compound(struct writable_types *types, struct word *word,
                                      unsigned depth, struct writable_shape *shape)
{
    bool ends = *word->rest == '\0', well = false;
    if (strcmp(word->name, "bytes") == 0) {
        size_t last = strlen(word->argument);
        shape->kind = WRITABLE_BYTES;
        shape->nullable = last > 1 && word->argument[last - 1] == '?';
        if (shape->nullable)
            word->argument[last - 1] = '\0';
        well = ends && (read_prefix(word, "int", WRITABLE_BY_INT, "vint", WRITABLE_BY_VINT,
                                    &shape->prefix) ||
                        (!shape->nullable && read_size(word->argument, shape)));
    } else if (strcmp(word->name, "writable") == 0) {
        shape->kind = WRITABLE_NAMED;
        well = ends && read_prefix(word, "utf8", WRITABLE_BY_UTF8, "text", WRITABLE_BY_TEXT,
                                   &shape->prefix);
    } else if (strcmp(word->name, "enum") == 0) {
        shape->kind = WRITABLE_ENUM;
        well =
            read_prefix(word, "text", WRITABLE_BY_TEXT, "utf8", WRITABLE_BY_UTF8, &shape->prefix);
        if (well && !ends)
            return set_class(types, word->rest, shape);
    } else if (strcmp(word->name, "list") == 0) {
        shape->kind = WRITABLE_LIST;
        if (read_prefix(word, "int", WRITABLE_BY_INT, "vint", WRITABLE_BY_VINT, &shape->prefix))
            return parse_inner(types, word->rest, depth, shape);
    } else if (strcmp(word->name, "optional") == 0 && word->argument[0] == '\0') {
        shape->kind = WRITABLE_OPTIONAL;
        return parse_inner(types, word->rest, depth, shape);
    }
    return well ? RPC_OK : RPC_UNKNOWN_NAME;
}

static enum rpc_status parse(struct writable_types *types, const char *text, unsigned depth,
                             struct writable_shape *shape)
{
    enum { DEPTH_MAX = 8 };
    struct word word;
    *shape = (struct writable_shape){0};
    if (depth > DEPTH_MAX)
        return RPC_TOO_DEEP;
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
        if (strcmp(text, plain[i].word) == 0) {
            shape->kind = plain[i].kind;
            return RPC_OK;
        }
    }
    if (is_class_name(text, strlen(text))) {
        shape->kind = WRITABLE_CLASS;
        return set_class(types, text, shape);
    }
    return split(text, &word) ? parse_compound(types, &word, depth, shape) : RPC_UNKNOWN_NAME;
}

/* --- conditions -------------------------------------------------------------------------- */

static bool is_number(enum writable_kind kind)
{
    return kind <= WRITABLE_LONG || kind == WRITABLE_VINT || kind == WRITABLE_VLONG;
}

static int constant_of(const struct writable_class *class, const char *name)
{
    for (size_t i = 0; class != NULL && i < class->constant_count; i++)
        if (strcmp(class->constants[i], name) == 0)
            return (int)i;
    return -1;
}

static enum rpc_status set_condition(const struct writable_types *types, const char *name,
                                     const struct writable_declared *declared,
                                     struct writable_field *fields, int self, int *slots,
                                     char *problem)
{
    struct writable_field *field = &fields[self];
    int other = 0;
    while (other < self && strcmp(fields[other].name, declared->when) != 0)
        other++;
    if (other == self)
        return complain(problem, RPC_UNKNOWN_NAME,
                        "class %s: field '%s' asks '%s', which is no "
                        "field before it",
                        name, field->name, declared->when);
    const struct writable_shape *shape = &fields[other].shape;
    field->when_field = other;
    field->when_is = declared->when_is;
    if (declared->when_constant != NULL) {
        const struct writable_class *class =
            shape->kind == WRITABLE_ENUM && shape->class_name != NULL
                ? writable_types_find(types, wire_text(shape->class_name))
                : NULL;
        field->when_is = constant_of(class, declared->when_constant);
        if (field->when_is < 0)
            return complain(problem, RPC_UNKNOWN_NAME, "class %s: field '%s': '%s' can't be '%s'",
                            name, field->name, declared->when, declared->when_constant);
    } else if (!is_number(shape->kind) && shape->kind != WRITABLE_ENUM) {
        return complain(problem, RPC_MALFORMED,
                        "class %s: field '%s' asks '%s', which is neither "
                        "number, boolean nor enum",
                        name, field->name, declared->when);
    }
    if (fields[other].slot < 0) {
        if (*slots == WRITABLE_SLOTS_MAX)
            return complain(problem, RPC_TOO_LONG, "class %s: conditions ask more than %d fields",
                            name, WRITABLE_SLOTS_MAX);
        fields[other].slot = (*slots)++;
    }
    return RPC_OK;
}

/* --- adding ------------------------------------------------------------------------------ */

static enum rpc_status declare_field(struct writable_types *types, const char *name,
                                     const struct writable_declared *declared,
                                     struct writable_field *fields, int self, int *slots,
                                     char *problem)
{
    struct writable_field *field = &fields[self];
    const char *field_name = declared->name == NULL ? "" : declared->name;
    enum rpc_status status = parse(types, declared->type, 0, &field->shape);
    field->when_field = WRITABLE_ALWAYS;
    field->slot = -1;
    if (status == RPC_NO_MEMORY)
        return no_memory(problem);
    if (status != RPC_OK)
        return complain(problem, status, "class %s: field '%s' has the type '%s', which is none",
                        name, field_name, declared->type);
    if (field_name[0] == '\0' && field->shape.kind != WRITABLE_CLASS)
        return complain(problem, RPC_MALFORMED, "class %s: a field of type '%s' has no name", name,
                        declared->type);
    for (int i = 0; i < self && field_name[0] != '\0'; i++)
        if (strcmp(fields[i].name, field_name) == 0)
            return complain(problem, RPC_MALFORMED, "class %s has two fields '%s'", name,
                            field_name);
    field->name = copy(types, field_name, strlen(field_name));
    if (field->name == NULL)
        return no_memory(problem);
    return declared->when == NULL
               ? RPC_OK
               : set_condition(types, name, declared, fields, self, slots, problem);
}

/* The index with `class` in it, in its place or in that of a namesake. */
static enum rpc_status publish(struct writable_types *types, const struct writable_class *class,
                               char *problem)
{
    const struct index *old = atomic_load(&types->index);
    size_t count = old == NULL ? 0 : old->count, at = 0;
    if (count >= WRITABLE_CLASSES_MAX)
        return complain(problem, RPC_TOO_LONG, "more than %d classes", WRITABLE_CLASSES_MAX);
    struct index *made = take(types, sizeof(*made) + (count + 1) * sizeof(*made->classes));
    if (made == NULL)
        return no_memory(problem);
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
    struct writable_class *class = take(types, sizeof(*class));
    if (class == NULL)
        return NULL;
    class->kind = kind;
    class->name = copy(types, name, strlen(name));
    return class->name == NULL ? NULL : class;
}

static enum rpc_status check_name(const char *name, char *problem)
{
    if (is_class_name(name, strlen(name)))
        return RPC_OK;
    return complain(problem, RPC_MALFORMED,
                    "'%.100s' is no name of a class, such as org.example.Name", name);
}

static enum rpc_status add_struct(struct writable_types *types, const char *name,
                                  const struct writable_declared *fields, size_t count,
                                  char *problem)
{
    struct writable_class *class = make_class(types, name, WRITABLE_STRUCT);
    struct writable_field *made = take(types, (count + 1) * sizeof(*made));
    int slots = 0;
    if (class == NULL || made == NULL)
        return no_memory(problem);
    for (size_t i = 0; i < count; i++) {
        enum rpc_status status =
            declare_field(types, name, &fields[i], made, (int)i, &slots, problem);
        if (status != RPC_OK)
            return status;
    }
    class->fields = made;
    class->field_count = count;
    return publish(types, class, problem);
}

enum rpc_status writable_types_add(struct writable_types *types, const char *name,
                                   const struct writable_declared *fields, size_t count,
                                   char *problem)
{
    const struct piece *before = types->pieces;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK && count > WRITABLE_FIELDS_MAX)
        status = complain(problem, RPC_TOO_LONG, "class %s has more than %d fields", name,
                          WRITABLE_FIELDS_MAX);
    if (status == RPC_OK)
        status = add_struct(types, name, fields, count, problem);
    if (status != RPC_OK)
        give_back(types, before);
    return status;
}

static enum rpc_status add_enum(struct writable_types *types, const char *name,
                                const char *const *constants, size_t count, char *problem)
{
    struct writable_class *class = make_class(types, name, WRITABLE_CONSTANTS);
    const char **made = take(types, (count + 1) * sizeof(*made));
    if (class == NULL || made == NULL)
        return no_memory(problem);
    for (size_t i = 0; i < count; i++) {
        made[i] = copy(types, constants[i], strlen(constants[i]));
        if (made[i] == NULL)
            return no_memory(problem);
    }
    class->constants = made;
    class->constant_count = count;
    return publish(types, class, problem);
}

enum rpc_status writable_types_add_enum(struct writable_types *types, const char *name,
                                        const char *const *constants, size_t count, char *problem)
{
    const struct piece *before = types->pieces;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK)
        status = add_enum(types, name, constants, count, problem);
    if (status != RPC_OK)
        give_back(types, before);
    return status;
}

static enum rpc_status add_bare(struct writable_types *types, const char *name,
                                enum writable_class_kind kind, char *problem)
{
    const struct piece *before = types->pieces;
    enum rpc_status status = check_name(name, problem);
    if (status == RPC_OK) {
        struct writable_class *class = make_class(types, name, kind);
        status = class == NULL ? no_memory(problem) : publish(types, class, problem);
    }
    if (status != RPC_OK)
        give_back(types, before);
    return status;
}

enum rpc_status writable_types_add_abstract(struct writable_types *types, const char *name,
                                            char *problem)
{
    return add_bare(types, name, WRITABLE_ABSTRACT, problem);
}

enum rpc_status writable_types_add_packed(struct writable_types *types, char *problem)
{
    return add_bare(types, IO "ArrayPrimitiveWritable$Internal", WRITABLE_PACKED, problem);
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
    give_back(types, NULL);
    free(types);
}
