#include "reports/record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reports/line.h"
#include "reports/tail.h"

/* What may still be written. */
enum room {
    ROOM_FOR_ALL,
    ROOM_FOR_RARE,    /* from the limit on: no span, msg, gauge, frame */
    ROOM_FOR_VERDICT, /* from twice the limit on: only check and end */
    ROOM_FOR_END      /* from three times the limit on */
};

static const char *const room_texts[] = {
    [ROOM_FOR_RARE] = "the record has reached its limit: span, msg, gauge, frame are left out",
    [ROOM_FOR_VERDICT] = "the record has reached twice its limit: only check and end follow",
    [ROOM_FOR_END] = "the record has reached three times its limit: only the end follows",
};

struct record {
    struct tail *tail;         /* owned: of the file; NULL: the record stays in memory */
    struct line_buffer buffer; /* the current line; in memory behind all others */
    size_t line_start;         /* of the current line, in the buffer */
    int64_t written;           /* bytes of whole lines */
    int64_t bytes_max;
    enum room room;
    enum rpc_status status; /* the first failure */
    bool begun, finished;
    XXH3_state_t hash;
};

static const char *const status_names[] = {
#define X(name, text) [RECORD_##name] = text,
    RECORD_STATUS_MAP(X)
#undef X
};
static const char *const message_names[] = {
#define X(name, text) [RECORD_MESSAGE_##name] = text,
    RECORD_MESSAGE_MAP(X)
#undef X
};
static const char *const fate_names[] = {
#define X(name, text) [RECORD_FATE_##name] = text,
    RECORD_FATE_MAP(X)
#undef X
};

const char *record_status_name(enum record_status status)
{
    assert((unsigned)status < RECORD_STATUS_COUNT);
    return status_names[status];
}

const char *record_message_name(enum record_message kind)
{
    assert((unsigned)kind < RECORD_MESSAGE_COUNT);
    return message_names[kind];
}

const char *record_fate_name(enum record_fate fate)
{
    assert((unsigned)fate < RECORD_FATE_COUNT);
    return fate_names[fate];
}

enum record_status record_status_by_name(const char *name)
{
    for (int status = 0; status < RECORD_STATUS_COUNT; status++)
        if (strcmp(status_names[status], name) == 0)
            return (enum record_status)status;
    return RECORD_STATUS_COUNT;
}

/* --- a record's life --- */

enum rpc_status record_create_memory(int64_t bytes_max, struct record **record)
{
    assert(bytes_max >= 0);
    *record = aligned_alloc(_Alignof(struct record), sizeof(struct record));
    if (*record == NULL)
        return RPC_NO_MEMORY;
    memset(*record, 0, sizeof(struct record));
    (*record)->bytes_max = bytes_max > 0 ? bytes_max : RECORD_BYTES_MAX;
    XXH3_64bits_reset(&(*record)->hash);
    return RPC_OK;
}

enum rpc_status record_create(const char *path, int64_t bytes_max, struct record **record)
{
    enum rpc_status status = record_create_memory(bytes_max, record);
    if (status != RPC_OK)
        return status;
    status = tail_create(path, &(*record)->tail);
    if (status != RPC_OK) {
        free(*record);
        *record = NULL;
    }
    return status;
}

enum rpc_status record_flush(struct record *record)
{
    if (record->tail != NULL && record->status == RPC_OK)
        record->status = tail_flush(record->tail);
    return record->status;
}

bool record_rescue(struct record *record)
{
    return record->tail == NULL || tail_rescue(record->tail);
}

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    record_flush(record);
    tail_free(record->tail);
    free(record->buffer.bytes);
    free(record);
}

uint64_t record_hash(const struct record *record)
{
    return XXH3_64bits_digest(&record->hash);
}

const char *record_bytes(const struct record *record, size_t *length)
{
    assert(record->tail == NULL);
    *length = record->buffer.length;
    return record->buffer.bytes != NULL ? record->buffer.bytes : "";
}

/* --- one line --- */

