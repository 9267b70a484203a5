/*
 * What tells connections apart (ipc/Client.java, ConnectionId): calls whose keys are equal
 * share one.
 *
 * The parts of a key that are no numbers are the client's: it keeps one of each that it has met,
 * for as long as it lives.
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

/* Settings that differ from the client's. */
struct client_settings {
    struct client_settings *next;
    struct release_settings settings;
};

/* A user, or a protocol. */
struct client_text {
    struct client_text *next;
    size_t length;
    char text[];
};

/* Fields in which two keys can differ. */
#define CLIENT_KEY_SETTINGS(X)                                                                     \
    X(MAX_IDLE) X(CLIENT_NODELAY) X(CONNECT_RETRIES) X(CONNECT_RETRY_INTERVAL)

struct client_connection_id {
    struct client_address *address;
    uint32_t login;
    int64_t rpc_timeout_ms;
    const struct release_settings *settings;
    const struct client_text *protocol; /* NULL: none */
    const struct client_text *user;
};

/* The key of a call to `remote`.  RPC_NO_MEMORY. */
enum rpc_status client_connection_id_of(struct client *client, const struct client_remote *remote,
                                        struct client_connection_id *id);

/* Whether a call with that key belongs to a connection with this one, whose address was `place`
 * when it was made, or has been updated to it. */
bool client_connection_id_is(const struct client_connection_id *id, struct world_address place,
                             const struct client_connection_id *call,
                             const struct release *release);

/* The client's own of that text; NULL without memory. */
const struct client_text *client_text_of(struct client *client, const char *text);
struct wire_bytes client_text_bytes(const struct client_text *text);

/* Free all parts of all keys. */
void client_connection_id_free_parts(struct client *client);

/* "10.0.0.1"; returns `text`, which has room for 16 bytes. */
char *client_number_text(uint32_t ip, char *text);

#endif
