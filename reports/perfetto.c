/*
 * A record as a Chrome trace (JSON), which Perfetto opens: a process for each group of lanes, a
 * thread for each lane.  Calls, connections and faults may overlap, so they are asynchronous;
 * messages are arrows from the call's slice at one side to the other.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/line.h"
#include "reports/output.h"
#include "reports/report.h"
#include "reports/rows.h"

enum {
    LANES_MAX = 4096,
    PID_CLIENT = 1,
    PID_NETWORK,
    PID_SERVER,
    PID_FAULTS,
    TID_C2S = 1,
    TID_S2C
};

struct trace {
    struct line_buffer line;
    FILE *out;
    const char *lanes[LANES_MAX]; /* borrowed from the rows; their place + 10 is the tid */
    size_t lane_count;
    bool begun, no_memory;
};

/* Microseconds with three decimals. */
static void put_time(struct line_buffer *line, const char *key, int64_t ns)
{
    char text[40];
    int length = snprintf(text, sizeof(text), "%" PRId64 ".%03d", ns / 1000, (int)(ns % 1000));
    line_bool(line, key, true); /* makes the comma and the key */
    if (!line->no_memory)
        line->length -= 4;
    line_raw(line, text, (size_t)length);
}

static struct line_buffer *open_event(struct trace *trace, const char *phase, const char *name,
                                      const char *category, int pid, int tid)
{
    struct line_buffer *line = &trace->line;
    line->length = 0;
    line_raw(line, "{", 1);
    line_text(line, "ph", phase);
    line_text(line, "name", *name != '\0' ? name : "?");
    line_text(line, "cat", category);
    line_number(line, "pid", pid);
    line_number(line, "tid", tid);
    return line;
}

static void close_event(struct trace *trace)
{
    line_raw(&trace->line, "}", 1);
    trace->no_memory |= trace->line.no_memory;
    if (trace->line.no_memory)
        return;
    fputs(trace->begun ? ",\n" : "\n", trace->out);
    fwrite(trace->line.bytes, 1, trace->line.length, trace->out);
    trace->begun = true;
}

static void put_name(struct trace *trace, const char *what, int pid, int tid, const char *name)
{
    struct line_buffer *line = open_event(trace, "M", what, "__metadata", pid, tid);
    line_open(line, "args", '{');
    line_text(line, "name", name);
    line_close(line, '}');
    close_event(trace);
}

static int pid_of(const char *lane)
{
    if (strncmp(lane, "client", 6) == 0 || strncmp(lane, "conn/", 5) == 0)
        return PID_CLIENT;
    return strncmp(lane, "net", 3) == 0 ? PID_NETWORK : PID_SERVER;
}

/* A lane's number, made and named when it is new. */
static int tid_of(struct trace *trace, const char *lane)
{
    for (size_t i = 0; i < trace->lane_count; i++)
        if (strcmp(trace->lanes[i], lane) == 0)
            return (int)i + 10;
    if (trace->lane_count == LANES_MAX)
        return 9;
    trace->lanes[trace->lane_count++] = lane;
    put_name(trace, "thread_name", pid_of(lane), (int)trace->lane_count + 9, lane);
    return (int)trace->lane_count + 9;
}

static void put_facts(struct line_buffer *line, const json_t *from)
{
    static const char *const numbers[] = {"conn", "call",    "call_id",
                                          "len",  "strikes", "executions"};
    static const char *const texts[] = {"ending", "why", "fate", "fault", "note", "text", "label"};
    line_open(line, "args", '{');
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (json_is_integer(json_object_get(from, numbers[i])))
            line_number(line, numbers[i], rows_number(from, numbers[i], 0));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (*rows_text(from, texts[i]) != '\0')
            line_text(line, texts[i], rows_text(from, texts[i]));
    line_close(line, '}');
}

