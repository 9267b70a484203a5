/*
 * The record: what happened in one result (scenario x parameters x subject x seed), as
 * JSON lines of the public format `ripcord.run/1`.  This is the writer's face; reader.h
 * reads a record back, report.h makes HTML, JUnit and TAP of it, and schema/ holds the
 * JSON Schema.
 *
 * One struct and one function for each type of line.  Lines come out in the order of the
 * calls, so what has a length is written when it ends.  record_scenario is the first line,
 * record_finish writes the last.
 *
 * Common rules:
 *  - Times are nanoseconds since the scenario began, RECORD_NEVER where "never" is allowed
 *    (that is WORLD_NEVER, cast).  Lengths of time are nanoseconds too.
 *  - Numbers (ids) count from 1 in the order of creation; 0 is "none", and the field is left
 *    out.  Fault 2 is written as "F2", check 3 as "A3".
 *  - Texts are borrowed for the call only; NULL leaves the field out.  They may hold any
 *    bytes: what is not UTF-8 becomes U+FFFD, and a text longer than RECORD_TEXT_MAX is cut.
 *  - A struct that is all zeros but for its fields marked "always" is a good line.
 *
 * A failure stays: after the first one every function does nothing and returns it again.
 * Up to there the record is whole, line by line.  Possible: RPC_NO_MEMORY, RPC_IO (a full
 * disk).  Beyond its limit a record leaves out `span msg gauge frame`, beyond twice its limit
 * all but `check` and `end`, beyond three times all but `end`, and says so in a `log`; that
 * is not a failure.
 *
 * Not safe for two threads at a time; no clock, no chance, no addresses: equal calls make
 * equal bytes.
 */
#ifndef REPORTS_RECORD_H
#define REPORTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"

#define RECORD_SCHEMA     "ripcord.run/1"
#define RECORD_BYTES_MAX  (INT64_C(64) << 20) /* the limit when 0 is asked for */
#define RECORD_NEVER      INT64_C(-1)
#define RECORD_NO_CALL_ID INT32_MIN

enum {
    RECORD_TEXT_MAX = 64 * 1024, /* bytes of one text */
    RECORD_HEX_MAX = 4096,       /* bytes of a frame that are kept */
};

/* The worst of a run's results decides its exit code; `fixed` (registered as known, but it
 * passes) counts as a failure, so that the list of known bugs stays true. */
#define RECORD_STATUS_MAP(X)                                                                       \
    X(PASSED, "passed")                                                                            \
    X(FAILED, "failed")                                                                            \
    X(BROKEN, "broken") /* script error, crash, void, time-out of the harness */                   \
    X(KNOWN, "known")   /* fails as registered */                                                  \
    X(FIXED, "fixed")                                                                              \
    X(SKIPPED, "skipped")

enum record_status {
#define X(name, text) RECORD_##name,
    RECORD_STATUS_MAP(X)
#undef X
        RECORD_STATUS_COUNT
};

/* What a message is. */
#define RECORD_MESSAGE_MAP(X)                                                                      \
    X(SYN, "syn")                                                                                  \
    X(SYNACK, "synack")                                                                            \
    X(FIN, "fin")                                                                                  \
    X(RST, "rst")                                                                                  \
    X(PREAMBLE, "preamble")                                                                        \
    X(SASL, "sasl")                                                                                \
    X(CONTEXT, "context")                                                                          \
    X(REQUEST, "request")                                                                          \
    X(RESPONSE, "response")                                                                        \
    X(PING, "ping")                                                                                \
    X(FATAL, "fatal")

enum record_message {
#define X(name, text) RECORD_MESSAGE_##name,
    RECORD_MESSAGE_MAP(X)
#undef X
        RECORD_MESSAGE_COUNT
};

/* What became of it on its way. */
#define RECORD_FATE_MAP(X)                                                                         \
    X(DELIVERED, "delivered")                                                                      \
    X(DROPPED, "dropped")                                                                          \
    X(HELD, "held")                                                                                \
    X(DELAYED, "delayed")                                                                          \
    X(SPLIT, "split")                                                                              \
    X(CORRUPTED, "corrupted")                                                                      \
    X(DUPLICATED, "duplicated")                                                                    \
    X(REORDERED, "reordered")                                                                      \
    X(TRUNCATED, "truncated")                                                                      \
    X(REFUSED, "refused")

enum record_fate {
#define X(name, text) RECORD_FATE_##name,
    RECORD_FATE_MAP(X)
#undef X
        RECORD_FATE_COUNT
};

enum record_direction { RECORD_C2S, RECORD_S2C };

/* A named value: a text, or when that is NULL the number. */
struct record_pair {
    const char *name;
    const char *text;
    int64_t number;
};

