#include "harness/trace/lines.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/trace/trace.h"
#include "reports/record.h"
#include "rpc/arena.h"
#include "rpc/client/client.h"

enum { LANE_NAME_MAX = 96 };

/* What a step is called as a mark of its lane. */
static const struct {
    enum point point;
    const char *kind;
    enum point_field text; /* of the mark; FIELD_COUNT: none */
} marks[] = {
    {POINT_SERVER_ACCEPT, "accept", FIELD_COUNT},
    {POINT_SERVER_REGISTER, "register", FIELD_COUNT},
    {POINT_SERVER_SKIP, "skip", FIELD_METHOD},
    {POINT_SERVER_WAKEUP, "wakeup", FIELD_COUNT},
    {POINT_SERVER_HANDOVER, "handover", FIELD_COUNT},
    {POINT_SERVER_REST, "rest", FIELD_COUNT},
    {POINT_SERVER_CHECK, "check", FIELD_COUNT},
    {POINT_SERVER_PURGE, "purge", FIELD_COUNT},
    {POINT_SERVER_REFUSE, "refused", FIELD_WHY},
    {POINT_SERVER_CLOSE, "close", FIELD_WHY},
    {POINT_CLIENT_CONNECT, "connect", FIELD_RESULT},
    {POINT_CLIENT_SLEEP, "sleep", FIELD_WHY},
    {POINT_CLIENT_PING, "ping", FIELD_COUNT},
    {POINT_CLIENT_IDLE, "idle_close", FIELD_COUNT},
    {POINT_CLIENT_CLOSE, "close", FIELD_REASON},
    {POINT_CLIENT_RETRY, "retry", FIELD_ACTION},
    {POINT_CLIENT_FAILOVER, "failover", FIELD_TO},
    {POINT_CLIENT_END, "end", FIELD_ENDING},
};

/* Lanes whose names need a space. */
static const struct {
    const char *lane, *name;
} spoken[] = {
    {"Callqueue", "Call queue"},
    {"Respqueue", "Response queue"},
    {"Idletimer", "Idle scan"},
};

/* A Handler that runs a method, a call or a response in its queue, a Reader that reads. */
struct span {
    struct span *next;
    enum point begun;
    uint32_t connection, lane, server, call;
    int32_t call_id;
    uint64_t at_ns;
    const char *label;
};

/* A server's queues as rows. */
struct queues {
    bool calls_told, responses_told;
    int64_t responses; /* in the queues of its connections */
};

struct side {
    const char *state; /* the last one told; NULL: none */
};

struct connection {
    bool written;
    unsigned busy; /* calls that have been added and not ended */
    char local[24], remote[24];
    struct side client, server;
};

struct harness_lines {
    struct harness *harness;
    struct record *record;
    struct connection *connections; /* by number */
    uint32_t connection_room;
    struct span *open, *spare; /* the newest first */
    struct queues *queues;     /* by server */
    uint32_t queue_room;
    uint32_t lanes; /* told so far */
};

void harness_line_reached(struct harness_line_call *call, enum harness_stage stage, uint64_t at_ns)
{
    if (!call->reached[stage])
        call->reached_ns[stage] = at_ns;
    call->reached[stage] = true;
}

struct harness_lines *harness_lines_create(struct harness *harness)
{
    struct harness_lines *lines = calloc(1, sizeof(*lines));
    if (lines != NULL)
        *lines = (struct harness_lines){.harness = harness, .record = harness->record};
    return lines;
}

void harness_lines_free(struct harness_lines *lines)
{
    free(lines);
}

/* --- lanes --- */

/* "server1/reader/0" is row "reader 0" of "server1". */
static void tell_lane(struct harness_lines *lines, const char *id)
{
    char group[LANE_NAME_MAX], name[LANE_NAME_MAX];
    const char *slash = strchr(id, '/');
    snprintf(group, sizeof(group), "%.*s", (int)(slash != NULL ? slash - id : (long)strlen(id)),
             id);
    snprintf(name, sizeof(name), "%s", slash != NULL ? slash + 1 : id);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = ' ';
    name[0] = (char)toupper((unsigned char)name[0]);
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
        if (strcmp(name, spoken[i].lane) == 0)
            snprintf(name, sizeof(name), "%s", spoken[i].name);
    record_lane(lines->record, &(struct record_lane){.id = id, .group = group, .name = name});
}

