#include "harness/trace/ledger.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "harness/judge/road.h"
#include "harness/trace/connections.h"
#include "harness/trace/ids.h"
#include "harness/trace/lines.h"
#include "harness/trace/listening.h"
#include "harness/trace/trace.h"
#include "rpc/arena.h"
#include "rpc/client/client.h"
#include "rpc/wire/wire.h"

enum { VALUES_MAX = 4 };

struct call {
    struct harness_line_call line;
    uint32_t proxy;
    unsigned ends;
    bool may_pend, died, foreign_value, known_value;
    uint64_t values[VALUES_MAX]; /* hashes of what was sent as its value */
    unsigned value_count;
};

struct harness_ledger {
    struct harness *harness;
    struct harness_connections connections;
    struct call *calls; /* in the order of their start */
    size_t call_count, call_room;
    uint32_t *places; /* by a call's number: its place in `calls` + 1; 0: not one of ours */
    uint32_t place_room;
    size_t unsettled;           /* calls that must still end */
    struct harness_ids made;    /* by clients: their calls */
    struct harness_ids carried; /* by connections: what their clients, or strangers, have sent */
    uint64_t last_ns;
};

struct harness_ledger *harness_ledger_create(struct harness *harness)
{
    struct harness_ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger != NULL)
        *ledger =
            (struct harness_ledger){.harness = harness, .connections.arena = &harness->locked};
    return ledger;
}

void harness_ledger_free(struct harness_ledger *ledger)
{
    if (ledger == NULL)
        return;
    free(ledger->calls);
    harness_ids_release(&ledger->made);
    harness_ids_release(&ledger->carried);
    free(ledger);
}

/* --- what is known --- */

/* Of the call of that id that the connection carries: one that its client has not given it, for
 * bits were turned over on the way, is none of the client's calls.  On another thread it may be
 * given before harness_ledger_begin. */
static struct harness_known *known_on(const struct harness_ledger *ledger, uint32_t connection,
                                      int32_t call_id)
{
    struct harness_known *known = harness_ids_find(&ledger->carried, connection, call_id);
    bool early = known != NULL && known->client != 0 && known->call == 0;
    struct harness_known *own =
        early ? harness_ids_find(&ledger->made, known->client, call_id) : NULL;
    return own != NULL ? own : known;
}

/* Whether a caller of the client's tells of it, who knows which call is meant. */
static bool is_told_by_caller(const struct point_event *event)
{
    return event->point < POINT_SERVER_ACCEPT && event->point != POINT_CLIENT_REPLY;
}

static bool has_call_id(const struct point_event *event)
{
    return event->call_id >= 0; /* that of no call is negative, too */
}

/* What is known of the call that the event is about. */
static struct harness_known *known_of(const struct harness_ledger *ledger,
                                      const struct point_event *event)
{
    if (!has_call_id(event))
        return NULL;
    return is_told_by_caller(event) ? harness_ids_find(&ledger->made, event->client, event->call_id)
                                    : known_on(ledger, event->connection, event->call_id);
}

static struct call *call_of(struct harness_ledger *ledger, const struct harness_known *known)
{
    return known != NULL && known->call != 0 ? &ledger->calls[known->call - 1] : NULL;
}

void harness_ledger_fill(struct harness_ledger *ledger, struct point_event *event,
                         struct point_value *room)
{
    event->at_ns = world_event_time(ledger->harness->world, event);
    event->begun = true;
    if (event->host == 0)
        event->host = harness_trace_lane_host(ledger->harness->trace, event->lane);
    if (event->server == 0)
        event->server = harness_listening_to(ledger->harness, event);
    const struct harness_met *connection =
        harness_connections_find(&ledger->connections, event->connection);
    if (connection != NULL) {
        if (event->client == 0)
            event->client = connection->client;
        if (event->server == 0)
            event->server = connection->server;
    }
    const struct harness_known *known = known_of(ledger, event);
    if (known == NULL || known->method == NULL || point_text(event, FIELD_METHOD) != NULL ||
        event->value_count > POINT_VALUES_MAX)
        return;
    if (event->value_count > 0)
        memcpy(room, event->values, event->value_count * sizeof(*room));
    room[event->value_count] = (struct point_value){.field = FIELD_METHOD, .text = known->method};
    event->values = room;
    event->value_count++;
}

/* --- learning --- */

