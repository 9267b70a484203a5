/*
 * The fatal that IPC versions before 9 understand, unframed, and what a server says to a
 * browser (Hadoop 2.x ipc/Server.java, setupBadVersionResponse, setupHttpRequestOnIpcPortResponse).
 */
#ifndef RPC_WIRE_GOODBYE_H
#define RPC_WIRE_GOODBYE_H

#include "rpc/wire/wire.h"

/* Append the goodbye, in the form that message->version understands. */
enum rpc_status wire_goodbye_encode(const struct wire_message *message, struct wire_buffer *out);

/* How many bytes the goodbye has for sure, judged by those that have come (-1, -1, class and
 * message; `bytes` begins with them).  When that is no more than bytes.length it is whole.
 * 0: a length in it is negative or above `length_max`. */
size_t wire_goodbye_size(struct wire_bytes bytes, size_t length_max);

/* Take a whole one apart. */
struct wire_message wire_goodbye_decode(struct wire_bytes bytes);

/* "GET …" to a server, the 404 to a client. */
enum rpc_status wire_http_encode(const struct wire_message *message, struct wire_buffer *out);

#endif
