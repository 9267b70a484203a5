/*
 * Watches: one libevent event each, level-triggered, on the loop of its executor's thread.
 *
 * The event is off while the executor can't run (it would only keep the loop busy), and while
 * a connecting stream has not sent its first SYN yet.  One of a stopped watch rests: it stays
 * on until something comes, so that stopping and starting cost no system call.
 */
#ifndef RPC_WORLD_LIVE_WATCH_H
#define RPC_WORLD_LIVE_WATCH_H

#include "rpc/world/live/inside.h"

void live_watch_init(struct world_watch *watch);
void live_watch_release(struct world_watch *watch);
void live_watch_start(struct world_watch *watch);
void live_watch_stop(struct world_watch *watch);
void live_wake(struct world_stream *stream, enum world_direction direction);

/* Watch again what was ready while `executor` could not run. */
void live_watches_go_on(struct live_executor *executor);

/* The socket that this stopped watch still rests on is about to be closed beneath it.  On its
 * thread, or while the world stands. */
void live_watch_end_rest(struct live_watch *live);
struct live_thread *live_watch_thread(const struct live_watch *live);

/* The socket of `watch` (or NULL) is about to be closed beneath it.  While the world
 * stands. */
void live_watch_lose(struct world_watch *watch);

void live_watches_free(struct live_thread *thread);

#endif
