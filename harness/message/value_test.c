#include "harness/message/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <lauxlib.h>
#include <lualib.h>

static struct harness_types *types;
static struct harness_manner manner;
static lua_State *L;
static struct wire_buffer out; /* whoever raises an error leaves it as it is */

static const char declarations[] = "package org.example\n"
                                   "enum Color RED GREEN   # of fruit\n"
                                   "abstract Fruit\n"
                                   "class Apple\n"
                                   "    int weight\n"
                                   "class Base\n"
                                   "    utf8 name\n"
                                   "class Leaf\n"
                                   "    super Base\n"
                                   "    boolean ripe\n"
                                   "    vlong age when ripe true\n"
                                   "    enum Color color\n"
                                   "    list:vint optional text words\n"
                                   "    bytes:vint? data\n"
                                   "    string note\n"
                                   "    list Base friends\n"
                                   "    object any\n"
                                   "    double size\n"
                                   "class Basket\n"
                                   "    list object things\n"
                                   "protocol Orchard 7\n"
                                   "    void plant(Leaf)\n"
                                   "    Fruit[] pick(String, byte[], int[][], Color)\n"
                                   "    long pick()\n";

static int encode(lua_State *state)
{
    const struct writable_class *class =
        writable_types_find(types->classes, wire_text(luaL_checkstring(state, 1)));
    out.length = 0;
    if (class != NULL && class->kind == WRITABLE_STRUCT && lua_isnone(state, 3))
        harness_value_encode(state, 2, &manner, class, &out);
    else
        harness_value_encode_object(state, 2, &manner, lua_tostring(state, 1), &out);
    lua_pushlstring(state, (const char *)out.data, out.length);
    return 1;
}

static int decode(lua_State *state)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t length;
    const char *bytes = luaL_checklstring(state, 2, &length);
    const struct writable_class *class =
        writable_types_find(types->classes, wire_text(luaL_checkstring(state, 1)));
    bool alone = class != NULL && class->kind == WRITABLE_STRUCT && lua_isnone(state, 3);
    enum rpc_status status = harness_value_decode(
        state, types->classes, alone ? WRITABLE_GOAL_CLASS : WRITABLE_GOAL_OBJECT, class,
        (struct wire_bytes){(const uint8_t *)bytes, length}, NULL, problem);
    return status == RPC_OK ? 1 : luaL_error(state, "%s: %s", rpc_status_text(status), problem);
}

static int convert(lua_State *state)
{
    harness_value_convert(state, luaL_checkstring(state, 1), luaL_checkstring(state, 2), 3, 4);
    return 0;
}

/* Deep equality, in Lua. */
static const char prelude[] =
    "function same(a, b)\n"
    "  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end\n"
    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
    "  for k in pairs(b) do if a[k] == nil then return false end end\n"
    "  return true\n"
    "end\n"
    "function back(type, value, object) return decode(type, encode(type, value, object), object) "
    "end\n"
    "function fails(text, f, ...)\n"
    "  local well, problem = pcall(f, ...)\n"
    "  assert(not well, 'no error')\n"
    "  assert(problem:find(text, 1, true), problem)\n"
    "end\n";

static void run(const char *script)
{
    bool well = luaL_dostring(L, script) == LUA_OK;
    cr_assert(well, "%s", lua_tostring(L, -1));
}

static void begin(void)
{
    char problem[WIRE_PROBLEM_MAX];
    types = harness_types_create(NULL);
    cr_assert(harness_types_read(types, declarations, sizeof(declarations) - 1, problem) == RPC_OK,
              "%s", problem);
    manner = (struct harness_manner){.classes = types->classes};
    L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "encode", encode);
    lua_register(L, "decode", decode);
    lua_register(L, "convert", convert);
    run(prelude);
}

static void end(void)
{
    lua_close(L);
    wire_buffer_release(&out);
    harness_types_free(types);
}

TestSuite(value, .init = begin, .fini = end);
TestSuite(types, .init = begin, .fini = end);

Test(value, a_writable_comes_back_as_the_table_that_it_was)
{
    run("local leaf = { name = 'a\\0\\u{1F600}', ripe = true, age = -5, color = 'GREEN',"
        "  words = { 'x' }, data = '\\255', note = 'n', friends = { { name = 'b' } },"
        "  any = { 'int', 3 }, size = 0.5 }\n"
        "assert(same(back('org.example.Leaf', leaf), leaf))\n"
        "assert(same(back('org.example.Leaf', leaf, true), leaf))");
}

