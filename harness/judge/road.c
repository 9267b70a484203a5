#include "harness/judge/road.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/fault/fault.h"
#include "rpc/arena.h"

struct road *harness_road(struct harness *harness, uint32_t connection)
{
    struct harness_road_map *map = harness->roads;
    struct road **roads =
        arena_lengthen(&harness->locked, map->roads, &map->room, connection, sizeof(struct road *));
    if (roads == NULL)
        return NULL;
    map->roads = roads;
    if (map->roads[connection] == NULL) {
        struct road *road = harness_allocate_locked(harness, sizeof(*road));
        if (road == NULL)
            return NULL;
        road->ways[0].last = &road->ways[0].first;
        road->ways[1].last = &road->ways[1].first;
        map->roads[connection] = road;
    }
    return map->roads[connection];
}

struct travelling *harness_way_append(struct harness *harness, struct way *way,
                                      const struct record_msg *line)
{
    struct harness_road_map *map = harness->roads;
    struct travelling *new = map->spare;
    if (new != NULL)
        map->spare = new->next;
    else
        new = harness_allocate_locked(harness, sizeof(*new));
    if (new == NULL)
        return NULL;
    *new = (struct travelling){.line = *line};
    new->line.message = ++map->messages;
    *way->last = new;
    way->last = &new->next;
    return new;
}

/* What has become of a message that no fault of wire.* has struck. */
static void judge(struct harness *harness, const struct way *way, struct travelling *passing)
{
    struct record_msg *line = &passing->line;
    bool never = line->rx_ns == RECORD_NEVER;
    uint32_t cut = harness_faults_cut(harness, line->t_ns);
    if (line->fate == RECORD_FATE_TRUNCATED && !never)
        line->fate = RECORD_FATE_DELIVERED; /* the cut came behind it */
    if (passing->lost && !never) {
        line->fate = RECORD_FATE_DELAYED;
        line->note = "lost, and sent again";
    }
    if (line->fate != RECORD_FATE_DELIVERED || (!never && line->rx_ns == line->t_ns))
        return;
    if (way->fault != 0 && harness_fault_stood(harness, way->fault, line->t_ns)) {
        line->fate = RECORD_FATE_HELD;
        line->fault = way->fault;
        line->note = never ? "nobody has read it" : NULL;
    } else if (cut != 0) {
        line->fate = never ? RECORD_FATE_DROPPED : RECORD_FATE_DELAYED;
        line->fault = cut;
    } else if (never && line->kind == RECORD_MESSAGE_SYN) {
        line->fate = RECORD_FATE_DROPPED;
        line->note = "nobody has answered";
    } else if (never) {
        line->fate = way->closed ? RECORD_FATE_DROPPED : RECORD_FATE_HELD;
        line->note = way->closed ? "its reader was gone" : "nobody has read it";
    }
}

void harness_way_arrive(struct harness *harness, struct way *way, int64_t at_ns)
{
    struct travelling *oldest = way->first;
    way->first = oldest->next;
    if (way->first == NULL)
        way->last = &way->first;
    oldest->line.rx_ns = at_ns;
    judge(harness, way, oldest);
    record_msg(harness->record, &oldest->line);
    oldest->next = harness->roads->spare;
    harness->roads->spare = oldest;
}

void harness_way_pass_by(struct harness *harness, struct way *way, const struct travelling *stop)
{
    while (way->first != stop)
        harness_way_arrive(harness, way, RECORD_NEVER);
}

/* --- writes that stop half way --- */

/* `length` is that of the whole message, or -1: what is left now. */
static void learn_write(struct way *way, const struct point_event *event, uint32_t call,
                        int64_t length)
{
    struct partial *partial = &way->partial;
    int64_t bytes = point_number(event, FIELD_BYTES),
            accepted = point_number(event, FIELD_ACCEPTED);
    if (!partial->begun)
        *partial = (struct partial){.t_ns = (int64_t)event->at_ns, .length = length, .call = call};
    partial->begun = true;
    if (partial->length < partial->accepted + bytes)
        partial->length = partial->accepted + bytes;
    partial->accepted += accepted;
    if (partial->accepted >= partial->length)
        partial->begun = false;
}

