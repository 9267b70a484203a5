/*
 * ripcord serve WHAT: a server of ours for a client of theirs, until Ctrl-C.
 *
 * It is a scenario that never ends: of a role, one is written here; a file may bring its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/cli/conf.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/resolve.h"
#include "harness/cli/usage.h"
#include "harness/cli/watch.h"
#include "harness/cli/worlds.h"
#include "harness/harness.h"
#include "harness/play/play.h"
#include "rpc/world/live/live.h"

enum { EPILOGUE_MAX = 64 * 1024, HANDLERS = 10, NAMENODE_PORT = 8020 };

static const char usual_release[] = "3.4";
static const char usual_listen[] = "127.0.0.1:8020";

static const char role_title[] = "serve";

/* The scenario around a role: its name or NULL, the file's own role as the argument. */
static const char epilogue[] =
    "local wanted, role = %s, ...\n"
    "if wanted and wanted ~= 'test' then\n"
    "    role = rawget(roles, wanted)\n"
    "    if not role then\n"
    "        local names = { 'test' }\n"
    "        for name in pairs(roles) do names[#names + 1] = name end\n"
    "        error('there is no role ' .. wanted .. '; there are: ' .. table.concat(names, ', '), "
    "0)\n"
    "    end\n"
    "end\n"
    "if type(role) == 'function' then role = role {} end\n"
    "if wanted or role then\n"
    "    scenario('serve', { world = 'live' }, function(t)\n"
    "        t:server { handlers = %d, role = role, conf = { %s } }\n"
    "    end)\n"
    "end\n";

struct options {
    char *listen, *release, *filter;
    char **conf;
    int handlers, thread_each;
    unsigned given[CLI_VALS_MAX]; /* 'h': Handlers; 'v': how loud to be */
};

struct serving {
    struct options options;
    const char *what; /* a role or a file */
    struct cli_endpoint at;
    bool placed;                       /* somebody listens there */
    char problem[HARNESS_PROBLEM_MAX]; /* why nothing can be served; "": nothing is wrong */
    struct harness_onlooker onlooker;
    struct cli_worlds_options world_options;
    struct harness_worlds worlds;
    struct harness_file *file;
    struct harness_cases cases;
    struct cli_watch watch;
};

/* --- where --- */

static const char *listen_text(const struct serving *serving)
{
    return serving->options.listen != NULL ? serving->options.listen : usual_listen;
}

/* See that the port is free.  An errno, or 0. */
static int try_port(struct world_address address)
{
    const int on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(address.port),
                             .sin_addr.s_addr = htonl(address.ip)};
    int error = 0, tried = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tried < 0)
        return errno;
    setsockopt(tried, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(tried, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(tried, 1) != 0)
        error = errno;
    close(tried);
    return error;
}

/* The first server without a place of its own is where --listen says. */
static bool place(void *owner, struct world_host *host, uint16_t *port)
{
    struct serving *serving = owner;
    if (serving->placed)
        return true;
    int error = try_port(serving->at.address);
    serving->placed = error == 0;
    if (error == 0) {
        host->ip = serving->at.address.ip;
        *port = serving->at.address.port;
    } else {
        snprintf(serving->problem, sizeof(serving->problem), "cannot listen on %s: %s",
                 listen_text(serving),
                 error == EADDRINUSE ? "another program does; --listen HOST:0 finds a free port"
                                     : strerror(error));
    }
    return serving->placed;
}

/* Whoever asks for an address gets it, or is told. */
static bool goes_on(void *owner)
{
    struct serving *serving = owner;
    if (serving->options.listen == NULL || serving->placed)
        return true;
    snprintf(serving->problem, sizeof(serving->problem),
             "no server of %s takes --listen %s: only one without host and port of its own does",
             serving->what, serving->options.listen);
    return false;
}

/* --- what --- */

/* A text as Lua reads it. */
static void add_quoted(char *text, size_t size, const char *given)
{
    size_t used = strlen(text);
    if (used + 4 * strlen(given) + 3 >= size)
        return;
    text[used++] = '"';
    for (; *given != '\0'; given++)
        used += (size_t)snprintf(text + used, 5, "\\%03u", (unsigned char)*given);
    text[used++] = '"';
    text[used] = '\0';
}

/* ["ipc.…"] = …, */
static void add_conf(char *text, size_t size, const char *setting,
                     const struct release_settings *settings)
{
    char key[CLI_CONF_KEY_MAX];
    const char *value = strchr(setting, '=') + 1;
    snprintf(key, sizeof(key), "%.*s", (int)(value - 1 - setting), setting);
    size_t used = strlen(text);
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        snprintf(text + used, size - used, "[\"%s\"] = %s, ", key, value);
    else
        snprintf(text + used, size - used, "[\"%s\"] = %" PRId64 ", ", key,
                 settings->value[release_setting_by_key(key)]);
}

