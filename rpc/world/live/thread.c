#include "rpc/world/live/thread.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "rpc/world/live/ask.h"
#include "rpc/world/live/batch.h"
#include "rpc/world/live/executor.h"
#include "rpc/world/live/timers.h"
#include "rpc/world/live/watch.h"

/* A turn serves so many tasks, and then as many again while that takes little time: the more it
 * serves the more goes out at once. */
enum { TURN_TASKS = 32, TURN_NS = 200 * 1000 };

/* To fall asleep and be woken takes two threads some 50 us of CPU time each: what came within this
 * time is looked out for before the next sleep. */
enum { PATIENCE_NS = 200 * 1000 };

_Thread_local struct live_thread *live_here;

static void when_woken(evutil_socket_t descriptor, short what, void *owner)
{
    (void)descriptor, (void)what;
    struct live_thread *thread = owner;
    thread->served++;
}

static void when_alarmed(evutil_socket_t descriptor, short what, void *owner)
{
    (void)descriptor, (void)what;
    struct live_thread *thread = owner;
    thread->served++;
    live_timers_alarmed(thread);
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME);
    event_config_require_features(config, EV_FEATURE_ET);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

/* Edge-triggered, so that nobody has to read it. */
static struct event *new_event(struct live_thread *thread, int descriptor, event_callback_fn run)
{
    struct event *event =
        event_new(thread->base, descriptor, EV_READ | EV_ET | EV_PERSIST, run, thread);
    if (event != NULL && event_add(event, NULL) < 0) {
        event_free(event);
        event = NULL;
    }
    return event;
}

bool live_thread_init(struct live_thread *thread, struct live_world *world)
{
    *thread = (struct live_thread){
        .world = world, .alarm = -1, .wake = -1, .alarm_ns = WORLD_NEVER, .limit_ns = WORLD_NEVER};
    live_link_init(&thread->link);
    STAILQ_INIT(&thread->ready);
    STAILQ_INIT(&thread->lowest);
    STAILQ_INIT(&thread->inbox);
    live_link_init(&thread->watches);
    live_link_init(&thread->late);
    live_link_init(&thread->leftovers);
    thread->turn = 1;
    pthread_mutex_init(&thread->mutex, NULL);
    thread->base = new_base();
    thread->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    thread->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (thread->base != NULL && thread->alarm >= 0 && thread->wake >= 0) {
        thread->alarm_event = new_event(thread, thread->alarm, when_alarmed);
        thread->wake_event = new_event(thread, thread->wake, when_woken);
    }
    if (thread->alarm_event != NULL && thread->wake_event != NULL)
        return true;
    live_thread_release(thread);
    return false;
}

void live_thread_release(struct live_thread *thread)
{
    live_watches_free(thread);
    live_batch_release(thread);
    if (thread->alarm_event != NULL)
        event_free(thread->alarm_event);
    if (thread->wake_event != NULL)
        event_free(thread->wake_event);
    if (thread->base != NULL)
        event_base_free(thread->base);
    if (thread->alarm >= 0)
        close(thread->alarm);
    if (thread->wake >= 0)
        close(thread->wake);
    pthread_mutex_destroy(&thread->mutex);
    free(thread->timers);
}

/* --- between threads --- */

static void interrupt(struct live_thread *thread)
{
    const uint64_t one = 1;
    ssize_t written = write(thread->wake, &one, sizeof(one));
    (void)written; /* a full counter wakes as well */
}

void live_thread_wake(struct live_thread *thread)
{
    if (atomic_load(&thread->asleep) && atomic_exchange(&thread->asleep, false))
        interrupt(thread);
}

void live_thread_drain(struct live_thread *thread)
{
    if (!atomic_load(&thread->full))
        return;
    pthread_mutex_lock(&thread->mutex);
    atomic_store(&thread->full, false);
    struct live_executor *each;
    while ((each = STAILQ_FIRST(&thread->inbox)) != NULL) {
        STAILQ_REMOVE_HEAD(&thread->inbox, inbox);
        live_executor_collect(each);
    }
    pthread_mutex_unlock(&thread->mutex);
}

/* With the world's mutex: wait for others to move; the main thread may have to answer them. */
static void wait_for_others(struct live_world *world)
{
    if (live_here != &world->main || !atomic_load(&world->asked)) {
        pthread_cond_wait(&world->moved, &world->mutex);
        return;
    }
    pthread_mutex_unlock(&world->mutex);
    live_answer(world, false);
    pthread_mutex_lock(&world->mutex);
}

