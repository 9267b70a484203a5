#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/arena.h"
#include "rpc/wire/codec_stage.h"
#include "rpc/wire/examples.h"
#include "rpc/wire/v9.h"
#include "rpc/wire/writable.h"

static char problem[WIRE_PROBLEM_MAX];

static const uint8_t client_id[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static struct wire_message of_version_9(enum wire_kind kind, int rpc_kind)
{
    struct wire_message message = wire_codec(9)->message(kind);
    message.rpc_kind = rpc_kind;
    message.retry = 0;
    message.client_id = (struct wire_bytes){client_id, sizeof(client_id)};
    return message;
}

Test(v9_writable, version_9_has_writable_calls_too)
{
    struct wire_message call = of_version_9(WIRE_REQUEST, WIRE_KIND_WRITABLE);
    struct wire_bytes body = hex(two_of_string_hi_and_7);

    call.call_id = 4;
    call.protocol = wire_text("org.example.WritableEcho");
    call.method = wire_text("echo");
    call.protocol_version = 3;
    call.body = body;
    are(wire_codec(9), &call, 1, bytes_of_example(EXAMPLE_WRITABLE_CALL));
    give_back(body);

    struct wire_message reply = of_version_9(WIRE_RESPONSE, WIRE_KIND_WRITABLE);
    body = hex("00106a6176612e6c616e672e537472696e670003 686937");
    reply.call_id = 4;
    reply.body = body;
    are(wire_codec(9), &reply, 1, bytes_of_example(EXAMPLE_WRITABLE_REPLY));
    give_back(body);
}

Test(v9_writable, version_9_has_builtin_calls_too)
{
    struct wire_message call = of_version_9(WIRE_REQUEST, WIRE_KIND_BUILTIN);
    struct wire_bytes body = hex("0000000000000029");

    call.body = body;
    are(wire_codec(9), &call, 1, bytes_of_example(EXAMPLE_BUILTIN_CALL));
    give_back(body);
    struct wire_message reply = of_version_9(WIRE_RESPONSE, WIRE_KIND_BUILTIN);
    body = hex("000000000000002a");
    reply.body = body;
    are(wire_codec(9), &reply, 1, bytes_of_example(EXAMPLE_BUILTIN_REPLY));
    give_back(body);
}

static struct wire_decoder *v9_decoder(enum wire_example example, struct wire_message *message)
{
    enum wire_side side = wire_example_side(example);
    struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), side, 1 << 20);
    size_t used;

    if (side == WIRE_TO_SERVER)
        next(decoder, "68727063 09 00 00", message);
    fed[fed_count] = bytes_of_example(example);
    cr_assert(eq(int, (int)wire_decoder_feed(decoder, fed[fed_count++], &used, message), RPC_OK));
    return decoder;
}

Test(v9_writable, writable_calls_of_version_9_come_apart)
{
    struct wire_message message;
    struct wire_decoder *decoder = v9_decoder(EXAMPLE_WRITABLE_CALL, &message);

    cr_assert(eq(int,
                 (int)wire_codec(9)->open_request(&message, wire_decoder_arena(decoder), problem),
                 RPC_OK));
    cr_assert(eq(i64, message.writable_version, 2));
    cr_assert(wire_is(message.protocol, "org.example.WritableEcho"));
    cr_assert(wire_is(message.method, "echo"));
    cr_assert(eq(u64, message.protocol_version, 3));
    cr_assert(eq(int, message.methods_hash, 0));
    cr_assert(eq(sz, message.body.length, 35));
    message.payload.length = 30;
    cr_assert(eq(int, (int)wire_codec(9)->open_request(&message, NULL, problem), RPC_END));
    done(decoder);

    decoder = v9_decoder(EXAMPLE_WRITABLE_REPLY, &message);
    message.rpc_kind = WIRE_KIND_WRITABLE;
    cr_assert(eq(int, (int)wire_codec(9)->open_value(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 23));
    done(decoder);
}

Test(v9_writable, builtin_calls_of_version_9_are_their_bytes)
{
    struct wire_message message;
    struct wire_decoder *decoder = v9_decoder(EXAMPLE_BUILTIN_CALL, &message);

    cr_assert(eq(int, (int)wire_codec(9)->open_request(&message, NULL, problem), RPC_OK));
    cr_assert(eq(sz, message.body.length, 8));
    cr_assert(eq(int, message.body.data[7], 41));
    cr_assert(message.method.data == NULL);
    done(decoder);
}
