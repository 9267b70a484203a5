#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/walk.h"
#include "harness/cli/words.h"
#include "harness/lua/options.h"

static const struct language_class *class_of(const struct cli_walk *walk, struct cli_value value)
{
    return value.function ? NULL : language_class_of(walk->language, value.types[0]);
}

/* How scripts call a value of the class. */
static const char *call_it(const struct language_class *class, char name[LANGUAGE_NAME_MAX])
{
    if (strcmp(class->name, "Scenario") == 0)
        return "t";
    size_t used = 0;
    for (const char *at = class->name; *at != '\0' && used + 2 < LANGUAGE_NAME_MAX; at++) {
        if (isupper((unsigned char)*at) && used > 0)
            name[used++] = ' ';
        name[used++] = (char)tolower((unsigned char)*at);
    }
    name[used] = '\0';
    return name;
}

static void tell_missing(struct cli_walk *walk, const struct cli_token *token,
                         const struct language_class *class, const char *kind, const char *names)
{
    char mistake[CLI_MISTAKE_MAX], what[2 * LANGUAGE_NAME_MAX], name[LANGUAGE_NAME_MAX];
    snprintf(what, sizeof(what), "%s of %s called", kind, call_it(class, name));
    cli_word_missing(what, token->text, names, mistake);
    cli_tell(walk, token, mistake);
}

/* Its names, the fields of events too. */
static void names_of(const struct language_class *class, bool functions, char *names, size_t size)
{
    for (size_t i = 0; i < class->count; i++) {
        size_t used = strlen(names);
        if (!functions || class->members[i].function)
            snprintf(names + used, size - used, "%s ", class->members[i].name);
    }
    if (strcmp(class->name, "Event") == 0)
        cli_words_of_events(names, size);
}

static void tell_form(struct cli_walk *walk, const struct cli_token *token,
                      const struct language_class *class, const char *form)
{
    char mistake[CLI_MISTAKE_MAX], name[LANGUAGE_NAME_MAX];
    snprintf(mistake, sizeof(mistake), form, token->text, call_it(class, name), token->text);
    cli_tell(walk, token, mistake);
}

/* `value.name`: `token` is the name, which the file goes on behind. */
struct cli_value cli_find_field(struct cli_walk *walk, struct cli_value value,
                                const struct cli_token *token, const struct cli_token *owner)
{
    const struct language_class *class = class_of(walk, value);
    if (class == NULL)
        return cli_value_of(cli_unknown);
    const struct language_member *member = language_member(class, token->text);
    char names[CLI_WORDS_MAX] = "";
    names_of(class, false, names, sizeof(names));
    bool closed = class->exact || strcmp(class->name, "Event") == 0;
    if (member == NULL && closed && !harness_is_among(token->text, names))
        tell_missing(walk, token, class, "field or method", names);
    if (member == NULL || !member->function)
        return cli_value_of(member != NULL ? member->type : cli_unknown);
    bool with_itself = cli_at(walk, "(") && strcmp(cli_ahead(walk, 1)->text, owner->text) == 0;
    bool called = cli_at(walk, "(") || cli_at(walk, "{") || cli_here(walk)->kind == CLI_TOKEN_TEXT;
    if (class->exact && called && !with_itself)
        tell_form(walk, token, class, "'%s' is a method: write %s:%s(…), with a colon");
    return (struct cli_value){.member = with_itself || class->exact ? NULL : member};
}

/* `value:name`: its method, NULL when that is not known. */
const struct language_member *cli_find_method(struct cli_walk *walk, struct cli_value value,
                                              const struct cli_token *token)
{
    const struct language_class *class = class_of(walk, value);
    if (class == NULL)
        return NULL;
    const struct language_member *member = language_member(class, token->text);
    if (member != NULL && member->function)
        return member;
    char names[CLI_WORDS_MAX] = "";
    names_of(class, true, names, sizeof(names));
    if (member != NULL && class->exact)
        tell_form(walk, token, class, "'%s' is a field: write %s.%s, with a dot");
    else if (class->exact)
        tell_missing(walk, token, class, "method", names);
    return NULL;
}
