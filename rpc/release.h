/*
 * What differs by Hadoop release: settings with their defaults, limits, orders, quirks
 * and texts.  One table; nobody else asks "which release?" by name.
 *
 * 0.20.203 is "0.20", 1.2.1 is "1.2", 2.x before 2.3 is "2.2", 2.6 and 3.4 are themselves.
 */
#ifndef RPC_RELEASE_H
#define RPC_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/status.h"

enum release_id { RELEASE_0_20, RELEASE_1_2, RELEASE_2_2, RELEASE_2_6, RELEASE_3_4, RELEASE_COUNT };

/* Settings, by Hadoop's own key: id, key, kind, and the value in 0.20, 1.2, 2.2, 2.6, 3.4.
 * NONE: the release has no such key and nothing of the kind.  FIXED(v): it has no such key, but
 * does so all the same.  Kinds: MS milliseconds, NUMBER, BYTES, BOOL, MINUTES. */
#define RELEASE_NONE INT64_MIN
#define RELEASE_SETTING_MAP(X)                                                                     \
    X(PING_INTERVAL, "ipc.ping.interval", MS, 60000, 60000, 60000, 60000, 60000)                   \
    X(PING, "ipc.client.ping", BOOL, FIXED(1), 1, 1, 1, 1)                                         \
    X(RPC_TIMEOUT, "ipc.client.rpc-timeout.ms", MS, NONE, NONE, NONE, 0, 120000)                   \
    X(CONNECT_TIMEOUT, "ipc.client.connect.timeout", MS, FIXED(20000), FIXED(20000), 20000, 20000, \
      20000)                                                                                       \
    X(CONNECT_RETRIES, "ipc.client.connect.max.retries", NUMBER, 10, 10, 10, 10, 10)               \
    X(CONNECT_RETRY_INTERVAL, "ipc.client.connect.retry.interval", MS, FIXED(1000), FIXED(1000),   \
      FIXED(1000), 1000, 1000)                                                                     \
    X(CONNECT_TIMEOUT_RETRIES, "ipc.client.connect.max.retries.on.timeouts", NUMBER, FIXED(45),    \
      FIXED(45), 45, 45, 45)                                                                       \
    X(SASL_RETRIES, "ipc.client.connect.max.retries.on.sasl", NUMBER, FIXED(15), FIXED(15),        \
      FIXED(5), 5, 5)                                                                              \
    X(MAX_IDLE, "ipc.client.connection.maxidletime", MS, 10000, 10000, 10000, 10000, 10000)        \
    X(IDLE_SCAN_INTERVAL, "ipc.client.connection.idle-scan-interval.ms", MS, FIXED(10000),         \
      FIXED(10000), FIXED(10000), 10000, 10000)                                                    \
    X(IDLE_THRESHOLD, "ipc.client.idlethreshold", NUMBER, 4000, 4000, 4000, 4000, 4000)            \
    X(KILL_MAX, "ipc.client.kill.max", NUMBER, 10, 10, 10, 10, 10)                                 \
    X(CLIENT_NODELAY, "ipc.client.tcpnodelay", BOOL, 0, 0, 1, 1, 1)                                \
    X(SERVER_NODELAY, "ipc.server.tcpnodelay", BOOL, 0, 0, 1, 1, 1)                                \
    X(LOW_LATENCY, "ipc.client.low-latency", BOOL, NONE, NONE, NONE, NONE, 0)                      \
    X(FALLBACK_TO_SIMPLE, "ipc.client.fallback-to-simple-auth-allowed", BOOL, FIXED(1), 0, 0, 0,   \
      0)                                                                                           \
    X(ASYNC_CALLS_MAX, "ipc.client.async.calls.max", NUMBER, NONE, NONE, NONE, NONE, 100)          \
    X(RESPONSE_LENGTH_MAX, "ipc.maximum.response.length", BYTES, NONE, NONE, NONE, NONE,           \
      134217728)                                                                                   \
    X(LISTEN_QUEUE, "ipc.server.listen.queue.size", NUMBER, 128, 128, 128, 128, 256)               \
    X(HANDLER_QUEUE, "ipc.server.handler.queue.size", NUMBER, 100, 100, 100, 100, 100)             \
    X(READERS, "ipc.server.read.threadpool.size", NUMBER, 1, 1, 1, 1, 1)                           \
    X(READER_QUEUE, "ipc.server.read.connection-queue.size", NUMBER, NONE, NONE, NONE, 100, 100)   \
    X(LARGE_RESPONSE, "ipc.server.max.response.size", BYTES, 1048576, 1048576, 1048576, 1048576,   \
      1048576)                                                                                     \
    X(REQUEST_LENGTH_MAX, "ipc.maximum.data.length", BYTES, NONE, NONE, 67108864, 67108864,        \
      134217728)                                                                                   \
    X(PURGE_INTERVAL, "ipc.server.purge.interval", MINUTES, FIXED(15), FIXED(15), FIXED(15),       \
      FIXED(15), 15)                                                                               \
    X(CONNECTIONS_MAX, "ipc.server.max.connections", NUMBER, NONE, NONE, NONE, NONE, 0)            \
    X(SLOW_RPC, "ipc.server.log.slow.rpc", BOOL, NONE, NONE, NONE, NONE, 0)                        \
    X(SLOW_RPC_THRESHOLD, "ipc.server.log.slow.rpc.threshold.ms", MS, NONE, NONE, NONE, NONE, 0)   \
    X(BACKOFF, "ipc.PORT.backoff.enable", BOOL, NONE, NONE, NONE, NONE, 0)                         \
    X(OVERFLOW_FAILOVER, "ipc.PORT.callqueue.overflow.trigger.failover", BOOL, NONE, NONE, NONE,   \
      NONE, 0)                                                                                     \
    X(AUTHORIZATION, "hadoop.security.authorization", BOOL, 0, 0, 0, 0, 0)

