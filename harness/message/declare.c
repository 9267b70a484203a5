#include "harness/message/declare.h"

#include <string.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/message/types.h"
#include "harness/message/value.h"

enum { METHODS_MAX = 512, PARAMETERS_MAX = 32 };

/* --- one class --- */

static const char *text_at(lua_State *L, int index, lua_Integer i)
{
    const char *text = lua_rawgeti(L, index, i) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1); /* the table keeps it */
    return text;
}

/* when = { "field", value }, or the name of a boolean. */
static void read_condition(lua_State *L, int index, const char *class,
                           struct writable_declared *field)
{
    int type = harness_option_push(L, index, "when");
    int when = lua_gettop(L);
    if (type == LUA_TSTRING) {
        field->when = lua_tostring(L, when);
        field->when_is = 1;
    } else if (type == LUA_TTABLE && (field->when = text_at(L, when, 1)) != NULL) {
        int whole = 0;
        switch (lua_rawgeti(L, when, 2)) {
        case LUA_TBOOLEAN:
            field->when_is = lua_toboolean(L, -1);
            break;
        case LUA_TNUMBER:
            field->when_is = lua_tointegerx(L, -1, &whole);
            if (whole)
                break;
            /* fall through */
        default:
            luaL_error(L, "class %s: when = { \"field\", a number, true, false or a constant }",
                       class);
            break;
        case LUA_TSTRING:
            field->when_constant = text_at(L, when, 2);
        }
        lua_pop(L, 1);
    } else if (type != LUA_TNIL) {
        luaL_error(L, "class %s: when = { \"field\", value } expected, got %s", class,
                   luaL_typename(L, when));
    }
    lua_pop(L, 1);
}

static void check_function(lua_State *L, int index, const char *key, const char *class)
{
    int type = harness_option_push(L, index, key);
    if (type != LUA_TNIL && type != LUA_TFUNCTION)
        luaL_error(L, "class %s: %s takes a function, got %s", class, key, luaL_typename(L, -1));
    lua_pop(L, 1);
}

/* { "long", "length", when = …, read = …, write = … } at `index`. */
static struct writable_declared read_field(lua_State *L, int index, const char *class)
{
    struct writable_declared field = {.when_is = 0};
    if (!lua_istable(L, index))
        luaL_error(L, "class %s: a field is { \"type\", \"name\" }, got %s", class,
                   luaL_typename(L, index));
    harness_options(L, index, "a field", "when read write", HARNESS_POSITIONS);
    field.type = text_at(L, index, 1);
    field.name = text_at(L, index, 2);
    if (field.type == NULL)
        luaL_error(L, "class %s: a field is { \"type\", \"name\" }, and has no type", class);
    read_condition(L, index, class, &field);
    check_function(L, index, "read", class);
    check_function(L, index, "write", class);
    return field;
}

/* A type word that is none, with the nearest that is one. */
static void check_word(lua_State *L, const char *class, const struct writable_declared *field)
{
    char word[32], nearest[32];
    size_t length = strcspn(field->type, " :");
    if (length >= sizeof(word) || strpbrk(field->type, ".$") != NULL)
        return;
    memcpy(word, field->type, length);
    word[length] = '\0';
    if (harness_nearest(word, writable_words, nearest, sizeof(nearest)) != NULL &&
        strcmp(word, nearest) != 0)
        luaL_error(L, "class %s: field '%s' has the type '%s', which is none; did you mean '%s'?",
                   class, field->name == NULL ? "" : field->name, field->type, nearest);
}

/* The strings of the list at the top, which keeps them; the array is put below it. */
static const char **take_list(lua_State *L, size_t *count, const char *what)
{
    int list = lua_gettop(L);
    *count = (size_t)lua_rawlen(L, list);
    const char **texts = lua_newuserdatauv(L, (*count + 1) * sizeof(*texts), 0);
    for (size_t i = 0; i < *count; i++) {
        texts[i] = text_at(L, list, (lua_Integer)i + 1);
        if (texts[i] == NULL)
            luaL_error(L, "%s: a list of strings expected", what);
    }
    return texts;
}

static void check(lua_State *L, enum rpc_status status, const char *problem)
{
    if (status != RPC_OK)
        luaL_error(L, "%s", problem);
}

/* Before a case only whether it can be declared is seen: `types` is freed again. */
static void settle(struct harness *harness, struct harness_types *types)
{
    if (harness == NULL)
        harness_types_free(types);
}

