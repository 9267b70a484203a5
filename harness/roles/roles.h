/*
 * Roles: what a server can be played as, written in Lua and put into the program.
 *
 * A role is a table { protocol = "…", methods = { name = function(call, request) … end } },
 * for the `role` of t:server.
 */
#ifndef HARNESS_ROLES_ROLES_H
#define HARNESS_ROLES_ROLES_H

#include <lua.h>

/* Add `roles` to the globals table on the stack's top. */
void harness_roles_open(lua_State *L);

#endif