enum release_setting {
#define X(id, key, kind, a, b, b2, c, d) SETTING_##id,
    RELEASE_SETTING_MAP(X)
#undef X
        SETTING_COUNT
};

/* How a failure on the client's side is told: class and text of what a caller catches.  In the
 * order of age; each has sentences of its own for more classes than the one before. */
enum release_wording {
    WORDING_CALL_TO, /* 0.20, 1.x ipc/Client.java: "Call to H/A:P failed on …", and no more */
    WORDING_NET,     /* 2.2 net/NetUtils.java, wrapException: what has none is an IOException */
    WORDING_EOF,     /* 2.6: an EOFException has one too */
    WORDING_KEEPS,   /* 3.4: what has none keeps its class all the same */
};

/* Hadoop's wording and habits.  A row a release, in release.c; each field names its source. */
struct release {
    enum release_id id;
    const char *name;     /* "2.6" */
    unsigned number;      /* 206: for ranges */
    unsigned ipc_version; /* 9 */

    /* Server (ipc/Server.java). */
    bool reader_takes_at_once; /* pendingConnections queue, from 2.3; before: startAdd, finishAdd */
    bool timer_closes_idle;    /* from 2.3: a scan by timer, else the Listener's clean-up */
    bool skips_closed_callers; /* from 2.3: a Handler does not run a call of a closed channel */
    bool decodes_in_handler;   /* 3.x: RequestHeaderProto and the body are the Handler's */
    bool aborts_responses;     /* 3.x: Server.Call.abortResponse of a deferred call */
    bool unknown_auth_answered;   /* from 3.1.4: FATAL "Unknown auth protocol:N" */
    bool monotonic_purge;         /* 3.x: stamps by uptime, else by the wall clock */
    bool stop_wakes_readers;      /* HADOOP-7140: and waits for them */
    bool stop_interrupts_readers; /* 3.x: a Reader blocked in put does not hang stop */
    bool stop_keeps_count;        /* before 2.3: who is closed by stop is not counted off */
    bool reader_error_is_last;    /* 3.x: an Error in a Reader ends the process, not the Reader */
    bool answers_malformed;       /* 2.x: what does not decode, HTTP and other versions are told */
    bool answers_unserializable;  /* HADOOP-7121: ERROR for a value that can't be written */
    bool checks_rpc_header;     /* 2.x: each frame has an RpcRequestHeader with rules of its own */
    bool offers_simple_at_once; /* before 2.x: to who wants SASL, before a token is read */
    bool fatal_has_call_id;     /* 2.x: of the frame that is refused; before: -1 */
    bool loads_protocol;        /* before 2.x: the class that a connection names must be there */
    bool error_names_class;     /* before 2.x: an error's text begins with "class: " */
    /* The stack trace behind an exception's text: the frames of the server's own, as its age's JVM
     * prints them, from who invokes the method downwards (util/StringUtils.java). */
    const char *message_stack;  /* of ProtobufRpcEngine */
    const char *writable_stack; /* of Writables' engine */
    bool user_shows_auth;       /* UserGroupInformation.toString: "alice (auth:SIMPLE)" */
    bool writable_values;       /* before 2.x: calls hold Writables, not protobuf messages */
    bool utf8_nul_overlong;     /* 0.20: io/UTF8.java writes NUL as c0 80, */
    bool utf8_unchecked;        /* and reads what is not UTF-8 */
    const char *simple_refused; /* to a client without SASL; NULL: with what is available */
    int64_t missing_idle_ms; /* ipc.client.connection.maxidletime that no file sets, to a server */
    bool queue_override_per_handler; /* 3.x: the constructor's queue size times the Handlers */
    const char *protobuf_package;    /* of protobuf's own Java classes; NULL: before 2.x */
    const char *incomplete_request;  /* class of the exception when a required field is missing */
    bool updates_metrics; /* 3.x: the thread Hadoop-Metrics-Updater, from creation to stop */
    const char *unauthorized_ending; /* of "User U is not authorized for protocol interface P" */

