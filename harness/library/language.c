#include "harness/library/language.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const uint8_t harness_annotations[];

struct alias {
    char name[LANGUAGE_NAME_MAX];
    struct language_type type;
};

struct language {
    struct language_class *classes;
    size_t class_count;
    struct alias *aliases;
    size_t alias_count;
    bool failed; /* out of memory */
};

/* What stands above a function: its annotations. */
struct block {
    size_t class; /* of fields; 0: none has begun */
    struct language_member function;
};

/* --- making --- */

static void *grow(struct language *language, void *items, size_t *count, size_t size)
{
    void *grown = realloc(items, (*count + 1) * size);
    if (grown == NULL) {
        language->failed = true;
        return items;
    }
    memset((char *)grown + *count * size, 0, size);
    ++*count;
    return grown;
}

static size_t add_class(struct language *language, const char *name, size_t length)
{
    size_t count = language->class_count;
    language->classes =
        grow(language, language->classes, &language->class_count, sizeof(*language->classes));
    if (language->class_count > count)
        snprintf(language->classes[count].name, LANGUAGE_NAME_MAX, "%.*s", (int)length, name);
    return count;
}

static void add_member(struct language *language, size_t at, const struct language_member *member)
{
    struct language_class *class = &language->classes[at];
    size_t count = class->count;
    class->members = grow(language, class->members, &class->count, sizeof(*class->members));
    if (class->count > count)
        class->members[count] = *member;
}

/* The word at `*at`, which goes on behind it and the blanks there. */
static struct language_type take_word(const char **at)
{
    struct language_type word = {*at, strcspn(*at, " \n")};
    *at += word.length;
    *at += strspn(*at, " ");
    return word;
}

/* The type at `at`: blanks may stand inside brackets, and behind colons, bars and commas. */
static struct language_type take_type(const char *at)
{
    size_t length = 0, depth = 0;
    for (; at[length] != '\0' && at[length] != '\n'; length++) {
        if (strchr("({<[", at[length]) != NULL)
            depth++;
        else if (strchr(")}>]", at[length]) != NULL)
            depth--;
        else if (at[length] == ' ' && depth == 0 && strchr(":|,", at[length - 1]) == NULL)
            break;
    }
    return (struct language_type){at, length};
}

static void name_member(struct language_member *member, struct language_type name)
{
    if (name.length > 0 && name.text[name.length - 1] == '?')
        name.length--;
    snprintf(member->name, sizeof(member->name), "%.*s", (int)name.length, name.text);
}

static void take_field(struct language *language, const struct block *block, const char *at)
{
    struct language_member member = {.function = false};
    if (block->class == 0)
        return;
    name_member(&member, take_word(&at));
    member.type = take_type(at);
    add_member(language, block->class, &member);
}

static void take_parameter(struct block *block, const char *at)
{
    struct language_member *function = &block->function;
    struct language_type name = take_word(&at);
    if (function->parameter_count == LANGUAGE_PARAMETERS_MAX)
        return;
    function->variadic |= language_is(name, "...");
    function->parameters[function->parameter_count++] = take_type(at);
}

static void take_alias(struct language *language, const char *at)
{
    size_t count = language->alias_count;
    language->aliases =
        grow(language, language->aliases, &language->alias_count, sizeof(*language->aliases));
    if (language->alias_count == count)
        return;
    struct language_type name = take_word(&at);
    snprintf(language->aliases[count].name, LANGUAGE_NAME_MAX, "%.*s", (int)name.length, name.text);
    language->aliases[count].type = take_type(at);
}

/* `---@field host? Host`: `at` is behind the at. */
static void take_tag(struct language *language, struct block *block, const char *at)
{
    struct language_type tag = take_word(&at);
    if (language_is(tag, "class")) {
        struct language_type name = take_word(&at);
        bool exact = language_is(name, "(exact)");
        if (exact)
            name = take_word(&at);
        block->class = add_class(language, name.text, name.length);
        if (!language->failed)
            language->classes[block->class].exact = exact;
    } else if (language_is(tag, "field")) {
        take_field(language, block, at);
    } else if (language_is(tag, "param")) {
        take_parameter(block, at);
    } else if (language_is(tag, "alias")) {
        take_alias(language, at);
    } else if (language_is(tag, "return") && block->function.type.length == 0) {
        block->function.type = take_type(at);
    } else if (language_is(tag, "type")) {
        block->function.type = take_type(at);
    }
}

/* "(method, fn)": those that no annotation tells of have no type. */
static void count_parameters(struct language_member *function, const char *at)
{
    size_t length = strcspn(at, ")"), count = length > 1;
    for (size_t i = 0; i < length; i++)
        count += at[i] == ',';
    function->variadic |= memchr(at, '.', length) != NULL;
    if (function->parameter_count != count)
        memset(function->parameters, 0, sizeof(function->parameters));
    function->parameter_count = count < LANGUAGE_PARAMETERS_MAX ? count : LANGUAGE_PARAMETERS_MAX;
}

