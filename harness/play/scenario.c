#include "harness/play/scenario.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "harness/harness.h"
#include "harness/lua/options.h"
#include "harness/lua/order.h"
#include "harness/lua/sandbox.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"
#include "rpc/arena.h"
#include "rpc/release.h"

enum { SLUG_MAX = 80, SCENARIOS_MAX = 1000, ROWS_MAX = 10000, SEEDS_MAX = 1000000 };

static const char declared; /* its address: the registry's list of { title, options, body, line } */

#define FORM "scenario(\"what must hold\", { options }, function(t) … end)"

static const char *const option_names = "releases world tags cases seeds rough known limit";

/* --- in Lua: scenario(title, {options}, body) --- */

static void check_releases(lua_State *L, int index, const char *what)
{
    unsigned mask;
    char names[RELEASE_NAMES_MAX];
    const char *range = harness_option_text(L, index, "releases", NULL);
    if (range == NULL)
        return;
    if (release_range(range, &mask) != RPC_OK)
        luaL_error(L, "%s: releases = '%s' is no range; write \"2.6\", \"-1.2\" or \"2.3-\"", what,
                   range);
    if (mask == 0)
        luaL_error(L, "%s: no release lies in '%s'; there are: %s", what, range,
                   release_names(names));
}

static void check_tags(lua_State *L, int index)
{
    if (harness_option_push(L, index, "tags") == LUA_TTABLE) {
        for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
            if (lua_rawgeti(L, -1, i) != LUA_TSTRING)
                luaL_error(L, "tags: texts expected, got %s", luaL_typename(L, -1));
            lua_pop(L, 1);
        }
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "tags: a list of texts expected, got %s", luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

/* The names of row's fields, with spaces between, pushed. */
static const char *push_shape(lua_State *L, int row)
{
    luaL_Buffer names;
    harness_keys(L, row);
    int keys = lua_gettop(L);
    bool first = true;
    luaL_buffinit(L, &names);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, keys); i++) {
        lua_rawgeti(L, keys, i);
        const char *name = luaL_tolstring(L, -1, NULL);
        bool is_free = strcmp(name, "name") == 0 || strcmp(name, "releases") == 0;
        if (is_free) {
            lua_pop(L, 2);
            continue;
        }
        lua_pushfstring(L, "%s%s", first ? "" : " ", name);
        lua_replace(L, -3);
        lua_pop(L, 1);
        luaL_addvalue(&names);
        first = false;
    }
    luaL_pushresult(&names);
    lua_remove(L, keys);
    return lua_tostring(L, -1);
}

