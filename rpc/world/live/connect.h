/*
 * Connecting: a kernel's handshake, before which faults may lose or delay our SYN.
 *
 * A SYN that a fault drops is sent again after 1, 2, 4 … 32 s, as Linux does with
 * tcp_syn_retries = 6: at 1, 3, 7, 15, 31 and 63 s; the attempt is given up at 127 s.
 */
#ifndef RPC_WORLD_LIVE_CONNECT_H
#define RPC_WORLD_LIVE_CONNECT_H

#include "rpc/world/live/inside.h"

enum rpc_status live_connect(struct world_host *from, struct world_address to, uint32_t connection,
                             struct world_stream **stream);
enum rpc_status live_connected(struct world_stream *stream);

#endif
