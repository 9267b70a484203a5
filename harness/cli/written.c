#include "harness/cli/written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "harness/cli/input.h"
#include "harness/cli/json_lua.h"
#include "harness/cli/usage.h"
#include "harness/handles/handles.h"
#include "harness/lua/options.h"
#include "harness/message/types.h"

enum { NAMES_MAX = 65536, FILE_MAX = 1 << 20 };

static const char class_key[] = "@class"; /* of JSON; a table has it at 1 */

struct cli_written {
    struct harness_types *types; /* owned: of the files */
    struct harness_method method;
};

/* --- the method --- */

static int read_file(struct harness_types *types, const char *path)
{
    char problem[WIRE_PROBLEM_MAX];
    struct wire_buffer text = {.data = NULL};
    int status = cli_input_file(path, FILE_MAX, &text);
    if (status == CLI_WELL &&
        harness_types_read(types, (const char *)text.data, text.length, problem) != RPC_OK)
        status = cli_complain(CLI_USAGE, "%s: %s", path, problem);
    wire_buffer_release(&text);
    return status;
}

static int complain_of_method(const struct cli_written *written, const char *protocol,
                              const char *method)
{
    char names[NAMES_MAX] = "", nearest[256];
    size_t used = 0;
    const struct harness_signature *each = harness_signature_of(written->types, protocol, NULL);
    if (each == NULL)
        return cli_complain(CLI_USAGE,
                            "the methods of %s are not known here; declare them in a file and give "
                            "--types FILE",
                            protocol);
    for (; each != NULL && used < sizeof(names);
         each = harness_signature_of(written->types, protocol, each))
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s ", each->method);
    if (harness_nearest(method, names, nearest, sizeof(nearest)) != NULL)
        return cli_complain(CLI_USAGE, "protocol %s has no method '%s'; did you mean '%s'?",
                            protocol, method, nearest);
    return cli_complain(CLI_USAGE, "protocol %s has no method '%s'; it has: %s", protocol, method,
                        names);
}

int cli_written_find(const struct release *release, const char *const *files, const char *protocol,
                     const char *method, struct cli_written **found)
{
    const struct harness_types *shipped = harness_types_shipped(release);
    struct cli_written *written = *found = calloc(1, sizeof(*written));
    if (written != NULL && shipped != NULL)
        written->types = harness_types_create(shipped);
    if (written == NULL || written->types == NULL)
        return cli_complain(CLI_MACHINE, "out of memory");
    for (; files != NULL && *files != NULL; files++) {
        int status = read_file(written->types, *files);
        if (status != CLI_WELL)
            return status;
    }
    written->method = harness_method_written(written->types, release, protocol, method);
    return written->method.signature != NULL ? CLI_WELL
                                             : complain_of_method(written, protocol, method);
}

void cli_written_free(struct cli_written *written)
{
    if (written == NULL)
        return;
    harness_types_free(written->types);
    free(written);
}

const struct writable_types *cli_written_classes(const struct cli_written *written)
{
    return written->types->classes;
}

int32_t cli_written_fingerprint(const struct cli_written *written)
{
    return harness_types_fingerprint(written->types, written->method.protocol);
}

uint64_t cli_written_version(const struct cli_written *written, uint64_t otherwise)
{
    uint64_t version;
    return harness_types_version(written->types, written->method.protocol, &version) ? version
                                                                                     : otherwise;
}

/* --- both ways --- */

struct job {
    struct cli_written *written;
    json_t *json;
    struct wire_buffer *out;
    struct wire_bytes value;
    char *text;
};

static const void *push_key(lua_State *L, const void *type, const char *key)
{
    if (strcmp(key, class_key) == 0)
        lua_pushinteger(L, 1);
    else
        lua_pushstring(L, key);
    return type;
}

static const struct cli_json_reading as_values = {.push_key = push_key};

static int encode(lua_State *L)
{
    const struct job *job = lua_touserdata(L, 1);
    cli_json_push(L, job->json, &as_values, NULL);
    harness_request_encode(L, -1, &job->written->method, job->out);
    return 0;
}

static int decode(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    char problem[WIRE_PROBLEM_MAX];
    luaL_checkstack(L, 4 * WRITABLE_DEPTH_MAX + 16, "too many values");
    if (harness_answer_decode(L, &job->written->method, job->value, NULL, problem) != RPC_OK)
        return luaL_error(L, "%s", problem);
    json_t *json = cli_json_take(L, lua_gettop(L), class_key);
    job->text = json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    json_decref(json);
    return job->text != NULL ? 0 : luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
}

enum rpc_status cli_written_encode(struct cli_written *written, const char *text, size_t length,
                                   struct wire_buffer *out, char *problem)
{
    struct job job = {.written = written, .out = out};
    enum rpc_status status = cli_json_load(text, length, &job.json, problem);
    if (status == RPC_OK)
        status = cli_json_run(encode, &job, problem);
    json_decref(job.json);
    return status;
}

char *cli_written_decode(struct cli_written *written, struct wire_bytes value, char *problem)
{
    struct job job = {.written = written, .value = value};
    cli_json_run(decode, &job, problem);
    return job.text;
}