    /* Client (ipc/Client.java). */
    bool caller_writes; /* before 2.0.3: the caller encodes and writes, under the stream's lock */
    bool receiver_dies; /* 0.20, 1.x: of an unchecked exception, and nobody closes (HADOOP-6723) */
    bool errors_stay_pending; /* 0.20: an ERROR reply leaves its call in the table (HADOOP-6833) */
    bool setup_handles_io_only; /* 0.20: other exceptions pass to the caller (HADOOP-7428) */
    bool needs_socket_to_close; /* 0.20, 1.x: after a factory that throws (HADOOP-6724) */
    bool leaks_half_set_up;     /* before 2.3: a socket without streams stays open (HADOOP-10081) */
    bool follows_names;         /* not 0.20: looks its server up again after each failure */
    bool meets_itself;      /* 0.20: a connect to its own port is none the wiser (HADOOP-6722) */
    bool takes_rpc_timeout; /* not 0.20: it is part of the ConnectionId */
    bool pings_always;      /* 0.20, 1.x: whatever ipc.client.ping says, */
    bool ping_is_key;       /* which is part of the ConnectionId from 2.x on */
    bool sleeps_on;         /* 0.20, 1.x: an interrupt ends one sleep, and attempts go on */
    bool negative_call_ids; /* 0.20, 1.x: the counter's 32 bits as they are */
    bool drains_senders;    /* from 2.3, 2.x: the last stop waits for the sender pool */
    bool checks_version;    /* 0.20, 1.x: a new proxy calls getProtocolVersion (ipc/RPC.java) */
    enum release_wording wording; /* of a failure on this side, as its caller sees it */
    bool tells_policy;      /* not 0.20: each attempt's log line ends with how many there may be, */
    bool policy_in_seconds; /* before 2.3: with a fixed second between them */
    bool accumulates_rpc_timeout;      /* 3.x: waits of min(ping, R) are added up */
    bool sleeps_after_connect_timeout; /* before 2.1: 1 s after each */
    bool retries_unknown_host;         /* 3.x: an unresolved name is retried like a refusal */
    bool keeps_old_address;            /* 3.x: a name that stops resolving keeps its address */
    bool header_unflushed;             /* 3.x: preamble, context and first call leave together */
    bool checks_response_length;       /* 3.x: "RPC response has invalid length of N" */
    bool understands_goodbye;          /* 3.x: the old-style fatal of another IPC version */
    bool interrupts_waiters;           /* 3.x: "Call interrupted" at once */
    bool value_decoded_by_caller; /* from 2.x: a value that does not decode fails its own call */
    bool has_sender_thread;       /* 3.x: RpcRequestSender; 2.x: a pool's thread, waited for */
    bool stop_interrupts_all;     /* 3.x: whoever connects or sends too, and no polling */
    bool tries_moved_server;      /* HADOOP-17068: a new address has no use for the verdict */
    bool interrupted_caller_sees_failure; /* 3.x: no "Interrupted: action=" when it was before */
    bool io_tells_total_timeout;          /* 3.x net/SocketIOWithTimeout.java */
    const char *protobuf_exception;       /* class of InvalidProtocolBufferException */
    const char *wire_type_exception;      /* 3.x: its subclass for a wire type that isn't one */
    const char *empty_frame_problem;      /* 3.x: what is wrong with a frame without a byte */
    const char *reset_class, *reset_text; /* a read that meets an RST, as that age's JVM says */
    const char *retry_reason;             /* of RetryLimited's RetryAction; NULL: "null" */
    const char *setup_failure;            /* an unchecked exception in set-up, with it at the end */
    const char *connect_timeout;          /* class of a connect that took too long */
    const char *unknown_host;             /* before a name that did not resolve; NULL: wrapped */
    const char *foreign_reply;            /* what precedes a client id that is not ours */
    const char *unset_class, *unset_text; /* of a remote exception that names none */
};

