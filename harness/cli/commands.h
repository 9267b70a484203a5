/*
 * The commands of the program: each takes its own arguments (argv[0] is its name) and gives
 * the exit status.
 */
#ifndef HARNESS_CLI_COMMANDS_H
#define HARNESS_CLI_COMMANDS_H

/* Exit statuses.  The first that fits, from the bottom up. */
enum cli_exit {
    CLI_WELL = 0,
    CLI_FINDINGS = 1,      /* failed, or fixed though registered as known; a call that failed */
    CLI_USAGE = 2,         /* broken, or bad usage */
    CLI_DIVERGED = 3,      /* one seed with two traces */
    CLI_MACHINE = 64,      /* the machine: a full disk, no memory */
    CLI_INTERRUPTED = 130, /* 128 + SIGINT */
    CLI_TERMINATED = 143,  /* 128 + SIGTERM */
};

int cli_run(int argc, const char **argv);
int cli_report(int argc, const char **argv);
int cli_compare(int argc, const char **argv);
int cli_list(int argc, const char **argv);
int cli_check(int argc, const char **argv);
int cli_serve(int argc, const char **argv);
int cli_call(int argc, const char **argv);
int cli_points(int argc, const char **argv);
int cli_version(int argc, const char **argv);

#endif
