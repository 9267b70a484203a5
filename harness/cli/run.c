/*
 * ripcord run PATHS… : play the scenarios of files and folders.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/exports.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/reporting.h"
#include "harness/cli/suite.h"
#include "harness/cli/terminal.h"
#include "harness/cli/usage.h"
#include "harness/cli/workers.h"
#include "harness/cli/worlds.h"

enum { REPEAT_MAX = 1000000 };

/* Options of which it matters whether they are given: their `val`. */
enum given { SPEED = 1, TOLERANCE, THREADS, TWICE, ROUGH, WALL, REPEAT, JOBS };

struct options {
    char *world, *release, *filter, *tag, *record, *colour; /* NULL: not given */
    struct cli_exports exports;
    long long seed, repeat;
    double speed, tolerance_ms, wall_s;
    int rough, thread_each, twice, quiet, verbose, jobs;
    unsigned given[CLI_VALS_MAX];
};

struct run {
    struct options options;
    struct cli_suite suite;
    struct cli_worlds_options world_options;
    struct harness_worlds worlds;
    struct cli_player player;
    struct cli_terminal terminal;
    struct cli_reporting reporting;
    int status; /* of the machine so far */
};

/* --- options --- */

static int check_options(const struct options *options)
{
    if (options->seed < 0)
        return cli_complain(CLI_USAGE, "--seed is a number from 0 on");
    if (options->given[REPEAT] > 0 && (options->repeat < 1 || options->repeat > REPEAT_MAX))
        return cli_complain(CLI_USAGE, "--repeat is a number of seeds from 1 to %d", REPEAT_MAX);
    if (!(options->speed >= 1) || options->speed > 1e6)
        return cli_complain(CLI_USAGE, "--speed lies between 1 and 1000000");
    if (!(options->tolerance_ms >= 0) || options->tolerance_ms > 1e6)
        return cli_complain(CLI_USAGE, "--tolerance is a number of milliseconds");
    if (!(options->wall_s > 0) || options->wall_s > 1e6)
        return cli_complain(CLI_USAGE, "--wall is a number of seconds");
    if (options->jobs < 0)
        return cli_complain(CLI_USAGE, "--jobs is a number of processes, or 0");
    if (options->quiet && options->verbose)
        return cli_complain(CLI_USAGE, "--quiet and --verbose don't go together");
    if (options->colour != NULL && strcmp(options->colour, "auto") != 0 &&
        strcmp(options->colour, "always") != 0 && strcmp(options->colour, "never") != 0)
        return cli_complain(CLI_USAGE, "--colour is auto, always or never, not '%s'",
                            options->colour);
    return CLI_WELL;
}

/* What would change nothing in this world is a mistake. */
static int check_world(const struct options *options, enum harness_seen kind)
{
    static const struct {
        enum given option;
        enum harness_seen kind;
        const char *sentence;
    } only[] = {
        {SPEED, HARNESS_LIVE, "--speed is for --world live: in the simulation time costs nothing"},
        {TOLERANCE, HARNESS_LIVE,
         "--tolerance is for --world live: in the simulation nothing is late"},
        {THREADS, HARNESS_LIVE, "--threads is for --world live: the simulation is one thread"},
        {TWICE, HARNESS_SIM, "--twice is for the simulation: live runs differ"},
        {ROUGH, HARNESS_SIM, "--rough is for the simulation: live, no seed decides the order"},
        {WALL, HARNESS_SIM, "--wall is for the simulation: a live case has its limit"},
    };
    for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
        if (options->given[only[i].option] > 0 && only[i].kind != kind)
            return cli_complain(CLI_USAGE, "%s", only[i].sentence);
    return CLI_WELL;
}

static enum cli_loudness loudness(const struct options *options)
{
    if (options->exports.tap)
        return CLI_SILENT;
    return options->quiet ? CLI_QUIET : options->verbose ? CLI_VERBOSE : CLI_USUAL;
}

/* --- playing --- */