/* With the world's mutex: stand until the one who wants attention has done. */
static void stand_by(struct live_world *world)
{
    world->parked++;
    pthread_cond_broadcast(&world->moved);
    while (atomic_load(&world->attention) && !atomic_load(&world->quit))
        wait_for_others(world);
    world->parked--;
}

bool live_stand_by(struct live_world *world)
{
    if (!atomic_load(&world->attention))
        return false;
    pthread_mutex_lock(&world->mutex);
    bool stands = world->wanting != live_here;
    if (stands)
        stand_by(world);
    pthread_mutex_unlock(&world->mutex);
    return stands;
}

/* With the world's mutex: make everybody stand; the caller counts as one who does. */
static void ask_attention(struct live_world *world)
{
    while (atomic_load(&world->attention) && !atomic_load(&world->quit))
        stand_by(world);
    atomic_store(&world->attention, true);
    world->wanting = live_here;
    world->parked++;
    if (live_here != &world->main)
        interrupt(&world->main);
    for (struct live_link *at = world->threads.next; at != &world->threads; at = at->next) {
        struct live_thread *thread = world_container(at, struct live_thread, link);
        if (thread != live_here && !atomic_load(&thread->over))
            interrupt(thread);
    }
    while (world->parked < world->running && !atomic_load(&world->quit))
        wait_for_others(world);
}

void live_stand_still(struct live_world *world)
{
    if (live_here == NULL)
        return;
    pthread_mutex_lock(&world->mutex);
    ask_attention(world);
    pthread_mutex_unlock(&world->mutex);
}

void live_go_on(struct live_world *world)
{
    if (live_here == NULL)
        return;
    pthread_mutex_lock(&world->mutex);
    world->parked--;
    atomic_store(&world->attention, false);
    pthread_cond_broadcast(&world->moved);
    pthread_mutex_unlock(&world->mutex);
}

/* --- the loop --- */

bool live_thread_interrupted(const struct live_thread *thread)
{
    const struct live_world *world = thread->world;
    return atomic_load_explicit(&world->attention, memory_order_relaxed) ||
           (thread == &world->main && (atomic_load_explicit(&world->stop, memory_order_relaxed) ||
                                       atomic_load_explicit(&world->asked, memory_order_relaxed)));
}

static bool leaves(const struct live_thread *thread)
{
    const struct live_world *world = thread->world;
    if (thread == &world->main)
        return atomic_load(&world->stop) || thread->limit_reached;
    return atomic_load(&world->quit) || atomic_load(&thread->executors) == 0;
}

bool live_step_begin(struct live_thread *thread, struct world_executor *executor)
{
    thread->served++;
    live_thread_drain(thread);
    if (!live_executor_can_run(executor))
        return false;
    thread->current = executor;
    return true;
}

void live_step_end(struct live_thread *thread)
{
    thread->current = NULL;
    if (live_thread_interrupted(thread))
        event_base_loopbreak(thread->base);
}

static void serve_one(struct live_thread *thread, struct world_line *line)
{
    struct world_executor *executor = live_line_take(line);
    if (executor == NULL || !live_executor_can_run(executor))
        return;
    struct world_task *task = live_executor_take(executor);
    thread->current = executor;
    task->run(task);
    thread->current = NULL;
}

/* False: nothing is left. */
static bool serve_some(struct live_thread *thread)
{
    for (int count = 0; count < TURN_TASKS && !live_thread_interrupted(thread); count++) {
        live_thread_drain(thread);
        if (STAILQ_EMPTY(&thread->ready))
            return false;
        serve_one(thread, &thread->ready);
    }
    return true;
}

/* Most turns have few tasks, and read no clock. */
static void serve(struct live_thread *thread)
{
    uint64_t end_ns = WORLD_NEVER;
    while (serve_some(thread) && !thread->due && !live_thread_interrupted(thread)) {
        uint64_t now_ns = live_machine_ns();
        if (now_ns >= end_ns)
            break;
        if (end_ns == WORLD_NEVER)
            end_ns = now_ns + TURN_NS;
    }
}

