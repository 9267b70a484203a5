/*
 * Of which RPC kind the calls of a connection are that nobody has answered yet.
 *
 * A reply of IPC version 9 does not say what its value is made of: that is the business of its
 * call, whose header does (RpcRequestHeaderProto, rpcKind).  Who sees both directions of a
 * connection, or is one side of it, keeps one of these beside the decoder.
 */
#ifndef RPC_WIRE_KINDS_H
#define RPC_WIRE_KINDS_H

#include <stddef.h>

#include "rpc/wire/wire.h"

enum { WIRE_KINDS_MAX = 4096 }; /* calls at a time; then the oldest is forgotten */

/* All-zero: there are none.  Only calls of other kinds than protobuf, which goes without saying,
 * take memory. */
struct wire_kinds {
    struct wire_kinds_call *calls; /* owned; oldest first */
    size_t count, room;
};

/* A message passes, its header decoded, in either direction: a request is remembered, the one
 * with the same id before it forgotten; a response gets the rpc_kind of its call, which is
 * forgotten.  Other messages, and those of versions before 9, are left as they are.  A call for
 * which there is no memory is not remembered. */
void wire_kinds_pass(struct wire_kinds *kinds, const struct wire_codec *codec,
                     struct wire_message *message);

/* The rpc_kind of a call, which stays; PROTOBUF when it is not known. */
int wire_kinds_of(const struct wire_kinds *kinds, int32_t call_id);

void wire_kinds_release(struct wire_kinds *kinds);

#endif