static bool told(void *owner, size_t index, struct cli_outcome *outcome)
{
    struct run *run = owner;
    const struct harness_case *play = &run->suite.cases.items[index];
    if (outcome->record_error != 0) {
        run->status =
            cli_reporting_lose(&run->reporting, &run->player, index, outcome->record_error);
        return false;
    }
    cli_terminal_result(&run->terminal, play, outcome, &run->worlds);
    int status = cli_reporting_add(&run->reporting, &run->player, index, outcome);
    if (status != CLI_WELL)
        run->status = status;
    return status == CLI_WELL;
}

static void ticked(void *owner, size_t ended, size_t playing)
{
    struct run *run = owner;
    cli_terminal_progress(&run->terminal, ended, &run->suite.cases.items[playing]);
}

static int exit_status(const struct run *run)
{
    const size_t *counts = run->terminal.counts;
    if (cli_interrupted() != 0)
        return 128 + cli_interrupted();
    if (run->status != CLI_WELL)
        return run->status;
    if (run->terminal.diverged > 0)
        return CLI_DIVERGED;
    if (counts[RECORD_BROKEN] > 0)
        return CLI_USAGE;
    return counts[RECORD_FAILED] + counts[RECORD_FIXED] > 0 ? CLI_FINDINGS : CLI_WELL;
}

static void play_all(struct run *run)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    run->player = (struct cli_player){
        .worlds = &run->worlds,
        .cases = &run->suite.cases,
        .folder = run->reporting.folder,
        .twice = run->options.twice != 0,
    };
    struct cli_workers_options options = {
        .jobs = run->options.given[JOBS] > 0 ? (unsigned)run->options.jobs
                : cores > 0                  ? (unsigned)cores
                                             : 1,
        .wall_ns = (int64_t)(run->options.wall_s * 1e9),
        .told = told,
        .tick = ticked,
        .owner = run,
    };
    cli_terminal_begin(
        &run->terminal, cli_exports_spoken(&run->options.exports), loudness(&run->options),
        run->options.colour != NULL ? run->options.colour : "auto", run->suite.cases.count);
    if (cli_workers_play(&run->player, &options) < 0)
        run->status = cli_complain(CLI_MACHINE, "cannot start a worker: %s", strerror(errno));
    cli_terminal_end(&run->terminal, cli_interrupted());
}

