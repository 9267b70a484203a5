/*
 * Classes of Writables and signatures of methods, declared by a text.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/message/types.h"
#include "rpc/arena.h"

enum { LINE_MAX_BYTES = 2048, WORDS_MAX = 256, TYPE_MAX_BYTES = 768 };

enum part { PART_NONE, PART_CLASS, PART_PROTOCOL };

struct reading {
    struct harness_types *types;
    struct arena arena; /* of the texts of fields */
    char *problem;
    unsigned line;
    char package[WRITABLE_NAME_MAX + 1];
    enum part part;
    char name[WRITABLE_NAME_MAX + 1]; /* of the class or protocol */
    struct writable_declared fields[WRITABLE_FIELDS_MAX];
    size_t field_count;
    /* A line, in words. */
    char text[LINE_MAX_BYTES];
    char *words[WORDS_MAX];
    size_t word_count;
};

static enum rpc_status complain(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum rpc_status complain(struct reading *reading, const char *format, ...)
{
    va_list values;
    int used = snprintf(reading->problem, WIRE_PROBLEM_MAX, "line %u: ", reading->line);
    va_start(values, format);
    vsnprintf(reading->problem + used, WIRE_PROBLEM_MAX - (size_t)used, format, values);
    va_end(values);
    return RPC_MALFORMED;
}

/* A problem that is told without its line. */
static enum rpc_status with_line(struct reading *reading, enum rpc_status status)
{
    char sentence[WIRE_PROBLEM_MAX];
    if (status == RPC_OK)
        return RPC_OK;
    memcpy(sentence, reading->problem, sizeof(sentence));
    complain(reading, "%.*s", WIRE_PROBLEM_MAX - 20, sentence);
    return status;
}

static const char *package_of(const struct reading *reading)
{
    return reading->package[0] == '\0' ? NULL : reading->package;
}

/* --- a class --- */

/* The part before this line is over. */
static enum rpc_status end_part(struct reading *reading)
{
    enum rpc_status status = RPC_OK;
    if (reading->part == PART_CLASS)
        status = writable_types_add(reading->types->classes, reading->name, reading->fields,
                                    reading->field_count, reading->problem);
    reading->field_count = 0;
    reading->part = PART_NONE;
    return with_line(reading, status);
}

/* Type, name and constant of a field in one piece of memory, which begins with the type. */
static char *keep(struct reading *reading, const char *type, const char *name, const char *constant)
{
    size_t type_size = strlen(type) + 1, name_size = strlen(name) + 1,
           constant_size = strlen(constant) + 1;
    char *made = arena_room(&reading->arena, type_size + name_size + constant_size);
    if (made == NULL)
        return NULL;
    memcpy(made, type, type_size);
    memcpy(made + type_size, name, name_size);
    memcpy(made + type_size + name_size, constant, constant_size);
    return made;
}

/* The words before the name, qualified and with spaces between. */
static bool join_type(const struct reading *reading, size_t count, char *type, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            type[used++] = ' '; /* where the word before had its NUL */
        if (!harness_java_name(reading->words[i], package_of(reading), type + used, size - used))
            return false;
        used += strlen(type + used);
    }
    return count > 0;
}

/* The name of an earlier field, which lives as long as the reading of the class. */
static const char *earlier(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->field_count; i++)
        if (reading->fields[i].name != NULL && strcmp(reading->fields[i].name, name) == 0)
            return reading->fields[i].name;
    return NULL;
}

static void set_value(struct writable_declared *field, const char *text, const char *constant)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        field->when_is = text[0] == 't';
    else if (*end == '\0')
        field->when_is = number;
    else
        field->when_constant = constant;
}

static enum rpc_status read_field(struct reading *reading)
{
    char type[TYPE_MAX_BYTES];
    size_t count = reading->word_count;
    bool is_super = strcmp(reading->words[0], "super") == 0;
    bool asks = count > 4 && strcmp(reading->words[count - 3], "when") == 0;
    size_t behind = asks ? count - 3 : count; /* the name is the word before */
    struct writable_declared field = {.when_is = 0};
    if (reading->field_count == WRITABLE_FIELDS_MAX)
        return complain(reading, "more than %d fields", WRITABLE_FIELDS_MAX);
    if (is_super && count == 2) {
        reading->words[0] = reading->words[1];
        if (!join_type(reading, 1, type, sizeof(type)))
            return complain(reading, "the type is too long");
    } else if (is_super || behind < 2 || !join_type(reading, behind - 1, type, sizeof(type))) {
        return complain(reading, "TYPE NAME [when FIELD VALUE] expected");
    }
    const char *name = is_super ? "" : reading->words[behind - 1];
    if (asks) {
        field.when = earlier(reading, reading->words[count - 2]);
        if (field.when == NULL)
            return complain(reading, "'%s' is no field before it", reading->words[count - 2]);
    }
    char *kept = keep(reading, type, name, asks ? reading->words[count - 1] : "");
    if (kept == NULL)
        return RPC_NO_MEMORY;
    field.type = kept;
    field.name = is_super ? NULL : kept + strlen(type) + 1;
    if (asks)
        set_value(&field, reading->words[count - 1], kept + strlen(type) + strlen(name) + 2);
    reading->fields[reading->field_count++] = field;
    return RPC_OK;
}

