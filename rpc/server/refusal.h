/*
 * Refusals: how the server turns connections and calls away, with Hadoop's classes and texts
 * (ipc/Server.java: a FATAL of the connection's Reader, then close).
 *
 * Reader's thread, takes the lock.
 */
#ifndef RPC_SERVER_REFUSAL_H
#define RPC_SERVER_REFUSAL_H

#include "rpc/server/connection.h"
#include "rpc/server/packet.h"

/* Tell of a refusal; call may be NULL. */
void server_refusal_trace(struct server_lane *lane, const struct server_connection *connection,
                          const struct server_call *call, const char *why);

#define SERVER_RSE            "org.apache.hadoop.ipc.RpcServerException"
#define SERVER_ACE            "org.apache.hadoop.security.AccessControlException"
#define SERVER_AUTHORIZATION  "org.apache.hadoop.security.authorize.AuthorizationException"
#define SERVER_SASL_EXCEPTION "javax.security.sasl.SaslException"

/* FATAL with the id and retry count of `message` (NULL: -1), then close.  The text is made as
 * printf makes it. */
enum server_packet server_refuse(struct server_connection *connection,
                                 const struct wire_message *message, int code, const char *why,
                                 const char *class_name, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* FATAL_INVALID_RPC_HEADER, with a text as printf makes it. */
#define SERVER_REFUSE_HEADER(connection, message, ...)                                             \
    server_refuse(connection, message, WIRE_FATAL_INVALID_RPC_HEADER, "header", SERVER_RSE,        \
                  __VA_ARGS__)

/* The same for a part of `message`, named `what`, that does not decode because of `problem`; before
 * 2.x a close without a word. */
enum server_packet server_refuse_undecodable(struct server_connection *connection,
                                             const struct wire_message *message, const char *why,
                                             const char *what, const char *problem);

/* The class of the exception that a message does not decode because of `problem`. */
const char *server_decode_exception(const struct release *release, const char *problem);

/* What a client of another IPC version understands, or nothing; then close. */
enum server_packet server_refuse_version(struct server_connection *connection, int version);

/* SASL's own error (before 2.x), then close. */
enum server_packet server_refuse_sasl(struct server_connection *connection, const char *class_name,
                                      const char *text);

/* The answer to a browser, then close. */
enum server_packet server_refuse_http(struct server_connection *connection);

/* Close without a word. */
enum server_packet server_refuse_silently(struct server_connection *connection,
                                          enum server_close why);

/* Back-off of a full plain queue (3.x): FATAL in the place of `call`, then close. */
void server_refuse_busy(struct server_connection *connection, struct server_call *call);

#endif
