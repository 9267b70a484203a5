#include <stdio.h>
#include <string.h>

#include "harness/cli/walk.h"
#include "harness/cli/words.h"
#include "harness/lua/options.h"

/* --- tables --- */

/* Whether an aim may have that key, besides who and when. */
static bool is_of_aim(const struct cli_walk *walk, struct language_type type, char *names,
                      size_t size)
{
    return language_has(type, "Aim") &&
           (walk->aimed == NULL || !walk->words_of_aim(walk->aimed, names, size));
}

/* The type of what stands under that key; a wrong one is told. */
static struct language_type check_key(struct cli_walk *walk, struct language_type type,
                                      const struct cli_token *key)
{
    struct language_type value;
    char names[CLI_WORDS_MAX] = "", mistake[CLI_MISTAKE_MAX];
    if (language_key(walk->language, type, key->text, &value) != LANGUAGE_NO_KEY ||
        is_of_aim(walk, type, names, sizeof(names)) || harness_is_among(key->text, names))
        return value;
    language_keys(walk->language, type, names, sizeof(names));
    if (names[0] == '\0')
        return cli_unknown;
    cli_word_missing("option", key->text, names, mistake);
    cli_tell(walk, key, mistake);
    return cli_unknown;
}

/* An item of a table: `[x] = y`, `x = y`, `y`; `place` counts the last kind. */
static void read_item(struct cli_walk *walk, struct language_type type, unsigned *place)
{
    struct language_type value = cli_unknown;
    if (cli_take(walk, "[")) {
        cli_read_expression(walk, language_key_type(type));
        cli_take(walk, "]");
        cli_take(walk, "=");
        if (language_key(walk->language, type, "*", &value) == LANGUAGE_NO_KEY)
            value = cli_unknown;
    } else if (cli_at_name(walk) && cli_is(cli_ahead(walk, 1), "=")) {
        value = check_key(walk, type, cli_here(walk));
        cli_pass(walk);
        cli_pass(walk);
    } else {
        char name[16];
        snprintf(name, sizeof(name), "[%u]", ++*place);
        language_key(walk->language, type, name, &value);
    }
    cli_read_expression(walk, value);
}

static void read_table(struct cli_walk *walk, struct language_type type)
{
    unsigned place = 0;
    cli_take(walk, "{");
    while (!cli_at(walk, "}") && !cli_at_end(walk)) {
        size_t before = walk->at;
        read_item(walk, type, &place);
        if (!cli_take(walk, ",") && !cli_take(walk, ";") && walk->at == before)
            cli_pass(walk);
    }
    cli_take(walk, "}");
}

/* --- functions --- */

/* "(a, b) … end", of that type; what it returns. */
struct cli_results cli_read_function(struct cli_walk *walk, struct language_type type)
{
    struct cli_results results = {.returns = 0}, *outside = walk->results;
    size_t locals = walk->local_count, parameter = 0;
    cli_take(walk, "(");
    while (!cli_at(walk, ")") && !cli_at_end(walk)) {
        const struct cli_token *name = cli_here(walk);
        struct language_type is = language_parameter(type, parameter++);
        if (is.length == 0 && strcmp(name->text, "t") == 0)
            is = (struct language_type){"Scenario", 8}; /* so it is called everywhere */
        if (cli_at_name(walk))
            cli_add_local(walk, name->text, cli_value_of(is));
        cli_pass(walk);
        cli_take(walk, ",");
    }
    cli_take(walk, ")");
    walk->results = &results;
    cli_read_block(walk);
    cli_take(walk, "end");
    walk->results = outside;
    walk->local_count = locals;
    if (results.returns != 1)
        memset(results.types, 0, sizeof(results.types));
    return results;
}

/* --- calls --- */

static struct language_type parameter_type(const struct language_member *member, size_t i)
{
    if (member == NULL || member->parameter_count == 0)
        return cli_unknown;
    if (i >= member->parameter_count)
        return member->variadic ? member->parameters[member->parameter_count - 1] : cli_unknown;
    return member->parameters[i];
}

