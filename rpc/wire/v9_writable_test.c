#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

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

/* ObjectWritable.readObject makes the array, and its class is the declared one. */
Test(v9_writable, a_packed_array_is_declared_as_the_array_that_it_is)
{
    struct writable_types *types = writable_types_create(NULL);
    struct wire_bytes body =
        hex("00000001 0034 6f72672e6170616368652e6861646f6f702e696f2e41727261795072696d6974697665"
            "5772697461626c6524496e7465726e616c 0003 696e74 00000001 00000007");
    char text[64];

    cr_assert(eq(int, (int)writable_types_add_packed(types, problem), RPC_OK));
    cr_assert(eq(int, (int)writable_signature(types, body, text, sizeof(text), problem), RPC_OK));
    cr_assert_str_eq(text, "[I");
    give_back(body);
    writable_types_free(types);
}

static void is_malformed(const struct writable_types *types, const char *array, const char *says)
{
    struct wire_bytes body = hex(array);
    cr_assert(eq(
        int, (int)writable_walk(types, WRITABLE_GOAL_OBJECT, NULL, body, NULL, NULL, NULL, problem),
        RPC_MALFORMED));
    cr_assert_str_eq(problem, says);
    give_back(body);
}

/* io/ArrayPrimitiveWritable.java, readFields. */
Test(v9_writable, a_packed_array_that_does_not_read_is_an_io_exception)
{
#define PACKED                                                                                     \
    "0034 6f72672e6170616368652e6861646f6f702e696f2e41727261795072696d69746976655772697461626c65"  \
    "24496e7465726e616c "
    struct writable_types *types = writable_types_create(NULL);
    cr_assert(eq(int, (int)writable_types_add_packed(types, problem), RPC_OK));
    is_malformed(types, PACKED "0003 696e74 ffffffff", "encoded array length is negative -1");
    is_malformed(types, PACKED "0003 666f6f 00000001",
                 "encoded array component type foo is not a candidate primitive type");
    writable_types_free(types);
#undef PACKED
}
