/*
 * The one list of points: places in the stack and in the network where something
 * happens that a scenario can see (an event), stop (a hold) or break (a fault).
 *
 * A point is known to people by its name, "server.write", and a fault by the point
 * and an effect, "server.write.short".  libfiu knows the fault as
 * "ripcord/server/write/short", so fiu-run and fiu-ctrl can arm it too.  While
 * nobody asks for a point, visiting it costs one load of its guard byte.
 */
#ifndef FAULTS_POINT_H
#define FAULTS_POINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an event can say besides who and when. */
#define POINT_FIELD_MAP(X)                                                                         \
    X(ACCEPTED, "accepted")                                                                        \
    X(ACTION, "action")                                                                            \
    X(AGE, "age")                                                                                  \
    X(ATTEMPT, "attempt")                                                                          \
    X(AUTH, "auth")                                                                                \
    X(BYTES, "bytes")                                                                              \
    X(CALLS, "calls")                                                                              \
    X(CLASS, "class")                                                                              \
    X(CLOSED, "closed")                                                                            \
    X(CODE, "code")                                                                                \
    X(DELAY, "delay")                                                                              \
    X(DONE, "done")                                                                                \
    X(EFFECTIVE, "effective")                                                                      \
    X(ENDING, "ending")                                                                            \
    X(KIND, "kind")                                                                                \
    X(LENGTH, "length")                                                                            \
    X(LEVEL, "level")                                                                              \
    X(MESSAGE, "message")                                                                          \
    X(METHOD, "method")                                                                            \
    X(NAME, "name")                                                                                \
    X(PASS, "pass")                                                                                \
    X(PROTOCOL, "protocol")                                                                        \
    X(QUEUE, "queue")                                                                              \
    X(READER, "reader")                                                                            \
    X(REASON, "reason")                                                                            \
    X(RESULT, "result")                                                                            \
    X(STATE, "state")                                                                              \
    X(STATUS, "status")                                                                            \
    X(TEXT, "text")                                                                                \
    X(TIME, "time")                                                                                \
    X(TO, "to")                                                                                    \
    X(USER, "user")                                                                                \
    X(VERSION, "version")                                                                          \
    X(WHY, "why")

enum point_field {
#define X(name, text) FIELD_##name,
    POINT_FIELD_MAP(X)
#undef X
        FIELD_COUNT
};

/* How a fault can break a point, with the parameters that a script may give. */
#define POINT_EFFECT_MAP(X)                                                                        \
    X(CHANGE, "change", "fields", "the message goes on with these fields changed")                 \
    X(CORRUPT, "corrupt", "offset bit", "one bit is turned over")                                  \
    X(DELAY, "delay", "by", "it happens that much later")                                          \
    X(DROP, "drop", "", "it is lost, and nobody is told")                                          \
    X(DUPLICATE, "duplicate", "", "it happens twice")                                              \
    X(ERROR, "error", "errno after", "the system call fails")                                      \
    X(FAIL, "fail", "", "it fails as the real thing would")                                        \
    X(FIN, "fin", "after", "the stream ends here")                                                 \
    X(INJECT, "inject", "message", "bytes appear that nobody has sent")                            \
    X(MEMORY, "memory", "", "there is no memory left")                                             \
    X(PARTITION, "partition", "", "nothing passes until it heals")                                 \
    X(REFUSE, "refuse", "", "the connection is refused")                                           \
    X(RST, "rst", "after", "the connection is reset here")                                         \
    X(SHORT, "short", "bytes", "only so many bytes are taken")                                     \
    X(SLOW, "slow", "rate", "so many bytes a second pass")                                         \
    X(SPLIT, "split", "size gap", "it arrives in pieces")                                          \
    X(STOP, "stop", "after", "that thread stands still")                                           \
    X(SWALLOW, "swallow", "", "the message is never delivered")                                    \
    X(THROW, "throw", "class message", "the step throws an exception")

enum point_effect {
#define X(name, text, parameters, sentence) EFFECT_##name,
    POINT_EFFECT_MAP(X)
#undef X
        EFFECT_COUNT
};

/* point, its name, its fields, its effects, what it is.  Fields and effects are
 * names with a space between; times are in ms.  What it has besides: point_besides. */
