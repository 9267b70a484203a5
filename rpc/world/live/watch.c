#include "rpc/world/live/watch.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "rpc/world/live/executor.h"
#include "rpc/world/live/socket.h"
#include "rpc/world/live/thread.h"

/* A watch's `implementation`, made when it is first started. */
struct live_watch {
    struct live_link link; /* in the thread's */
    struct live_thread *thread;
    struct world_watch *watch;
    struct event *event;
    struct live_watch *next_waiting;
    struct live_stream *rests_on; /* stopped, its event still added; NULL: not so */
    bool added, waiting;
    _Atomic bool woken; /* its task is posted */
};

static void wake_up(struct live_watch *live)
{
    if (live->rests_on != NULL)
        live_stream_set_resting(live->rests_on, live->watch->direction, NULL);
    live->rests_on = NULL;
}

static void add(struct live_watch *live)
{
    wake_up(live);
    if (live->added)
        return;
    int failed = event_add(live->event, NULL);
    assert(failed == 0);
    live->added = true;
}

static void off(struct live_watch *live)
{
    wake_up(live);
    if (live->added)
        event_del(live->event);
    live->added = false;
}

/* Whoever reads, answers and reads on stops and starts its watch at each message: only when
 * something comes meanwhile the event is really taken off. */
static void rest(struct live_watch *live)
{
    struct live_stream *stream = live_stream_of(live->watch->stream);
    if (!live->added || !live_stream_set_resting(stream, live->watch->direction, live)) {
        off(live);
        return;
    }
    live->rests_on = stream;
}

/* What a filter says of a watch above it. */
static enum world_readiness filtered(const struct world_watch *watch)
{
    if (watch->stream == NULL || watch->beneath)
        return WORLD_AS_BENEATH;
    return (enum world_readiness)atomic_load(&watch->stream->readiness[watch->direction]);
}

/* Ready whatever the socket says: a filter has bytes of its own, or some are read ahead. */
static bool is_ready(const struct world_watch *watch)
{
    enum world_readiness says = filtered(watch);
    if (says != WORLD_AS_BENEATH || watch->stream == NULL || watch->direction != WORLD_READ)
        return says == WORLD_READY;
    return live_batch_ahead(live_stream_of(watch->stream)) > 0;
}

/* That is a level, too: as long as it lasts the watch runs. */
static void run(struct live_watch *live)
{
    struct world_watch *watch = live->watch;
    struct live_thread *thread = live->thread;
    thread->running_watch = live;
    watch->run(watch);
    if (thread->running_watch == live && is_ready(watch))
        live_wake(watch->stream, watch->direction);
    thread->running_watch = NULL;
}

static void when_ready(evutil_socket_t descriptor, short what, void *owner)
{
    (void)descriptor, (void)what;
    struct live_watch *live = owner;
    struct world_watch *watch = live->watch;
    struct live_thread *thread = live->thread;
    if (!watch->on || filtered(watch) == WORLD_NOT_READY) {
        off(live); /* until it is started, or live_wake */
        return;
    }
    if (live_step_begin(thread, watch->executor)) {
        run(live);
        live_step_end(thread);
        return;
    }
    struct live_executor *executor = live_executor_of(watch->executor);
    off(live);
    live->waiting = true;
    live->next_waiting = executor->waiting;
    executor->waiting = live;
}

void live_watches_go_on(struct live_executor *executor)
{
    struct live_watch *each = executor->waiting;
    executor->waiting = NULL;
    while (each != NULL) {
        struct live_watch *next = each->next_waiting;
        each->waiting = false;
        add(each);
        each = next;
    }
}

static void stop_waiting(struct live_watch *live)
{
    struct live_executor *executor = live_executor_of(live->watch->executor);
    live->waiting = false;
    if (executor == NULL)
        return;
    struct live_watch **at = &executor->waiting;
    while (*at != live)
        at = &(*at)->next_waiting;
    *at = live->next_waiting;
}

static int descriptor_of(const struct world_watch *watch)
{
    return watch->stream != NULL ? live_stream_descriptor(watch->stream)
                                 : live_listener_descriptor(watch->listener);
}

