/*
 * The wire: what clients and servers say to each other, as messages and as bytes.
 *
 * One struct holds any message; a codec for each IPC version turns it into bytes, and a
 * decoder turns a stream of bytes back, piece by piece and never reading beyond the piece
 * it needs, as Hadoop's Readers do.  No clock, no sockets, no memory beyond the limits.
 */
#ifndef RPC_WIRE_WIRE_H
#define RPC_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"

/* Borrowed bytes; a text is such bytes too and need not end with NUL.  data == NULL: the
 * field is absent. */
struct wire_bytes {
    const uint8_t *data;
    size_t length;
};

#define WIRE_ABSENT ((struct wire_bytes){NULL, 0})

/* The bytes of a C string. */
struct wire_bytes wire_text(const char *text);
bool wire_is(struct wire_bytes bytes, const char *text);

/* Bytes that grow.  An all-zero one is empty. */
struct wire_buffer {
    uint8_t *data;
    size_t length, capacity;
};

/* RPC_NO_MEMORY leaves it as it was. */
enum rpc_status wire_buffer_add(struct wire_buffer *buffer, const void *data, size_t length);
/* Make room for `length` more; NULL when out of memory. */
uint8_t *wire_buffer_grow(struct wire_buffer *buffer, size_t length);
/* The same where there may be room.  The caller raises `length` itself. */
static inline uint8_t *wire_buffer_room(struct wire_buffer *buffer, size_t length)
{
    bool fits = buffer->data != NULL && length <= buffer->capacity - buffer->length;
    return fits ? buffer->data + buffer->length : wire_buffer_grow(buffer, length);
}
void wire_buffer_release(struct wire_buffer *buffer);

/* Call ids with a meaning of their own (RpcConstants.java). */
enum {
    WIRE_CALL_AUTHORIZATION_FAILED = -1,
    WIRE_CALL_INVALID = -2,
    WIRE_CALL_CONTEXT = -3,
    WIRE_CALL_PING = -4,
    WIRE_CALL_SASL = -33,
};

/* OTHER: a number that means nothing; before version 9 `code` has it. */
enum wire_status { WIRE_SUCCESS, WIRE_ERROR, WIRE_FATAL, WIRE_STATUS_OTHER };

/* RpcErrorCodeProto */
enum wire_code {
    WIRE_CODE_NONE = 0,
    WIRE_ERROR_APPLICATION = 1,
    WIRE_ERROR_NO_SUCH_METHOD = 2,
    WIRE_ERROR_NO_SUCH_PROTOCOL = 3,
    WIRE_ERROR_RPC_SERVER = 4,
    WIRE_ERROR_SERIALIZING_RESPONSE = 5,
    WIRE_ERROR_RPC_VERSION_MISMATCH = 6,
    WIRE_FATAL_UNKNOWN = 10,
    WIRE_FATAL_UNSUPPORTED_SERIALIZATION = 11,
    WIRE_FATAL_INVALID_RPC_HEADER = 12,
    WIRE_FATAL_DESERIALIZING_REQUEST = 13,
    WIRE_FATAL_VERSION_MISMATCH = 14,
    WIRE_FATAL_UNAUTHORIZED = 15,
};

/* RpcSaslProto.SaslState */
enum wire_sasl_state {
    WIRE_SASL_SUCCESS,
    WIRE_SASL_NEGOTIATE,
    WIRE_SASL_INITIATE,
    WIRE_SASL_CHALLENGE,
    WIRE_SASL_RESPONSE,
    WIRE_SASL_WRAP,
};

struct wire_sasl_auth {
    struct wire_bytes method, mechanism, protocol, server_id, challenge;
};

/* RpcKindProto */
enum { WIRE_KIND_BUILTIN = 0, WIRE_KIND_WRITABLE = 1, WIRE_KIND_PROTOBUF = 2 };

