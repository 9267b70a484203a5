#include "rpc/client/thread.h"

#include <assert.h>
#include <stddef.h>

static void run(struct world_task *task)
{
    struct client_thread *thread = world_container(task, struct client_thread, task);
    thread->step(thread);
}

void client_thread_init(struct client_thread *thread, struct world_host *host, const char *name,
                        struct world_executor *companion)
{
    *thread = (struct client_thread){.task = {.run = run}, .doing = "wait"};
    world_executor_init(host->world, &thread->executor, host, name, companion);
}

void client_thread_release(struct client_thread *thread)
{
    world_executor_release(&thread->executor);
}

void client_thread_go(struct client_thread *thread, client_step_fn *step)
{
    thread->step = step;
    world_post(&thread->executor, &thread->task);
}

bool client_thread_held(struct client_thread *thread, const struct point_event *event,
                        client_step_fn *step)
{
    client_step_fn *before = thread->step;
    thread->step = step;
    if (world_held(&thread->executor, event, &thread->task))
        return true;
    thread->step = before;
    return false;
}

void client_monitor_init(struct client_monitor *monitor)
{
    monitor->holder = NULL;
    STAILQ_INIT(&monitor->waiting);
}

bool client_monitor_enter(struct client_monitor *monitor, struct client_thread *thread,
                          client_step_fn *step)
{
    assert(monitor->holder != thread);
    if (monitor->holder == NULL) {
        monitor->holder = thread;
        return true;
    }
    thread->step = step;
    STAILQ_INSERT_TAIL(&monitor->waiting, thread, waiting);
    return false;
}

void client_monitor_leave(struct client_monitor *monitor, struct client_thread *thread)
{
    assert(monitor->holder == thread);
    struct client_thread *next = STAILQ_FIRST(&monitor->waiting);
    monitor->holder = next;
    if (next == NULL)
        return;
    STAILQ_REMOVE_HEAD(&monitor->waiting, waiting);
    world_post(&next->executor, &next->task);
}