static void check_rows(lua_State *L, int index)
{
    if (harness_option_push(L, index, "cases") == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    luaL_argcheck(L, lua_istable(L, -1), 2, "cases: a list of rows expected");
    int rows = lua_gettop(L);
    lua_Integer count = (lua_Integer)lua_rawlen(L, rows);
    if (count == 0 || count > ROWS_MAX)
        luaL_error(L, "cases: 1 to %d rows expected, got %d", ROWS_MAX, (int)count);
    const char *shape = NULL;
    for (lua_Integer i = 1; i <= count; i++) {
        const char *what = lua_pushfstring(L, "row %d of cases", (int)i);
        if (lua_rawgeti(L, rows, i) != LUA_TTABLE)
            luaL_error(L, "%s: a table expected, got %s", what, luaL_typename(L, -1));
        int row = lua_gettop(L);
        check_releases(L, row, what);
        harness_option_text(L, row, "name", NULL);
        const char *its = push_shape(L, row);
        if (shape != NULL && strcmp(shape, its) != 0)
            luaL_error(L, "%s has the fields: %s; the first row has: %s", what, its, shape);
        if (shape == NULL)
            shape = its; /* stays on the stack */
        else
            lua_settop(L, row - 2);
    }
    lua_settop(L, rows - 1);
}

static void check_options(lua_State *L, int index)
{
    harness_options(L, index, "scenario", option_names, 0);
    check_releases(L, index, "scenario");
    harness_option_word(L, index, "world", "sim live");
    check_tags(L, index);
    check_rows(L, index);
    harness_option_integer(L, index, "seeds", 1, 1, SEEDS_MAX);
    harness_option_boolean(L, index, "rough", false);
    const char *known = harness_option_text(L, index, "known", NULL);
    if (known != NULL && known[strspn(known, " \t\n")] == '\0')
        luaL_error(L,
                   "known: the reference of the failure expected, such as \"HADOOP-1234\"; got ''");
    harness_option_duration(L, index, "limit", 0);
}

static int declare(lua_State *L)
{
    if (harness_of(L) != NULL && harness_of(L)->world != NULL && harness_of(L)->tasks != NULL)
        return luaL_error(L, "a scenario can't be declared inside another one");
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "scenario: its title comes first: " FORM);
    const char *title = lua_tostring(L, 1);
    bool has_options = !lua_isfunction(L, 2);
    if (!lua_isfunction(L, has_options ? 3 : 2))
        return luaL_error(L, "scenario '%s' has no body: " FORM, title);
    if (lua_gettop(L) > (has_options ? 3 : 2))
        return luaL_error(L, "scenario '%s' has too many arguments: " FORM, title);
    if (title[strspn(title, " \t\n")] == '\0')
        return luaL_error(L, "scenario: a title expected that says what must hold");
    if (has_options)
        check_options(L, 2);

    lua_rawgetp(L, LUA_REGISTRYINDEX, &declared);
    lua_Integer place = (lua_Integer)lua_rawlen(L, -1) + 1;
    if (place > SCENARIOS_MAX)
        return luaL_error(L, "a file has at most %d scenarios", SCENARIOS_MAX);
    lua_Debug caller;
    lua_getstack(L, 1, &caller);
    lua_getinfo(L, "l", &caller);
    lua_createtable(L, 4, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    if (has_options)
        lua_pushvalue(L, 2);
    else
        lua_newtable(L);
    lua_rawseti(L, -2, 2);
    lua_pushvalue(L, has_options ? 3 : 2);
    lua_rawseti(L, -2, 3);
    lua_pushinteger(L, caller.currentline);
    lua_rawseti(L, -2, 4);
    lua_rawseti(L, -2, place);
    return 0;
}

static int ms(lua_State *L)
{
    harness_push_ms(L, harness_duration(L, 1, "ms"));
    return 1;
}

void harness_declarations_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"scenario", declare}, {"ms", ms}, {NULL, NULL}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &declared);
    luaL_setfuncs(L, functions, 0);
}

void harness_push_body(lua_State *L, size_t index, size_t row)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &declared);
    lua_rawgeti(L, -1, (lua_Integer)index + 1);
    lua_remove(L, -2);
    lua_rawgeti(L, -1, 3);
    lua_rawgeti(L, -2, 2);
    if (harness_option_push(L, -1, "cases") == LUA_TTABLE)
        lua_rawgeti(L, -1, (lua_Integer)row + 1);
    else
        lua_pushnil(L);
    lua_replace(L, -3); /* options, cases, row: the row takes the options' place */
    lua_pop(L, 1);
    lua_remove(L, -3);
}

/* --- out of Lua --- */

/* `text` as lower-case words with '-' between. */
static const char *slug_of(struct arena *arena, const char *text)
{
    char slug[SLUG_MAX + 1];
    size_t used = 0;
    for (; *text != '\0' && used < SLUG_MAX; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x80 && isalnum(byte)) /* whatever the locale says of the others */
            slug[used++] = (char)tolower(byte);
        else if (used > 0 && slug[used - 1] != '-')
            slug[used++] = '-';
    }
    while (used > 0 && slug[used - 1] == '-')
        used--;
    slug[used] = '\0';
    return arena_text(arena, slug);
}

/* "scenarios/purge/slow_reader.lua" is "purge.slow_reader". */
static const char *name_of(struct arena *arena, const char *path)
{
    const char *file = strrchr(path, '/'), *folder = path;
    file = file != NULL ? file + 1 : path;
    for (const char *at = path; at + 1 < file; at++)
        if (*at == '/')
            folder = at + 1;
    size_t length = strlen(file);
    if (length > 4 && strcmp(file + length - 4, ".lua") == 0)
        length -= 4;
    int folder_length = file > folder ? (int)(file - folder - 1) : 0;
    if (folder_length == 0 || strncmp(folder, "..", 2) == 0 || strncmp(folder, "./", 2) == 0)
        return arena_print(arena, "%.*s", (int)length, file);
    return arena_print(arena, "%.*s.%.*s", folder_length, folder, (int)length, file);
}

