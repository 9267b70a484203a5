#include "rpc/world/stories/story.h"

/* A watch that counts how often it runs, and stops itself after `most` times. */
struct counter {
    struct world_watch watch;
    unsigned count, most;
    bool reads;
};

static void count(struct world_watch *watch)
{
    struct counter *counter = world_container(watch, struct counter, watch);
    char byte;
    size_t got;
    counter->count++;
    if (counter->reads)
        world_read(watch->stream, &byte, 1, &got);
    if (counter->count == counter->most) {
        world_watch_stop(watch);
        world_stop(watch->executor->world);
    }
}

static void counter_begin(struct counter *counter, struct world_executor *executor,
                          struct world_stream *stream, enum world_direction direction)
{
    world_watch_init(executor, &counter->watch, stream, direction, count);
    world_watch_start(&counter->watch);
}

static void readiness_is_a_level(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 10};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    EXPECT(story, story_until(story, &counter.count, 10));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void a_stopped_watch_is_silent(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 1};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    world_watch_stop(&counter.watch);
    world_watch_stop(&counter.watch); /* harmless */
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 0);
    world_watch_start(&counter.watch);
    EXPECT(story, story_until(story, &counter.count, 1));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void a_watch_reads_what_comes(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 6, .reads = true};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    EXPECT_STATUS(story, story_write(story, pair.client, "abc", 3), RPC_OK);
    story_settle(story);
    EXPECT(story, counter.count >= 3);
    unsigned before = counter.count;
    story_settle(story);
    EXPECT(story, counter.count == before); /* nothing is left to be read */
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void each_direction_has_its_watch(struct story *story)
{
    struct story_pair pair;
    struct counter reading = {.most = 1, .reads = true}, writing = {.most = 1};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&reading, &story->server, pair.server, WORLD_READ);
    counter_begin(&writing, &story->helper, pair.server, WORLD_WRITE);
    EXPECT(story, story_until(story, &writing.count, 1));
    EXPECT(story, reading.count == 0);
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    EXPECT(story, story_until(story, &reading.count, 1));
    EXPECT(story, writing.count == 1);
    world_watch_release(&reading.watch);
    world_watch_release(&writing.watch);
    story_pair_close(&pair);
}

/* With thread_each these are two threads. */
static void two_executors_watch_one_stream(struct story *story)
{
    struct story_pair pair;
    struct world_executor responder;
    struct counter reading = {.most = 3, .reads = true}, writing = {.most = 3};
    world_executor_init(story->world, &responder, story->far_host, "responder", NULL);
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&reading, &story->server, pair.server, WORLD_READ);
    counter_begin(&writing, &responder, pair.server, WORLD_WRITE);
    EXPECT_STATUS(story, story_write(story, pair.client, "abc", 3), RPC_OK);
    EXPECT(story, story_until(story, &reading.count, 3));
    EXPECT(story, story_until(story, &writing.count, 3));
    world_watch_release(&reading.watch);
    world_watch_release(&writing.watch);
    world_executor_release(&responder);
    story_pair_close(&pair);
}

static void a_listener_stays_ready(struct story *story)
{
    struct world_listener *listener = story_listen(story, 8);
    struct world_stream *client = story_connect(story, listener->address), *server = NULL;
    EXPECT(story, story_knocked(story, listener, STORY_SOON));
    EXPECT(story, story_knocked(story, listener, STORY_SOON));
    EXPECT_STATUS(story, world_accept(listener, &server), RPC_OK);
    EXPECT(story, !story_knocked(story, listener, STORY_WHILE));
    story_pair_close(&(struct story_pair){listener, client, server});
}

static void one_that_stands_waits_with_its_readiness(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 1};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    world_stand(&story->server, NULL);
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 0);
    world_resume(&story->server);
    EXPECT(story, story_until(story, &counter.count, 1));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void a_watch_is_stopped_while_its_executor_stands(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 1};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    world_stand(&story->server, NULL);
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    story_pass(story, STORY_WHILE);
    world_watch_stop(&counter.watch);
    world_resume(&story->server);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 0);
    world_watch_start(&counter.watch);
    EXPECT(story, story_until(story, &counter.count, 1));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void a_paused_host_waits_with_its_readiness(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 1};
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    world_host_pause(story->far_host, true);
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 0);
    world_host_pause(story->far_host, false);
    EXPECT(story, story_until(story, &counter.count, 1));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

static void a_wake_runs_a_watch(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 2};
    if (!story_pair_open(story, &pair))
        return;
    world_wake(pair.server, WORLD_READ); /* nobody watches: nothing happens */
    counter_begin(&counter, &story->server, pair.server, WORLD_READ);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 0);
    world_wake(pair.server, WORLD_READ);
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 1);
    world_wake(pair.server, WORLD_READ);
    world_watch_stop(&counter.watch); /* takes it back */
    story_pass(story, STORY_WHILE);
    EXPECT(story, counter.count == 1);
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

struct closer {
    struct world_watch watch;
    unsigned closed;
};

