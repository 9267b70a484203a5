/* Numbers and texts. */
#include "rpc/wire/writable_stage.h"

Test(writable, vlongs_are_written_and_read_as_WritableUtils_does)
{
    static const struct {
        int64_t value;
        const char *bytes;
        size_t length;
    } all[] = {
        {0, "\x00", 1},
        {127, "\x7f", 1},
        {128, "\x8f\x80", 2},
        {255, "\x8f\xff", 2},
        {256, "\x8e\x01\x00", 3},
        {65535, "\x8e\xff\xff", 3},
        {2147483647, "\x8c\x7f\xff\xff\xff", 5},
        {-112, "\x90", 1},
        {-113, "\x87\x70", 2},
        {-129, "\x87\x80", 2},
        {INT64_MAX, "\x88\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
        {INT64_MIN, "\x80\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        struct wire_buffer out = {0};
        int64_t value = 99;
        writable_put_number(&out, WRITABLE_VLONG, all[i].value);
        cr_assert(eq(sz, out.length, all[i].length), "%lld", (long long)all[i].value);
        cr_assert(eq(int, memcmp(out.data, all[i].bytes, out.length), 0));
        cr_assert(eq(sz, writable_read_vlong(bytes_of(&out), &value), out.length));
        cr_assert(eq(i64, value, all[i].value));
        out.length--;
        cr_assert(eq(sz, writable_read_vlong(bytes_of(&out), &value), 0));
        wire_buffer_release(&out);
    }
}

static void check_text(enum writable_kind kind, struct wire_bytes text, bool overlong,
                       const char *expected, size_t length)
{
    struct wire_buffer out = {0};
    cr_assert(eq(int, writable_put_text(&out, kind, text, overlong), RPC_OK));
    cr_assert(eq(sz, out.length, length));
    cr_assert(eq(int, memcmp(out.data, expected, length), 0));
    wire_buffer_release(&out);
}

Test(writable, texts_are_written_in_four_ways)
{
    const struct wire_bytes nul = {(const uint8_t *)"", 1}, empty = wire_text("");
    const struct wire_bytes smile = wire_text("\xf0\x9f\x98\x80");
    check_text(WRITABLE_UTF8, empty, false, "\0\0", 2);
    check_text(WRITABLE_TEXT, empty, false, "\0", 1);
    check_text(WRITABLE_UTF, empty, false, "\0\0", 2);
    check_text(WRITABLE_STRING, empty, false, "\0\0\0\0", 4);
    check_text(WRITABLE_STRING, WIRE_ABSENT, false, "\xff\xff\xff\xff", 4);
    check_text(WRITABLE_UTF8, nul, false, "\0\1\0", 3);
    check_text(WRITABLE_UTF8, nul, true, "\0\2\xc0\x80", 4);
    check_text(WRITABLE_UTF, nul, false, "\0\2\xc0\x80", 4);
    check_text(WRITABLE_TEXT, nul, false, "\1\0", 2);
    check_text(WRITABLE_UTF8, smile, false, "\0\6\xed\xa0\xbd\xed\xb8\x80", 8);
    check_text(WRITABLE_TEXT, smile, false, "\4\xf0\x9f\x98\x80", 5);
    check_text(WRITABLE_UTF, smile, false, "\0\6\xed\xa0\xbd\xed\xb8\x80", 8);
    check_text(WRITABLE_STRING, smile, false, "\0\0\0\4\xf0\x9f\x98\x80", 8);
}

Test(writable, a_long_text_loses_its_tail_as_in_java)
{
    struct wire_buffer out = {0};
    char *text = malloc(100001);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    cr_assert(eq(int, writable_put_text(&out, WRITABLE_UTF8, wire_text(text), false), RPC_OK));
    cr_assert(eq(sz, out.length, 2 + 21845));
    cr_assert(eq(int, writable_put_text(&out, WRITABLE_UTF, wire_text(text), false), RPC_TOO_LONG));
    cr_assert(eq(sz, out.length, 2 + 21845), "what does not fit leaves nothing behind");
    wire_buffer_release(&out);
    free(text);
}

Test(writable, utf8_reads_nul_pairs_and_four_bytes)
{
    static const struct {
        struct wire_bytes bytes, text;
    } all[] = {
        {{(const uint8_t *)"a\xc0\x80z", 4}, {(const uint8_t *)"a\0z", 3}},
        {{(const uint8_t *)"\xed\xa0\xbd\xed\xb8\x80", 6},
         {(const uint8_t *)"\xf0\x9f\x98\x80", 4}},
        {{(const uint8_t *)"\xf0\x9f\x98\x80", 4}, {(const uint8_t *)"\xf0\x9f\x98\x80", 4}},
        {{(const uint8_t *)"\xed\xa0\xbdx", 4}, {(const uint8_t *)"\xed\xa0\xbdx", 4}},
        {{(const uint8_t *)"\xff", 1}, {(const uint8_t *)"?", 1}},
        {{(const uint8_t *)"\xe2\x82", 2}, {(const uint8_t *)"??", 2}},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        struct wire_buffer out = {0};
        cr_assert(eq(int, writable_read_text(WRITABLE_UTF8, all[i].bytes, &out), RPC_OK));
        cr_assert(eq(sz, out.length, all[i].text.length), "%zu", i);
        cr_assert(eq(int, memcmp(out.data, all[i].text.data, out.length), 0), "%zu", i);
        wire_buffer_release(&out);
    }
}

Test(writable, a_text_that_is_no_utf8_is_read_as_javas_decoder_does)
{
    static const struct {
        const char *bytes, *text;
    } all[] = {
        {"g\xc3\xbcn \xf0\x9f\x98\x80", "g\xc3\xbcn \xf0\x9f\x98\x80"},
        {"\xc3(", "\xef\xbf\xbd("},
        {"a\x80\xff", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd"},
        {"\xe2\x82x", "\xef\xbf\xbdx"},
        {"\xe0\x80x", "\xef\xbf\xbd\xef\xbf\xbdx"},
        {"\xed\xa0\xbd", "\xef\xbf\xbd"},
        {"\xf0\x9f\x98", "\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        struct wire_buffer out = {0};
        cr_assert(
            eq(int, writable_read_text(WRITABLE_TEXT, wire_text(all[i].bytes), &out), RPC_OK));
        cr_assert(eq(sz, out.length, strlen(all[i].text)), "%zu", i);
        cr_assert(eq(int, memcmp(out.data, all[i].text, out.length), 0), "%zu", i);
        wire_buffer_release(&out);
    }
}

/* What becomes of a java.lang.String of these bytes. */
static enum rpc_status read_string(const struct writable_types *types, const char *bytes)
{
    struct wire_buffer out = {0};
    put_name(&out, "java.lang.String");
    writable_put_number(&out, WRITABLE_SHORT, (int64_t)strlen(bytes));
    wire_buffer_add(&out, bytes, strlen(bytes));
    enum rpc_status status =
        writable_walk(types, WRITABLE_GOAL_OBJECT, NULL, bytes_of(&out), NULL, NULL, NULL, problem);
    wire_buffer_release(&out);
    return status;
}

Test(writable, a_utf8_that_is_no_utf8_reads_in_the_oldest_release_only)
{
    static const struct {
        const char *bytes, *told;
    } all[] = {
        {"a\x80"
         "b",
         "Invalid UTF8 at 8062"},
        {"a\xff"
         "bcdefgh",
         "Invalid UTF8 at ff6263646566"},
        {"\xc3", "Truncated UTF8 at c3"},
        {"a\xe2\x82", "Truncated UTF8 at e2"},
        {"\xf0\x9f\x98", "Truncated UTF8 at f09f98"},
    };
    struct writable_types *base = writable_types_create(NULL);
    writable_types_take_any_utf8(base);
    struct writable_types *oldest = writable_types_create(base);
    for (size_t i = 0; i < ENTRIES(all); i++) {
        cr_assert(eq(int, read_string(NULL, all[i].bytes), RPC_MALFORMED), "%zu", i);
        says(problem, all[i].told);
        cr_assert(eq(int, read_string(oldest, all[i].bytes), RPC_OK), "%zu", i);
    }
    cr_assert(eq(int, read_string(NULL, "\xf0\x9f\x98\x80\xed\xa0\xbd\xc0\x80"), RPC_OK));
    writable_types_free(oldest);
    writable_types_free(base);
}
