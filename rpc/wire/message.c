#include "rpc/wire/v4.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/wire.h"

static bool v9_auth_is_sasl(int auth)
{
    return auth == WIRE_AUTH_SASL;
}

static bool v4_auth_is_sasl(int auth)
{
    return auth == WIRE_AUTH_KERBEROS || auth == WIRE_AUTH_DIGEST;
}

static const struct wire_codec codecs[] = {
    {.version = 4,
     .preamble_length = 6,
     .auth_simple = WIRE_AUTH_SIMPLE,
     .auth_is_sasl = v4_auth_is_sasl,
     .message = wire_v4_message,
     .encode = wire_v4_encode,
     .decode = wire_v4_decode,
     .open_context = wire_v4_open_context,
     .open_sasl = wire_v4_open_sasl,
     .open_request = wire_v4_open_request,
     .open_value = wire_v4_open_value,
     .encode_mismatch = wire_v4_encode_mismatch},
    {.version = 9,
     .preamble_length = 7,
     .protobuf_headers = true,
     .frames_replies = true,
     .frames_pings = true,
     .knows_http = true,
     .auth_simple = WIRE_AUTH_NONE,
     .auth_is_sasl = v9_auth_is_sasl,
     .message = wire_message,
     .encode = wire_v9_encode,
     .decode = wire_v9_decode,
     .open_context = wire_v9_open_context,
     .open_sasl = wire_v9_open_sasl,
     .open_request = wire_v9_open_request,
     .open_value = wire_v9_open_value,
     .encode_mismatch = wire_encode_version_mismatch},
};

const struct wire_codec *wire_codec(int version)
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (codecs[i].version == version)
            return &codecs[i];
    }
    return NULL;
}

/* Everything but calls and their responses says "no retry" and no call of its own. */
static int32_t call_id_of(enum wire_kind kind)
{
    switch (kind) {
    case WIRE_SASL:
        return WIRE_CALL_SASL;
    case WIRE_CONTEXT:
        return WIRE_CALL_CONTEXT;
    case WIRE_PING:
        return WIRE_CALL_PING;
    case WIRE_PREAMBLE:
    case WIRE_REQUEST:
    case WIRE_RESPONSE:
    case WIRE_GOODBYE:
    case WIRE_HTTP:
        break;
    }
    return 0;
}

struct wire_message wire_message(enum wire_kind kind)
{
    const struct wire_bytes empty = wire_text("");
    bool is_call = kind == WIRE_REQUEST || kind == WIRE_RESPONSE;
    return (struct wire_message){
        .kind = kind,
        .side = kind == WIRE_RESPONSE || kind == WIRE_GOODBYE ? WIRE_TO_CLIENT : WIRE_TO_SERVER,
        .version = 9,
        .rpc_kind = WIRE_KIND_PROTOBUF,
        .rpc_op = 0,
        .call_id = call_id_of(kind),
        .retry = kind == WIRE_REQUEST ? 0 : -1,
        .client_id = empty,
        .protocol_version = 1,
        .writable_version = 2,
        .ipc_version = 9,
        .body = is_call ? empty : WIRE_ABSENT,
    };
}

/* No parameters; and what a void method gives, ObjectWritable.NullInstance of `void`. */
static const char no_parameters[] = "\0\0\0";
static const char nothing[] = "\0\35org.apache.hadoop.io.Writable"
                              "\0\60org.apache.hadoop.io.ObjectWritable$NullInstance"
                              "\0\4void";

struct wire_message wire_v4_message(enum wire_kind kind)
{
    struct wire_message message = wire_message(kind);

    message.version = kind == WIRE_GOODBYE ? message.version : 4;
    message.auth = kind == WIRE_PREAMBLE ? WIRE_AUTH_SIMPLE : 0;
    message.rpc_kind = WIRE_KIND_WRITABLE;
    message.rpc_op = WIRE_NUMBER_ABSENT;
    message.retry = -1;
    message.client_id = WIRE_ABSENT;
    message.protocol_version = 0;
    message.ipc_version = WIRE_NUMBER_ABSENT;
    if (kind == WIRE_REQUEST)
        message.body = (struct wire_bytes){(const uint8_t *)no_parameters, sizeof(no_parameters)};
    else if (kind == WIRE_RESPONSE)
        message.body = (struct wire_bytes){(const uint8_t *)nothing, sizeof(nothing) - 1};
    return message;
}
