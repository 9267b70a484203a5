#include "rpc/wire/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/schema_walk.h"

static struct schema *schema;
static struct arena arena;
static char problem[WIRE_PROBLEM_MAX];

static struct wire_bytes load(const char *name)
{
    static uint8_t room[1 << 16];
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", SCHEMA_TEST_FILES, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    size_t length = fread(room, 1, sizeof(room), file);
    fclose(file);
    return (struct wire_bytes){room, length};
}

static void begin(void)
{
    schema = schema_create();
    arena = (struct arena){.budget = WIRE_DECODED_MAX};
    enum rpc_status status = schema_add(schema, load("schema_test.set"), problem);
    cr_assert(status == RPC_OK, "%s", problem);
}

static void end(void)
{
    arena_release(&arena);
    schema_free(schema);
}

TestSuite(schema, .init = begin, .fini = end);

#define SAME_TEXT(a, b) cr_assert(strcmp((a), (b)) == 0, "%s", (a))
#define BYTES(text)     ((struct wire_bytes)LITERAL(text))
#define LITERAL(text)                                                                              \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static enum rpc_status decode(const char *type, struct wire_bytes bytes, ProtobufCMessage **message)
{
    return schema_decode(schema_message(schema, type), bytes, &arena, message, problem);
}

static const void *field_of(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return (const char *)message + field->offset;
}

Test(schema, writes_the_bytes_that_protoc_writes)
{
    struct wire_bytes bytes = load("schema_test.bin");
    ProtobufCMessage *message;
    struct wire_buffer out = {0};
    cr_assert(decode("ripcord.test.Everything", bytes, &message) == RPC_OK, "%s", problem);
    cr_assert(eq(int, schema_encode(message, &out), RPC_OK));
    cr_assert(eq(sz, out.length, bytes.length));
    cr_assert(memcmp(out.data, bytes.data, bytes.length) == 0);
    wire_buffer_release(&out);
}

Test(schema, knows_services_and_their_methods)
{
    const struct schema_service *service = schema_service(schema, "ripcord.test.Things");
    cr_assert(service != NULL);
    const struct schema_method *method = schema_method(service, BYTES("little"));
    SAME_TEXT(method->request->name, "ripcord.test.Little");
    SAME_TEXT(method->response->name, "ripcord.test.Everything");
    cr_assert(schema_method(service, BYTES("great")) == NULL);
    cr_assert(schema_service(schema, "ripcord.test.Little") == NULL);
}

Test(schema, tells_text_and_maps_apart)
{
    const ProtobufCMessageDescriptor *type = schema_message(schema, "ripcord.test.Everything");
    cr_assert(schema_is_text(protobuf_c_message_descriptor_get_field_by_name(type, "a_string")));
    cr_assert(
        not(schema_is_text(protobuf_c_message_descriptor_get_field_by_name(type, "a_bytes"))));
    cr_assert(schema_is_map(protobuf_c_message_descriptor_get_field_by_name(type, "sizes")));
    cr_assert(not(schema_is_map(protobuf_c_message_descriptor_get_field_by_name(type, "inners"))));
}

Test(schema, fills_defaults_in)
{
    ProtobufCMessage *message;
    cr_assert(eq(int, decode("ripcord.test.Everything", BYTES(""), &message), RPC_OK));
    cr_assert(eq(int, *(const int32_t *)field_of(message, "with_default"), -7));
    cr_assert(eq(int, *(const int32_t *)field_of(message, "colour_default"), 5));
    const ProtobufCBinaryData *text = field_of(message, "text_default");
    cr_assert(eq(sz, text->len, 4));
    const ProtobufCBinaryData *bytes = field_of(message, "bytes_default");
    cr_assert(eq(sz, bytes->len, 4));
    cr_assert(memcmp(bytes->data, "a\001\"b", 4) == 0);
    ProtobufCMessage *made = schema_new(message->descriptor, &arena);
    cr_assert(eq(int, *(const int32_t *)field_of(made, "with_default"), -7));
}