/* First line.  Always: name, file, subject, replay. */
struct record_scenario {
    const char *name;    /* the result's name without @: "purge.slow_reader/handlers=10" */
    const char *title;   /* the sentence in Lua */
    const char *file;    /* relative */
    int line;            /* 0: unknown */
    const char *subject; /* "self", "hdfs-cli", "java-3.4" */
    const char *release; /* "2.6" */
    bool live;           /* world and clock */
    int64_t speed;       /* live: how many times faster than the wall; 0 and 1: as the wall */
    bool rough;
    uint64_t seed;
    const struct record_pair *config; /* effective values */
    size_t config_count;
    const char *const *tags;
    size_t tag_count;
    const char *const *refs; /* HADOOP-2789, RFC 793 */
    size_t ref_count;
    const char *replay; /* the command that plays this result again */
    const char *known;  /* registered as known bug under this reference */
};

/* A row of the timeline, before the first line that is about it.  Always: all. */
struct record_lane {
    const char *id;    /* "client1/calls", "conn/1", "net/c2s", "server1/reader/0" */
    const char *group; /* "client1", "network", "server1" */
    const char *name;  /* "Reader 0" */
};

/* A connection, when its client makes it.  Always: connection. */
struct record_conn {
    uint32_t connection;
    uint32_t client;
    const char *local, *remote; /* "127.0.0.1:41001" */
    const char *key;            /* what makes its ConnectionId: user, protocol, time-outs */
};

/* One side of a connection enters a state.  Always: t_ns, connection, to. */
struct record_state {
    int64_t t_ns;
    uint32_t connection;
    bool server;    /* the server's side: "sconn/1" */
    const char *to; /* client: new connecting header sasl open_idle open_busy closing closed;
                     * server: header sasl context open closing closed */
    const char *why;
};

/* A call, when it ends, or at the end of the run.  Always: call, t_ns, end_ns, ending. */
struct record_call {
    uint32_t call;   /* its number in the record */
    int32_t call_id; /* on the wire, or RECORD_NO_CALL_ID */
    int32_t retry;   /* on the wire; 0 is left out */
    uint32_t connection;
    uint32_t client;
    const char *method;
    const char *protocol;
    int64_t t_ns;       /* issued */
    int64_t end_ns;     /* or RECORD_NEVER */
    const char *ending; /* client_ending_name's words: "value", "eof", "never" … */
    const char *error_class, *error_message;
    bool has_phases;     /* phase_ns counts: how long each took, RECORD_NEVER for "not reached" */
    int64_t phase_ns[5]; /* connect, send, queue, handle, respond */
    int64_t executions;  /* handler starts seen */
    const int32_t *attempts; /* call ids that the retry layer made */
    size_t attempt_count;
};

/* Work of a lane, when it ends.  Always: lane, t_ns, end_ns, kind. */
struct record_span {
    const char *lane;
    int64_t t_ns, end_ns;
    const char *kind; /* "read" "handle" "write" "purge" "queue" "setup" … */
    uint32_t connection;
    uint32_t call;
    const char *label; /* the method */
};

/* Something without a length.  Always: lane, t_ns, kind. */
struct record_mark {
    const char *lane;
    int64_t t_ns;
    const char *kind; /* "accept" "register" "wakeup" "purge" "idle_close" "refused" "timer" … */
    uint32_t connection;
    uint32_t call;
    const char *text;
};

/* A level from now on: the depth of a queue.  Always: all. */
struct record_gauge {
    const char *lane;
    int64_t t_ns;
    int64_t value;
};

/* A message on its way, when it arrives, or when it is known that it never will.
 * Always: message, connection, t_ns, rx_ns. */
struct record_msg {
    uint32_t message;
    enum record_direction direction;
    uint32_t connection;
    int64_t t_ns;  /* sent */
    int64_t rx_ns; /* received, or RECORD_NEVER */
    enum record_message kind;
    uint32_t call;
    int64_t length; /* bytes; 0 is left out */
    enum record_fate fate;
    uint32_t fault; /* which had a hand in it */
    uint32_t frame;
    uint32_t of; /* this is a part of message `of` */
    const char *note;
};

/* A decoded field of a frame, in order of offset; depth 0 is outermost. */
struct record_field {
    uint32_t offset, length;
    uint32_t depth;
    const char *name;
    const char *value;
    const char *problem; /* "retryCount says 0, third attempt" */
};

/* The bytes of a message.  Always: frame, length, bytes. */
struct record_frame {
    uint32_t frame;
    uint64_t length;   /* of the whole frame */
    const void *bytes; /* its first `byte_count` bytes; RECORD_HEX_MAX of them are kept */
    size_t byte_count;
    const struct record_field *fields;
    size_t field_count;
};