/* Begin a line; NULL when nothing can be written any more. */
static struct line_buffer *begin(struct record *record, const char *type)
{
    assert(!record->finished);
    if (record->status != RPC_OK)
        return NULL;
    record->line_start = record->buffer.length;
    line_raw(&record->buffer, "{", 1);
    line_text(&record->buffer, "type", type);
    return &record->buffer;
}

static enum rpc_status end_line(struct record *record)
{
    struct line_buffer *buffer = &record->buffer;
    line_raw(buffer, "}\n", 2);
    if (buffer->no_memory) {
        buffer->length = record->line_start;
        record->status = RPC_NO_MEMORY;
        return record->status;
    }
    size_t length = buffer->length - record->line_start;
    XXH3_64bits_update(&record->hash, buffer->bytes + record->line_start, length);
    record->written += (int64_t)length;
    if (record->tail != NULL) {
        record->status = tail_add(record->tail, buffer->bytes, length);
        buffer->length = 0;
    }
    return record->status;
}

static enum rpc_status say(struct record *record, int64_t t_ns, const char *text)
{
    struct line_buffer *line = begin(record, "log");
    line_number(line, "t", t_ns);
    line_text(line, "level", "warn");
    line_text(line, "text", text);
    return end_line(record);
}

/* End a line of a kind that is left out from `from` on. */
static enum rpc_status end_line_if_room(struct record *record, enum room from, int64_t t_ns)
{
    int64_t length = (int64_t)(record->buffer.length - record->line_start) + 2;
    if (record->room < from && record->written + length <= (int64_t)from * record->bytes_max)
        return end_line(record);
    record->buffer.length = record->line_start;
    if (record->buffer.no_memory) {
        record->status = RPC_NO_MEMORY;
        return record->status;
    }
    if (record->room >= from)
        return RPC_OK;
    record->room = from;
    return say(record, t_ns, room_texts[from]);
}

static void id_number(struct line_buffer *line, const char *key, uint32_t id)
{
    if (id != 0)
        line_number(line, key, id);
}

static void id_text(struct line_buffer *line, const char *key, const char *prefix, uint32_t id)
{
    if (id == 0)
        return;
    char text[32];
    snprintf(text, sizeof(text), "%s%u", prefix, (unsigned)id);
    line_text(line, key, text);
}

static void time_or_null(struct line_buffer *line, const char *key, int64_t t_ns)
{
    if (t_ns == RECORD_NEVER)
        line_null(line, key);
    else
        line_number(line, key, t_ns);
}

static void pairs(struct line_buffer *line, const char *key, const struct record_pair *pair,
                  size_t count)
{
    if (count == 0)
        return;
    line_open(line, key, '{');
    for (size_t i = 0; i < count; i++) {
        if (pair[i].text != NULL)
            line_text(line, pair[i].name, pair[i].text);
        else
            line_number(line, pair[i].name, pair[i].number);
    }
    line_close(line, '}');
}

static void texts(struct line_buffer *line, const char *key, const char *const *text, size_t count)
{
    if (count == 0)
        return;
    line_open(line, key, '[');
    for (size_t i = 0; i < count; i++)
        line_text(line, NULL, text[i]);
    line_close(line, ']');
}

/* --- the types --- */

enum rpc_status record_scenario(struct record *record, const struct record_scenario *scenario)
{
    assert(!record->begun);
    record->begun = true;
    struct line_buffer *line = begin(record, "scenario");
    if (line == NULL)
        return record->status;
    line_text(line, "schema", RECORD_SCHEMA);
    line_text(line, "name", scenario->name);
    line_text(line, "title", scenario->title);
    line_text(line, "file", scenario->file);
    if (scenario->line > 0)
        line_number(line, "line", scenario->line);
    line_text(line, "subject", scenario->subject);
    line_text(line, "release", scenario->release);
    line_text(line, "world", scenario->live ? "live" : "sim");
    line_text(line, "clock", scenario->live ? "monotonic" : "virtual");
    if (scenario->speed > 1)
        line_number(line, "speed", scenario->speed);
    if (scenario->rough)
        line_bool(line, "rough", true);
    line_unsigned(line, "seed", scenario->seed);
    pairs(line, "config", scenario->config, scenario->config_count);
    texts(line, "tags", scenario->tags, scenario->tag_count);
    texts(line, "refs", scenario->refs, scenario->ref_count);
    line_text(line, "known", scenario->known);
    line_text(line, "replay", scenario->replay);
    return end_line(record);
}

