#include "rpc/server/call_queue.h"

#include "rpc/server/parts.h"

void server_call_queue_init(struct server_call_queue *queue, size_t capacity,
                            _Atomic uint64_t *gauge)
{
    *queue = (struct server_call_queue){.capacity = capacity, .gauge = gauge};
    STAILQ_INIT(&queue->calls);
    STAILQ_INIT(&queue->blocked);
    STAILQ_INIT(&queue->idle);
}

static bool has_room(const struct server_call_queue *queue)
{
    return queue->length < queue->capacity;
}

/* Whoever has put or taken wakes the next one when there is still room, as Java's
 * LinkedBlockingQueue does. */
static void wake_reader(struct server_call_queue *queue)
{
    struct server_reader *reader = STAILQ_FIRST(&queue->blocked);
    if (reader != NULL && has_room(queue))
        world_resume(&reader->lane.executor);
}

static void wake_handler(struct server_call_queue *queue)
{
    struct server_handler *handler = STAILQ_FIRST(&queue->idle);
    if (handler == NULL)
        return;
    STAILQ_REMOVE_HEAD(&queue->idle, idle);
    server_handler_wake(handler);
}

enum rpc_status server_call_queue_put(struct server_call_queue *queue, struct server_reader *reader,
                                      struct server_call *call)
{
    struct server_reader *first = STAILQ_FIRST(&queue->blocked);
    if (!has_room(queue) || (first != NULL && first != reader))
        return RPC_QUEUE_FULL;
    if (first == reader) {
        STAILQ_REMOVE_HEAD(&queue->blocked, blocked);
        reader->is_blocked = false;
    }
    STAILQ_INSERT_TAIL(&queue->calls, call, next);
    server_count_set(queue->gauge, ++queue->length);
    wake_handler(queue);
    wake_reader(queue);
    return RPC_OK;
}

void server_call_queue_block(struct server_call_queue *queue, struct server_reader *reader)
{
    if (!reader->is_blocked)
        STAILQ_INSERT_TAIL(&queue->blocked, reader, blocked);
    reader->is_blocked = true;
}

struct server_call *server_call_queue_take(struct server_call_queue *queue,
                                           struct server_handler *handler)
{
    struct server_call *call = STAILQ_FIRST(&queue->calls);
    if (call == NULL) {
        STAILQ_INSERT_TAIL(&queue->idle, handler, idle);
        return NULL;
    }
    STAILQ_REMOVE_HEAD(&queue->calls, next);
    server_count_set(queue->gauge, --queue->length);
    wake_reader(queue);
    return call;
}

void server_call_queue_release_readers(struct server_call_queue *queue)
{
    struct server_reader *reader;
    STAILQ_FOREACH (reader, &queue->blocked, blocked)
        world_resume(&reader->lane.executor);
}
