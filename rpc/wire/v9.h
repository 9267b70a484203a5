/*
 * IPC version 9: the two halves of its codec (Hadoop 2.1.1 to 3.4; RpcHeader.proto,
 * IpcConnectionContext.proto, ProtobufRpcEngine.proto).
 */
#ifndef RPC_WIRE_V9_H
#define RPC_WIRE_V9_H

#include "rpc/wire/wire.h"

enum rpc_status wire_v9_encode(const struct wire_message *message, struct wire_buffer *out);

enum rpc_status wire_v9_decode(enum wire_side side, enum wire_kind expected,
                               struct wire_bytes frame, struct wire_message *message,
                               struct arena *arena, char *problem, size_t problem_size);

wire_open_fn wire_v9_open_context, wire_v9_open_sasl, wire_v9_open_request, wire_v9_open_value;

#endif
