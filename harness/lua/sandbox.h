/*
 * The sandbox: a Lua state in which a scenario file can do nothing but say what it has to
 * say.  No os, io, debug, bytecode or finalizers; sorted pairs; seeded math.random; no new
 * globals; `require` only beside the file or from scenarios/lib; so much memory, and so many
 * instructions between two waits.
 */
#ifndef HARNESS_LUA_SANDBOX_H
#define HARNESS_LUA_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

struct harness;
struct harness_sandbox;

enum {
    HARNESS_MEMORY_MAX = 256 << 20,       /* bytes of one state */
    HARNESS_INSTRUCTIONS_MAX = 100000000, /* between two yields */
    HARNESS_FILE_MAX = 4 << 20,           /* bytes of one file of Lua */
};

/* A sandbox for the file at `path`.  NULL when out of memory. */
struct harness_sandbox *harness_sandbox_create(const char *path);
void harness_sandbox_free(struct harness_sandbox *sandbox);
lua_State *harness_sandbox_lua(struct harness_sandbox *sandbox);

/* The file has been run: remember the state as it is now.  False when out of memory. */
bool harness_sandbox_keep(struct harness_sandbox *sandbox);

/* Begin a case with the state as it was kept.  What the last case had is gone. */
void harness_sandbox_play(struct harness_sandbox *sandbox, struct harness *harness);

/* Run the file's chunk (none when the path is ""), then the text `epilogue` (or NULL) with what
 * it returned.  False: the error's text, with file and line, is on the stack's top. */
bool harness_sandbox_run(struct harness_sandbox *sandbox, const char *epilogue);

/* Push the table whose fields scripts see as globals. */
void harness_push_globals(lua_State *L);

/* Count instructions anew on `L`, the coroutine that is about to run. */
void harness_count_instructions(lua_State *L);

/* Raise the value on the top as an error that pcall can't keep; `L` is lost after it. */
int harness_leave(lua_State *L);

/* The text of the error value at `index` (the handler's traceback or not), pushed. */
const char *harness_error_text(lua_State *L, int index);

/* The place in a scenario's file that is being run: innermost function of the main file, else
 * of any.  `file` has room for `size` bytes; line 0: nowhere. */
int harness_place(lua_State *L, char *file, size_t size);
/* The same, the file kept as long as the case. */
const char *harness_keep_place(lua_State *L, int *line);

/* luaL_error in the line of the script, however many functions of C lie between: of what C calls
 * too, as a handle's field. */
int harness_error(lua_State *L, const char *format, ...);

#endif