/* Something with a length that may overlap others of its kind. */
static void put_async(struct trace *trace, const json_t *from, const char *category,
                      const char *name, int pid, const char *id, int64_t t, int64_t end)
{
    for (int last = 0; last < 2; last++) {
        struct line_buffer *line = open_event(trace, last ? "e" : "b", name, category, pid, 1);
        line_text(line, "id", id);
        put_time(line, "ts", last ? end : t);
        if (!last)
            put_facts(line, from);
        close_event(trace);
    }
}

static void put_call(struct trace *trace, const json_t *call, int64_t last)
{
    char id[32];
    snprintf(id, sizeof(id), "call%" PRId64, rows_number(call, "id", 0));
    put_async(trace, call, "call", rows_text(call, "method"), PID_CLIENT, id,
              rows_number(call, "t", 0), rows_number(call, "end", last));
}

static void put_span(struct trace *trace, const json_t *span)
{
    const char *lane = rows_text(span, "lane"), *label = rows_text(span, "label");
    int64_t t = rows_number(span, "t", 0), end = rows_number(span, "end", t);
    int tid = tid_of(trace, lane);
    if (strstr(lane, "queue") != NULL) { /* what waits overlaps */
        char id[64];
        snprintf(id, sizeof(id), "%.20s%" PRId64 "/%" PRId64, strrchr(lane, '/'),
                 rows_number(span, "conn", 0), rows_number(span, "call", t));
        put_async(trace, span, "queue", *label != '\0' ? label : "waits", pid_of(lane), id, t, end);
        return;
    }
    struct line_buffer *line =
        open_event(trace, "X", *label != '\0' ? label : rows_text(span, "kind"),
                   rows_text(span, "kind"), pid_of(lane), tid);
    put_time(line, "ts", t);
    put_time(line, "dur", end - t);
    put_facts(line, span);
    close_event(trace);
}

static void put_mark(struct trace *trace, const json_t *mark)
{
    const char *lane = rows_text(mark, "lane");
    int tid = tid_of(trace, lane);
    struct line_buffer *line =
        open_event(trace, "i", rows_text(mark, "kind"), "mark", pid_of(lane), tid);
    put_time(line, "ts", rows_number(mark, "t", 0));
    line_text(line, "s", "t");
    put_facts(line, mark);
    close_event(trace);
}

static void put_gauge(struct trace *trace, const json_t *gauge)
{
    const char *lane = rows_text(gauge, "lane");
    struct line_buffer *line = open_event(trace, "C", lane, "gauge", pid_of(lane), 0);
    put_time(line, "ts", rows_number(gauge, "t", 0));
    line_open(line, "args", '{');
    line_number(line, "v", rows_number(gauge, "v", 0));
    line_close(line, '}');
    close_event(trace);
}

/* A slice on its way, and an arrow from its beginning to its end. */
static void put_msg(struct trace *trace, const json_t *msg)
{
    bool back = strcmp(rows_text(msg, "dir"), "s2c") == 0;
    int tid = back ? TID_S2C : TID_C2S;
    int64_t t = rows_number(msg, "t", 0), rx = rows_number(msg, "rx", -1);
    char id[32];
    snprintf(id, sizeof(id), "msg%" PRId64, rows_number(msg, "id", 0));
    put_async(trace, msg, back ? "server → client" : "client → server", rows_text(msg, "kind"),
              PID_NETWORK, id, t, rx >= t ? rx : t);
    for (int last = 0; last < 2 && rx >= t; last++) {
        struct line_buffer *line = open_event(trace, last ? "f" : "s", rows_text(msg, "kind"),
                                              "message", PID_NETWORK, tid);
        line_text(line, "id", id);
        put_time(line, "ts", last ? rx : t);
        if (last)
            line_text(line, "bp", "e");
        close_event(trace);
    }
}

static void put_fault(struct trace *trace, const json_t *fault, int64_t last)
{
    put_async(trace, fault, "fault", rows_text(fault, "kind"), PID_FAULTS, rows_text(fault, "id"),
              rows_number(fault, "t", 0), rows_number(fault, "end", last));
}

