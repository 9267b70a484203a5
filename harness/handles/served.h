/*
 * A call while one of the script's servers runs it: by the test protocol in C, or by a Lua
 * function, which sees it as a handle.
 */
#ifndef HARNESS_HANDLES_SERVED_H
#define HARNESS_HANDLES_SERVED_H

#include "harness/handles/server.h"

/* The owner of all methods is a struct harness_speaker. */

/* What the test protocol has of that name; NULL: nothing.  Any thread. */
server_method_fn *harness_test_method(struct wire_bytes name);

/* What each protocol of Writables has (ipc/VersionedProtocol.java); NULL: it is none of those, or
 * `types`, its parameters', are others.  Any thread. */
server_method_fn *harness_versioned_method(const struct harness *harness, struct wire_bytes name,
                                           const char *types);

/* On server_executor: the test protocol's calls that take their time end now, as Hadoop's
 * Handlers are interrupted on stop; or those that hang are answered. */
void harness_test_calls_interrupt(struct harness_server_life *life);
void harness_test_calls_heal(struct harness_server_life *life);
/* The world does not run any more. */
void harness_test_calls_free(struct harness_server_life *life);

/* Serve a call by the function that the script has set; on the server's thread. */
server_method_fn harness_serve_in_lua;

/* Push the table that belongs to what is kept in C: a server's lanes by name, or the functions of
 * one of its protocols by method. */
void harness_push_own(lua_State *L, const void *owner);

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
