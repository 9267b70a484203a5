#include "harness/cli/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "harness/cli/walk.h"

/* --- statements --- */

/* The i-th of several results as one value. */
static struct cli_value result_at(struct cli_value list, size_t i)
{
    if (i == 0)
        return list;
    return cli_value_of(i < CLI_RESULTS_MAX && !list.function ? list.types[i] : cli_unknown);
}

/* `local a <const>, b = …` behind the word. */
static void read_local(struct cli_walk *walk)
{
    const struct cli_token *names[CLI_RESULTS_MAX * 4];
    size_t count = 0;
    struct cli_value list = cli_value_of(cli_unknown);
    do {
        if (count < sizeof(names) / sizeof(names[0]))
            names[count++] = cli_here(walk);
        cli_pass(walk);
        if (cli_take(walk, "<")) {
            cli_pass(walk);
            cli_take(walk, ">");
        }
    } while (cli_take(walk, ","));
    if (cli_take(walk, "="))
        list = cli_read_list(walk);
    for (size_t i = 0; i < count; i++)
        cli_add_local(walk, names[i], result_at(list, i));
}

static void read_local_function(struct cli_walk *walk)
{
    const struct cli_token *name = cli_here(walk);
    struct cli_value value = {.function = true};
    size_t place = walk->local_count;
    cli_pass(walk);
    cli_add_local(walk, name, cli_value_of(cli_unknown)); /* inside of it */
    struct cli_results results = cli_read_function(walk, cli_unknown);
    memcpy(value.types, results.types, sizeof(value.types));
    if (!walk->failed && !cli_is_assigned(walk, name->text))
        walk->locals[place].value = value;
}

/* `for i = …` and `for i, x in …` behind the word, with the block. */
static void read_for(struct cli_walk *walk)
{
    const struct cli_token *names[2] = {cli_here(walk), cli_here(walk)};
    size_t locals = walk->local_count, count = 0;
    do {
        if (count < 2)
            names[count++] = cli_here(walk);
        cli_pass(walk);
    } while (cli_take(walk, ","));
    bool walks = cli_at(walk, "in") && (cli_is(cli_ahead(walk, 1), "ipairs"));
    cli_pass(walk);
    struct cli_value item = cli_value_of(cli_unknown);
    if (walks) {
        cli_pass(walk);
        item = cli_value_of(language_item(walk->language, cli_read_arguments(walk, NULL)));
    } else {
        cli_read_list(walk);
    }
    cli_add_local(walk, names[0], cli_value_of(cli_unknown));
    if (count > 1)
        cli_add_local(walk, names[1], item);
    cli_take(walk, "do");
    cli_read_block(walk);
    cli_take(walk, "end");
    walk->local_count = locals;
}

static void read_if(struct cli_walk *walk)
{
    do {
        cli_read_expression(walk, cli_unknown);
        cli_take(walk, "then");
        cli_read_block(walk);
    } while (cli_take(walk, "elseif"));
    if (cli_take(walk, "else"))
        cli_read_block(walk);
    cli_take(walk, "end");
}

static void read_return(struct cli_walk *walk)
{
    struct cli_value list = cli_value_of(cli_unknown);
    if (!cli_at(walk, "end") && !cli_at(walk, "else") && !cli_at(walk, "elseif") &&
        !cli_at(walk, "until") && !cli_at(walk, ";") && !cli_at_end(walk))
        list = cli_read_list(walk);
    cli_take(walk, ";");
    if (walk->results == NULL)
        return;
    walk->results->returns++;
    if (!list.function)
        memcpy(walk->results->types, list.types, sizeof(list.types));
}

/* `function a.b:c(…)` behind the word. */
static void read_named_function(struct cli_walk *walk)
{
    if (cli_at_name(walk) && cli_is(cli_ahead(walk, 1), "("))
        cli_note_assigned(walk, cli_here(walk));
    while (!cli_at(walk, "(") && !cli_at_end(walk))
        cli_pass(walk);
    cli_read_function(walk, cli_unknown);
}

/* A call, or an assignment. */
static void read_other(struct cli_walk *walk)
{
    size_t before = walk->at;
    do {
        const struct cli_token *name = cli_at_name(walk) ? cli_here(walk) : NULL;
        size_t from = walk->at;
        cli_read_suffixed(walk);
        if (name != NULL && walk->at == from + 1 && (cli_at(walk, "=") || cli_at(walk, ",")))
            cli_note_assigned(walk, name);
    } while (cli_take(walk, ","));
    if (cli_take(walk, "="))
        cli_read_list(walk);
    if (walk->at == before)
        cli_pass(walk);
}

static void read_statement(struct cli_walk *walk)
{
    size_t locals = walk->local_count;
    if (cli_take(walk, "local")) {
        if (cli_take(walk, "function"))
            read_local_function(walk);
        else
            read_local(walk);
        return;
    }
    if (cli_take(walk, "if")) {
        read_if(walk);
    } else if (cli_take(walk, "for")) {
        read_for(walk);
    } else if (cli_take(walk, "function")) {
        read_named_function(walk);
    } else if (cli_take(walk, "return")) {
        read_return(walk);
    } else if (cli_take(walk, "while")) {
        cli_read_expression(walk, cli_unknown);
        cli_take(walk, "do");
        cli_read_block(walk);
        cli_take(walk, "end");
    } else if (cli_take(walk, "do")) {
        cli_read_block(walk);
        cli_take(walk, "end");
    } else if (cli_take(walk, "repeat")) {
        cli_read_block(walk);
        cli_take(walk, "until");
        cli_read_expression(walk, cli_unknown);
    } else if (cli_take(walk, "goto") || cli_take(walk, "break") || cli_at(walk, ":") ||
               cli_at(walk, ";")) {
        while (cli_at(walk, ":"))
            cli_pass(walk);
        cli_take(walk, ";");
    } else {
        read_other(walk);
    }
    walk->local_count = locals;
}

void cli_read_block(struct cli_walk *walk)
{
    size_t locals = walk->local_count;
    if (++walk->depth <= CLI_DEPTH_MAX)
        while (!cli_at_end(walk) && !cli_at(walk, "end") && !cli_at(walk, "else") &&
               !cli_at(walk, "elseif") && !cli_at(walk, "until"))
            read_statement(walk);
    walk->depth--;
    walk->local_count = locals;
}

/* --- a file --- */

static bool take_tokens(struct cli_walk *walk, const char *source)
{
    struct cli_tokens tokens;
    size_t room = 0;
    cli_tokens_begin(&tokens, source);
    do {
        if (walk->count == room) {
            room = room * 2 + 1024;
            struct cli_token *grown = reallocarray(walk->tokens, room, sizeof(*grown));
            if (grown == NULL)
                return false;
            walk->tokens = grown;
        }
        cli_tokens_next(&tokens, &walk->tokens[walk->count]);
    } while (walk->tokens[walk->count++].kind != CLI_TOKEN_END);
    return true;
}

bool cli_bodies(const struct language *language, const char *source, cli_mistake_fn *see,
                void *owner)
{
    struct cli_walk walk = {.language = language, .see = see, .owner = owner};
    bool well = take_tokens(&walk, source);
    for (int pass = 0; well && pass < 2; pass++) {
        walk.tells = pass == 1;
        walk.at = walk.local_count = 0;
        while (!cli_at_end(&walk))
            read_statement(&walk);
        well = !walk.failed;
    }
    free(walk.tokens);
    free(walk.locals);
    free(walk.assigned);
    return well;
}
