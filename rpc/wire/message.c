#include "rpc/wire/v9.h"
#include "rpc/wire/wire.h"

static bool v9_auth_is_sasl(int auth)
{
    return auth == WIRE_AUTH_SASL;
}

static const struct wire_codec codecs[] = {
    {.version = 9,
     .preamble_length = 7,
     .frames_replies = true,
     .auth_simple = WIRE_AUTH_NONE,
     .auth_is_sasl = v9_auth_is_sasl,
     .message = wire_message,
     .encode = wire_v9_encode,
     .decode = wire_v9_decode,
     .open_context = wire_v9_open_context,
     .open_sasl = wire_v9_open_sasl,
     .open_request = wire_v9_open_request,
     .open_value = wire_v9_open_value},
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
    struct wire_message message = {
        .kind = kind,
        .side = kind == WIRE_RESPONSE || kind == WIRE_GOODBYE ? WIRE_TO_CLIENT : WIRE_TO_SERVER,
        .version = 9,
        .rpc_kind = WIRE_KIND_PROTOBUF,
        .rpc_op = 0,
        .call_id = call_id_of(kind),
        .retry = kind == WIRE_REQUEST ? 0 : -1,
        .client_id = empty,
        .protocol_version = 1,
        .ipc_version = 9,
    };
    if (kind == WIRE_REQUEST || kind == WIRE_RESPONSE)
        message.body = empty;
    return message;
}
