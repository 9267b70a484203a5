#include "harness/handles/spoken.h"

#include <stdio.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/lua/options.h"
#include "harness/lua/show.h"
#include "harness/message/types.h"

enum { NAMES_MAX = 4096, PROTOCOLS_MAX = 64 };

/* --- methods --- */

/* Serve the method called `name` by the function at the top, which it pops. */
static void serve(lua_State *L, struct harness_spoken *spoken, const char *name)
{
    harness_push_own(L, spoken);
    lua_insert(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
    struct harness_served_method *first = atomic_load(&spoken->methods);
    for (struct harness_served_method *known = first; known != NULL; known = known->next)
        if (strcmp(known->name, name) == 0)
            return;
    struct harness_served_method *made = harness_keep(L, sizeof(*made));
    char *copy = harness_keep(L, strlen(name) + 1);
    memcpy(copy, name, strlen(name));
    *made = (struct harness_served_method){.name = copy, .next = first};
    atomic_store(&spoken->methods, made);
}

static int no_such_protocol(lua_State *L, const struct harness_server *server, const char *name)
{
    char names[NAMES_MAX] = "";
    size_t used = 0;
    for (const struct harness_spoken *each = server->spoken; each != NULL && used < sizeof(names);
         each = each->next)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s ", each->name);
    return harness_no_such(L, server->name, "protocol", name, names);
}

/* In all versions and engines of that protocol. */
static int serve_in(lua_State *L, struct harness_server *server, const char *protocol,
                    const char *method)
{
    bool found = false;
    for (struct harness_spoken *each = server->spoken; each != NULL; each = each->next) {
        if (strcmp(each->name, protocol) != 0)
            continue;
        lua_pushvalue(L, 3);
        serve(L, each, method);
        found = true;
    }
    return found ? 0 : no_such_protocol(L, server, protocol);
}

int harness_server_on(lua_State *L)
{
    struct harness_server *server = harness_check(L, 1, &harness_server_type);
    luaL_checktype(L, 2, LUA_TSTRING);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    const char *name = lua_tostring(L, 2), *dot = strrchr(name, '.');
    if (dot != NULL)
        serve_in(L, server, lua_pushlstring(L, name, (size_t)(dot - name)), dot + 1);
    else if (server->spoken->next == NULL)
        serve_in(L, server, server->spoken->name, name);
    else
        luaL_error(L, "%s speaks several protocols; say which: on(\"%s.%s\", …)", server->name,
                   server->spoken->name, name);
    lua_settop(L, 1);
    return 1;
}

/* --- options --- */

static void refuse_twin(lua_State *L, const struct harness_spoken *spoken)
{
    const struct harness_spoken *each = spoken->server->spoken;
    for (; each != NULL; each = each->next)
        if (strcmp(each->name, spoken->name) == 0 && each->version == spoken->version &&
            each->writables == spoken->writables)
            luaL_error(L, "%s speaks version %I of %s already", spoken->server->name,
                       (LUAI_UACINT)spoken->version, spoken->name);
}

/* One more: called `name`, of an engine and of a version (-1: as it is declared). */
static struct harness_spoken *add(lua_State *L, struct harness_server *server, const char *name,
                                  bool writables, lua_Integer version)
{
    size_t length = strlen(name);
    if (length == 0 || length >= HARNESS_PROTOCOL_MAX)
        luaL_error(L, "a protocol's name has 1 to %d letters", HARNESS_PROTOCOL_MAX - 1);
    char *copy = harness_keep(L, length + 1);
    memcpy(copy, name, length);
    struct harness_spoken *made = harness_keep(L, sizeof(*made)), **last = &server->spoken;
    *made = (struct harness_spoken){
        .server = server, .name = copy, .version = (uint64_t)version, .writables = writables};
    if (version < 0 &&
        !(writables && harness_types_version(server->harness->types, name, &made->version)))
        made->version = 1;
    refuse_twin(L, made);
    while (*last != NULL)
        last = &(*last)->next;
    *last = made;
    return made;
}

/* The functions of the role's table at the top. */
static void take_methods(lua_State *L, struct harness_spoken *spoken)
{
    int functions = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, functions) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isfunction(L, -1))
            luaL_error(L, "a role's methods are functions by name");
        serve(L, spoken, lua_tostring(L, -2));
    }
}

/* The role at `role`: { protocol = "…", version = …, engine = "…", methods = { name =
 * function(call, request) … end } }; `written` are its methods where values are Writables, if those
 * are others.  The options at `index` (0: none) may name another engine. */