static void put_check(struct trace *trace, const json_t *check)
{
    bool ok = json_is_true(json_object_get(check, "ok"));
    struct line_buffer *line =
        open_event(trace, "i", ok ? "holds" : "failed", "check", PID_FAULTS, 2);
    const json_t *about = json_object_get(check, "about");
    put_time(line, "ts", rows_number(about, "t", rows_number(check, "t", 0)));
    line_text(line, "s", ok ? "t" : "g");
    line_open(line, "args", '{');
    line_text(line, "expr", rows_text(check, "expr"));
    line_close(line, '}');
    close_event(trace);
}

/* The states of a connection, one after the other. */
static void put_state(struct trace *trace, const struct rows *rows, size_t at, int64_t last)
{
    const json_t *state = rows->lines[at];
    const char *object = rows_text(state, "obj");
    int64_t end = last;
    for (size_t i = at + 1; i < rows->count; i++)
        if (rows_is(rows->lines[i], "state") &&
            strcmp(rows_text(rows->lines[i], "obj"), object) == 0) {
            end = rows_number(rows->lines[i], "t", last);
            break;
        }
    if (strcmp(rows_text(state, "to"), "closed") != 0)
        put_async(trace, state, "connection", rows_text(state, "to"),
                  *object == 's' ? PID_SERVER : PID_CLIENT, object, rows_number(state, "t", 0),
                  end);
}

static void put_all(struct trace *trace, const struct rows *rows, int64_t last)
{
    static const char *const names[] = {[PID_CLIENT] = "client",
                                        [PID_NETWORK] = "network",
                                        [PID_SERVER] = "server",
                                        [PID_FAULTS] = "faults and checks"};
    for (int pid = PID_CLIENT; pid <= PID_FAULTS; pid++)
        put_name(trace, "process_name", pid, 0, names[pid]);
    put_name(trace, "thread_name", PID_NETWORK, TID_C2S, "client → server");
    put_name(trace, "thread_name", PID_NETWORK, TID_S2C, "server → client");
    for (size_t i = 0; i < rows->count; i++) {
        const json_t *line = rows->lines[i];
        if (rows_is(line, "call"))
            put_call(trace, line, last);
        else if (rows_is(line, "span"))
            put_span(trace, line);
        else if (rows_is(line, "mark"))
            put_mark(trace, line);
        else if (rows_is(line, "gauge"))
            put_gauge(trace, line);
        else if (rows_is(line, "msg"))
            put_msg(trace, line);
        else if (rows_is(line, "fault"))
            put_fault(trace, line, last);
        else if (rows_is(line, "check"))
            put_check(trace, line);
        else if (rows_is(line, "state"))
            put_state(trace, rows, i, last);
    }
}

enum rpc_status report_write_perfetto(const char *record_path, const char *path)
{
    static const char *const types[] = {"call",  "span",  "mark",  "gauge", "msg",
                                        "fault", "check", "state", "end",   NULL};
    struct rows rows;
    struct output output;
    int64_t last = 0;
    enum rpc_status status = rows_read(record_path, types, &rows);
    if (status != RPC_OK)
        return status;
    struct trace *trace = calloc(1, sizeof(*trace));
    status = trace != NULL ? output_begin(&output, path) : RPC_NO_MEMORY;
    for (size_t i = 0; i < rows.count; i++)
        if (rows_number(rows.lines[i], "t", 0) > last)
            last = rows_number(rows.lines[i], "t", 0);
    if (status == RPC_OK) {
        trace->out = output.file;
        fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", output.file);
        put_all(trace, &rows, last);
        fputs("\n]}\n", output.file);
        status = output_end(&output, trace->no_memory ? RPC_NO_MEMORY : RPC_OK);
    }
    if (trace != NULL)
        free(trace->line.bytes);
    free(trace);
    rows_release(&rows);
    return status;
}
