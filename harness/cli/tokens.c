#include "harness/cli/tokens.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

void cli_tokens_begin(struct cli_tokens *tokens, const char *source)
{
    *tokens = (struct cli_tokens){.at = source, .line = 1};
}

static void pass(struct cli_tokens *tokens, size_t count)
{
    for (; count > 0 && *tokens->at != '\0'; count--)
        if (*tokens->at++ == '\n')
            tokens->line++;
}

/* "[[" or "[==[" here: the number of '=', or -1. */
static int long_bracket(const char *at)
{
    int level = 0;
    if (*at++ != '[')
        return -1;
    while (*at == '=') {
        at++;
        level++;
    }
    return *at == '[' ? level : -1;
}

static void keep(struct cli_token *token, const char *from, size_t length)
{
    if (length >= CLI_TOKEN_MAX)
        length = CLI_TOKEN_MAX - 1;
    memcpy(token->text, from, length);
    token->text[length] = '\0';
}

/* Pass over a long bracket of that level, into `token` or nowhere. */
static void take_long(struct cli_tokens *tokens, int level, struct cli_token *token)
{
    pass(tokens, (size_t)level + 2);
    const char *from = tokens->at, *at = from;
    for (; *at != '\0'; at++) {
        int equals = 0;
        if (*at != ']')
            continue;
        while (at[1 + equals] == '=')
            equals++;
        if (equals == level && at[1 + equals] == ']')
            break;
    }
    if (token != NULL)
        keep(token, from, (size_t)(at - from));
    pass(tokens, (size_t)(at - from) + (size_t)level + 2);
}

static void pass_blanks(struct cli_tokens *tokens)
{
    for (;;) {
        if (isspace((unsigned char)*tokens->at)) {
            pass(tokens, 1);
        } else if (tokens->at[0] == '-' && tokens->at[1] == '-') {
            pass(tokens, 2);
            int level = long_bracket(tokens->at);
            if (level >= 0)
                take_long(tokens, level, NULL);
            else
                pass(tokens, strcspn(tokens->at, "\n"));
        } else {
            return;
        }
    }
}

static void take_quoted(struct cli_tokens *tokens, struct cli_token *token)
{
    char quote = *tokens->at;
    const char *from = tokens->at + 1, *at = from;
    while (*at != '\0' && *at != quote)
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    keep(token, from, (size_t)(at - from));
    pass(tokens, (size_t)(at - from) + 2);
}

static bool in_name(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

static bool begins_number(const char *at)
{
    return isdigit((unsigned char)at[*at == '.' ? 1 : 0]);
}

/* Digits, letters and dots; the sign of an exponent is one by itself. */
static size_t number_length(const char *from)
{
    size_t length = 0;
    while (in_name(from[length]) || from[length] == '.')
        length++;
    return length;
}

static size_t sign_length(const char *from)
{
    static const char *const longer[] = {
        "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};
    for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
        if (strncmp(from, longer[i], strlen(longer[i])) == 0)
            return strlen(longer[i]);
    return 1;
}

static void take_word(struct cli_tokens *tokens, struct cli_token *token)
{
    const char *from = tokens->at;
    size_t length = 0;
    if (begins_number(from)) {
        token->kind = CLI_TOKEN_NUMBER;
        length = number_length(from);
    } else if (in_name(*from)) {
        token->kind = CLI_TOKEN_NAME;
        while (in_name(from[length]))
            length++;
    } else {
        token->kind = CLI_TOKEN_SIGN;
        length = sign_length(from);
    }
    keep(token, from, length);
    pass(tokens, length);
}

void cli_tokens_next(struct cli_tokens *tokens, struct cli_token *token)
{
    pass_blanks(tokens);
    token->line = tokens->line;
    token->kind = CLI_TOKEN_TEXT;
    int level = long_bracket(tokens->at);
    if (*tokens->at == '\0') {
        token->kind = CLI_TOKEN_END;
        token->text[0] = '\0';
    } else if (level >= 0) {
        take_long(tokens, level, token);
    } else if (*tokens->at == '"' || *tokens->at == '\'') {
        take_quoted(tokens, token);
    } else {
        take_word(tokens, token);
    }
}
