/*
 * An order of table keys that depends on nothing but the keys: booleans, numbers, texts by
 * their bytes, handles by when they were made.  Other keys have none.
 */
#ifndef HARNESS_LUA_ORDER_H
#define HARNESS_LUA_ORDER_H

#include <lua.h>

/* Push a list of the keys of the table at `index`, in order.  A key without an order is a Lua
 * error. */
void harness_keys(lua_State *L, int index);

/* Negative, 0 or positive.  Both have an order. */
int harness_compare_keys(lua_State *L, int a, int b);

#endif
