#include "rpc/world/stories/diary.h"

#include <string.h>

static void note(struct story_entry *entry, struct world *world)
{
    struct story_diary *diary = entry->diary;
    entry->ran_ns = world_now(world);
    if (diary->length + 1 < sizeof(diary->text))
        diary->text[diary->length] = entry->letter;
    diary->length++;
    if (diary->length == entry->last)
        world_stop(world);
}

static void note_task(struct world_task *task)
{
    struct story_entry *entry = world_container(task, struct story_entry, task);
    note(entry, entry->executor->world);
}

static void note_timer(struct world_timer *timer)
{
    struct story_entry *entry = world_container(timer, struct story_entry, timer);
    note(entry, timer->executor->world);
}

struct story_entry story_entry_task(struct story_diary *diary, struct world_executor *executor,
                                    char letter, unsigned last)
{
    return (struct story_entry){.task.run = note_task,
                                .diary = diary,
                                .executor = executor,
                                .letter = letter,
                                .last = last};
}

void story_entry_timer(struct story_entry *entry, struct story_diary *diary,
                       struct world_executor *executor, char letter, unsigned last)
{
    *entry =
        (struct story_entry){.diary = diary, .executor = executor, .letter = letter, .last = last};
    world_timer_init(executor, &entry->timer, note_timer);
}

bool story_diary_reads(struct story *story, struct story_diary *diary, const char *text)
{
    return EXPECT(story, story_until(story, &diary->length, (unsigned)strlen(text))) &&
           EXPECT(story, strcmp(diary->text, text) == 0);
}

void story_tick(struct world_timer *timer)
{
    struct story_ticker *ticker = world_container(timer, struct story_ticker, timer);
    if (++ticker->count < ticker->most)
        world_timer_start(timer, world_now(timer->executor->world) + ticker->every_ns);
    else
        world_stop(timer->executor->world);
}
