#include "harness/cli/written.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>

#include "harness/cli/base64.h"
#include "harness/cli/json.h"
#include "harness/cli/usage.h"
#include "harness/handles/handles.h"
#include "harness/lua/options.h"
#include "harness/message/types.h"

enum { NAMES_MAX = 65536, FILE_MAX = 1 << 20, DEPTH_MAX = 200 };

static const char class_key[] = "@class";

struct cli_written {
    struct harness_types *types; /* owned: of the files */
    struct harness_method method;
};

/* --- the method --------------------------------------------------------------------------------
 */

static int read_file(struct harness_types *types, const char *path)
{
    char problem[WIRE_PROBLEM_MAX];
    char *text = malloc(FILE_MAX);
    FILE *file = fopen(path, "r");
    int result = CLI_WELL;
    size_t length = text != NULL && file != NULL ? fread(text, 1, FILE_MAX, file) : 0;
    if (text == NULL)
        result = cli_complain(CLI_MACHINE, "out of memory");
    else if (file == NULL)
        result = cli_complain(CLI_USAGE, "cannot read %s", path);
    else if (length == FILE_MAX)
        result = cli_complain(CLI_USAGE, "%s is longer than 1 MiB", path);
    else if (harness_types_read(types, text, length, problem) != RPC_OK)
        result = cli_complain(CLI_USAGE, "%s: %s", path, problem);
    if (file != NULL)
        fclose(file);
    free(text);
    return result;
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

uint64_t cli_written_version(const struct cli_written *written, uint64_t otherwise)
{
    uint64_t version;
    return harness_types_version(written->types, written->method.protocol, &version) ? version
                                                                                     : otherwise;
}

/* --- JSON to Lua
 * ----------------------------------------------------------------------------------- */

static void push(lua_State *L, const json_t *json, unsigned depth);

static void push_object(lua_State *L, const json_t *json, unsigned depth)
{
    const char *key;
    void *at = json_object_iter((json_t *)(uintptr_t)json);
    lua_newtable(L);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
        key = json_object_iter_key(at);
        push(L, json_object_iter_value(at), depth + 1);
        if (strcmp(key, class_key) == 0)
            lua_rawseti(L, -2, 1);
        else
            lua_setfield(L, -2, key);
    }
}

static void push(lua_State *L, const json_t *json, unsigned depth)
{
    luaL_checkstack(L, 8, "JSON nested too deeply");
    if (depth > DEPTH_MAX)
        luaL_error(L, "JSON nested deeper than %d levels", DEPTH_MAX);
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        push_object(L, json, depth);
        return;
    case JSON_ARRAY:
        lua_newtable(L);
        for (size_t i = 0; i < json_array_size(json); i++) {
            push(L, json_array_get(json, i), depth + 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        return;
    case JSON_STRING:
        lua_pushlstring(L, json_string_value(json), json_string_length(json));
        return;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(json));
        return;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(json));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(json));
        return;
    case JSON_NULL:
        lua_pushnil(L);
        return;
    }
}

/* --- Lua to JSON
 * ------------------------------------------------------------------------------------- */

static json_t *take(lua_State *L, int index);

static json_t *take_text(lua_State *L, int index)
{
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    json_t *json = json_stringn(text, length);
    if (json != NULL)
        return json;
    char *encoded = malloc(CLI_BASE64_SIZE(length));
    if (encoded == NULL)
        return NULL;
    cli_base64_encode((const uint8_t *)text, length, encoded);
    json = json_string(encoded);
    free(encoded);
    return json;
}

static json_t *take_list(lua_State *L, int index, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        json_array_append_new(list, take(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    return list;
}

/* The length of a list; SIZE_MAX: it is a table of fields.  What is empty counts as a list. */
static size_t list_length(lua_State *L, int index)
{
    size_t count = (size_t)lua_rawlen(L, index);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            lua_pop(L, 1);
            return SIZE_MAX;
        }
    }
    return count;
}

static json_t *take_table(lua_State *L, int index)
{
    size_t count = list_length(L, index);
    if (count != SIZE_MAX)
        return take_list(L, index, count);
    json_t *object = json_object();
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : class_key;
        json_object_set_new(object, key, take(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    return object;
}

/* As deep as a value can be (WRITABLE_DEPTH_MAX), for which there is room. */
static json_t *take(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        return take_text(L, index);
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? json_integer(lua_tointeger(L, index))
                                       : json_real(lua_tonumber(L, index));
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    case LUA_TTABLE:
        return take_table(L, index);
    default:
        return json_null();
    }
}

/* --- both ways
 * ------------------------------------------------------------------------------------------ */

struct job {
    struct cli_written *written;
    const json_t *json;
    struct wire_buffer *out;
    struct wire_bytes value;
    char *text, *problem;
};

static int encode(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    push(L, job->json, 0);
    harness_request_encode(L, -1, &job->written->method, job->out);
    return 0;
}

static int decode(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    char problem[WIRE_PROBLEM_MAX];
    luaL_checkstack(L, 4 * WRITABLE_DEPTH_MAX + 16, "too many values");
    if (harness_answer_decode(L, &job->written->method, job->value, problem) != RPC_OK)
        return luaL_error(L, "%s", problem);
    json_t *json = take(L, lua_gettop(L));
    job->text = json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    json_decref(json);
    return 0;
}

/* False with the problem told. */
static bool run(lua_CFunction function, struct job *job)
{
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        snprintf(job->problem, CLI_JSON_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
        return false;
    }
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, job);
    bool well = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!well)
        snprintf(job->problem, CLI_JSON_PROBLEM_MAX, "%s", lua_tostring(L, -1));
    lua_close(L);
    return well;
}

enum rpc_status cli_written_encode(struct cli_written *written, const char *text, size_t length,
                                   struct wire_buffer *out, char *problem)
{
    json_error_t error;
    struct job job = {.written = written, .out = out, .problem = problem};
    json_t *json = json_loadb(text, length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        snprintf(problem, CLI_JSON_PROBLEM_MAX, "no JSON: %s at line %d, column %d", error.text,
                 error.line, error.column);
        return RPC_MALFORMED;
    }
    job.json = json;
    bool well = run(encode, &job);
    json_decref(json);
    return well ? RPC_OK : RPC_MALFORMED;
}

char *cli_written_decode(struct cli_written *written, struct wire_bytes value, char *problem)
{
    struct job job = {.written = written, .value = value, .problem = problem};
    return run(decode, &job) ? job.text : NULL;
}
