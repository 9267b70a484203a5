/*
 * Peers: sockets with our codec and no manners.  A peer listens, a raw is one connection; it
 * reads only when it is told to.
 */
#ifndef HARNESS_HANDLES_PEER_H
#define HARNESS_HANDLES_PEER_H

#include "harness/handles/dialect.h"
#include "harness/handles/handles.h"

enum harness_raw_end { HARNESS_RAW_OPEN, HARNESS_RAW_FIN, HARNESS_RAW_RST };

struct harness_peer {
    struct harness_peer *next;
    struct harness *harness;
    struct harness_host *host;
    char name[WORLD_NAME_MAX];
    struct world_executor executor;
    struct world_listener *listener; /* NULL: closed */
    struct world_address address;
    struct world_watch watch;
    unsigned accepted;
};

struct harness_raw {
    struct harness_raw *next;
    struct harness *harness;
    struct harness_host *host;
    char name[WORLD_NAME_MAX];
    struct world_executor own_executor; /* of a dial */
    struct world_executor *executor;
    struct world_stream *stream; /* NULL: closed */
    struct world_watch watches[2];
    struct wire_decoder *decoder;
    bool deaf; /* nothing can be decoded any more */
    struct harness_dialect dialect;
    struct wire_buffer out; /* what the socket has not taken */
    size_t out_at;
    enum harness_raw_end end;
};

/* Begin a raw on `stream`, which it owns then; it speaks to `side`. */
struct harness_raw *harness_raw_make(lua_State *L, struct harness_host *host,
                                     struct world_executor *executor, enum wire_side side,
                                     const char *name);
void harness_raw_begin(struct harness_raw *raw, struct world_stream *stream);
void harness_raw_close(struct harness_raw *raw);
void harness_raw_free(struct harness_raw *raw);

/* Something has become ready: whoever waits looks again. */
void harness_raw_woken(struct world_watch *watch);

#endif