/* Two executors may share a lane's name. */
static bool is_told(const struct harness_lines *lines, const char *name)
{
    for (uint32_t lane = 1; lane < lines->lanes; lane++)
        if (harness_trace_lane_name(lines->harness->trace, lane) == name) /* equal texts are one */
            return true;
    return false;
}

/* Lanes come before the first line that is about them. */
static void tell_lanes(struct harness_lines *lines)
{
    const struct harness_trace *trace = lines->harness->trace;
    while (lines->lanes < harness_trace_lanes(trace)) {
        lines->lanes++;
        const char *name = harness_trace_lane_name(trace, lines->lanes);
        if (name != NULL && strncmp(name, "script", 6) != 0 && !is_told(lines, name))
            tell_lane(lines, name);
    }
}

static struct queues *queues_of(struct harness_lines *lines, uint32_t server)
{
    struct queues *queues = arena_lengthen(&lines->harness->locked, lines->queues,
                                           &lines->queue_room, server, sizeof(*queues));
    if (queues == NULL)
        return NULL;
    lines->queues = queues;
    return &queues[server];
}

/* The lane of the server's callQueue, or of its response queues; the name is in `name`. */
static struct queues *find_queue_lane(struct harness_lines *lines, const struct point_event *event,
                                      bool responses, char *name)
{
    const char *lane = harness_trace_lane_name(lines->harness->trace, event->lane);
    const char *slash = lane != NULL ? strchr(lane, '/') : NULL;
    struct queues *queues = event->server != 0 ? queues_of(lines, event->server) : NULL;
    if (slash == NULL || queues == NULL)
        return NULL;
    snprintf(name, LANE_NAME_MAX, "%.*s/%s", (int)(slash - lane), lane,
             responses ? "respqueue" : "callqueue");
    bool *told = responses ? &queues->responses_told : &queues->calls_told;
    if (!*told)
        tell_lane(lines, name);
    *told = true;
    return queues;
}

/* --- connections --- */

static struct connection *connection_of(struct harness_lines *lines, uint32_t number)
{
    struct connection *connections =
        arena_lengthen(&lines->harness->locked, lines->connections, &lines->connection_room, number,
                       sizeof(*connections));
    if (connections == NULL)
        return NULL;
    lines->connections = connections;
    return &connections[number];
}

void harness_lines_stream(struct harness_lines *lines, const struct world_stream *stream)
{
    struct connection *connection = connection_of(lines, stream->connection);
    if (connection == NULL)
        return;
    bool accepted = stream->accepted;
    world_address_text(accepted ? stream->remote : stream->local, connection->local);
    world_address_text(accepted ? stream->local : stream->remote, connection->remote);
}

static void tell_connection(struct harness_lines *lines, const struct point_event *event,
                            const struct harness_line_call *call)
{
    struct connection *connection =
        event->connection != 0 ? connection_of(lines, event->connection) : NULL;
    bool known = connection != NULL && connection->remote[0] != '\0';
    bool soon = event->point == POINT_CLIENT_SETUP || event->point == POINT_CLIENT_ADD ||
                event->point == POINT_CLIENT_RESOLVE;
    /* A client of ours tells more when it has connected. */
    bool silent = event->point == POINT_NET_SYN || event->point == POINT_SERVER_ACCEPT;
    bool ours = connection != NULL && connection->client.state != NULL;
    if (connection == NULL || connection->written || (soon && !known) || (silent && ours))
        return;
    connection->written = true;
    record_conn(lines->record,
                &(struct record_conn){
                    .connection = event->connection,
                    .client = event->client,
                    .local = connection->local[0] != '\0' ? connection->local : NULL,
                    .remote = connection->remote[0] != '\0' ? connection->remote : NULL,
                    .key = call != NULL ? call->key : NULL,
                });
}

static void enter(struct harness_lines *lines, const struct point_event *event, bool server,
                  const char *state, const char *why)
{
    struct connection *connection = connection_of(lines, event->connection);
    if (connection == NULL || event->connection == 0)
        return;
    struct side *side = server ? &connection->server : &connection->client;
    if (side->state != NULL && strcmp(side->state, state) == 0)
        return;
    side->state = state;
    record_state(lines->record, &(struct record_state){.t_ns = (int64_t)event->at_ns,
                                                       .connection = event->connection,
                                                       .server = server,
                                                       .to = state,
                                                       .why = why});
}