static int play_and_report(struct run *run, int argc, const char **argv)
{
    struct utsname machine;
    char host[sizeof(machine.sysname) + sizeof(machine.machine) + 1], started[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    uname(&machine);
    snprintf(host, sizeof(host), "%s %s", machine.sysname, machine.machine);
    strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    struct report_run about = {
        .version = RIPCORD_VERSION,
        .argv = argv,
        .argc = (size_t)argc,
        .started = started,
        .host = host,
        .live = run->worlds.kind == HARNESS_LIVE,
    };
    int status = cli_reporting_begin(&run->reporting, &about, run->suite.cases.count);
    if (status != CLI_WELL)
        return status;
    cli_interrupt_catch();
    play_all(run);
    if (cli_interrupt_count() > 1)
        return exit_status(run); /* at once */
    status = cli_reporting_write(&run->reporting);
    status = cli_exports_end(&run->options.exports, cli_reporting_path(&run->reporting), status);
    if (status != CLI_WELL)
        run->status = status;
    return exit_status(run);
}

static int run_scenarios(struct run *run, const char *const *paths, int argc, const char **argv)
{
    struct options *options = &run->options;
    run->world_options = (struct cli_worlds_options){
        .world = options->world != NULL ? options->world : "sim",
        .speed = options->speed,
        .tolerance_ms = options->tolerance_ms,
        .thread_each = options->thread_each != 0,
        .rough = options->rough != 0,
    };
    const char *github = getenv("GITHUB_ACTIONS");
    if (github != NULL && strcmp(github, "true") == 0)
        options->exports.annotate = 1;
    run->reporting =
        (struct cli_reporting){.record = options->record, .exports = &options->exports};
    if (!cli_worlds(&run->world_options, &run->worlds))
        return cli_complain(CLI_USAGE, "--world is sim or live, not '%s'", options->world);
    int status = check_options(options);
    if (status == CLI_WELL)
        status = check_world(options, run->worlds.kind);
    if (status == CLI_WELL)
        status = cli_suite_load(&run->suite, paths);
    struct harness_choice choice = {
        .worlds = run->worlds.kind,
        .release = options->release,
        .filter = options->filter,
        .seed = (uint64_t)options->seed,
        .repeat = (uint64_t)options->repeat,
        .rough = options->rough != 0,
    };
    if (status == CLI_WELL)
        status = cli_suite_choose(&run->suite, &choice, options->tag);
    return status == CLI_WELL ? play_and_report(run, argc, argv) : status;
}

static void release(struct run *run)
{
    struct options *options = &run->options;
    char *texts[] = {options->world, options->release, options->filter,
                     options->tag,   options->record,  options->colour};
    cli_reporting_release(&run->reporting);
    cli_suite_release(&run->suite);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    cli_exports_release(&options->exports);
}

int cli_run(int argc, const char **argv)
{
    struct run run = {
        .options = {.seed = 1, .speed = 1, .tolerance_ms = CLI_TOLERANCE_MS, .wall_s = 60}};
    struct options *options = &run.options;
    const struct poptOption table[] = {
        {"world", 'w', POPT_ARG_STRING, &options->world, 0, "sim (the usual one) or live", "WORLD"},
        {"release", 'r', POPT_ARG_STRING, &options->release, 0,
         "only Hadoop releases of this range: 2.6, -1.2, 2.3-", "RANGE"},
        {"filter", 'f', POPT_ARG_STRING, &options->filter, 0,
         "only cases with TEXT in their name or title", "TEXT"},
        {"tag", 't', POPT_ARG_STRING, &options->tag, 0, "only scenarios with this tag", "TAG"},
        {"seed", 's', POPT_ARG_LONGLONG, &options->seed, 0, "seed of each case (1)", "N"},
        {"repeat", 'n', POPT_ARG_LONGLONG, &options->repeat, REPEAT,
         "play so many seeds, from --seed on", "N"},
        {"rough", 0, POPT_ARG_NONE, &options->rough, ROUGH,
         "sim: the seed decides order, costs and delays, too", NULL},
        {"twice", 0, POPT_ARG_NONE, &options->twice, TWICE,
         "sim: play each case twice; both traces must be equal", NULL},
        {"speed", 0, POPT_ARG_DOUBLE, &options->speed, SPEED,
         "live: how many times faster its clock runs (1)", "X"},
        {"tolerance", 0, POPT_ARG_DOUBLE, &options->tolerance_ms, TOLERANCE,
         "live: how many real milliseconds late is in time (20)", "MS"},
        {"threads", 0, POPT_ARG_NONE, &options->thread_each, THREADS,
         "live: a thread for each of Hadoop's threads", NULL},
        {"jobs", 'j', POPT_ARG_INT, &options->jobs, JOBS,
         "processes that play (one a core); 0: no other process", "N"},
        {"wall", 0, POPT_ARG_DOUBLE, &options->wall_s, WALL,
         "sim: real seconds that a case may take (60)", "S"},
        {"record", 0, POPT_ARG_STRING, &options->record, 0, "keep the records in DIR", "DIR"},
        CLI_EXPORTS_OPTIONS(options->exports),
        CLI_EXPORTS_MORE_OPTIONS(options->exports),
        {"quiet", 'q', POPT_ARG_NONE, &options->quiet, 0, "print what failed, and the summary",
         NULL},
        {"verbose", 'v', POPT_ARG_NONE, &options->verbose, 0, "print a line a case", NULL},
        {"colour", 0, POPT_ARG_STRING, &options->colour, 0, "auto, always or never", "WHEN"},
        CLI_HELP_OPTIONS,
        POPT_TABLEEND};
    poptContext context =
        cli_options(argc, argv, table, "ripcord run",
                    "[OPTION]... [FILE or FOLDER]...\n\nCtrl-C ends what is being played as "
                    "broken, and writes records and\nreports; a second one ends at once.");
    int status = cli_options_count(context, table, options->given);
    if (status == CLI_WELL)
        status = run_scenarios(&run, poptGetArgs(context), argc, argv);
    poptFreeContext(context);
    release(&run);
    return status;
}
