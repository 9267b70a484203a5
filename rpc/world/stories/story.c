#include "rpc/world/stories/story.h"

#include <stdio.h>
#include <string.h>

bool story_expect(struct story *story, bool holds, const char *text, const char *file, int line)
{
    if (!holds && story->failures++ == 0)
        snprintf(story->complaint, sizeof(story->complaint), "%s:%d: %s", file, line, text);
    return holds;
}

bool story_expect_status(struct story *story, enum rpc_status seen, enum rpc_status expected,
                         const char *text, const char *file, int line)
{
    char said[160];
    if (seen == expected)
        return true;
    snprintf(said, sizeof(said), "%s: expected \"%s\", saw \"%s\"", text, rpc_status_text(expected),
             rpc_status_text(seen));
    return story_expect(story, false, said, file, line);
}

/* --- letting time pass --- */

struct patience {
    struct world_timer timer;
    bool over;
};

static void run_out(struct world_timer *timer)
{
    struct patience *patience = world_container(timer, struct patience, timer);
    patience->over = true;
    world_stop(timer->executor->world);
}

void story_pass(struct story *story, uint64_t for_ns)
{
    struct patience patience = {.over = false};
    world_timer_init(&story->client, &patience.timer, run_out);
    world_timer_start(&patience.timer, world_now(story->world) + for_ns);
    while (!patience.over && world_run(story->world, WORLD_NEVER) == WORLD_STOPPED)
        continue;
    world_timer_release(&patience.timer);
}

void story_settle(struct story *story)
{
    story_pass(story, story->live ? STORY_WHILE : STORY_SOON);
}

bool story_until(struct story *story, const unsigned *flag, unsigned count)
{
    uint64_t until_ns = world_now(story->world) + STORY_SOON;
    while (*flag < count && world_run(story->world, until_ns) == WORLD_STOPPED)
        continue;
    return *flag >= count;
}

struct waiting {
    struct world_watch watch;
    bool ready;
};

static void when_ready(struct world_watch *watch)
{
    struct waiting *waiting = world_container(watch, struct waiting, watch);
    waiting->ready = true;
    world_watch_stop(watch);
    world_stop(watch->executor->world);
}

static bool wait_for(struct story *story, struct waiting *waiting, uint64_t within_ns)
{
    struct patience patience = {.over = false};
    world_timer_init(&story->client, &patience.timer, run_out);
    world_timer_start(&patience.timer, world_now(story->world) + within_ns);
    world_watch_start(&waiting->watch);
    while (!waiting->ready && !patience.over &&
           world_run(story->world, WORLD_NEVER) == WORLD_STOPPED)
        continue;
    world_watch_release(&waiting->watch);
    world_timer_release(&patience.timer);
    return waiting->ready;
}

bool story_ready(struct story *story, struct world_stream *stream, enum world_direction direction,
                 uint64_t within_ns)
{
    struct waiting waiting = {.ready = false};
    world_watch_init(stream->accepted ? &story->server : &story->client, &waiting.watch, stream,
                     direction, when_ready);
    return wait_for(story, &waiting, within_ns);
}

bool story_knocked(struct story *story, struct world_listener *listener, uint64_t within_ns)
{
    struct waiting waiting = {.ready = false};
    world_watch_init_listener(&story->server, &waiting.watch, listener, when_ready);
    return wait_for(story, &waiting, within_ns);
}

/* --- connections --- */

struct world_listener *story_listen(struct story *story, int backlog)
{
    struct world_listener *listener = NULL;
    EXPECT_STATUS(story, world_listen(story->far_host, 0, backlog, &listener), RPC_OK);
    return listener;
}

struct world_stream *story_connect(struct story *story, struct world_address to)
{
    struct world_stream *stream = NULL;
    uint32_t connection = world_new_id(story->world, WORLD_ID_CONNECTION);
    EXPECT_STATUS(story, world_connect(story->near_host, to, connection, &stream), RPC_OK);
    return stream;
}

enum rpc_status story_connected(struct story *story, struct world_stream *stream)
{
    enum rpc_status status = RPC_AGAIN;
    while (status == RPC_AGAIN && story_ready(story, stream, WORLD_WRITE, STORY_SOON))
        status = world_connected(stream);
    return status;
}

struct world_stream *story_accept(struct story *story, struct world_listener *listener)
{
    struct world_stream *stream = NULL;
    EXPECT(story, story_knocked(story, listener, STORY_SOON));
    EXPECT_STATUS(story, world_accept(listener, &stream), RPC_OK);
    return stream;
}

bool story_pair_open(struct story *story, struct story_pair *pair)
{
    *pair = (struct story_pair){.listener = NULL};
    pair->listener = story_listen(story, 8);
    if (pair->listener == NULL)
        return false;
    pair->client = story_connect(story, pair->listener->address);
    if (pair->client == NULL || !EXPECT_STATUS(story, story_connected(story, pair->client), RPC_OK))
        return false;
    pair->server = story_accept(story, pair->listener);
    return pair->server != NULL;
}

void story_pair_close(struct story_pair *pair)
{
    if (pair->client != NULL)
        world_close(pair->client);
    if (pair->server != NULL)
        world_close(pair->server);
    if (pair->listener != NULL)
        world_listener_close(pair->listener);
}

/* --- bytes --- */

enum rpc_status story_write(struct story *story, struct world_stream *stream, const char *text,
                            size_t length)
{
    while (length > 0) {
        size_t accepted = 0;
        enum rpc_status status = world_write(stream, text, length, &accepted);
        if (status == RPC_AGAIN && !story_ready(story, stream, WORLD_WRITE, STORY_SOON))
            return RPC_AGAIN;
        if (status != RPC_OK && status != RPC_AGAIN)
            return status;
        text += accepted;
        length -= accepted;
    }
    return RPC_OK;
}

enum rpc_status story_read(struct story *story, struct world_stream *stream, char *text,
                           size_t size, size_t *got)
{
    enum rpc_status status;
    do {
        status = world_read(stream, text, size, got);
    } while (status == RPC_AGAIN && story_ready(story, stream, WORLD_READ, STORY_SOON));
    return status;
}

bool story_reads(struct story *story, struct world_stream *stream, const char *text)
{
    char seen[256];
    size_t length = strlen(text), have = 0;
    while (have < length) {
        size_t got = 0;
        if (!EXPECT_STATUS(story, story_read(story, stream, seen + have, length - have, &got),
                           RPC_OK))
            return false;
        have += got;
    }
    return EXPECT(story, memcmp(seen, text, length) == 0);
}

enum rpc_status story_read_to_end(struct story *story, struct world_stream *stream)
{
    char scrap[4096];
    size_t got;
    enum rpc_status status;
    do {
        status = story_read(story, stream, scrap, sizeof(scrap), &got);
    } while (status == RPC_OK);
    return status;
}