static void tell_state(struct harness_lines *lines, const struct point_event *event)
{
    struct connection *connection =
        event->connection != 0 ? connection_of(lines, event->connection) : NULL;
    if (connection == NULL)
        return;
    switch ((unsigned)event->point) {
    case POINT_CLIENT_SETUP:
        enter(lines, event, false, "connecting", NULL);
        return;
    case POINT_CLIENT_STREAMS:
        enter(lines, event, false, "header", NULL);
        return;
    case POINT_CLIENT_SASL:
        enter(lines, event, false, "sasl", NULL);
        return;
    case POINT_WIRE_CONTEXT:
        if (connection->client.state != NULL && strcmp(connection->client.state, "header") == 0)
            enter(lines, event, false, "context", NULL);
        return;
    case POINT_CLIENT_ADD:
        connection->busy++;
        return;
    case POINT_CLIENT_WRITE:
        if (event->call_id != POINT_NO_CALL && event->call_id >= 0)
            enter(lines, event, false, "open_busy", NULL);
        return;
    case POINT_CLIENT_END:
        if (connection->busy > 0 && --connection->busy == 0 && connection->client.state != NULL &&
            strcmp(connection->client.state, "open_busy") == 0)
            enter(lines, event, false, "open_idle", NULL);
        return;
    case POINT_CLIENT_IDLE:
        enter(lines, event, false, "closing", "idle");
        return;
    case POINT_CLIENT_CLOSE:
        enter(lines, event, false, "closed", point_text(event, FIELD_REASON));
        return;
    case POINT_SERVER_ACCEPT:
        enter(lines, event, true, "header", NULL);
        return;
    case POINT_SERVER_PUT:
        enter(lines, event, true, "open", NULL);
        return;
    case POINT_SERVER_CLOSE:
        enter(lines, event, true, "closed", point_text(event, FIELD_WHY));
        return;
    default:
        return;
    }
}

void harness_lines_received(struct harness_lines *lines, uint32_t number, uint64_t at_ns,
                            enum wire_kind kind)
{
    struct connection *connection = lines != NULL ? connection_of(lines, number) : NULL;
    struct point_event event = {.connection = number, .at_ns = at_ns};
    if (connection == NULL || connection->server.state == NULL)
        return;
    const char *state = connection->server.state;
    bool setting_up = strcmp(state, "open") != 0 && strcmp(state, "closed") != 0;
    if (setting_up && kind == WIRE_PREAMBLE)
        enter(lines, &event, true, "context", NULL);
    else if (setting_up && kind == WIRE_SASL)
        enter(lines, &event, true, "sasl", NULL);
    else if (setting_up && kind == WIRE_CONTEXT)
        enter(lines, &event, true, "open", NULL);
}

/* --- spans --- */

static void begin(struct harness_lines *lines, const struct point_event *event)
{
    struct span *span = lines->spare;
    if (span != NULL)
        lines->spare = span->next;
    else
        span = harness_allocate_locked(lines->harness, sizeof(*span));
    if (span == NULL)
        return;
    const char *label = point_text(event, FIELD_METHOD);
    *span = (struct span){
        .next = lines->open,
        .begun = event->point,
        .connection = event->connection,
        .lane = event->lane,
        .server = event->server,
        .call_id = event->call_id,
        .at_ns = event->at_ns,
        .label = label != NULL ? harness_trace_text(lines->harness->trace, label) : NULL,
    };
    lines->open = span;
}

static void write_span(struct harness_lines *lines, const struct span *span, const char *lane,
                       const char *kind, uint64_t end_ns, uint32_t call)
{
    record_span(lines->record, &(struct record_span){.lane = lane,
                                                     .t_ns = (int64_t)span->at_ns,
                                                     .end_ns = (int64_t)end_ns,
                                                     .kind = kind,
                                                     .connection = span->connection,
                                                     .call = call,
                                                     .label = span->label});
}

