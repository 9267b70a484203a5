#include "harness/cli/protoc.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cli/input.h"
#include "harness/cli/usage.h"

enum {
    ARGUMENTS_MAX = 256,
    TEXT_MAX = 4096,
    SET_MAX = 256 << 20, /* bytes of a descriptor set */
    SET_FD = 3,          /* of protoc */
};

extern char **environ;

/* --- descriptor sets --- */

static int add_set(struct schema *schema, const char *path, const struct wire_buffer *set)
{
    char problem[WIRE_PROBLEM_MAX] = "";
    struct wire_bytes bytes = {set->data, set->length};
    enum rpc_status status = schema_add(schema, bytes, problem);
    if (status == RPC_OK)
        return CLI_WELL;
    return cli_complain(status == RPC_NO_MEMORY ? CLI_MACHINE : CLI_USAGE,
                        "%s is no whole descriptor set (protoc --include_imports "
                        "--descriptor_set_out=FILE): %s",
                        path, problem[0] != '\0' ? problem : rpc_status_text(status));
}

static int load_set(struct schema *schema, const char *path)
{
    struct wire_buffer set = {.data = NULL};
    int status = cli_input_file(path, SET_MAX, &set);
    if (status == CLI_WELL && set.length == 0)
        status = cli_complain(CLI_USAGE, "%s is no descriptor set: it is empty", path);
    else if (status == CLI_WELL)
        status = add_set(schema, path, &set);
    wire_buffer_release(&set);
    return status;
}

/* --- protoc --- */

struct command {
    char *words[ARGUMENTS_MAX];
    size_t count;
    bool no_memory;
};

static void add(struct command *command, const char *prefix, const char *text, int length)
{
    char *word = NULL;
    if (command->count + 1 < ARGUMENTS_MAX && asprintf(&word, "%s%.*s", prefix, length, text) >= 0)
        command->words[command->count++] = word;
    else
        command->no_memory = true;
}

static void release(struct command *command)
{
    for (size_t i = 0; i < command->count; i++)
        free(command->words[i]);
}

/* The folders to look in: those that are named, and the file's own. */
static void make_command(struct command *command, const struct cli_types *types, const char *path)
{
    const char *slash = strrchr(path, '/');
    add(command, "", "protoc", TEXT_MAX);
    for (const char *const *each = types->includes; each != NULL && *each != NULL; each++)
        add(command, "--proto_path=", *each, TEXT_MAX);
    if (slash == NULL)
        add(command, "--proto_path=", ".", 1);
    else
        add(command, "--proto_path=", path, slash == path ? 1 : (int)(slash - path));
    add(command, "--include_imports", "", 0);
    add(command, "--descriptor_set_out=/dev/fd/3", "", 0);
    add(command, "", path, TEXT_MAX);
}

/* protoc's status, or -1 when it can't be started (errno). */
static int run(struct command *command, int set, int messages)
{
    posix_spawn_file_actions_t actions;
    pid_t id;
    int status = 0;
    int copy = fcntl(set, F_DUPFD_CLOEXEC, SET_FD + 1); /* dup2 onto itself would keep CLOEXEC */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, copy, SET_FD);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, messages, STDOUT_FILENO);
    int error = posix_spawnp(&id, command->words[0], &actions, NULL, command->words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(copy);
    if (error != 0) {
        errno = error;
        return -1;
    }
    while (waitpid(id, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int complain(const char *path, int status, int messages)
{
    char text[TEXT_MAX] = "";
    if (status < 0)
        return cli_complain(CLI_USAGE,
                            "cannot read %s: protoc can't be started (%s); install "
                            "protobuf-compiler, or give --descriptors",
                            path, strerror(errno));
    ssize_t got = pread(messages, text, sizeof(text) - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return cli_complain(CLI_USAGE, "protoc does not take %s: %s", path, text);
}

static int load_proto(const struct cli_types *types, struct schema *schema, const char *path)
{
    struct command command = {.count = 0};
    struct wire_buffer bytes = {.data = NULL};
    if (access(path, R_OK) != 0)
        return cli_complain(CLI_USAGE, "cannot read %s: %s", path, strerror(errno));
    int set = memfd_create("descriptors", MFD_CLOEXEC);
    int messages = memfd_create("messages", MFD_CLOEXEC);
    make_command(&command, types, path);
    int status = CLI_MACHINE;
    if (set < 0 || messages < 0 || command.no_memory)
        cli_complain(CLI_MACHINE, "out of memory or descriptors");
    else
        status = run(&command, set, messages);
    if (set >= 0 && messages >= 0 && !command.no_memory) {
        if (status != 0)
            status = complain(path, status, messages);
        else if (lseek(set, 0, SEEK_SET) != 0 || cli_input_rest(set, SET_MAX, &bytes) != 0)
            status = cli_complain(CLI_MACHINE, "cannot read what protoc has made of %s", path);
        else
            status = add_set(schema, path, &bytes);
    }
    wire_buffer_release(&bytes);
    release(&command);
    if (set >= 0)
        close(set);
    if (messages >= 0)
        close(messages);
    return status;
}

int cli_types_load(const struct cli_types *types, struct schema *schema)
{
    int status = CLI_WELL;
    for (const char *const *each = types->descriptors;
         status == CLI_WELL && each != NULL && *each != NULL; each++)
        status = load_set(schema, *each);
    for (const char *const *each = types->protos;
         status == CLI_WELL && each != NULL && *each != NULL; each++)
        status = load_proto(types, schema, *each);
    return status;
}
