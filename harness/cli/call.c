/*
 * ripcord call ADDRESS PROTOCOL METHOD [JSON]: one call to a real server.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/conf.h"
#include "harness/cli/input.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/json.h"
#include "harness/cli/method.h"
#include "harness/cli/resolve.h"
#include "harness/cli/usage.h"
#include "harness/cli/written.h"
#include "harness/lua/units.h"
#include "rpc/client/client.h"
#include "rpc/world/live/live.h"

enum { ARGUMENTS = 4, REQUEST_MAX = 256 << 20 };

static const char usual_release[] = "3.4";
static const uint64_t usual_timeout_ns = 60 * WORLD_SEC;
static const uint64_t stop_timeout_ns = WORLD_SEC;

struct options {
    char *service, *user, *timeout, *release;
    char **protos, **includes, **descriptors, **written, **conf;
    long long version;
    unsigned given[CLI_VALS_MAX]; /* 'V': a version */
};

struct asked {
    struct cli_endpoint to;
    const char *protocol, *method;
    const struct release *release;
    struct release_settings settings;
    uint64_t timeout_ns;
    const char *user;
    struct cli_method types;
    struct cli_written *written; /* a call of Writables; NULL: protobuf */
    struct wire_buffer request;
};

/* Who is on the line: the world, and what of it has ended. */
struct line {
    struct world *world;
    struct world_executor executor;
    struct client *client;
    struct client_call *call;
    struct world_task stopped;
    bool is_stopped;
    bool ended;
};

/* --- the command line --- */

/* A person at a terminal wants to know at once, and can try again. */
static int read_settings(struct asked *asked, const struct options *options)
{
    const char *name = options->release != NULL ? options->release : usual_release;
    asked->release = cli_release(name);
    if (asked->release == NULL)
        return CLI_USAGE;
    release_defaults(asked->release, &asked->settings);
    release_set(asked->release, &asked->settings, SETTING_CONNECT_RETRIES, 0);
    release_set(asked->release, &asked->settings, SETTING_CONNECT_TIMEOUT_RETRIES, 0);
    for (char **each = options->conf; each != NULL && *each != NULL; each++) {
        int status = cli_conf_set(asked->release, &asked->settings, *each);
        if (status != CLI_WELL)
            return status;
    }
    return CLI_WELL;
}

static int read_timeout(struct asked *asked, const char *text)
{
    int64_t timeout_ns;
    asked->timeout_ns = usual_timeout_ns;
    if (text == NULL)
        return CLI_WELL;
    if (harness_duration_parse(text, &timeout_ns) != RPC_OK || timeout_ns <= 0)
        return cli_complain(CLI_USAGE, "--timeout takes a time such as 500ms or 30s, got '%s'",
                            text);
    asked->timeout_ns = (uint64_t)timeout_ns;
    return CLI_WELL;
}

/* As Hadoop with SIMPLE authentication does it. */
static const char *login(const char *given)
{
    const char *named = getenv("HADOOP_USER_NAME");
    if (given != NULL)
        return given;
    if (named != NULL && *named != '\0')
        return named;
    const struct passwd *known = getpwuid(getuid());
    return known != NULL ? known->pw_name : "ripcord";
}

static int encode_request(struct asked *asked, const char *text, size_t length)
{
    char problem[CLI_JSON_PROBLEM_MAX];
    enum rpc_status status =
        asked->written != NULL
            ? cli_written_encode(asked->written, text, length, &asked->request, problem)
            : cli_json_encode(text, length, asked->types.method->request, &asked->request, problem);
    if (status == RPC_OK)
        return CLI_WELL;
    return cli_complain(status == RPC_NO_MEMORY ? CLI_MACHINE : CLI_USAGE, "%s", problem);
}

static int read_request(struct asked *asked, const char *text)
{
    if (text == NULL)
        text = "{}";
    if (strcmp(text, "-") != 0)
        return encode_request(asked, text, strlen(text));
    struct wire_buffer input = {.data = NULL};
    int error = cli_input_rest(STDIN_FILENO, REQUEST_MAX, &input);
    int status =
        error == 0 ? encode_request(asked, (const char *)input.data, input.length)
                   : cli_complain(CLI_USAGE, "cannot read the standard input: %s", strerror(error));
    wire_buffer_release(&input);
    return status;
}

static const char *const *list_of(char **words)
{
    return (const char *const *)words;
}

/* What the call is made of says what its types are read from. */
static int find_method(struct asked *asked, const struct options *options)
{
    struct cli_types types = {list_of(options->protos), list_of(options->includes),
                              list_of(options->descriptors)};
    if (options->written == NULL && !asked->release->writable_values)
        return cli_method_find(&types, options->service, asked->protocol, asked->method,
                               &asked->types);
    const char *stray = options->protos != NULL        ? "--proto"
                        : options->includes != NULL    ? "--include"
                        : options->descriptors != NULL ? "--descriptors"
                        : options->service != NULL     ? "--service"
                                                       : NULL;
    if (stray != NULL)
        return cli_complain(
            CLI_USAGE,
            "%s is for protobuf, and this call is made of Writables (%s): its "
            "types come from --types FILE",
            stray, options->written != NULL ? "as --types is given" : "as before 2.x all are");
    return cli_written_find(asked->release, list_of(options->written), asked->protocol,
                            asked->method, &asked->written);
}

