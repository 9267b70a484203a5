#include <stdlib.h>
#include <string.h>

#include "rpc/world/stories/story.h"

static void bytes_arrive_in_order(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "one ", 4), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "two ", 4), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "three", 5), RPC_OK);
    story_reads(story, pair.server, "one two three");
    story_pair_close(&pair);
}

static void segments_merge(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    char text[64];
    size_t got = 0;
    EXPECT_STATUS(story, story_write(story, pair.client, "hello ", 6), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "world", 5), RPC_OK);
    story_settle(story);
    EXPECT_STATUS(story, world_read(pair.server, text, sizeof(text), &got), RPC_OK);
    EXPECT(story, got == 11 && memcmp(text, "hello world", 11) == 0);
    story_pair_close(&pair);
}

static void segments_split(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    char text[5];
    size_t got = 0;
    EXPECT_STATUS(story, story_write(story, pair.client, "bytes", 5), RPC_OK);
    for (size_t at = 0; at < sizeof(text); at++) {
        EXPECT_STATUS(story, story_read(story, pair.server, text + at, 1, &got), RPC_OK);
        EXPECT(story, got == 1);
    }
    EXPECT(story, memcmp(text, "bytes", 5) == 0);
    EXPECT_STATUS(story, world_read(pair.server, text, 1, &got), RPC_AGAIN);
    story_pair_close(&pair);
}

static void nothing_to_read(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    char byte;
    size_t got = 7;
    EXPECT_STATUS(story, world_read(pair.server, &byte, 1, &got), RPC_AGAIN);
    EXPECT(story, got == 0);
    EXPECT_STATUS(story, world_read(pair.client, &byte, 1, &got), RPC_AGAIN);
    EXPECT(story, !story_ready(story, pair.server, WORLD_READ, STORY_WHILE));
    story_pair_close(&pair);
}

static void both_ways_at_once(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "ping", 4), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.server, "pong", 4), RPC_OK);
    story_reads(story, pair.client, "pong");
    story_reads(story, pair.server, "ping");
    story_pair_close(&pair);
}

static void parts_are_gathered(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    char a[] = "ga", b[] = "the", c[] = "red";
    const struct iovec parts[] = {{a, 2}, {NULL, 0}, {b, 3}, {a, 0}, {c, 3}};
    size_t accepted = 0;
    EXPECT_STATUS(story, world_writev(pair.client, parts, 5, &accepted), RPC_OK);
    EXPECT(story, accepted > 0 && accepted <= 8);
    EXPECT_STATUS(story, story_write(story, pair.client, &"gathered"[accepted], 8 - accepted),
                  RPC_OK);
    story_reads(story, pair.server, "gathered");
    story_pair_close(&pair);
}

static void nothing_is_written(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    size_t count = 7;
    char byte;
    EXPECT_STATUS(story, world_write(pair.client, "", 0, &count), RPC_OK);
    EXPECT(story, count == 0);
    EXPECT(story, !story_ready(story, pair.server, WORLD_READ, STORY_WHILE));
    EXPECT_STATUS(story, world_read(pair.server, &byte, 1, &count), RPC_AGAIN);
    story_pair_close(&pair);
}

static void unread_bytes_are_counted(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    char text[2];
    size_t got;
    EXPECT(story, story->world->ops->unread(pair.server) == 0);
    EXPECT_STATUS(story, story_write(story, pair.client, "five!", 5), RPC_OK);
    story_settle(story);
    EXPECT(story, story->world->ops->unread(pair.server) == 5);
    EXPECT_STATUS(story, world_read(pair.server, text, 2, &got), RPC_OK);
    EXPECT(story, story->world->ops->unread(pair.server) == 5 - got);
    story_pair_close(&pair);
}

/* --- much --- */

enum { MUCH = 8 << 20, PIECE = 100000 };

static char pattern(size_t at)
{
    return (char)(at * 31 + at / 251);
}