/* What has begun at `begun` for this event's call ends now. */
static void end(struct harness_lines *lines, const struct point_event *event, enum point begun,
                uint32_t call)
{
    struct span **link = &lines->open;
    while (*link != NULL && ((*link)->begun != begun || (*link)->connection != event->connection ||
                             (*link)->call_id != event->call_id))
        link = &(*link)->next;
    struct span *span = *link;
    if (span == NULL)
        return;
    *link = span->next;
    char name[LANE_NAME_MAX];
    const char *lane = harness_trace_lane_name(lines->harness->trace, span->lane);
    bool queued = begun == POINT_SERVER_PUT || begun == POINT_SERVER_REPLY;
    if (queued && find_queue_lane(lines, event, begun == POINT_SERVER_REPLY, name) != NULL)
        write_span(lines, span, name, "queue", event->at_ns, call);
    else if (!queued && lane != NULL)
        write_span(lines, span, lane, begun == POINT_SERVER_READ ? "read" : "handle", event->at_ns,
                   call);
    span->next = lines->spare;
    lines->spare = span;
}

static void tell_queue_length(struct harness_lines *lines, const struct point_event *event)
{
    char name[LANE_NAME_MAX];
    if (find_queue_lane(lines, event, false, name) != NULL)
        record_gauge(lines->record,
                     &(struct record_gauge){.lane = name,
                                            .t_ns = (int64_t)event->at_ns,
                                            .value = point_number(event, FIELD_LENGTH)});
}

/* Responses of all connections together. */
static void tell_responses(struct harness_lines *lines, const struct point_event *event, int change)
{
    char name[LANE_NAME_MAX];
    struct queues *queues = find_queue_lane(lines, event, true, name);
    if (queues == NULL)
        return;
    queues->responses += queues->responses + change >= 0 ? change : 0;
    record_gauge(lines->record, &(struct record_gauge){.lane = name,
                                                       .t_ns = (int64_t)event->at_ns,
                                                       .value = queues->responses});
}

static struct span *find_open(struct harness_lines *lines, const struct point_event *event,
                              enum point begun)
{
    struct span *span = lines->open;
    while (span != NULL && (span->begun != begun || span->connection != event->connection))
        span = span->next;
    return span;
}

/* A Reader is at it from the first bytes of a call until that joins the queue. */
static void end_reading(struct harness_lines *lines, const struct point_event *event, uint32_t call)
{
    struct span *span = find_open(lines, event, POINT_SERVER_READ);
    const char *method = point_text(event, FIELD_METHOD);
    if (span == NULL)
        return;
    span->call_id = event->call_id;
    span->label = method != NULL ? harness_trace_text(lines->harness->trace, method) : NULL;
    end(lines, event, POINT_SERVER_READ, call);
}

/* Whatever waits in the connection's response queue goes with it. */
static void drop_responses(struct harness_lines *lines, const struct point_event *event)
{
    struct span *span;
    while ((span = find_open(lines, event, POINT_SERVER_REPLY)) != NULL) {
        struct point_event own = *event;
        own.call_id = span->call_id;
        end(lines, &own, POINT_SERVER_REPLY, span->call);
        tell_responses(lines, event, -1);
    }
    if ((span = find_open(lines, event, POINT_SERVER_READ)) != NULL)
        span->connection = 0; /* the rest never came */
}

static void tell_write(struct harness_lines *lines, const struct point_event *event, uint32_t call)
{
    const char *lane = harness_trace_lane_name(lines->harness->trace, event->lane);
    char text[64];
    bool done = point_number(event, FIELD_DONE) != 0;
    int64_t bytes = point_number(event, FIELD_BYTES),
            accepted = point_number(event, FIELD_ACCEPTED);
    if (lane != NULL && accepted < bytes) {
        snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64 " bytes taken", accepted, bytes);
        record_mark(lines->record, &(struct record_mark){.lane = lane,
                                                         .t_ns = (int64_t)event->at_ns,
                                                         .kind = "short_write",
                                                         .connection = event->connection,
                                                         .call = call,
                                                         .text = text});
    }
    if (!done)
        return;
    end(lines, event, POINT_SERVER_REPLY, call);
    tell_responses(lines, event, -1);
}