static void look(struct live_thread *thread)
{
    if (thread->due)
        live_timers_run(thread);
    event_base_loop(thread->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static bool has_come(const struct live_thread *thread, uint64_t served)
{
    return served != thread->served || atomic_load(&thread->full) ||
           live_thread_interrupted(thread);
}

/* False: nothing came.  What is there already is found without a look at the clock. */
static bool look_out(struct live_thread *thread)
{
    uint64_t served = thread->served, now_ns, end_ns = 0;
    do {
        look(thread);
        if (has_come(thread, served))
            return true;
        sched_yield();
        now_ns = live_machine_ns();
        if (end_ns == 0)
            end_ns = now_ns + PATIENCE_NS;
    } while (now_ns < end_ns);
    return false;
}

static void sleep_on(struct live_thread *thread)
{
    atomic_store(&thread->asleep, true);
    if (!atomic_load(&thread->full) && !live_thread_interrupted(thread))
        event_base_loop(thread->base, EVLOOP_ONCE);
    atomic_store(&thread->asleep, false);
}

static void wait(struct live_thread *thread)
{
    if (thread->patient && look_out(thread))
        return;
    uint64_t began_ns = live_machine_ns();
    sleep_on(thread);
    thread->patient = !thread->patient && live_machine_ns() - began_ns < PATIENCE_NS;
}

/* Serve one of the lowest, unless there was something better to do. */
static void serve_lowest(struct live_thread *thread)
{
    uint64_t served = thread->served;
    look(thread);
    live_thread_drain(thread);
    if (served == thread->served && STAILQ_EMPTY(&thread->ready) &&
        !live_thread_interrupted(thread))
        serve_one(thread, &thread->lowest);
}

static void loop(struct live_thread *thread)
{
    while (!leaves(thread)) {
        if (live_stand_by(thread->world) ||
            (thread == &thread->world->main && live_answer(thread->world, false)))
            continue;
        serve(thread);
        live_batch_give_all(thread);
        if (!STAILQ_EMPTY(&thread->ready) || thread->due)
            look(thread);
        else if (!STAILQ_EMPTY(&thread->lowest))
            serve_lowest(thread);
        else
            wait(thread);
    }
    live_batch_give_all(thread);
}

/* --- threads --- */

static void *begin(void *owner)
{
    struct live_thread *thread = owner;
    struct live_world *world = thread->world;
    live_here = thread;
    loop(thread);
    pthread_mutex_lock(&world->mutex);
    world->running--;
    atomic_store(&thread->over, true);
    pthread_cond_broadcast(&world->moved);
    pthread_mutex_unlock(&world->mutex);
    return NULL;
}

static void end(struct live_thread *thread)
{
    pthread_join(thread->id, NULL);
    live_link_remove(&thread->link);
    live_thread_release(thread);
    free(thread);
}

static void reap(struct live_world *world)
{
    for (struct live_link *at = world->threads.next; at != &world->threads;) {
        struct live_thread *thread = world_container(at, struct live_thread, link);
        at = at->next;
        if (atomic_load(&thread->over))
            end(thread);
    }
}

/* Signals are the main thread's, but for those of a crash. */
static bool start_quietly(struct live_thread *thread)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t others, before;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigdelset(&others, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    int failed = pthread_create(&thread->id, NULL, begin, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

struct live_thread *live_thread_start(struct live_world *world)
{
    struct live_thread *thread = malloc(sizeof(*thread));
    if (thread == NULL)
        return NULL;
    if (!live_thread_init(thread, world))
        goto fail;
    atomic_store(&thread->executors, 1); /* the one who asks */
    pthread_mutex_lock(&world->mutex);
    reap(world);
    live_link_last(&world->threads, &thread->link);
    world->running++;
    bool started = start_quietly(thread);
    if (!started) {
        world->running--;
        live_link_remove(&thread->link);
    }
    pthread_mutex_unlock(&world->mutex);
    if (started)
        return thread;
    live_thread_release(thread);
fail:
    free(thread);
    return NULL;
}

void live_threads_quit(struct live_world *world)
{
    pthread_mutex_lock(&world->mutex);
    atomic_store(&world->quit, true);
    pthread_cond_broadcast(&world->moved);
    pthread_mutex_unlock(&world->mutex);
    while (world->threads.next != &world->threads)
        end(world_container(world->threads.next, struct live_thread, link));
}

/* --- the run --- */

enum world_end live_run(struct world *base, uint64_t until_ns)
{
    struct live_world *world = live_of(base);
    assert(live_here == NULL);
    live_here = &world->main;
    live_begin(world);
    atomic_store(&world->stop, false);
    world->main.limit_reached = false;
    world->main.limit_ns = until_ns;
    live_timers_set_alarm(&world->main);
    live_go_on(world);
    loop(&world->main);
    live_stand_still(world);
    world->main.limit_ns = WORLD_NEVER;
    live_here = NULL;
    return atomic_load(&world->stop) ? WORLD_STOPPED : WORLD_LIMIT;
}

void live_stop(struct world *base)
{
    struct live_world *world = live_of(base);
    atomic_store(&world->stop, true);
    interrupt(&world->main);
}
