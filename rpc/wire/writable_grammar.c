#include "rpc/wire/writable_grammar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char writable_words[] = "boolean byte char short int long float double vint vlong utf8 utf "
                              "text string bytes enum list optional object writable";

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

/* What no class has in its name. */
static bool is_foreign(unsigned char c)
{
    return c <= ' ' || c == 0x7f || c == ';' || c == '[' || c == '/' || c == ':' || c == '(' ||
           c == ')' || c == ',';
}

bool writable_grammar_is_class(const char *text, size_t length)
{
    if (length == 0 || length > WRITABLE_NAME_MAX)
        return false;
    bool qualified = isupper((unsigned char)text[0]) != 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c))
            continue;
        if (is_foreign(c))
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

static enum rpc_status parse(struct arena *arena, const char *text, unsigned depth,
                             struct writable_shape *shape);

static enum rpc_status parse_inner(struct arena *arena, const char *text, unsigned depth,
                                   struct writable_shape *shape)
{
    struct writable_shape *of = arena_take(arena, sizeof(*of));
    if (of == NULL)
        return RPC_NO_MEMORY;
    shape->of = of;
    return parse(arena, text, depth + 1, of);
}

static enum rpc_status set_class(struct arena *arena, const char *text,
                                 struct writable_shape *shape)
{
    const size_t length = strlen(text);
    if (!writable_grammar_is_class(text, length))
        return RPC_UNKNOWN_NAME;
    shape->class_name = arena_copy(arena, text, length);
    return shape->class_name == NULL ? RPC_NO_MEMORY : RPC_OK;
}

/* The words that take something behind a colon or a space. */
static enum rpc_status parse_compound(struct arena *arena, struct word *word, unsigned depth,
                                      struct writable_shape *shape)
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
            return set_class(arena, word->rest, shape);
    } else if (strcmp(word->name, "list") == 0) {
        shape->kind = WRITABLE_LIST;
        if (read_prefix(word, "int", WRITABLE_BY_INT, "vint", WRITABLE_BY_VINT, &shape->prefix))
            return parse_inner(arena, word->rest, depth, shape);
    } else if (strcmp(word->name, "optional") == 0 && word->argument[0] == '\0') {
        shape->kind = WRITABLE_OPTIONAL;
        return parse_inner(arena, word->rest, depth, shape);
    }
    return well ? RPC_OK : RPC_UNKNOWN_NAME;
}

static enum rpc_status parse(struct arena *arena, const char *text, unsigned depth,
                             struct writable_shape *shape)
{
    enum { DEPTH_MAX = 8 };
    struct word word;
    *shape = (struct writable_shape){0};
    if (depth > DEPTH_MAX)
        return RPC_TOO_DEEP;
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
        if (text[0] == plain[i].word[0] && strcmp(text, plain[i].word) == 0) {
            shape->kind = plain[i].kind;
            return RPC_OK;
        }
    }
    enum rpc_status status = set_class(arena, text, shape);
    if (status != RPC_UNKNOWN_NAME) {
        shape->kind = WRITABLE_CLASS;
        return status;
    }
    return split(text, &word) ? parse_compound(arena, &word, depth, shape) : RPC_UNKNOWN_NAME;
}

enum rpc_status writable_grammar_parse(struct arena *arena, const char *text,
                                       struct writable_shape *shape)
{
    return parse(arena, text, 0, shape);
}