static int read_arguments(struct asked *asked, const struct options *options, const char **words)
{
    const char *arguments[ARGUMENTS] = {NULL};
    size_t count = 0;
    for (; words != NULL && words[count] != NULL; count++)
        if (count < ARGUMENTS)
            arguments[count] = words[count];
    if (count < ARGUMENTS - 1 || count > ARGUMENTS)
        return cli_complain(CLI_USAGE,
                            "call takes ADDRESS PROTOCOL METHOD [JSON], such as: ripcord call "
                            "127.0.0.1:8020 org.ripcord.TestProtocol echo '{\"message\":\"hi\"}'");
    asked->protocol = arguments[1];
    asked->method = arguments[2];
    asked->user = login(options->user);
    int status = read_settings(asked, options);
    if (status == CLI_WELL)
        status = read_timeout(asked, options->timeout);
    if (status == CLI_WELL)
        status = find_method(asked, options);
    if (status == CLI_WELL)
        status = read_request(asked, arguments[3]);
    if (status == CLI_WELL)
        status = cli_resolve(arguments[0], 0, &asked->to);
    return status;
}

/* --- the call --- */

static void call_ended(struct client_call *call, void *owner)
{
    struct line *line = owner;
    (void)call;
    line->ended = true;
    world_stop(line->world);
}

static void client_stopped(struct world_task *task)
{
    struct line *line = world_container(task, struct line, stopped);
    line->is_stopped = true;
    world_stop(line->world);
}

/* Until the client has stopped, or never will: before 2.x its receiver may be dead. */
static void await_stop(struct line *line)
{
    const uint64_t until_ns = world_now(line->world) + stop_timeout_ns, slice_ns = 10 * WORLD_MS;

    while (!line->is_stopped && world_now(line->world) < until_ns) {
        world_run(line->world, world_now(line->world) + slice_ns);
        if (client_stop_hangs(line->client))
            return;
    }
}

/* The names and addresses that messages of Hadoop's kind speak of. */
static struct world_host *name_hosts(struct world *world, const struct cli_endpoint *to)
{
    char name[WORLD_NAME_MAX] = "localhost";
    gethostname(name, sizeof(name) - 1);
    struct world_host *here = world_host(world, name);
    struct world_host *there = world_host(world, to->name);
    if (there != here)
        there->ip = to->address.ip;
    return here;
}

static enum rpc_status begin(struct line *line, const struct asked *asked, int64_t version)
{
    line->world = live_create(&(struct live_options){.speed = 1, .seed = (uint64_t)getpid()});
    if (line->world == NULL)
        return RPC_NO_MEMORY;
    cli_interrupt_world(line->world);
    struct world_host *here = name_hosts(line->world, &asked->to);
    struct client_config config = {
        .release = asked->release,
        .settings = &asked->settings,
        .host = here,
        .user = asked->user,
        .writables = asked->written != NULL,
        .types = asked->written != NULL ? cli_written_classes(asked->written) : NULL,
    };
    world_executor_init(line->world, &line->executor, here, "client", NULL);
    enum rpc_status status = client_create(line->world, &config, &line->executor, &line->client);
    if (status != RPC_OK)
        return status;
    struct client_remote remote = {
        .name = asked->to.name,
        .address = asked->to.address,
        .protocol = asked->protocol,
        .protocol_version = (uint64_t)version,
        .methods_hash = asked->written != NULL ? cli_written_fingerprint(asked->written) : 0,
        .rpc_timeout_ms = (int64_t)(asked->timeout_ns / WORLD_MS) + 1,
    };
    struct wire_bytes body = {asked->request.data != NULL ? asked->request.data
                                                          : (const uint8_t *)"",
                              asked->request.length};
    return client_call(line->client, &remote, asked->method, body, NULL, call_ended, line,
                       &line->call);
}

static void end(struct line *line)
{
    if (line->client != NULL) {
        line->stopped.run = client_stopped;
        client_stop(line->client, &line->stopped);
        await_stop(line);
        client_call_free(line->call);
        client_free(line->client);
        world_executor_release(&line->executor);
    }
    cli_interrupt_world(NULL);
    world_free(line->world);
}

/* --- what came of it --- */

static int show_value(const struct asked *asked, struct wire_bytes value)
{
    char problem[CLI_JSON_PROBLEM_MAX];
    char *text = asked->written != NULL
                     ? cli_written_decode(asked->written, value, problem)
                     : cli_json_decode(value, asked->types.method->response, problem);
    if (text == NULL)
        return cli_complain(CLI_FINDINGS, "the answer does not decode: %s", problem);
    puts(text);
    free(text);
    return cli_end_output(CLI_WELL);
}

