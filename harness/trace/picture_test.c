#include "harness/trace/picture.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/examples.h"
#include "rpc/wire/fields.h"

static struct picture picture;
static struct wire_buffer bytes;

/* The picture of a call's invocation, which begins at `from`. */
static void draw_invocation(struct wire_bytes frame, size_t from)
{
    picture.bytes = frame;
    picture.at = from;
    picture_invocation(&picture, NULL);
    picture_add_rest(&picture, "more");
}

/* The picture of the last message of those bytes, and of `size` of its bytes. */
static void draw_first(enum wire_side side, size_t size)
{
    const struct wire_codec *codec = wire_codec(4);
    struct wire_decoder *decoder = wire_decoder_create(codec, side, 1 << 20);
    struct wire_message message = {.kind = WIRE_PING};
    char problem[WIRE_PROBLEM_MAX];
    size_t used = 0;
    for (size_t at = 0; at < bytes.length; at += used) {
        struct wire_bytes rest = {bytes.data + at, bytes.length - at};
        cr_assert(eq(int, (int)wire_decoder_feed(decoder, rest, &used, &message), RPC_OK));
        picture.bytes = (struct wire_bytes){rest.data, used < size ? used : size};
    }
    wire_message_open(codec, &message, wire_decoder_arena(decoder), problem);
    picture_v4(&picture, &message, NULL);
    wire_decoder_free(decoder);
}

static void draw(enum wire_side side)
{
    draw_first(side, SIZE_MAX);
}

/* Each byte is in one field of depth 0, and fields within others lie inside of them. */
static void covers_all(void)
{
    size_t end = 0, outer_end = 0;
    for (size_t i = 0; i < picture.count; i++) {
        const struct record_field *field = &picture.fields[i];
        if (field->depth == 0) {
            cr_assert(eq(sz, field->offset, end));
            outer_end = end += field->length;
        }
        cr_assert(le(sz, (size_t)field->offset + field->length, outer_end));
    }
    cr_assert(eq(sz, end, picture.bytes.length));
}

/* Field `i` is "name: value", at that place. */
static void has(size_t i, unsigned offset, unsigned length, const char *name, const char *value)
{
    cr_assert(gt(sz, picture.count, i));
    const struct record_field *field = &picture.fields[i];
    cr_assert(eq(uint, (unsigned)field->offset, offset));
    cr_assert(eq(uint, (unsigned)field->length, length));
    cr_assert_str_eq(field->name, name);
    cr_assert_str_eq(field->value, value);
}

static void finish(void)
{
    wire_buffer_release(&bytes);
}

TestSuite(picture, .fini = finish);

Test(picture, of_a_connection_header_has_protocol_and_users)
{
    wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
    draw(WIRE_TO_SERVER);
    covers_all();
    cr_assert_str_eq(picture.fields[0].name, "length");
    has(1, 4, 25, "protocol", "\"org.example.EchoProtocol\"");
    has(2, 29, 1, "user present", "true");
    cr_assert_str_eq(picture.fields[3].name, "user");
    cr_assert_str_eq(picture.fields[4].name, "real user present");
}

Test(picture, of_a_call_has_its_id_its_method_and_each_parameter)
{
    wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
    wire_example_add(EXAMPLE_V4_CALL, &bytes);
    draw(WIRE_TO_SERVER);
    covers_all();
    has(1, 4, 4, "call id", "1");
    has(2, 8, 6, "method", "\"echo\"");
    has(3, 14, 4, "parameters", "2");
    has(4, 18, 22, "parameter 1", "java.lang.String \"hi\"");
    has(5, 40, 9, "parameter 2", "int 7");
    cr_assert(eq(sz, picture.count, 6));
}

Test(picture, of_a_reply_has_no_length_but_a_status_and_a_value)
{
    wire_example_add(EXAMPLE_V4_REPLY, &bytes);
    draw(WIRE_TO_CLIENT);
    covers_all();
    has(0, 0, 4, "call id", "1");
    has(1, 4, 4, "status", "SUCCESS");
    cr_assert_str_eq(picture.fields[2].name, "value");
    cr_assert(eq(sz, picture.count, 3));
}

