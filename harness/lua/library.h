/*
 * Lua's own functions as a scenario may use them: what would show addresses, hash order,
 * finalizers or true chance is replaced or left out.
 */
#ifndef HARNESS_LUA_LIBRARY_H
#define HARNESS_LUA_LIBRARY_H

#include <lua.h>

/* Push a new table with the globals of the library. */
void harness_library_open(lua_State *L);

#endif
