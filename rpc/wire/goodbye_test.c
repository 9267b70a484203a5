#include "rpc/wire/goodbye.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"

static void equals(const struct wire_buffer *seen, const struct wire_buffer *expected)
{
    cr_assert(eq(sz, seen->length, expected->length));
    cr_assert(eq(int, memcmp(seen->data, expected->data, seen->length), 0));
}

static struct wire_buffer answer_to(int version)
{
    struct wire_buffer out = {NULL, 0, 0};
    cr_assert(eq(int, (int)wire_encode_version_mismatch(version, &out), RPC_OK));
    return out;
}

static void is_answered_with(int version, enum wire_example example)
{
    struct wire_buffer seen = answer_to(version), expected = {NULL, 0, 0};
    wire_example_add(example, &expected);
    equals(&seen, &expected);
    wire_buffer_release(&seen);
    wire_buffer_release(&expected);
}

Test(goodbye, each_version_gets_the_one_it_understands)
{
    is_answered_with(10, EXAMPLE_VERSION_FATAL);
    is_answered_with(4, EXAMPLE_GOODBYE);
    is_answered_with(2, EXAMPLE_GOODBYE_2);
}

Test(goodbye, of_all_version_bytes_only_2_and_more_are_answered)
{
    for (int version = -128; version < 128; version++) {
        struct wire_buffer seen = answer_to(version);
        size_t digits = version > 99 ? 3 : version > 9 ? 2 : 1;
        if (version < 2)
            cr_assert(eq(sz, seen.length, 0));
        else if (version == 2)
            cr_assert(eq(sz, seen.length, 115));
        else if (version < 9)
            cr_assert(eq(sz, seen.length, 118));
        else
            cr_assert(eq(sz, seen.length, 126 + digits));
        wire_buffer_release(&seen);
    }
}

Test(goodbye, a_browser_is_told_that_this_is_no_web_page)
{
    struct wire_message message = wire_message(WIRE_HTTP);
    struct wire_buffer seen = {NULL, 0, 0}, expected = {NULL, 0, 0};

    message.side = WIRE_TO_CLIENT;
    cr_assert(eq(int, (int)wire_codec(9)->encode(&message, &seen), RPC_OK));
    wire_example_add(EXAMPLE_HTTP_ANSWER, &expected);
    equals(&seen, &expected);
    wire_buffer_release(&seen);
    wire_buffer_release(&expected);
}

Test(goodbye, null_texts_are_null)
{
    struct wire_message message = wire_message(WIRE_GOODBYE);
    struct wire_buffer seen = {NULL, 0, 0}, expected = {NULL, 0, 0};

    message.version = 3;
    cr_assert(eq(int, (int)wire_goodbye_encode(&message, &seen), RPC_OK));
    wire_hex_add("ffffffff ffffffff ffffffff ffffffff", &expected);
    equals(&seen, &expected);

    struct wire_bytes bytes = {seen.data, seen.length};
    cr_assert(eq(sz, wire_goodbye_size(bytes, 100), 16));
    message = wire_goodbye_decode(bytes);
    cr_assert(message.class_name.data == NULL && message.text.data == NULL);
    wire_buffer_release(&seen);
    wire_buffer_release(&expected);
}