static struct harness_types *target(lua_State *L, struct harness *harness)
{
    struct harness_types *types = harness != NULL ? harness->types : harness_types_create(NULL);
    if (types == NULL)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
    return types;
}

static void declare_enum(lua_State *L, struct harness *harness, const char *name)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t count;
    const char **constants = take_list(L, &count, name);
    struct harness_types *types = target(L, harness);
    enum rpc_status status =
        writable_types_add_enum(types->classes, name, constants, count, problem);
    settle(harness, types);
    check(L, status, problem);
}

static void declare_abstract(lua_State *L, struct harness *harness, const char *name)
{
    char problem[WIRE_PROBLEM_MAX];
    struct harness_types *types = target(L, harness);
    enum rpc_status status = writable_types_add_abstract(types->classes, name, problem);
    settle(harness, types);
    check(L, status, problem);
}

/* A condition that names a constant needs its enum, which a file may have declared before. */
static bool needs_case(const struct writable_declared *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].when_constant != NULL)
            return true;
    return false;
}

static void keep_functions(lua_State *L, const char *name, const struct writable_declared *fields,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        int field = lua_gettop(L);
        harness_option_push(L, field, "read");
        harness_option_push(L, field, "write");
        bool any = !lua_isnil(L, -1) || !lua_isnil(L, -2);
        if (fields[i].name != NULL &&
            (any || harness_value_converter(L, name, fields[i].name, "read")))
            harness_value_convert(L, name, fields[i].name, field + 1, field + 2);
        lua_settop(L, field - 1);
    }
}

static void declare_struct(lua_State *L, struct harness *harness, const char *name)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t count = (size_t)lua_rawlen(L, 2);
    harness_options(L, 2, name, "enum abstract", HARNESS_POSITIONS);
    if (count > WRITABLE_FIELDS_MAX)
        luaL_error(L, "class %s has more than %d fields", name, WRITABLE_FIELDS_MAX);
    struct writable_declared *fields = lua_newuserdatauv(L, (count + 1) * sizeof(*fields), 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        fields[i] = read_field(L, lua_gettop(L), name);
        lua_pop(L, 1);
    }
    if (harness == NULL && needs_case(fields, count))
        return;
    struct harness_types *types = target(L, harness);
    enum rpc_status status = writable_types_add(types->classes, name, fields, count, problem);
    settle(harness, types);
    for (size_t i = 0; i < count && status == RPC_UNKNOWN_NAME; i++)
        check_word(L, name, &fields[i]);
    check(L, status, problem);
    if (harness != NULL)
        keep_functions(L, name, fields, count);
}

/* The class's name is at 1, its fields are at 2. */
static void declare_class(lua_State *L, struct harness *harness)
{
    const char *name = lua_tostring(L, 1);
    if (harness_option_push(L, 2, "enum") == LUA_TTABLE)
        declare_enum(L, harness, name);
    else if (harness_option_boolean(L, 2, "abstract", false))
        declare_abstract(L, harness, name);
    else
        declare_struct(L, harness, name);
    lua_settop(L, 2);
}

/* --- one protocol --- */

/* { returns, parameters … } at the top; popped. */
static void declare_signature(lua_State *L, struct harness *harness, const char *protocol,
                              const char *method)
{
    char problem[WIRE_PROBLEM_MAX];
    size_t count;
    if (!lua_istable(L, -1))
        luaL_error(L, "%s: %s takes { \"returns\", \"parameter\", … }, got %s", protocol, method,
                   luaL_typename(L, -1));
    const char **types = take_list(L, &count, method);
    if (count == 0)
        luaL_error(L, "%s: %s says nothing; a method without result is { \"void\" }", protocol,
                   method);
    if (count > PARAMETERS_MAX)
        luaL_error(L, "%s: %s has more than %d parameters", protocol, method, PARAMETERS_MAX);
    struct harness_types *into = target(L, harness);
    enum rpc_status status = harness_types_add_method(into, protocol, method, NULL, types[0],
                                                      types + 1, count - 1, problem);
    settle(harness, into);
    check(L, status, problem);
    lua_pop(L, 2);
}

