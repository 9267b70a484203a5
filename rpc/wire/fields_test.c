#include "rpc/wire/fields.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"

static void set(struct wire_message *message, const char *name, struct wire_value value)
{
    cr_assert(eq(int, (int)wire_field_set(message, name, value), RPC_OK), "%s", name);
}

static struct wire_value text(const char *bytes)
{
    return wire_value(wire_text(bytes));
}

static void has_text(const struct wire_message *message, const char *name, const char *expected)
{
    struct wire_value value;
    cr_assert(eq(int, (int)wire_field_get(message, name, &value), RPC_OK), "%s", name);
    cr_assert(eq(int, (int)value.type, WIRE_VALUE_BYTES), "%s", name);
    cr_assert(wire_is(value.bytes, expected), "%s", name);
}

static void has_number(const struct wire_message *message, const char *name, int64_t expected)
{
    struct wire_value value;
    cr_assert(eq(int, (int)wire_field_get(message, name, &value), RPC_OK), "%s", name);
    cr_assert(eq(int, (int)value.type, WIRE_VALUE_NUMBER), "%s", name);
    cr_assert(eq(i64, value.number, expected), "%s", name);
}

static void lacks(const struct wire_message *message, const char *name)
{
    struct wire_value value;
    cr_assert(eq(int, (int)wire_field_get(message, name, &value), RPC_OK), "%s", name);
    cr_assert(eq(int, (int)value.type, WIRE_VALUE_ABSENT), "%s", name);
}

Test(fields, numbers_go_by_name_and_by_number)
{
    struct wire_message response = wire_message(WIRE_RESPONSE);

    set(&response, "status", text("FATAL"));
    cr_assert(eq(int, (int)response.status, WIRE_FATAL));
    set(&response, "status", wire_number(1));
    has_text(&response, "status", "ERROR");
    lacks(&response, "code");
    set(&response, "code", text("FATAL_UNAUTHORIZED"));
    cr_assert(eq(int, response.code, WIRE_FATAL_UNAUTHORIZED));
    set(&response, "code", wire_number(99));
    has_number(&response, "code", 99);
    set(&response, "code", wire_value(WIRE_ABSENT));
    lacks(&response, "code");
    set(&response, "call", wire_number(999));
    has_number(&response, "call_id", 999);
    cr_assert(eq(int, (int)wire_field_set(&response, "status", text("fatal")), RPC_BAD_VALUE));
    cr_assert(
        eq(int, (int)wire_field_set(&response, "call", wire_number(INT64_MAX)), RPC_BAD_VALUE));
    cr_assert(eq(int, (int)wire_field_set(&response, "class", wire_number(1)), RPC_BAD_VALUE));
    cr_assert(eq(int, (int)wire_field_set(&response, "method", text("x")), RPC_UNKNOWN_NAME));
}

Test(fields, an_auth_byte_has_the_name_that_its_version_gives_it)
{
    struct wire_message preamble = wire_codec(4)->message(WIRE_PREAMBLE);

    has_text(&preamble, "auth", "SIMPLE");
    set(&preamble, "auth", text("DIGEST"));
    cr_assert(eq(int, preamble.auth, 82));
    preamble = wire_codec(9)->message(WIRE_PREAMBLE);
    has_text(&preamble, "auth", "NONE");
    set(&preamble, "auth", wire_number(80));
    has_number(&preamble, "auth", 80);
}

Test(fields, a_refusal_of_sasl_has_its_reasons_and_a_writable_call_its_hash)
{
    struct wire_message refusal = wire_codec(4)->message(WIRE_SASL);
    struct wire_message call = wire_codec(9)->message(WIRE_REQUEST);

    set(&refusal, "status", text("ERROR"));
    set(&refusal, "class", text("C"));
    set(&refusal, "message", text("no"));
    cr_assert(eq(int, (int)refusal.status, WIRE_ERROR));
    has_text(&refusal, "message", "no");
    set(&call, "hash", wire_number(-7));
    cr_assert(eq(int, call.methods_hash, -7));
}

Test(fields, one_name_is_another_thing_in_another_kind)
{
    struct wire_message preamble = wire_message(WIRE_PREAMBLE);
    struct wire_message request = wire_message(WIRE_REQUEST);

    set(&preamble, "version", wire_number(3));
    set(&preamble, "auth", text("SASL"));
    cr_assert(eq(int, preamble.version, 3));
    cr_assert(eq(int, preamble.auth, WIRE_AUTH_SASL));
    set(&request, "version", wire_number(7));
    cr_assert(eq(u64, request.protocol_version, 7));
}

Test(fields, of_two_users_the_effective_one_is_spoken_for)
{
    struct wire_message context = wire_message(WIRE_CONTEXT);

    set(&context, "user", text("alice"));
    has_text(&context, "user", "alice");
    lacks(&context, "effective");
    cr_assert(wire_is(context.user, "alice"));
    set(&context, "effective", text("bob"));
    cr_assert(wire_is(context.user, "bob"));
    cr_assert(wire_is(context.real_user, "alice"));
    has_text(&context, "user", "alice");
    has_text(&context, "effective", "bob");
    set(&context, "user", text("carol"));
    cr_assert(wire_is(context.real_user, "carol"));
}

Test(fields, every_field_of_every_kind_can_be_got)
{
    for (int kind = WIRE_PREAMBLE; kind <= WIRE_HTTP; kind++) {
        struct wire_message message = wire_message((enum wire_kind)kind);
        const char *name;
        enum wire_kind again;
        size_t i = 0;
        for (; (name = wire_field_name((enum wire_kind)kind, i)) != NULL; i++) {
            struct wire_value value;
            cr_assert(eq(int, (int)wire_field_get(&message, name, &value), RPC_OK));
        }
        cr_assert(gt(sz, i, 0), "%s", wire_kind_name((enum wire_kind)kind));
        cr_assert(wire_kind_by_name(wire_kind_name((enum wire_kind)kind), &again));
        cr_assert(eq(int, (int)again, kind));
    }
}

Test(fields, a_changed_message_goes_on_with_the_change_only)
{
    struct wire_buffer bytes = {NULL, 0, 0}, out = {NULL, 0, 0};
    struct wire_decoder *decoder = wire_decoder_create(wire_codec(9), WIRE_TO_CLIENT, 1 << 20);
    struct wire_message message;
    char problem[WIRE_PROBLEM_MAX];
    size_t used;

    wire_example_add(EXAMPLE_REPLY, &bytes);
    struct wire_bytes stream = {bytes.data, bytes.length};
    cr_assert(eq(int, (int)wire_decoder_feed(decoder, stream, &used, &message), RPC_OK));
    cr_assert(eq(
        int, (int)wire_message_open(wire_codec(9), &message, wire_decoder_arena(decoder), problem),
        RPC_OK));
    set(&message, "call", wire_number(1));
    set(&message, "trailing", text("x"));
    set(&message, "length", wire_number(7));
    cr_assert(eq(int, (int)wire_codec(9)->encode(&message, &out), RPC_OK));
    bytes.data[3] = 7;
    bytes.data[6] = 1;
    wire_buffer_add(&bytes, "x", 1);
    cr_assert(eq(sz, out.length, bytes.length));
    cr_assert(eq(int, memcmp(out.data, bytes.data, out.length), 0));
    wire_decoder_free(decoder);
    wire_buffer_release(&bytes);
    wire_buffer_release(&out);
}