void harness_way_give_up(struct harness *harness, struct way *way, uint32_t connection,
                         bool to_server)
{
    struct partial *partial = &way->partial;
    char note[96];
    if (!partial->begun)
        return;
    partial->begun = false;
    bool held = way->fault != 0;
    snprintf(note, sizeof(note), "%" PRId64 " bytes were taken by the socket, %" PRId64 " %s",
             partial->accepted, partial->length - partial->accepted,
             held ? "are held" : "were never written");
    struct record_msg line = {
        .message = ++harness->roads->messages,
        .direction = to_server ? RECORD_C2S : RECORD_S2C,
        .connection = connection,
        .t_ns = partial->t_ns,
        .rx_ns = RECORD_NEVER,
        .kind = to_server ? RECORD_MESSAGE_REQUEST : RECORD_MESSAGE_RESPONSE,
        .call = partial->call,
        .length = partial->length,
        .fate = held ? RECORD_FATE_HELD : RECORD_FATE_TRUNCATED,
        .fault = held ? way->fault : way->next_fault,
        .note = note,
    };
    record_msg(harness->record, &line);
}

static void put_end(struct harness *harness, const struct point_event *event,
                    enum record_message kind)
{
    struct road *road = harness_road(harness, event->connection);
    if (road == NULL || event->direction == DIRECTION_NONE)
        return;
    bool to_server = event->direction == DIRECTION_C2S;
    harness_way_append(harness, &road->ways[!to_server],
                       &(struct record_msg){
                           .direction = to_server ? RECORD_C2S : RECORD_S2C,
                           .connection = event->connection,
                           .t_ns = (int64_t)event->at_ns,
                           .rx_ns = RECORD_NEVER,
                           .kind = kind,
                       });
}

/* What has become of the last SYN.  The world tells when connecting ends, not when the SYN
 * came: halfway, for it and its answer take equally long. */
static void end_connecting(struct harness *harness, struct road *road,
                           const struct point_event *event, const char *result)
{
    struct way *way = &road->ways[0];
    struct travelling *syn = NULL;
    for (struct travelling *at = way->first; at != NULL; at = at->next)
        if (at->line.kind == RECORD_MESSAGE_SYN)
            syn = at;
    int64_t now_ns = (int64_t)world_now(harness->world); /* the event tells when it began */
    bool ok = result != NULL && strcmp(result, "ok") == 0;
    bool refused = result != NULL && strcmp(result, "refused") == 0;
    if (syn == NULL)
        return;
    harness_way_pass_by(harness, way, syn);
    if (!ok) {
        if (syn->line.fate == RECORD_FATE_DELIVERED)
            syn->line.fate = refused ? RECORD_FATE_REFUSED : RECORD_FATE_DROPPED;
        harness_way_arrive(harness, way, RECORD_NEVER);
        return;
    }
    int64_t there_ns = syn->line.t_ns + (now_ns - syn->line.t_ns) / 2;
    struct record_msg answer = {
        .message = ++harness->roads->messages,
        .direction = RECORD_S2C,
        .connection = event->connection,
        .t_ns = there_ns,
        .rx_ns = now_ns,
        .kind = RECORD_MESSAGE_SYNACK,
    };
    harness_way_arrive(harness, way, there_ns);
    record_msg(harness->record, &answer);
}

/* A SYN, again and again: of those before nobody has heard. */
static void put_syn(struct harness *harness, struct road *road, const struct point_event *event)
{
    struct way *way = &road->ways[0];
    for (struct travelling *at = way->first; at != NULL; at = at->next)
        if (at->line.kind == RECORD_MESSAGE_SYN)
            at->line.fate = RECORD_FATE_DROPPED;
    harness_way_append(harness, way,
                       &(struct record_msg){
                           .direction = RECORD_C2S,
                           .connection = event->connection,
                           .t_ns = (int64_t)event->at_ns,
                           .rx_ns = RECORD_NEVER,
                           .kind = RECORD_MESSAGE_SYN,
                           .fate = way->next_fate,
                           .fault = way->next_fault,
                       });
    way->next_fate = RECORD_FATE_DELIVERED;
    way->next_fault = 0;
}