enum rpc_status record_lane(struct record *record, const struct record_lane *lane)
{
    struct line_buffer *line = begin(record, "lane");
    if (line == NULL)
        return record->status;
    line_text(line, "id", lane->id);
    line_text(line, "group", lane->group);
    line_text(line, "name", lane->name);
    return end_line_if_room(record, ROOM_FOR_VERDICT, 0);
}

enum rpc_status record_conn(struct record *record, const struct record_conn *conn)
{
    struct line_buffer *line = begin(record, "conn");
    if (line == NULL)
        return record->status;
    line_number(line, "id", conn->connection);
    id_number(line, "client", conn->client);
    line_text(line, "local", conn->local);
    line_text(line, "remote", conn->remote);
    line_text(line, "key", conn->key);
    return end_line_if_room(record, ROOM_FOR_VERDICT, 0);
}

enum rpc_status record_state(struct record *record, const struct record_state *state)
{
    struct line_buffer *line = begin(record, "state");
    if (line == NULL)
        return record->status;
    line_number(line, "t", state->t_ns);
    id_text(line, "obj", state->server ? "sconn/" : "conn/", state->connection);
    line_text(line, "to", state->to);
    line_text(line, "why", state->why);
    return end_line_if_room(record, ROOM_FOR_VERDICT, state->t_ns);
}

static void phases(struct line_buffer *line, const int64_t phase_ns[static 5])
{
    static const char *const names[] = {"connect", "send", "queue", "handle", "respond"};
    line_open(line, "phases", '{');
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (phase_ns[i] != RECORD_NEVER)
            line_number(line, names[i], phase_ns[i]);
    line_close(line, '}');
}

enum rpc_status record_call(struct record *record, const struct record_call *call)
{
    struct line_buffer *line = begin(record, "call");
    if (line == NULL)
        return record->status;
    line_number(line, "id", call->call);
    if (call->call_id != RECORD_NO_CALL_ID)
        line_number(line, "call_id", call->call_id);
    if (call->retry != 0)
        line_number(line, "retry", call->retry);
    id_number(line, "conn", call->connection);
    id_number(line, "client", call->client);
    line_text(line, "method", call->method);
    line_text(line, "protocol", call->protocol);
    line_number(line, "t", call->t_ns);
    time_or_null(line, "end", call->end_ns);
    line_text(line, "ending", call->ending);
    if (call->error_class != NULL || call->error_message != NULL) {
        line_open(line, "error", '{');
        line_text(line, "class", call->error_class);
        line_text(line, "message", call->error_message);
        line_close(line, '}');
    }
    if (call->has_phases)
        phases(line, call->phase_ns);
    if (call->executions != 0)
        line_number(line, "executions", call->executions);
    if (call->attempt_count > 0) {
        line_open(line, "attempts", '[');
        for (size_t i = 0; i < call->attempt_count; i++)
            line_number(line, NULL, call->attempts[i]);
        line_close(line, ']');
    }
    return end_line_if_room(record, ROOM_FOR_VERDICT, call->t_ns);
}

enum rpc_status record_span(struct record *record, const struct record_span *span)
{
    struct line_buffer *line = begin(record, "span");
    if (line == NULL)
        return record->status;
    line_text(line, "lane", span->lane);
    line_number(line, "t", span->t_ns);
    line_number(line, "end", span->end_ns);
    line_text(line, "kind", span->kind);
    id_number(line, "conn", span->connection);
    id_number(line, "call", span->call);
    line_text(line, "label", span->label);
    return end_line_if_room(record, ROOM_FOR_RARE, span->t_ns);
}

