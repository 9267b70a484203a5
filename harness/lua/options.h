/*
 * Tables of options: every key is known, or an error gives the nearest right name.
 */
#ifndef HARNESS_LUA_OPTIONS_H
#define HARNESS_LUA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

enum { HARNESS_POSITIONS = 1 }; /* keys 1, 2, 3 … are allowed too */

/* Check that `index` is a table (nil counts as an empty one) and that its keys stand in
 * `known`, names with spaces between.  `what` is the owner: "server". */
void harness_options(lua_State *L, int index, const char *what, const char *known, int flags);

/* A Lua error "server has no option 'handler'; did you mean 'handlers'?".  `kind` is "option",
 * "field", "point".  `known` has spaces between. */
int harness_no_such(lua_State *L, const char *what, const char *kind, const char *name,
                    const char *known);

/* Whether the name is one of `words`, spaces between. */
bool harness_is_among(const char *name, const char *words);

/* The name of `known` nearest to `name`, or NULL when none is near.  Writes it to `nearest`. */
const char *harness_nearest(const char *name, const char *known, char *nearest, size_t size);

/* One option of the table at `index`, or the default when it is nil or there is no table. */
lua_Integer harness_option_integer(lua_State *L, int index, const char *key, lua_Integer otherwise,
                                   lua_Integer least, lua_Integer most);
bool harness_option_boolean(lua_State *L, int index, const char *key, bool otherwise);
/* Lives as long as the table keeps it. */
const char *harness_option_text(lua_State *L, int index, const char *key, const char *otherwise);
uint64_t harness_option_duration(lua_State *L, int index, const char *key, uint64_t otherwise_ns);
uint64_t harness_option_size(lua_State *L, int index, const char *key, uint64_t otherwise);
/* One of `words` (spaces between), as its place 0, 1, 2 …; otherwise -1 when nil. */
int harness_option_word(lua_State *L, int index, const char *key, const char *words);
/* Push the option; its Lua type. */
int harness_option_push(lua_State *L, int index, const char *key);

#endif
