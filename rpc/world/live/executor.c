#include "rpc/world/live/executor.h"

#include <assert.h>
#include <stdlib.h>

#include "rpc/world/live/host.h"
#include "rpc/world/live/thread.h"
#include "rpc/world/live/watch.h"

/* --- lines --- */

static struct world_line *line_of(const struct world_executor *executor)
{
    struct live_thread *thread = live_executor_of(executor)->thread;
    return executor->lowest ? &thread->lowest : &thread->ready;
}

/* One that may not run now is dropped when its turn comes. */
static void schedule(struct world_executor *executor)
{
    if (executor->scheduled || STAILQ_EMPTY(&executor->tasks))
        return;
    STAILQ_INSERT_TAIL(line_of(executor), executor, ready);
    executor->scheduled = true;
}

static void unschedule(struct world_executor *executor)
{
    if (!executor->scheduled)
        return;
    STAILQ_REMOVE(line_of(executor), executor, world_executor, ready);
    executor->scheduled = false;
}

struct world_executor *live_line_take(struct world_line *line)
{
    struct world_executor *executor = STAILQ_FIRST(line);
    if (executor == NULL)
        return NULL;
    STAILQ_REMOVE_HEAD(line, ready);
    executor->scheduled = false;
    return executor;
}

/* --- life --- */

/* A thread that counts the new executor among its own. */
static struct live_thread *thread_for(const struct world_executor *executor,
                                      const struct world_executor *companion)
{
    struct live_world *world = live_of(executor->world);
    struct live_thread *thread = NULL;
    bool first = executor->lane == 1; /* the script's: the main thread answers for it */
    if (companion == NULL && (executor->own_thread || (world->options.thread_each && !first)))
        thread = live_thread_start(world);
    if (thread != NULL)
        return thread;
    /* Better a crowded main thread than none. */
    thread = companion != NULL ? live_executor_of(companion)->thread : &world->main;
    atomic_fetch_add(&thread->executors, 1);
    return thread;
}

void live_executor_init(struct world_executor *executor, struct world_executor *companion)
{
    struct live_world *world = live_of(executor->world);
    struct live_executor *live = calloc(1, sizeof(*live));
    assert(live != NULL);
    live->executor = executor;
    live->thread = thread_for(executor, companion);
    STAILQ_INIT(&live->posted);
    executor->implementation = live;
    pthread_mutex_lock(&world->mutex);
    live_link_last(&world->executors, &live->link);
    pthread_mutex_unlock(&world->mutex);
}

static void leave_inbox(struct live_executor *live)
{
    struct live_thread *thread = live->thread;
    pthread_mutex_lock(&thread->mutex);
    if (live->in_inbox)
        STAILQ_REMOVE(&thread->inbox, live, live_executor, inbox);
    pthread_mutex_unlock(&thread->mutex);
}

void live_executor_release(struct world_executor *executor)
{
    struct live_executor *live = live_executor_of(executor);
    if (live == NULL)
        return;
    struct live_world *world = live_of(executor->world);
    struct live_thread *thread = live->thread;
    assert(live_owns(thread));
    pthread_mutex_lock(&world->mutex);
    live_link_remove(&live->link);
    pthread_mutex_unlock(&world->mutex);
    leave_inbox(live);
    unschedule(executor);
    if (thread->current == executor)
        thread->current = NULL;
    free(live);
    executor->implementation = NULL;
    STAILQ_INIT(&executor->tasks);
    executor->parked = NULL;
    atomic_fetch_sub(&thread->executors, 1);
}

/* --- tasks --- */

bool live_executor_can_run(const struct world_executor *executor)
{
    return !executor->standing && !live_executor_of(executor)->dead &&
           !live_host_is_paused(executor->host);
}

struct world_task *live_executor_take(struct world_executor *executor)
{
    struct world_task *task = STAILQ_FIRST(&executor->tasks);
    STAILQ_REMOVE_HEAD(&executor->tasks, next);
    task->queued = false;
    schedule(executor);
    return task;
}

void live_executor_append(struct world_executor *executor, struct world_task *task)
{
    task->queued = true;
    STAILQ_INSERT_TAIL(&executor->tasks, task, next);
    schedule(executor);
}

void live_executor_forget(struct world_executor *executor, struct world_task *task)
{
    STAILQ_REMOVE(&executor->tasks, task, world_task, next);
    task->queued = false;
    if (STAILQ_EMPTY(&executor->tasks))
        unschedule(executor);
}

/* With the thread's mutex. */
static void enter_inbox(struct live_executor *live)
{
    struct live_thread *thread = live->thread;
    if (live->in_inbox)
        return;
    live->in_inbox = true;
    STAILQ_INSERT_TAIL(&thread->inbox, live, inbox);
    atomic_store(&thread->full, true);
}

static void post_from_afar(struct live_executor *live, struct world_task *task)
{
    struct live_thread *thread = live->thread;
    task->queued = true;
    pthread_mutex_lock(&thread->mutex);
    STAILQ_INSERT_TAIL(&live->posted, task, next);
    enter_inbox(live);
    pthread_mutex_unlock(&thread->mutex);
    live_thread_wake(thread);
}

void live_post(struct world_executor *executor, struct world_task *task)
{
    struct live_executor *live = live_executor_of(executor);
    assert(!task->queued);
    if (__builtin_expect(live_here == live->thread, 1))
        live_executor_append(executor, task);
    else
        post_from_afar(live, task);
}

/* --- standing --- */

void live_stand(struct world_executor *executor, struct world_task *task)
{
    assert(live_owns(live_executor_of(executor)->thread));
    assert(!executor->standing);
    executor->standing = true;
    executor->parked = task;
    if (task != NULL) {
        assert(!task->queued);
        task->queued = true;
    }
}

static void let_go(struct world_executor *executor)
{
    struct world_task *task = executor->parked;
    executor->standing = false;
    executor->parked = NULL;
    if (task == NULL)
        return;
    STAILQ_INSERT_HEAD(&executor->tasks, task, next);
}

static void look_again(struct world_executor *executor)
{
    if (!live_executor_can_run(executor))
        return;
    live_watches_go_on(live_executor_of(executor));
    schedule(executor);
}

void live_executor_collect(struct live_executor *live)
{
    struct world_executor *executor = live->executor;
    live->in_inbox = false;
    STAILQ_CONCAT(&executor->tasks, &live->posted);
    if (live->resume && executor->standing)
        let_go(executor);
    live->resume = false;
    look_again(executor);
}

static void ask(struct live_executor *live, bool resume)
{
    pthread_mutex_lock(&live->thread->mutex);
    live->resume |= resume;
    enter_inbox(live);
    pthread_mutex_unlock(&live->thread->mutex);
    live_thread_wake(live->thread);
}

void live_resume(struct world_executor *executor)
{
    struct live_executor *live = live_executor_of(executor);
    if (live_here != live->thread) {
        ask(live, true);
    } else if (executor->standing) {
        let_go(executor);
        look_again(executor);
    }
}

void live_executor_nudge(struct live_executor *live)
{
    ask(live, false);
}
