/*
 * IPC version 4: the two halves of its codec (Hadoop 0.20.203 to 1.2.1; ipc/Client.java,
 * ipc/Server.java, ipc/ConnectionHeader.java, ipc/RPC.java, security/SaslRpcClient.java).
 *
 * Only frames to the server have a length word; a reply ends where its value does.
 */
#ifndef RPC_WIRE_V4_H
#define RPC_WIRE_V4_H

#include "rpc/wire/wire.h"

enum {
    WIRE_V4_PING = -1,             /* in place of a frame's length (Client.PING_CALL_ID) */
    WIRE_V4_SWITCH_TO_SIMPLE = -88 /* in place of a token's length (SaslRpcServer) */
};

/* Status.java */
enum { WIRE_V4_SUCCESS = 0, WIRE_V4_ERROR = 1, WIRE_V4_FATAL = -1 };

struct wire_message wire_v4_message(enum wire_kind kind);

enum rpc_status wire_v4_encode(const struct wire_message *message, struct wire_buffer *out);

enum rpc_status wire_v4_decode(enum wire_side side, enum wire_kind expected,
                               struct wire_bytes frame, struct wire_message *message,
                               struct arena *arena, char *problem, size_t problem_size);

wire_open_fn wire_v4_open_context, wire_v4_open_sasl, wire_v4_open_request, wire_v4_open_value;

/* Such a server closes without a word. */
enum rpc_status wire_v4_encode_mismatch(int version, struct wire_buffer *out);

#endif
