/*
 * Chance in scripts: math.random, t:random, t:random_bytes.  All of it is drawn from the
 * world, so it is recorded with the seed and can be played again.
 */
#ifndef HARNESS_LUA_CHANCE_H
#define HARNESS_LUA_CHANCE_H

#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

/* math.random as in Lua's manual, without arguments, with one or with two. */
int harness_math_random(lua_State *L);

/* t:random, t:random_bytes, t:draw */
extern const luaL_Reg harness_t_chance[];

struct harness;

/* Free what `draw` has scripted; values left over make the case void. */
void harness_draws_check(struct harness *harness);

#endif
