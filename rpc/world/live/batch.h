/*
 * Fewer system calls than messages: a stream reads more than it is asked for, and what one turn
 * of its thread writes goes out together.
 *
 * A read takes what has come, up to AHEAD bytes; what is more than it was asked for serves the
 * next reads, and counts as unread and as readable.  The first write of a turn goes to
 * the kernel at once, so that its errors are told in time; those that follow on the same
 * stream in that turn go with one more system call at its end.  Only the thread that writes
 * first does so; another one's writes go at once.
 */
#ifndef RPC_WORLD_LIVE_BATCH_H
#define RPC_WORLD_LIVE_BATCH_H

#include <sys/uio.h>

#include "rpc/world/live/inside.h"

struct live_stream;
struct live_leftover;

/* Embedded in a stream; zero, but for `link`, while there is nothing. */
struct live_batch {
    struct live_link link;    /* in its home's `late`, the home's; while `listed` */
    struct live_thread *home; /* whose turns count; NULL: nobody has written so far */
    uint8_t *ahead;           /* read from the socket, not by the stack */
    size_t ahead_begin, ahead_end, ahead_room;
    uint64_t turn; /* of the home's, in which the last write was whole */
    /* Under the stream's latch: */
    bool listed;   /* since late bytes came; its home ends that, whoever has given them */
    uint8_t *late; /* written by the stack, not given to the kernel */
    size_t late_length, late_room;
    struct live_leftover *leftover; /* the kernel had no room for it */
    _Atomic int failure;            /* enum rpc_status of what went late; told once */
};

void live_batch_init(struct live_batch *batch);

/* As recv and sendmsg; -1 with errno. */
ssize_t live_batch_read(struct live_stream *stream, void *buffer, size_t size);
ssize_t live_batch_write(struct live_stream *stream, const struct iovec *parts, int count);

/* Bytes that have been read ahead. */
size_t live_batch_ahead(const struct live_stream *stream);

/* Give the kernel what is late: at the end of a turn, and before anything but a write. */
void live_batch_give_all(struct live_thread *thread);
void live_batch_give(struct live_stream *stream);

/* The stream is shut down once all has been given.  False: that is so already. */
bool live_batch_shut(struct live_stream *stream);

/* Whether it can only be closed while other threads stand. */
bool live_batch_is_foreign(struct live_stream *stream);

/* The stream is closed; what the kernel has had no room for follows. */
void live_batch_close(struct live_stream *stream, bool reset);

/* What is left over when the thread ends. */
void live_batch_release(struct live_thread *thread);

#endif