static int show_outcome(const struct line *line, const struct asked *asked)
{
    const struct client_outcome *outcome = client_call_outcome(line->call);
    if (outcome->ending == CLIENT_VALUE)
        return show_value(asked, outcome->value);
    bool has_class = outcome->class_name != NULL && outcome->class_name[0] != '\0';
    bool has_message = outcome->message != NULL && outcome->message[0] != '\0';
    if (!has_class && !has_message)
        return cli_complain(CLI_FINDINGS, "the call ended in %s, and the server does not say why",
                            client_ending_name(outcome->ending));
    cli_show(has_class ? outcome->class_name : "?", "");
    fputs(": ", stderr);
    cli_show(has_message ? outcome->message : client_ending_name(outcome->ending), "\n\t");
    fputc('\n', stderr);
    return CLI_FINDINGS;
}

static int call(const struct asked *asked, int64_t version)
{
    struct line line = {.world = NULL};
    char timeout[HARNESS_DURATION_MAX];
    cli_interrupt_catch();
    enum rpc_status status = begin(&line, asked, version);
    int result = CLI_FINDINGS;
    while (status == RPC_OK && !line.ended && !cli_interrupt_heed() &&
           world_now(line.world) < asked->timeout_ns)
        world_run(line.world, asked->timeout_ns);
    if (status != RPC_OK)
        cli_complain(result = CLI_MACHINE, "cannot begin the call: %s", rpc_status_text(status));
    else if (line.ended)
        result = show_outcome(&line, asked);
    else if (cli_interrupted() != 0)
        result = 128 + cli_interrupted();
    else
        cli_complain(result, "no answer within %s: the call is at '%s'",
                     harness_duration_text(asked->timeout_ns, timeout),
                     client_call_doing(line.call));
    end(&line);
    return result;
}

static void release_list(char **words)
{
    for (char **each = words; each != NULL && *each != NULL; each++)
        free(*each);
    free(words);
}

static void release(struct options *options, struct asked *asked)
{
    cli_method_release(&asked->types);
    cli_written_free(asked->written);
    wire_buffer_release(&asked->request);
    free(options->service);
    free(options->user);
    free(options->timeout);
    free(options->release);
    release_list(options->protos);
    release_list(options->includes);
    release_list(options->descriptors);
    release_list(options->written);
    release_list(options->conf);
}

/* As given, or as it is known, or 1. */
static int64_t version_of(const struct asked *asked, const struct options *options)
{
    if (options->given['V'] > 0)
        return options->version;
    return asked->written != NULL ? (int64_t)cli_written_version(asked->written, 1) : 1;
}

int cli_call(int argc, const char **argv)
{
    struct options options = {.version = 1};
    struct asked asked = {.protocol = NULL};
    const struct poptOption table[] = {
        {"proto", 'p', POPT_ARG_ARGV, &options.protos, 0,
         "a .proto with the protocol's service (needs protoc)", "FILE"},
        {"include", 'I', POPT_ARG_ARGV, &options.includes, 0, "a folder for what --proto imports",
         "DIR"},
        {"descriptors", 'd', POPT_ARG_ARGV, &options.descriptors, 0,
         "a descriptor set of protoc's instead", "FILE"},
        {"types", 0, POPT_ARG_ARGV, &options.written, 0,
         "classes and methods of a protocol of Writables", "FILE"},
        {"service", 0, POPT_ARG_STRING, &options.service, 0,
         "the service's full name, where several have the method", "NAME"},
        {"version", 0, POPT_ARG_LONGLONG, &options.version, 'V',
         "the protocol's version (as it is known, or 1)", "N"},
        {"user", 'u', POPT_ARG_STRING, &options.user, 0,
         "as whom (HADOOP_USER_NAME, or who is logged in)", "USER"},
        {"timeout", 't', POPT_ARG_STRING, &options.timeout, 0, "how long to wait (60s)", "TIME"},
        {"release", 'r', POPT_ARG_STRING, &options.release, 0, "which Hadoop's client to be (3.4)",
         "RELEASE"},
        {"conf", 'c', POPT_ARG_ARGV, &options.conf, 0,
         "a setting of the client: ipc.client.connect.timeout=5000", "KEY=VALUE"},
        CLI_HELP_OPTIONS,
        POPT_TABLEEND};
    poptContext context = cli_options(argc, argv, table, "ripcord call",
                                      "[OPTION]... ADDRESS PROTOCOL METHOD [JSON]");
    int status = cli_options_count(context, table, options.given);
    if (status == CLI_WELL)
        status = read_arguments(&asked, &options, poptGetArgs(context));
    if (status == CLI_WELL)
        status = call(&asked, version_of(&asked, &options));
    poptFreeContext(context);
    release(&options, &asked);
    return status;
}
