/*
 * The callQueue: calls that a Reader has read and no Handler has taken yet.
 *
 * Bounded and first in, first out.  It never blocks by itself: a full queue answers
 * RPC_QUEUE_FULL, and the Reader stands or turns the call away.  Who waits for room, and
 * which Handlers wait for a call, is remembered here too, in order of their coming.  All of
 * it belongs to the server's lock.
 */
#ifndef RPC_SERVER_CALL_QUEUE_H
#define RPC_SERVER_CALL_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/server/call.h"
#include "rpc/status.h"

struct server_handler;
struct server_reader;

STAILQ_HEAD(server_reader_list, server_reader);
STAILQ_HEAD(server_handler_list, server_handler);

struct server_call_queue {
    struct server_call_list calls;
    size_t length, capacity;
    _Atomic uint64_t *gauge;           /* the length for whoever asks; borrowed */
    struct server_reader_list blocked; /* Readers that stand, the first one next */
    struct server_handler_list idle;   /* Handlers in take(), the longest waiting first */
};

void server_call_queue_init(struct server_call_queue *queue, size_t capacity,
                            _Atomic uint64_t *gauge);

/* Append `call` and wake a Handler.  RPC_QUEUE_FULL also while another Reader than `reader`
 * has waited longer. */
enum rpc_status server_call_queue_put(struct server_call_queue *queue, struct server_reader *reader,
                                      struct server_call *call);

/* `reader` stands now, and is resumed when it is its turn. */
void server_call_queue_block(struct server_call_queue *queue, struct server_reader *reader);

/* Take the oldest call; NULL, and `handler` is woken when there is one. */
struct server_call *server_call_queue_take(struct server_call_queue *queue,
                                           struct server_handler *handler);

/* Let every blocked Reader go on (the server stops). */
void server_call_queue_release_readers(struct server_call_queue *queue);

#endif
