#include "harness/message/message.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lauxlib.h>
#include <lualib.h>

static struct schema *schema;
static lua_State *L;
static uint8_t sample[1 << 14];
static size_t sample_length;

static struct wire_bytes load(const char *name, uint8_t *room, size_t size)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", SCHEMA_TEST_FILES, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    size_t length = fread(room, 1, size, file);
    fclose(file);
    return (struct wire_bytes){room, length};
}

static const ProtobufCMessageDescriptor *type_of(const char *name)
{
    const ProtobufCMessageDescriptor *type = schema_message(schema, name);
    cr_assert(type != NULL);
    return type;
}

static int decode(lua_State *state)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t length;
    const char *bytes = luaL_checklstring(state, 2, &length);
    struct wire_bytes all = {(const uint8_t *)bytes, length};
    if (harness_message_decode(state, type_of(luaL_checkstring(state, 1)), all, problem) != RPC_OK)
        return luaL_error(state, "%s", problem);
    return 1;
}

static int encode(lua_State *state)
{
    struct wire_buffer out = {0};
    harness_message_encode(state, 2, type_of(luaL_checkstring(state, 1)), &out);
    lua_pushlstring(state, out.length == 0 ? "" : (const char *)out.data, out.length);
    wire_buffer_release(&out);
    return 1;
}

static void begin(void)
{
    static uint8_t set[1 << 14];
    char problem[WIRE_PROBLEM_MAX];
    schema = schema_create();
    cr_assert(schema_add(schema, load("schema_test.set", set, sizeof(set)), problem) == RPC_OK);
    sample_length = load("schema_test.bin", sample, sizeof(sample)).length;
    L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "decode", decode);
    lua_register(L, "encode", encode);
    lua_pushlstring(L, (const char *)sample, sample_length);
    lua_setglobal(L, "sample");
}

static void end(void)
{
    lua_close(L);
    schema_free(schema);
}

TestSuite(message, .init = begin, .fini = end);

/* Run `text`; what it returns must be true. */
static void holds(const char *text)
{
    bool well = luaL_dostring(L, text) == LUA_OK;
    cr_assert(well, "%s", lua_tostring(L, -1));
    cr_assert(lua_toboolean(L, -1), "%s", text);
}

/* Run `text`, which must fail and say `message`. */
static void fails(const char *text, const char *message)
{
    bool failed = luaL_dostring(L, text) != LUA_OK;
    cr_assert(failed, "%s", text);
    bool says = strstr(lua_tostring(L, -1), message) != NULL;
    cr_assert(says, "%s", lua_tostring(L, -1));
}

Test(message, reads_and_writes_the_bytes_of_protoc)
{
    holds("return encode('ripcord.test.Everything', decode('ripcord.test.Everything', sample)) "
          "~= sample"); /* the defaults were absent, and now are there */
    holds("local m = decode('ripcord.test.Everything', sample) "
          "m.text_default, m.bytes_default, m.colour_default = nil "
          "return encode('ripcord.test.Everything', m) == sample");
}

Test(message, shows_each_kind_of_field_as_lua_has_it)
{
    holds("m = decode('ripcord.test.Everything', sample) return true");
    holds("return m.a_int64 == -9000000000 and math.type(m.a_int64) == 'integer'");
    holds("return m.a_uint32 == 4000000000 and m.a_uint64 == -446744073709551616");
    holds("return m.a_float == 1.5 and m.a_double == -2.25 and m.a_bool == true");
    holds("return m.a_string == 'nul \\0 within' and m.a_bytes == '\\0\\255'");
    holds("return m.a_colour == 'BLUE' and m.colours[2] == 'GREEN'");
    holds("return m.a_inner.next.name == 'two' and #m.inners == 1");
    holds("return m.packed_numbers[2] == 400 and #m.packed_numbers == 2");
    holds("return m.sizes.k == 12 and m.as_inner.name == 'chosen' and m.as_text == nil");
    holds("return m.colour_default == 'GREEN' and m.bytes_default == 'a\\1\"b'");
}

Test(message, keeps_what_it_does_not_know)
{
    holds("local m = decode('ripcord.test.Little', sample) "
          "return #m['?'] > 100 and encode('ripcord.test.Little', m) == sample");
    fails("encode('ripcord.test.Little', { ['?'] = '\\8' })", "the unknown fields: ");
}

Test(message, takes_units_where_integers_stand)
{
    holds("local m = decode('ripcord.test.Everything', encode('ripcord.test.Everything', "
          "{ a_int64 = '15m', a_uint64 = '4KiB' })) "
          "return m.a_int64 == 900000 and m.a_uint64 == 4096");
}

Test(message, says_what_is_wrong_with_a_table)
{
    fails("encode('ripcord.test.Everything', { a_strin = 'x' })",
          "message ripcord.test.Everything has no field 'a_strin'; did you mean 'a_string'?");
    fails("encode('ripcord.test.Everything', { a_string = 1 })",
          "field 'a_string' takes a string, got 1");
    fails("encode('ripcord.test.Everything', { a_int32 = 1.5 })",
          "field 'a_int32' takes a whole number, got 1.5");
    fails("encode('ripcord.test.Everything', { a_int32 = 1 << 40 })", "is not between");
    fails("encode('ripcord.test.Everything', { a_colour = 'GREN' })", "did you mean 'GREEN'?");
    fails("encode('ripcord.test.Everything', { numbers = { 1, x = 4 } })", "takes a list");
    fails("encode('ripcord.test.Everything', { as_text = 'a', as_number = 1 })",
          "of the fields 'as_text' and 'as_number' only one can be there");
    fails("encode('ripcord.test.Everything', { a_inner = {} })", "field 'name' is required");
    fails("encode('ripcord.test.Everything', 'x')", "takes a table of fields, got 'x'");
    fails("encode('ripcord.test.Everything', { 'x' })", "takes fields by name");
    fails("local i = { name = 'x' } i.next = i encode('ripcord.test.Inner', i)",
          "nested deeper than 100 levels");
}

Test(message, says_what_is_wrong_with_bytes)
{
    fails("decode('ripcord.test.Inner', '')", "required field `name` is missing");
}
