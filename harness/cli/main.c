/*
 * ripcord COMMAND …: finds the command; each has a file of its own.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/usage.h"
#include "harness/lua/options.h"

static const struct {
    const char *name, *whole; /* what helps call it */
    int (*run)(int argc, const char **argv);
    const char *sentence;
} commands[] = {
    {"run", "ripcord run", cli_run, "play scenarios, in the simulation or live"},
    {"report", "ripcord report", cli_report, "make reports again, of records that were kept"},
    {"compare", "ripcord compare", cli_compare, "tell what has changed between two runs"},
    {"list", "ripcord list", cli_list, "list the cases that would be played"},
    {"check", "ripcord check", cli_check, "check files of scenarios without playing them"},
    {"serve", "ripcord serve", cli_serve, "be a server for a client of yours"},
    {"call", "ripcord call", cli_call, "call a method of a real server"},
    {"points", "ripcord points", cli_points, "list what can be seen, held and broken"},
    {"version", "ripcord version", cli_version, "tell the version"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void show_commands(FILE *out)
{
    fputs("ripcord: a test harness and fault simulator for Hadoop RPC\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  ripcord %-8s %s\n", commands[i].name, commands[i].sentence);
    fputs("\nripcord COMMAND --help tells more; so does man ripcord.\n", out);
}

static int complain_of_command(const char *given)
{
    char names[256] = "", nearest[32];
    size_t used = 0;
    for (size_t i = 0; i < COMMANDS; i++)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s ", commands[i].name);
    if (harness_nearest(given, names, nearest, sizeof(nearest)) != NULL)
        return cli_complain(CLI_USAGE, "there is no command '%s'; did you mean '%s'?", given,
                            nearest);
    if (access(given, R_OK) == 0)
        return cli_complain(CLI_USAGE, "there is no command '%s'; ripcord run %s plays it", given,
                            given);
    return cli_complain(CLI_USAGE, "there is no command '%s'; ripcord --help lists those there are",
                        given);
}

/* The command that argv[0] names. */
static int run_command(int argc, const char **argv)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, argv[0]) == 0) {
            argv[0] = commands[i].whole;
            return commands[i].run(argc, argv);
        }
    return complain_of_command(argv[0]);
}

/* What somebody has closed stays useless: a connection with the number of the standard output would
 * get what is printed. */
static void hold_closed_ones(void)
{
    static const int useless[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", useless[i]) != i)
            _exit(CLI_MACHINE);
}

int main(int argc, const char **argv)
{
    hold_closed_ones();
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* a sentence is one write, not one a letter */
    if (argc < 2) {
        show_commands(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 && argc > 2)
        return run_command(2, (const char *[]){argv[2], "--help", NULL});
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 ||
        strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0) {
        show_commands(stdout);
        return cli_end_output(CLI_WELL);
    }
    if (strcmp(argv[1], "--version") == 0)
        return cli_version(1, argv + 1);
    return run_command(argc - 1, argv + 1);
}
