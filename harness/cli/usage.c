#include "harness/cli/usage.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/lua/options.h"

enum { NAMES_MAX = 1024, NAME_MAX_LENGTH = 64 };

enum { HELP = CLI_VALS_MAX - 2, USAGE = CLI_VALS_MAX - 1 };

/* popt's own end the program as if all were well, also when nobody could read them. */
struct poptOption cli_help_options[] = {
    {"help", '?', POPT_ARG_NONE, NULL, HELP, "Show this help message", NULL},
    {"usage", 0, POPT_ARG_NONE, NULL, USAGE, "Display brief usage message", NULL},
    POPT_TABLEEND};

static const char *const *words; /* the arguments, as they were given */

void cli_show(const char *text, const char *kept)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text) && strchr(kept, *text) == NULL)
            fprintf(stderr, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            fputc(*text, stderr);
}

int cli_complain(int status, const char *sentence, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, sentence);
    int length = vasprintf(&text, sentence, arguments);
    va_end(arguments);
    fputs("ripcord: ", stderr);
    cli_show(length >= 0 ? text : "out of memory", "");
    fputc('\n', stderr);
    if (length >= 0)
        free(text);
    return status;
}

int cli_end_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return cli_complain(CLI_MACHINE, "cannot write to the standard output: %s",
                        errno != 0 ? strerror(errno) : "some of it is lost");
}

poptContext cli_options(int argc, const char **argv, const struct poptOption *table,
                        const char *name, const char *arguments)
{
    poptContext context = poptGetContext(name, argc, argv, table, 0);
    words = argv;
    poptSetOtherOptionHelp(context, arguments);
    return context;
}

/* The long names of the table, with spaces between. */
static void names_of(const struct poptOption *table, char *names, size_t size)
{
    size_t used = 0;
    names[0] = '\0';
    for (; table->longName != NULL || table->shortName != 0 || table->arg != NULL; table++)
        if (table->longName != NULL && used < size)
            used += (size_t)snprintf(names + used, size - used, "%s ", table->longName);
}

static int complain_of_option(const struct poptOption *table, const char *given)
{
    char names[NAMES_MAX], nearest[NAME_MAX_LENGTH], name[NAME_MAX_LENGTH];
    const char *bare = given + strspn(given, "-");
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(bare, "="), bare);
    names_of(table, names, sizeof(names));
    if (harness_nearest(name, names, nearest, sizeof(nearest)) != NULL)
        return cli_complain(CLI_USAGE, "there is no option %s; did you mean --%s?", given, nearest);
    return cli_complain(CLI_USAGE, "there is no option %s; --help lists those there are", given);
}

/* popt names `--seed=x` or just the value: then the option is the word before it. */
static int complain_of_number(const char *given, const char *sentence)
{
    const char *const *word = words, *option = given, *value = strchr(given, '=');
    while (value == NULL && *word != NULL && strcmp(*word, given) != 0)
        option = *word++;
    return cli_complain(CLI_USAGE, "%.*s %s '%s'", (int)strcspn(option, value != NULL ? "=" : ""),
                        option, sentence, value != NULL ? value + 1 : given);
}

/* --- values that are empty, as of a shell's variable that is not set --- */

/* Whether its value is the next word: "--seed", "-s", "-vs". */
static bool takes_next(const struct poptOption *table, const char *word)
{
    bool is_long = strncmp(word, "--", 2) == 0;
    const char *name = word + (is_long ? 2 : 1);
    if (word[0] != '-' || name[0] == '\0')
        return false;
    for (; table->longName != NULL || table->shortName != 0 || table->arg != NULL; table++)
        if (is_long ? table->longName != NULL && strcmp(table->longName, name) == 0
                    : table->shortName == name[strlen(name) - 1])
            return (table->argInfo & POPT_ARG_MASK) != POPT_ARG_NONE;
    return false;
}

/* popt would read "" as the number 0, or as a text. */
static int check_values(const struct poptOption *table)
{
    for (const char *const *word = words + 1; *word != NULL && strcmp(*word, "--") != 0; word++) {
        const char *equals = strchr(*word, '=');
        bool empty = equals != NULL && strncmp(*word, "--", 2) == 0
                         ? equals[1] == '\0'
                         : word[1] != NULL && word[1][0] == '\0' && takes_next(table, *word);
        if (empty)
            return cli_complain(CLI_USAGE, "option %.*s needs a value, not an empty one",
                                (int)strcspn(*word, "="), *word);
    }
    return CLI_WELL;
}

/* --- reading --- */

static void help_if_wanted(poptContext context, int val)
{
    if (val == HELP)
        poptPrintHelp(context, stdout, 0);
    else if (val == USAGE)
        poptPrintUsage(context, stdout, 0);
    else
        return;
    exit(cli_end_output(CLI_WELL));
}

int cli_options_read(poptContext context, const struct poptOption *table)
{
    unsigned counts[CLI_VALS_MAX] = {0};
    return cli_options_count(context, table, counts);
}

int cli_options_count(poptContext context, const struct poptOption *table,
                      unsigned counts[CLI_VALS_MAX])
{
    int status = check_values(table);
    if (status != CLI_WELL)
        return status;
    while ((status = poptGetNextOpt(context)) >= 0) {
        help_if_wanted(context, status);
        counts[status]++;
    }
    if (status == -1)
        return CLI_WELL;
    const char *given = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    switch (status) {
    case POPT_ERROR_BADOPT:
        return complain_of_option(table, given);
    case POPT_ERROR_NOARG:
        return cli_complain(CLI_USAGE, "option %s needs a value", given);
    case POPT_ERROR_UNWANTEDARG:
        return cli_complain(CLI_USAGE, "option %s takes no value", given);
    case POPT_ERROR_BADNUMBER:
        return complain_of_number(given, "needs a number, not");
    case POPT_ERROR_OVERFLOW:
        return complain_of_number(given, "takes no number as large as");
    default:
        return cli_complain(CLI_USAGE, "option %s: %s", given, poptStrerror(status));
    }
}
