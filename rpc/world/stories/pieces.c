#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "rpc/world/stories/story.h"

enum { PIECE = 1000, TOTAL_MAX = 8 << 20 };

/* What a task does with a stream: many small writes, then perhaps an end. */
enum ending { GOES_ON, SHUTS, CLOSES };

struct writer {
    struct world_task task;
    struct world_stream *stream;
    enum ending ending;
    size_t most, accepted;
    unsigned done;
};

static uint8_t byte_at(size_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251);
}

static void write_pieces(struct world_task *task)
{
    struct writer *writer = world_container(task, struct writer, task);
    enum rpc_status status = RPC_OK;
    while (status == RPC_OK && writer->accepted < writer->most) {
        uint8_t piece[PIECE];
        size_t taken = 0;
        for (size_t i = 0; i < PIECE; i++)
            piece[i] = byte_at(writer->accepted + i);
        status = world_write(writer->stream, piece, PIECE, &taken);
        writer->accepted += taken;
    }
    if (writer->ending == SHUTS)
        world_shutdown(writer->stream);
    else if (writer->ending == CLOSES)
        world_close(writer->stream);
    writer->done = 1;
}

/* Read `wanted` bytes; whether every one was the right one. */
static bool read_all(struct story *story, struct world_stream *stream, size_t wanted)
{
    char text[4096];
    size_t got = 0;
    bool right = true;
    for (size_t total = 0; total < wanted; total += got) {
        if (story_read(story, stream, text, sizeof(text), &got) != RPC_OK)
            return false;
        for (size_t i = 0; i < got; i++)
            right &= (uint8_t)text[i] == byte_at(total + i);
    }
    return right;
}

static void many_writes(struct story *story, enum ending ending, size_t most)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    struct writer writer = {
        .task = {.run = write_pieces}, .stream = pair.client, .ending = ending, .most = most};
    world_post(&story->client, &writer.task);
    EXPECT(story, story_until(story, &writer.done, 1));
    if (ending == CLOSES)
        pair.client = NULL;
    EXPECT(story, writer.accepted > 0);
    EXPECT(story, read_all(story, pair.server, writer.accepted));
    if (ending == GOES_ON)
        EXPECT(story, !story_ready(story, pair.server, WORLD_READ, STORY_WHILE));
    else
        EXPECT_STATUS(story, story_read_to_end(story, pair.server), RPC_END);
    story_pair_close(&pair);
}

static void until_it_is_full(struct story *story)
{
    many_writes(story, GOES_ON, TOTAL_MAX);
}

static void a_few(struct story *story)
{
    many_writes(story, GOES_ON, 10 * PIECE);
}

static void then_a_shutdown(struct story *story)
{
    many_writes(story, SHUTS, TOTAL_MAX);
}

static void then_a_close(struct story *story)
{
    many_writes(story, CLOSES, TOTAL_MAX);
}

static void a_few_then_a_close(struct story *story)
{
    many_writes(story, CLOSES, 10 * PIECE);
}

/* What was read beyond the first byte is as unread as what was not read at all. */
static void a_byte_of_many(struct story *story)
{
    struct story_pair pair;
    char byte;
    size_t got;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "many", 4), RPC_OK);
    EXPECT_STATUS(story, story_read(story, pair.server, &byte, 1, &got), RPC_OK);
    EXPECT(story, story->world->ops->unread(pair.server) == 3);
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, STORY_SOON));
    world_close(pair.server);
    pair.server = NULL;
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_RESET);
    story_pair_close(&pair);
}

/* --- two threads --- */

/* Two who write on one stream; the second closes it while the first is in the midst of a task. */
struct two {
    struct story *story;
    struct world_task first, second, done;
    struct world_stream *stream;
    _Atomic bool has_written, has_closed;
    bool was_early;
    unsigned ends;
};

static void write_letters(struct two *two, const char *letters)
{
    size_t taken = 0;
    for (; *letters != '\0'; letters++)
        EXPECT_STATUS(two->story, world_write(two->stream, letters, 1, &taken), RPC_OK);
}

static void begin_and_stay(struct world_task *task)
{
    struct two *two = world_container(task, struct two, first);
    struct world *world = two->story->world;
    write_letters(two, "ab");
    world_post(&two->story->client, &two->second);
    while (!atomic_load(&two->has_written))
        sched_yield();
    uint64_t until_ns = world_now(world) + STORY_WHILE;
    while (!atomic_load(&two->has_closed) && world_now(world) < until_ns)
        sched_yield();
    two->was_early = atomic_load(&two->has_closed);
    world_post(&two->story->client, &two->done);
}

static void go_on_and_close(struct world_task *task)
{
    struct two *two = world_container(task, struct two, second);
    write_letters(two, "c");
    atomic_store(&two->has_written, true);
    world_close(two->stream);
    atomic_store(&two->has_closed, true);
}

static void count_end(struct world_task *task)
{
    world_container(task, struct two, done)->ends++;
}

/* The first one's thread still has it in mind at the end of its turn. */
static void another_closes(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    struct two two = {.story = story,
                      .first = {.run = begin_and_stay},
                      .second = {.run = go_on_and_close},
                      .done = {.run = count_end},
                      .stream = pair.server};
    pair.server = NULL;
    world_post(&story->server, &two.first);
    EXPECT(story, story_until(story, &two.ends, 1));
    EXPECT(story, !two.was_early);
    EXPECT(story, story_reads(story, pair.client, "abc"));
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static const struct story_claim claims[] = {
    STORY("a task's few writes arrive whole and in order", a_few),
    STORY("a task's many writes arrive as far as they were taken", until_it_is_full),
    STORY("a shutdown comes behind a task's many writes", then_a_shutdown),
    STORY("a close comes behind a task's many writes", then_a_close),
    STORY("a close comes behind a task's few writes", a_few_then_a_close),
    STORY("a close after one byte of many is a reset", a_byte_of_many),
    STORY_LIVE_ONLY("a close waits for another thread's turn that has written, too",
                    another_closes),
};

const struct story_chapter story_pieces = {"pieces", claims, sizeof(claims) / sizeof(claims[0])};
