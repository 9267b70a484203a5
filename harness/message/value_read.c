/*
 * Writables to Lua values.
 *
 * The scanner tells what it finds; whatever is open is a table on Lua's stack.
 */
#include <string.h>

#include <lauxlib.h>

#include "harness/message/value.h"

/* What is open besides its table. */
struct open {
    const char *declared; /* { "[I", … }: wrapped by this name; NULL: not */
    size_t declared_length;
    bool bytes;        /* a byte[] */
    bool nulls;        /* a list with null in it, */
    lua_Integer count; /* of so many elements */
};

struct reading {
    lua_State *L;
    enum writable_goal goal;
    int base; /* the stack's top before */
    unsigned depth;
    struct open open[WRITABLE_DEPTH_MAX + 1];
};

/* --- functions that convert --- */

static const char converters; /* its address is the key of the registry's table */

void harness_value_convert(lua_State *L, const char *class, const char *field, int read, int write)
{
    read = lua_absindex(L, read);
    write = lua_absindex(L, write);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &converters) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &converters);
    }
    lua_pushfstring(L, "%s read %s", class, field);
    lua_pushvalue(L, read);
    lua_rawset(L, -3);
    lua_pushfstring(L, "%s write %s", class, field);
    lua_pushvalue(L, write);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

bool harness_value_converter(lua_State *L, const char *class, const char *field, const char *which)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &converters) == LUA_TNIL) {
        lua_pop(L, 1);
        return false;
    }
    lua_pushfstring(L, "%s %s %s", class, which, field);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

/* The value at the top becomes what its field's function makes of it. */
static void convert(lua_State *L, const struct writable_item *item)
{
    if (item->field == NULL ||
        !harness_value_converter(L, item->in->name, item->field->name, "read"))
        return;
    lua_insert(L, -2);
    lua_call(L, 1, 1);
}

/* --- values --- */

static void push_text(lua_State *L, enum writable_kind kind, struct wire_bytes bytes)
{
    bool text_of_io = kind == WRITABLE_TEXT || kind == WRITABLE_STRING;
    bool plain = kind == WRITABLE_BYTES || (text_of_io && writable_is_utf8(bytes));
    for (size_t i = 0; !plain && i < bytes.length && bytes.data[i] < 0x80; i++)
        plain = i + 1 == bytes.length;
    if (plain || bytes.length == 0) {
        lua_pushlstring(L, (const char *)bytes.data, bytes.length);
        return;
    }
    /* No character of a UTF8 gets longer; of others a byte may become U+FFFD. */
    luaL_Buffer text;
    size_t most = text_of_io ? bytes.length * 3 : bytes.length;
    struct wire_buffer made = {.data = (uint8_t *)luaL_buffinitsize(L, &text, most),
                               .capacity = most};
    writable_read_text(text_of_io ? kind : WRITABLE_UTF8, bytes, &made);
    luaL_pushresultsize(&text, made.length);
}

static void push_value(lua_State *L, const struct writable_item *item)
{
    if (item->absent) {
        lua_pushnil(L);
        return;
    }
    switch ((int)item->kind) {
    case WRITABLE_BOOLEAN:
        lua_pushboolean(L, item->number != 0);
        return;
    case WRITABLE_FLOAT:
    case WRITABLE_DOUBLE:
        lua_pushnumber(L, item->real);
        return;
    case WRITABLE_UTF8:
    case WRITABLE_UTF:
    case WRITABLE_TEXT:
    case WRITABLE_STRING:
    case WRITABLE_BYTES:
    case WRITABLE_ENUM:
        push_text(L, item->kind, item->bytes);
        return;
    default:
        lua_pushinteger(L, item->number);
    }
}

/* The value at the top becomes { name, value }. */
static void wrap(lua_State *L, const char *name, size_t length)
{
    lua_createtable(L, 2, 0);
    lua_pushlstring(L, name, length);
    lua_rawseti(L, -2, 1);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 2);
}

static bool is_plain(const struct writable_item *item)
{
    return item->absent || item->kind == WRITABLE_LONG || item->kind == WRITABLE_DOUBLE ||
           item->kind == WRITABLE_BOOLEAN || item->kind == WRITABLE_UTF8;
}

/* The value at the top goes where it belongs. */
static void store(struct reading *reading, const struct writable_item *item)
{
    lua_State *L = reading->L;
    struct open *list = &reading->open[reading->depth];
    if (item->depth == 0 && reading->goal != WRITABLE_GOAL_PARAMETERS)
        return; /* the result */
    if (item->field != NULL) {
        lua_setfield(L, -2, item->field->name);
        return;
    }
    list->count = (lua_Integer)item->index + 1;
    list->nulls = list->nulls || lua_isnil(L, -1);
    lua_rawseti(L, -2, list->count);
}

/* The list at the top has null in it: who asks for its `n` gets its length, who looks through its
 * elements does not see that. */
