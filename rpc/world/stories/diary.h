/*
 * A diary: what has run, in order, one letter for each; and a timer that ticks.
 */
#ifndef RPC_WORLD_STORIES_DIARY_H
#define RPC_WORLD_STORIES_DIARY_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/world/stories/story.h"
#include "rpc/world/world.h"

struct story_diary {
    char text[64];
    unsigned length;
};

/* Who writes a letter into it: a task, or a timer. */
struct story_entry {
    struct world_task task;
    struct world_timer timer;
    struct story_diary *diary;
    struct world_executor *executor;
    char letter;
    unsigned last; /* stop the world when the diary is so long */
    uint64_t ran_ns;
};

struct story_entry story_entry_task(struct story_diary *diary, struct world_executor *executor,
                                    char letter, unsigned last);
void story_entry_timer(struct story_entry *entry, struct story_diary *diary,
                       struct world_executor *executor, char letter, unsigned last);

/* Wait until it is as long as `text`, and compare. */
bool story_diary_reads(struct story *story, struct story_diary *diary, const char *text);

/* Ticks `most` times, then stops the world. */
struct story_ticker {
    struct world_timer timer;
    unsigned count, most;
    uint64_t every_ns;
};

void story_tick(struct world_timer *timer);

#endif
