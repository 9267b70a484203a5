/*
 * The idle scan: a timer that closes connections which are idle and silent for too long
 * (ipc/Server.java, ConnectionManager.closeIdle, 2.3 and later).
 */
#ifndef RPC_SERVER_IDLE_SCAN_H
#define RPC_SERVER_IDLE_SCAN_H

#include <stdbool.h>

#include "rpc/server/lane.h"

struct server_idle_scan {
    struct server_lane lane;
    struct world_timer timer;
    struct world_task step;
};

void server_idle_scan_init(struct server *server, struct server_idle_scan *scan);
void server_idle_scan_release(struct server_idle_scan *scan);

/* Scan first after one interval, if the release scans by a timer.  Any thread. */
void server_idle_scan_start(struct server_idle_scan *scan);

/* Timer.cancel(), which is the Listener's last act: no more scans; without a Listener that has come
 * to its end the thread stays.  On its control executor. */
void server_idle_scan_halt(struct server_idle_scan *scan);

/* Close idle connections from `lane`: at most ipc.client.kill.max, and only while there are
 * ipc.client.idlethreshold or more; `all`: regardless of both.  How many were closed.  The lock
 * is held. */
unsigned server_close_idle(struct server *server, struct server_lane *lane, bool all);

/* Tell of a scan. */
void server_idle_scan_trace(struct server_lane *lane, unsigned closed);

#endif
