/*
 * A file's tokens, walked through as Lua's grammar has them, with what is known of its values: what
 * the parts of bodies.h share.
 */
#ifndef HARNESS_CLI_WALK_H
#define HARNESS_CLI_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/cli/bodies.h"
#include "harness/cli/tokens.h"
#include "harness/library/language.h"

enum { CLI_RESULTS_MAX = 4, CLI_DEPTH_MAX = 200 };

/* What is known of a value: of several results, of each. */
struct cli_value {
    struct language_type types[CLI_RESULTS_MAX];
    const struct language_member *member; /* a function of the language's */
    bool function;                        /* one of the file's: the types are those it returns */
    bool guards;                          /* pcall, xpcall */
    bool lists;                           /* ipairs */
};

/* A local or a parameter. */
struct cli_local {
    const char *name;
    struct cli_value value;
};

/* The function that is being read: what it returns, where that is always the same. */
struct cli_results {
    struct language_type types[CLI_RESULTS_MAX];
    unsigned returns;
};

struct cli_walk {
    const struct language *language;
    struct cli_token *tokens;
    size_t count, at;
    struct cli_local *locals;
    size_t local_count, local_room;
    struct cli_results *results;
    const struct cli_token **assigned; /* names that get a new value somewhere */
    size_t assigned_count;
    bool tells;        /* the second time through: of mistakes; the first time tells globals */
    unsigned guarded;  /* inside a pcall */
    unsigned depth;    /* of blocks and expressions */
    const char *aimed; /* the point or fault of the call that is being read; NULL: none */
    bool (*words_of_aim)(const char *name, char *names, size_t size);
    bool failed; /* out of memory */
    const struct cli_hearer *hearer;
};

/* The type of what is not known. */
extern const struct language_type cli_unknown;

/* Tell of a mistake: the second time through, and outside of pcalls. */
void cli_tell(struct cli_walk *walk, const struct cli_token *token, const char *mistake);

/* --- tokens --- */

/* The token that is read next, and one behind it; at the end always the last one. */
const struct cli_token *cli_here(const struct cli_walk *walk);
const struct cli_token *cli_ahead(const struct cli_walk *walk, size_t count);
/* Whether it is that word or sign. */
bool cli_is(const struct cli_token *token, const char *text);
bool cli_at(const struct cli_walk *walk, const char *text);
bool cli_at_end(const struct cli_walk *walk);
/* Whether it is a name, and no word of Lua's. */
bool cli_at_name(const struct cli_walk *walk);
void cli_pass(struct cli_walk *walk);
/* Pass over it if it is that; whether it was. */
bool cli_take(struct cli_walk *walk, const char *text);

/* --- locals --- */

struct cli_value cli_value_of(struct language_type type);
void cli_add_local(struct cli_walk *walk, const char *name, struct cli_value value);
/* NULL: it is a global. */
const struct cli_local *cli_find_local(const struct cli_walk *walk, const char *name);
/* A name that is no field is read or written here.  If it is a global, that is told, the first
 * time through.  What is written somewhere is unknown everywhere. */
void cli_use_name(struct cli_walk *walk, const struct cli_token *name, bool written);
bool cli_is_assigned(const struct cli_walk *walk, const char *name);

/* --- members: members.c --- */

/* `value.name`, of which `token` is the name and `owner` what stands before the dot. */
struct cli_value cli_find_field(struct cli_walk *walk, struct cli_value value,
                                const struct cli_token *token, const struct cli_token *owner);
/* `value:name`: its method, NULL when that is not known. */
const struct language_member *cli_find_method(struct cli_walk *walk, struct cli_value value,
                                              const struct cli_token *token);

/* --- expressions: expressions.c --- */

/* An expression where a value of that type is expected. */
struct cli_value cli_read_expression(struct cli_walk *walk, struct language_type expected);
/* Expressions with commas: their types, the last one's further results too. */
struct cli_value cli_read_list(struct cli_walk *walk);
/* A name with all its dots, colons, brackets and calls. */
struct cli_value cli_read_suffixed(struct cli_walk *walk);
/* What a call of it gives. */
struct cli_value cli_called(struct cli_value value);
/* "(a, b) … end" of a function of that type; what it returns. */
struct cli_results cli_read_function(struct cli_walk *walk, struct language_type type);

/* --- statements: bodies.c --- */

/* Up to `end`, `else`, `until`. */
void cli_read_block(struct cli_walk *walk);

#endif
