/*
 * Why something ended when it did: which time-out fired, who closed the connection, what a
 * fault did to it.  Only reads the trace.
 */
#ifndef HARNESS_TRACE_CAUSE_H
#define HARNESS_TRACE_CAUSE_H

#include <stddef.h>

#include <lua.h>

/* Add to `why` what is known of the end of the call at `subject`, or of an event there; nothing
 * when it is neither, or nothing is known. */
void harness_add_cause(lua_State *L, int subject, char *why, size_t size);

#endif
