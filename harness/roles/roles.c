#include "harness/roles/roles.h"

#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>

#include "harness/lua/options.h"
#include "harness/lua/show.h"

extern const uint8_t harness_role_namenode[], harness_role_datanodes[], harness_role_jobtracker[];
extern const size_t harness_role_namenode_length, harness_role_datanodes_length,
    harness_role_jobtracker_length;

/* The chunk gives a function that makes the role; its globals are those at `globals`. */
static void open_role(lua_State *L, int globals, const char *name, const char *chunk_name,
                      const uint8_t *text, size_t length)
{
    if (luaL_loadbufferx(L, (const char *)text, length, chunk_name, "t") != LUA_OK)
        lua_error(L);
    lua_pushvalue(L, globals);
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, name);
}

static int no_role(lua_State *L)
{
    return harness_no_such(L, "roles", "role", harness_push_text(L, 2),
                           "namenode datanodes jobtracker");
}

void harness_roles_open(lua_State *L)
{
    int globals = lua_gettop(L);
    lua_createtable(L, 0, 3);
    open_role(L, globals, "namenode", "=roles/namenode.lua", harness_role_namenode,
              harness_role_namenode_length);
    open_role(L, globals, "datanodes", "=roles/datanodes.lua", harness_role_datanodes,
              harness_role_datanodes_length);
    open_role(L, globals, "jobtracker", "=roles/jobtracker.lua", harness_role_jobtracker,
              harness_role_jobtracker_length);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, no_role);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, globals, "roles");
}