#define POINT_MAP(X)                                                                               \
    X(CLIENT_CALL, "client.call", "method", "", "a caller hands a call to the client")             \
    X(CLIENT_SETUP, "client.setup", "", "", "a caller begins to set a connection up")              \
    X(CLIENT_ADD, "client.add", "result", "", "a call joins the calls of a connection")            \
    X(CLIENT_RESOLVE, "client.resolve", "name result", "fail", "a host name is looked up")         \
    X(CLIENT_CONNECT, "client.connect", "attempt to result", "refuse drop throw",                  \
      "one attempt to connect, told when it ends")                                                 \
    X(CLIENT_STREAMS, "client.streams", "", "throw", "just connected, the streams are made")       \
    X(CLIENT_SASL, "client.sasl", "state", "", "a step of the SASL exchange")                      \
    X(CLIENT_SLEEP, "client.sleep", "time why", "", "the client sleeps before it tries again")     \
    X(CLIENT_ENCODE, "client.encode", "method", "throw", "the request is encoded")                 \
    X(CLIENT_WRITE, "client.write", "bytes accepted", "short error", "bytes go to the socket")     \
    X(CLIENT_PING, "client.ping", "", "", "a ping is sent")                                        \
    X(CLIENT_READ, "client.read", "bytes", "short error stop", "bytes come from the socket")       \
    X(CLIENT_REPLY, "client.reply", "status", "throw",                                             \
      "a response is decoded, its call not ended")                                                 \
    X(CLIENT_END, "client.end", "ending", "", "a call ends")                                       \
    X(CLIENT_IDLE, "client.idle", "", "", "a connection has been idle for too long")               \
    X(CLIENT_CLOSE, "client.close", "reason calls", "", "a connection is closed")                  \
    X(CLIENT_RETRY, "client.retry", "action delay reason", "", "the retry layer has decided")      \
    X(CLIENT_FAILOVER, "client.failover", "to", "", "the client turns to another server")          \
    X(SERVER_ACCEPT, "server.accept", "reader", "error memory", "the Listener accepts")            \
    X(SERVER_REGISTER, "server.register", "reader", "", "a Reader takes a connection over")        \
    X(SERVER_READ, "server.read", "bytes", "short error stop memory", "a Reader reads")            \
    X(SERVER_PUT, "server.put", "level length method", "", "a call enters the callQueue")          \
    X(SERVER_TAKE, "server.take", "level length method", "", "a Handler takes a call")             \
    X(SERVER_SKIP, "server.skip", "method", "", "a Handler finds the caller gone")                 \
    X(SERVER_EXECUTE, "server.execute", "method", "delay throw memory",                            \
      "a Handler runs the method")                                                                 \
    X(SERVER_REPLY, "server.reply", "status length", "throw memory", "a response joins its queue") \
    X(SERVER_WRITE, "server.write", "bytes accepted pass done status", "short error memory",       \
      "a response goes to the socket")                                                             \
    X(SERVER_WAKEUP, "server.wakeup", "", "", "a Handler wakes the Responder")                     \
    X(SERVER_HANDOVER, "server.handover", "", "drop", "a response is left to the Responder")       \
    X(SERVER_REST, "server.rest", "", "", "the Responder has nothing left to write")               \
    X(SERVER_SELECT, "server.select", "", "memory", "the Responder begins to wait")                \
    X(SERVER_CHECK, "server.check", "", "", "the Responder looks for old responses")               \
    X(SERVER_PURGE, "server.purge", "age", "", "a connection is closed for an old response")       \
    X(SERVER_SCAN, "server.scan", "closed", "", "idle connections have been looked for")           \
    X(SERVER_REFUSE, "server.refuse", "why", "", "a connection or a call is turned away")          \
    X(SERVER_CLOSE, "server.close", "why", "", "the server closes a connection")                   \
    X(WIRE_PREAMBLE, "wire.preamble", "version auth length", "swallow delay duplicate change",     \
      "the first bytes of a connection")                                                           \
    X(WIRE_SASL, "wire.sasl", "state length", "swallow delay duplicate change", "a SASL message")  \
    X(WIRE_CONTEXT, "wire.context", "user effective protocol length",                              \
      "swallow delay duplicate change", "the connection context")                                  \
    X(WIRE_PING, "wire.ping", "length", "swallow delay duplicate change", "a ping")                \
    X(WIRE_REQUEST, "wire.request", "method length", "swallow delay duplicate change",             \
      "a request")                                                                                 \
    X(WIRE_RESPONSE, "wire.response", "status class message code method length",                   \
      "swallow delay duplicate change", "a response")                                              \
    X(NET_SYN, "net.syn", "to", "drop delay", "a connection is asked for")                         \
    X(NET_SEGMENT, "net.segment", "bytes",                                                         \
      "drop delay split slow corrupt duplicate inject fin rst", "bytes travel")                    \
    X(NET_FIN, "net.fin", "", "drop delay", "one side ends its stream")                            \
    X(NET_RST, "net.rst", "", "drop delay", "one side resets the connection")                      \
    X(NET, "net", "", "drop delay split slow corrupt duplicate inject fin rst partition",          \
      "whatever travels between two hosts")                                                        \
    X(LOG, "log", "level text", "", "a line of the log")

enum point {
#define X(name, text, fields, effects, sentence) POINT_##name,
    POINT_MAP(X)
#undef X
        POINT_COUNT
};

enum point_direction { DIRECTION_NONE, DIRECTION_C2S, DIRECTION_S2C };

