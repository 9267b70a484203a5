#include "harness/lua/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "harness/harness.h"
#include "harness/judge/matcher.h"
#include "harness/lua/heap.h"
#include "harness/lua/library.h"
#include "harness/lua/options.h"
#include "harness/lua/order.h"
#include "harness/lua/show.h"
#include "harness/play/scenario.h"
#include "harness/play/task.h"
#include "rpc/arena.h"

enum { PATH_LENGTH_MAX = 1024 };

struct harness_sandbox {
    lua_State *lua;
    struct harness_heap *heap; /* owned: all that the state has */
    char path[PATH_LENGTH_MAX];
};

static const char globals; /* its address: the registry's table of globals */
static const char leaving; /* its address: the error that nobody may keep */
static const char modules; /* its address: what `require` has loaded */
static const char self;    /* its address: the struct harness_sandbox */

/* --- errors --- */

static void raise_again(lua_State *L, lua_Debug *record)
{
    (void)record;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &leaving);
    lua_error(L);
}

/* From now on every instruction raises the error: a pcall can catch it, but not go on. */
static void refuse_to_go_on(lua_State *L)
{
    lua_sethook(L, raise_again, LUA_MASKCOUNT, 1);
    struct harness *harness = harness_of(L);
    lua_State *task = harness != NULL ? harness_task_lua(harness) : NULL;
    if (task != NULL && task != L)
        lua_sethook(task, raise_again, LUA_MASKCOUNT, 1);
}

int harness_leave(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &leaving);
    refuse_to_go_on(L);
    return lua_error(L);
}

static void stop_runaway(lua_State *L, lua_Debug *record)
{
    (void)record;
    char file[PATH_LENGTH_MAX];
    int line = harness_place(L, file, sizeof(file));
    lua_pushfstring(L, "%s:%d: %d instructions without a wait: this never ends", file, line,
                    HARNESS_INSTRUCTIONS_MAX);
    harness_leave(L);
}

void harness_count_instructions(lua_State *L)
{
    lua_sethook(L, stop_runaway, LUA_MASKCOUNT, HARNESS_INSTRUCTIONS_MAX);
}

const char *harness_error_text(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_type(L, index) == LUA_TSTRING)
        lua_pushvalue(L, index);
    else
        harness_push_text(L, index);
    return lua_tostring(L, -1);
}

/* The line, and its file as long as its function is on the stack. */
static int find_place(lua_State *L, const char **file)
{
    lua_Debug at;
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline <= 0 || at.source[0] != '@')
            continue;
        *file = at.source + 1;
        return at.currentline;
    }
    *file = "?";
    return 0;
}

int harness_place(lua_State *L, char *file, size_t size)
{
    const char *found;
    int line = find_place(L, &found);
    snprintf(file, size, "%s", found);
    return line;
}

int harness_error(lua_State *L, const char *format, ...)
{
    lua_Debug at = {.currentline = 0};
    va_list arguments;
    for (int level = 1; at.currentline <= 0 && lua_getstack(L, level, &at); level++)
        lua_getinfo(L, "Sl", &at);
    if (at.currentline > 0)
        lua_pushfstring(L, "%s:%d: ", at.short_src, at.currentline);
    else
        lua_pushliteral(L, "");
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    return lua_error(L);
}

const char *harness_keep_place(lua_State *L, int *line)
{
    const char *file;
    struct harness *harness = harness_of(L);
    *line = find_place(L, &file);
    if (harness->place == NULL || strcmp(harness->place, file) != 0)
        harness->place = arena_text(harness->arena, file);
    return harness->place;
}

/* --- loading --- */

static struct harness_sandbox *sandbox_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &self);
    struct harness_sandbox *sandbox = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return sandbox;
}

/* Push the chunk of the text with our globals, or its error. */
static int load_source(lua_State *L, const char *path, const char *source, size_t length)
{
    const char *name = lua_pushfstring(L, "@%s", path);
    int status = luaL_loadbufferx(L, source, length, name, "t");
    lua_remove(L, -2);
    if (status == LUA_OK) {
        harness_push_globals(L);
        lua_setupvalue(L, -2, 1);
    }
    return status;
}

/* Push the chunk in the file at `path` with our globals: LUA_OK; LUA_ERRFILE when it can't be
 * read, or another error, its text pushed. */
static int load_file(lua_State *L, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        lua_pushfstring(L, "cannot read %s: %s", path, strerror(errno));
        return LUA_ERRFILE;
    }
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    size_t total = 0, got;
    do {
        char *into = luaL_prepbuffer(&text);
        got = fread(into, 1, LUAL_BUFFERSIZE, file);
        luaL_addsize(&text, got);
        total += got;
    } while (got > 0 && total <= HARNESS_FILE_MAX);
    int error = ferror(file) != 0 ? errno : 0;
    fclose(file);
    luaL_pushresult(&text);
    if (error != 0 || total > HARNESS_FILE_MAX) {
        lua_pushfstring(L, error != 0 ? "cannot read %s: %s" : "%s is longer than 4 MiB", path,
                        strerror(error));
        return LUA_ERRFILE;
    }
    size_t length;
    const char *source = lua_tolstring(L, -1, &length);
    int status = load_source(L, path, source, length);
    lua_remove(L, -2);
    return status;
}