static const char *release_text(const struct options *options)
{
    return options->release != NULL ? options->release : usual_release;
}

/* What --conf says, as Lua reads it. */
static int read_conf(const struct options *options, char *text, size_t size)
{
    struct release_settings settings;
    const struct release *release = cli_release(release_text(options));
    int status = CLI_WELL;
    if (release == NULL)
        return CLI_USAGE;
    release_defaults(release, &settings);
    for (char **each = options->conf; status == CLI_WELL && each != NULL && *each != NULL; each++) {
        status = cli_conf_set(release, &settings, *each);
        if (status == CLI_WELL)
            add_conf(text, size, *each, &settings);
    }
    return status;
}

static bool is_file(const char *what)
{
    size_t length = strlen(what);
    return strchr(what, '/') != NULL || (length > 4 && strcmp(what + length - 4, ".lua") == 0);
}

static int load(struct serving *serving)
{
    static char text[EPILOGUE_MAX + sizeof(epilogue)];
    char conf[EPILOGUE_MAX / 2] = "", role[1024] = "", problem[HARNESS_PROBLEM_MAX];
    const char *what = serving->what;
    const struct options *options = &serving->options;
    bool file = is_file(what);
    int read = read_conf(options, conf, sizeof(conf));
    if (read != CLI_WELL)
        return read;
    if (!file)
        add_quoted(role, sizeof(role), what);
    snprintf(text, sizeof(text), epilogue, file ? "nil" : role, options->handlers, conf);
    enum rpc_status status =
        harness_file_load_with(file ? what : "", text, &serving->file, problem);
    if (status == RPC_OK)
        return CLI_WELL;
    bool nothing = file && strstr(problem, "no scenario is declared") != NULL;
    return cli_complain(status == RPC_NO_MEMORY ? CLI_MACHINE : CLI_USAGE, "%s%s", problem,
                        nothing ? ", and no role is returned: return { protocol = \"…\", methods "
                                  "= { … } }"
                                : "");
}

/* A scenario of the file's own makes its servers itself. */
static int check_own(const struct serving *serving, const struct harness_case *play)
{
    const struct options *options = &serving->options;
    const char *title = play->scenario->title;
    if (strcmp(title, role_title) == 0 || (options->conf == NULL && options->given['h'] == 0))
        return CLI_WELL;
    return cli_complain(CLI_USAGE,
                        "--conf and --handlers are for roles; in %s the scenario '%s' says that "
                        "itself: t:server { handlers = …, conf = { … } }",
                        serving->what, title);
}

static int choose(struct serving *serving, const struct harness_case **play)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct options *options = &serving->options;
    struct harness_choice choice = {
        .worlds = HARNESS_LIVE,
        .release = release_text(options),
        .filter = options->filter,
        .seed = 1,
        .repeat = 1,
    };
    if (harness_cases_make(&serving->file, 1, &choice, &serving->cases, problem) != RPC_OK)
        return cli_complain(CLI_USAGE, "%s", problem);
    if (serving->cases.count == 0)
        return cli_complain(CLI_USAGE, "no scenario of the file is for release %s%s",
                            choice.release, options->filter != NULL ? " and fits --filter" : "");
    *play = &serving->cases.items[0];
    if ((*play)->skip != NULL)
        return cli_complain(CLI_USAGE, "it can't be served: %s", (*play)->skip);
    return check_own(serving, *play);
}

/* --- serving --- */

static struct world *create_world(void *owner, const struct harness_case *play)
{
    struct serving *serving = owner;
    struct world *world = live_create(&(struct live_options){
        .speed = 1, .thread_each = serving->world_options.thread_each, .seed = play->seed});
    cli_interrupt_world(world);
    return world;
}

static void told(void *owner, const struct point_event *event)
{
    cli_watch_event(&((struct serving *)owner)->watch, event);
}

static void struck(void *owner, const struct point_event *event, enum point_effect effect,
                   bool outside)
{
    cli_watch_strike(&((struct serving *)owner)->watch, event, effect, outside);
}

static void listens(void *owner, struct world_address address)
{
    cli_watch_listens(&((struct serving *)owner)->watch, address);
}