static void tell_spans(struct harness_lines *lines, const struct point_event *event, uint32_t call)
{
    switch ((unsigned)event->point) {
    case POINT_SERVER_READ:
        if (point_number(event, FIELD_BYTES) > 0 &&
            find_open(lines, event, POINT_SERVER_READ) == NULL)
            begin(lines, event);
        return;
    case POINT_SERVER_PUT:
        end_reading(lines, event, call);
        begin(lines, event);
        tell_queue_length(lines, event);
        return;
    case POINT_SERVER_TAKE:
        end(lines, event, POINT_SERVER_PUT, call);
        tell_queue_length(lines, event);
        return;
    case POINT_SERVER_EXECUTE:
        begin(lines, event);
        return;
    case POINT_SERVER_REPLY:
        end(lines, event, POINT_SERVER_EXECUTE, call);
        begin(lines, event);
        lines->open->call = call;
        tell_responses(lines, event, 1);
        return;
    case POINT_SERVER_WRITE:
        tell_write(lines, event, call);
        return;
    case POINT_SERVER_CLOSE:
        drop_responses(lines, event);
        return;
    default:
        return;
    }
}

/* --- events, calls --- */

static void tell_mark(struct harness_lines *lines, const struct point_event *event, uint32_t call)
{
    const char *lane = harness_trace_lane_name(lines->harness->trace, event->lane);
    for (size_t i = 0; lane != NULL && i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (marks[i].point != event->point)
            continue;
        const char *text = marks[i].text != FIELD_COUNT ? point_text(event, marks[i].text) : NULL;
        record_mark(lines->record, &(struct record_mark){.lane = lane,
                                                         .t_ns = (int64_t)event->at_ns,
                                                         .kind = marks[i].kind,
                                                         .connection = event->connection,
                                                         .call = call,
                                                         .text = text});
    }
    if (event->point == POINT_LOG && point_text(event, FIELD_TEXT) != NULL)
        record_log(lines->record, &(struct record_log){.t_ns = (int64_t)event->at_ns,
                                                       .lane = lane,
                                                       .level = point_text(event, FIELD_LEVEL),
                                                       .text = point_text(event, FIELD_TEXT)});
}

void harness_lines_event(struct harness_lines *lines, const struct point_event *event,
                         const struct harness_line_call *call)
{
    uint32_t number = call != NULL ? call->number : 0;
    tell_lanes(lines);
    tell_connection(lines, event, call);
    tell_state(lines, event);
    tell_spans(lines, event, number);
    tell_mark(lines, event, number);
}

/* How long the call was in each phase; RECORD_NEVER for those it did not reach. */
static void find_phases(const struct harness_line_call *call, int64_t *phase_ns)
{
    uint64_t from_ns = call->started_ns;
    for (unsigned stage = 0; stage < HARNESS_STAGES; stage++) {
        uint64_t at_ns = call->reached_ns[stage];
        phase_ns[stage] = RECORD_NEVER;
        if (!call->reached[stage])
            continue;
        phase_ns[stage] = at_ns >= from_ns ? (int64_t)(at_ns - from_ns) : 0;
        from_ns = at_ns;
    }
    bool answered = call->ended && call->reached[HARNESS_REPLIED];
    phase_ns[HARNESS_STAGES] =
        answered && call->ended_ns >= from_ns ? (int64_t)(call->ended_ns - from_ns) : RECORD_NEVER;
}

void harness_lines_call(struct harness_lines *lines, const struct harness_line_call *call,
                        const struct client_outcome *outcome)
{
    struct record_call line = {
        .call = call->number,
        .call_id = call->call_id,
        .retry = call->retry,
        .connection = call->connection,
        .client = call->client,
        .method = call->method,
        .protocol = call->protocol,
        .t_ns = (int64_t)call->started_ns,
        .end_ns = outcome != NULL ? (int64_t)call->ended_ns : RECORD_NEVER,
        .ending = client_ending_name(outcome != NULL ? outcome->ending : CLIENT_NEVER),
        .error_class = outcome != NULL ? outcome->class_name : NULL,
        .error_message = outcome != NULL ? outcome->message : NULL,
        .has_phases = true,
        .executions = call->executions,
    };
    find_phases(call, line.phase_ns);
    record_call(lines->record, &line);
}

void harness_lines_finish(struct harness_lines *lines)
{
    for (const struct span *span = lines->open; span != NULL; span = span->next) {
        const char *lane = harness_trace_lane_name(lines->harness->trace, span->lane);
        if (span->begun == POINT_SERVER_EXECUTE && lane != NULL)
            write_span(lines, span, lane, "handle", world_now(lines->harness->world), 0);
    }
}