Test(value, what_a_table_leaves_out_is_zero_empty_or_null)
{
    run("assert(same(back('org.example.Leaf', {}), { name = '', ripe = false, color = 'RED',"
        "  words = {}, friends = {}, size = 0.0 }))\n"
        "assert(encode('org.example.Leaf', {}):find('\\255\\255\\255\\255\\255\\0\\0\\0\\0', 1, "
        "true))");
}

Test(value, of_another_class_than_the_declared_its_name_stands_first)
{
    run("local apple = { 'org.example.Apple', weight = 3 }\n"
        "assert(same(back('org.example.Fruit', apple), apple))\n"
        "assert(same(back('[Lorg.example.Fruit;', { apple, apple }), { apple, apple }))\n"
        "assert(back('org.example.Fruit', nil) == nil)\n"
        "fails('is abstract', encode, 'org.example.Fruit', { weight = 3 })\n"
        "fails('no class org.example.Aple is declared; did you mean org.example.Apple?',"
        "  encode, 'org.example.Fruit', { 'org.example.Aple' })");
}

Test(value, javas_own_types_are_luas)
{
    run("for _, case in ipairs {\n"
        "  { 'boolean', true }, { 'byte', -128 }, { 'char', 65535 }, { 'short', -2 }, { 'int', 5 "
        "},\n"
        "  { 'long', math.mininteger }, { 'float', 0.25 }, { 'double', 1e300 },\n"
        "  { 'java.lang.String', 'text' }, { '[B', 'bytes\\0' }, { '[I', { 1, 2 } },\n"
        "  { '[[I', { { 1 }, {} } }, { '[Ljava.lang.String;', { 'a' } }, { 'void', nil },\n"
        "  { 'org.example.Color', 'RED' }, { '[J', nil } } do\n"
        "  assert(same(back(case[1], case[2]), case[2]), case[1])\n"
        "end\n"
        "assert(back('long', '15m') == 900000 and back('int', '4KiB') == 4096)");
}

Test(value, where_only_the_bytes_say_its_type_the_value_says_it_too)
{
    run("for _, any in ipairs { 1, 1.5, true, 'x', { 'int', 3 }, { '[I', { 1 } },\n"
        "  { 'org.example.Color', 'RED' }, { 'org.example.Apple', weight = 1 } } do\n"
        "  assert(same(back('org.example.Leaf', { any = any }).any, any))\n"
        "end\n"
        "local basket = { things = { { 'byte', 5 }, 'x', { 'int', 3 } } }\n"
        "assert(same(back('org.example.Basket', basket), basket))\n"
        "fails('begins with its type', encode, 'org.example.Leaf', { any = { 1 } })");
}

Test(value, what_does_not_fit_is_told_by_class_and_field)
{
    run("local function bad(fields, text) fails(text, encode, 'org.example.Leaf', fields) end\n"
        "bad({ ripe = 1 }, \"class org.example.Leaf: field 'ripe' takes true or false, got 1\")\n"
        "bad({ ripr = 1 }, \"class org.example.Leaf has no field 'ripr'; did you mean 'ripe'?\")\n"
        "bad({ age = 1 }, \"field 'age' is not there as 'ripe' is\")\n"
        "bad({ ripe = true, age = 'x' }, \"field 'age' takes a whole number, got 'x'\")\n"
        "bad({ color = 'REED' }, \"org.example.Color has no constant 'REED'; did you mean "
        "'RED'?\")\n"
        "bad({ words = { 1 } }, \"field 'words' takes a string, got 1\")\n"
        "bad({ words = { a = 1 } }, 'takes a list, got a table with the key \\'a\\'')\n"
        "bad({ friends = { 7 } }, 'class org.example.Base takes a table of fields, got 7')\n"
        "fails('128 is not between -128 and 127', encode, 'byte', 128)\n"
        "fails('long takes a number, got nil', encode, 'long', nil)");
}