/* Somebody has called live_wake.  An event that is off, because the stream did not connect
 * before or a filter wanted silence, is on from now on. */
static void run_woken(struct world_task *task)
{
    struct world_watch *watch = world_container(task, struct world_watch, task);
    struct live_watch *live = watch->implementation;
    bool was_off = !live->added && !live->waiting;
    atomic_store(&live->woken, false);
    if (was_off && live_stream_has_begun(watch->stream))
        add(live);
    if (!was_off || is_ready(watch))
        run(live);
}

static struct live_watch *create(struct world_watch *watch)
{
    struct live_watch *live = calloc(1, sizeof(*live));
    assert(live != NULL);
    short what = watch->direction == WORLD_READ ? EV_READ : EV_WRITE;
    live->watch = watch;
    live->thread = live_executor_of(watch->executor)->thread;
    live->event = event_new(live->thread->base, descriptor_of(watch), (short)(what | EV_PERSIST),
                            when_ready, live);
    assert(live->event != NULL);
    live_link_last(&live->thread->watches, &live->link);
    watch->task.run = run_woken;
    watch->implementation = live;
    return live;
}

static void destroy(struct live_watch *live)
{
    off(live);
    event_free(live->event);
    live_link_remove(&live->link);
    free(live);
}

/* Any thread: whoever makes an executor of another thread may make its watches, too. */
void live_watch_init(struct world_watch *watch)
{
    assert(watch->executor != NULL);
}

void live_watch_start(struct world_watch *watch)
{
    if (descriptor_of(watch) < 0)
        return; /* its host is dead */
    struct live_watch *live = watch->implementation;
    if (live == NULL)
        live = create(watch);
    assert(live_owns(live->thread));
    watch->on = true;
    if (watch->listener != NULL) {
        assert(watch->listener->watch == NULL);
        watch->listener->watch = watch;
        add(live);
    } else if (watch->beneath) {
        watch->stream->beneath = watch;
        add(live);
    } else if (live_stream_set_watch(watch->stream, watch->direction, watch)) {
        add(live);
    }
    if (is_ready(watch))
        live_wake(watch->stream, watch->direction);
}

void live_watch_stop(struct world_watch *watch)
{
    struct live_watch *live = watch->implementation;
    assert(live_owns(live->thread));
    watch->on = false;
    if (watch->listener != NULL)
        watch->listener->watch = NULL;
    else if (watch->beneath)
        watch->stream->beneath = NULL;
    else
        live_stream_set_watch(watch->stream, watch->direction, NULL);
    if (watch->stream != NULL && !watch->beneath)
        rest(live);
    else
        off(live);
    if (live->thread->running_watch == live)
        live->thread->running_watch = NULL;
    if (live->waiting)
        stop_waiting(live);
    if (atomic_load(&live->woken)) {
        live_thread_drain(live->thread);
        live_executor_forget(watch->executor, &watch->task);
        atomic_store(&live->woken, false);
    }
}

void live_watch_release(struct world_watch *watch)
{
    if (watch->on)
        live_watch_stop(watch);
    if (watch->implementation != NULL)
        destroy(watch->implementation);
    watch->implementation = NULL;
}

void live_watch_lose(struct world_watch *watch)
{
    if (watch != NULL)
        off(watch->implementation);
}

void live_watch_end_rest(struct live_watch *live)
{
    off(live);
}

struct live_thread *live_watch_thread(const struct live_watch *live)
{
    return live->thread;
}

void live_wake(struct world_stream *stream, enum world_direction direction)
{
    struct world_watch *watch = live_stream_lock(stream, direction);
    if (watch != NULL) {
        struct live_watch *live = watch->implementation;
        if (!atomic_exchange(&live->woken, true))
            live_post(watch->executor, &watch->task);
    }
    live_stream_unlock(stream);
}

void live_watches_free(struct live_thread *thread)
{
    while (thread->watches.next != &thread->watches)
        destroy(world_container(thread->watches.next, struct live_watch, link));
}
