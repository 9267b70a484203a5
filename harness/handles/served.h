/*
 * A call while one of the script's servers runs it: by the test protocol in C, or by a Lua
 * function, which sees it as a handle.
 */
#ifndef HARNESS_HANDLES_SERVED_H
#define HARNESS_HANDLES_SERVED_H

#include "harness/handles/server.h"

/* What the test protocol has of that name; NULL: nothing.  Any thread.  For calls whose owner
 * is a struct harness_server_life. */
server_method_fn *harness_test_method(struct wire_bytes name);

/* VersionedProtocol.getProtocolVersion(String, long). */
server_method_fn harness_serve_version;

/* On server_executor: the test protocol's calls that take their time end now, as Hadoop's
 * Handlers are interrupted on stop; or those that hang are answered. */
void harness_test_calls_interrupt(struct harness_server_life *life);
void harness_test_calls_heal(struct harness_server_life *life);
/* The world does not run any more. */
void harness_test_calls_free(struct harness_server_life *life);

/* Serve a call by the function that the script has set; on the server's thread, the owner is
 * a struct harness_server_life. */
server_method_fn harness_serve_in_lua;

/* Push the table of a server's functions, by method. */
void harness_push_functions(lua_State *L, struct harness_server *server);

/* What Lua serves: interrupt it (the server stops), let it go on (the body is over), or forget
 * it (the server is dead). */
void harness_served_interrupt(struct harness_server *server);
void harness_served_heal(struct harness_server *server);
void harness_served_forget(struct harness_server *server);
/* Whether nothing of it is left to do. */
bool harness_served_settled(const struct harness_server *server);
/* The world does not run any more. */
void harness_served_free(struct harness_server_life *life);

#endif
