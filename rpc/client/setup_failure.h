/*
 * What can go wrong while a connection is set up, as exceptions.
 */
#ifndef RPC_CLIENT_SETUP_FAILURE_H
#define RPC_CLIENT_SETUP_FAILURE_H

#include "rpc/client/connection.h"

/* "Couldn't set up IO streams": the wrapping of what is no IOException.  Takes the failure. */
struct client_failure *client_setup_unchecked(const struct release *release,
                                              struct client_failure *failure);

/* How the connection's retry policy calls itself; gives `text` back. */
char *client_setup_policy(const struct client_connection *connection, char *text, size_t size);

/* "Interrupted: action=…, retry policy=RetryUpToMaximumCountWithFixedSleep(…)" */
struct client_failure *client_setup_interrupted_sleep(const struct client_connection *connection);

/* ConnectTimeoutException, or what was before it. */
struct client_failure *client_setup_timeout(const struct client_connection *connection);

/* How an attempt has ended; *result is the word for it in the trace. */
struct client_failure *client_setup_refusal(enum rpc_status status, const char **result);

/* 3.x: wrapped here, and once more where the caller gets it. */
struct client_failure *client_setup_unknown_host(const struct client_connection *connection);

#endif