static void tell_length(lua_State *L, const struct open *list)
{
    if (!list->nulls)
        return;
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, list->count);
    lua_setfield(L, -2, "n");
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* --- what is told --- */

static bool is_declared(const struct writable_item *item, const char *name)
{
    return item->declared.data != NULL && wire_is(item->declared, name);
}

static void open(struct reading *reading, const struct writable_item *item)
{
    lua_State *L = reading->L;
    struct open *open = &reading->open[++reading->depth];
    luaL_checkstack(L, 8, "a value nested too deeply");
    *open = (struct open){.bytes = item->kind == WRITABLE_ARRAY && is_declared(item, "[B")};
    if (item->kind != WRITABLE_CLASS && item->loose && item->declared.data != NULL) {
        /* Kept below the table: the bytes may be anywhere later. */
        lua_pushlstring(L, (const char *)item->declared.data, item->declared.length);
        open->declared = lua_tolstring(L, -1, &open->declared_length);
    }
    lua_createtable(L, 0, item->type == NULL ? 0 : (int)item->type->field_count);
    bool other = item->declared.data != NULL && item->type != NULL &&
                 !wire_is(item->declared, item->type->name);
    if (item->kind == WRITABLE_CLASS && (item->loose || other)) {
        lua_pushstring(L, item->type->name);
        lua_rawseti(L, -2, 1);
    }
}

/* The list at the top becomes a string. */
static void join_bytes(lua_State *L)
{
    luaL_Buffer bytes;
    size_t length = (size_t)lua_rawlen(L, -1);
    int list = lua_gettop(L);
    char *room = luaL_buffinitsize(L, &bytes, length);
    for (size_t i = 0; i < length; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        room[i] = (char)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    luaL_pushresultsize(&bytes, length);
    lua_remove(L, list);
}

static void close(struct reading *reading, const struct writable_item *item)
{
    lua_State *L = reading->L;
    const struct open *open = &reading->open[reading->depth--];
    if (open->bytes)
        join_bytes(L);
    else
        tell_length(L, open);
    if (open->declared != NULL) {
        wrap(L, open->declared, open->declared_length);
        lua_remove(L, -2); /* the name */
    }
    convert(L, item);
    store(reading, item);
}

static void see(void *owner, const struct writable_item *item)
{
    struct reading *reading = owner;
    lua_State *L = reading->L;
    switch (item->event) {
    case WRITABLE_OPEN:
        open(reading, item);
        return;
    case WRITABLE_CLOSE:
        close(reading, item);
        return;
    case WRITABLE_VALUE:
        break;
    }
    if (item->kind == WRITABLE_BYTE && reading->depth > 0 && item->field == NULL &&
        item->declared.data == NULL)
        reading->open[reading->depth].bytes = true; /* packed ones, and lists of bytes */
    push_value(L, item);
    if (item->loose && !is_plain(item))
        wrap(L, (const char *)item->declared.data, item->declared.length);
    convert(L, item);
    store(reading, item);
}

/* --- decoding --- */

struct job {
    struct reading reading;
    struct writable_scan *scan;
    struct wire_bytes bytes;
    enum rpc_status status;
    size_t used;
    char *problem;
};

/* Protected: whatever Lua runs out of, the scanner is freed. */
static int decode(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    job->reading.base = lua_gettop(L);
    if (job->reading.goal == WRITABLE_GOAL_PARAMETERS)
        lua_newtable(L);
    writable_scan_visit(job->scan, see, &job->reading);
    job->status = writable_scan(job->scan, job->bytes, &job->used, job->problem);
    if (job->status != RPC_OK)
        return 0;
    if (job->reading.goal == WRITABLE_GOAL_PARAMETERS)
        tell_length(L, &job->reading.open[0]);
    if (lua_gettop(L) == job->reading.base)
        lua_pushnil(L);
    return 1;
}

enum rpc_status harness_value_decode(lua_State *L, const struct writable_types *classes,
                                     enum writable_goal goal, const struct writable_class *class,
                                     struct wire_bytes bytes, size_t *size, char *problem)
{
    luaL_checkstack(L, 8, "too many values");
    struct job *job = lua_newuserdatauv(L, sizeof(*job), 0);
    *job = (struct job){.reading = {.L = L, .goal = goal}, .bytes = bytes, .problem = problem};
    problem[0] = '\0';
    lua_pushcfunction(L, decode);
    job->scan = writable_scan_create();
    if (job->scan == NULL) {
        lua_pop(L, 2);
        return RPC_NO_MEMORY;
    }
    writable_scan_begin(job->scan, classes, goal, class);
    lua_pushlightuserdata(L, job);
    bool well = lua_pcall(L, 1, 1, 0) == LUA_OK;
    writable_scan_free(job->scan);
    if (!well)
        return (enum rpc_status)lua_error(L);
    enum rpc_status status = job->status == RPC_AGAIN ? RPC_END : job->status;
    if (size != NULL)
        *size = job->used;
    lua_remove(L, -2);
    if (status != RPC_OK)
        lua_pop(L, 1);
    return status;
}