/* "function Server:on(method, fn) end", "function roles.namenode(options) end". */
static void take_function(struct language *language, struct block *block, const char *at)
{
    size_t length = strcspn(at, "("), before = strcspn(at, ":.");
    size_t class = 0;
    block->function.function = true;
    count_parameters(&block->function, at + length);
    if (before < length) {
        while (class < language->class_count &&
               (strlen(language->classes[class].name) != before ||
                memcmp(language->classes[class].name, at, before) != 0))
            class ++;
        if (class == language->class_count)
            class = add_class(language, at, before);
        at += before + 1;
        length -= before + 1;
    }
    name_member(&block->function, (struct language_type){at, length});
    if (!language->failed)
        add_member(language, class, &block->function);
}

static void take_line(struct language *language, struct block *block, const char *line)
{
    static const char function[] = "function ", value[] = " = ";
    if (strncmp(line, "---@", 4) == 0) {
        take_tag(language, block, line + 4);
        return;
    }
    if (strncmp(line, "---", 3) == 0)
        return;
    size_t word = strcspn(line, " \n");
    if (strncmp(line, function, sizeof(function) - 1) == 0) {
        take_function(language, block, line + sizeof(function) - 1);
    } else if (word > 0 && strncmp(line + word, value, sizeof(value) - 1) == 0) {
        name_member(&block->function, (struct language_type){line, word});
        add_member(language, 0, &block->function);
    }
    *block = (struct block){.class = 0};
}

