/*
 * What tells connections apart (ipc/Client.java, ConnectionId): calls whose keys are equal
 * share one.
 */
#ifndef RPC_CLIENT_CONNECTION_ID_H
#define RPC_CLIENT_CONNECTION_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/client/client.h"

/* A server's address as an application got it: looked up once, and then kept (Java's
 * InetSocketAddress).  The client has one for each name and port. */
struct client_address {
    struct client_address *next;
    struct world_address address; /* ip 0: the name did not resolve */
    bool named;
    char name[]; /* the host name, or the number as text */
};

/* Fields in which two keys can differ. */
#define CLIENT_KEY_SETTINGS(X)                                                                     \
    X(MAX_IDLE) X(CLIENT_NODELAY) X(CONNECT_RETRIES) X(CONNECT_RETRY_INTERVAL)

struct client_connection_id {
    struct client_address *address; /* borrowed from the client */
    struct world_address key;       /* what it was, or has been updated to */
    uint32_t login;
    int64_t rpc_timeout_ms;
    const struct release_settings *settings; /* borrowed, as the client's are */
    char *protocol;                          /* owned; NULL: none */
    char *user;                              /* owned */
};

/* RPC_NO_MEMORY.  `address` is the remote's. */
enum rpc_status client_connection_id_init(struct client_connection_id *id,
                                          const struct client_remote *remote,
                                          struct client_address *address, const char *user,
                                          const struct release_settings *settings);
void client_connection_id_release(struct client_connection_id *id);

/* Whether a call to `remote` at `address` belongs to this key. */
bool client_connection_id_is(const struct client_connection_id *id, const struct release *release,
                             const struct client_remote *remote,
                             const struct client_address *address, const char *user,
                             const struct release_settings *settings);

#endif
