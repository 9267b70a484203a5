/*
 * The ways in which something can fail, each with a name and a sentence.
 *
 * A failure of the outside world is one of these; a mistake of ours is an assert.
 */
#ifndef RPC_STATUS_H
#define RPC_STATUS_H

#define RPC_STATUS_MAP(X)                                                                          \
    X(OK, "success")                                                                               \
    X(AGAIN, "nothing to do yet")                                                                  \
    X(END, "the peer has closed its side")                                                         \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(NO_DESCRIPTORS, "too many open descriptors")                                                 \
    X(REFUSED, "connection refused")                                                               \
    X(RESET, "connection reset by peer")                                                           \
    X(BROKEN_PIPE, "broken pipe")                                                                  \
    X(TIMED_OUT, "connection timed out")                                                           \
    X(UNREACHABLE, "no route to host")                                                             \
    X(ADDRESS_IN_USE, "address already in use")                                                    \
    X(ADDRESS_UNAVAILABLE, "cannot assign requested address")                                      \
    X(NO_SUCH_NAME, "unknown host")                                                                \
    X(IO, "input/output error")                                                                    \
    X(QUEUE_FULL, "the call queue is full")                                                        \
    X(STOPPED, "stopped")                                                                          \
    X(TOO_LONG, "longer than the configured limit")                                                \
    X(TOO_DEEP, "nested deeper than the configured limit")                                         \
    X(MALFORMED, "the bytes do not decode")                                                        \
    X(UNKNOWN_NAME, "there is no such name")                                                       \
    X(BAD_VALUE, "the value does not fit")                                                         \
    X(NOT_IN_RELEASE, "this release does not have it")                                             \
    X(UNSUPPORTED, "this world cannot do that")

enum rpc_status {
#define X(name, text) RPC_##name,
    RPC_STATUS_MAP(X)
#undef X
};

/* The sentence of `status`, lower case and without a full stop. */
const char *rpc_status_text(enum rpc_status status);

#endif
