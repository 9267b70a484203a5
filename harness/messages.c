#include "harness/messages.h"

#include <stdlib.h>
#include <string.h>

#include "harness/frame.h"
#include "harness/ledger.h"
#include "harness/tap/tap.h"
#include "reports/record.h"
#include "rpc/wire/wire.h"

/* A message that is on its way. */
struct travelling {
    struct travelling *next;
    struct record_msg line;
};

/* One direction of one connection, the oldest first. */
struct way {
    struct travelling *first, **last;
};

struct road {
    struct way ways[2]; /* c2s, s2c */
    bool connected;     /* we have made the connection, so both ends are ours */
};

struct harness_road_map {
    struct road **roads; /* by the number of the connection */
    uint32_t room;
    uint32_t messages, frames;
    struct travelling *spare;
};

/* The road of a connection, made when it is new; locked; NULL when out of memory. */
static struct road *road_of(struct harness *harness, uint32_t connection)
{
    struct harness_road_map *map = harness->roads;
    if (connection >= map->room) {
        uint32_t room = connection * 2 + 16;
        struct road **roads = realloc(map->roads, room * sizeof(struct road *));
        if (roads == NULL)
            return NULL;
        memset(roads + map->room, 0, (room - map->room) * sizeof(struct road *));
        map->roads = roads;
        map->room = room;
    }
    if (map->roads[connection] == NULL) {
        struct road *road = harness_allocate(harness, sizeof(*road));
        if (road == NULL)
            return NULL;
        road->ways[0].last = &road->ways[0].first;
        road->ways[1].last = &road->ways[1].first;
        map->roads[connection] = road;
    }
    return map->roads[connection];
}

static struct way *way_of(struct harness *harness, const struct harness_tap_message *message)
{
    struct road *road = road_of(harness, message->stream->connection);
    return road != NULL ? &road->ways[message->direction == DIRECTION_S2C] : NULL;
}

/* --- lines
 * ------------------------------------------------------------------------------------------ */

static enum record_message kind_of(const struct wire_message *message)
{
    switch (message->kind) {
    case WIRE_PREAMBLE:
    case WIRE_HTTP:
        return RECORD_MESSAGE_PREAMBLE;
    case WIRE_SASL:
        return RECORD_MESSAGE_SASL;
    case WIRE_CONTEXT:
        return RECORD_MESSAGE_CONTEXT;
    case WIRE_REQUEST:
        return RECORD_MESSAGE_REQUEST;
    case WIRE_PING:
        return RECORD_MESSAGE_PING;
    case WIRE_GOODBYE:
        return RECORD_MESSAGE_FATAL;
    case WIRE_RESPONSE:
        break;
    }
    return message->status == WIRE_FATAL ? RECORD_MESSAGE_FATAL : RECORD_MESSAGE_RESPONSE;
}

static enum record_fate fate_of(const struct point_strike *strike)
{
    if (strike == NULL)
        return RECORD_FATE_DELIVERED;
    switch ((unsigned)strike->effect) {
    case EFFECT_SWALLOW:
        return RECORD_FATE_DROPPED;
    case EFFECT_DELAY:
        return RECORD_FATE_DELAYED;
    case EFFECT_DUPLICATE:
        return RECORD_FATE_DUPLICATED;
    default:
        return RECORD_FATE_CORRUPTED;
    }
}

static uint32_t call_of(struct harness *harness, const struct harness_tap_message *message)
{
    int32_t call_id = message->message->call_id;
    enum wire_kind kind = message->message->kind;
    struct point_event event = {.connection = message->stream->connection, .call_id = call_id};
    return kind == WIRE_REQUEST || kind == WIRE_RESPONSE
               ? harness_ledger_call_locked(harness->ledger, &event)
               : 0;
}

