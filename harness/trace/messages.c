#include "harness/trace/messages.h"

#include "harness/judge/passage.h"
#include "harness/judge/road.h"
#include "harness/message/types.h"
#include "harness/tap/tap.h"
#include "harness/trace/frame.h"
#include "harness/trace/ledger.h"
#include "harness/trace/lines.h"
#include "reports/record.h"
#include "rpc/wire/wire.h"

static struct way *way_of(struct harness *harness, const struct harness_tap_message *message)
{
    struct road *road = harness_road(harness, message->stream->connection);
    return road != NULL ? &road->ways[message->direction == DIRECTION_S2C] : NULL;
}

/* --- lines --- */

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
    const struct wire_message *said = message->message;
    uint32_t connection = message->stream->connection;
    return said->kind == WIRE_REQUEST || said->kind == WIRE_RESPONSE
               ? harness_ledger_carried(harness->ledger, connection, said->call_id).call
               : 0;
}

static const char *note_of(const struct point_strike *strike)
{
    if (strike == NULL)
        return NULL;
    switch ((unsigned)strike->effect) {
    case EFFECT_SWALLOW:
        return "swallowed";
    case EFFECT_CHANGE:
        return "changed on the way; these are the bytes before";
    default:
        return NULL;
    }
}

static void put_on_way(struct harness *harness, struct way *way,
                       const struct harness_tap_message *message)
{
    const struct point_strike *strike = message->strike;
    struct record_msg line = {
        .direction = message->direction == DIRECTION_S2C ? RECORD_S2C : RECORD_C2S,
        .connection = message->stream->connection,
        .t_ns = (int64_t)message->at_ns,
        .rx_ns = RECORD_NEVER,
        .kind = kind_of(message->message),
        .call = call_of(harness, message),
        .length = (int64_t)message->bytes.length,
        .fate = strike != NULL ? fate_of(strike) : way->next_fate,
        .fault = strike != NULL ? strike->fault : way->next_fault,
        .frame = ++harness->roads->frames,
        .note = note_of(strike),
    };
    harness_frame_record(harness, line.frame, line.connection, message->direction == DIRECTION_C2S,
                         message->message, message->bytes);
    way->partial.begun = false;
    way->next_fate = RECORD_FATE_DELIVERED;
    way->next_fault = 0;
    struct travelling *new = harness_way_append(harness, way, &line);
    if (new == NULL || strike == NULL || strike->effect != EFFECT_DUPLICATE)
        return;
    line.of = new->line.message;
    line.note = "the copy";
    harness_way_append(harness, way, &line);
}

/* Connected to itself, one reads as replies what one has sent as requests. */
static bool is_own_peer(const struct world_stream *stream)
{
    return stream->local.ip == stream->remote.ip && stream->local.port == stream->remote.port;
}

/* In live a message may arrive before its sender's thread has told of it. */
static void compare(struct harness *harness, const struct harness_tap_message *message,
                    void (*tell)(struct harness *, uint32_t, enum point_direction,
                                 struct wire_bytes))
{
    if (harness->kind != HARNESS_SIM || is_own_peer(message->stream))
        return;
    harness_lock(harness);
    tell(harness, message->stream->connection, message->direction, message->bytes);
    harness_unlock(harness);
}

static void sent(void *owner, const struct harness_tap_message *message)
{
    struct harness *harness = owner;
    compare(harness, message, harness_passage_sent);
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    struct way *way = way_of(harness, message);
    if (way != NULL)
        put_on_way(harness, way, message);
    harness_unlock(harness);
}

/* The message on the way that looks like this one; a changed one looks like none. */
static struct travelling *find_like(struct harness *harness, const struct way *way,
                                    const struct harness_tap_message *message)
{
    enum record_message kind = kind_of(message->message);
    uint32_t call = call_of(harness, message);
    for (struct travelling *at = way->first; at != NULL; at = at->next)
        if (at->line.kind == kind && at->line.call == call &&
            at->line.length == (int64_t)message->bytes.length &&
            at->line.fate != RECORD_FATE_DROPPED)
            return at;
    return NULL;
}

static void received(void *owner, const struct harness_tap_message *message)
{
    struct harness *harness = owner;
    compare(harness, message, harness_passage_received);
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    struct way *way = way_of(harness, message);
    struct travelling *like = way != NULL ? find_like(harness, way, message) : NULL;
    if (like != NULL)
        harness_way_pass_by(harness, way, like);
    while (way != NULL && way->first != NULL && way->first->line.fate == RECORD_FATE_DROPPED)
        harness_way_arrive(harness, way, RECORD_NEVER);
    if (way != NULL && way->first != NULL)
        harness_way_arrive(harness, way, (int64_t)message->at_ns);
    if (message->direction == DIRECTION_C2S)
        harness_lines_received(harness->lines, message->stream->connection, message->at_ns,
                               message->message->kind);
    harness_unlock(harness);
}

/* The reader of `stream` has come to its end. */
static void ended(void *owner, const struct world_stream *stream, bool reset)
{
    struct harness *harness = owner;
    enum record_message kind = reset ? RECORD_MESSAGE_RST : RECORD_MESSAGE_FIN;
    if (harness->record == NULL)
        return;
    harness_lock(harness);
    struct road *road = harness_road(harness, stream->connection);
    struct way *way = road != NULL ? &road->ways[!stream->accepted] : NULL;
    struct travelling *end = way != NULL ? way->first : NULL;
    while (end != NULL && end->line.kind != kind)
        end = end->next;
    if (end != NULL) {
        harness_way_pass_by(harness, way, end);
        harness_way_arrive(harness, way, (int64_t)world_now(harness->world));
    }
    harness_unlock(harness);
}

/* --- the module --- */

static const struct plan_ticket *stopped(void *owner, const struct point_event *event)
{
    struct harness *harness = owner;
    const struct plan_ticket *ticket =
        harness->plan != NULL ? plan_stopped(harness->plan, event) : NULL;
    if (ticket != NULL)
        harness_changed(harness); /* somebody may wait for the gate */
    return ticket;
}

static void emptied(void *owner)
{
    harness_changed(owner);
}

static enum rpc_status begin(struct harness *harness)
{
    static const struct harness_tap_ops ops = {
        .sent = sent, .received = received, .ended = ended, .stopped = stopped, .emptied = emptied};
    harness->roads = harness_allocate(harness, sizeof(*harness->roads));
    if (harness->roads == NULL)
        return RPC_NO_MEMORY;
    harness->tap =
        harness_tap_create(harness->world, harness->host, &harness->handlers, &ops, harness);
    if (harness->tap == NULL)
        return RPC_NO_MEMORY;
    harness_tap_speak(harness->tap, wire_codec((int)harness->release->ipc_version),
                      harness_writable_types(harness));
    return RPC_OK;
}

static void take_stream(struct harness *harness, struct world_stream *stream)
{
    if (harness->tap != NULL && harness_tap_put(harness->tap, stream, stream->foreign) != RPC_OK)
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
        for (unsigned way = 0; map->roads[i] != NULL && way < 2; way++) {
            if (harness->record != NULL)
                harness_way_give_up(harness, &map->roads[i]->ways[way], i, way == 0);
            while (map->roads[i]->ways[way].first != NULL)
                harness_way_arrive(harness, &map->roads[i]->ways[way], RECORD_NEVER);
        }
    harness_unlock(harness);
    harness->roads = NULL;
}

const struct harness_module harness_messages = {
    .begin = begin, .heal = heal, .settled = settled, .end = end, .stream = take_stream};
