#include "rpc/world/live/statistics.h"

#include <dirent.h>

#include "rpc/world/live/inside.h"

uint32_t live_descriptors(void)
{
    uint32_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static uint32_t length_of(const struct live_link *head)
{
    uint32_t length = 0;
    for (const struct live_link *at = head->next; at != head; at = at->next)
        length++;
    return length;
}

static void add_thread(const struct live_thread *thread, struct live_statistics *statistics)
{
    statistics->timers_armed += (uint32_t)thread->timer_count;
    statistics->watches += length_of(&thread->watches);
    statistics->sending += length_of(&thread->leftovers);
    statistics->descriptors -= (int32_t)thread->world->descriptors_each;
}

void live_statistics(struct world *base, struct live_statistics *statistics)
{
    struct live_world *world = live_of(base);
    pthread_mutex_lock(&world->mutex);
    *statistics = (struct live_statistics){
        .executors = length_of(&world->executors),
        .streams = length_of(&world->streams),
        .listeners = length_of(&world->listeners),
        .programs = length_of(&world->programs),
        .descriptors = (int32_t)(live_descriptors() - world->descriptors_before),
    };
    add_thread(&world->main, statistics);
    for (struct live_link *at = world->threads.next; at != &world->threads; at = at->next)
        add_thread(world_container(at, struct live_thread, link), statistics);
    statistics->descriptors -= world->block.descriptor >= 0;
    pthread_mutex_unlock(&world->mutex);
}
