/*
 * Messages as real Hadoop clients and servers exchange them, for tests and as seeds for the
 * fuzzers.  The client id is 00112233445566778899aabbccddeeff, the protocol
 * org.example.EchoProtocol.
 */
#ifndef RPC_WIRE_EXAMPLES_H
#define RPC_WIRE_EXAMPLES_H

#include "rpc/wire/wire.h"

enum wire_example {
    EXAMPLE_PREAMBLE_CONTEXT, /* preamble and context */
    EXAMPLE_CALL,             /* call 0, echo("hi") */
    EXAMPLE_REPLY,            /* its SUCCESS */
    EXAMPLE_EMPTY_REPLY,      /* an empty value */
    EXAMPLE_FAILING_CALL,     /* call 1, fail("nofile") */
    EXAMPLE_ERROR,            /* its ERROR */
    EXAMPLE_FATAL,            /* a call before the context */
    EXAMPLE_VERSION_FATAL,    /* to version 10 */
    EXAMPLE_PING,
    EXAMPLE_NEGOTIATE,    /* preamble and NEGOTIATE */
    EXAMPLE_SASL_SUCCESS, /* of a simple-only server */
    EXAMPLE_GOODBYE,      /* to version 4 */
    EXAMPLE_GOODBYE_2,    /* to version 2 */
    EXAMPLE_HTTP_ANSWER,
    EXAMPLE_AUTH_FATAL,     /* to auth byte 0x50 (3.1.4 and later) */
    EXAMPLE_CALLER_CONTEXT, /* a context with a caller context */
    EXAMPLE_STATE_CALL,     /* a call with caller context and state id */
    EXAMPLE_STATE_REPLY,    /* its SUCCESS */
    EXAMPLE_BUSY,           /* back-off of the fair queue */
    EXAMPLE_BUSY_FATAL,     /* back-off of the plain queue */
    EXAMPLE_INITIATE_SIMPLE,
    EXAMPLE_EMPTY_TOKEN, /* a RESPONSE with a token of no bytes */
    EXAMPLE_LAYERS,      /* a CHALLENGE offering security layers */
    EXAMPLE_LAYER,       /* a RESPONSE choosing one */
    EXAMPLE_COUNT
};

/* "CALL" */
const char *wire_example_name(enum wire_example example);

/* Where it travels to. */
enum wire_side wire_example_side(enum wire_example example);

/* Append its bytes. */
void wire_example_add(enum wire_example example, struct wire_buffer *out);

/* Append the bytes that `hex` says; spaces are passed over. */
void wire_hex_add(const char *hex, struct wire_buffer *out);

#endif
