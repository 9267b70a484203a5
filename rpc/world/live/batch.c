#include "rpc/world/live/batch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "rpc/world/live/socket.h"

enum {
    AHEAD = 16 << 10,
    AHEAD_BELOW = 4 << 10, /* who asks for more has a buffer of its own */
    AHEAD_KEPT = 256,      /* such memory stays for the next bytes */
    LATE_MAX = 64 << 10,
    LATE_FIRST = 1 << 10,
    PARTS_MAX = 1024, /* IOV_MAX */
};

/* Late bytes that the kernel has not taken: they are given when it does, from a descriptor of
 * their own, so that the stream can be closed before. */
struct live_leftover {
    struct live_link link; /* in the thread's */
    struct live_thread *thread;
    struct live_stream *stream; /* NULL: closed */
    struct event *event;
    int descriptor;
    bool shut; /* a FIN follows */
    size_t done, length;
    uint8_t bytes[];
};

void live_batch_init(struct live_batch *batch)
{
    live_link_init(&batch->link);
}

/* --- reading --- */

size_t live_batch_ahead(const struct live_stream *stream)
{
    return stream->batch.ahead_end - stream->batch.ahead_begin;
}

static void drop_ahead(struct live_batch *batch)
{
    free(batch->ahead);
    batch->ahead = NULL;
    batch->ahead_begin = batch->ahead_end = batch->ahead_room = 0;
}

static void keep_ahead(struct live_batch *batch, const uint8_t *bytes, size_t length)
{
    if (length > batch->ahead_room) {
        drop_ahead(batch);
        batch->ahead_room = length > AHEAD_KEPT ? length : AHEAD_KEPT;
        batch->ahead = malloc(batch->ahead_room);
        assert(batch->ahead != NULL);
    }
    memcpy(batch->ahead, bytes, length);
    batch->ahead_begin = 0;
    batch->ahead_end = length;
}

static size_t take_ahead(struct live_batch *batch, void *buffer, size_t size)
{
    size_t there = batch->ahead_end - batch->ahead_begin, count = size < there ? size : there;
    memcpy(buffer, batch->ahead + batch->ahead_begin, count);
    batch->ahead_begin += count;
    if (count == there && batch->ahead_room > AHEAD_KEPT)
        drop_ahead(batch);
    return count;
}

/* What went wrong with late bytes is told to whoever asks first. */
static bool failed_late(struct live_batch *batch)
{
    if (atomic_load_explicit(&batch->failure, memory_order_relaxed) == 0)
        return false;
    errno = atomic_exchange(&batch->failure, 0);
    return errno != 0;
}

static ssize_t receive(int descriptor, void *buffer, size_t size)
{
    ssize_t count;
    do {
        count = recv(descriptor, buffer, size, 0);
    } while (count < 0 && errno == EINTR);
    return count;
}

static ssize_t read_ahead(struct live_stream *stream, void *buffer, size_t size)
{
    uint8_t bytes[AHEAD];
    ssize_t count = receive(stream->descriptor, bytes, sizeof(bytes));
    if (count <= 0)
        return count;
    if ((size_t)count < size)
        size = (size_t)count;
    memcpy(buffer, bytes, size);
    if ((size_t)count > size)
        keep_ahead(&stream->batch, bytes + size, (size_t)count - size);
    return (ssize_t)size;
}

ssize_t live_batch_read(struct live_stream *stream, void *buffer, size_t size)
{
    if (live_batch_ahead(stream) > 0)
        return (ssize_t)take_ahead(&stream->batch, buffer, size);
    if (failed_late(&stream->batch))
        return -1;
    if (size < AHEAD_BELOW)
        return read_ahead(stream, buffer, size);
    return receive(stream->descriptor, buffer, size);
}

/* --- giving --- */