Test(value, hostile_bytes_get_one_error)
{
    run("fails('-1', decode, '[I', '\\0\\2[I\\255\\255\\255\\255')\n"
        "fails('VM limit', decode, '[I', '\\0\\2[I\\127\\255\\255\\255')\n"
        "fails('readObject can\\'t find class foo.Bar', decode, 'x', '\\0\\7foo.Bar')\n"
        "fails('the peer has closed its side', decode, 'long', '\\0\\4long\\0')");
}

Test(value, a_text_that_is_no_utf8_comes_as_java_decodes_it)
{
    run("local leaf = back('org.example.Leaf', { words = { '\\xc3(x\\xff', 'g\\u{fc}n' },"
        "  note = '\\xe2\\x82', data = '\\xc3(' })\n"
        "assert(same(leaf.words, { '\\u{fffd}(x\\u{fffd}', 'g\\u{fc}n' }))\n"
        "assert(leaf.note == '\\u{fffd}' and leaf.data == '\\xc3(')");
}

Test(value, functions_of_a_script_convert_a_field)
{
    run("convert('org.example.Apple', 'weight', function(v) return v * 1000 end,"
        "  function(v) return v // 1000 end)\n"
        "assert(decode('org.example.Apple', encode('org.example.Apple', { weight = 5000 })).weight"
        "  == 5000)\n"
        "assert(encode('org.example.Apple', { weight = 5000 }) == '\\0\\0\\0\\5')");
}

Test(types, a_text_declares_methods_too)
{
    uint64_t version = 0;
    const struct harness_signature *pick =
        harness_signature_next(types, "org.example.Orchard", "pick", NULL);
    cr_assert(harness_types_version(types, "org.example.Orchard", &version) && version == 7);
    cr_assert(pick != NULL && pick->count == 0 && strcmp(pick->returns, "long") == 0);
    pick = harness_signature_next(types, "org.example.Orchard", "pick", pick);
    cr_assert(strcmp(pick->returns, "[Lorg.example.Fruit;") == 0);
    cr_assert(strcmp(pick->text, "java.lang.String,[B,[[I,org.example.Color") == 0, "%s",
              pick->text);
    cr_assert(harness_signature_exact(types, "org.example.Orchard", "pick", pick->text) == pick);
    cr_assert(harness_signature_exact(types, "org.example.Orchard", "pick", "int") == NULL);
}

Test(types, a_line_that_does_not_read_is_told_by_its_number)
{
    static const struct {
        const char *text, *says;
    } all[] = {
        {"class A.B\n    lnog x\n",
         "line 2: class A.B: field 'x' has the type 'lnog', which is none"},
        {"    long x\n", "line 1: nothing before it that an indented line could belong to"},
        {"klass A\n", "line 1: package, class, enum, abstract or protocol expected, not 'klass'"},
        {"class A.B\n    long\n", "line 2: TYPE NAME [when FIELD VALUE] expected"},
        {"class A.B\n    long x when y 1\n", "line 2: 'y' is no field before it"},
        {"protocol A.B six\n", "line 1: 'six' is no version"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        char problem[WIRE_PROBLEM_MAX];
        cr_assert(harness_types_read(types, all[i].text, strlen(all[i].text), problem) != RPC_OK);
        cr_assert(strcmp(problem, all[i].says) == 0, "%s", problem);
    }
}

Test(types, an_enum_with_too_many_constants_is_told_and_none_is_lost)
{
    enum { CONSTANTS = 260 };
    char text[2048], problem[WIRE_PROBLEM_MAX];
    struct wire_bytes name = wire_text("A.B");
    size_t used = (size_t)snprintf(text, sizeof(text), "enum A.B");
    for (unsigned i = 0; i < CONSTANTS; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, " C%u", i);
        bool fits = i + 3 <= 256;
        cr_assert(eq(int, harness_types_read(types, text, used, problem) == RPC_OK, fits), "%u", i);
        if (fits)
            cr_assert(eq(sz, writable_types_find(types->classes, name)->constant_count, i + 1));
    }
    cr_assert(strcmp(problem, "line 1: more than 256 words") == 0, "%s", problem);
}

Test(types, what_is_shipped_reads_for_every_release)
{
    for (unsigned id = 0; id < RELEASE_COUNT; id++) {
        const struct writable_types *shipped = harness_shipped_types(release_get(id));
        cr_assert(shipped != NULL);
        cr_assert(writable_types_find(shipped,
                                      wire_text("org.apache.hadoop.hdfs.protocol.Block")) != NULL);
    }
}