/* Push "folder/name": beside the main file. */
static const char *push_beside(lua_State *L, const char *name)
{
    const char *path = sandbox_of(L)->path;
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        lua_pushstring(L, name);
    else
        lua_pushfstring(L, "%s%s", lua_pushlstring(L, path, (size_t)(slash - path) + 1), name);
    return lua_tostring(L, -1);
}

/* Push ".../scenarios/lib/name" for the scenarios folder that the main file lies in. */
static const char *push_library(lua_State *L, const char *name)
{
    const char *path = sandbox_of(L)->path, *found = NULL;
    for (const char *at = path; (at = strstr(at, "scenarios/")) != NULL; at++)
        if (at == path || at[-1] == '/')
            found = at;
    if (found == NULL)
        lua_pushfstring(L, "scenarios/lib/%s", name);
    else
        lua_pushfstring(L, "%slib/%s",
                        lua_pushlstring(L, path, (size_t)(found - path) + strlen("scenarios/")),
                        name);
    return lua_tostring(L, -1);
}

static void check_relative(lua_State *L, const char *what, const char *name)
{
    if (name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL)
        luaL_error(L, "%s: '%s' does not lie beside the file", what, name);
}

static bool is_readable(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* Whether the chunk of that file is running: who includes it again never ends. */
static bool is_running(lua_State *L, const char *path)
{
    lua_Debug chunk;
    for (int level = 1; lua_getstack(L, level, &chunk); level++) {
        lua_getinfo(L, "S", &chunk);
        if (strcmp(chunk.what, "main") == 0 && chunk.source[0] == '@' &&
            strcmp(chunk.source + 1, path) == 0)
            return true;
    }
    return false;
}

/* Push the chunk in the file at `path`, for the function `what` of a script's. */
static void load_for(lua_State *L, const char *what, const char *path)
{
    if (is_running(L, path))
        luaL_error(L, "%s: %s is being read already: files can't ask for each other in a circle",
                   what, path);
    int status = load_file(L, path);
    if (status == LUA_ERRFILE)
        luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
    if (status != LUA_OK)
        lua_error(L);
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    check_relative(L, "require", name);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &modules);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    const char *file = lua_pushfstring(L, "%s.lua", luaL_gsub(L, name, ".", "/"));
    const char *path = push_beside(L, file);
    if (!is_readable(path))
        path = push_library(L, file);
    if (!is_readable(path))
        return luaL_error(L, "require: there is no '%s' beside the file or in scenarios/lib", name);
    load_for(L, "require", path);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &modules);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
    return 1;
}

static int include(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    check_relative(L, "include", name);
    load_for(L, "include", push_beside(L, name));
    int chunk = lua_gettop(L);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - chunk + 1;
}

/* load(text, name): text only, with our globals */
static int load_text(lua_State *L)
{
    size_t length;
    const char *source = luaL_checklstring(L, 1, &length);
    const char *name = luaL_optstring(L, 2, "=load");
    if (luaL_loadbufferx(L, source, length, name, "t") != LUA_OK) {
        lua_pushnil(L);
        lua_rotate(L, -2, 1);
        return 2;
    }
    harness_push_globals(L);
    lua_setupvalue(L, -2, 1);
    return 1;
}

/* --- globals --- */

void harness_push_globals(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &globals);
}

/* Names of all globals, with spaces between. */
static const char *push_global_names(lua_State *L)
{
    luaL_Buffer names;
    harness_keys(L, lua_upvalueindex(1));
    int keys = lua_gettop(L);
    luaL_buffinit(L, &names);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, keys); i++) {
        lua_rawgeti(L, keys, i);
        luaL_addvalue(&names);
        luaL_addchar(&names, ' ');
    }
    luaL_pushresult(&names);
    return lua_tostring(L, -1);
}

/* Whether a module makes this global now that it is wanted; pushed. */
static bool push_lazy(lua_State *L, const char *name)
{
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        if ((*module)->lazy == NULL || strcmp((*module)->lazy, name) != 0)
            continue;
        lua_pushvalue(L, lua_upvalueindex(1));
        (*module)->open(L);
        lua_getfield(L, lua_upvalueindex(1), name);
        return true;
    }
    return false;
}

/* Whether `t` has a method of that name. */
static bool is_of_t(const char *name)
{
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        for (const luaL_Reg *method = (*module)->methods; method != NULL && method->name != NULL;
             method++)
            if (strcmp(method->name, name) == 0)
                return true;
    return false;
}