Test(picture, of_an_array_has_each_of_its_elements)
{
    wire_example_add(EXAMPLE_V4_INTS, &bytes);
    draw(WIRE_TO_CLIENT);
    covers_all();
    cr_assert_str_eq(picture.fields[2].name, "value");
    cr_assert_str_eq(picture.fields[2].value, "[I 2 elements");
    cr_assert_str_eq(picture.fields[3].name, "[0]");
    cr_assert_str_eq(picture.fields[3].value, "int 1");
    cr_assert_str_eq(picture.fields[4].name, "[1]");
    cr_assert(eq(uint, picture.fields[4].depth, 1));
}

Test(picture, of_a_failure_has_class_and_message)
{
    static const enum wire_example examples[] = {EXAMPLE_V4_ERROR, EXAMPLE_V4_FATAL};
    static const char *const statuses[] = {"ERROR", "FATAL"};
    for (size_t i = 0; i < 2; i++) {
        picture = (struct picture){.count = 0};
        bytes.length = 0;
        wire_example_add(examples[i], &bytes);
        draw(WIRE_TO_CLIENT);
        covers_all();
        cr_assert_str_eq(picture.fields[1].value, statuses[i]);
        cr_assert_str_eq(picture.fields[2].name, "class");
        cr_assert_str_eq(picture.fields[3].name, "message");
        cr_assert(eq(sz, picture.count, 4));
    }
}

Test(picture, of_a_ping_is_its_length)
{
    wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
    wire_example_add(EXAMPLE_V4_PING, &bytes);
    draw(WIRE_TO_SERVER);
    covers_all();
    has(0, 0, 4, "ping", "-1");
}

/* A frame of which the record keeps only the beginning. */
Test(picture, of_a_part_says_as_much_as_is_there)
{
    for (size_t size = 0; size < 49; size++) {
        picture = (struct picture){.count = 0};
        bytes.length = 0;
        wire_example_add(EXAMPLE_V4_CONTEXT, &bytes);
        wire_example_add(EXAMPLE_V4_CALL, &bytes);
        draw_first(WIRE_TO_SERVER, size);
        for (size_t i = 0; i < picture.count; i++)
            cr_assert(le(sz, (size_t)picture.fields[i].offset + picture.fields[i].length, size));
    }
}

enum { WRITABLE_HEADER = 4 + 27 }; /* of EXAMPLE_WRITABLE_CALL, length word and all */

Test(picture, a_call_of_the_writable_engine_shows_its_head_and_its_parameters)
{
    wire_example_add(EXAMPLE_WRITABLE_CALL, &bytes);
    draw_invocation((struct wire_bytes){bytes.data, bytes.length}, WRITABLE_HEADER);
    has(0, 31, 8, "rpc version", "2");
    has(1, 39, 26, "protocol", "\"org.example.WritableEcho\"");
    has(2, 65, 6, "method", "\"echo\"");
    has(3, 71, 8, "client version", "3");
    has(4, 79, 4, "methods hash", "0");
    has(5, 83, 4, "parameters", "2");
    has(6, 87, 22, "parameter 1", "java.lang.String \"hi\"");
    has(7, 109, 9, "parameter 2", "int 7");
    cr_assert(eq(sz, picture.count, 8));
}

Test(picture, a_call_of_the_writable_engine_that_is_cut_is_shown_as_far_as_it_goes)
{
    wire_example_add(EXAMPLE_WRITABLE_CALL, &bytes);
    draw_invocation((struct wire_bytes){bytes.data, 60}, WRITABLE_HEADER);
    has(0, 31, 8, "rpc version", "2");
    cr_assert(eq(sz, picture.count, 2));
    cr_assert_str_eq(picture.fields[1].name, "more");
    cr_assert(eq(uint, (unsigned)picture.fields[1].length, 21u));
}
