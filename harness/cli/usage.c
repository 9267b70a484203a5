#include "harness/cli/usage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/lua/options.h"

enum { NAMES_MAX = 1024, NAME_MAX_LENGTH = 64 };

static const char *const *words; /* the arguments, as they were given */

int cli_complain(int status, const char *sentence, ...)
{
    va_list arguments;
    va_start(arguments, sentence);
    fputs("ripcord: ", stderr);
    vfprintf(stderr, sentence, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

int cli_end_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return cli_complain(CLI_MACHINE, "cannot write to the standard output: %s", strerror(errno));
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
static int complain_of_number(const char *given)
{
    const char *const *word = words, *option = given, *value = strchr(given, '=');
    while (value == NULL && *word != NULL && strcmp(*word, given) != 0)
        option = *word++;
    return cli_complain(CLI_USAGE, "%.*s needs a number, not '%s'",
                        (int)strcspn(option, value != NULL ? "=" : ""), option,
                        value != NULL ? value + 1 : given);
}

int cli_options_read(poptContext context, const struct poptOption *table)
{
    return cli_options_count(context, table, 0, NULL);
}

int cli_options_count(poptContext context, const struct poptOption *table, int value, int *count)
{
    int status;
    while ((status = poptGetNextOpt(context)) >= 0)
        if (count != NULL && status == value)
            ++*count;
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
    case POPT_ERROR_OVERFLOW:
        return complain_of_number(given);
    default:
        return cli_complain(CLI_USAGE, "option %s: %s", given, poptStrerror(status));
    }
}
