/*
 * ripcord serve WHAT: a server of ours for a client of theirs, until Ctrl-C.
 *
 * It is a scenario that never ends: of a role, one is written here; a file may bring its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The scenario around a role: its name or NULL, the file's own role as the argument. */
static const char epilogue[] =
    "local wanted, role = %s, ...\n"
    "if wanted and wanted ~= 'test' then\n"
    "    role = roles[wanted]\n"
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
    "        local server = t:server {\n"
    "            host = %s, port = %u, handlers = %d, role = role, conf = { %s },\n"
    "        }\n"
    "        t:log('listening on ' .. server.address)\n"
    "    end)\n"
    "end\n";

struct options {
    char *listen, *release, *filter;
    char **conf;
    int handlers, thread_each, verbose;
};

struct serving {
    struct options options;
    struct cli_endpoint at;
    struct cli_worlds_options world_options;
    struct harness_worlds worlds;
    struct harness_file *file;
    struct harness_cases cases;
    struct cli_watch watch;
};

/* --- where --- */

/* See that the port is free, and choose one where any will do.  An errno, or 0. */
static int try_port(struct world_address *address)
{
    const int on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(address->port),
                             .sin_addr.s_addr = htonl(address->ip)};
    socklen_t size = sizeof(at);
    int error = 0, tried = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tried < 0)
        return errno;
    setsockopt(tried, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(tried, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(tried, 1) != 0 ||
        getsockname(tried, (struct sockaddr *)&at, &size) != 0)
        error = errno;
    else
        address->port = ntohs(at.sin_port);
    close(tried);
    return error;
}

static int choose_address(struct serving *serving)
{
    const char *text = serving->options.listen != NULL ? serving->options.listen : usual_listen;
    int status = cli_resolve(text, NAMENODE_PORT, &serving->at);
    if (status != CLI_WELL)
        return status;
    int error = try_port(&serving->at.address);
    if (error == EADDRINUSE)
        return cli_complain(CLI_USAGE,
                            "cannot listen on %s: another program does; --listen HOST:0 finds a "
                            "free port",
                            text);
    if (error != 0)
        return cli_complain(CLI_USAGE, "cannot listen on %s: %s", text, strerror(error));
    return CLI_WELL;
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

/* ["ipc.…"] = "…", */
static int add_conf(char *text, size_t size, const char *setting)
{
    const char *equals = strchr(setting, '=');
    if (equals == NULL)
        return cli_complain(CLI_USAGE, "--conf takes KEY=VALUE, got '%s'", setting);
    char key[256], *end;
    snprintf(key, sizeof(key), "%.*s", (int)(equals - setting), setting);
    strncat(text, "[", size - strlen(text) - 1);
    add_quoted(text, size, key);
    strncat(text, "] = ", size - strlen(text) - 1);
    long long number = strtoll(equals + 1, &end, 10);
    size_t used = strlen(text);
    if (strcmp(equals + 1, "true") == 0 || strcmp(equals + 1, "false") == 0)
        snprintf(text + used, size - used, "%s, ", equals + 1);
    else if (*end == '\0' && end != equals + 1)
        snprintf(text + used, size - used, "%lld, ", number);
    else {
        add_quoted(text, size, equals + 1);
        strncat(text, ", ", size - strlen(text) - 1);
    }
    return CLI_WELL;
}

static bool is_file(const char *what)
{
    size_t length = strlen(what);
    return strchr(what, '/') != NULL || (length > 4 && strcmp(what + length - 4, ".lua") == 0);
}

static int load(struct serving *serving, const char *what)
{
    static char text[EPILOGUE_MAX + sizeof(epilogue)];
    char conf[EPILOGUE_MAX / 2] = "", host[4 * WORLD_NAME_MAX + 4] = "", role[1024] = "";
    char problem[HARNESS_PROBLEM_MAX];
    bool file = is_file(what);
    for (char **each = serving->options.conf; each != NULL && *each != NULL; each++)
        if (add_conf(conf, sizeof(conf), *each) != CLI_WELL)
            return CLI_USAGE;
    if (!file)
        add_quoted(role, sizeof(role), what);
    add_quoted(host, sizeof(host), serving->at.name);
    snprintf(text, sizeof(text), epilogue, file ? "nil" : role, host,
             (unsigned)serving->at.address.port, serving->options.handlers, conf);
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

static int choose(struct serving *serving, const struct harness_case **play)
{
    char problem[HARNESS_PROBLEM_MAX];
    struct options *options = &serving->options;
    struct harness_choice choice = {
        .worlds = HARNESS_LIVE,
        .release = options->release != NULL ? options->release : usual_release,
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
    return CLI_WELL;
}

/* --- serving --- */

/* A live world in which the host of that name has the address that was asked for. */
static struct world *create_world(void *owner, const struct harness_case *play)
{
    struct serving *serving = owner;
    struct world *world = live_create(&(struct live_options){
        .speed = 1, .thread_each = serving->options.thread_each != 0, .seed = play->seed});
    if (world != NULL)
        world_host(world, serving->at.name)->ip = serving->at.address.ip;
    cli_interrupt_world(world);
    return world;
}

static void told(void *owner, const struct point_event *event)
{
    cli_watch_event(&((struct serving *)owner)->watch, event);
}

static int serve(struct serving *serving, const struct harness_case *play)
{
    struct harness_result result;
    serving->world_options = (struct cli_worlds_options){.world = "live", .speed = 1};
    cli_worlds(&serving->world_options, &serving->worlds);
    serving->worlds.create = create_world;
    serving->worlds.owner = serving;
    serving->worlds.event = told;
    serving->worlds.endless = true;
    serving->worlds.limit_ns = INT64_MAX;
    cli_watch_begin(&serving->watch, stdout, serving->options.verbose);
    cli_interrupt_catch();
    harness_play(play, &serving->worlds, NULL, &result);
    int status = cli_interrupted() != 0 ? 128 + cli_interrupted() : CLI_USAGE;
    if (status != CLI_USAGE)
        cli_watch_end(&serving->watch);
    else
        cli_complain(status, "%s",
                     result.reason[0] != '\0' ? result.reason : "the scenario came to its end");
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
    int status = choose_address(serving);
    if (status == CLI_WELL)
        status = load(serving, words[0]);
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
         "where (127.0.0.1:8020); port 0: a free one", "HOST:PORT"},
        {"release", 'r', POPT_ARG_STRING, &options->release, 0, "which Hadoop's server to be (3.4)",
         "RELEASE"},
        {"handlers", 0, POPT_ARG_INT, &options->handlers, 0, "Handlers (10)", "N"},
        {"conf", 'c', POPT_ARG_ARGV, &options->conf, 0,
         "a setting of the server: ipc.maximum.data.length=1048576", "KEY=VALUE"},
        {"filter", 'f', POPT_ARG_STRING, &options->filter, 0,
         "of a file with several scenarios: the one with TEXT in its title", "TEXT"},
        {"threads", 0, POPT_ARG_NONE, &options->thread_each, 0,
         "a thread for each of Hadoop's threads", NULL},
        {"verbose", 'v', POPT_ARG_NONE, NULL, 'v', "print what happens per call; twice: everything",
         NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    poptContext context =
        cli_options(argc, argv, table, "ripcord serve",
                    "[OPTION]... ROLE or FILE.lua\n\nA role is test (the test "
                    "protocol), namenode, or before 2.x datanodes or jobtracker.");
    int status = cli_options_count(context, table, 'v', &options->verbose);
    if (status == CLI_WELL)
        status = serve_arguments(&serving, poptGetArgs(context));
    poptFreeContext(context);
    release(&serving);
    return status;
}