/* Before version 9 context, SASL and ping have no call id on the wire, and show those. */
enum wire_kind {
    WIRE_PREAMBLE, /* c2s: "hrpc", version, service class, auth */
    WIRE_SASL,     /* both ways, call id -33 */
    WIRE_CONTEXT,  /* c2s, call id -3; version 4 calls it ConnectionHeader */
    WIRE_REQUEST,  /* c2s: a call, and any call id that has no other meaning */
    WIRE_PING,     /* c2s, call id -4 */
    WIRE_RESPONSE, /* s2c */
    WIRE_GOODBYE,  /* s2c: the fatal that IPC versions before 9 understand */
    WIRE_HTTP,     /* c2s: "GET ", and s2c: its answer */
};

enum { WIRE_AUTH_NONE = 0, WIRE_AUTH_SASL = 0xdf, WIRE_SASL_AUTHS_MAX = 8 };
/* Before version 9: SaslRpcServer.AuthMethod. */
enum { WIRE_AUTH_SIMPLE = 80, WIRE_AUTH_KERBEROS = 81, WIRE_AUTH_DIGEST = 82 };
enum { WIRE_NUMBER_ABSENT = -1000000 }; /* an optional number that was not sent */

/* The direction of a stream or message. */
enum wire_side { WIRE_TO_SERVER, WIRE_TO_CLIENT };

/* Any message.  All bytes are borrowed: from the decoder until its next call, or from who
 * encodes.  The fields of other kinds are zero. */
struct wire_message {
    enum wire_kind kind;
    enum wire_side side; /* tells the two forms of SASL and HTTP apart */

    /* Preamble; `version` also of a goodbye (which client it is for: 2 has a form of its own,
     * 3 to 8 share one, 0 and 1 get no bytes; a decoded one says 8). */
    struct wire_bytes magic;          /* four bytes; to encode: WIRE_ABSENT is "hrpc" */
    int version, service_class, auth; /* version and service class signed, auth 0 to 255 */

    /* The header of every frame. */
    int rpc_kind, rpc_op; /* as sent, or WIRE_NUMBER_ABSENT; unknown numbers count as absent */
    int32_t call_id;
    int32_t retry; /* -1 when absent; WIRE_NUMBER_ABSENT to send none */
    struct wire_bytes client_id;
    bool has_state_id;
    int64_t state_id;
    struct wire_bytes caller_context; /* its text */
    struct wire_bytes caller_signature;
    struct wire_bytes router_state;

    /* Context. */
    struct wire_bytes user;      /* effectiveUser; */
    struct wire_bytes real_user; /* realUser */
    struct wire_bytes protocol;  /* of context and request */

    /* Request: RequestHeaderProto, then the parameter message; of a Writable call WritableRpc-
     * Engine.Invocation, `body` being the parameters (int32 count, ObjectWritables). */
    struct wire_bytes method;
    uint64_t protocol_version;
    int64_t writable_version;  /* writableRpcVersion: 2 */
    int32_t methods_hash;      /* clientMethodsHash */
    struct wire_bytes no_utf8; /* decoded: the first UTF8 of the call's head that is none, which
                                * io/UTF8.java from 1.x on does not read; else absent */

    /* Response, goodbye. */
    enum wire_status status;
    int ipc_version; /* serverIpcVersionNum, or WIRE_NUMBER_ABSENT */
    int code;        /* enum wire_code, 0 when absent */
    struct wire_bytes class_name, text;

    /* SASL.  Before version 9 nothing on the wire says a state, and a decoded one is INITIATE to
     * a server and CHALLENGE to a client; there a SUCCESS is the switch to SIMPLE, and a refusal
     * has status ERROR, class and text. */
    enum wire_sasl_state sasl_state;
    struct wire_bytes token;
    const struct wire_sasl_auth *auths; /* auth_count of them */
    size_t auth_count;

    /* Decoded: everything behind the header.  wire_open_… read on in it.  To encode: when it
     * is there it goes out as it is, in place of all that would be made from fields. */
    struct wire_bytes payload;
    /* The parameter or the value, without its delimiter.  To encode: given without; when it
     * is absent its delimiter is left out too (which no good peer does).  One that is rpc kind
     * 0 or 1 has none. */
    struct wire_bytes body;
    struct wire_bytes trailing; /* bytes behind the last part, inside the frame */

