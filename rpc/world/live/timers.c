#include "rpc/world/live/timers.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/timerfd.h>

#include "rpc/world/live/executor.h"
#include "rpc/world/live/thread.h"

enum { FIRST_ROOM = 16 };

/* --- the heap --- */

static bool before(const struct world_timer *a, const struct world_timer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void place(struct live_thread *thread, size_t index, struct world_timer *timer)
{
    thread->timers[index] = timer;
    timer->heap_index = index;
}

static void sift_up(struct live_thread *thread, size_t index, struct world_timer *timer)
{
    while (index > 0 && before(timer, thread->timers[(index - 1) / 2])) {
        place(thread, index, thread->timers[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(thread, index, timer);
}

static void sift_down(struct live_thread *thread, size_t index, struct world_timer *timer)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= thread->timer_count)
            break;
        if (child + 1 < thread->timer_count &&
            before(thread->timers[child + 1], thread->timers[child]))
            child++;
        if (!before(thread->timers[child], timer))
            break;
        place(thread, index, thread->timers[child]);
        index = child;
    }
    place(thread, index, timer);
}

static void heap_add(struct live_thread *thread, struct world_timer *timer)
{
    if (thread->timer_count == thread->timer_room) {
        thread->timer_room = thread->timer_room == 0 ? FIRST_ROOM : 2 * thread->timer_room;
        struct world_timer **timers =
            realloc(thread->timers, thread->timer_room * sizeof(struct world_timer *));
        assert(timers != NULL);
        thread->timers = timers;
    }
    sift_up(thread, thread->timer_count++, timer);
}

static void heap_remove(struct live_thread *thread, const struct world_timer *timer)
{
    size_t index = timer->heap_index;
    struct world_timer *last = thread->timers[--thread->timer_count];
    if (last == timer)
        return;
    if (index > 0 && before(last, thread->timers[(index - 1) / 2]))
        sift_up(thread, index, last);
    else
        sift_down(thread, index, last);
}

/* --- the alarm --- */

void live_timers_set_alarm(struct live_thread *thread)
{
    uint64_t at_ns = thread->limit_ns;
    if (thread->timer_count > 0 && thread->timers[0]->at_ns < at_ns)
        at_ns = thread->timers[0]->at_ns;
    if (at_ns >= thread->alarm_ns)
        return;
    if (at_ns <= live_now(&thread->world->world)) {
        thread->due = true;
        return;
    }
    uint64_t machine_ns = live_machine_at(thread->world, at_ns);
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(machine_ns / WORLD_SEC),
                                           .tv_nsec = (long)(machine_ns % WORLD_SEC)}};
    int failed = timerfd_settime(thread->alarm, TFD_TIMER_ABSTIME, &when, NULL);
    assert(failed == 0);
    thread->alarm_ns = at_ns;
}

void live_timers_alarmed(struct live_thread *thread)
{
    thread->alarm_ns = WORLD_NEVER;
    live_timers_run(thread);
}

static void run_queued(struct world_task *task)
{
    struct world_timer *timer = world_container(task, struct world_timer, task);
    timer->run(timer);
}

static void fire(struct live_thread *thread, struct world_timer *timer)
{
    heap_remove(thread, timer);
    timer->armed = false;
    if (timer->executor == NULL) {
        timer->run(timer);
    } else if (live_step_begin(thread, timer->executor)) {
        timer->run(timer);
        live_step_end(thread);
    } else {
        timer->task.run = run_queued;
        live_executor_append(timer->executor, &timer->task);
    }
}

void live_timers_run(struct live_thread *thread)
{
    uint64_t now = live_now(&thread->world->world);
    uint64_t order = thread->timer_order;
    thread->due = false;
    while (thread->timer_count > 0) {
        struct world_timer *first = thread->timers[0];
        /* One that has just been started waits for the next turn. */
        if (first->at_ns > now || first->order >= order)
            break;
        fire(thread, first);
        if (live_thread_interrupted(thread))
            break;
    }
    if (now >= thread->limit_ns)
        thread->limit_reached = true;
    else
        live_timers_set_alarm(thread);
}

/* --- one timer --- */

static struct live_thread *thread_of(const struct world_timer *timer)
{
    return timer->implementation;
}

void live_timer_init_bare(struct world_timer *timer, struct live_thread *thread,
                          world_timer_fn *run)
{
    *timer = (struct world_timer){.run = run, .implementation = thread};
}

void live_timer_init(struct world_timer *timer)
{
    timer->implementation = live_executor_of(timer->executor)->thread;
}

void live_timer_release(struct world_timer *timer)
{
    live_timer_stop(timer);
    timer->implementation = NULL;
}

void live_timer_start(struct world_timer *timer, uint64_t at_ns)
{
    struct live_thread *thread = thread_of(timer);
    live_timer_stop(timer);
    timer->at_ns = at_ns;
    timer->order = thread->timer_order++;
    timer->armed = true;
    heap_add(thread, timer);
    if (timer->heap_index == 0)
        live_timers_set_alarm(thread);
}

void live_timer_stop(struct world_timer *timer)
{
    struct live_thread *thread = thread_of(timer);
    assert(live_owns(thread));
    if (timer->armed)
        heap_remove(thread, timer);
    timer->armed = false;
    if (timer->task.queued)
        live_executor_forget(timer->executor, &timer->task);
}