static ssize_t give_bytes(int descriptor, const uint8_t *bytes, size_t length)
{
    ssize_t sent;
    do {
        sent = send(descriptor, bytes, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

static void free_leftover(struct live_leftover *leftover)
{
    live_link_remove(&leftover->link);
    event_free(leftover->event);
    close(leftover->descriptor);
    free(leftover);
}

/* The kernel has room, or the connection has ended. */
static void go_on(evutil_socket_t descriptor, short what, void *owner)
{
    (void)what;
    struct live_leftover *left = owner;
    struct live_stream *stream = left->stream;
    if (stream != NULL)
        live_latch_take(&stream->latch);
    ssize_t sent = give_bytes(descriptor, left->bytes + left->done, left->length - left->done);
    bool failed = sent < 0 && errno != EAGAIN;
    if (failed && stream != NULL)
        atomic_store(&stream->batch.failure, errno);
    left->done += sent > 0 ? (size_t)sent : 0;
    bool done = failed || left->done == left->length;
    if (done && left->shut)
        shutdown(descriptor, SHUT_WR);
    if (done && stream != NULL)
        stream->batch.leftover = NULL;
    if (stream != NULL)
        live_latch_give(&stream->latch);
    if (done)
        free_leftover(left);
}

/* With the stream's latch.  Nothing may get lost: there is no way to say so any more. */
static void leave_over(struct live_stream *stream, const uint8_t *bytes, size_t length)
{
    struct live_world *world = live_of(stream->stream.world);
    struct live_thread *thread = live_here != NULL ? live_here : &world->main;
    struct live_leftover *left = malloc(sizeof(*left) + length);
    assert(left != NULL);
    *left = (struct live_leftover){
        .thread = thread,
        .stream = stream,
        .descriptor = dup(stream->descriptor),
        .length = length,
    };
    memcpy(left->bytes, bytes, length);
    left->event = event_new(thread->base, left->descriptor, EV_WRITE | EV_PERSIST, go_on, left);
    assert(left->descriptor >= 0 && left->event != NULL);
    int failed = event_add(left->event, NULL);
    assert(failed == 0);
    live_link_last(&thread->leftovers, &left->link);
    stream->batch.leftover = left;
}

/* Whether the caller may touch what belongs to the stream's home. */
static bool is_home(const struct live_batch *batch)
{
    return live_here == NULL || batch->home == live_here;
}

static void unlist(struct live_batch *batch)
{
    live_link_remove(&batch->link);
    batch->listed = false;
}

/* With the stream's latch.  Another thread leaves the stream in its home's list. */
static void give(struct live_stream *stream)
{
    struct live_batch *batch = &stream->batch;
    if (is_home(batch))
        unlist(batch);
    if (batch->late_length == 0)
        return;
    ssize_t sent = give_bytes(stream->descriptor, batch->late, batch->late_length);
    if (sent < 0 && errno != EAGAIN)
        atomic_store(&batch->failure, errno);
    else if (sent < (ssize_t)batch->late_length)
        leave_over(stream, batch->late + (sent > 0 ? sent : 0),
                   batch->late_length - (size_t)(sent > 0 ? sent : 0));
    free(batch->late);
    batch->late = NULL;
    batch->late_length = batch->late_room = 0;
}

void live_batch_give(struct live_stream *stream)
{
    live_latch_take(&stream->latch);
    give(stream);
    live_latch_give(&stream->latch);
}

void live_batch_give_all(struct live_thread *thread)
{
    thread->turn++;
    while (thread->late.next != &thread->late)
        live_batch_give(world_container(thread->late.next, struct live_stream, batch.link));
}

/* --- writing --- */

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

static void write_late(struct live_stream *stream, const struct iovec *parts, int count,
                       size_t size)
{
    struct live_batch *batch = &stream->batch;
    size_t needed = batch->late_length + size;
    if (needed > batch->late_room) {
        size_t room = batch->late_room == 0 ? LATE_FIRST : batch->late_room;
        while (room < needed)
            room *= 2;
        uint8_t *late = realloc(batch->late, room);
        assert(late != NULL);
        batch->late = late;
        batch->late_room = room;
    }
    if (!batch->listed)
        live_link_last(&batch->home->late, &batch->link);
    batch->listed = true;
    for (int i = 0; i < count; i++) {
        if (parts[i].iov_len > 0)
            memcpy(batch->late + batch->late_length, parts[i].iov_base, parts[i].iov_len);
        batch->late_length += parts[i].iov_len;
    }
}

/* One part goes the shorter way. */
static ssize_t send_parts(int descriptor, const struct iovec *parts, int count)
{
    if (count == 1)
        return send(descriptor, parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)(count < PARTS_MAX ? count : PARTS_MAX)};
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

static ssize_t write_now(struct live_stream *stream, const struct iovec *parts, int count,
                         size_t size)
{
    struct live_batch *batch = &stream->batch;
    ssize_t sent;
    do {
        sent = send_parts(stream->descriptor, parts, count);
    } while (sent < 0 && errno == EINTR);
    if (live_here != NULL && is_home(batch))
        batch->turn = sent == (ssize_t)size ? live_here->turn : 0;
    return sent;
}

/* With the stream's latch. */
static ssize_t write_some(struct live_stream *stream, const struct iovec *parts, int count)
{
    struct live_batch *batch = &stream->batch;
    size_t size = size_of(parts, count);
    if (batch->home == NULL)
        batch->home = live_here;
    bool waits = live_here != NULL && is_home(batch) && batch->turn == live_here->turn;
    if (batch->late_length > 0 && (!waits || batch->late_length + size > LATE_MAX))
        give(stream);
    if (failed_late(batch))
        return -1;
    if (batch->leftover != NULL) {
        errno = EAGAIN;
        return -1;
    }
    if (!waits || size > LATE_MAX)
        return write_now(stream, parts, count, size);
    write_late(stream, parts, count, size);
    return (ssize_t)size;
}

ssize_t live_batch_write(struct live_stream *stream, const struct iovec *parts, int count)
{
    live_latch_take(&stream->latch);
    ssize_t sent = write_some(stream, parts, count);
    int error = errno;
    live_latch_give(&stream->latch);
    errno = error;
    return sent;
}

/* --- the end --- */

bool live_batch_shut(struct live_stream *stream)
{
    live_latch_take(&stream->latch);
    give(stream);
    bool later = stream->batch.leftover != NULL;
    if (later)
        stream->batch.leftover->shut = true;
    bool shut = !later && shutdown(stream->descriptor, SHUT_WR) == 0;
    live_latch_give(&stream->latch);
    return later || shut;
}

bool live_batch_is_foreign(struct live_stream *stream)
{
    const struct live_batch *batch = &stream->batch;
    live_latch_take(&stream->latch);
    bool listed = !is_home(batch) && batch->listed;
    bool left =
        live_here != NULL && batch->leftover != NULL && batch->leftover->thread != live_here;
    live_latch_give(&stream->latch);
    return listed || left;
}

void live_batch_close(struct live_stream *stream, bool reset)
{
    struct live_batch *batch = &stream->batch;
    if (stream->descriptor >= 0)
        give(stream);
    unlist(batch);
    free(batch->late);
    batch->late = NULL;
    batch->late_length = batch->late_room = 0;
    if (batch->leftover != NULL) {
        /* Both descriptors would have to be closed for that. */
        const struct sockaddr nothing = {.sa_family = AF_UNSPEC};
        if (reset)
            connect(stream->descriptor, &nothing, sizeof(nothing));
        batch->leftover->stream = NULL;
    }
    batch->leftover = NULL;
    drop_ahead(batch);
}

void live_batch_release(struct live_thread *thread)
{
    while (thread->leftovers.next != &thread->leftovers)
        free_leftover(world_container(thread->leftovers.next, struct live_leftover, link));
}