enum rpc_status record_mark(struct record *record, const struct record_mark *mark)
{
    struct line_buffer *line = begin(record, "mark");
    if (line == NULL)
        return record->status;
    line_text(line, "lane", mark->lane);
    line_number(line, "t", mark->t_ns);
    line_text(line, "kind", mark->kind);
    id_number(line, "conn", mark->connection);
    id_number(line, "call", mark->call);
    line_text(line, "text", mark->text);
    return end_line_if_room(record, ROOM_FOR_VERDICT, mark->t_ns);
}

enum rpc_status record_gauge(struct record *record, const struct record_gauge *gauge)
{
    struct line_buffer *line = begin(record, "gauge");
    if (line == NULL)
        return record->status;
    line_text(line, "lane", gauge->lane);
    line_number(line, "t", gauge->t_ns);
    line_number(line, "v", gauge->value);
    return end_line_if_room(record, ROOM_FOR_RARE, gauge->t_ns);
}

enum rpc_status record_msg(struct record *record, const struct record_msg *msg)
{
    struct line_buffer *line = begin(record, "msg");
    if (line == NULL)
        return record->status;
    line_number(line, "id", msg->message);
    line_text(line, "dir", msg->direction == RECORD_C2S ? "c2s" : "s2c");
    line_number(line, "conn", msg->connection);
    line_number(line, "t", msg->t_ns);
    time_or_null(line, "rx", msg->rx_ns);
    line_text(line, "kind", record_message_name(msg->kind));
    id_number(line, "call", msg->call);
    if (msg->length != 0)
        line_number(line, "len", msg->length);
    line_text(line, "fate", record_fate_name(msg->fate));
    id_text(line, "fault", "F", msg->fault);
    id_number(line, "frame", msg->frame);
    id_number(line, "of", msg->of);
    line_text(line, "note", msg->note);
    return end_line_if_room(record, ROOM_FOR_RARE, msg->t_ns);
}

enum rpc_status record_frame(struct record *record, const struct record_frame *frame)
{
    struct line_buffer *line = begin(record, "frame");
    if (line == NULL)
        return record->status;
    size_t kept = frame->byte_count < RECORD_HEX_MAX ? frame->byte_count : RECORD_HEX_MAX;
    line_number(line, "id", frame->frame);
    line_unsigned(line, "len", frame->length);
    line_hex(line, "hex", frame->bytes, kept);
    if (frame->field_count > 0) {
        line_open(line, "fields", '[');
        for (size_t i = 0; i < frame->field_count; i++) {
            const struct record_field *field = &frame->fields[i];
            line_open(line, NULL, '[');
            line_number(line, NULL, field->offset);
            line_number(line, NULL, field->length);
            line_number(line, NULL, field->depth);
            line_text(line, NULL, field->name != NULL ? field->name : "");
            line_text(line, NULL, field->value != NULL ? field->value : "");
            line_text(line, NULL, field->problem);
            line_close(line, ']');
        }
        line_close(line, ']');
    }
    return end_line_if_room(record, ROOM_FOR_RARE, 0);
}

enum rpc_status record_fault(struct record *record, const struct record_fault *fault)
{
    struct line_buffer *line = begin(record, "fault");
    if (line == NULL)
        return record->status;
    id_text(line, "id", "F", fault->fault);
    line_text(line, "kind", fault->kind);
    line_number(line, "t", fault->t_ns);
    time_or_null(line, "end", fault->end_ns);
    line_open(line, "target", '{');
    line_text(line, "lane", fault->target_lane);
    id_number(line, "conn", fault->target_connection);
    id_number(line, "call", fault->target_call);
    line_text(line, "dir", fault->target_direction);
    line_text(line, "text", fault->target_text);
    line_close(line, '}');
    pairs(line, "params", fault->params, fault->param_count);
    line_text(line, "file", fault->file);
    if (fault->line > 0)
        line_number(line, "line", fault->line);
    line_unsigned(line, "strikes", fault->strikes);
    if (fault->strike_ns_count > 0) {
        line_open(line, "at", '[');
        for (size_t i = 0; i < fault->strike_ns_count; i++)
            line_number(line, NULL, fault->strike_ns[i]);
        line_close(line, ']');
    }
    return end_line_if_room(record, ROOM_FOR_VERDICT, fault->t_ns);
}