void harness_road_event(struct harness *harness, const struct point_event *event, uint32_t call,
                        int64_t reply_length)
{
    bool has_road = harness->roads != NULL && harness->record != NULL && event->connection != 0;
    struct road *road = has_road ? harness_road(harness, event->connection) : NULL;
    if (road == NULL)
        return;
    switch ((unsigned)event->point) {
    case POINT_SERVER_WRITE:
        learn_write(&road->ways[1], event, call, reply_length);
        return;
    case POINT_CLIENT_WRITE:
        if (call != 0)
            learn_write(&road->ways[0], event, call, -1);
        return;
    case POINT_SERVER_CLOSE:
        harness_way_give_up(harness, &road->ways[1], event->connection, false);
        road->ways[0].closed = true;
        return;
    case POINT_CLIENT_CLOSE:
        harness_way_give_up(harness, &road->ways[0], event->connection, true);
        road->ways[1].closed = true;
        return;
    case POINT_NET_SYN:
        put_syn(harness, road, event);
        return;
    case POINT_SERVER_ACCEPT:
        if (event->client == 0) /* a stranger's, or a raw one */
            end_connecting(harness, road, event, "ok");
        return;
    case POINT_CLIENT_CONNECT:
        end_connecting(harness, road, event, point_text(event, FIELD_RESULT));
        return;
    case POINT_NET_FIN:
        put_end(harness, event, RECORD_MESSAGE_FIN);
        return;
    case POINT_NET_RST:
        put_end(harness, event, RECORD_MESSAGE_RST);
        return;
    default:
        return;
    }
}

/* --- faults beneath messages --- */

/* What was sent in this instant was in the segment that has been struck. */
static void mark(struct way *way, uint32_t fault, enum record_fate fate, bool lost,
                 const char *note, uint64_t now_ns)
{
    for (struct travelling *at = way->first; at != NULL; at = at->next) {
        if (at->line.fate != RECORD_FATE_DELIVERED || at->line.t_ns != (int64_t)now_ns)
            continue;
        at->line.fate = fate;
        at->line.fault = fault;
        at->lost = lost;
        if (note != NULL)
            at->line.note = note;
    }
}

static void strike_segment(struct way *way, uint32_t fault, enum point_effect effect,
                           uint64_t now_ns)
{
    switch ((unsigned)effect) {
    case EFFECT_DELAY:
    case EFFECT_SLOW:
        mark(way, fault, RECORD_FATE_DELAYED, false, NULL, now_ns);
        return;
    case EFFECT_DROP:
    case EFFECT_PARTITION:
        mark(way, fault, RECORD_FATE_DROPPED, true, NULL, now_ns);
        return;
    case EFFECT_SPLIT:
        mark(way, fault, RECORD_FATE_SPLIT, false, NULL, now_ns);
        return;
    case EFFECT_CORRUPT:
        mark(way, fault, RECORD_FATE_CORRUPTED, false, NULL, now_ns);
        return;
    case EFFECT_INJECT:
        mark(way, fault, RECORD_FATE_CORRUPTED, false, "bytes were put in before it", now_ns);
        return;
    case EFFECT_DUPLICATE:
        mark(way, fault, RECORD_FATE_DUPLICATED, false, "TCP takes it once", now_ns);
        return;
    case EFFECT_FIN:
    case EFFECT_RST:
        mark(way, fault, RECORD_FATE_TRUNCATED, false, NULL, now_ns);
        return;
    default:
        return;
    }
}

void harness_road_struck(struct harness *harness, uint32_t fault, enum point_effect effect,
                         const struct point_event *event)
{
    bool has_road = harness->roads != NULL && harness->record != NULL && event->connection != 0;
    struct road *road = has_road ? harness_road(harness, event->connection) : NULL;
    if (road == NULL)
        return;
    bool by_server = event->point == POINT_SERVER_WRITE || event->point == POINT_SERVER_READ;
    struct way *written = &road->ways[by_server], *read = &road->ways[!by_server];
    switch ((unsigned)event->point) {
    case POINT_CLIENT_READ:
    case POINT_SERVER_READ:
        if (effect == EFFECT_STOP)
            read->fault = fault;
        return;
    case POINT_CLIENT_WRITE:
    case POINT_SERVER_WRITE:
        written->next_fault = fault;
        written->next_fate = effect == EFFECT_SHORT ? RECORD_FATE_SPLIT : RECORD_FATE_TRUNCATED;
        return;
    case POINT_NET_SYN:
        road->ways[0].next_fault = fault;
        road->ways[0].next_fate =
            effect == EFFECT_DELAY ? RECORD_FATE_DELAYED : RECORD_FATE_DROPPED;
        return;
    case POINT_NET:
    case POINT_NET_SEGMENT:
    case POINT_NET_FIN:
    case POINT_NET_RST:
        strike_segment(&road->ways[event->direction == DIRECTION_S2C], fault, effect,
                       world_now(harness->world));
        return;
    default:
        return;
    }
}
