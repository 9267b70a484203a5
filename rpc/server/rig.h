/*
 * What the server's tests share: a simulated world with one server and scripted peers that
 * speak to it in bytes, a recorder of events, one hold and one fault.
 *
 * Peers act between two runs of the world, at the instant at which it stands; they read only
 * when told to.
 */
#ifndef RPC_SERVER_RIG_H
#define RPC_SERVER_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "faults/point.h"
#include "rpc/server/server.h"
#include "rpc/wire/wire.h"
#include "rpc/world/world.h"

enum { RIG_PEERS_MAX = 64, RIG_REPLIES_MAX = 64, RIG_EVENTS_MAX = 8192, RIG_TEXT_MAX = 256 };

struct rig_options {
    const char *release; /* NULL: "3.4" */
    unsigned handlers, queue;
    bool requires_sasl, not_started, acl, thread_each, rough, no_idle_key;
    bool writable; /* test.Echo is a protocol of Writables, as it always is before 2.x */
    uint64_t seed; /* 0: 1 */
    struct {
        enum release_setting setting;
        int64_t value;
    } settings[8];
    size_t setting_count;
    size_t buffer; /* of the network; 0: 64 KiB */
};

struct rig_event {
    enum point point;
    uint64_t at_ns;
    uint32_t connection, lane;
    int32_t call_id;
    int64_t values[FIELD_COUNT];
    char text[48]; /* why, status or method */
};

struct rig_reply {
    uint64_t at_ns;
    enum wire_kind kind;
    int32_t call_id, retry;
    enum wire_status status;
    int code;
    char class_name[RIG_TEXT_MAX], text[RIG_TEXT_MAX];
    bool has_stack; /* behind that text, which is without it */
    size_t length;  /* of the value */
    uint8_t first;  /* byte of the value */
    size_t client_id_length;
};

struct rig_peer {
    struct world_stream *stream;
    struct wire_decoder *decoder;
    enum rpc_status ended; /* RPC_OK: not yet; RPC_END: FIN; RPC_RESET */
    uint64_t ended_ns;
    size_t bytes; /* read so far */
    struct rig_reply replies[RIG_REPLIES_MAX];
    size_t reply_count;
    uint8_t raw[4096]; /* the first bytes read */
    bool raw_only;     /* do not decode */
};

/* From release `first` to release `last`; a test that fails says at which of them it was. */
#define RIG_EACH_RELEASE(release, first, last)                                                     \
    for (const char *release = first; release != NULL; release = rig_release_after(release, last))
/* NULL when it is the last one. */
const char *rig_release_after(const char *release, const char *last);

#define IS_TEXT(seen, expected) cr_assert(strcmp(seen, expected) == 0, "it is \"%s\"", seen)

extern struct world *rig_world;
extern struct server *rig_server;
extern struct rig_peer rig_peers[RIG_PEERS_MAX];
extern struct rig_event rig_events[RIG_EVENTS_MAX];
extern size_t rig_event_count;

/* Begin, and have the server started.  `options` may be NULL. */
void rig_begin(const struct rig_options *options);
/* The same of one release by its defaults, with a peer whose context has been read. */
unsigned rig_meet(const char *release);
/* Stop the server, see that nothing is left, and end. */
void rig_end(void);

/* The same for a server whose stop has left something: it is killed. */
void rig_quit(void);

/* The same without any stop, in the midst of what the server does. */
void rig_free(void);

/* Run until `ms` milliseconds of virtual time; peers that `listen` read meanwhile. */
void rig_run(uint64_t ms);
/* Let everything happen that is due now. */
void rig_settle(void);
/* The same, without reading a byte. */
void rig_run_deaf(uint64_t ms);

/* A new connection; nothing is sent. */
unsigned rig_dial(void);
/* One that has been accepted. */
unsigned rig_connect(void);
/* And a good preamble and context besides. */
unsigned rig_open(void);
void rig_send(unsigned peer, const void *bytes, size_t length);
void rig_send_message(unsigned peer, const struct wire_message *message);
/* Call a method of test.Echo with a text: echo, blob (its size), sleep and defer (ms), hang,
 * throw, unchecked, broken. */
void rig_call(unsigned peer, int32_t id, const char *method, const char *body);
/* Read all that is there. */
void rig_read(unsigned peer);
/* The same after everything that is due. */
void rig_hear(unsigned peer);
/* Read at most so many bytes. */
void rig_read_some(unsigned peer, size_t most);
void rig_close(unsigned peer);
/* The reply to `id`, which must be there. */
const struct rig_reply *rig_reply(unsigned peer, int32_t id);
bool rig_has_reply(unsigned peer, int32_t id);

/* Events of `point` so far. */
size_t rig_count(enum point point);
/* The n-th of them, from 0. */
const struct rig_event *rig_nth(enum point point, size_t n);

struct server_counters rig_counters(void);
/* The only connection there is. */
struct server_connection_view rig_connection(void);
const char *rig_doing(const char *lane);

/* Stop the server, and let everything happen that is due. */
void rig_stop(void);
/* How many of these stops have come to their end. */
unsigned rig_stops_done(void);

/* Whoever comes to `point` stands there until rig_release. */
void rig_hold(enum point point);
unsigned rig_held(void);
void rig_release(void);

/* Do that in the midst of the next step that comes by `point`, as another thread might. */
void rig_meanwhile(enum point point, void (*then)(void));

/* Strike at most `times`, from now on. */
void rig_fault(enum point point, const struct point_strike *strike, unsigned times);
unsigned rig_strikes(void);

/* The server's Responder ends its waits so late. */
void rig_lateness(uint32_t ms);

/* The last call of method "hang", for whoever wants to finish it. */
extern struct server_call *rig_hung;

/* Between the rig's own parts: add test.Echo to rig_server, its sleepers being of `executor`;
 * and forget who sleeps. */
void rig_protocol_begin(struct world_executor *executor, bool writables);
void rig_protocol_end(void);

#endif
