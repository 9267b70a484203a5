#include "harness/harness.h"

#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "rpc/arena.h"

struct harness *harness_of(lua_State *L)
{
    return *(struct harness **)lua_getextraspace(L);
}

void *harness_allocate(struct harness *harness, size_t size)
{
    return arena_take(harness->arena, size);
}

void *harness_allocate_locked(struct harness *harness, size_t size)
{
    return arena_take(&harness->locked, size);
}

void *harness_keep(lua_State *L, size_t size)
{
    void *kept = harness_allocate(harness_of(L), size);
    if (kept == NULL)
        luaL_error(L, "not enough memory");
    return kept;
}

void harness_lock(struct harness *harness)
{
    world_lock(harness->lock);
}

void harness_unlock(struct harness *harness)
{
    world_unlock(harness->lock);
}

lua_State *harness_judge_state(struct harness *harness)
{
    if (harness->judge == NULL) {
        harness->judge = lua_newthread(harness->lua);
        luaL_ref(harness->lua, LUA_REGISTRYINDEX);
    }
    harness_count_instructions(harness->judge);
    return harness->judge;
}

int harness_call_method(lua_State *L, const char *of, const luaL_Reg *method, const char *looks)
{
    const struct harness *harness = harness_of(L);
    bool restricted = harness->judging > 0 || harness->observing;
    if (!restricted || (looks != NULL && harness_is_among(method->name, looks)))
        return method->func(L);
    if (harness->judging > 0)
        return harness_error(
            L,
            "%s:%s: in a `where` nothing can be done, as it is asked in the midst of "
            "a step; t:hold the point, t:wait for who comes, and do it then",
            of, method->name);
    return harness_error(L,
                         "%s:%s: a t:always only looks, and returns whether it holds; do this in "
                         "the body, or t:spawn a function that t:waits for its moment",
                         of, method->name);
}

void harness_check_asks(lua_State *L)
{
    const struct harness *harness = harness_of(L);
    if (harness->judging > 0 && world_locked(harness->world))
        luaL_error(L, "at this point no server can be asked in a `where`: it is in the midst of a "
                      "write; judge by the event's own fields");
}

void harness_log(struct harness *harness, const char *level, const char *text)
{
    WORLD_TRACE(harness->world, .point = POINT_LOG, .host = harness->host->id,
                .lane = harness->executor.lane, .call_id = POINT_NO_CALL,
                WORLD_VALUES(WORLD_TEXT(LEVEL, level), WORLD_TEXT(TEXT, text)));
}