    /* To encode something wrong on purpose: a length word other than the true one.  What has
     * none (replies before version 9) goes without. */
    bool has_length;
    int32_t length; /* decoded: the length word, has_length being false; without one 0 */

    /* Decoded: length of the whole message on the wire, with preamble or length word. */
    size_t size;
};

/* A good peer's message of this kind, for IPC version 9: everything that the sender would
 * set by itself, to be filled with what it says. */
struct wire_message wire_message(enum wire_kind kind);

/* Memory for one decoded message; see rpc/arena.h. */
struct arena;
/* The classes of Writables that are known; see writable.h. */
struct writable_types;

enum {
    WIRE_PROBLEM_MAX = 256,
    WIRE_DECODED_MAX = 256 << 20, /* bytes of memory for one decoded message and all it holds */
};

/* Reads on behind a decoded header; needs the message's payload and leaves it.
 * RPC_OK fills the kind's fields and `trailing`.  RPC_MALFORMED, or RPC_END when the bytes
 * end too early (where Hadoop meets an EOFException, which has no text), says why in `problem`
 * (WIRE_PROBLEM_MAX bytes), as Java words it, without the exception's class. */
typedef enum rpc_status wire_open_fn(struct wire_message *message, struct arena *arena,
                                     char *problem);

/* One IPC version. */
struct wire_codec {
    int version;
    size_t preamble_length; /* magic and all: 7 bytes, 6 before version 9 */
    bool protobuf_headers;  /* before version 9 Java's own fields */
    bool frames_replies;    /* before version 9 only reading a reply tells where it ends */
    bool frames_pings;      /* before version 9 a ping is a length word of -1 */
    bool knows_http;        /* "GET " is told apart from other wrong magics */
    int auth_simple;        /* the preamble's auth byte of a client without SASL */
    /* Whether that byte begins SASL; what is neither is unknown. */
    bool (*auth_is_sasl)(int auth);
    /* What wire_message says, but as this version has it. */
    struct wire_message (*message)(enum wire_kind kind);
    /* Append the message's bytes, whole frame or preamble.  RPC_NO_MEMORY. */
    enum rpc_status (*encode)(const struct wire_message *message, struct wire_buffer *out);
    /* The header of a frame (the bytes behind its length word; of an unframed reply all of it)
     * into `message`, payload set.  Fields point into the frame; what cannot lives in `arena`.
     * `expected` says what a frame to the server is where it does not say so itself (see
     * wire_decoder_expect).  RPC_MALFORMED with the reason in `problem`. */
    enum rpc_status (*decode)(enum wire_side side, enum wire_kind expected, struct wire_bytes frame,
                              struct wire_message *message, struct arena *arena, char *problem,
                              size_t problem_size);
    wire_open_fn *open_context;
    wire_open_fn *open_sasl;
    /* When only the body of a request is wrong, the method's fields are set all the same.  The
     * body of a Writable call is all that follows: who reads its values finds what trails. */
    wire_open_fn *open_request;
    /* The value of a SUCCESS response: sets body and trailing.  In version 9 rpc_kind, which
     * its header does not say, is to be that of the call; 0 and 1 have no delimiter. */
    wire_open_fn *open_value;
    /* What a server of this version answers to a preamble of another version (or with a wrong
     * magic): appends its bytes, which may be none. */
    enum rpc_status (*encode_mismatch)(int version, struct wire_buffer *out);
};

/* NULL when that IPC version is not spoken here. */
const struct wire_codec *wire_codec(int version);

/* wire_codec(9)->encode_mismatch: what a server of version 9 answers to a preamble whose magic is
 * wrong or whose version is not 9, by the version byte (Hadoop 2.x ipc/Server.java,
 * setupBadVersionResponse): a FATAL frame, an old-style goodbye, or, for versions that understand
 * none, nothing. */
enum rpc_status wire_encode_version_mismatch(int version, struct wire_buffer *out);

/* Versions before 9: where a reply ends, which has no length word and whose value tells its own
 * length only as it is read.  Remembers how far it has got. */