static void close_it(struct world_watch *watch)
{
    struct closer *closer = world_container(watch, struct closer, watch);
    struct world_stream *stream = watch->stream;
    struct world *world = stream->world;
    world_watch_release(watch);
    world_close(stream);
    closer->closed = 1;
    world_stop(world);
}

static void a_watch_closes_its_own_stream(struct story *story)
{
    struct story_pair pair;
    struct closer closer = {.closed = 0};
    if (!story_pair_open(story, &pair))
        return;
    world_watch_init(&story->server, &closer.watch, pair.server, WORLD_READ, close_it);
    world_watch_start(&closer.watch);
    pair.server = NULL;
    world_shutdown(pair.client);
    EXPECT(story, story_until(story, &closer.closed, 1));
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_END);
    story_pair_close(&pair);
}

static void restart(struct world_watch *watch)
{
    struct counter *counter = world_container(watch, struct counter, watch);
    counter->count++;
    world_watch_stop(watch);
    if (counter->count < counter->most)
        world_watch_start(watch);
    else
        world_stop(watch->executor->world);
}

static void a_watch_restarts_itself(struct story *story)
{
    struct story_pair pair;
    struct counter counter = {.most = 5};
    if (!story_pair_open(story, &pair))
        return;
    world_watch_init(&story->server, &counter.watch, pair.server, WORLD_WRITE, restart);
    world_watch_start(&counter.watch);
    EXPECT(story, story_until(story, &counter.count, 5));
    world_watch_release(&counter.watch);
    story_pair_close(&pair);
}

struct pair_of_watches {
    struct world_watch first, second;
    unsigned count;
};

static void stop_the_other(struct world_watch *watch)
{
    struct pair_of_watches *both = watch->direction == WORLD_READ
                                       ? world_container(watch, struct pair_of_watches, first)
                                       : world_container(watch, struct pair_of_watches, second);
    both->count++;
    world_watch_stop(&both->first);
    world_watch_stop(&both->second);
    world_stop(watch->executor->world);
}

static void a_ready_watch_is_stopped_by_another(struct story *story)
{
    struct story_pair pair;
    struct pair_of_watches both = {.count = 0};
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, story_write(story, pair.client, "x", 1), RPC_OK);
    story_pass(story, STORY_WHILE);
    world_watch_init(&story->server, &both.first, pair.server, WORLD_READ, stop_the_other);
    world_watch_init(&story->helper, &both.second, pair.server, WORLD_WRITE, stop_the_other);
    world_watch_start(&both.first);
    world_watch_start(&both.second);
    story_pass(story, STORY_WHILE);
    EXPECT(story, both.count == 1);
    world_watch_release(&both.first);
    world_watch_release(&both.second);
    story_pair_close(&pair);
}

struct flood {
    struct world_task task;
    struct world_executor *executor;
    unsigned count;
};

static void repeat(struct world_task *task)
{
    struct flood *flood = world_container(task, struct flood, task);
    flood->count++;
    world_post(flood->executor, task);
}

static void tasks_and_readiness_do_not_starve_each_other(struct story *story)
{
    struct story_pair pair;
    struct flood flood = {.task.run = repeat, .executor = &story->server};
    struct counter counter = {.most = 50};
    struct world_executor flooded;
    world_executor_init(story->world, &flooded, story->far_host, "flooded", &story->server);
    flood.executor = &flooded;
    if (!story_pair_open(story, &pair))
        return;
    counter_begin(&counter, &story->helper, pair.server, WORLD_WRITE);
    world_post(&flooded, &flood.task);
    EXPECT(story, story_until(story, &counter.count, 50));
    EXPECT(story, story->rough || flood.count > 0); /* a seed may starve it */
    world_watch_release(&counter.watch);
    world_executor_release(&flooded);
    story_pair_close(&pair);
}

static const struct story_claim claims[] = {
    STORY("a watch runs as long as its stream is ready", readiness_is_a_level),
    STORY("a stopped watch is silent", a_stopped_watch_is_silent),
    STORY("a watch rests when everything is read", a_watch_reads_what_comes),
    STORY("each direction has its watch", each_direction_has_its_watch),
    STORY("two executors watch one stream", two_executors_watch_one_stream),
    STORY("a listener is ready until all are accepted", a_listener_stays_ready),
    STORY("readiness waits while its executor stands", one_that_stands_waits_with_its_readiness),
    STORY("a watch can be stopped while its executor stands",
          a_watch_is_stopped_while_its_executor_stands),
    STORY("readiness waits while its host is paused", a_paused_host_waits_with_its_readiness),
    STORY("a wake runs a watch once", a_wake_runs_a_watch),
    STORY("a watch may close its own stream", a_watch_closes_its_own_stream),
    STORY("a watch may restart itself", a_watch_restarts_itself),
    STORY("a watch that is ready can be stopped by another", a_ready_watch_is_stopped_by_another),
    STORY("tasks and readiness do not starve each other",
          tasks_and_readiness_do_not_starve_each_other),
};

const struct story_chapter story_watching = {"watching", claims,
                                             sizeof(claims) / sizeof(claims[0])};