/* A method's signature, or the list of those that share its name; at the top, popped. */
static void declare_method(lua_State *L, struct harness *harness, const char *protocol,
                           const char *method)
{
    int list = lua_gettop(L);
    bool several = lua_istable(L, list) && lua_rawgeti(L, list, 1) == LUA_TTABLE;
    lua_settop(L, list);
    if (!several) {
        declare_signature(L, harness, protocol, method);
        return;
    }
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, list); i++) {
        lua_rawgeti(L, list, i);
        declare_signature(L, harness, protocol, method);
    }
    lua_pop(L, 1);
}

/* The name is at 1, { version = 61, methods = {…}, engine = "writable" } at 2: that is Hadoop's
 * usual engine too (RPC.getProtocolEngine). */
static void declare_protocol(lua_State *L, struct harness *harness)
{
    const char *protocol = lua_tostring(L, 1);
    harness_options(L, 2, "a protocol", "version methods engine", 0);
    bool writables = harness_option_word(L, 2, "engine", "writable protobuf") <= 0;
    lua_Integer version = harness_option_integer(L, 2, "version", 1, 0, INT64_MAX);
    if (harness_option_push(L, 2, "methods") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        int methods = lua_gettop(L);
        lua_pushnil(L);
        while (lua_next(L, methods) != 0) {
            if (lua_type(L, -2) != LUA_TSTRING)
                luaL_error(L, "%s: methods are given by their names", protocol);
            declare_method(L, harness, protocol, lua_tostring(L, -2));
        }
    }
    lua_settop(L, 2);
    if (harness != NULL && harness_types_set_protocol(harness->types, protocol, (uint64_t)version,
                                                      writables) != RPC_OK)
        luaL_error(L, "%s", rpc_status_text(RPC_NO_MEMORY));
}

/* --- in a file and in a body --- */

static const char remembered; /* its address is the key of the file's declarations */

/* What the file declares is declared again for each case. */
static void remember(lua_State *L, lua_CFunction declare)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &remembered);
    }
    int list = lua_gettop(L);
    lua_createtable(L, 3, 0);
    lua_pushcfunction(L, declare);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 2);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, 3);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
    lua_settop(L, 2);
}

static struct harness *playing(lua_State *L)
{
    struct harness *harness = harness_of(L);
    return harness != NULL && harness->types != NULL ? harness : NULL;
}

static int declare(lua_State *L, lua_CFunction self, void (*what)(lua_State *, struct harness *))
{
    struct harness *harness = playing(L);
    luaL_checktype(L, 1, LUA_TSTRING);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    luaL_checkstack(L, 32, "too many values");
    what(L, harness);
    if (harness == NULL)
        remember(L, self);
    return 0;
}

/* writable(name, fields) */
static int writable(lua_State *L)
{
    return declare(L, writable, declare_class);
}

/* protocol(name, {…}) */
static int protocol(lua_State *L)
{
    return declare(L, protocol, declare_protocol);
}

/* t:writable(name, fields) */
static int t_writable(lua_State *L)
{
    lua_remove(L, 1);
    return writable(L);
}

static int t_protocol(lua_State *L)
{
    lua_remove(L, 1);
    return protocol(L);
}

static const luaL_Reg of_t[] = {{"writable", t_writable}, {"protocol", t_protocol}, {NULL, NULL}};

static void open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"writable", writable}, {"protocol", protocol}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

/* Protected: all that the file has declared. */
static int declare_remembered(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered) == LUA_TNIL)
        return 0;
    int list = lua_gettop(L);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, list); i++) {
        lua_rawgeti(L, list, i);
        for (lua_Integer part = 1; part <= 3; part++)
            lua_rawgeti(L, list + 1, part);
        lua_call(L, 2, 0);
        lua_settop(L, list);
    }
    return 0;
}

static enum rpc_status begin(struct harness *harness)
{
    const struct harness_types *base = harness_types_shipped(harness->release);
    if (base == NULL)
        return RPC_NO_MEMORY;
    harness->types = harness_types_create(base);
    if (harness->types == NULL)
        return RPC_NO_MEMORY;
    lua_pushcfunction(harness->lua, declare_remembered);
    if (lua_pcall(harness->lua, 0, 0, 0) != LUA_OK) {
        harness_broken(harness, "%s", lua_tostring(harness->lua, -1));
        lua_pop(harness->lua, 1);
    }
    return RPC_OK;
}

static void end(struct harness *harness)
{
    harness_types_free(harness->types);
    harness->types = NULL;
}

const struct harness_module harness_declarations = {
    .methods = of_t, .open = open, .begin = begin, .end = end};
