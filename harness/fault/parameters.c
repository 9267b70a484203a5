#include "harness/fault/parameters.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/lua/options.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "rpc/arena.h"

static int check_errno(lua_State *L, const char *name)
{
    static const struct {
        const char *name;
        enum rpc_status status;
    } errors[] = {
        {"ECONNREFUSED", RPC_REFUSED},     {"ECONNRESET", RPC_RESET},
        {"EPIPE", RPC_BROKEN_PIPE},        {"ETIMEDOUT", RPC_TIMED_OUT},
        {"EHOSTUNREACH", RPC_UNREACHABLE}, {"EMFILE", RPC_NO_DESCRIPTORS},
        {"ENFILE", RPC_NO_DESCRIPTORS},    {"EIO", RPC_IO},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(errors[i].name, name) == 0)
            return (int)errors[i].status;
    return harness_no_such(L, "the fault", "errno", name,
                           "ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH EMFILE ENFILE "
                           "EIO");
}

static const char *need_text(lua_State *L, int index, const char *key, const char *fault)
{
    const char *text = harness_option_text(L, index, key, NULL);
    if (text == NULL)
        luaL_error(L, "%s needs %s = \"...\"", fault, key);
    return text;
}

static void need(lua_State *L, int index, const char *key, const char *fault)
{
    if (harness_option_push(L, index, key) == LUA_TNIL)
        luaL_error(L, "%s needs %s = ...", fault, key);
    lua_pop(L, 1);
}

static const void *make_payload(lua_State *L, int index, const char *key, enum point_effect effect,
                                const char *fault)
{
    need(L, index, key, fault);
    harness_option_push(L, index, key);
    int top = lua_gettop(L);
    for (const struct harness_module *const *module = harness_modules; *module != NULL; module++) {
        const void *made = (*module)->payload != NULL ? (*module)->payload(L, top, effect) : NULL;
        lua_settop(L, top);
        if (made != NULL) {
            lua_pop(L, 1);
            return made;
        }
    }
    luaL_error(L, "%s: %s can't be %s", fault, key, luaL_typename(L, -1));
    return NULL;
}

void harness_fault_parameters(lua_State *L, int index, const char *fault,
                              struct point_strike *strike)
{
    strike->after = harness_option_size(L, index, "after", 0);
    switch (strike->effect) {
    case EFFECT_DELAY:
        need(L, index, "by", fault);
        strike->by_ns = harness_option_duration(L, index, "by", 0);
        return;
    case EFFECT_SHORT:
        strike->bytes = harness_option_size(L, index, "bytes", 1);
        return;
    case EFFECT_ERROR:
        strike->error = check_errno(L, need_text(L, index, "errno", fault));
        return;
    case EFFECT_THROW:
        strike->class_name = need_text(L, index, "class", fault);
        strike->message = harness_option_text(L, index, "message", NULL);
        return;
    case EFFECT_SPLIT:
        strike->size = harness_option_size(L, index, "size", 1);
        strike->gap_ns = harness_option_duration(L, index, "gap", 0);
        return;
    case EFFECT_SLOW:
        need(L, index, "rate", fault);
        strike->rate = harness_option_size(L, index, "rate", 1);
        return;
    case EFFECT_CORRUPT:
        strike->offset = harness_option_size(L, index, "offset", 0);
        strike->bit = (unsigned)harness_option_integer(L, index, "bit", 0, 0, 7);
        return;
    case EFFECT_CHANGE:
        strike->payload = make_payload(L, index, "fields", strike->effect, fault);
        return;
    case EFFECT_INJECT:
        strike->payload = make_payload(L, index, "message", strike->effect, fault);
        return;
    case EFFECT_DROP:
    case EFFECT_DUPLICATE:
    case EFFECT_FAIL:
    case EFFECT_FIN:
    case EFFECT_MEMORY:
    case EFFECT_PARTITION:
    case EFFECT_REFUSE:
    case EFFECT_RST:
    case EFFECT_STOP:
    case EFFECT_SWALLOW:
    case EFFECT_COUNT:
        return;
    }
}

size_t harness_fault_pairs(lua_State *L, int index, const char *names, struct record_pair *pairs,
                           size_t max)
{
    struct harness *harness = harness_of(L);
    char name[32], text[HARNESS_SHOW_MAX];
    size_t count = 0;
    for (const char *at = names; *at != '\0' && count < max;) {
        size_t length = strcspn(at, " ");
        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        at += length + strspn(at + length, " ");
        if (harness_option_push(L, index, name) != LUA_TNIL) {
            harness_show(L, -1, text, sizeof(text));
            pairs[count++] = (struct record_pair){.name = arena_text(harness->arena, name),
                                                  .text = arena_text(harness->arena, text)};
        }
        lua_pop(L, 1);
    }
    return count;
}