/* One value too many: `t:expect(call, { … })`. */
static void check_count(struct cli_walk *walk, const struct language_member *member, size_t i)
{
    char mistake[CLI_MISTAKE_MAX];
    if (member == NULL || member->variadic || i != member->parameter_count)
        return;
    snprintf(mistake, sizeof(mistake), "%s takes %zu value%s", member->name, i, i == 1 ? "" : "s");
    cli_tell(walk, cli_here(walk), mistake);
}

static void read_argument(struct cli_walk *walk, const struct language_member *member, size_t i,
                          struct language_type *first)
{
    struct language_type type = parameter_type(member, i);
    check_count(walk, member, i);
    bool fault = language_is(type, "FaultName");
    if (cli_here(walk)->kind == CLI_TOKEN_TEXT && (fault || language_is(type, "Point"))) {
        walk->aimed = cli_here(walk)->text;
        walk->words_of_aim = fault ? cli_words_of_fault : cli_words_of_point;
    }
    struct cli_value value = cli_read_expression(walk, type);
    if (i == 0)
        *first = value.types[0];
}

/* `(…)`, `{…}` or a text, for `member` (NULL: unknown); the type of the first argument. */
static struct language_type read_arguments(struct cli_walk *walk,
                                           const struct language_member *member)
{
    const char *aimed = walk->aimed;
    struct language_type first = cli_unknown;
    walk->aimed = NULL;
    if (!cli_take(walk, "(")) {
        read_argument(walk, member, 0, &first);
    } else {
        for (size_t i = 0; !cli_at(walk, ")") && !cli_at_end(walk); i++) {
            size_t before = walk->at;
            read_argument(walk, member, i, &first);
            if (!cli_take(walk, ",") && walk->at == before)
                cli_pass(walk);
        }
        cli_take(walk, ")");
    }
    walk->aimed = aimed;
    return first;
}

struct cli_value cli_called(struct cli_value value)
{
    if (value.member != NULL)
        return cli_value_of(value.member->type);
    bool known = value.function;
    value.function = false;
    return known ? value : cli_value_of(cli_unknown);
}

/* The call of `value`. */
static struct cli_value read_call(struct cli_walk *walk, struct cli_value value)
{
    walk->guarded += value.guards;
    struct language_type first = read_arguments(walk, value.member);
    walk->guarded -= value.guards;
    if (!value.lists)
        return cli_called(value);
    return (struct cli_value){.function = true, /* which a `for` calls for places and items */
                              .types = {cli_unknown, language_item(walk->language, first)}};
}

/* --- expressions --- */

static struct cli_value read_global(const struct cli_walk *walk, const struct cli_token *name)
{
    const struct language_class *globals = language_class_at(walk->language, 0);
    const struct language_member *member = language_member(globals, name->text);
    if (strcmp(name->text, "pcall") == 0 || strcmp(name->text, "xpcall") == 0)
        return (struct cli_value){.guards = true};
    if (strcmp(name->text, "ipairs") == 0)
        return (struct cli_value){.lists = true};
    if (member != NULL && member->function)
        return (struct cli_value){.member = member};
    if (member != NULL && member->type.length > 0)
        return cli_value_of(member->type);
    const struct language_class *class = language_class(walk->language, name->text);
    return cli_value_of(class != NULL ? (struct language_type){class->name, strlen(class->name)}
                                      : cli_unknown);
}

static struct cli_value read_name(struct cli_walk *walk)
{
    const struct cli_token *name = cli_here(walk);
    const struct cli_local *local = cli_find_local(walk, name->text);
    cli_use_name(walk, name, false);
    cli_pass(walk);
    if (local == NULL)
        return read_global(walk, name);
    return local->value;
}

/* What stands first: a name, or anything in brackets. */
static struct cli_value read_first(struct cli_walk *walk)
{
    if (cli_at_name(walk))
        return read_name(walk);
    struct cli_value value = cli_value_of(cli_unknown);
    if (cli_take(walk, "(")) {
        value = cli_read_expression(walk, cli_unknown);
        cli_take(walk, ")");
        memset(value.types + 1, 0, sizeof(value.types) - sizeof(value.types[0]));
    }
    return value;
}

