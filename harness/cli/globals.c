#include "harness/cli/globals.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

/* Of Lua 5.4 (lopcodes.h, ldump.c): what reads and writes a field of an upvalue, how constants are
 * marked, and how a place with a line of its own is. */
enum {
    OP_GETTABUP = 11,
    OP_SETTABUP = 15,
    CONSTANT_INTEGER = 0x03,
    CONSTANT_FLOAT = 0x13,
    CONSTANT_SHORT = 0x04,
    CONSTANT_LONG = 0x14,
    LINE_IS_ABSOLUTE = -0x80,
    HEADER_LENGTH = 31, /* up to the number of the main function's upvalues */
    NAMES_MAX = 1024,
    DEPTH_MAX = 200,
};

/* Lua 5.4, its format 0, its check bytes; sizes of an instruction, an integer, a number. */
static const char header[] = "\x1bLua\x54\0\x19\x93\r\n\x1a\n\4\10\10";

struct dump {
    char *bytes;
    size_t length, room;
};

/* Reads a dump; `bad` from the first mistake on. */
struct reader {
    const uint8_t *at, *end;
    bool bad;
    unsigned depth;
    cli_global_fn *see;
    void *owner;
};

struct text {
    const char *bytes;
    size_t length;
};

/* One function, as far as it is needed. */
struct function {
    int line;
    const uint8_t *code;
    size_t instructions;
    struct text *constants; /* owned; those that are no strings are empty */
    size_t constant_count;
    const int8_t *lines;
    size_t line_count;
    const uint8_t *absolute; /* pairs of place and line */
    size_t absolute_count;
    struct text upvalues[256];
    size_t upvalue_count;
};

/* --- bytes --- */

static const uint8_t *take(struct reader *reader, size_t length)
{
    const uint8_t *taken = reader->at;
    if (reader->bad || (size_t)(reader->end - reader->at) < length) {
        reader->bad = true;
        return NULL;
    }
    reader->at += length;
    return taken;
}

static unsigned take_byte(struct reader *reader)
{
    const uint8_t *byte = take(reader, 1);
    return byte != NULL ? *byte : 0;
}

/* Groups of seven bits, the highest first; the last one is marked. */
static size_t take_size(struct reader *reader)
{
    size_t size = 0;
    unsigned byte;
    do {
        byte = take_byte(reader);
        size = size << 7 | (byte & 0x7f);
    } while (!reader->bad && (byte & 0x80) == 0);
    return size;
}

/* How many items of at least one byte each follow. */
static size_t take_count(struct reader *reader)
{
    size_t count = take_size(reader);
    if (count > (size_t)(reader->end - reader->at))
        reader->bad = true;
    return reader->bad ? 0 : count;
}

static struct text take_text(struct reader *reader)
{
    size_t size = take_size(reader);
    const uint8_t *bytes = size > 0 ? take(reader, size - 1) : NULL;
    return bytes != NULL ? (struct text){(const char *)bytes, size - 1} : (struct text){NULL, 0};
}

/* --- a function --- */

static void take_function(struct reader *reader);

static void take_constants(struct reader *reader, struct function *function)
{
    size_t count = take_count(reader);
    function->constants = calloc(count + 1, sizeof(*function->constants));
    if (function->constants == NULL) {
        reader->bad = true;
        return;
    }
    for (size_t i = 0; i < count && !reader->bad; i++) {
        unsigned kind = take_byte(reader);
        if (kind == CONSTANT_SHORT || kind == CONSTANT_LONG)
            function->constants[i] = take_text(reader);
        else if (kind == CONSTANT_INTEGER || kind == CONSTANT_FLOAT)
            take(reader, 8);
    }
    function->constant_count = count;
}

static void take_lines(struct reader *reader, struct function *function)
{
    function->line_count = take_count(reader);
    function->lines = (const int8_t *)take(reader, function->line_count);
    function->absolute_count = take_count(reader);
    function->absolute = reader->at;
    for (size_t i = 0; i < 2 * function->absolute_count; i++)
        take_size(reader);
}

static void take_names(struct reader *reader, struct function *function)
{
    for (size_t locals = take_count(reader); locals > 0 && !reader->bad; locals--) {
        take_text(reader);
        take_size(reader);
        take_size(reader);
    }
    size_t count = take_count(reader);
    for (size_t i = 0; i < count && !reader->bad; i++) {
        struct text name = take_text(reader);
        if (i < sizeof(function->upvalues) / sizeof(function->upvalues[0]))
            function->upvalues[function->upvalue_count++] = name;
    }
}