/* "handlers=10,cut=after-context": the row on top of the stack. */
static const char *row_name(lua_State *L, struct arena *arena)
{
    const char *given = harness_option_text(L, -1, "name", NULL);
    if (given != NULL)
        return slug_of(arena, given);
    int row = lua_gettop(L);
    luaL_Buffer name;
    harness_keys(L, row);
    luaL_buffinit(L, &name);
    bool first = true;
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, row + 1); i++) {
        lua_rawgeti(L, row + 1, i);
        const char *key = lua_tostring(L, -1);
        lua_pop(L, 1); /* the row keeps it */
        if (strcmp(key, "releases") == 0)
            continue;
        lua_getfield(L, row, key);
        char text[SLUG_MAX];
        if (lua_type(L, -1) == LUA_TSTRING)
            snprintf(text, sizeof(text), "%s", lua_tostring(L, -1));
        else
            harness_show(L, -1, text, sizeof(text));
        const char *value =
            lua_type(L, -1) == LUA_TNUMBER ? arena_text(arena, text) : slug_of(arena, text);
        lua_pop(L, 1);
        lua_pushfstring(L, "%s%s=%s", first ? "" : ",", key, value);
        luaL_addvalue(&name);
        first = false;
    }
    luaL_pushresult(&name);
    const char *made = arena_text(arena, lua_tostring(L, -1));
    lua_settop(L, row);
    return made;
}

static unsigned releases_at(lua_State *L, int index)
{
    unsigned mask;
    release_range(harness_option_text(L, index, "releases", NULL), &mask);
    return mask;
}

