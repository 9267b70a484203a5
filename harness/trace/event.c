#include "harness/trace/event.h"

#include <stdio.h>
#include <string.h>

#include "harness/fault/aim.h"
#include "harness/lua/options.h"
#include "harness/lua/units.h"
#include "harness/play/task.h"
#include "harness/trace/ledger.h"

/* A live list: what fits among the events of its point. */
struct harness_events {
    struct harness *harness;
    struct harness_aim *aim;
    const struct harness_event **items;
    uint32_t count, room, looked_at, fitted;
};

/* --- values and events --- */

/* "10.0.0.2:8020" as the host that has it; whether there is one. */
static bool push_host(lua_State *L, const char *text)
{
    unsigned a, b, c, d, port;
    char rest;
    if (sscanf(text, "%3u.%3u.%3u.%3u:%5u%c", &a, &b, &c, &d, &port, &rest) != 5)
        return false;
    harness_push_host(L, a << 24 | b << 16 | c << 8 | d);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

void harness_push_value(lua_State *L, struct harness *harness, const struct point_value *value)
{
    (void)harness;
    if (value == NULL)
        lua_pushnil(L);
    else if (value->text == NULL)
        lua_pushinteger(L, value->number);
    else if (value->field != FIELD_TO || !push_host(L, value->text))
        lua_pushstring(L, value->text);
}

static void push_at(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_ms(L, ((const struct harness_event *)object)->at_ns);
}

static void push_point(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushstring(L, point_name((enum point)((const struct harness_event *)object)->point));
}

static void push_event_host(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_entity(L, HARNESS_HOST, ((const struct harness_event *)object)->host);
}

static void push_server(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_entity(L, HARNESS_SERVER, ((const struct harness_event *)object)->server);
}

static void push_client(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_entity(L, HARNESS_CLIENT, ((const struct harness_event *)object)->client);
}

static void push_connection(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    harness_push_entity(L, HARNESS_CONNECTION, ((const struct harness_event *)object)->connection);
}

static void push_call(lua_State *L, struct harness *harness, void *object)
{
    struct point_event view = harness_event_view(object);
    harness_push_entity(L, HARNESS_CALL, harness_ledger_call(harness, &view));
}

/* Replace the name on top, "server1/reader/0", by the server's handle of that lane. */
static void find_lane_handle(lua_State *L, uint32_t server)
{
    const char *slash = strchr(lua_tostring(L, -1), '/');
    harness_push_entity(L, HARNESS_SERVER, server);
    if (slash == NULL || lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, -1, "lane");
    lua_insert(L, -2);
    lua_pushstring(L, slash + 1);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK)
        lua_replace(L, -2);
    else
        lua_pop(L, 1); /* one that has no handle: a text */
}

static void push_lane(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_event *event = object;
    harness_lock(harness);
    const char *name = harness_trace_lane_name(harness->trace, event->lane);
    harness_unlock(harness);
    lua_pushstring(L, name);
    if (name != NULL && strncmp(name, "server", 6) == 0)
        find_lane_handle(L, event->server);
}

static void push_call_id(lua_State *L, struct harness *harness, void *object)
{
    const struct harness_event *event = object;
    (void)harness;
    if (event->call_id == POINT_NO_CALL)
        lua_pushnil(L);
    else
        lua_pushinteger(L, event->call_id);
}

static void push_retry(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    lua_pushinteger(L, ((const struct harness_event *)object)->retry);
}

static void push_direction(lua_State *L, struct harness *harness, void *object)
{
    static const char *const names[] = {NULL, "c2s", "s2c"};
    (void)harness;
    lua_pushstring(L, names[((const struct harness_event *)object)->direction]);
}

static const struct harness_field event_fields[] = {
    {"at", push_at},         {"point", push_point},         {"host", push_event_host},
    {"server", push_server}, {"client", push_client},       {"connection", push_connection},
    {"call", push_call},     {"lane", push_lane},           {"call_id", push_call_id},
    {"retry", push_retry},   {"direction", push_direction}, {NULL, NULL},
};

