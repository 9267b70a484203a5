#include "harness/cli/words.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "faults/point.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "rpc/client/client.h"
#include "rpc/release.h"
#include "rpc/world/world.h"

enum { NAME_MAX_LENGTH = 128 };

static void add_name(char *names, size_t size, const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, size - used, "%s ", name);
}

/* --- lists --- */

static void point_names(char *names, size_t size)
{
    for (unsigned point = 0; point < POINT_COUNT; point++)
        add_name(names, size, point_name((enum point)point));
}

static void fault_names(char *names, size_t size)
{
    for (unsigned point = 0; point < POINT_COUNT; point++)
        for (unsigned effect = 0; effect < EFFECT_COUNT; effect++) {
            char name[NAME_MAX_LENGTH];
            if (!point_has_effect((enum point)point, (enum point_effect)effect))
                continue;
            snprintf(name, sizeof(name), "%s.%s", point_name((enum point)point),
                     point_effect_name((enum point_effect)effect));
            add_name(names, size, name);
        }
}

static void ending_names(char *names, size_t size)
{
#define X(id, text) add_name(names, size, text);
    CLIENT_ENDING_MAP(X)
#undef X
}

static void draw_names(char *names, size_t size)
{
#define X(id, text, rough)                                                                         \
    if (!(rough) && SITE_##id != SITE_SCRIPT)                                                      \
        add_name(names, size, text);
    WORLD_SITE_MAP(X)
#undef X
}

static void conf_keys(char *names, size_t size)
{
    char keys[RELEASE_KEYS_MAX];
    snprintf(names, size, "%s", release_setting_keys(keys));
}

/* --- units --- */

static bool is_duration(const char *text)
{
    int64_t ns;
    return harness_duration_parse(text, &ns) == RPC_OK;
}

static bool is_size(const char *text)
{
    uint64_t bytes;
    return harness_size_parse(text, &bytes) == RPC_OK;
}

static bool are_releases(const char *text)
{
    unsigned mask;
    return release_range(text, &mask) == RPC_OK;
}

static bool is_conf_key(const char *text)
{
    return release_setting_by_key(text) != SETTING_COUNT;
}

/* --- what there is --- */

/* The language's aliases that are lists of ours, or units. */
static const struct word {
    const char *alias, *kind;
    void (*names)(char *names, size_t size); /* NULL: there are too many */
    bool (*fits)(const char *text);          /* NULL: it is one of the names */
    const char *form;                        /* NULL: the nearest name is told */
} words[] = {
    {"Point", "point", point_names, NULL, NULL},
    {"FaultName", "fault", fault_names, NULL, NULL},
    {"Ending", "ending", ending_names, NULL, NULL},
    {"Draw", "draw", draw_names, NULL, NULL},
    {"ConfKey", "key of conf", conf_keys, is_conf_key, NULL},
    {"Duration", NULL, NULL, is_duration,
     "is no duration: \"15m\", \"1h30m\", \"250ms\", or a number of milliseconds"},
    {"Size", NULL, NULL, is_size, "is no size: \"4KiB\", \"1MiB\", or a number of bytes"},
    {"Release", NULL, NULL, are_releases, "is no release: \"2.6\""},
    {"Releases", NULL, NULL, are_releases, "are no releases: \"2.6\", \"-1.2\", \"2.3-\""},
};

static const struct word *word_of(struct language_type type)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (language_is(type, words[i].alias))
            return &words[i];
    return NULL;
}

void cli_word_missing(const char *kind, const char *name, const char *known, char *mistake)
{
    char nearest[NAME_MAX_LENGTH];
    size_t used = (size_t)snprintf(mistake, CLI_MISTAKE_MAX, "there is no %s '%s'", kind, name);
    if (used < CLI_MISTAKE_MAX && harness_nearest(name, known, nearest, sizeof(nearest)) != NULL)
        snprintf(mistake + used, CLI_MISTAKE_MAX - used, "; did you mean '%s'?", nearest);
}

static bool is_word(const struct word *word, const char *text, char *mistake)
{
    char names[CLI_WORDS_MAX] = "";
    if (word->names != NULL)
        word->names(names, sizeof(names));
    if (word->fits != NULL ? word->fits(text) : harness_is_among(text, names))
        return true;
    if (word->form != NULL)
        snprintf(mistake, CLI_MISTAKE_MAX, "'%s' %s", text, word->form);
    else
        cli_word_missing(word->kind, text, names, mistake);
    return false;
}

/* "\"simple\"" is that text. */
static bool is_literal(struct language_type part, const char *text)
{
    size_t length = strlen(text);
    return part.length == length + 2 && memcmp(part.text + 1, text, length) == 0;
}

/* Types that no text is of; others may be. */
static bool takes_no_text(const struct language *language, struct language_type part)
{
    static const char *const names[] = {"nil", "integer", "number", "boolean", "table"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (language_is(part, names[i]))
            return true;
    return language_class_of(language, part) != NULL || part.text[0] == '{' ||
           strchr(">])", part.text[part.length - 1]) != NULL;
}

bool cli_word_fits(const struct language *language, struct language_type type, const char *text,
                   char *mistake)
{
    char literals[CLI_WORDS_MAX] = "";
    struct language_type part;
    bool closed = false, told = false;
    while (language_part(&type, &part)) {
        const struct word *word = word_of(part);
        if (part.text[0] == '"') {
            if (is_literal(part, text))
                return true;
            size_t used = strlen(literals);
            snprintf(literals + used, sizeof(literals) - used, "%.*s ", (int)part.length - 2,
                     part.text + 1);
            closed = true;
        } else if (word != NULL) {
            if (is_word(word, text, mistake))
                return true;
            closed = told = true;
        } else if (language_alias(language, part).length > 0) {
            if (cli_word_fits(language, language_alias(language, part), text, mistake))
                return true;
            closed = told = true;
        } else if (!takes_no_text(language, part)) {
            return true;
        }
    }
    if (closed && !told)
        cli_word_missing("such word as", text, literals, mistake);
    return !closed;
}

/* --- aims and events --- */

static bool add_fields(const char *name, size_t length, char *names, size_t size)
{
    enum point point = point_by_name(name, length);
    if (point != POINT_COUNT)
        add_name(names, size, point_fields(point));
    return point != POINT_COUNT;
}

bool cli_words_of_point(const char *point, char *names, size_t size)
{
    return add_fields(point, strlen(point), names, size);
}

bool cli_words_of_fault(const char *fault, char *names, size_t size)
{
    const char *dot = strrchr(fault, '.');
    if (dot == NULL || !add_fields(fault, (size_t)(dot - fault), names, size))
        return false;
    enum point_effect effect = point_effect_by_name(dot + 1, strlen(dot + 1));
    if (effect != EFFECT_COUNT)
        add_name(names, size, point_effect_parameters(effect));
    return effect != EFFECT_COUNT;
}

void cli_words_of_events(char *names, size_t size)
{
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        add_name(names, size, point_field_name((enum point_field)field));
}
