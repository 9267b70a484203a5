#include "rpc/world/live/ask.h"

#include "rpc/world/live/thread.h"

struct live_question {
    struct live_question *next;
    struct world_task *task;
    const struct live_thread *asker;
    bool answered;
};

void live_ask(struct world *base, struct world_task *task)
{
    struct live_world *world = live_of(base);
    struct live_question question = {.task = task, .asker = live_here};
    if (live_here == NULL || live_here == &world->main) {
        task->run(task);
        return;
    }
    pthread_mutex_lock(&world->mutex);
    struct live_question **last = &world->questions;
    while (*last != NULL)
        last = &(*last)->next;
    *last = &question;
    atomic_store(&world->asked, true);
    pthread_cond_broadcast(&world->moved);
    live_thread_wake(&world->main);
    while (!question.answered)
        pthread_cond_wait(&world->moved, &world->mutex);
    pthread_mutex_unlock(&world->mutex);
}

static struct live_question *take(struct live_world *world, bool urgent)
{
    pthread_mutex_lock(&world->mutex);
    struct live_question **link = &world->questions;
    while (urgent && *link != NULL && (*link)->asker->locks == 0)
        link = &(*link)->next;
    struct live_question *question = *link;
    if (question != NULL)
        *link = question->next;
    atomic_store(&world->asked, world->questions != NULL);
    pthread_mutex_unlock(&world->mutex);
    return question;
}

bool live_answer(struct live_world *world, bool urgent)
{
    struct live_question *question = atomic_load(&world->asked) ? take(world, urgent) : NULL;
    if (question == NULL)
        return false;
    const struct live_thread *before = world->answered;
    world->answered = question->asker;
    question->task->run(question->task);
    world->answered = before;
    pthread_mutex_lock(&world->mutex);
    question->answered = true;
    pthread_cond_broadcast(&world->moved);
    pthread_mutex_unlock(&world->mutex);
    return true;
}

bool live_locked(struct world *base)
{
    const struct live_world *world = live_of(base);
    return live_here != NULL &&
           (live_here->locks > 0 ||
            (live_here == &world->main && world->answered != NULL && world->answered->locks > 0));
}
