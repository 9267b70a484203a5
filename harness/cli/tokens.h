/*
 * Lua's source as tokens, for checks that run nothing.
 */
#ifndef HARNESS_CLI_TOKENS_H
#define HARNESS_CLI_TOKENS_H

#include <stddef.h>

enum cli_token_kind {
    CLI_TOKEN_END,
    CLI_TOKEN_NAME, /* Lua's words too */
    CLI_TOKEN_TEXT,
    CLI_TOKEN_NUMBER,
    CLI_TOKEN_SIGN,
};

enum { CLI_TOKEN_MAX = 128 };

struct cli_token {
    enum cli_token_kind kind;
    int line;
    char text[CLI_TOKEN_MAX]; /* a text without its quotes; cut when it is longer */
};

struct cli_tokens {
    const char *at;
    int line;
};

/* Read `source`, which must compile. */
void cli_tokens_begin(struct cli_tokens *tokens, const char *source);

/* The next token; comments and blanks are passed over. */
void cli_tokens_next(struct cli_tokens *tokens, struct cli_token *token);

#endif
