/*
 * JSON as values of Lua, which knows how to say what does not fit, and values of Lua as JSON.
 */
#ifndef HARNESS_CLI_JSON_LUA_H
#define HARNESS_CLI_JSON_LUA_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <lua.h>

#include "rpc/status.h"

enum { CLI_JSON_PROBLEM_MAX = 512 };

/* What `text` says, for the caller to json_decref; on failure NULL.  RPC_MALFORMED: it is no
 * JSON; `problem` (CLI_JSON_PROBLEM_MAX bytes) says where and why. */
enum rpc_status cli_json_load(const char *text, size_t length, json_t **json, char *problem);

/* A number; what JSON has no number for is "NaN", "Infinity" or "-Infinity", as protobuf's JSON has
 * it.  NULL: out of memory. */
json_t *cli_json_real(double number);

/* Bytes as a text in base64; NULL: out of memory. */
json_t *cli_json_base64(const uint8_t *bytes, size_t length);

/* What a type makes of JSON.  `type` is handed down: an object's to its members, as `push_key`
 * says, and a list's to its elements. */
struct cli_json_reading {
    /* Push the key of an object's member; returns the member's type. */
    const void *(*push_key)(lua_State *L, const void *type, const char *key);
    /* Push a text.  NULL: as it stands. */
    void (*push_text)(lua_State *L, const void *type, const char *text, size_t length);
};

/* Push it; a Lua error when it is nested too deeply or does not fit. */
void cli_json_push(lua_State *L, json_t *json, const struct cli_json_reading *reading,
                   const void *type);

/* The value at an index above 0, for the caller to json_decref.  A table with names is an object,
 * where what stands at 1 is called `first`; other tables are lists.  Texts that are no UTF-8 are
 * in base64.  There is room for four values more a level. */
json_t *cli_json_take(lua_State *L, int index, const char *first);

/* Call `function` in a Lua state of its own, with `owner` (light userdata).  RPC_NO_MEMORY or
 * RPC_MALFORMED: its error is in `problem`. */
enum rpc_status cli_json_run(lua_CFunction function, void *owner, char *problem);

#endif