/* Its client gives a call to a connection. */
static void learn_given(struct harness_ledger *ledger, const struct point_event *event)
{
    const struct harness_known *own =
        harness_ids_find(&ledger->made, event->client, event->call_id);
    struct harness_known *known =
        harness_ids_enter(&ledger->carried, ledger->harness, event->connection, event->call_id);
    if (known == NULL)
        return;
    known->client = event->client;
    known->call = own != NULL ? own->call : 0;
    known->method = own != NULL ? own->method : NULL;
}

/* A connection carries a call of that method, a stranger's perhaps. */
static void learn_method(struct harness_ledger *ledger, const struct point_event *event,
                         const char *method)
{
    struct harness_known *known =
        harness_ids_enter(&ledger->carried, ledger->harness, event->connection, event->call_id);
    if (known != NULL && known->method == NULL)
        known->method = harness_trace_text(ledger->harness->trace, method);
}

static void learn_carried(struct harness_ledger *ledger, const struct point_event *event)
{
    const char *method = is_told_by_caller(event) ? NULL : point_text(event, FIELD_METHOD);
    if (event->connection == 0 || !has_call_id(event))
        return;
    if (event->point == POINT_CLIENT_ADD)
        learn_given(ledger, event);
    else if (method != NULL)
        learn_method(ledger, event, method);
}

static void learn_connection(struct harness_ledger *ledger, const struct point_event *event)
{
    struct harness_met *connection =
        harness_connections_meet(&ledger->connections, event->connection);
    if (connection == NULL)
        return;
    if (event->client != 0)
        connection->client = event->client;
    if (event->server != 0)
        connection->server = event->server;
}

/* What the server has sent as the call's value. */
static void learn_value(struct call *call, const struct point_event *event)
{
    const struct wire_message *message = event->message;
    if (message == NULL || message->kind != WIRE_RESPONSE || message->status != WIRE_SUCCESS)
        return;
    call->known_value = message->body.data != NULL;
    if (call->known_value && call->value_count < VALUES_MAX)
        call->values[call->value_count++] = XXH3_64bits(message->body.data, message->body.length);
}

static void learn_call(struct harness_ledger *ledger, struct call *call,
                       const struct point_event *event)
{
    struct harness_line_call *line = &call->line;
    if (event->connection != 0)
        line->connection = event->connection;
    if (event->retry > 0)
        line->retry = event->retry;
    switch ((unsigned)event->point) {
    case POINT_CLIENT_ADD:
        harness_connections_join(&ledger->connections, event->connection, call->proxy);
        return;
    case POINT_CLIENT_WRITE:
        harness_line_reached(line, HARNESS_SENDING, event->at_ns);
        return;
    case POINT_SERVER_PUT:
        harness_line_reached(line, HARNESS_QUEUED, event->at_ns);
        return;
    case POINT_SERVER_TAKE:
        harness_line_reached(line, HARNESS_TAKEN, event->at_ns);
        return;
    case POINT_SERVER_EXECUTE:
        harness_line_reached(line, HARNESS_TAKEN, event->at_ns);
        line->executions++;
        return;
    case POINT_SERVER_REPLY:
        harness_line_reached(line, HARNESS_REPLIED, event->at_ns);
        line->reply_length = point_number(event, FIELD_LENGTH);
        return;
    case POINT_CLIENT_END:
        call->ends++;
        return;
    case POINT_WIRE_RESPONSE:
        learn_value(call, event);
        return;
    default:
        return;
    }
}

/* What goes on for ever without anybody wanting anything. */
static bool is_housekeeping(const struct point_event *event)
{
    switch ((unsigned)event->point) {
    case POINT_CLIENT_PING:
    case POINT_WIRE_PING:
    case POINT_SERVER_SELECT:
    case POINT_SERVER_WAKEUP:
    case POINT_SERVER_CHECK:
    case POINT_NET_SEGMENT:
    case POINT_LOG:
        return true;
    case POINT_CLIENT_WRITE:
    case POINT_CLIENT_READ:
    case POINT_SERVER_READ: /* of a ping */
        return !has_call_id(event);
    case POINT_SERVER_SCAN:
        return event->value_count == 0 || event->values[0].number == 0;
    default:
        return false;
    }
}

void harness_ledger_learn(struct harness_ledger *ledger, const struct point_event *event)
{
    if (!is_housekeeping(event))
        ledger->last_ns = event->at_ns;
    learn_connection(ledger, event);
    learn_carried(ledger, event);
    struct call *call = call_of(ledger, known_of(ledger, event));
    if (call != NULL)
        learn_call(ledger, call, event);
    if (ledger->harness->lines != NULL)
        harness_lines_event(ledger->harness->lines, event, call != NULL ? &call->line : NULL);
    harness_road_event(ledger->harness, event, call != NULL ? call->line.number : 0,
                       call != NULL ? call->line.reply_length : -1);
}