/* Write until nothing more is taken; returns how much is written then. */
static size_t fill(struct story *story, struct world_stream *stream, const char *bytes,
                   size_t written)
{
    for (;;) {
        size_t accepted = 0, length = MUCH - written < PIECE ? MUCH - written : PIECE;
        enum rpc_status status = world_write(stream, bytes + written, length, &accepted);
        if (status == RPC_AGAIN)
            return written;
        if (!EXPECT_STATUS(story, status, RPC_OK) || !EXPECT(story, accepted > 0))
            return written;
        written += accepted;
        if (!EXPECT(story, written < MUCH))
            return written;
    }
}

/* Read `length` bytes that follow the pattern from `at`. */
static bool drain(struct story *story, struct world_stream *stream, size_t at, size_t length)
{
    static char piece[PIECE];
    while (length > 0) {
        size_t got, most = length < PIECE ? length : PIECE;
        if (!EXPECT_STATUS(story, story_read(story, stream, piece, most, &got), RPC_OK))
            return false;
        for (size_t index = 0; index < got; index++)
            if (piece[index] != pattern(at + index))
                return EXPECT(story, !"the bytes are others");
        at += got;
        length -= got;
    }
    return true;
}

static char *much(void)
{
    char *bytes = malloc(MUCH);
    for (size_t at = 0; bytes != NULL && at < MUCH; at++)
        bytes[at] = pattern(at);
    return bytes;
}

static void a_full_buffer_takes_no_more(struct story *story)
{
    struct story_pair pair;
    char *bytes = much();
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.buffer = 16384}), RPC_OK);
    if (bytes == NULL || !story_pair_open(story, &pair))
        return;
    size_t written = 0;
    do {
        written = fill(story, pair.client, bytes, written);
        story_settle(story);
    } while (story_ready(story, pair.client, WORLD_WRITE, STORY_WHILE));
    EXPECT(story, written >= 16384 / 2); /* Linux keeps its records in the same room */
    /* Whoever reads makes room again. */
    if (drain(story, pair.server, 0, written)) {
        EXPECT(story, story_ready(story, pair.client, WORLD_WRITE, STORY_SOON));
        size_t more = 0;
        EXPECT_STATUS(story, world_write(pair.client, bytes + written, 1, &more), RPC_OK);
        drain(story, pair.server, written, 1);
    }
    story_pair_close(&pair);
    free(bytes);
}

static void a_short_write_takes_a_part(struct story *story)
{
    struct story_pair pair;
    char *bytes = much();
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.buffer = 16384}), RPC_OK);
    if (bytes == NULL || !story_pair_open(story, &pair))
        return;
    size_t accepted = 0;
    EXPECT_STATUS(story, world_write(pair.client, bytes, MUCH, &accepted), RPC_OK);
    EXPECT(story, accepted > 0 && accepted < MUCH);
    drain(story, pair.server, 0, accepted);
    story_pair_close(&pair);
    free(bytes);
}

/* --- an echo that runs by itself --- */

enum { ECHO_TOTAL = 1 << 20, ECHO_ROOM = 5000 };

struct echo {
    struct world_watch readable, writable;
    struct world_stream *stream;
    char bytes[ECHO_ROOM];
    size_t begin, end;
    unsigned closed;
};

static void echo_write(struct world_watch *watch)
{
    struct echo *echo = world_container(watch, struct echo, writable);
    size_t accepted = 0;
    enum rpc_status status =
        world_write(echo->stream, echo->bytes + echo->begin, echo->end - echo->begin, &accepted);
    echo->begin += accepted;
    if (status == RPC_OK && echo->begin == echo->end) {
        world_watch_stop(&echo->writable);
        world_watch_start(&echo->readable);
    }
}

static void echo_read(struct world_watch *watch)
{
    struct echo *echo = world_container(watch, struct echo, readable);
    enum rpc_status status = world_read(echo->stream, echo->bytes, sizeof(echo->bytes), &echo->end);
    if (status == RPC_AGAIN)
        return;
    world_watch_stop(&echo->readable);
    if (status == RPC_OK) {
        echo->begin = 0;
        world_watch_start(&echo->writable);
        return;
    }
    world_shutdown(echo->stream);
    echo->closed = 1;
    world_stop(echo->readable.executor->world);
}

