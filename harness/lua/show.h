/*
 * Values as a script would write them, for people: no addresses, no endless texts.
 */
#ifndef HARNESS_LUA_SHOW_H
#define HARNESS_LUA_SHOW_H

#include <stddef.h>

#include <lua.h>

enum { HARNESS_SHOW_MAX = 2048 };

/* Any value, at most `size` bytes with NUL; what is longer is cut. */
typedef void harness_show_fn(lua_State *L, int index, char *text, size_t size);
harness_show_fn harness_show;

/* The same where it means a duration: "15m1ms", "at most 20s". */
harness_show_fn harness_show_time;

/* A matcher in words, its values through `show` (matcher.c). */
void harness_matcher_show(lua_State *L, int index, harness_show_fn *show, char *text, size_t size);

/* What was given in place of something else: "'text'", a number, or the name of its type.  Pushed,
 * or lives as long as the state. */
const char *harness_show_given(lua_State *L, int index);

/* What tostring gives: no address of what has no text of its own.  Pushed. */
const char *harness_push_text(lua_State *L, int index);

#endif
