/*
 * What a message of a dialect carries: the parameters of a call and the value of a reply, as
 * protobuf messages or Writables (harness_method_of).
 *
 * Of Writables a script may say other types than those that the method is declared with: `types`
 * lists those of a request's parameters, `type` is that of a reply's value.
 */
#ifndef HARNESS_HANDLES_DIALECT_VALUE_H
#define HARNESS_HANDLES_DIALECT_VALUE_H

#include "harness/handles/dialect.h"

/* The bytes of what the message's table at `index` says; they live in a string that is pushed.
 * A mistake is a Lua error. */
struct wire_bytes harness_dialect_request(lua_State *L, int index, const char *protocol,
                                          bool writables, const char *method);
struct wire_bytes harness_dialect_response(lua_State *L, int index, const char *protocol,
                                           bool writables, const char *method);

/* Set what was received in the table at the top: `value` and, of Writables, `types`; bytes when
 * it does not decode.  How many bytes of the body the value has: behind Writables may be more. */
size_t harness_dialect_set_request(lua_State *L, const char *protocol, bool writables,
                                   const char *method, struct wire_bytes body);
size_t harness_dialect_set_response(lua_State *L, const char *protocol, bool writables,
                                    const char *method, struct wire_bytes body);

#endif
