/*
 * What went wrong, as Java would throw it: class, message, cause.  One object is shared by all
 * calls of a connection; each caller has it wrapped with the names of the two hosts, in the
 * words of its release (net/NetUtils.java, wrapException).
 */
#ifndef RPC_CLIENT_FAILURE_H
#define RPC_CLIENT_FAILURE_H

#include <stdarg.h>
#include <stdbool.h>

#include "rpc/client/client.h"
#include "rpc/release.h"

struct client_failure {
    unsigned references;
    enum client_ending ending;
    bool as_it_is; /* a remote exception and the like: not wrapped */
    int code;      /* remote: enum wire_code */
    const char *class_name;
    const char *message; /* NULL: getMessage() is null */
    const char *stack;   /* remote: the server's stack trace, which getMessage() has behind it */
    const char *cause_class, *cause_message;
};

/* The two ends as an exception names them. */
struct client_hosts {
    const char *local; /* "client1/10.0.0.2"; NULL: not known */
    const char *remote;
    unsigned port;
    char address[2 * WORLD_NAME_MAX + 32]; /* InetSocketAddress.toString: "nn/10.0.0.1:8020" */
};

/* A new failure with one reference.  Texts are copied; any but the class may be NULL.  Never
 * NULL: without memory it is an OutOfMemoryError. */
struct client_failure *client_failure_create(enum client_ending ending, const char *class_name,
                                             const char *message, const char *cause_class,
                                             const char *cause_message);
struct client_failure *client_failure_format(enum client_ending ending, const char *class_name,
                                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An absent message: none.  The stack trace that it ends with is set apart. */
struct client_failure *client_failure_of_bytes(enum client_ending ending,
                                               struct wire_bytes class_name,
                                               struct wire_bytes message);

/* What a class and a message that a fault gave make. */
struct client_failure *client_failure_thrown(enum client_ending ending, const char *class_name,
                                             const char *message);

/* Change a failure that nobody else has yet; the one that there is without memory stays as it is.
 * They return it. */
struct client_failure *client_failure_as_it_is(struct client_failure *failure, int code);
struct client_failure *client_failure_ends(struct client_failure *failure,
                                           enum client_ending ending);

struct client_failure *client_failure_keep(struct client_failure *failure);
void client_failure_drop(struct client_failure *failure); /* NULL is allowed */

/* Whether the class is an IOException (by its name), which Hadoop catches where any other
 * Throwable goes on. */
bool client_failure_is_io(const struct client_failure *failure);
bool client_failure_is(const struct client_failure *failure, const char *class_name);

/* Throwable.toString(); to be freed, NULL without memory. */
char *client_failure_string(const struct client_failure *failure);

/* wrapException: a new failure. */
struct client_failure *client_failure_wrap(const struct release *release,
                                           const struct client_hosts *hosts,
                                           struct client_failure *failure);

#endif