static void add_role(lua_State *L, struct harness_server *server, int role, int index)
{
    harness_options(L, role, "role", "name protocol version engine methods written state", 0);
    const char *protocol = harness_option_text(L, role, "protocol", NULL);
    if (protocol == NULL)
        luaL_error(L, "a role needs a protocol");
    bool writes = harness_engine_option(L, role, harness_writes(server->harness, protocol));
    if (index != 0)
        writes = harness_engine_option(L, index, writes);
    struct harness_spoken *spoken = add(
        L, server, protocol, writes, harness_option_integer(L, role, "version", -1, 0, INT64_MAX));
    bool others = harness_option_push(L, role, "written") == LUA_TTABLE;
    bool some = (others && writes) || harness_option_push(L, role, "methods") != LUA_TNIL;
    if (others && !some)
        harness_skip(L, "the role %s speaks with Writables only, as releases before 2.x do",
                     harness_option_text(L, role, "name", protocol));
    if (some && !lua_istable(L, -1))
        luaL_error(L, "a role's methods are functions by name");
    if (some)
        take_methods(L, spoken);
    lua_settop(L, role);
}

/* What stands at the top: a protocol's name, or a role. */
static void add_listed(lua_State *L, struct harness_server *server)
{
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *name = lua_tostring(L, -1);
        add(L, server, name, harness_writes(server->harness, name), -1);
    } else if (lua_istable(L, -1)) {
        add_role(L, server, lua_gettop(L), 0);
    } else {
        luaL_error(L, "protocols: a name or a role expected, got %s", luaL_typename(L, -1));
    }
}

/* The list at the top. */
static void add_list(lua_State *L, struct harness_server *server)
{
    int list = lua_gettop(L);
    size_t count = lua_istable(L, list) ? (size_t)lua_rawlen(L, list) : 0;
    if (count == 0 || count > PROTOCOLS_MAX)
        luaL_error(L, "protocols: a list of 1 to %d names and roles expected, got %s",
                   PROTOCOLS_MAX, harness_push_text(L, list));
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, list, (lua_Integer)i);
        add_listed(L, server);
        lua_settop(L, list);
    }
}

void harness_read_spoken(lua_State *L, int index, struct harness_server *server)
{
    const char *name = harness_option_text(L, index, "protocol", NULL);
    int role = harness_option_push(L, index, "role");
    int list = harness_option_push(L, index, "protocols");
    int engine = harness_option_push(L, index, "engine");
    lua_pop(L, 1);
    if (list != LUA_TNIL && (name != NULL || role != LUA_TNIL || engine != LUA_TNIL))
        luaL_error(L, "protocols stands in the place of protocol, engine and role");
    if (list != LUA_TNIL) {
        add_list(L, server);
    } else if (role == LUA_TTABLE) {
        lua_pop(L, 1);
        add_role(L, server, lua_gettop(L), index);
    } else if (role != LUA_TNIL) {
        luaL_error(L, "role: a role expected, such as roles.namenode {}; got %s",
                   luaL_typename(L, -2));
    } else {
        name = name != NULL ? name : HARNESS_TEST_PROTOCOL;
        add(L, server, name, harness_engine_option(L, index, harness_writes(server->harness, name)),
            -1);
    }
}

/* --- a life --- */

size_t harness_count_spoken(const struct harness_server *server)
{
    size_t count = 0;
    for (const struct harness_spoken *each = server->spoken; each != NULL; each = each->next)
        count++;
    return count;
}

enum rpc_status harness_speak(struct harness_server_life *life)
{
    enum rpc_status status = RPC_OK;
    const struct harness_spoken *each = life->owner->spoken;
    size_t count = 0;
    for (; status == RPC_OK && each != NULL; each = each->next) {
        struct harness_speaker *speaker = &life->speakers[count++];
        *speaker = (struct harness_speaker){life, each};
        status = server_add_protocol(
            life->server, &(struct server_protocol){
                              .name = each->name,
                              .class_name = each->writables ? NULL : harness_interface(each->name),
                              .version = each->version,
                              .find = harness_find_method,
                              .owner = speaker,
                              .engine = each->writables ? SERVER_WRITABLE : SERVER_PROTOBUF,
                              .find_typed = harness_find_typed,
                              .fingerprints = harness_list_fingerprints,
                          });
    }
    return status;
}

/* Whether `one` is rather meant than `other`. */
static bool is_rather(const struct harness_spoken *one, const struct harness_spoken *other,
                      bool writables)
{
    if (one->writables != other->writables)
        return one->writables == writables;
    return one->version > other->version;
}

const struct harness_spoken *harness_spoken_of(const struct harness_server *server,
                                               const char *name, bool writables)
{
    const struct harness_spoken *found = NULL;
    for (const struct harness_spoken *each = server->spoken; each != NULL; each = each->next)
        if (strcmp(each->name, name) == 0 && (found == NULL || is_rather(each, found, writables)))
            found = each;
    return found;
}
