#include <string.h>

#include "rpc/world/stories/story.h"

/* One read, after whatever is under way has arrived. */
static enum rpc_status read_once(struct story *story, struct world_stream *stream)
{
    char scrap[64];
    size_t got;
    return story_read(story, stream, scrap, sizeof(scrap), &got);
}

static enum rpc_status write_once(struct world_stream *stream)
{
    size_t accepted;
    return world_write(stream, "x", 1, &accepted);
}

static void the_end_comes_after_the_data(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "last", 4), RPC_OK);
    world_close(pair.client);
    pair.client = NULL;
    story_reads(story, pair.server, "last");
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    story_pair_close(&pair);
}

static void half_closed(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_shutdown(pair.client);
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    EXPECT_STATUS(story, story_write(story, pair.server, "still", 5), RPC_OK);
    story_reads(story, pair.client, "still");
    world_close(pair.server);
    pair.server = NULL;
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void nothing_goes_out_after_a_shutdown(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_shutdown(pair.client);
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    world_shutdown(pair.client); /* harmless */
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    story_pair_close(&pair);
}

static void both_shut_down(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_shutdown(pair.client);
    world_shutdown(pair.server);
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void unread_data_makes_a_close_a_reset(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "ignored", 7), RPC_OK);
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, STORY_SOON));
    story_settle(story);
    world_close(pair.server);
    pair.server = NULL;
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_RESET);
    story_pair_close(&pair);
}

static void partly_read_data_makes_a_close_a_reset(struct story *story)
{
    struct story_pair pair;
    char byte;
    size_t got;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "ignored", 7), RPC_OK);
    story_settle(story);
    EXPECT_STATUS(story, world_read(pair.server, &byte, 1, &got), RPC_OK);
    world_close(pair.server);
    pair.server = NULL;
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_RESET);
    story_pair_close(&pair);
}

static void an_answer_is_lost_when_the_question_is_not_read(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "question", 8), RPC_OK);
    story_settle(story);
    EXPECT_STATUS(story, story_write(story, pair.server, "answer", 6), RPC_OK);
    story_settle(story);
    world_close(pair.server);
    pair.server = NULL;
    story_settle(story);
    /* What had arrived before the RST can be read, then comes the error, then the end. */
    story_reads(story, pair.client, "answer");
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_RESET);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void a_reset_is_told_once(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_reset(pair.server);
    pair.server = NULL;
    EXPECT(story, story_ready(story, pair.client, WORLD_READ, STORY_SOON));
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_RESET);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    story_pair_close(&pair);
}

static void a_write_takes_the_error_too(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_reset(pair.server);
    pair.server = NULL;
    story_settle(story);
    EXPECT_STATUS(story, write_once(pair.client), RPC_RESET);
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void unsent_bytes_go_with_a_reset(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.server, "read me", 7), RPC_OK);
    story_settle(story);
    world_reset(pair.server);
    pair.server = NULL;
    story_settle(story);
    EXPECT(story, story_ready(story, pair.client, WORLD_READ, STORY_SOON));
    EXPECT(story, story_ready(story, pair.client, WORLD_WRITE, STORY_SOON));
    story_reads(story, pair.client, "read me");
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_RESET);
    story_pair_close(&pair);
}

static void the_first_write_after_a_close_succeeds(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_close(pair.server);
    pair.server = NULL;
    story_settle(story);
    EXPECT_STATUS(story, write_once(pair.client), RPC_OK);
    story_settle(story);
    /* The peer's FIN had come before its RST, so Linux says EPIPE at once. */
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void a_reset_after_the_end(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_shutdown(pair.server);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    EXPECT_STATUS(story, write_once(pair.client), RPC_OK);
    story_settle(story);
    world_reset(pair.server);
    pair.server = NULL;
    story_settle(story);
    EXPECT_STATUS(story, write_once(pair.client), RPC_BROKEN_PIPE);
    EXPECT_STATUS(story, read_once(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void both_close_at_once(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "a", 1), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.server, "b", 1), RPC_OK);
    story_pair_close(&pair);
    story_settle(story);
}

static void an_end_is_ready_to_read(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT(story, !story_ready(story, pair.server, WORLD_READ, STORY_WHILE));
    world_shutdown(pair.client);
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, STORY_SOON));
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, STORY_SOON)); /* and stays so */
    EXPECT(story, story->world->ops->unread(pair.server) == 0);
    story_pair_close(&pair);
}

static void a_reset_is_ready_both_ways(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_reset(pair.client);
    pair.client = NULL;
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, STORY_SOON));
    EXPECT(story, story_ready(story, pair.server, WORLD_WRITE, STORY_SOON));
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_RESET);
    story_pair_close(&pair);
}

static void a_reset_frees_a_writer_that_waits(struct story *story)
{
    static char bytes[1 << 16];
    struct story_pair pair;
    size_t accepted = 0;
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.buffer = 16384}), RPC_OK);
    if (!story_pair_open(story, &pair))
        return;
    do {
        while (world_write(pair.client, bytes, sizeof(bytes), &accepted) == RPC_OK)
            continue;
        story_settle(story);
    } while (story_ready(story, pair.client, WORLD_WRITE, STORY_WHILE));
    world_close(pair.server);
    pair.server = NULL;
    EXPECT(story, story_ready(story, pair.client, WORLD_WRITE, STORY_SOON));
    EXPECT_STATUS(story, write_once(pair.client), RPC_RESET);
    story_pair_close(&pair);
}

static void what_is_sent_arrives_after_a_close(struct story *story)
{
    static char bytes[60000], seen[60000];
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    memset(bytes, 'z', sizeof(bytes));
    EXPECT_STATUS(story, story_write(story, pair.client, bytes, sizeof(bytes)), RPC_OK);
    world_close(pair.client);
    pair.client = NULL;
    size_t have = 0, got = 0;
    while (story_read(story, pair.server, seen, sizeof(seen), &got) == RPC_OK)
        have += got;
    EXPECT(story, have == sizeof(bytes));
    EXPECT_STATUS(story, read_once(story, pair.server), RPC_END);
    story_pair_close(&pair);
}

static const struct story_claim claims[] = {
    STORY("the end comes after the data, and stays", the_end_comes_after_the_data),
    STORY("a half-closed connection carries the other half", half_closed),
    STORY("nothing goes out after a shutdown", nothing_goes_out_after_a_shutdown),
    STORY("both sides may shut down", both_shut_down),
    STORY("unread data makes a close a reset", unread_data_makes_a_close_a_reset),
    STORY("partly read data makes a close a reset", partly_read_data_makes_a_close_a_reset),
    STORY("what had come before a reset can be read, then the error, then the end",
          an_answer_is_lost_when_the_question_is_not_read),
    STORY("a reset is told once, then it is the end", a_reset_is_told_once),
    STORY("a write takes a reset's error, too", a_write_takes_the_error_too),
    STORY("a stream is readable and broken at once", unsent_bytes_go_with_a_reset),
    STORY("the first write after the peer's close succeeds, the next does not",
          the_first_write_after_a_close_succeeds),
    STORY("a reset after the end is a broken pipe", a_reset_after_the_end),
    STORY("both ends may close at once", both_close_at_once),
    STORY("an end is ready to be read", an_end_is_ready_to_read),
    STORY("a reset is ready in both directions", a_reset_is_ready_both_ways),
    STORY("a reset frees a writer that waits", a_reset_frees_a_writer_that_waits),
    STORY("what is sent arrives though the sender has closed", what_is_sent_arrives_after_a_close),
};

const struct story_chapter story_ending = {"ending", claims, sizeof(claims) / sizeof(claims[0])};
