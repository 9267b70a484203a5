/*
 * Listeners and streams: TCP over the loopback, non-blocking.
 */
#ifndef RPC_WORLD_LIVE_SOCKET_H
#define RPC_WORLD_LIVE_SOCKET_H

#include "rpc/world/live/batch.h"
#include "rpc/world/live/inside.h"
#include "rpc/world/live/latch.h"

struct live_stream {
    struct world_stream stream;
    struct live_link link;   /* the world's mutex */
    struct live_latch latch; /* for the watches' pointers, `resting`, has_begun, late bytes */
    int descriptor;          /* -1: its host is dead */
    bool has_begun;          /* accepted, or its connecting is in the kernel's hands */
    bool is_connected;
    bool has_ended;          /* our FIN is sent */
    enum rpc_status failure; /* of connecting; RPC_AGAIN: none so far */
    uint32_t syn;            /* SYNs lost so far */
    struct world_timer resend;
    struct live_watch *resting[2]; /* stopped ones whose events are still on, see watch.h */
    struct live_batch batch;
};

static inline struct live_stream *live_stream_of(struct world_stream *stream)
{
    return world_container(stream, struct live_stream, stream);
}

enum rpc_status live_listen(struct world_host *host, uint16_t port, int backlog,
                            struct world_listener **listener);
enum rpc_status live_accept(struct world_listener *listener, struct world_stream **stream);
void live_listener_close(struct world_listener *listener);
enum rpc_status live_read(struct world_stream *stream, void *buffer, size_t size, size_t *got);
enum rpc_status live_writev(struct world_stream *stream, const struct iovec *parts, int count,
                            size_t *accepted);
void live_shutdown(struct world_stream *stream);
void live_close(struct world_stream *stream, bool reset);
size_t live_unread(struct world_stream *stream);

/* The rest is for the other parts of this folder. */

/* Make a stream of `descriptor`, which it owns then; on NULL the caller still does. */
struct live_stream *live_stream_create(struct world_host *host, int descriptor,
                                       uint32_t connection);

/* What `error`, an errno, means. */
enum rpc_status live_status_of(int error);

int live_stream_descriptor(struct world_stream *stream);
int live_listener_descriptor(struct world_listener *listener);

/* Say who watches; whether the descriptor can be watched already. */
bool live_stream_set_watch(struct world_stream *stream, enum world_direction direction,
                           struct world_watch *watch);
bool live_stream_has_begun(struct world_stream *stream);

/* Say which stopped watch rests here, or (NULL) that it does no more.  False: another one
 * does. */
bool live_stream_set_resting(struct live_stream *live, enum world_direction direction,
                             struct live_watch *watch);

/* The watch of that direction, which stays as it is until live_stream_unlock. */
struct world_watch *live_stream_lock(struct world_stream *stream, enum world_direction direction);
void live_stream_unlock(struct world_stream *stream);

/* Whether a listener of this world has that address. */
bool live_listens(struct live_world *world, struct world_address address);

/* The host is dead: the kernel closes what it has.  While the world stands. */
void live_sockets_die(struct world_host *host);

/* What is left of a failed run. */
void live_sockets_free(struct live_world *world);

/* Tell the tracer what happens to a stream, as far as our own end knows. */
void live_trace(struct live_stream *stream, enum point point, bool by_peer, size_t bytes);

#endif
