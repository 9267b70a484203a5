/*
 * One call: what it asks, whether it has ended (Hadoop's Call), and what its caller made of it.
 *
 * The two can differ: a caller that was interrupted has left, while the connection still
 * waits for the reply.
 */
#ifndef RPC_CLIENT_CALL_H
#define RPC_CLIENT_CALL_H

#include "rpc/client/client.h"
#include "rpc/client/failure.h"
#include "rpc/client/inside.h"

struct client_call {
    struct client *client;
    LIST_ENTRY(client_call) all; /* of the client's, or of its free ones */
    unsigned references;         /* application, caller, connection's table, sender */

    int32_t id, retry;
    uint32_t number;
    uint64_t started_ns, ended_ns;
    struct client_connection_id key; /* of the connection that it belongs to */
    uint64_t protocol_version;
    int32_t methods_hash;
    int service_class;

    struct client_caller *caller;
    STAILQ_ENTRY(client_call) behind;     /* another one of its caller's */
    struct client_connection *connection; /* kept while it is waited for */
    uint32_t connection_number;

    struct client_connection *table; /* whose table it is in, NULL: none */
    TAILQ_ENTRY(client_call) pending;
    STAILQ_ENTRY(client_call) to_send;
    bool being_written;

    bool done; /* the connection has answered: value, or `error` */
    struct client_failure *error;

    client_check_fn *check; /* NULL: any value will do */
    const void *check_owner;

    bool over; /* the caller has its outcome */
    struct client_failure *told;
    struct client_outcome outcome;
    struct world_task tell;
    client_done_fn *finished;
    void *owner;

    /* From here on kept for the next call. */
    struct wire_buffer method; /* its name; a NUL ends it */
    struct wire_buffer body, value;
    struct wire_buffer frame; /* the encoded request, until it is written */
};

static inline const char *client_call_method(const struct client_call *call)
{
    return (const char *)call->method.data;
}

struct client_call *client_call_keep(struct client_call *call);
void client_call_drop(struct client_call *call);

/* A new one with a reference for the application; NULL without memory. */
struct client_call *client_call_create(struct client *client, const struct client_remote *remote,
                                       const char *method, struct wire_bytes body);

/* Hadoop's setRpcResponse and setException: wakes the caller that waits for it.  Keeps a
 * reference of its own to the failure. */
void client_call_set_value(struct client_call *call, struct wire_bytes value);
void client_call_set_error(struct client_call *call, struct client_failure *failure);

/* The caller has it: tell the application.  NULL: its value. */
void client_call_over(struct client_call *call, struct client_failure *told);

/* Make the request's frame.  RPC_NO_MEMORY. */
enum rpc_status client_call_encode(struct client_call *call);

#endif
