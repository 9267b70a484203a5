/*
 * Which method a call means (ProtobufRpcEngine.java; for Writables RPC.java before 2.x, and
 * WritableRpcEngine.java).
 */
#ifndef RPC_SERVER_METHOD_H
#define RPC_SERVER_METHOD_H

#include "rpc/server/call.h"

/* The method, and the *owner it is given; or NULL: then the call has got the error's answer, and
 * *answered says whether that was made.  Any thread. */
server_method_fn *server_method_find(struct server_call *call, void **owner,
                                     enum rpc_status *answered);

/* NoSuchMethodException: `class` has no method of the call's name with the parameters `types`. */
enum rpc_status server_method_fail_unknown(struct server_call *call, struct wire_bytes class,
                                           const char *types);

#endif