/* A name with all its dots, colons, brackets and calls. */
struct cli_value cli_read_suffixed(struct cli_walk *walk)
{
    const struct cli_token *owner = cli_here(walk);
    struct cli_value value = read_first(walk);
    for (;;) {
        const struct cli_token *name = cli_ahead(walk, 1);
        if (cli_at(walk, ".") && name->kind == CLI_TOKEN_NAME) {
            walk->at += 2;
            value = cli_find_field(walk, value, name, owner);
            owner = name;
        } else if (cli_at(walk, "[")) {
            cli_pass(walk);
            cli_read_expression(walk, cli_unknown);
            cli_take(walk, "]");
            value = cli_value_of(value.function ? cli_unknown
                                                : language_item(walk->language, value.types[0]));
        } else if (cli_at(walk, ":") && name->kind == CLI_TOKEN_NAME) {
            walk->at += 2;
            value =
                read_call(walk, (struct cli_value){.member = cli_find_method(walk, value, name)});
        } else if (cli_at(walk, "(") || cli_at(walk, "{") ||
                   cli_here(walk)->kind == CLI_TOKEN_TEXT) {
            value = read_call(walk, value);
        } else {
            return value;
        }
    }
}

/* Whether an operator stands here: the operand before it is only a part of the value. */
static bool at_operator(const struct cli_walk *walk)
{
    const struct cli_token *token = cli_here(walk);
    return (token->kind == CLI_TOKEN_NAME || token->kind == CLI_TOKEN_SIGN) &&
           harness_is_among(token->text, "and or + - * / // % ^ & | ~ << >> .. == ~= < > <= >=");
}

static void read_text(struct cli_walk *walk, struct language_type expected)
{
    const struct cli_token *text = cli_here(walk);
    char mistake[CLI_MISTAKE_MAX];
    cli_pass(walk);
    bool whole = !at_operator(walk) && strlen(text->text) + 1 < CLI_TOKEN_MAX;
    if (whole && expected.length > 0 &&
        !cli_word_fits(walk->language, expected, text->text, mistake))
        cli_tell(walk, text, mistake);
}

/* An operator with one operand. */
static bool at_unary(const struct cli_walk *walk)
{
    return cli_at(walk, "not") || cli_at(walk, "-") || cli_at(walk, "#") || cli_at(walk, "~");
}

static struct cli_value read_operand(struct cli_walk *walk, struct language_type expected)
{
    while (at_unary(walk))
        cli_pass(walk);
    if (cli_here(walk)->kind == CLI_TOKEN_TEXT) {
        read_text(walk, expected);
        return cli_value_of(cli_unknown);
    }
    if (cli_at(walk, "{")) {
        read_table(walk, expected);
        return cli_value_of(cli_unknown);
    }
    if (cli_take(walk, "function")) {
        cli_read_function(walk, expected);
        return cli_value_of(cli_unknown);
    }
    if (cli_at_name(walk) || cli_at(walk, "("))
        return cli_read_suffixed(walk);
    if (cli_here(walk)->kind == CLI_TOKEN_NUMBER || cli_at(walk, "nil") || cli_at(walk, "true") ||
        cli_at(walk, "false") || cli_at(walk, "..."))
        cli_pass(walk);
    return cli_value_of(cli_unknown);
}

struct cli_value cli_read_expression(struct cli_walk *walk, struct language_type expected)
{
    if (++walk->depth > CLI_DEPTH_MAX) { /* Lua has compiled it: at most 200 deep */
        walk->depth--;
        cli_pass(walk);
        return cli_value_of(cli_unknown);
    }
    bool alone = !at_unary(walk);
    struct cli_value value = read_operand(walk, expected);
    while (at_operator(walk)) {
        alone = false;
        cli_pass(walk);
        read_operand(walk, cli_unknown);
    }
    walk->depth--;
    return alone ? value : cli_value_of(cli_unknown);
}

/* Expressions with commas: their types, the last one's further results too. */
struct cli_value cli_read_list(struct cli_walk *walk)
{
    struct cli_value list = cli_value_of(cli_unknown);
    for (size_t i = 0;; i++) {
        struct cli_value value = cli_read_expression(walk, cli_unknown);
        if (i == 0)
            list = value;
        for (size_t result = 0; i > 0 && i + result < CLI_RESULTS_MAX; result++)
            list.types[i + result] = value.types[result];
        if (!cli_take(walk, ","))
            return list;
        for (size_t rest = i + 1; rest < CLI_RESULTS_MAX; rest++)
            list.types[rest] = cli_unknown;
    }
}
