/*
 * Real programs beside the stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/handles.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"

enum { ARGUMENTS_MAX = 256, SIGNAL_TERMINATE = 15, SIGNAL_KILL = 9 };

struct harness_program {
    struct harness_program *next;
    struct harness *harness;
    struct world_program *program;
    struct world_task ended, printed;
    char name[WORLD_NAME_MAX];
};

static struct harness_program *check_program(lua_State *L)
{
    return harness_check(L, 1, &harness_program_type);
}

static bool has_ended(const struct harness_program *program)
{
    return program->program->ended_ns != 0;
}

static void program_ended(struct world_task *task)
{
    harness_changed(world_container(task, struct harness_program, ended)->harness);
}

static void program_printed(struct world_task *task)
{
    harness_changed(world_container(task, struct harness_program, printed)->harness);
}

static int kill_program(lua_State *L)
{
    struct harness_program *program = check_program(L);
    lua_Integer signal = luaL_optinteger(L, 2, SIGNAL_TERMINATE);
    if (!has_ended(program))
        world_program_kill(program->program, (int)signal);
    return 0;
}

static const luaL_Reg methods[] = {{"kill", kill_program}, {NULL, NULL}};

static void push_output(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct world_program *program = ((struct harness_program *)object)->program;
    lua_pushlstring(L, program->output == NULL ? "" : program->output, program->output_length);
}

static void push_status(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_program *program = object;
    const struct world_program *real = program->program;
    if (has_ended(program))
        lua_pushinteger(L, real->exit_status < 0 ? 128 + real->signal : real->exit_status);
    else
        lua_pushnil(L);
}

static void push_started(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_ms(L, ((struct harness_program *)object)->program->started_ns);
}

static void push_at(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    const struct harness_program *program = object;
    if (has_ended(program))
        harness_push_ms(L, program->program->ended_ns);
    else
        lua_pushnil(L);
}

static const struct harness_field fields[] = {
    {"output", push_output},
    {"status", push_status},
    {"started", push_started},
    {"at", push_at},
    {NULL, NULL},
};

static void describe(const void *object, char *text, size_t size)
{
    snprintf(text, size, "%s", ((const struct harness_program *)object)->name);
}

static void view(const void *object, struct harness_program_view *seen)
{
    const struct harness_program *program = object;
    const struct world_program *real = program->program;
    *seen = (struct harness_program_view){
        .ended = has_ended(program),
        .status = real->exit_status < 0 ? 128 + real->signal : real->exit_status,
        .started_ns = real->started_ns,
        .ended_ns = real->ended_ns,
        .output = real->output == NULL ? "" : real->output,
    };
}

const struct harness_type harness_program_type = {
    .name = "program", .methods = methods, .fields = fields, .describe = describe, .program = view};

/* --- t:program --- */

static const char *text_of(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
        luaL_error(L, "program: %s takes texts, got %s", what, luaL_typename(L, index));
    size_t length = strlen(luaL_tolstring(L, index, NULL));
    char *copy = harness_keep(L, length + 1);
    memcpy(copy, lua_tostring(L, -1), length);
    lua_pop(L, 1);
    return copy;
}

static const char **read_arguments(lua_State *L)
{
    size_t count = (size_t)lua_rawlen(L, 2);
    if (count == 0 || count > ARGUMENTS_MAX)
        luaL_error(L, "program: 1 to %d arguments expected, the program first", ARGUMENTS_MAX);
    const char **arguments = harness_keep(L, (count + 1) * sizeof(*arguments));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        arguments[i] = text_of(L, lua_gettop(L), "argv");
        lua_pop(L, 1);
    }
    return arguments;
}

static int by_text(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* env = { NAME = "value" } as "NAME=value", in order. */
static const char **read_environment(lua_State *L)
{
    size_t count = 0, at = 0;
    harness_option_push(L, 2, "env");
    int env = lua_gettop(L);
    if (!lua_istable(L, env) && !lua_isnil(L, env))
        luaL_error(L, "env: a table expected, got %s", luaL_typename(L, env));
    if (lua_istable(L, env)) {
        lua_pushnil(L);
        for (; lua_next(L, env) != 0; lua_pop(L, 1))
            count++;
    }
    const char **environment = harness_keep(L, (count + 1) * sizeof(*environment));
    if (lua_istable(L, env)) {
        lua_pushnil(L);
        for (; lua_next(L, env) != 0; lua_pop(L, 1)) {
            if (lua_type(L, -2) != LUA_TSTRING)
                luaL_error(L, "env: names expected as keys");
            const char *value = text_of(L, lua_gettop(L), "env");
            lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), value);
            environment[at++] = text_of(L, lua_gettop(L), "env");
            lua_pop(L, 1);
        }
        qsort(environment, count, sizeof(*environment), by_text);
    }
    lua_pop(L, 1);
    return environment;
}

/* t:program { argv…, env } */
static int start_program(lua_State *L)
{
    struct harness *harness = harness_of(L);
    lua_settop(L, 2);
    luaL_checktype(L, 2, LUA_TTABLE);
    harness_options(L, 2, "program", "env", HARNESS_POSITIONS);
    if (harness->kind == HARNESS_LIVE && harness->speed > 1)
        return harness_skip(L, "a real program has the machine's own clock: it needs --speed 1");
    const char **arguments = read_arguments(L);
    const char **environment = read_environment(L);
    struct harness_program *program = harness_keep(L, sizeof(*program));
    *program = (struct harness_program){
        .harness = harness, .ended = {.run = program_ended}, .printed = {.run = program_printed}};
    harness->handles->program_count++;
    snprintf(program->name, sizeof(program->name), "%.50s", arguments[0]);
    enum rpc_status status =
        world_program_start(harness->world, arguments, environment, &harness->executor,
                            &program->ended, &program->program);
    if (status == RPC_UNSUPPORTED)
        return harness_skip(L, "a simulated world has no programs");
    if (status == RPC_UNKNOWN_NAME)
        return harness_skip(L, "there is no program '%s' here", arguments[0]);
    if (status != RPC_OK)
        return luaL_error(L, "%s can't be started: %s", arguments[0], rpc_status_text(status));
    program->program->printed = &program->printed;
    struct harness_program **last = &harness->handles->programs;
    while (*last != NULL)
        last = &(*last)->next;
    *last = program;
    harness_push(L, &harness_program_type, program);
    return 1;
}

static const luaL_Reg of_t[] = {{"program", start_program}, {NULL, NULL}};

static void stop_all(struct harness *harness)
{
    for (struct harness_program *program = harness->handles->programs; program != NULL;
         program = program->next)
        if (!has_ended(program))
            world_program_kill(program->program, SIGNAL_KILL);
}

static bool all_stopped(struct harness *harness)
{
    for (struct harness_program *program = harness->handles->programs; program != NULL;
         program = program->next)
        if (!has_ended(program))
            return false;
    return true;
}

static void end(struct harness *harness)
{
    if (harness->handles == NULL)
        return;
    for (struct harness_program *program = harness->handles->programs; program != NULL;
         program = program->next)
        world_program_free(program->program);
}

const struct harness_module harness_programs = {
    .methods = of_t, .stop = stop_all, .stopped = all_stopped, .end = end};