/* --- a protocol --- */

/* boolean mkdirs(String, byte[]): the words after splitting at blanks, commas and parentheses. */
static enum rpc_status read_method(struct reading *reading)
{
    const char *const *words = (const char *const *)reading->words;
    if (reading->word_count < 2)
        return complain(reading, "RETURNS NAME(TYPE, TYPE) expected");
    return with_line(reading, harness_types_add_method(reading->types, reading->name, words[1],
                                                       package_of(reading), words[0], words + 2,
                                                       reading->word_count - 2, reading->problem));
}

/* --- lines --- */

/* The line's words, each with a NUL behind it. */
static enum rpc_status split(struct reading *reading, const char *blanks)
{
    char *at = reading->text + strspn(reading->text, blanks);
    for (reading->word_count = 0; *at != '\0'; reading->word_count++) {
        if (reading->word_count == WORDS_MAX)
            return complain(reading, "more than %d words", WORDS_MAX);
        reading->words[reading->word_count] = at;
        at += strcspn(at, blanks);
        if (*at != '\0')
            *at++ = '\0';
        at += strspn(at, blanks);
    }
    return RPC_OK;
}

static enum rpc_status read_head(struct reading *reading)
{
    const char *const *words = (const char *const *)reading->words;
    size_t count = reading->word_count;
    enum rpc_status status = end_part(reading);
    if (status != RPC_OK)
        return status;
    if (strcmp(words[0], "packed") == 0 && count == 1)
        return with_line(reading,
                         writable_types_add_packed(reading->types->classes, reading->problem));
    if (count < 2 || strlen(words[1]) >= sizeof(reading->package))
        return complain(reading, "a name is missing");
    if (strcmp(words[0], "package") == 0) {
        snprintf(reading->package, sizeof(reading->package), "%s", words[1]);
        return RPC_OK;
    }
    if (!harness_java_name(words[1], package_of(reading), reading->name, sizeof(reading->name)))
        return complain(reading, "the name is too long");
    if (strcmp(words[0], "class") == 0 && count == 2) {
        reading->part = PART_CLASS;
        return RPC_OK;
    }
    if (strcmp(words[0], "enum") == 0)
        return with_line(reading, writable_types_add_enum(reading->types->classes, reading->name,
                                                          words + 2, count - 2, reading->problem));
    if (strcmp(words[0], "abstract") == 0 && count == 2)
        return with_line(reading, writable_types_add_abstract(reading->types->classes,
                                                              reading->name, reading->problem));
    if (strcmp(words[0], "protocol") == 0 && count == 3) {
        char *end;
        unsigned long long version = strtoull(words[2], &end, 10);
        if (!isdigit((unsigned char)words[2][0]) || *end != '\0')
            return complain(reading, "'%.100s' is no version", words[2]);
        reading->part = PART_PROTOCOL;
        return harness_types_set_protocol(reading->types, reading->name, version, false);
    }
    return complain(reading, "package, class, enum, abstract or protocol expected, not '%.100s'",
                    words[0]);
}

static enum rpc_status read_line(struct reading *reading, const char *line, size_t length)
{
    bool indented = length > 0 && isspace((unsigned char)line[0]);
    const char *comment = memchr(line, '#', length);
    if (comment != NULL)
        length = (size_t)(comment - line);
    if (length >= sizeof(reading->text))
        return complain(reading, "longer than %d bytes", LINE_MAX_BYTES);
    memcpy(reading->text, line, length);
    reading->text[length] = '\0';
    enum rpc_status status =
        split(reading, indented && reading->part == PART_PROTOCOL ? " \t\r,()" : " \t\r");
    if (status != RPC_OK || reading->word_count == 0)
        return status;
    if (!indented)
        return read_head(reading);
    if (reading->part == PART_CLASS)
        return read_field(reading);
    if (reading->part == PART_PROTOCOL)
        return read_method(reading);
    return complain(reading, "nothing before it that an indented line could belong to");
}

static struct reading *begin(struct harness_types *types, char *problem)
{
    struct reading *reading = malloc(sizeof(*reading));
    if (reading == NULL)
        return NULL;
    reading->types = types;
    reading->problem = problem;
    reading->line = 0;
    reading->package[0] = '\0';
    reading->part = PART_NONE;
    reading->field_count = 0;
    reading->arena = (struct arena){.newest = NULL};
    return reading;
}

enum rpc_status harness_types_read(struct harness_types *types, const char *text, size_t length,
                                   char *problem)
{
    struct reading *reading = begin(types, problem);
    enum rpc_status status = RPC_OK;
    if (reading == NULL)
        return RPC_NO_MEMORY;
    problem[0] = '\0';
    for (size_t at = 0; at < length && status == RPC_OK;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end == NULL ? length - at : (size_t)(end - text) - at;
        reading->line++;
        status = read_line(reading, text + at, line);
        at += line + 1;
    }
    if (status == RPC_OK)
        status = end_part(reading);
    arena_release(&reading->arena);
    free(reading);
    return status;
}
