/*
 * A Reader: takes over its connections, reads them a frame at a time, and puts the calls into
 * the callQueue.
 *
 * Every readable connection gets one frame a pass (header and context go on to what follows).
 * Before a full callQueue the Reader stands with the call in its hand, and none of its
 * connections is read; with back-off (3.x) it turns the call away instead.
 */
#ifndef RPC_SERVER_READER_H
#define RPC_SERVER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "rpc/server/connection.h"
#include "rpc/server/lane.h"

struct server_reader {
    struct server_lane lane;
    unsigned index;
    STAILQ_ENTRY(server_reader) blocked;   /* in the callQueue's list; lock */
    bool is_blocked;                       /* lock */
    struct server_connection_list pending; /* from the Listener; lock */
    size_t pending_count;
    bool listener_waits;                       /* lock: for room, or (before 2.3) to be let in */
    bool adopting;                             /* lock: `adopt` is posted */
    struct server_connection_list registering; /* taken, not yet watched */
    struct world_task adopt;
    struct world_task added;   /* before 2.3: it goes on after wait() */
    struct server_call *spare; /* for the next request */
    struct wire_buffer frame;  /* of its connections' decoders, while none has one */
};

void server_reader_init(struct server *server, struct server_reader *reader, unsigned index);
void server_reader_release(struct server_reader *reader);

/* The Listener gives it a connection; false when its pendingConnections are full.  The lock
 * is held. */
bool server_reader_put(struct server_reader *reader, struct server_connection *connection);

/* Read from those that have been registered since. */
void server_reader_watch_new(struct server_reader *reader);

/* It has come round: in a stopped server to its end. */
void server_reader_selects(struct server_reader *reader);

/* An Error (OutOfMemoryError) has ended its thread: nothing of its connections is read any more,
 * and those that come to it later stay unread too.  In 3.x the whole process ends. */
void server_reader_dies(struct server_reader *reader);

/* Read on after a reply of the Reader's own. */
void server_reader_goes_on(struct server_lane *lane, struct server_connection *connection);

/* A call of the Reader's own (a reply), or NULL: out of memory.  Takes the lock. */
struct server_call *server_reader_reply(struct server_connection *connection, int32_t call_id,
                                        int32_t retry);

#endif
