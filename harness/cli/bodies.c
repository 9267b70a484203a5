#include "harness/cli/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "harness/cli/walk.h"

enum { NAMES_MAX = 200 }; /* of one statement: Lua has no more locals in a function */

static void read_statements(struct cli_walk *walk);

/* --- locals --- */

/* The i-th of several results as one value. */
static struct cli_value result_at(struct cli_value list, size_t i)
{
    if (i == 0)
        return list;
    return cli_value_of(i < CLI_RESULTS_MAX && !list.function ? list.types[i] : cli_unknown);
}

/* Names with commas, each with its attribute (`<const>`) behind it; how many. */
static size_t read_names(struct cli_walk *walk, const struct cli_token *names[NAMES_MAX])
{
    size_t count = 0;
    do {
        if (count < NAMES_MAX)
            names[count++] = cli_here(walk);
        cli_pass(walk);
        if (cli_take(walk, "<")) {
            cli_pass(walk);
            cli_take(walk, ">");
        }
    } while (cli_take(walk, ","));
    return count;
}

static void add_locals(struct cli_walk *walk, const struct cli_token *const *names, size_t count,
                       struct cli_value list)
{
    for (size_t i = 0; i < count; i++)
        cli_add_local(walk, names[i]->text, result_at(list, i));
}

/* `local a <const>, b = …` behind the word. */
static void read_locals(struct cli_walk *walk)
{
    const struct cli_token *names[NAMES_MAX];
    struct cli_value list = cli_value_of(cli_unknown);
    size_t count = read_names(walk, names);
    if (cli_take(walk, "="))
        list = cli_read_list(walk);
    add_locals(walk, names, count, list);
}

static void read_local_function(struct cli_walk *walk)
{
    const struct cli_token *name = cli_here(walk);
    struct cli_value value = {.function = true};
    size_t place = walk->local_count;
    cli_pass(walk);
    cli_add_local(walk, name->text, cli_value_of(cli_unknown)); /* inside of it */
    struct cli_results results = cli_read_function(walk, cli_unknown);
    memcpy(value.types, results.types, sizeof(value.types));
    if (!walk->failed && !cli_is_assigned(walk, name->text))
        walk->locals[place].value = value;
}

static void read_local(struct cli_walk *walk)
{
    if (cli_take(walk, "function"))
        read_local_function(walk);
    else
        read_locals(walk);
}

/* --- statements: all behind their first word --- */

static void read_do(struct cli_walk *walk)
{
    cli_read_block(walk);
    cli_take(walk, "end");
}

/* `for i = …` and `for i, x in …`: the names are its block's alone. */
static void read_for(struct cli_walk *walk)
{
    const struct cli_token *names[NAMES_MAX];
    size_t locals = walk->local_count, count = read_names(walk, names);
    cli_pass(walk);
    struct cli_value list = cli_read_list(walk);
    add_locals(walk, names, count, cli_called(list));
    cli_take(walk, "do");
    read_do(walk);
    walk->local_count = locals;
}

static void read_while(struct cli_walk *walk)
{
    cli_read_expression(walk, cli_unknown);
    cli_take(walk, "do");
    read_do(walk);
}

/* Its condition sees the block's locals. */
static void read_repeat(struct cli_walk *walk)
{
    size_t locals = walk->local_count;
    read_statements(walk);
    cli_take(walk, "until");
    cli_read_expression(walk, cli_unknown);
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

/* `function a.b:c(…)`. */
static void read_named_function(struct cli_walk *walk)
{
    size_t locals = walk->local_count;
    cli_use_name(walk, cli_here(walk), cli_is(cli_ahead(walk, 1), "("));
    for (; !cli_at(walk, "(") && !cli_at_end(walk); cli_pass(walk))
        if (cli_at(walk, ":"))
            cli_add_local(walk, "self", cli_value_of(cli_unknown));
    cli_read_function(walk, cli_unknown);
    walk->local_count = locals;
}

/* `::x::`. */
static void read_label(struct cli_walk *walk)
{
    cli_pass(walk);
    cli_take(walk, "::");
}

/* What an assignment gives a value: a name alone is not read.  Or a call. */
static void read_target(struct cli_walk *walk)
{
    const struct cli_token *next = cli_ahead(walk, 1);
    if (!cli_at_name(walk) || !(cli_is(next, "=") || cli_is(next, ","))) {
        cli_read_suffixed(walk);
        return;
    }
    cli_use_name(walk, cli_here(walk), true);
    cli_pass(walk);
}

/* A call, or an assignment. */
static void read_other(struct cli_walk *walk)
{
    size_t before = walk->at;
    do
        read_target(walk);
    while (cli_take(walk, ","));
    if (cli_take(walk, "="))
        cli_read_list(walk);
    if (walk->at == before)
        cli_pass(walk);
}

static void read_statement(struct cli_walk *walk)
{
    static const struct {
        const char *word;
        void (*read)(struct cli_walk *walk);
    } kinds[] = {
        {"::", read_label},      {"do", read_do},
        {"for", read_for},       {"function", read_named_function},
        {"goto", cli_pass},      {"if", read_if},
        {"local", read_local},   {"repeat", read_repeat},
        {"return", read_return}, {"while", read_while},
    };
    if (cli_take(walk, "break") || cli_take(walk, ";"))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (cli_take(walk, kinds[i].word)) {
            kinds[i].read(walk);
            return;
        }
    read_other(walk);
}

static void read_statements(struct cli_walk *walk)
{
    if (++walk->depth <= CLI_DEPTH_MAX)
        while (!cli_at_end(walk) && !cli_at(walk, "end") && !cli_at(walk, "else") &&
               !cli_at(walk, "elseif") && !cli_at(walk, "until"))
            read_statement(walk);
    walk->depth--;
}

void cli_read_block(struct cli_walk *walk)
{
    size_t locals = walk->local_count;
    read_statements(walk);
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

bool cli_bodies(const struct language *language, const char *source,
                const struct cli_hearer *hearer)
{
    struct cli_walk walk = {.language = language, .hearer = hearer};
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
