/*
 * Durations and sizes as scripts write them: "15m", "1h30m", "250ms", "4KiB", or plain
 * numbers of milliseconds and of bytes, as in Hadoop's settings.
 */
#ifndef HARNESS_LUA_UNITS_H
#define HARNESS_LUA_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "rpc/release.h"

/* "1h30m" in ns.  Units d h m s ms us ns, each number whole, larger units first; a sign in
 * front only when *ns may be negative.  RPC_BAD_VALUE when it does not read as one. */
enum rpc_status harness_duration_parse(const char *text, int64_t *ns);

/* "4KiB" in bytes.  Units B KiB MiB GiB, or none. */
enum rpc_status harness_size_parse(const char *text, uint64_t *bytes);

/* "15m1ms", "0": the shortest exact form; returns `text`, HARNESS_DURATION_MAX bytes. */
enum { HARNESS_DURATION_MAX = 64 };
char *harness_duration_text(uint64_t ns, char *text);

/* The value at `index`: a text, or a number of milliseconds (fractions too).  `what` is named
 * in the Lua error: "by", "rpc_timeout". */
uint64_t harness_duration(lua_State *L, int index, const char *what);
int64_t harness_signed_duration(lua_State *L, int index, const char *what);
/* The same in milliseconds, where these are counted: a part of one is an error. */
uint64_t harness_ms(lua_State *L, int index, const char *what);
int64_t harness_signed_ms(lua_State *L, int index, const char *what);
/* Whether the value at `index` reads as a duration; *ns is set if so. */
bool harness_is_duration(lua_State *L, int index, uint64_t *ns);
uint64_t harness_size(lua_State *L, int index, const char *what);

/* Whether the value at `index` is a whole number: an integer, "4KiB" in bytes or "15m" in
 * milliseconds. */
bool harness_is_whole(lua_State *L, int index, lua_Integer *number);

/* Milliseconds in a Lua number: an integer where it is whole. */
void harness_push_ms(lua_State *L, uint64_t ns);

/* The table of Hadoop's keys at `index` put into `settings`, each in its unit; false for what is
 * no boolean means that the key stands in no file (release_unset); a key that no
 * release has, a value that does not fit or that this release does not have is a Lua error. */
void harness_conf(lua_State *L, int index, const struct release *release,
                  struct release_settings *settings);

#endif