struct wire_extent;

/* `types` is borrowed, NULL: only Java's own.  NULL when out of memory. */
struct wire_extent *wire_extent_create(const struct writable_types *types, size_t length_max);
void wire_extent_free(struct wire_extent *extent);
/* The next reply begins. */
void wire_extent_reset(struct wire_extent *extent);
/* What comes next is no reply but its value alone, an ObjectWritable. */
void wire_extent_value(struct wire_extent *extent);
/* `bytes` are those that have come of the reply, from its first on: those of the last look, and
 * more.  *size: how many it has at least; never more than must come, so that who reads just
 * these never reads into the next reply.
 * RPC_OK: it is whole, *size bytes.  RPC_AGAIN: it is not.  RPC_TOO_LONG: above length_max.
 * RPC_UNKNOWN_NAME: a class that is not known (a RuntimeException in Java); RPC_MALFORMED: an
 * IOException; RPC_BAD_VALUE: another RuntimeException, like that of a negative length.
 * RPC_TOO_DEEP.  `problem` (WIRE_PROBLEM_MAX bytes) has the exception's text as Java words it. */
enum rpc_status wire_extent_look(struct wire_extent *extent, struct wire_bytes bytes, size_t *size,
                                 char *problem);

/* A stream of bytes to messages, one direction of one connection. */
struct wire_decoder;

struct wire_decoder *wire_decoder_create(const struct wire_codec *codec, enum wire_side side,
                                         size_t frame_length_max);
void wire_decoder_free(struct wire_decoder *decoder);

/* Versions before 9: what the next frame to the server is, WIRE_CONTEXT, WIRE_SASL or
 * WIRE_REQUEST.  By itself the decoder expects SASL or a context after the preamble, as its
 * auth byte says, and requests after a context. */
void wire_decoder_expect(struct wire_decoder *decoder, enum wire_kind expected);
/* Versions before 9: the classes that values may be of; borrowed.  Without them only Java's own
 * types are known. */
void wire_decoder_types(struct wire_decoder *decoder, const struct writable_types *types);

/* Where the next bytes go and how many may be put there: never 0, never more than belongs to
 * the present piece, though a long body is asked for bit by bit, as its memory grows with what
 * has come.  *into is valid until the next call.  0: out of memory. */
size_t wire_decoder_want(struct wire_decoder *decoder, uint8_t **into);

/* Decoders that never run at the same time, most of them idle, can share the memory of frames:
 * `spare`, borrowed, has it while none of them has a frame. */
void wire_decoder_share(struct wire_decoder *decoder, struct wire_buffer *spare);
/* The message that was given last is its borrower's no more, and its memory is free now. */
void wire_decoder_rest(struct wire_decoder *decoder);

/* Whether some, but not all bytes of a message have come. */
bool wire_decoder_amid(const struct wire_decoder *decoder);

/* `length` bytes have been put there.
 * RPC_AGAIN: the message is not complete.
 * RPC_OK: *message is, its header decoded; borrowed until the next call of _want.
 * RPC_TOO_LONG: the length word is negative or above the limit (message->length has it);
 *               nothing may follow.
 * RPC_MALFORMED: the header does not decode; problem says why; the frame is consumed.
 * A first length word of -1 that comes to a client begins a goodbye, and after "GET " a server
 * is given WIRE_HTTP.  A preamble is given whatever its magic and version.
 * Replies before version 9: anything that wire_extent_look says is wrong; *message has what was
 * read of the reply's header, problem says why, and nothing may follow. */
enum rpc_status wire_decoder_take(struct wire_decoder *decoder, size_t length,
                                  struct wire_message *message);
const char *wire_decoder_problem(const struct wire_decoder *decoder);
struct arena *wire_decoder_arena(struct wire_decoder *decoder);

/* The same from bytes at hand: takes up to one message from `bytes`, *used tells how many. */
enum rpc_status wire_decoder_feed(struct wire_decoder *decoder, struct wire_bytes bytes,
                                  size_t *used, struct wire_message *message);

#endif