/* The effective settings of one client or server: defaults, then what a scenario sets. */
struct release_settings {
    int64_t value[SETTING_COUNT];
    bool no_idle_key; /* no file sets ipc.client.connection.maxidletime; see release_unset */
};

const struct release *release_get(enum release_id id);

/* NULL when there is none of that name ("2.6"). */
const struct release *release_by_name(const char *name);
/* All of their names, "0.20, 1.2, …", for messages. */
enum { RELEASE_NAMES_MAX = 64 };
char *release_names(char names[RELEASE_NAMES_MAX]);

/* The releases of a range such as "-1.2, 2.3-" as a mask of 1 << id; empty or NULL: all.
 * RPC_MALFORMED when it does not read as one. */
enum rpc_status release_range(const char *text, unsigned *mask);

/* The release's defaults. */
void release_defaults(const struct release *release, struct release_settings *settings);

/* Hadoop's key of `setting`. */
const char *release_setting_key(enum release_setting setting);

/* All of them, a space behind each, for messages. */
enum { RELEASE_KEYS_MAX = 4096 };
char *release_setting_keys(char keys[RELEASE_KEYS_MAX]);

/* SETTING_COUNT when no release has that key.  A port in it ("ipc.8020.backoff.enable") is
 * taken for PORT. */
enum release_setting release_setting_by_key(const char *key);

enum release_kind { SETTING_MS, SETTING_NUMBER, SETTING_BYTES, SETTING_BOOL, SETTING_MINUTES };

/* The unit that `setting` counts in. */
enum release_kind release_setting_kind(enum release_setting setting);

/* Set it, in its own unit.  RPC_BAD_VALUE, or RPC_NOT_IN_RELEASE unless the value is what that
 * release does anyway. */
enum rpc_status release_set(const struct release *release, struct release_settings *settings,
                            enum release_setting setting, int64_t value);

/* The key stands in no file, core-default.xml neither: code goes by what it would take then
 * (Hadoop 0.20 and 1.x ipc/Server.java takes 1 s for ipc.client.connection.maxidletime; all else
 * agrees with the file). */
void release_unset(const struct release *release, struct release_settings *settings,
                   enum release_setting setting);

#endif