void harness_ledger_stream(struct harness_ledger *ledger, const struct world_stream *stream)
{
    if (ledger->harness->lines != NULL)
        harness_lines_stream(ledger->harness->lines, stream);
}

void harness_ledger_struck(struct harness_ledger *ledger, enum point_effect effect,
                           const struct point_event *event)
{
    bool changes = effect == EFFECT_CHANGE || effect == EFFECT_CORRUPT || effect == EFFECT_INJECT ||
                   effect == EFFECT_DUPLICATE;
    struct harness_met *connection =
        changes ? harness_connections_meet(&ledger->connections, event->connection) : NULL;
    if (connection != NULL)
        connection->touched = true;
}

/* --- calls --- */

static struct call *numbered(const struct harness_ledger *ledger, uint32_t number)
{
    uint32_t place = number < ledger->place_room ? ledger->places[number] : 0;
    return place != 0 ? &ledger->calls[place - 1] : NULL;
}

/* The newest call has that number; false: there is no memory. */
static bool enter_number(struct harness_ledger *ledger, uint32_t number)
{
    uint32_t *places = arena_lengthen(&ledger->harness->locked, ledger->places, &ledger->place_room,
                                      number, sizeof(*places));
    if (places == NULL)
        return false;
    ledger->places = places;
    ledger->places[number] = (uint32_t)ledger->call_count;
    return true;
}

static bool must_end(const struct call *call)
{
    return !call->line.ended && !call->may_pend && !call->died;
}

/* It need not end any more, or has: `reason` says so. */
static void settle(struct harness_ledger *ledger, struct call *call, bool *reason)
{
    ledger->unsettled -= must_end(call);
    *reason = true;
}

static struct call *add_call(struct harness_ledger *ledger)
{
    if (ledger->call_count == ledger->call_room) {
        size_t room = ledger->call_room == 0 ? 16 : ledger->call_room * 2;
        struct call *calls = realloc(ledger->calls, room * sizeof(*calls));
        if (calls == NULL)
            return NULL;
        ledger->calls = calls;
        ledger->call_room = room;
    }
    struct call *call = &ledger->calls[ledger->call_count++];
    memset(call, 0, sizeof(*call));
    return call;
}

void harness_ledger_begin(struct harness *harness, const struct harness_ledger_view *given,
                          const char *protocol)
{
    struct harness_ledger *ledger = harness->ledger;
    harness_lock(harness);
    struct call *call = add_call(ledger);
    struct harness_known *known =
        harness_ids_enter(&ledger->made, harness, given->client, given->call_id);
    bool entered = call != NULL && known != NULL && enter_number(ledger, given->number);
    if (entered) {
        call->line = (struct harness_line_call){
            .number = given->number,
            .client = given->client,
            .connection = given->connection,
            .call_id = given->call_id,
            .method = harness_trace_text(harness->trace, given->method),
            .protocol = protocol != NULL ? harness_trace_text(harness->trace, protocol) : NULL,
            .started_ns = given->started_ns,
        };
        call->proxy = given->proxy;
        known->call = (uint32_t)ledger->call_count;
        known->method = call->line.method;
        ledger->unsettled++;
    }
    harness_unlock(harness);
    if (!entered)
        harness_broken(harness, "not enough memory for the ledger");
}

static bool is_touched(const struct harness_ledger *ledger, const struct call *call)
{
    const struct harness_met *connection =
        harness_connections_find(&ledger->connections, call->line.connection);
    return connection != NULL && connection->touched;
}

/* Whether it returned something that was sent for it, as far as that can be told. */
static bool has_foreign_value(struct harness_ledger *ledger, const struct call *call,
                              const struct client_outcome *outcome)
{
    if (outcome->ending != CLIENT_VALUE || !call->known_value || is_touched(ledger, call))
        return false;
    uint64_t hash = XXH3_64bits(outcome->value.data, outcome->value.length);
    for (unsigned i = 0; i < call->value_count; i++)
        if (call->values[i] == hash)
            return false;
    return true;
}

void harness_ledger_end(struct harness *harness, uint32_t number, uint32_t connection,
                        uint64_t ended_ns, const struct client_outcome *outcome)
{
    struct harness_ledger *ledger = harness->ledger;
    harness_lock(harness);
    struct call *call = numbered(ledger, number);
    if (call != NULL) {
        if (connection != 0)
            call->line.connection = connection;
        settle(ledger, call, &call->line.ended);
        call->line.ended_ns = ended_ns;
        call->foreign_value = has_foreign_value(ledger, call, outcome);
        if (harness->lines != NULL)
            harness_lines_call(harness->lines, &call->line, outcome);
    }
    harness_unlock(harness);
}