/* Why it has ended, though nobody has interrupted it; a place in our own text helps nobody. */
static const char *reason_of(const struct serving *serving, const struct harness_result *result)
{
    static const char ours[] = "the body: ripcord:";
    const char *reason = result->reason;
    if (serving->problem[0] != '\0')
        return serving->problem;
    if (reason == NULL)
        return "the scenario came to its end";
    if (strncmp(reason, ours, strlen(ours)) == 0 && strstr(reason + strlen(ours), ": ") != NULL)
        return strstr(reason + strlen(ours), ": ") + 2;
    return reason;
}

static int serve(struct serving *serving, const struct harness_case *play)
{
    struct harness_result result;
    serving->world_options = (struct cli_worlds_options){
        .world = "live", .speed = 1, .thread_each = serving->options.thread_each != 0};
    serving->onlooker = (struct harness_onlooker){.owner = serving,
                                                  .event = told,
                                                  .strike = struck,
                                                  .place = place,
                                                  .listens = listens,
                                                  .goes_on = goes_on};
    cli_worlds(&serving->world_options, &serving->worlds);
    serving->worlds.create = create_world;
    serving->worlds.owner = serving;
    serving->worlds.onlooker = &serving->onlooker;
    serving->worlds.limit_ns = INT64_MAX;
    cli_watch_begin(&serving->watch, stdout, (int)serving->options.given['v']);
    cli_interrupt_catch();
    harness_play(play, &serving->worlds, NULL, &result);
    int status = cli_interrupted() != 0 ? 128 + cli_interrupted() : CLI_USAGE;
    if (status != CLI_USAGE)
        cli_watch_end(&serving->watch);
    else
        cli_complain(status, "%s", reason_of(serving, &result));
    harness_result_release(&result);
    return status;
}

static int serve_arguments(struct serving *serving, const char **words)
{
    const struct harness_case *play = NULL;
    if (words == NULL || words[0] == NULL || words[1] != NULL)
        return cli_complain(CLI_USAGE, "serve takes one role or file, such as: ripcord serve "
                                       "namenode --listen 127.0.0.1:8020");
    if (serving->options.handlers < 1)
        return cli_complain(CLI_USAGE, "--handlers is a number from 1 on");
    serving->what = words[0];
    if (serving->options.filter != NULL && !is_file(serving->what))
        return cli_complain(CLI_USAGE,
                            "--filter is for files with several scenarios, and %s is a "
                            "role",
                            serving->what);
    int status = cli_resolve(listen_text(serving), NAMENODE_PORT, &serving->at);
    if (status == CLI_WELL)
        status = load(serving);
    if (status == CLI_WELL)
        status = choose(serving, &play);
    return status == CLI_WELL ? serve(serving, play) : status;
}

static void release(struct serving *serving)
{
    struct options *options = &serving->options;
    harness_cases_release(&serving->cases);
    harness_file_free(serving->file);
    for (char **each = options->conf; each != NULL && *each != NULL; each++)
        free(*each);
    free(options->conf);
    free(options->listen);
    free(options->release);
    free(options->filter);
}

int cli_serve(int argc, const char **argv)
{
    struct serving serving = {.options = {.handlers = HANDLERS}};
    struct options *options = &serving.options;
    const struct poptOption table[] = {
        {"listen", 'l', POPT_ARG_STRING, &options->listen, 0,
         "where (127.0.0.1:8020); port 0: a free one.  Of a file's own "
         "servers the first without host and port is there",
         "HOST:PORT"},
        {"release", 'r', POPT_ARG_STRING, &options->release, 0, "which Hadoop's server to be (3.4)",
         "RELEASE"},
        {"handlers", 0, POPT_ARG_INT, &options->handlers, 'h', "Handlers of a role (10)", "N"},
        {"conf", 'c', POPT_ARG_ARGV, &options->conf, 0,
         "a setting of a role's server: ipc.maximum.data.length=64KiB", "KEY=VALUE"},
        {"filter", 'f', POPT_ARG_STRING, &options->filter, 0,
         "of a file with several scenarios: the one with TEXT in its title", "TEXT"},
        {"threads", 0, POPT_ARG_NONE, &options->thread_each, 0,
         "a thread for each of Hadoop's threads", NULL},
        {"verbose", 'v', POPT_ARG_NONE, NULL, 'v',
         "print what happens per call, and each strike of a fault; twice: "
         "everything",
         NULL},
        CLI_HELP_OPTIONS,
        POPT_TABLEEND};
    poptContext context =
        cli_options(argc, argv, table, "ripcord serve",
                    "[OPTION]... ROLE or FILE.lua\n\nA role is test (the test "
                    "protocol), namenode, or before 2.x datanodes or jobtracker.");
    int status = cli_options_count(context, table, options->given);
    if (status == CLI_WELL)
        status = serve_arguments(&serving, poptGetArgs(context));
    poptFreeContext(context);
    release(&serving);
    return status;
}
