/*
 * What a connection writes: a buffer that grows (java.io.BufferedOutputStream) and is flushed by
 * whoever holds the stream lock.  No write has a time-out.
 */
#ifndef RPC_CLIENT_OUTPUT_H
#define RPC_CLIENT_OUTPUT_H

#include "rpc/client/connection.h"

/* Append `frame`, which is empty afterwards, to what the next flush sends.  RPC_NO_MEMORY. */
enum rpc_status client_output_add(struct client_connection *connection, struct wire_buffer *frame);

/* Write everything on the thread's connection, if the last of it has been `added` well; then
 * `then` runs (perhaps at once), and write_failure tells how it went.  `call` is what the bytes are
 * about, or NULL. */
void client_output_flush(struct client_thread *thread, const struct client_call *call,
                         enum rpc_status added, client_step_fn *then);

/* Give the memory of what has been written to `frame`, which is empty. */
void client_output_return(struct client_connection *connection, struct wire_buffer *frame);

/* Thread.interrupt() of who is blocked in a flush (interruptible streams only). */
void client_output_interrupt(struct client_connection *connection);

/* Nothing is being written: give memory back that an idle connection should not have. */
void client_output_rest(struct client_connection *connection);

/* What can go at once, before the stream is closed. */
void client_output_flush_now(struct client_connection *connection);

/* "java.nio.channels.SocketChannel[…]" of the stream, or of one that connects to `to`. */
char *client_channel_text(const struct client_connection *connection, bool pending, char *text,
                          size_t size);

/* The InterruptedIOException of net/SocketIOWithTimeout.java. */
struct client_failure *client_io_interrupted(const struct client_connection *connection,
                                             bool pending, int64_t total_ms, int64_t left_ms);

/* What a status of world_read or world_writev is in Java. */
struct client_failure *client_io_failure(const struct client *client, enum rpc_status status,
                                         bool reading);

#endif
