/*
 * The network: pairs of streams, and the segments that travel between their ends.
 *
 * The rules are TCP's as the socket calls of Linux show them (each tried there, see the
 * socket stories).  Both ends of a connection are one allocation.  What an end has written
 * and the other has not read is one ring: its first bytes have arrived, the next travel, the
 * last wait for room at the other end or for the network to heal.  Acknowledgements take no
 * time.  Not modelled, since only timing shows them: congestion control, Nagle, delayed ACKs.
 */
#ifndef RPC_WORLD_SIM_NETWORK_H
#define RPC_WORLD_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/world/sim/ring.h"
#include "rpc/world/world.h"

struct sim;
struct sim_listener;

enum sim_segment_kind {
    SEGMENT_SYN,
    SEGMENT_SYN_ACK,
    SEGMENT_ACK, /* the handshake's last; all others take no time */
    SEGMENT_DATA,
    SEGMENT_FIN,
    SEGMENT_RST,
};

struct sim_segment {
    struct sim_segment *next;
    uint64_t sent_ns, at_ns;
    uint32_t bytes;
    enum sim_segment_kind kind;
};

enum sim_stream_state {
    STREAM_NEW,          /* the accepting end before any SYN */
    STREAM_SYN_SENT,     /* the connecting end, until it is established or has failed */
    STREAM_SYN_RECEIVED, /* the accepting end, until the handshake's last segment */
    STREAM_OPEN,         /* established; each side may have ended its direction */
    STREAM_DEAD,         /* refused, reset or given up: nothing travels any more */
};

struct sim_stream {
    struct world_stream stream;
    struct sim_stream *peer;          /* the other end; itself: connected to itself */
    struct sim_ring out;              /* written here, not read there */
    struct sim_segment *first, *last; /* travelling from here */
    size_t agenda_index;              /* the next arrival or retransmission */
    uint64_t timer_ns;                /* the next retransmission, WORLD_NEVER: none */
    uint64_t since_ns;                /* … of what was first sent then */
    uint32_t visible, flying;         /* bytes of `out`: arrived there; travelling */
    uint32_t writes, segments;        /* how many there were */
    struct sim_listener *listener;    /* while the accepting end is its */
    STAILQ_ENTRY(sim_stream) next;    /* in the listener's backlog */
    uint8_t state;                    /* enum sim_stream_state */
    uint8_t error;                    /* enum rpc_status, told once to whoever asks first */
    uint8_t failure;                  /* … of connecting, for good */
    uint8_t attempts;                 /* transmissions of what the timer is about */
    bool retransmitting;
    bool shut;     /* this end writes no more */
    bool fin_sent; /* … and has said so */
    bool eof;      /* the other end's FIN has arrived */
    bool gone;     /* no process has it any more */
    bool returned; /* nor does its owner */
};

struct sim_pair {
    TAILQ_ENTRY(sim_pair) all;
    struct sim_stream end[2]; /* the connecting one, the accepting one */
};

struct sim_listener {
    struct world_listener listener;
    struct sim_listener *next;             /* on its host */
    STAILQ_HEAD(, sim_stream) established; /* not accepted */
    uint32_t backlog, queued, pending;     /* pending: in STREAM_SYN_RECEIVED */
    bool gone;
};

struct sim_network {
    TAILQ_HEAD(, sim_pair) connections; /* in order of creation */
    uint64_t latency_ns, give_up_ns;
    uint32_t buffer;
    uint32_t streams, listeners; /* owned by somebody */
    uint64_t segments;
    uint64_t pairs;
};

static inline struct sim_stream *sim_stream_of(struct world_stream *stream)
{
    return world_container(stream, struct sim_stream, stream);
}

static inline struct sim_pair *sim_pair_of(struct sim_stream *end)
{
    return end->stream.accepted ? world_container(end, struct sim_pair, end[1])
                                : world_container(end, struct sim_pair, end[0]);
}

/* Bytes that a write would take now. */
uint32_t sim_stream_space(const struct sim *sim, const struct sim_stream *end);

/* What a watch of that direction would be told now. */
bool sim_stream_ready(struct sim_stream *end, enum world_direction direction);

/* Run the watches of that direction, if there are any; the stack's one not when a filter says
 * that it is not ready. */
void sim_stream_wake(struct sim_stream *end, enum world_direction direction);

/* Send a segment off; it arrives at once when nothing delays it.  False: it is lost. */
bool sim_network_send(struct sim *sim, struct sim_stream *from, enum sim_segment_kind kind,
                      uint32_t bytes, uint64_t delay_ns);

/* What travels from this end never arrives. */
void sim_network_forget(struct sim *sim, struct sim_stream *from);

/* Send what waits and fits, and the FIN behind it. */
void sim_network_push(struct sim *sim, struct sim_stream *from);

/* Nothing travels from this end any more; `error` is what it will tell. */
void sim_stream_die(struct sim *sim, struct sim_stream *end, enum rpc_status error);

/* End the end as the kernel does when a process closes it. */
void sim_stream_finish(struct sim *sim, struct sim_stream *end, bool reset);

/* Put the end's next instant into the agenda. */
void sim_stream_schedule(struct sim *sim, struct sim_stream *end);

/* That instant has come. */
void sim_stream_due(struct sim *sim, struct sim_stream *end);

/* Free the pair when nobody has either end. */
void sim_pair_settle(struct sim *sim, struct sim_pair *pair);

/* All processes of `host` have died. */
void sim_network_kill(struct sim *sim, struct world_host *host);

/* Something has been cut: who had sent something will notice. */
void sim_network_cut(struct sim *sim);

#endif
