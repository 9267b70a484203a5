/*
 * What a file of scenarios declares: titles, options, rows of cases.  The file is run once in
 * a sandbox for it; mistakes are told with file and line before anything is played.
 */
#ifndef HARNESS_PLAY_SCENARIO_H
#define HARNESS_PLAY_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "rpc/arena.h"
#include "rpc/status.h"

struct harness_sandbox;

/* One row of `cases`. */
struct harness_row {
    const char *name; /* "handlers=10,cut=after-context", or what the row says */
    unsigned releases;
};

struct harness_scenario {
    const char *title, *slug;
    int line;
    unsigned releases; /* mask of 1 << enum release_id */
    unsigned worlds;   /* HARNESS_SIM, HARNESS_LIVE */
    const char **tags;
    size_t tag_count;
    struct harness_row *rows; /* NULL: no `cases` */
    size_t row_count;
    uint64_t seeds;
    bool rough, calm;  /* always; calm: never rough, it claims exact orders or times */
    const char *known; /* NULL: it should pass */
    uint64_t limit_ns; /* 0: the world's default */
};

struct harness_file {
    struct arena arena;              /* of all that follows */
    const char *path;                /* as it was given */
    const char *name;                /* "purge.slow_reader" */
    const char *source;              /* its text */
    struct harness_sandbox *sandbox; /* owned: as the file has left it */
    struct harness_scenario *scenarios;
    size_t count;
};

enum { HARNESS_PROBLEM_MAX = 1024 };

/* Load the file at `path` and read what it declares.  RPC_MALFORMED: the file is wrong,
 * `problem` (HARNESS_PROBLEM_MAX bytes) says where and why; RPC_NO_MEMORY. */
enum rpc_status harness_file_load(const char *path, struct harness_file **file, char *problem);
/* The same with an epilogue; `path` may be "": there is no file then. */
enum rpc_status harness_file_load_with(const char *path, const char *epilogue,
                                       struct harness_file **file, char *problem);
void harness_file_free(struct harness_file *file);

/* Add `scenario` and `ms` to the globals table on the stack's top. */
void harness_declarations_open(lua_State *L);

/* Push the body of scenario `index` of the file that has run in this state, and the table of
 * row `row` (nil when it has no rows). */
void harness_push_body(lua_State *L, size_t index, size_t row);

#endif