/* A set of one file, a_b.proto of package p with a message AB, and the file's options. */
static void is_in_java(const char *options, size_t length, const char *expected)
{
    static const char file[] = "\x0a\x09"
                               "a_b.proto\x12\x01p\x22\x04\x0a\x02"
                               "AB";
    char set[128] = "\x0a";
    struct schema *own = schema_create();
    size_t size = sizeof(file) - 1 + length;

    set[1] = (char)size;
    memcpy(set + 2, file, sizeof(file) - 1);
    memcpy(set + 2 + sizeof(file) - 1, options, length);
    struct wire_bytes bytes = {(const uint8_t *)set, size + 2};
    cr_assert(schema_add(own, bytes, problem) == RPC_OK, "%s", problem);
    SAME_TEXT(schema_message(own, "p.AB")->c_name, expected);
    schema_free(own);
}

#define OPTIONS(text) text, sizeof(text) - 1

Test(schema, knows_what_protoc_calls_the_classes_in_java)
{
    SAME_TEXT(schema_message(schema, "ripcord.test.Inner")->c_name,
              "ripcord.test.SchemaTest$Inner");
    is_in_java(OPTIONS(""), "p.ABOuterClass$AB");
    is_in_java(OPTIONS("\x42\x05\x0a\x03j.k"), "j.k.ABOuterClass$AB");
    is_in_java(OPTIONS("\x42\x08\x0a\x03j.k\x42\x01O"), "j.k.O$AB");
    is_in_java(OPTIONS("\x42\x02\x50\x01"), "p.AB");
}

Test(schema, keeps_unknown_fields_and_writes_them_again)
{
    struct wire_bytes bytes = load("schema_test.bin");
    ProtobufCMessage *message, *empty;
    struct wire_buffer out = {0}, unknown = {0};
    cr_assert(eq(int, decode("ripcord.test.Little", bytes, &message), RPC_OK));
    cr_assert(eq(int, schema_encode(message, &out), RPC_OK));
    cr_assert(eq(sz, out.length, bytes.length));
    cr_assert(eq(int, schema_encode_unknown(message, &unknown), RPC_OK));
    cr_assert(eq(int, decode("ripcord.test.Little", WIRE_ABSENT, &empty), RPC_OK));
    cr_assert(eq(int,
                 schema_decode_unknown(empty, (struct wire_bytes){unknown.data, unknown.length},
                                       &arena, problem),
                 RPC_OK));
    cr_assert(eq(u32, empty->n_unknown_fields, message->n_unknown_fields));
    wire_buffer_release(&out);
    wire_buffer_release(&unknown);
}

Test(schema, takes_an_unknown_enum_number_for_an_unknown_field)
{
    ProtobufCMessage *message;
    struct wire_buffer out = {0};
    struct wire_bytes bytes = BYTES("\x80\x01\x09\xb0\x01\x00\xb0\x01\x09\xb0\x01\x05");
    cr_assert(decode("ripcord.test.Everything", bytes, &message) == RPC_OK, "%s", problem);
    cr_assert(eq(u32, message->n_unknown_fields, 2));
    cr_assert(eq(int, schema_encode(message, &out), RPC_OK));
    struct wire_bytes after = BYTES("\xb0\x01\x00\xb0\x01\x05\x80\x01\x09\xb0\x01\x09");
    cr_assert(eq(sz, out.length, after.length));
    cr_assert(memcmp(out.data, after.data, after.length) == 0);
    wire_buffer_release(&out);

    cr_assert(
        eq(int, decode("ripcord.test.Demanding", BYTES("\x08\x09"), &message), RPC_MALFORMED));
    SAME_TEXT(problem, "message ripcord.test.Demanding: required field `colour` is missing");
}