/* A field's value: a number, or a text that lives as long as the visit. */
struct point_value {
    uint8_t field;    /* enum point_field */
    const char *text; /* NULL: it is the number */
    int64_t number;
};

enum { POINT_VALUES_MAX = 8, POINT_NO_CALL = INT32_MIN };

/* One visit to a point: who is there, and what is known so far.  Numbers are dense
 * ids given out by the world, 0 is "none". */
struct point_event {
    enum point point;
    enum point_direction direction;
    uint64_t at_ns;      /* when the step began; 0: now, */
    bool begun;          /* unless it began at 0 */
    uint32_t host;       /* where it happens */
    uint32_t server;     /* whose server, */
    uint32_t client;     /* whose client; the side that does not know leaves 0 */
    uint32_t connection; /* the same number on both sides */
    uint32_t lane;       /* world_lane_name tells */
    int32_t call_id;     /* on the wire; POINT_NO_CALL when it is about no call */
    int32_t retry;
    const struct point_value *values;
    size_t value_count;
    const void *message; /* wire points: the struct wire_message, else NULL */
};

/* The value of `field` among `count`; NULL: there is none. */
const struct point_value *point_find_value(const struct point_value *values, size_t count,
                                           enum point_field field);

/* What the event says in `field`: its text, NULL: none; its number, 0: none. */
const char *point_text(const struct point_event *event, enum point_field field);
int64_t point_number(const struct point_event *event, enum point_field field);

/* What a fault that struck wants.  Texts and payload belong to the plan and live as
 * long as the world. */
struct point_strike {
    enum point_effect effect;
    uint32_t fault;                   /* id in the plan; 0: armed from outside, through libfiu */
    uint64_t by_ns;                   /* delay */
    uint64_t after;                   /* bytes that pass first: error, fin, rst, stop */
    uint64_t bytes;                   /* short */
    uint64_t size;                    /* split */
    uint64_t gap_ns;                  /* split */
    uint64_t rate;                    /* slow, bytes a second */
    uint64_t offset;                  /* corrupt */
    unsigned bit;                     /* corrupt */
    int error;                        /* error: an enum rpc_status */
    const char *class_name, *message; /* throw */
    const void *payload;              /* change, inject: what the script gave */
};

/* Somebody wants the point: bits of point_guard. */
enum { GUARD_FAULT = 1, GUARD_HOLD = 2, GUARD_OUTSIDE = 4 };

extern _Atomic uint8_t point_guard[POINT_COUNT];

/* A plan decides for the world of this thread's process whether an armed effect
 * strikes. */
typedef bool point_judge_fn(void *owner, const struct point_event *event, enum point_effect effect,
                            struct point_strike *strike);

/* "server.write" */
const char *point_name(enum point point);
const char *point_fields(enum point point);
const char *point_effects(enum point point);
/* Who and what its visits can be about besides: "host server client connection …". */
const char *point_besides(enum point point);
const char *point_sentence(enum point point);
const char *point_field_name(enum point_field field);
const char *point_effect_name(enum point_effect effect);
const char *point_effect_parameters(enum point_effect effect);
const char *point_effect_sentence(enum point_effect effect);

/* Whether `point` can be broken by `effect`. */
bool point_has_effect(enum point point, enum point_effect effect);

/* POINT_COUNT, EFFECT_COUNT, FIELD_COUNT when there is no such name. */
enum point point_by_name(const char *name, size_t length);
enum point_effect point_effect_by_name(const char *name, size_t length);
enum point_field point_field_by_name(const char *name, size_t length);

/* Set libfiu up.  When its environment or a remote control pipe could arm points from
 * outside, all guards are set.  Harmless the second time. */
void point_init(void);

/* Make `judge` the one who is asked about (point, effect), through libfiu; NULL takes it back. */
void point_arm(enum point point, enum point_effect effect, point_judge_fn *judge, void *owner);

/* Count the holds that stand at `point`: +1 or -1. */
void point_hold_guard(enum point point, int change);

/* Told of each strike of a fault that was armed from outside, through libfiu.  Any thread. */
typedef void point_outside_fn(void *owner, const struct point_event *event,
                              enum point_effect effect);

/* Have `told` called, in this process; NULL: nobody. */
void point_watch_outside(point_outside_fn *told, void *owner);

bool point_strikes_slowly(const struct point_event *event, struct point_strike *strike);

/* Whether a fault strikes at this visit; `strike` then says how. */
static inline bool point_strikes(const struct point_event *event, struct point_strike *strike)
{
    uint8_t guard = atomic_load_explicit(&point_guard[event->point], memory_order_relaxed);
    return __builtin_expect(guard & (GUARD_FAULT | GUARD_OUTSIDE), 0) &&
           point_strikes_slowly(event, strike);
}

/* Whether anybody asks about `point` at all, to spare a visitor the making of an event. */
static inline bool point_guarded(enum point point)
{
    return __builtin_expect(atomic_load_explicit(&point_guard[point], memory_order_relaxed), 0);
}

#endif
