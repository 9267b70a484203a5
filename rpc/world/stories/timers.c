#include <string.h>

#include "rpc/world/stories/diary.h"
#include "rpc/world/stories/story.h"

static void timers_run_in_the_order_of_their_times(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entries[3];
    const uint64_t after_ms[] = {30, 10, 20};
    uint64_t now_ns = world_now(story->world);
    for (int index = 0; index < 3; index++) {
        story_entry_timer(&entries[index], &diary, &story->client, (char)('a' + index), 3);
        world_timer_start(&entries[index].timer, now_ns + after_ms[index] * WORLD_MS);
    }
    story_diary_reads(story, &diary, "bca");
    for (int index = 0; index < 3; index++) {
        EXPECT(story, entries[index].ran_ns >= now_ns + after_ms[index] * WORLD_MS);
        world_timer_release(&entries[index].timer);
    }
}

static void equal_timers_run_in_the_order_of_their_start(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entries[10];
    uint64_t at_ns = world_now(story->world) + 10 * WORLD_MS;
    for (int index = 0; index < 10; index++) {
        story_entry_timer(&entries[index], &diary, &story->client, (char)('a' + index), 10);
        world_timer_start(&entries[index].timer, at_ns);
    }
    EXPECT(story, story_until(story, &diary.length, 10));
    if (!story->rough)
        EXPECT(story, strcmp(diary.text, "abcdefghij") == 0);
    for (int index = 0; index < 10; index++)
        world_timer_release(&entries[index].timer);
}

static void a_timer_is_not_early_and_not_late(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entry;
    story_entry_timer(&entry, &diary, &story->server, 'x', 1);
    uint64_t at_ns = world_now(story->world) + 50 * WORLD_MS;
    world_timer_start(&entry.timer, at_ns);
    story_diary_reads(story, &diary, "x");
    EXPECT(story, entry.ran_ns >= at_ns);
    EXPECT(story, entry.ran_ns < at_ns + 500 * WORLD_MS);
    world_timer_release(&entry.timer);
}

static void a_stopped_timer_does_not_run(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entry;
    story_entry_timer(&entry, &diary, &story->client, 'x', 1);
    world_timer_start(&entry.timer, world_now(story->world) + 5 * WORLD_MS);
    world_timer_stop(&entry.timer);
    world_timer_stop(&entry.timer); /* harmless */
    story_pass(story, STORY_WHILE);
    EXPECT(story, diary.length == 0);
    world_timer_release(&entry.timer);
}

static void a_timer_moves(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry sooner, later, mark;
    uint64_t now_ns = world_now(story->world);
    story_entry_timer(&sooner, &diary, &story->client, 's', 3);
    story_entry_timer(&later, &diary, &story->client, 'l', 3);
    story_entry_timer(&mark, &diary, &story->client, 'm', 3);
    world_timer_start(&sooner.timer, now_ns + 3600 * WORLD_SEC);
    world_timer_start(&later.timer, now_ns + 1);
    world_timer_start(&mark.timer, now_ns + 20 * WORLD_MS);
    world_timer_start(&sooner.timer, now_ns + 10 * WORLD_MS);
    world_timer_start(&later.timer, now_ns + 40 * WORLD_MS);
    story_diary_reads(story, &diary, "sml");
    world_timer_release(&sooner.timer);
    world_timer_release(&later.timer);
    world_timer_release(&mark.timer);
}

static void a_time_that_is_past_comes_at_once(struct story *story)
{
    struct story_diary diary = {.length = 0};
    struct story_entry entry;
    story_settle(story);
    uint64_t now_ns = world_now(story->world);
    story_entry_timer(&entry, &diary, &story->client, 'x', 1);
    world_timer_start(&entry.timer, now_ns - 5 * WORLD_MS);
    EXPECT(story, diary.length == 0);
    story_diary_reads(story, &diary, "x");
    EXPECT(story, world_now(story->world) < now_ns + 500 * WORLD_MS);
    world_timer_release(&entry.timer);
}

static void a_timer_starts_itself_again(struct story *story)
{
    struct story_ticker ticker = {.most = 10, .every_ns = 2 * WORLD_MS};
    uint64_t began_ns = world_now(story->world);
    world_timer_init(&story->server, &ticker.timer, story_tick);
    world_timer_start(&ticker.timer, began_ns);
    EXPECT(story, story_until(story, &ticker.count, 10));
    EXPECT(story, world_now(story->world) - began_ns >= 18 * WORLD_MS);
    world_timer_release(&ticker.timer);
}

static void many_timers(struct story *story)
{
    enum { COUNT = 300 };
    static struct story_ticker tickers[COUNT];
    uint64_t now_ns = world_now(story->world);
    for (unsigned index = 0; index < COUNT; index++) {
        struct story_ticker *ticker = &tickers[index];
        *ticker =
            (struct story_ticker){.most = 3, .every_ns = (index * 7919 % COUNT) * WORLD_MS / 50};
        world_timer_init(&story->server, &ticker->timer, story_tick);
        world_timer_start(&ticker->timer, now_ns + (index * 104729 % COUNT) * WORLD_MS / 50);
        if (index % 3 == 0)
            world_timer_stop(&ticker->timer);
    }
    for (unsigned index = 0; index < COUNT; index++) {
        if (index % 3 != 0)
            EXPECT(story, story_until(story, &tickers[index].count, 3));
        else
            EXPECT(story, tickers[index].count == 0);
        world_timer_release(&tickers[index].timer);
    }
}

static const struct story_claim claims[] = {
    STORY("timers run in the order of their times", timers_run_in_the_order_of_their_times),
    STORY("equal timers run in the order of their start",
          equal_timers_run_in_the_order_of_their_start),
    STORY("a timer is not early", a_timer_is_not_early_and_not_late),
    STORY("a stopped timer does not run", a_stopped_timer_does_not_run),
    STORY("a timer that is started again moves", a_timer_moves),
    STORY("a time that is past comes at once", a_time_that_is_past_comes_at_once),
    STORY("a timer may start itself again", a_timer_starts_itself_again),
    STORY("hundreds of timers", many_timers),
};

const struct story_chapter story_timers = {"timers", claims, sizeof(claims) / sizeof(claims[0])};