struct language *language_create(void)
{
    struct language *language = calloc(1, sizeof(*language));
    struct block block = {.class = 0};
    if (language == NULL)
        return NULL;
    add_class(language, "", 0);
    const char *line = (const char *)harness_annotations;
    while (*line != '\0' && !language->failed) {
        take_line(language, &block, line);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    if (!language->failed)
        return language;
    language_free(language);
    return NULL;
}

void language_free(struct language *language)
{
    if (language == NULL)
        return;
    for (size_t i = 0; i < language->class_count; i++)
        free(language->classes[i].members);
    free(language->classes);
    free(language->aliases);
    free(language);
}

const struct language_class *language_class_at(const struct language *language, size_t i)
{
    return i < language->class_count ? &language->classes[i] : NULL;
}

const struct language_class *language_class(const struct language *language, const char *name)
{
    for (size_t i = 0; i < language->class_count; i++)
        if (strcmp(language->classes[i].name, name) == 0)
            return &language->classes[i];
    return NULL;
}

const struct language_member *language_member(const struct language_class *class, const char *name)
{
    for (size_t i = 0; i < class->count; i++)
        if (strcmp(class->members[i].name, name) == 0)
            return &class->members[i];
    return NULL;
}

/* --- types --- */

static struct language_type trimmed(struct language_type type)
{
    while (type.length > 0 && type.text[0] == ' ')
        type.text++, type.length--;
    while (type.length > 0 &&
           (type.text[type.length - 1] == ' ' || type.text[type.length - 1] == '?'))
        type.length--;
    return type;
}

/* Up to the next `separator` outside of brackets, which `rest` is behind then. */
static bool split(struct language_type *rest, char separator, struct language_type *part)
{
    size_t depth = 0, length = 0;
    if (rest->length == 0)
        return false;
    for (; length < rest->length; length++) {
        char letter = rest->text[length];
        if (strchr("({<[", letter) != NULL)
            depth++;
        else if (strchr(")}>]", letter) != NULL)
            depth--;
        else if (letter == separator && depth == 0)
            break;
    }
    size_t passed = length < rest->length ? length + 1 : length;
    *part = trimmed((struct language_type){rest->text, length});
    *rest = (struct language_type){rest->text + passed, rest->length - passed};
    return true;
}

bool language_part(struct language_type *rest, struct language_type *part)
{
    return split(rest, '|', part);
}

bool language_is(struct language_type type, const char *text)
{
    return strlen(text) == type.length && memcmp(type.text, text, type.length) == 0;
}

bool language_has(struct language_type type, const char *name)
{
    struct language_type part;
    while (language_part(&type, &part))
        if (language_is(part, name))
            return true;
    return false;
}

struct language_type language_alias(const struct language *language, struct language_type type)
{
    for (size_t i = 0; i < language->alias_count; i++)
        if (language_is(type, language->aliases[i].name))
            return language->aliases[i].type;
    return (struct language_type){NULL, 0};
}

static const struct language_class *class_named(const struct language *language,
                                                struct language_type type)
{
    for (size_t i = 1; i < language->class_count; i++)
        if (language_is(type, language->classes[i].name))
            return &language->classes[i];
    return NULL;
}

const struct language_class *language_class_of(const struct language *language,
                                               struct language_type type)
{
    const struct language_class *class = NULL;
    struct language_type part;
    while (language_part(&type, &part)) {
        if (language_is(part, "nil"))
            continue;
        if (class != NULL || (class = class_named(language, part)) == NULL)
            return NULL;
    }
    return class;
}

static bool ends_with(struct language_type type, const char *text)
{
    size_t length = strlen(text);
    return type.length > length && memcmp(type.text + type.length - length, text, length) == 0;
}

static bool begins_with(struct language_type type, const char *text)
{
    size_t length = strlen(text);
    return type.length > length && memcmp(type.text, text, length) == 0;
}

/* What is between the first bracket and the last one. */
static struct language_type inside(struct language_type type, char open, char close)
{
    const char *from = memchr(type.text, open, type.length);
    size_t length = type.length;
    while (length > 0 && type.text[length - 1] != close)
        length--;
    if (from == NULL || length == 0 || from + 1 > type.text + length - 1)
        return (struct language_type){NULL, 0};
    return (struct language_type){from + 1, (size_t)(type.text + length - 1 - from - 1)};
}

struct language_type language_item(const struct language *language, struct language_type type)
{
    struct language_type part;
    while (language_part(&type, &part)) {
        const struct language_class *class = class_named(language, part);
        const struct language_member *item =
            class != NULL ? language_member(class, "[integer]") : NULL;
        if (item != NULL)
            return item->type;
        if (ends_with(part, ")[]"))
            return inside(part, '(', ')');
        if (ends_with(part, "[]"))
            return (struct language_type){part.text, part.length - 2};
    }
    return (struct language_type){NULL, 0};
}

/* "name?: type" into both. */
static struct language_type named(struct language_type entry, struct language_type *type)
{
    struct language_type name;
    *type = entry;
    split(type, ':', &name);
    *type = trimmed(*type);
    return name;
}

struct language_type language_parameter(struct language_type type, size_t i)
{
    struct language_type rest, entry, value;
    if (!begins_with(type, "fun("))
        return (struct language_type){NULL, 0};
    rest = inside(type, '(', ')');
    while (split(&rest, ',', &entry)) {
        named(entry, &value);
        if (i-- == 0)
            return value;
    }
    return (struct language_type){NULL, 0};
}

/* --- tables --- */

struct language_type language_key_type(struct language_type type)
{
    struct language_type part, rest, key = {NULL, 0};
    while (language_part(&type, &part))
        if (begins_with(part, "table<")) {
            rest = inside(part, '<', '>');
            split(&rest, ',', &key);
        }
    return key;
}

static enum language_key key_of_class(const struct language_class *class, const char *name,
                                      struct language_type *value)
{
    const struct language_member *member = language_member(class, name);
    if (member == NULL && name[0] == '[')
        member = language_member(class, "[integer]");
    if (member == NULL)
        return LANGUAGE_NO_KEY;
    *value = member->type;
    return LANGUAGE_KEY;
}

static enum language_key key_written(struct language_type type, const char *name,
                                     struct language_type *value)
{
    struct language_type rest = inside(type, '{', '}'), entry, is;
    while (split(&rest, ',', &entry)) {
        struct language_type key = named(entry, &is);
        if (language_is(key, name) || (name[0] == '[' && language_is(key, "[integer]"))) {
            *value = is;
            return LANGUAGE_KEY;
        }
    }
    return LANGUAGE_NO_KEY;
}

/* The same of one alternative. */
static enum language_key key_of(const struct language *language, struct language_type part,
                                const char *name, struct language_type *value)
{
    const struct language_class *class = class_named(language, part);
    struct language_type entry, rest;
    if (class != NULL)
        return key_of_class(class, name, value);
    if (begins_with(part, "{"))
        return key_written(part, name, value);
    if (ends_with(part, "[]") && name[0] == '[') {
        *value = language_item(language, part);
        return LANGUAGE_KEY;
    }
    if (begins_with(part, "table<") && name[0] != '[') {
        rest = inside(part, '<', '>');
        split(&rest, ',', &entry);
        *value = trimmed(rest);
        return LANGUAGE_KEY;
    }
    bool open = language_is(part, "table") || language_is(part, "any") || ends_with(part, "[]");
    return open ? LANGUAGE_ANY_KEY : LANGUAGE_NO_KEY;
}

enum language_key language_key(const struct language *language, struct language_type type,
                               const char *name, struct language_type *value)
{
    enum language_key found = type.length > 0 ? LANGUAGE_NO_KEY : LANGUAGE_ANY_KEY;
    struct language_type part;
    *value = (struct language_type){NULL, 0};
    while (found != LANGUAGE_KEY && language_part(&type, &part)) {
        enum language_key key = key_of(language, part, name, value);
        if (key != LANGUAGE_NO_KEY)
            found = key;
    }
    return found;
}

static void append(char *names, size_t size, struct language_type name)
{
    size_t used = strlen(names);
    if (name.length > 0 && name.text[0] != '[')
        snprintf(names + used, size - used, "%.*s ", (int)name.length, name.text);
}

void language_keys(const struct language *language, struct language_type type, char *names,
                   size_t size)
{
    struct language_type part, rest, entry, value;
    while (language_part(&type, &part)) {
        const struct language_class *class = class_named(language, part);
        for (size_t i = 0; class != NULL && i < class->count; i++)
            append(names, size,
                   (struct language_type){class->members[i].name, strlen(class->members[i].name)});
        rest = begins_with(part, "{") ? inside(part, '{', '}') : (struct language_type){NULL, 0};
        while (split(&rest, ',', &entry))
            append(names, size, named(entry, &value));
    }
}