Test(schema, names_what_is_wrong_with_bytes)
{
    static const struct {
        struct wire_bytes bytes;
        const char *says;
    } cases[] = {
        {LITERAL("\x08"), "message ripcord.test.Everything: field `a_int32` is cut off"},
        {LITERAL("\x0d"
                 "1234"),
         "message ripcord.test.Everything: field `a_int32` has wire type 5, not 0"},
        {LITERAL("\x72\x05"
                 "abcd"),
         "message ripcord.test.Everything: field `a_string` is longer than what is there"},
        {LITERAL("\x8a\x01\x00"), "message ripcord.test.Inner: required field `name` is missing"},
        {LITERAL("\x8a\x01\x02\x0b\x0c"), "message ripcord.test.Inner: field `name` is a group, "
                                          "which is not supported"},
        {LITERAL("\x0f"),
         "message ripcord.test.Everything: field `a_int32` has the wire type 7, which does not "
         "exist"},
        {LITERAL("\x00\x00"), "message ripcord.test.Everything: a tag that does not exist"},
        {LITERAL("\x9a\x01\x01\x80"),
         "message ripcord.test.Everything: field `packed_numbers` is cut off"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ProtobufCMessage *message;
        enum rpc_status status = decode("ripcord.test.Everything", cases[i].bytes, &message);
        cr_expect(eq(int, status, RPC_MALFORMED));
        SAME_TEXT(problem, cases[i].says);
    }
}

/* `levels` of Inner within each other, from the inside; 9,000 of them overflow protobuf-c. */
static struct wire_bytes nested(uint8_t *room, size_t size, unsigned levels)
{
    size_t start = size;
    for (unsigned i = 0; i < levels; i++) {
        size_t length = size - start;
        if (i > 0) {
            uint8_t prefix[10];
            size_t used = schema_write_varint(prefix, length);
            start -= used;
            memcpy(room + start, prefix, used);
            room[--start] = 0x12;
        }
        start -= 2;
        memcpy(room + start, "\x0a", 2);
    }
    return (struct wire_bytes){room + start, size - start};
}

Test(schema, refuses_more_than_100_levels)
{
    static uint8_t room[1 << 16];
    ProtobufCMessage *message;
    struct wire_bytes deep = nested(room, sizeof(room), 9000);
    cr_assert(eq(int, decode("ripcord.test.Inner", deep, &message), RPC_TOO_DEEP));
    deep = nested(room, sizeof(room), 101);
    cr_assert(eq(int, decode("ripcord.test.Inner", deep, &message), RPC_TOO_DEEP));
    deep = nested(room, sizeof(room), 100);
    cr_assert(eq(int, decode("ripcord.test.Inner", deep, &message), RPC_OK));
}

Test(schema, refuses_what_exceeds_the_budget)
{
    static uint8_t empty[6000];
    struct arena small = {.budget = 4000};
    ProtobufCMessage *message;
    for (size_t i = 0; i < sizeof(empty); i += 3)
        memcpy(empty + i, "\x92\x01", 3); /* one number 0 */
    enum rpc_status status =
        schema_decode(schema_message(schema, "ripcord.test.Everything"),
                      (struct wire_bytes){empty, sizeof(empty)}, &small, &message, problem);
    cr_assert(eq(int, status, RPC_TOO_LONG));
    arena_release(&small);
}

Test(schema, adds_nothing_of_a_set_that_is_wrong)
{
    struct wire_bytes set = load("schema_test.set");
    struct schema *other = schema_create();
    cr_assert(eq(int, schema_add(schema, set, problem), RPC_OK)); /* known: nothing happens */
    for (size_t cut = 1; cut < set.length; cut++) {
        struct wire_bytes part = {set.data, set.length - cut};
        cr_assert(ne(int, schema_add(other, part, problem), RPC_OK));
        cr_assert(schema_name_at(other, 0) == NULL);
    }
    schema_free(other);
}
