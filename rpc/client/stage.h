/*
 * Where the client's tests play: a simulated world with a client on "client1", a scripted server
 * on "nn", and a memory of all that happened.  Not part of the library.
 */
#ifndef RPC_CLIENT_STAGE_H
#define RPC_CLIENT_STAGE_H

#include "rpc/client/client.h"
#include "rpc/world/world.h"

enum { STAGE_LINKS = 64, STAGE_MESSAGES = 512, STAGE_EVENTS = 8192, STAGE_CALLS = 256 };

struct stage_message {
    enum wire_kind kind;
    int32_t call_id, retry;
    int service_class;
    uint64_t at_ms;
    char text[64]; /* a context's user, a request's body */
};

/* The server's end of one connection. */
struct stage_link {
    struct stage *stage;
    struct world_stream *stream;
    struct world_watch watch, write_watch;
    struct wire_buffer out;
    struct wire_decoder *decoder;
    struct stage_message messages[STAGE_MESSAGES];
    size_t message_count;
    uint64_t bytes, reads;
    uint64_t accepted_ms, ended_ms;
    enum rpc_status ended; /* RPC_OK: not yet */
};

struct stage_event {
    enum point point;
    uint64_t at_ms;
    uint32_t connection;
    int32_t call_id;
    char text[96];  /* the last text among its values */
    int64_t number; /* the first number */
};

struct stage_call {
    struct stage *stage;
    struct client_call *call;
    bool done;
    uint64_t at_ms;
    const struct client_outcome *outcome;
};

struct stage {
    struct world_tracer tracer;
    struct world *world;
    bool rough;
    size_t rounds; /* a test's own count */
    struct world_host *here, *there;
    struct world_executor body, peer;
    struct world_timer alarm;
    struct release_settings settings;
    struct client_config config;
    const struct wire_codec *codec;
    bool writables; /* bodies and values are Strings as ObjectWritables, else plain bytes */
    struct client_remote remote;
    struct client *client;
    struct world_task stopped;
    uint64_t stopped_ms; /* UINT64_MAX: not yet */

    struct world_listener *listener;
    struct world_watch accepts;
    bool echoes; /* answers each request at once with its own body */
    bool deaf;   /* reads nothing */
    struct stage_link links[STAGE_LINKS];
    size_t link_count;

    struct stage_event events[STAGE_EVENTS]; /* the first ones; there may be more */
    size_t event_count;
    struct stage_call calls[STAGE_CALLS];
    size_t call_count;

    enum point hold; /* POINT_COUNT: none */
    uint32_t hold_times;
    struct world_executor *held[STAGE_CALLS];
    size_t held_count;

    bool armed;
    enum point armed_point;
    uint32_t strikes_left;
    struct point_strike strike;
};

/* Settings, config and remote can still be changed; then stage_begin. */
struct stage *stage_create(enum release_id release);
/* The same in a rough world: the seed decides order, costs, latencies and short writes. */
struct stage *stage_create_rough(enum release_id release, uint64_t seed);
void stage_begin(struct stage *stage);
/* The same, and the server listens. */
void stage_start(struct stage *stage);
/* Client stopped or not: everything goes, and nothing may be left over.  A test that ends before
 * says of which release its client was. */
void stage_free(struct stage *stage);

/* Created and begun: nobody listens yet, */
struct stage *stage_lonely(enum release_id release);
/* the server listens, */
struct stage *stage_open(enum release_id release);
/* it listens and reads nothing, */
struct stage *stage_deaf(enum release_id release);
/* or it has read a request, "hi", at 10 ms, and the call is pending. */
struct stage *stage_pending(enum release_id release, struct stage_call **call);

void stage_listen(struct stage *stage);
void stage_unlisten(struct stage *stage);

/* Let everything happen that is due up to `at_ms`, and be there. */
void stage_until(struct stage *stage, uint64_t at_ms);
uint64_t stage_now_ms(const struct stage *stage);

struct stage_call *stage_call(struct stage *stage, const char *body);
struct stage_call *stage_call_to(struct stage *stage, const struct client_remote *remote,
                                 const char *body, struct client_caller *caller);
void stage_stop(struct stage *stage);
/* More than what the sockets between hold: a megabyte of "x". */
const char *stage_long_text(void);

/* The server's side, on the link of that number, at once. */
void stage_send(struct stage *stage, size_t link, const void *bytes, size_t length);
void stage_send_message(struct stage *stage, size_t link, const struct wire_message *message);
void stage_reply(struct stage *stage, size_t link, int32_t call_id, const char *value);
void stage_reply_error(struct stage *stage, size_t link, int32_t call_id, enum wire_status status,
                       const char *class_name, const char *text);
void stage_close(struct stage *stage, size_t link, bool reset);
/* Bytes of a good reply. */
void stage_encode_reply(const struct stage *stage, int32_t call_id, const char *value,
                        struct wire_buffer *bytes);
/* How many messages of a kind came, and when the n-th (from 1) did. */
size_t stage_got(const struct stage *stage, size_t link, enum wire_kind kind);
uint64_t stage_got_ms(const struct stage *stage, size_t link, enum wire_kind kind, size_t nth);
/* Resume reading a link that was deaf. */
void stage_hear(struct stage *stage, size_t link);

size_t stage_count(const struct stage *stage, enum point point);
const struct stage_event *stage_event(const struct stage *stage, enum point point, size_t nth);

void stage_hold(struct stage *stage, enum point point, uint32_t times);
void stage_release(struct stage *stage);

/* The next `times` visits of the point are struck. */
void stage_arm(struct stage *stage, enum point point, const struct point_strike *strike,
               uint32_t times);
/* It throws there. */
void stage_throw(struct stage *stage, enum point point, const char *class_name, const char *message,
                 uint32_t times);
/* The SYN is lost for good. */
void stage_drop_connects(struct stage *stage, uint32_t times);

#define STAGE_EACH_RELEASE(release)                                                                \
    for (enum release_id release = RELEASE_0_20; release <= RELEASE_3_4; release++)
#define STAGE_EACH_RELEASE_FROM(first, release)                                                    \
    for (enum release_id release = first; release <= RELEASE_3_4; release++)
/* Those of IPC version 9. */
#define STAGE_EACH_NEW_RELEASE(release) STAGE_EACH_RELEASE_FROM(RELEASE_2_2, release)
/* Those of Writables. */
#define STAGE_EACH_OLD_RELEASE(release)                                                            \
    for (enum release_id release = RELEASE_0_20; release <= RELEASE_1_2; release++)

/* Questions for cr_assert, which say on stderr what they have seen. */
bool stage_is(const char *seen, const char *expected);
bool stage_has(const char *seen, const char *part);
bool stage_ended(const struct stage_call *call, const char *ending, uint64_t at_ms);
bool stage_returned(const struct stage_call *call, const char *value, uint64_t at_ms);
/* Nobody listened on the stage's own server, as its release says it. */
bool stage_refused(const struct stage_call *call, uint64_t at_ms);

/* Between the stage's own parts: a text as a value, a request's body as a text; and the server
 * goes. */
void stage_put_value(const struct stage *stage, const char *text, struct wire_buffer *out);
struct wire_bytes stage_text_of(const struct stage *stage, struct wire_bytes body);
void stage_end_server(struct stage *stage);

#endif