static void echo_begin(struct echo *echo, struct story *story, struct world_stream *stream)
{
    echo->stream = stream;
    echo->closed = 0;
    world_watch_init(&story->server, &echo->readable, stream, WORLD_READ, echo_read);
    world_watch_init(&story->helper, &echo->writable, stream, WORLD_WRITE, echo_write);
    world_watch_start(&echo->readable);
}

struct talker {
    struct world_watch readable, writable;
    struct world_stream *stream;
    size_t sent, seen;
    unsigned wrong, ended;
};

static void talk(struct world_watch *watch)
{
    struct talker *talker = world_container(watch, struct talker, writable);
    char bytes[3000];
    size_t length = ECHO_TOTAL - talker->sent, accepted = 0;
    if (length > sizeof(bytes))
        length = sizeof(bytes);
    for (size_t at = 0; at < length; at++)
        bytes[at] = pattern(talker->sent + at);
    world_write(talker->stream, bytes, length, &accepted);
    talker->sent += accepted;
    if (talker->sent == ECHO_TOTAL) {
        world_watch_stop(&talker->writable);
        world_shutdown(talker->stream);
    }
}

static void hear(struct world_watch *watch)
{
    struct talker *talker = world_container(watch, struct talker, readable);
    char bytes[7000];
    size_t got;
    enum rpc_status status = world_read(talker->stream, bytes, sizeof(bytes), &got);
    for (size_t at = 0; at < got; at++)
        talker->wrong += bytes[at] != pattern(talker->seen + at);
    talker->seen += got;
    if (status == RPC_OK || status == RPC_AGAIN)
        return;
    talker->wrong += status != RPC_END;
    talker->ended = 1;
    world_watch_stop(&talker->readable);
    world_stop(talker->readable.executor->world);
}

static void much_goes_round(struct story *story)
{
    struct story_pair pair;
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.buffer = 20000}), RPC_OK);
    if (!story_pair_open(story, &pair))
        return;
    struct echo echo;
    echo_begin(&echo, story, pair.server);
    struct talker talker = {.stream = pair.client};
    world_watch_init(&story->client, &talker.readable, pair.client, WORLD_READ, hear);
    world_watch_init(&story->client, &talker.writable, pair.client, WORLD_WRITE, talk);
    world_watch_start(&talker.readable);
    world_watch_start(&talker.writable);
    EXPECT(story, story_until(story, &talker.ended, 1));
    EXPECT(story, story_until(story, &echo.closed, 1));
    EXPECT(story, talker.sent == ECHO_TOTAL && talker.seen == ECHO_TOTAL);
    EXPECT(story, talker.wrong == 0);
    world_watch_release(&talker.readable);
    world_watch_release(&talker.writable);
    world_watch_release(&echo.readable);
    world_watch_release(&echo.writable);
    story_pair_close(&pair);
}

static const struct story_claim claims[] = {
    STORY("bytes arrive in order", bytes_arrive_in_order),
    STORY("two writes can arrive as one", segments_merge),
    STORY("one write can be read in pieces", segments_split),
    STORY("a read answers AGAIN while nothing has come", nothing_to_read),
    STORY("the two directions do not mix", both_ways_at_once),
    STORY("writev gathers its parts, also empty ones", parts_are_gathered),
    STORY("a write of nothing sends nothing", nothing_is_written),
    STORY("unread bytes are counted", unread_bytes_are_counted),
    STORY("a full buffer takes no more until the peer reads", a_full_buffer_takes_no_more),
    STORY("a write that is too long is taken in part", a_short_write_takes_a_part),
    STORY("a megabyte goes round whole through small buffers", much_goes_round),
};

const struct story_chapter story_bytes = {"bytes", claims, sizeof(claims) / sizeof(claims[0])};