/* Put it on the road. */
static void sent(void *owner, const struct harness_tap_message *message)
{
    struct harness *harness = owner;
    struct harness_road_map *map = harness->roads;
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    struct way *way = way_of(harness, message);
    struct travelling *new = map->spare;
    if (new != NULL)
        map->spare = new->next;
    else
        new = harness_allocate(harness, sizeof(*new));
    if (way != NULL && new != NULL) {
        new->next = NULL;
        new->line = (struct record_msg){
            .message = ++map->messages,
            .direction = message->direction == DIRECTION_S2C ? RECORD_S2C : RECORD_C2S,
            .connection = message->stream->connection,
            .t_ns = (int64_t)message->at_ns,
            .rx_ns = RECORD_NEVER,
            .kind = kind_of(message->message),
            .call = call_of(harness, message),
            .length = (int64_t)message->bytes.length,
            .fate = fate_of(message->strike),
            .fault = message->strike != NULL ? message->strike->fault : 0,
            .frame = ++map->frames,
        };
        harness_frame_record(harness, map->frames, message->stream->connection,
                             message->direction == DIRECTION_C2S, message->message, message->bytes);
        *way->last = new;
        way->last = &new->next;
        if (message->strike != NULL && message->strike->effect == EFFECT_SWALLOW)
            new->line.note = "swallowed";
    }
    harness_unlock(harness);
}

/* Write the oldest of the way, which has arrived at `at_ns` or never will. */
static void arrive(struct harness *harness, struct way *way, int64_t at_ns)
{
    struct travelling *oldest = way->first;
    way->first = oldest->next;
    if (way->first == NULL)
        way->last = &way->first;
    oldest->line.rx_ns = at_ns;
    record_msg(harness->record, &oldest->line);
    oldest->next = harness->roads->spare;
    harness->roads->spare = oldest;
}

static void received(void *owner, const struct harness_tap_message *message)
{
    struct harness *harness = owner;
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    struct way *way = way_of(harness, message);
    while (way != NULL && way->first != NULL && way->first->line.fate == RECORD_FATE_DROPPED)
        arrive(harness, way, RECORD_NEVER);
    if (way != NULL && way->first != NULL)
        arrive(harness, way, (int64_t)message->at_ns);
    harness_unlock(harness);
}

/* --- the module
 * --------------------------------------------------------------------------------------- */

static enum rpc_status begin(struct harness *harness)
{
    static const struct harness_tap_ops ops = {.sent = sent, .received = received};
    harness->roads = harness_allocate(harness, sizeof(*harness->roads));
    if (harness->roads == NULL)
        return RPC_NO_MEMORY;
    harness->tap =
        harness_tap_create(harness->world, harness->host, &harness->handlers, &ops, harness);
    return harness->tap != NULL ? RPC_OK : RPC_NO_MEMORY;
}

/* An accepted stream that none of us has connected has a foreign peer. */
static void take_stream(struct harness *harness, struct world_stream *stream)
{
    if (harness->tap == NULL)
        return;
    harness_lock(harness);
    struct road *road = road_of(harness, stream->connection);
    if (road != NULL && !stream->accepted)
        road->connected = true;
    bool foreign = road != NULL && stream->accepted && !road->connected;
    harness_unlock(harness);
    if (harness_tap_put(harness->tap, stream, foreign) != RPC_OK)
        harness_broken(harness, "not enough memory for a tap");
}

static void heal(struct harness *harness)
{
    harness_tap_heal(harness->tap);
}

static bool settled(struct harness *harness)
{
    return harness_tap_held(harness->tap) == 0;
}

static void end(struct harness *harness)
{
    struct harness_road_map *map = harness->roads;
    harness_tap_free(harness->tap);
    harness->tap = NULL;
    if (map == NULL)
        return;
    harness_lock(harness);
    for (uint32_t i = 0; i < map->room; i++)
        for (unsigned way = 0; map->roads[i] != NULL && way < 2; way++)
            while (map->roads[i]->ways[way].first != NULL)
                arrive(harness, &map->roads[i]->ways[way], RECORD_NEVER);
    harness_unlock(harness);
    free(map->roads);
    harness->roads = NULL;
}

const struct harness_module harness_messages = {
    .begin = begin, .heal = heal, .settled = settled, .end = end, .stream = take_stream};