static int read_global(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    const char *name = harness_push_text(L, 2);
    if (push_lazy(L, name))
        return 1;
    char nearest[64];
    if (harness_is_among(name, "os io debug package dofile loadfile"))
        return luaL_error(L,
                          "there is no '%s': scenarios see nothing but themselves (the time is "
                          "t.now, a file is read by include, a program run by t:program)",
                          name);
    if (strcmp(name, "t") == 0)
        return luaL_error(L, "there is no 't' here: scenario(\"…\", function(t) … end) gives it");
    if (is_of_t(name))
        return luaL_error(L, "there is no '%s'; write t:%s(…)", name, name);
    if (harness_nearest(name, push_global_names(L), nearest, sizeof(nearest)) != NULL)
        return luaL_error(L, "there is no '%s'; did you mean '%s'?", name, nearest);
    return luaL_error(L, "there is no '%s'", name);
}

static int write_global(lua_State *L)
{
    const char *name = harness_push_text(L, 2);
    return luaL_error(L, "'%s' would be a new global; write: local %s = ...", name, name);
}

/* The table on top becomes what the empty table that scripts see as _ENV reads from. */
static void guard_globals(lua_State *L)
{
    lua_newtable(L); /* _ENV */
    lua_newtable(L); /* its metatable */
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, read_global, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, write_global);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &globals);
}

static void open_globals(lua_State *L)
{
    static const luaL_Reg loaders[] = {
        {"require", require}, {"include", include}, {"load", load_text}, {NULL, NULL}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &modules);
    harness_library_open(L);
    luaL_setfuncs(L, loaders, 0);
    harness_matchers_open(L);
    harness_declarations_open(L);
    harness_handles_open(L);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++)
        if ((*module)->open != NULL && (*module)->lazy == NULL)
            (*module)->open(L);
    guard_globals(L);
    lua_pop(L, 1);
}

/* --- life --- */

static int open_protected(lua_State *L)
{
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &self);
    open_globals(L);
    lua_pushboolean(L, true); /* room for the body of each case, which need not be made then */
    luaL_unref(L, LUA_REGISTRYINDEX, luaL_ref(L, LUA_REGISTRYINDEX));
    return 0;
}

static int trace_back(lua_State *L)
{
    harness_error_text(L, 1);
    return 1;
}

struct harness_sandbox *harness_sandbox_create(const char *path)
{
    struct harness_sandbox *sandbox = calloc(1, sizeof(*sandbox));
    if (sandbox == NULL || strlen(path) >= sizeof(sandbox->path))
        goto fail;
    memcpy(sandbox->path, path, strlen(path) + 1);
    sandbox->heap = harness_heap_create(HARNESS_MEMORY_MAX);
    if (sandbox->heap == NULL)
        goto fail;
    sandbox->lua = lua_newstate(harness_heap_allocate, sandbox->heap);
    if (sandbox->lua == NULL)
        goto fail_heap;
    *(struct harness **)lua_getextraspace(sandbox->lua) = NULL;
    lua_pushcfunction(sandbox->lua, open_protected);
    lua_pushlightuserdata(sandbox->lua, sandbox);
    if (lua_pcall(sandbox->lua, 1, 0, 0) != LUA_OK)
        goto fail_heap;
    return sandbox;

fail_heap:
    harness_heap_free(sandbox->heap);
fail:
    free(sandbox);
    return NULL;
}

void harness_sandbox_free(struct harness_sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    harness_heap_free(sandbox->heap); /* nothing in the state owns anything else */
    free(sandbox);
}

lua_State *harness_sandbox_lua(struct harness_sandbox *sandbox)
{
    return sandbox->lua;
}

bool harness_sandbox_keep(struct harness_sandbox *sandbox)
{
    lua_settop(sandbox->lua, 0);
    return harness_heap_keep(sandbox->heap);
}

void harness_sandbox_play(struct harness_sandbox *sandbox, struct harness *harness)
{
    harness_heap_restore(sandbox->heap);
    *(struct harness **)lua_getextraspace(sandbox->lua) = harness;
}

static int run_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

/* Call the function with what lies above it. */
static int run_chunk(lua_State *L, int function, int results, int handler)
{
    harness_count_instructions(L);
    return lua_pcall(L, lua_gettop(L) - function, results, handler);
}

bool harness_sandbox_run(struct harness_sandbox *sandbox, const char *epilogue)
{
    lua_State *L = sandbox->lua;
    int status = LUA_OK;
    lua_pushcfunction(L, trace_back);
    int handler = lua_gettop(L);
    if (sandbox->path[0] == '\0')
        lua_pushcfunction(L, run_nothing);
    else
        status = load_file(L, sandbox->path);
    if (status == LUA_OK)
        status = run_chunk(L, handler + 1, epilogue != NULL ? LUA_MULTRET : 0, handler);
    if (status == LUA_OK && epilogue != NULL) {
        status = luaL_loadbufferx(L, epilogue, strlen(epilogue), "=ripcord", "t");
        if (status == LUA_OK) {
            harness_push_globals(L);
            lua_setupvalue(L, -2, 1);
            lua_insert(L, handler + 1);
            status = run_chunk(L, handler + 1, 0, handler);
        }
    }
    lua_remove(L, handler);
    return status == LUA_OK;
}
