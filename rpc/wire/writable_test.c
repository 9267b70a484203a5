#include "rpc/wire/writable.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ENTRIES(array) (sizeof(array) / sizeof(*(array)))

static char problem[WIRE_PROBLEM_MAX];

static void says(const char *seen, const char *expected)
{
    cr_assert(strcmp(seen, expected) == 0, "'%s' is not '%s'", seen, expected);
}

/* --- bytes ------------------------------------------------------------------------------- */

static void put_name(struct wire_buffer *out, const char *name)
{
    cr_assert(eq(int, writable_put_text(out, WRITABLE_UTF8, wire_text(name), false), RPC_OK));
}

static void put_int(struct wire_buffer *out, int32_t number)
{
    cr_assert(eq(int, writable_put_number(out, WRITABLE_INT, number), RPC_OK));
}

static struct wire_bytes bytes_of(const struct wire_buffer *buffer)
{
    return (struct wire_bytes){buffer->data, buffer->length};
}

/* --- a visitor that writes down what it is told --------------------------------------------------
 */

struct diary {
    char text[4096];
    size_t used, events;
};

static void note(struct diary *diary, const char *text)
{
    diary->used +=
        (size_t)snprintf(diary->text + diary->used, sizeof(diary->text) - diary->used, "%s", text);
}

static void see_value(struct diary *diary, const struct writable_item *item)
{
    char text[512] = "null";
    if (item->absent)
        ;
    else if (item->kind == WRITABLE_FLOAT || item->kind == WRITABLE_DOUBLE)
        snprintf(text, sizeof(text), "%g", item->real);
    else if (item->bytes.data != NULL)
        snprintf(text, sizeof(text), "'%.*s'", (int)item->bytes.length,
                 (const char *)item->bytes.data);
    else
        snprintf(text, sizeof(text), "%lld", (long long)item->number);
    note(diary, text);
}

static void see(void *owner, const struct writable_item *item)
{
    struct diary *diary = owner;
    diary->events++;
    if (diary->used > sizeof(diary->text) - 700)
        return;
    if (item->event == WRITABLE_CLOSE) {
        note(diary, " )");
        return;
    }
    note(diary, " ");
    if (item->field != NULL) {
        note(diary, item->field->name);
        note(diary, "=");
    }
    if (item->event == WRITABLE_VALUE) {
        see_value(diary, item);
    } else {
        note(diary, item->type != NULL ? item->type->name : "list");
        note(diary, "(");
    }
}

static const char *told(const struct writable_types *types, enum writable_goal goal,
                        const char *class, struct wire_bytes bytes)
{
    static struct diary diary;
    size_t size;
    diary = (struct diary){.used = 0};
    const struct writable_class *found =
        class == NULL ? NULL : writable_types_find(types, wire_text(class));
    enum rpc_status status = writable_walk(types, goal, found, bytes, see, &diary, &size, problem);
    cr_assert(eq(int, status, RPC_OK), "%s: %s", rpc_status_text(status), problem);
    cr_assert(eq(sz, size, bytes.length));
    return diary.text;
}

static const char *object(const struct writable_types *types, struct wire_bytes bytes)
{
    return told(types, WRITABLE_GOAL_OBJECT, NULL, bytes);
}

static enum rpc_status fate(const struct writable_types *types, struct wire_bytes bytes)
{
    return writable_walk(types, WRITABLE_GOAL_OBJECT, NULL, bytes, NULL, NULL, NULL, problem);
}

static void declare(struct writable_types *types, const char *name,
                    const struct writable_declared *fields, size_t count)
{
    enum rpc_status status = writable_types_add(types, name, fields, count, problem);
    cr_assert(eq(int, status, RPC_OK), "%s", problem);
}

/* --- pieces -------------------------------------------------------------------------------------
 */

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

/* --- ObjectWritable: the worked examples of the protocol's description ------------------- */

Test(writable, object_writables_of_primitives_texts_nulls_and_void)
{
    struct wire_buffer out = {0};
    writable_put_long_object(&out, -5);
    cr_assert(eq(int, memcmp(out.data, "\0\4long\xff\xff\xff\xff\xff\xff\xff\xfb", 14), 0));
    says(object(NULL, bytes_of(&out)), " -5");
    out.length = 0;
    writable_put_string_object(&out, wire_text("hi"), false);
    says(object(NULL, bytes_of(&out)), " 'hi'");
    out.length = 0;
    writable_put_null_object(&out, "java.lang.String");
    cr_assert(eq(sz, out.length, 99));
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    writable_put_null_object(&out, "void");
    cr_assert(eq(sz, out.length, 87));
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    put_name(&out, "void");
    says(object(NULL, bytes_of(&out)), " null");
    out.length = 0;
    put_name(&out, "double");
    writable_put_real(&out, WRITABLE_DOUBLE, 0.5);
    says(object(NULL, bytes_of(&out)), " 0.5");
    out.length = 0;
    put_name(&out, "float");
    writable_put_real(&out, WRITABLE_FLOAT, -2);
    says(object(NULL, bytes_of(&out)), " -2");
    wire_buffer_release(&out);
}