static void about(struct line_buffer *line, const struct record_check *check)
{
    if (check->about_call == 0 && check->about_connection == 0 && check->about_fault == 0 &&
        check->about_t_ns == 0)
        return;
    line_open(line, "about", '{');
    id_number(line, "call", check->about_call);
    id_number(line, "conn", check->about_connection);
    id_text(line, "fault", "F", check->about_fault);
    if (check->about_t_ns != 0)
        line_number(line, "t", check->about_t_ns);
    line_close(line, '}');
}

enum rpc_status record_check(struct record *record, const struct record_check *check)
{
    struct line_buffer *line = begin(record, "check");
    if (line == NULL)
        return record->status;
    id_text(line, "id", "A", check->check);
    line_number(line, "t", check->t_ns);
    line_bool(line, "ok", check->ok);
    line_text(line, "kind", check->invariant ? "invariant" : "expect");
    line_text(line, "expr", check->expr);
    line_text(line, "expected", check->expected);
    line_text(line, "actual", check->actual);
    line_text(line, "file", check->file);
    if (check->line > 0)
        line_number(line, "line", check->line);
    if (check->source_count > 0) {
        line_open(line, "source", '[');
        for (size_t i = 0; i < check->source_count; i++) {
            line_open(line, NULL, '[');
            line_number(line, NULL, check->source[i].line);
            line_text(line, NULL, check->source[i].text != NULL ? check->source[i].text : "");
            line_close(line, ']');
        }
        line_close(line, ']');
    }
    about(line, check);
    line_text(line, "why", check->why);
    return end_line_if_room(record, ROOM_FOR_END, check->t_ns);
}

enum rpc_status record_log(struct record *record, const struct record_log *log)
{
    struct line_buffer *line = begin(record, "log");
    if (line == NULL)
        return record->status;
    line_number(line, "t", log->t_ns);
    line_text(line, "lane", log->lane);
    line_text(line, "level", log->level);
    line_text(line, "text", log->text);
    return end_line_if_room(record, ROOM_FOR_VERDICT, log->t_ns);
}

enum rpc_status record_finish(struct record *record, const struct record_end *end)
{
    struct line_buffer *line = begin(record, "end");
    if (line == NULL)
        return record->status;
    line_text(line, "status", record_status_name(end->status));
    line_number(line, "t", end->t_ns);
    pairs(line, "counts", end->counts, end->count_count);
    line_text(line, "reason", end->reason);
    if (end->hash != 0)
        line_hash(line, "hash", end->hash);
    enum rpc_status status = end_line(record);
    record->finished = true;
    return status == RPC_OK ? record_flush(record) : status;
}

/* --- names --- */

char *record_result_name(const struct record_scenario *scenario, bool repeated)
{
    bool self = strcmp(scenario->subject, "self") == 0;
    const char *after = self && scenario->release != NULL ? scenario->release : scenario->subject;
    size_t size = strlen(scenario->name) + strlen(after) + 32;
    char *name = malloc(size);
    if (name == NULL)
        return NULL;
    if (repeated)
        snprintf(name, size, "%s@%s#%llu", scenario->name, after,
                 (unsigned long long)scenario->seed);
    else
        snprintf(name, size, "%s@%s", scenario->name, after);
    return name;
}

char *record_file_name(const char *result_name)
{
    static const char extension[] = ".jsonl";
    size_t length = strlen(result_name);
    char *file = malloc(length + sizeof(extension));
    if (file == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++)
        file[i] = result_name[i] == '/' ? '+' : result_name[i];
    memcpy(file + length, extension, sizeof(extension));
    return file;
}