static bool is_field_of(enum point point, const char *name)
{
    const char *fields = point_fields(point);
    size_t length = strlen(name);
    for (const char *at = fields; (at = strstr(at, name)) != NULL; at += length)
        if ((at == fields || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* A field of its own: nil when this event does not say it. */
static bool push_own_field(lua_State *L, struct harness *harness, void *object, const char *name)
{
    const struct harness_event *event = object;
    enum point_field field = point_field_by_name(name, strlen(name));
    if (field == FIELD_COUNT)
        return false;
    const struct point_value *value = harness_event_value(event, field);
    if (value == NULL && !is_field_of((enum point)event->point, name) && field != FIELD_METHOD)
        return false;
    harness_push_value(L, harness, value);
    return true;
}

static const char *push_own_names(lua_State *L, struct harness *harness, void *object)
{
    (void)harness;
    return lua_pushstring(L,
                          point_fields((enum point)((const struct harness_event *)object)->point));
}

static void describe_event(const void *object, char *text, size_t size)
{
    const struct harness_event *event = object;
    char at[HARNESS_DURATION_MAX];
    snprintf(text, size, "%s at %s", point_name((enum point)event->point),
             harness_duration_text(event->at_ns, at));
}

const struct harness_type harness_event_type = {
    .name = "event",
    .fields = event_fields,
    .describe = describe_event,
    .dynamic = push_own_field,
    .names = push_own_names,
    .event = true,
};

static void push_event(lua_State *L, const struct harness_event *event)
{
    harness_push(L, &harness_event_type, (void *)(uintptr_t)event);
}

void harness_push_visit(lua_State *L, struct harness *harness, const struct point_event *visit)
{
    struct harness_event *event = harness_keep(L, sizeof(*event));
    struct point_value *values = harness_keep(L, visit->value_count * sizeof(*values) + 1);
    for (size_t i = 0; i < visit->value_count; i++) {
        values[i] = visit->values[i];
        if (values[i].text != NULL) {
            harness_lock(harness);
            values[i].text = harness_trace_text(harness->trace, values[i].text);
            harness_unlock(harness);
        }
    }
    *event = (struct harness_event){
        .at_ns = world_event_time(harness->world, visit),
        .values = values,
        .value_count = (uint8_t)visit->value_count,
        .host = visit->host,
        .server = visit->server,
        .client = visit->client,
        .connection = visit->connection,
        .lane = visit->lane,
        .call_id = visit->call_id,
        .retry = visit->retry,
        .point = (uint8_t)visit->point,
        .direction = (uint8_t)visit->direction,
    };
    push_event(L, event);
}

/* --- lists --- */

enum point harness_check_point(lua_State *L, int index)
{
    size_t length;
    const char *name = luaL_checklstring(L, index, &length);
    enum point point = point_by_name(name, length);
    if (point == POINT_COUNT) {
        luaL_Buffer names;
        luaL_buffinit(L, &names);
        for (unsigned i = 0; i < POINT_COUNT; i++) {
            luaL_addstring(&names, point_name((enum point)i));
            luaL_addchar(&names, ' ');
        }
        luaL_pushresult(&names);
        harness_no_such(L, "ripcord", "point", name, lua_tostring(L, -1));
    }
    return point;
}

static void add(lua_State *L, struct harness_events *events, const struct harness_event *event)
{
    if (events->count == events->room) {
        uint32_t room = events->room == 0 ? 16 : events->room * 2;
        const struct harness_event **items = harness_keep(L, room * sizeof(*items));
        if (events->count > 0)
            memcpy(items, events->items, events->count * sizeof(*items));
        events->items = items;
        events->room = room;
    }
    events->items[events->count++] = event;
}

/* Look at what has happened since the last look. */
static void refresh(lua_State *L, struct harness_events *events)
{
    struct harness *harness = events->harness;
    const struct harness_aim *aim = events->aim;
    for (;;) {
        const struct harness_event *event = NULL;
        const char *lane = NULL;
        harness_lock(harness);
        if (events->looked_at < harness_trace_point_count(harness->trace, aim->point)) {
            event = harness_trace_at(harness->trace, aim->point, events->looked_at);
            lane = harness_trace_lane_name(harness->trace, event->lane);
        }
        harness_unlock(harness);
        if (event == NULL)
            return;
        events->looked_at++;
        struct point_event view = harness_event_view(event);
        if (!harness_aim_fits(aim, &view, lane))
            continue;
        events->fitted++;
        if (aim->plan.nth == 0 || events->fitted == aim->plan.nth)
            add(L, events, event);
    }
}

static lua_Integer count_events(struct harness *harness, void *object)
{
    struct harness_events *events = object;
    lua_State *running = harness_task_lua(harness);
    refresh(running != NULL ? running : harness->lua, events);
    return events->count;
}

static void push_item(lua_State *L, struct harness *harness, void *object, lua_Integer i)
{
    struct harness_events *events = object;
    (void)harness;
    refresh(L, events);
    if (i >= 1 && i <= events->count)
        push_event(L, events->items[i - 1]);
    else
        lua_pushnil(L);
}

/* events:map "field" */
static int map(lua_State *L)
{
    struct harness_events *events = harness_check(L, 1, &harness_events_type);
    luaL_checktype(L, 2, LUA_TSTRING);
    refresh(L, events);
    lua_createtable(L, (int)events->count, 0);
    for (uint32_t i = 0; i < events->count; i++) {
        push_event(L, events->items[i]);
        lua_pushvalue(L, 2);
        lua_gettable(L, -2);
        lua_rawseti(L, 3, (lua_Integer)i + 1);
        lua_pop(L, 1);
    }
    return 1;
}

const struct harness_aim *harness_events_aim(const void *object)
{
    return ((const struct harness_events *)object)->aim;
}

static void describe_events(const void *object, char *text, size_t size)
{
    const struct harness_events *events = object;
    snprintf(text, size, "events of %s%s%s", point_name(events->aim->point),
             events->aim->text[0] != '\0' ? " " : "", events->aim->text);
}

static const luaL_Reg events_methods[] = {{"map", map}, {NULL, NULL}};

const struct harness_type harness_events_type = {
    .name = "events",
    .methods = events_methods,
    .looks = "map",
    .describe = describe_events,
    .item = push_item,
    .length = count_events,
    .list = true,
};

/* t:events(point, aim) */
static int t_events(lua_State *L)
{
    enum point point = harness_check_point(L, 2);
    if (!lua_isnoneornil(L, 3))
        luaL_checktype(L, 3, LUA_TTABLE);
    struct harness_events *events = harness_keep(L, sizeof(*events));
    events->harness = harness_of(L);
    events->aim = harness_aim(L, 3, point, "");
    if (events->aim->plan.has_chance)
        return luaL_error(L, "events: what has happened has no chance");
    if (events->aim->plan.times > 0 || events->aim->plan.maybe)
        return luaL_error(L, "events: '%s' is for faults; what has happened is there, and whole",
                          events->aim->plan.maybe ? "maybe" : "times");
    harness_push(L, &harness_events_type, events);
    return 1;
}

const luaL_Reg harness_t_events[] = {{"events", t_events}, {NULL, NULL}};