/* An array of one element, whose bytes are zero. */
static enum rpc_status read_element(const char *array, const char *element)
{
    struct wire_buffer out = {0};
    put_name(&out, array);
    put_int(&out, 1);
    if (strcmp(element, "null") == 0)
        writable_put_null_object(&out, "java.lang.String");
    else
        put_name(&out, element);
    wire_buffer_add(&out, "\0\0\0\0\0\0\0", 8);
    enum rpc_status status =
        writable_walk(NULL, WRITABLE_GOAL_OBJECT, NULL, bytes_of(&out), NULL, NULL, NULL, problem);
    wire_buffer_release(&out);
    return status;
}

Test(writable, an_element_gets_wider_and_nothing_else_goes_into_an_array)
{
    static const struct {
        const char *array, *well, *badly;
    } all[] = {
        {"[Z", "boolean", "byte char short int long java.lang.String null void"},
        {"[B", "byte", "boolean char short int long float double"},
        {"[C", "char", "boolean byte short int"},
        {"[S", "byte short", "boolean char int long"},
        {"[I", "byte char short int", "boolean long float double java.lang.String null void [I"},
        {"[J", "byte char short int long", "boolean float double"},
        {"[F", "byte char short int long float", "boolean double"},
        {"[D", "byte char short int long float double", "boolean java.lang.String"},
        {"[Ljava.lang.String;", "java.lang.String null void", "int [I"},
        {"[[I", "[I null void", "int java.lang.String"},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        char well[128], badly[128], *rest;
        snprintf(well, sizeof(well), "%s", all[i].well);
        snprintf(badly, sizeof(badly), "%s", all[i].badly);
        for (char *one = strtok_r(well, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
            cr_assert(eq(int, read_element(all[i].array, one), RPC_OK), "%s", one);
        for (char *one = strtok_r(badly, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
            cr_assert(eq(int, read_element(all[i].array, one), RPC_BAD_VALUE), "%s", one);
    }
}

Test(writable, arrays_of_arrays_are_object_writables_all_the_way)
{
    struct wire_buffer out = {0};
    put_name(&out, "[[I");
    put_int(&out, 2);
    put_name(&out, "[I");
    put_int(&out, 2);
    for (int32_t i = 7; i < 9; i++) {
        put_name(&out, "int");
        put_int(&out, i);
    }
    writable_put_null_object(&out, "[I");
    says(object(NULL, bytes_of(&out)), " list( list( 7 8 ) null )");
    out.length = 0;
    put_name(&out, "[Ljava.lang.String;");
    put_int(&out, 1);
    writable_put_string_object(&out, wire_text("a"), false);
    cr_assert(eq(sz, out.length, 46));
    says(object(NULL, bytes_of(&out)), " list( 'a' )");
    wire_buffer_release(&out);
}

Test(writable, packed_arrays_are_known_where_they_were_added)
{
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    put_name(&out, "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal");
    put_name(&out, "int");
    put_int(&out, 2);
    put_int(&out, 1);
    put_int(&out, 2);
    cr_assert(eq(sz, out.length, 71));
    cr_assert(eq(int, fate(types, bytes_of(&out)), RPC_UNKNOWN_NAME));
    cr_assert(eq(int, writable_types_add_packed(types, problem), RPC_OK));
    says(object(types, bytes_of(&out)), " list( 1 2 )");
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_writable_names_its_class_and_an_enum_its_constant)
{
    static const char *const colors[] = {"RED", "GREEN"};
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    put_name(&out, "org.apache.hadoop.io.IntWritable");
    put_name(&out, "org.apache.hadoop.io.IntWritable");
    put_int(&out, 5);
    cr_assert(eq(sz, out.length, 72));
    says(object(types, bytes_of(&out)), " org.apache.hadoop.io.IntWritable( value=5 )");

    out.length = 0;
    writable_types_add_enum(types, "org.example.EchoProtocol$Color", colors, 2, problem);
    put_name(&out, "org.example.EchoProtocol$Color");
    put_name(&out, "GREEN");
    says(object(types, bytes_of(&out)), " 'GREEN'");
    out.length -= 7;
    put_name(&out, "BLUE");
    cr_assert(eq(int, fate(types, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "No enum constant org.example.EchoProtocol.Color.BLUE");
    wire_buffer_release(&out);
    writable_types_free(types);
}

/* --- classes ----------------------------------------------------------------------------- */

static struct writable_types *example_types(void)
{
    static const struct writable_declared base[] = {{.type = "utf8", .name = "name"},
                                                    {.type = "short", .name = "port"}};
    static const struct writable_declared leaf[] = {
        {.type = "org.example.Base"},
        {.type = "boolean", .name = "map"},
        {.type = "vlong", .name = "shuffled", .when = "map", .when_is = 0},
        {.type = "list:vint optional text", .name = "words"},
        {.type = "bytes:vint", .name = "data"},
        {.type = "bytes:3", .name = "raw"},
        {.type = "string", .name = "note"},
        {.type = "list org.example.Base", .name = "nodes"},
        {.type = "enum org.example.Action", .name = "action"},
        {.type = "int", .name = "job", .when = "action", .when_constant = "KILL"},
        {.type = "object", .name = "any"},
        {.type = "writable:text", .name = "split"},
    };
    static const char *const actions[] = {"LAUNCH", "KILL"};
    struct writable_types *types = writable_types_create(NULL);
    writable_types_add_enum(types, "org.example.Action", actions, 2, problem);
    declare(types, "org.example.Base", base, ENTRIES(base));
    declare(types, "org.example.Leaf", leaf, ENTRIES(leaf));
    return types;
}

static void put_base(struct wire_buffer *out)
{
    put_name(out, "dn");
    writable_put_number(out, WRITABLE_SHORT, 9);
}

static void put_leaf(struct wire_buffer *out, bool map, const char *action)
{
    put_base(out);
    writable_put_number(out, WRITABLE_BOOLEAN, map);
    if (!map)
        writable_put_number(out, WRITABLE_VLONG, 1000);
    writable_put_number(out, WRITABLE_VINT, 2);
    writable_put_number(out, WRITABLE_BOOLEAN, 0);
    writable_put_number(out, WRITABLE_BOOLEAN, 1);
    writable_put_text(out, WRITABLE_TEXT, wire_text("w"), false);
    writable_put_bytes(out, WRITABLE_BY_VINT, wire_text("dd"));
    writable_put_bytes(out, WRITABLE_BY_SIZE, wire_text("rrr"));
    writable_put_text(out, WRITABLE_STRING, WIRE_ABSENT, false);
    put_int(out, 1);
    put_base(out);
    writable_put_text(out, WRITABLE_TEXT, wire_text(action), false);
    if (strcmp(action, "KILL") == 0)
        put_int(out, 77);
    writable_put_long_object(out, 3);
    writable_put_text(out, WRITABLE_TEXT, wire_text("org.example.Base"), false);
    put_base(out);
}

Test(writable, a_class_is_read_by_its_fields_and_conditions)
{
    struct writable_types *types = example_types();
    struct wire_buffer out = {0};
    put_leaf(&out, true, "LAUNCH");
    says(told(types, WRITABLE_GOAL_CLASS, "org.example.Leaf", bytes_of(&out)),
         " org.example.Leaf( name='dn' port=9 map=1 words=list( null 'w' ) data='dd' "
         "raw='rrr' note=null nodes=list( org.example.Base( name='dn' port=9 ) ) "
         "action='LAUNCH' any=3 split=org.example.Base( name='dn' port=9 ) )");
    out.length = 0;
    put_leaf(&out, false, "KILL");
    const char *text = told(types, WRITABLE_GOAL_CLASS, "org.example.Leaf", bytes_of(&out));
    cr_assert(ne(ptr, strstr(text, "map=0 shuffled=1000"), NULL));
    cr_assert(ne(ptr, strstr(text, "action='KILL' job=77"), NULL));
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, whatever_the_pieces_the_same_is_found_and_nothing_behind_it_is_asked_for)
{
    struct writable_types *types = example_types();
    struct writable_scan *scan = writable_scan_create();
    struct wire_buffer out = {0};
    struct diary diary = {.used = 0}, whole = {.used = 0};
    put_int(&out, 2);
    put_name(&out, "org.example.Leaf");
    put_name(&out, "org.example.Leaf");
    put_leaf(&out, false, "KILL");
    put_name(&out, "[I");
    put_int(&out, 1);
    put_name(&out, "int");
    put_int(&out, 4);
    writable_walk(types, WRITABLE_GOAL_PARAMETERS, NULL, bytes_of(&out), see, &whole, NULL,
                  problem);

    writable_scan_begin(scan, types, WRITABLE_GOAL_PARAMETERS, NULL);
    writable_scan_visit(scan, see, &diary);
    size_t size = 0;
    enum rpc_status status = RPC_AGAIN;
    for (size_t length = 0; length <= out.length; length++) {
        uint8_t *moved = malloc(length + 1); /* elsewhere each time */
        memcpy(moved, out.data, length);
        status = writable_scan(scan, (struct wire_bytes){moved, length}, &size, problem);
        free(moved);
        if (length < out.length)
            cr_assert(eq(int, status, RPC_AGAIN));
        cr_assert(le(sz, size, out.length));
        cr_assert(length == out.length || size > length);
    }
    cr_assert(eq(int, status, RPC_OK));
    cr_assert(eq(sz, size, out.length));
    says(diary.text, whole.text);
    writable_scan_free(scan);
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_signature_lists_the_declared_types)
{
    struct wire_buffer out = {0};
    char text[64];
    put_int(&out, 3);
    writable_put_string_object(&out, wire_text("x"), false);
    writable_put_long_object(&out, 1);
    writable_put_null_object(&out, "[B");
    cr_assert(
        eq(int, writable_signature(NULL, bytes_of(&out), text, sizeof(text), problem), RPC_OK));
    says(text, "java.lang.String,long,[B");
    cr_assert(eq(int, writable_signature(NULL, bytes_of(&out), text, 12, problem), RPC_OK));
    says(text, "java.lang.S");
    wire_buffer_release(&out);
}

Test(writable, what_is_declared_wrong_is_told_by_class_and_field)
{
    static const struct {
        struct writable_declared field;
        const char *says;
    } all[] = {
        {{.type = "lnog", .name = "size"},
         "class org.example.X: field 'size' has the type 'lnog', which is none"},
        {{.type = "list", .name = "a"},
         "class org.example.X: field 'a' has the type 'list', which is none"},
        {{.type = "bytes:-1", .name = "a"},
         "class org.example.X: field 'a' has the type 'bytes:-1', which is none"},
        {{.type = "long"}, "class org.example.X: a field of type 'long' has no name"},
        {{.type = "long", .name = "a", .when = "b"},
         "class org.example.X: field 'a' asks 'b', which is no field before it"},
    };
    struct writable_types *types = writable_types_create(NULL);
    for (size_t i = 0; i < ENTRIES(all); i++) {
        cr_assert(
            ne(int, writable_types_add(types, "org.example.X", &all[i].field, 1, problem), RPC_OK));
        says(problem, all[i].says);
    }
    cr_assert(ne(int, writable_types_add(types, "org example", NULL, 0, problem), RPC_OK));
    cr_assert(
        eq(ptr, (void *)(uintptr_t)writable_types_find(types, wire_text("org.example.X")), NULL));
    writable_types_free(types);
}

Test(writable, a_later_declaration_takes_the_place_of_an_earlier_one)
{
    static const struct writable_declared first[] = {{.type = "int", .name = "a"}},
                                          second[] = {{.type = "long", .name = "b"}};
    struct writable_types *base = writable_types_create(NULL);
    declare(base, "org.example.A", first, 1);
    struct writable_types *types = writable_types_create(base);
    says(writable_types_find(types, wire_text("org.example.A"))->fields[0].name, "a");
    declare(types, "org.example.A", second, 1);
    declare(types, "org.example.A", second, 1);
    says(writable_types_find(types, wire_text("org.example.A"))->fields[0].name, "b");
    says(writable_types_find(base, wire_text("org.example.A"))->fields[0].name, "a");
    size_t count = 0;
    while (writable_types_name_at(types, count) != NULL)
        count++;
    cr_assert(eq(sz, count, 15));
    writable_types_free(types);
    writable_types_free(base);
}

/* --- hostile bytes ----------------------------------------------------------------------- */

Test(writable, counts_and_lengths_that_cannot_be_are_refused_at_once)
{
    static const struct {
        int32_t count;
        enum rpc_status status;
        const char *says;
    } all[] = {
        {-1, RPC_BAD_VALUE, "-1"},
        {INT32_MIN, RPC_BAD_VALUE, "-2147483648"},
        {INT32_MAX, RPC_TOO_LONG, "Requested array size exceeds VM limit"},
        {INT32_MAX - 2, RPC_TOO_LONG, "Java heap space"},
        {1000000, RPC_END, ""},
    };
    for (size_t i = 0; i < ENTRIES(all); i++) {
        struct wire_buffer out = {0};
        put_name(&out, "[J");
        put_int(&out, all[i].count);
        cr_assert(eq(int, fate(NULL, bytes_of(&out)), all[i].status), "%d", all[i].count);
        says(problem, all[i].says);
        wire_buffer_release(&out);
    }
}

Test(writable, classes_that_nobody_knows_are_named)
{
    struct wire_buffer out = {0};
    put_name(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class foo.Bar");
    out.length = 0;
    put_name(&out, "[Lfoo.Bar;");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class [Lfoo.Bar;");
    out.length = 0;
    put_name(&out, "org.apache.hadoop.io.Writable");
    put_name(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "readObject can't find class foo.Bar");
    out.length = 0;
    writable_put_null_object(&out, "foo.Bar");
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    says(problem, "java.lang.ClassNotFoundException: foo.Bar");

    char *name = malloc(60001);
    memset(name, 'x', 60000);
    name[60000] = '\0';
    out.length = 0;
    writable_put_number(&out, WRITABLE_SHORT, (int16_t)60000);
    wire_buffer_add(&out, name, 60000);
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_UNKNOWN_NAME));
    cr_assert(eq(sz, strlen(problem), WIRE_PROBLEM_MAX - 1));
    free(name);
    wire_buffer_release(&out);
}

Test(writable, what_nests_without_end_is_refused)
{
    struct wire_buffer out = {0};
    for (int i = 0; i < 300; i++) {
        put_name(&out, "org.apache.hadoop.io.Writable");
        put_name(&out, "org.apache.hadoop.io.ObjectWritable");
    }
    cr_assert(eq(int, fate(NULL, bytes_of(&out)), RPC_TOO_DEEP));
    wire_buffer_release(&out);

    static const struct writable_declared self[] = {{.type = "org.example.Self"}},
                                          inner[] = {{.type = "org.example.In", .name = "in"}};
    struct writable_types *types = writable_types_create(NULL);
    declare(types, "org.example.Self", self, 1);
    declare(types, "org.example.In", inner, 1);
    for (size_t i = 0; i < 2; i++) {
        const struct writable_class *class =
            writable_types_find(types, wire_text(i == 0 ? "org.example.Self" : "org.example.In"));
        cr_assert(eq(int,
                     writable_walk(types, WRITABLE_GOAL_CLASS, class, WIRE_ABSENT, NULL, NULL, NULL,
                                   problem),
                     RPC_TOO_DEEP));
    }
    writable_types_free(types);
}

Test(writable, elements_without_a_byte_do_not_make_work_without_end)
{
    static const struct writable_declared lists[] = {
        {.type = "list list org.example.Nothing", .name = "all"}};
    struct writable_types *types = writable_types_create(NULL);
    struct wire_buffer out = {0};
    struct diary diary = {.used = 0};
    declare(types, "org.example.Nothing", NULL, 0);
    declare(types, "org.example.Lists", lists, 1);
    put_int(&out, 100);
    put_int(&out, 1 << 27);
    const struct writable_class *class = writable_types_find(types, wire_text("org.example.Lists"));
    cr_assert(eq(int,
                 writable_walk(types, WRITABLE_GOAL_CLASS, class, bytes_of(&out), see, &diary, NULL,
                               problem),
                 RPC_TOO_LONG));
    cr_assert(lt(sz, diary.events, 4 * WRITABLE_EMPTY_MAX));
    out.length = 0;
    put_int(&out, 1);
    put_int(&out, 1000);
    cr_assert(eq(
        int,
        writable_walk(types, WRITABLE_GOAL_CLASS, class, bytes_of(&out), NULL, NULL, NULL, problem),
        RPC_OK));
    wire_buffer_release(&out);
    writable_types_free(types);
}

Test(writable, a_truncated_value_ends_too_early_wherever_it_is_cut)
{
    struct writable_types *types = example_types();
    struct wire_buffer out = {0};
    put_leaf(&out, false, "KILL");
    const struct writable_class *class = writable_types_find(types, wire_text("org.example.Leaf"));
    for (size_t length = 0; length < out.length; length++)
        cr_assert(
            eq(int,
               writable_walk(types, WRITABLE_GOAL_CLASS, class,
                             (struct wire_bytes){out.data, length}, NULL, NULL, NULL, problem),
               RPC_END));
    wire_buffer_release(&out);
    writable_types_free(types);
}