/* A fault, when it is lifted, or at the end of the run.  Always: fault, kind, t_ns, end_ns. */
struct record_fault {
    uint32_t fault;
    const char *kind; /* "server.reply.swallow" */
    int64_t t_ns;     /* armed */
    int64_t end_ns;   /* lifted, or RECORD_NEVER: it stood to the end */
    const char *target_lane;
    uint32_t target_connection;
    uint32_t target_call;
    const char *target_direction; /* "c2s" "s2c" */
    const char *target_text;      /* the aim in words: "server1, getListing, nth 1" */
    const struct record_pair *params;
    size_t param_count;
    const char *file;
    int line;
    uint64_t strikes;
    const int64_t *strike_ns; /* when it struck: the first ones, as many as are worth drawing */
    size_t strike_ns_count;
};

/* A line of Lua around a check. */
struct record_source {
    int line;
    const char *text;
};

/* An expectation or an invariant, when it is decided.  Always: check, t_ns, expr. */
struct record_check {
    uint32_t check;
    int64_t t_ns;
    bool ok;
    bool invariant;
    const char *expr; /* the expectation's text, or the invariant's id */
    const char *expected, *actual;
    const char *file;
    int line;
    const struct record_source *source; /* five lines */
    size_t source_count;
    uint32_t about_call, about_connection, about_fault;
    int64_t about_t_ns; /* 0: the record has no better time than t_ns */
    const char *why;    /* one sentence, when the harness knows */
};

/* Always: t_ns, text. */
struct record_log {
    int64_t t_ns;
    const char *lane;
    const char *level; /* "debug" "info" "warn" "error" */
    const char *text;
};

/* Last line.  Always: status, t_ns. */
struct record_end {
    enum record_status status;
    int64_t t_ns;                     /* virtual duration */
    const struct record_pair *counts; /* calls, events, picks … */
    size_t count_count;
    const char *reason; /* broken (a line each), known, skipped: why */
    uint64_t hash;      /* of the world's trace; 0: none */
};

struct record;

/* Begin a record in the file `path`, made or made empty.  `bytes_max` 0: RECORD_BYTES_MAX.
 * RPC_NO_MEMORY, RPC_IO (it can't be made).  The caller ends it with record_free. */
enum rpc_status record_create(const char *path, int64_t bytes_max, struct record **record);

/* The same in memory; record_bytes has it. */
enum rpc_status record_create_memory(int64_t bytes_max, struct record **record);

/* Write one line.  RPC_OK, or what has failed before. */
enum rpc_status record_scenario(struct record *record, const struct record_scenario *line);
enum rpc_status record_lane(struct record *record, const struct record_lane *line);
enum rpc_status record_conn(struct record *record, const struct record_conn *line);
enum rpc_status record_state(struct record *record, const struct record_state *line);
enum rpc_status record_call(struct record *record, const struct record_call *line);
enum rpc_status record_span(struct record *record, const struct record_span *line);
enum rpc_status record_mark(struct record *record, const struct record_mark *line);
enum rpc_status record_gauge(struct record *record, const struct record_gauge *line);
enum rpc_status record_msg(struct record *record, const struct record_msg *line);
enum rpc_status record_frame(struct record *record, const struct record_frame *line);
enum rpc_status record_fault(struct record *record, const struct record_fault *line);
enum rpc_status record_check(struct record *record, const struct record_check *line);
enum rpc_status record_log(struct record *record, const struct record_log *line);

/* Write what is buffered to the file. */
enum rpc_status record_flush(struct record *record);

/* The same from the handler of a signal that kills the process, on any thread, while others may
 * write lines: so a crash loses no line that was whole.  The record takes no other line; false:
 * another thread is just writing one, so ask again in a moment. */
bool record_rescue(struct record *record);

/* Write the last line, then flush.  No line may follow. */
enum rpc_status record_finish(struct record *record, const struct record_end *line);

/* XXH3 (64 bit) of all bytes so far: what a record's hash in JUnit and run.json is. */
uint64_t record_hash(const struct record *record);

/* The bytes of a record in memory, borrowed until the next line; `length` is set. */
const char *record_bytes(const struct record *record, size_t *length);

/* Close and free; an unfinished record keeps what it has.  NULL is allowed. */
void record_free(struct record *record);

/* The words of the format. */
const char *record_status_name(enum record_status status);
const char *record_message_name(enum record_message kind);
const char *record_fate_name(enum record_fate fate);

/* The status called `name`, or RECORD_STATUS_COUNT. */
enum record_status record_status_by_name(const char *name);

/* A result's name, which is also its address in the report, JUnit's case and what a filter
 * takes: NAME@RELEASE for the subject "self", else NAME@SUBJECT, with #SEED when `repeated`.
 * NULL when memory runs out; free() it. */
char *record_result_name(const struct record_scenario *scenario, bool repeated);

/* The file of a result: "/" becomes "+", ".jsonl" is added.  NULL when memory runs out;
 * free() it. */
char *record_file_name(const char *result_name);

#endif