uint32_t harness_ledger_call_locked(struct harness_ledger *ledger, const struct point_event *event)
{
    const struct call *call = call_of(ledger, known_of(ledger, event));
    return call != NULL ? call->line.number : 0;
}

uint32_t harness_ledger_call(struct harness *harness, const struct point_event *event)
{
    harness_lock(harness);
    uint32_t number = harness_ledger_call_locked(harness->ledger, event);
    harness_unlock(harness);
    return number;
}

struct harness_carried harness_ledger_carried(struct harness_ledger *ledger, uint32_t connection,
                                              int32_t call_id)
{
    const struct harness_known *known = known_on(ledger, connection, call_id);
    const struct call *call = call_of(ledger, known);
    return (struct harness_carried){.call = call != NULL ? call->line.number : 0,
                                    .protocol = call != NULL ? call->line.protocol : NULL,
                                    .method = known != NULL ? known->method : NULL};
}

bool harness_ledger_is_of(struct harness *harness, const struct point_event *event, uint32_t proxy)
{
    struct harness_ledger *ledger = harness->ledger;
    harness_lock(harness);
    const struct call *call = call_of(ledger, known_of(ledger, event));
    bool is_of = call != NULL
                     ? call->proxy == proxy
                     : harness_connections_joined(&ledger->connections, event->connection, proxy);
    harness_unlock(harness);
    return is_of;
}

uint32_t harness_ledger_executions(struct harness *harness, uint32_t number)
{
    harness_lock(harness);
    const struct call *call = numbered(harness->ledger, number);
    uint32_t executions = call != NULL ? call->line.executions : 0;
    harness_unlock(harness);
    return executions;
}

void harness_call_key(struct harness *harness, uint32_t number, const char *key)
{
    harness_lock(harness);
    struct call *call = numbered(harness->ledger, number);
    if (call != NULL)
        call->line.key = harness_trace_text(harness->trace, key);
    harness_unlock(harness);
}

void harness_ledger_may_pend(struct harness *harness, uint32_t number)
{
    harness_lock(harness);
    struct call *call = numbered(harness->ledger, number);
    if (call != NULL)
        settle(harness->ledger, call, &call->may_pend);
    harness_unlock(harness);
}

void harness_ledger_client_died(struct harness *harness, uint32_t client)
{
    struct harness_ledger *ledger = harness->ledger;
    harness_lock(harness);
    for (size_t i = 0; i < ledger->call_count; i++)
        if (ledger->calls[i].line.client == client && !ledger->calls[i].line.ended)
            settle(ledger, &ledger->calls[i], &ledger->calls[i].died);
    harness_unlock(harness);
}

size_t harness_ledger_calls(const struct harness *harness)
{
    return harness->ledger->call_count;
}

struct harness_ledger_view harness_ledger_at(const struct harness *harness, size_t i)
{
    const struct call *call = &harness->ledger->calls[i];
    return (struct harness_ledger_view){
        .number = call->line.number,
        .client = call->line.client,
        .connection = call->line.connection,
        .call_id = call->line.call_id,
        .method = call->line.method,
        .started_ns = call->line.started_ns,
        .ended = call->line.ended,
        .ended_ns = call->line.ended_ns,
        .ends = call->ends,
        .executions = call->line.executions,
        .may_pend = call->may_pend,
        .died = call->died,
        .repeated = call->line.retry > 0 || is_touched(harness->ledger, call),
        .foreign_value = call->foreign_value,
    };
}

bool harness_ledger_open(const struct harness *harness)
{
    return harness->ledger->unsettled > 0;
}

uint64_t harness_ledger_last_ns(struct harness *harness)
{
    harness_lock(harness);
    uint64_t last_ns = harness->ledger->last_ns;
    harness_unlock(harness);
    return last_ns;
}

void harness_ledger_finish(struct harness *harness)
{
    struct harness_ledger *ledger = harness->ledger;
    if (harness->lines == NULL)
        return;
    harness_lock(harness);
    for (size_t i = 0; i < ledger->call_count; i++)
        if (!ledger->calls[i].line.ended)
            harness_lines_call(harness->lines, &ledger->calls[i].line, NULL);
    harness_lines_finish(harness->lines);
    harness_unlock(harness);
}
