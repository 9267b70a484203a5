/*
 * Messages as real Hadoop clients and servers exchange them, for tests and as seeds for the
 * fuzzers.  The client id is 00112233445566778899aabbccddeeff, the protocol
 * org.example.EchoProtocol (WritableEcho for rpc kind RPC_WRITABLE).
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
    EXAMPLE_EMPTY_TOKEN,   /* a RESPONSE with a token of no bytes */
    EXAMPLE_LAYERS,        /* a CHALLENGE offering security layers */
    EXAMPLE_LAYER,         /* a RESPONSE choosing one */
    EXAMPLE_WRITABLE_CALL, /* echo("hi", 7), rpc kind RPC_WRITABLE */
    EXAMPLE_WRITABLE_REPLY,
    EXAMPLE_BUILTIN_CALL, /* a LongWritable 41, rpc kind RPC_BUILTIN */
    EXAMPLE_BUILTIN_REPLY,
    EXAMPLE_COUNT, /* of version 9; now those of version 4 */

    EXAMPLE_V4_CONTEXT = EXAMPLE_COUNT, /* preamble and ConnectionHeader */
    EXAMPLE_V4_VERSION_CALL,            /* call 0, getProtocolVersion */
    EXAMPLE_V4_VERSION_REPLY,
    EXAMPLE_V4_CALL, /* call 1, echo("hi", 7) */
    EXAMPLE_V4_REPLY,
    EXAMPLE_V4_ERROR,
    EXAMPLE_V4_FATAL,
    EXAMPLE_V4_PING,
    EXAMPLE_V4_SWITCH, /* to SIMPLE, in the place of a SASL reply */
    EXAMPLE_V4_NULL,   /* replies to call 7: a null String, */
    EXAMPLE_V4_VOID,
    EXAMPLE_V4_INTS,         /* int[]{1,2}, */
    EXAMPLE_V4_COMPACT_INTS, /* the same as version 5 has it, */
    EXAMPLE_V4_STRINGS,
    EXAMPLE_V4_INT_WRITABLE,
    EXAMPLE_V4_ENUM, /* EchoProtocol$Color */
    EXAMPLE_ALL
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