/* The line of the instruction at `place`. */
static int line_at(const struct reader *reader, const struct function *function, size_t place)
{
    struct reader absolute = {.at = function->absolute, .end = reader->end};
    int line = function->line;
    for (size_t i = 0; i <= place && i < function->line_count; i++) {
        if (function->lines[i] != LINE_IS_ABSOLUTE) {
            line += function->lines[i];
            continue;
        }
        take_size(&absolute);
        line = (int)take_size(&absolute);
    }
    return line;
}

static bool is_environment(const struct function *function, unsigned upvalue)
{
    static const char name[] = "_ENV";
    return upvalue < function->upvalue_count &&
           function->upvalues[upvalue].length == sizeof(name) - 1 &&
           memcmp(function->upvalues[upvalue].bytes, name, sizeof(name) - 1) == 0;
}

static void look_at(struct reader *reader, const struct function *function, size_t place)
{
    uint32_t instruction;
    char name[NAMES_MAX];
    memcpy(&instruction, function->code + place * sizeof(instruction), sizeof(instruction));
    unsigned operation = instruction & 0x7f, a = instruction >> 7 & 0xff;
    unsigned b = instruction >> 16 & 0xff, c = instruction >> 24 & 0xff;
    bool reads = operation == OP_GETTABUP, writes = operation == OP_SETTABUP;
    unsigned key = reads ? c : b;
    if ((!reads && !writes) || !is_environment(function, reads ? b : a) ||
        key >= function->constant_count || function->constants[key].length >= sizeof(name))
        return;
    const struct text *text = &function->constants[key];
    if (text->bytes == NULL)
        return;
    memcpy(name, text->bytes, text->length);
    name[text->length] = '\0';
    reader->see(name, line_at(reader, function, place), writes, reader->owner);
}

static void take_body(struct reader *reader, struct function *function)
{
    take_text(reader); /* the source's name */
    function->line = (int)take_size(reader);
    take_size(reader); /* its last line */
    take(reader, 3);   /* parameters, varargs, registers */
    function->instructions = take_count(reader);
    function->code = take(reader, function->instructions * sizeof(uint32_t));
    take_constants(reader, function);
    take(reader, 3 * take_count(reader)); /* upvalues */
    for (size_t functions = take_count(reader); functions > 0 && !reader->bad; functions--)
        take_function(reader);
    take_lines(reader, function);
    take_names(reader, function);
}

static void take_function(struct reader *reader)
{
    struct function function = {.line = 0};
    if (++reader->depth > DEPTH_MAX)
        reader->bad = true;
    if (!reader->bad)
        take_body(reader, &function);
    for (size_t i = 0; i < function.instructions && !reader->bad; i++)
        look_at(reader, &function, i);
    free(function.constants);
    reader->depth--;
}

/* --- compiling --- */

static int add(lua_State *L, const void *bytes, size_t length, void *owner)
{
    struct dump *dump = owner;
    (void)L;
    if (dump->length + length > dump->room) {
        size_t room = (dump->length + length) * 2;
        char *grown = realloc(dump->bytes, room);
        if (grown == NULL)
            return 1;
        dump->bytes = grown;
        dump->room = room;
    }
    memcpy(dump->bytes + dump->length, bytes, length);
    dump->length += length;
    return 0;
}

static bool compile(const char *source, struct dump *dump)
{
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return false;
    bool well = luaL_loadbufferx(L, source, strlen(source), "=file", "t") == LUA_OK &&
                lua_dump(L, add, dump, 0) == 0;
    lua_close(L);
    return well;
}

bool cli_globals(const char *source, cli_global_fn *see, void *owner)
{
    struct dump dump = {.bytes = NULL};
    bool well = compile(source, &dump) && dump.length > HEADER_LENGTH + 1 &&
                memcmp(dump.bytes, header, sizeof(header) - 1) == 0;
    if (well) {
        const uint8_t *bytes = (const uint8_t *)dump.bytes;
        struct reader reader = {.at = bytes + HEADER_LENGTH + 1,
                                .end = bytes + dump.length,
                                .see = see,
                                .owner = owner};
        take_function(&reader);
        well = !reader.bad;
    }
    free(dump.bytes);
    return well;
}