static void read_rows(lua_State *L, struct arena *arena, struct harness_scenario *scenario)
{
    if (harness_option_push(L, -1, "cases") == LUA_TTABLE) {
        scenario->row_count = (size_t)lua_rawlen(L, -1);
        scenario->rows = arena_take(arena, scenario->row_count * sizeof(*scenario->rows));
        for (size_t i = 0; scenario->rows != NULL && i < scenario->row_count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            scenario->rows[i].releases = releases_at(L, -1);
            scenario->rows[i].name = row_name(L, arena);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void read_tags(lua_State *L, struct arena *arena, struct harness_scenario *scenario)
{
    if (harness_option_push(L, -1, "tags") == LUA_TTABLE) {
        scenario->tag_count = (size_t)lua_rawlen(L, -1);
        scenario->tags = arena_take(arena, scenario->tag_count * sizeof(*scenario->tags));
        for (size_t i = 0; scenario->tags != NULL && i < scenario->tag_count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            scenario->tags[i] = arena_text(arena, lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

/* The declaration on top of the stack. */
static void read_scenario(lua_State *L, struct arena *arena, struct harness_scenario *scenario)
{
    lua_rawgeti(L, -1, 1);
    scenario->title = arena_text(arena, lua_tostring(L, -1));
    scenario->slug = slug_of(arena, scenario->title);
    lua_rawgeti(L, -2, 4);
    scenario->line = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    lua_rawgeti(L, -1, 2);
    int world = harness_option_word(L, -1, "world", "sim live");
    const char *known = harness_option_text(L, -1, "known", NULL);
    scenario->worlds = world < 0 ? HARNESS_SIM | HARNESS_LIVE : 1u << world;
    scenario->releases = releases_at(L, -1);
    scenario->seeds = (uint64_t)harness_option_integer(L, -1, "seeds", 1, 1, SEEDS_MAX);
    scenario->rough = harness_option_boolean(L, -1, "rough", false);
    scenario->calm = !harness_option_boolean(L, -1, "rough", true);
    scenario->known = known != NULL ? arena_text(arena, known) : NULL;
    scenario->limit_ns = harness_option_duration(L, -1, "limit", 0);
    read_tags(L, arena, scenario);
    read_rows(L, arena, scenario);
    lua_pop(L, 1);
}

/* Length of what leads a title: the id in "PU-01 · A response …"; 0: nothing does. */
static size_t lead_of(const char *title)
{
    const char *dot = strstr(title, " \xc2\xb7 ");
    return dot != NULL ? (size_t)(dot - title) : 0;
}

static bool same_lead(const char *a, const char *b)
{
    return lead_of(a) == lead_of(b) && strncmp(a, b, lead_of(a)) == 0;
}

/* The id alone names a scenario where no other of the file has it. */
static void shorten_slugs(struct harness_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        const char *title = file->scenarios[i].title;
        bool alone = lead_of(title) > 0;
        for (size_t j = 0; j < file->count; j++)
            alone = alone && (j == i || !same_lead(title, file->scenarios[j].title));
        if (alone)
            file->scenarios[i].slug = slug_of(
                &file->arena, arena_print(&file->arena, "%.*s", (int)lead_of(title), title));
    }
}

/* Protected: reads everything into the file of the light userdata. */
static int read_file(lua_State *L)
{
    struct harness_file *file = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &declared);
    file->count = (size_t)lua_rawlen(L, -1);
    if (file->count == 0)
        return luaL_error(L, "%s: no scenario is declared here; write: " FORM, file->path);
    file->scenarios = arena_take(&file->arena, file->count * sizeof(*file->scenarios));
    if (file->scenarios == NULL)
        return luaL_error(L, "not enough memory");
    for (size_t i = 0; i < file->count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_scenario(L, &file->arena, &file->scenarios[i]);
        lua_pop(L, 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(file->scenarios[i].title, file->scenarios[j].title) == 0)
                return luaL_error(L, "%s:%d: there is a scenario of this title in line %d",
                                  file->path, file->scenarios[i].line, file->scenarios[j].line);
    }
    shorten_slugs(file);
    return 0;
}

static struct harness_file *create_file(const char *path)
{
    struct harness_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return NULL;
    file->path = arena_text(&file->arena, path);
    file->name = name_of(&file->arena, path);
    file->sandbox = harness_sandbox_create(path);
    if (file->path == NULL || file->name == NULL || file->sandbox == NULL) {
        harness_file_free(file);
        return NULL;
    }
    return file;
}

/* The text of the file, for findings; "" when it can't be read. */
static const char *read_source(struct harness_file *file)
{
    FILE *stream = fopen(file->path, "rb");
    char *text = arena_take(&file->arena, 1);
    if (stream == NULL)
        return text;
    if (fseek(stream, 0, SEEK_END) == 0) {
        long size = ftell(stream);
        rewind(stream);
        char *whole = size > 0 && size <= HARNESS_FILE_MAX
                          ? arena_take(&file->arena, (size_t)size + 1)
                          : NULL;
        if (whole != NULL && fread(whole, 1, (size_t)size, stream) == (size_t)size)
            text = whole;
    }
    fclose(stream);
    return text;
}

enum rpc_status harness_file_load(const char *path, struct harness_file **file, char *problem)
{
    return harness_file_load_with(path, NULL, file, problem);
}

enum rpc_status harness_file_load_with(const char *path, const char *epilogue,
                                       struct harness_file **file, char *problem)
{
    struct harness_file *made = create_file(path);
    snprintf(problem, HARNESS_PROBLEM_MAX, "%s", rpc_status_text(RPC_NO_MEMORY));
    if (made == NULL)
        return RPC_NO_MEMORY;
    lua_State *L = harness_sandbox_lua(made->sandbox);
    if (!harness_sandbox_run(made->sandbox, epilogue))
        goto fail;
    lua_pushcfunction(L, read_file);
    lua_pushlightuserdata(L, made);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        goto fail;
    made->source = read_source(made);
    if (made->source == NULL || !harness_sandbox_keep(made->sandbox)) {
        harness_file_free(made);
        return RPC_NO_MEMORY;
    }
    *file = made;
    return RPC_OK;

fail:
    snprintf(problem, HARNESS_PROBLEM_MAX, "%s", lua_tostring(L, -1));
    harness_file_free(made);
    return RPC_MALFORMED;
}

void harness_file_free(struct harness_file *file)
{
    if (file == NULL)
        return;
    harness_sandbox_free(file->sandbox);
    arena_release(&file->arena);
    free(file);
}
