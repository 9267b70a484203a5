#include "harness/fault/aim_parts.h"

#include <stdio.h>

#include <lauxlib.h>

#include "harness/fault/condition.h"
#include "harness/harness.h"
#include "harness/lua/show.h"
#include "harness/lua/units.h"

/* What an aim can have besides the event's own fields. */
enum part {
    PART_HOST,
    PART_SERVER,
    PART_CLIENT,
    PART_CONNECTION,
    PART_CALL,
    PART_RETRY,
    PART_LANE,
    PART_METHOD,
    PART_DIRECTION,
    PART_TIME,
    PARTS
};

/* Only that part of the aim; false: it has none. */
static bool take_part(const struct plan_aim *aim, enum part part, struct plan_aim *only)
{
    *only = (struct plan_aim){0};
    switch (part) {
    case PART_HOST:
        only->host = aim->host;
        return aim->host != 0;
    case PART_SERVER:
        only->server = aim->server;
        return aim->server != 0;
    case PART_CLIENT:
        only->client = aim->client;
        return aim->client != 0;
    case PART_CONNECTION:
        only->connection = aim->connection;
        return aim->connection != 0;
    case PART_CALL:
        only->has_call = aim->has_call, only->call_id = aim->call_id;
        return aim->has_call;
    case PART_RETRY:
        only->has_retry = aim->has_retry, only->retry = aim->retry;
        return aim->has_retry;
    case PART_LANE:
        only->lane = aim->lane;
        return aim->lane != NULL;
    case PART_METHOD:
        only->method = aim->method;
        return aim->method != NULL;
    case PART_DIRECTION:
        only->direction = aim->direction;
        return aim->direction != DIRECTION_NONE;
    case PART_TIME:
        only->from_ns = aim->from_ns, only->to_ns = aim->to_ns;
        return aim->from_ns != 0 || aim->to_ns != 0;
    case PARTS:
        break;
    }
    return false;
}

/* The part of that place: one of enum part, or PARTS and the condition `*condition` (the last one
 * is `where`). */
static enum part part_at(const struct harness_aim *aim, size_t place, size_t *condition)
{
    struct plan_aim only;
    for (unsigned part = 0; part < PARTS; part++)
        if (take_part(&aim->plan, (enum part)part, &only) && place-- == 0)
            return (enum part)part;
    *condition = place;
    return PARTS;
}

size_t harness_aim_parts(const struct harness_aim *aim)
{
    struct plan_aim only;
    size_t count = aim->count + (aim->function != LUA_NOREF);
    for (unsigned part = 0; part < PARTS; part++)
        count += take_part(&aim->plan, (enum part)part, &only);
    return count;
}

bool harness_aim_part_fits(const struct harness_aim *aim, size_t place,
                           const struct point_event *event, const char *lane)
{
    struct plan_aim only;
    size_t i = 0;
    enum part part = part_at(aim, place, &i);
    if (part != PARTS)
        return take_part(&aim->plan, part, &only) && harness_aim_plan_fits(aim, &only, event, lane);
    if (i == aim->count)
        return harness_aim_function_fits(aim, event);
    return harness_condition_fits(aim->harness, &aim->conditions[i], event);
}

static void show_time(const struct plan_aim *aim, char *text, size_t size)
{
    char from[HARNESS_DURATION_MAX], to[HARNESS_DURATION_MAX];
    harness_duration_text(aim->from_ns, from);
    harness_duration_text(aim->to_ns, to);
    if (aim->to_ns == 0)
        snprintf(text, size, "from %s on", from);
    else
        snprintf(text, size, "from %s to %s", from, to);
}

/* "of server1" */
static void show_entity(struct harness *harness, enum harness_entity kind, uint32_t id, char *text,
                        size_t size)
{
    lua_State *judge = harness_judge_state(harness);
    harness_push_entity(judge, kind, id);
    bool known = !lua_isnil(judge, -1);
    snprintf(text, size, "%s %s", kind == HARNESS_HOST ? "on" : "of",
             known ? harness_push_text(judge, -1) : "that one");
    lua_pop(judge, 1 + known);
}

static void show_part(struct harness *harness, enum part part, const struct plan_aim *aim,
                      char *text, size_t size)
{
    switch (part) {
    case PART_HOST:
        show_entity(harness, HARNESS_HOST, aim->host, text, size);
        return;
    case PART_SERVER:
        show_entity(harness, HARNESS_SERVER, aim->server, text, size);
        return;
    case PART_CLIENT:
        show_entity(harness, HARNESS_CLIENT, aim->client, text, size);
        return;
    case PART_CONNECTION:
        snprintf(text, size, "on connection %u", aim->connection);
        return;
    case PART_CALL:
        snprintf(text, size, "for call id %d", (int)aim->call_id);
        return;
    case PART_RETRY:
        snprintf(text, size, "with retry = %d", (int)aim->retry);
        return;
    case PART_LANE:
        snprintf(text, size, "in lane %s", aim->lane);
        return;
    case PART_METHOD:
        snprintf(text, size, "with method = \"%s\"", aim->method);
        return;
    case PART_DIRECTION:
        snprintf(text, size, "in direction %s", aim->direction == DIRECTION_C2S ? "c2s" : "s2c");
        return;
    case PART_TIME:
        show_time(aim, text, size);
        return;
    case PARTS:
        break;
    }
}

void harness_aim_part_text(const struct harness_aim *aim, size_t place, char *text, size_t size)
{
    size_t i = 0;
    enum part part = part_at(aim, place, &i);
    if (part != PARTS)
        show_part(aim->harness, part, &aim->plan, text, size);
    else if (i == aim->count)
        snprintf(text, size, "that its `where` lets pass");
    else
        harness_condition_text(aim->harness, &aim->conditions[i], text, size);
}

static bool field_seen(const struct harness_aim *aim, unsigned what,
                       const struct point_event *event, char *text, size_t size)
{
    return harness_condition_seen(aim->harness, &(struct harness_condition){.what = what}, event,
                                  text, size);
}

bool harness_aim_part_seen(const struct harness_aim *aim, size_t place,
                           const struct point_event *event, const char *lane, char *text,
                           size_t size)
{
    size_t i = 0;
    switch (part_at(aim, place, &i)) {
    case PART_CONNECTION:
        snprintf(text, size, "%u", event->connection);
        return event->connection != 0;
    case PART_CALL:
        return field_seen(aim, CONDITION_CALL_ID, event, text, size);
    case PART_RETRY:
        return field_seen(aim, CONDITION_RETRY, event, text, size);
    case PART_LANE:
        snprintf(text, size, "%s", lane != NULL ? lane : "");
        return lane != NULL;
    case PART_METHOD:
        return field_seen(aim, FIELD_METHOD, event, text, size);
    case PART_DIRECTION:
        snprintf(text, size, "%s", event->direction == DIRECTION_C2S ? "c2s" : "s2c");
        return event->direction != DIRECTION_NONE;
    case PART_TIME:
        snprintf(text, size, "at ");
        harness_duration_text(event->at_ns, text + 3);
        return true;
    case PARTS:
        return i < aim->count &&
               harness_condition_seen(aim->harness, &aim->conditions[i], event, text, size);
    case PART_HOST:
    case PART_SERVER:
    case PART_CLIENT:
        break;
    }
    return false;
}
