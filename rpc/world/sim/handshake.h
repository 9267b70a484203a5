/*
 * Listeners, and how connections come to be: SYN, SYN-ACK, ACK, the backlog, refusal, and
 * the retransmissions of what got lost.
 */
#ifndef RPC_WORLD_SIM_HANDSHAKE_H
#define RPC_WORLD_SIM_HANDSHAKE_H

#include "rpc/world/world.h"

struct sim;
struct sim_listener;
struct sim_stream;

/* A SYN of the connecting end has arrived. */
void sim_handshake_syn(struct sim *sim, struct sim_stream *client);

/* The SYN-ACK has arrived at the connecting end. */
void sim_handshake_syn_ack(struct sim *sim, struct sim_stream *client);

/* The accepting end enters its listener's backlog. */
void sim_handshake_established(struct sim *sim, struct sim_stream *server);

/* The accepting end was reset before that. */
void sim_handshake_abandoned(struct sim_stream *server);

/* The timer of an end that is not established has run out. */
void sim_handshake_again(struct sim *sim, struct sim_stream *end);

/* Close as the kernel does: the port is free, the backlog is reset. */
void sim_handshake_stop(struct sim *sim, struct sim_listener *listener);

/* For world_ops. */
enum rpc_status sim_listen(struct world_host *host, uint16_t port, int backlog,
                           struct world_listener **listener);
enum rpc_status sim_accept(struct world_listener *listener, struct world_stream **stream);
void sim_listener_close(struct world_listener *listener);
enum rpc_status sim_connect(struct world_host *host, struct world_address to, uint32_t connection,
                            struct world_stream **stream);
enum rpc_status sim_connected(struct world_stream *stream);

#endif
