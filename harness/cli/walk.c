#include "harness/cli/walk.h"

#include <stdlib.h>
#include <string.h>

const struct language_type cli_unknown = {NULL, 0};

void cli_tell(struct cli_walk *walk, const struct cli_token *token, const char *mistake)
{
    if (walk->tells && walk->guarded == 0)
        walk->hearer->mistake(token->line, mistake, walk->hearer->owner);
}

/* --- tokens --- */

const struct cli_token *cli_here(const struct cli_walk *walk)
{
    return &walk->tokens[walk->at];
}

const struct cli_token *cli_ahead(const struct cli_walk *walk, size_t count)
{
    size_t at = walk->at + count;
    return &walk->tokens[at < walk->count ? at : walk->count - 1];
}

bool cli_is(const struct cli_token *token, const char *text)
{
    return (token->kind == CLI_TOKEN_NAME || token->kind == CLI_TOKEN_SIGN) &&
           strcmp(token->text, text) == 0;
}

bool cli_at(const struct cli_walk *walk, const char *text)
{
    return cli_is(cli_here(walk), text);
}

bool cli_at_end(const struct cli_walk *walk)
{
    return cli_here(walk)->kind == CLI_TOKEN_END;
}

void cli_pass(struct cli_walk *walk)
{
    if (!cli_at_end(walk))
        walk->at++;
}

bool cli_take(struct cli_walk *walk, const char *text)
{
    if (!cli_at(walk, text))
        return false;
    cli_pass(walk);
    return true;
}

static bool is_word(const struct cli_token *token)
{
    static const char *const reserved[] = {"and",   "break", "do",       "else", "elseif", "end",
                                           "false", "for",   "function", "goto", "if",     "in",
                                           "local", "nil",   "not",      "or",   "repeat", "return",
                                           "then",  "true",  "until",    "while"};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcmp(token->text, reserved[i]) == 0)
            return true;
    return false;
}

bool cli_at_name(const struct cli_walk *walk)
{
    return cli_here(walk)->kind == CLI_TOKEN_NAME && !is_word(cli_here(walk));
}

/* --- locals --- */

struct cli_value cli_value_of(struct language_type type)
{
    return (struct cli_value){.types = {type}};
}

bool cli_is_assigned(const struct cli_walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->assigned_count; i++)
        if (strcmp(walk->assigned[i]->text, name) == 0)
            return true;
    return false;
}

void cli_add_local(struct cli_walk *walk, const char *name, struct cli_value value)
{
    if (walk->local_count == walk->local_room) {
        size_t room = walk->local_room * 2 + 64;
        struct cli_local *grown = reallocarray(walk->locals, room, sizeof(*grown));
        if (grown == NULL) {
            walk->failed = true;
            return;
        }
        walk->locals = grown;
        walk->local_room = room;
    }
    if (cli_is_assigned(walk, name))
        value = cli_value_of(cli_unknown);
    walk->locals[walk->local_count++] = (struct cli_local){.name = name, .value = value};
}

const struct cli_local *cli_find_local(const struct cli_walk *walk, const char *name)
{
    for (size_t i = walk->local_count; i-- > 0;)
        if (strcmp(walk->locals[i].name, name) == 0)
            return &walk->locals[i];
    return NULL;
}

static void note_assigned(struct cli_walk *walk, const struct cli_token *name)
{
    if (cli_is_assigned(walk, name->text))
        return;
    const struct cli_token **grown =
        reallocarray(walk->assigned, walk->assigned_count + 1, sizeof(*grown));
    if (grown == NULL) {
        walk->failed = true;
        return;
    }
    walk->assigned = grown;
    walk->assigned[walk->assigned_count++] = name;
}

/* With a local `_ENV`, what is no local is a field of that one's. */
static bool is_global(const struct cli_walk *walk, const char *name)
{
    static const char environment[] = "_ENV";
    return cli_find_local(walk, name) == NULL && cli_find_local(walk, environment) == NULL &&
           strcmp(name, environment) != 0;
}

void cli_use_name(struct cli_walk *walk, const struct cli_token *name, bool written)
{
    if (walk->tells)
        return;
    if (written)
        note_assigned(walk, name);
    if (is_global(walk, name->text))
        walk->hearer->global(name->text, name->line, written, walk->hearer->owner);
}
